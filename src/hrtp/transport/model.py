"""How a source's files are reached, as its YAML says it: a URL and the options of its scheme."""

import re
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from hrtp.transport.options import OPTIONS_OF, is_secret

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""A reference to an environment variable."""


class TransportConfig(BaseModel):
    """The `transport:` block of a source.

    Both `url` and every text in `options` may hold `${NAME}`, which is replaced from the environment
    only when the transport is opened: a configuration file, its model and its repr hold no secret.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str = Field(
        min_length=1,
        description="Where the files lie: file:, sftp:, s3:, https: (http: only with allow_plain_http). "
        "${NAME} is replaced from the environment when the folder is opened.",
        examples=["file:${HRTP_INBOX}/construction", "sftp://county@sftp.example.org/outbox"],
    )
    options: dict[str, Any] = Field(
        default_factory=dict,
        description="Options of the scheme; secrets are written as ${NAME}.",
    )

    @property
    def scheme(self) -> str | None:
        """The URL's scheme, or None where the environment gives it."""
        scheme = self.url.partition(":")[0].lower()
        return None if scheme.startswith("${") else scheme

    @field_validator("url")
    @classmethod
    def _reachable(cls, url: str) -> str:
        if not url.isprintable():
            raise ValueError("the URL holds a character that cannot be printed")
        scheme, colon, _ = url.partition(":")
        if not scheme.startswith("${") and (not colon or scheme.lower() not in OPTIONS_OF):
            # not the URL itself: someone may have pasted a password into it
            raise ValueError(f"the URL must begin with one of {', '.join(s + ':' for s in OPTIONS_OF)}")
        if "://" in url and ":" in urlsplit(VARIABLE.sub("x", url)).netloc.rpartition("@")[0]:
            raise ValueError("write no password into the URL: use an option, password: ${NAME}")
        return url

    @model_validator(mode="after")
    def _known_options(self) -> Self:
        if self.scheme is None:
            return self
        model = OPTIONS_OF[self.scheme]
        for option, value in self.options.items():
            if option not in model.model_fields:
                known = ", ".join(sorted(model.model_fields))
                raise ValueError(f"{self.scheme}: has no option {option!r}; it has {known}")
            if is_secret(model, option) and not (isinstance(value, str) and VARIABLE.fullmatch(value)):
                raise ValueError(f"option {option} is a secret: write it as ${{NAME}}")
        if self.scheme == "http" and self.options.get("allow_plain_http") is not True:
            raise ValueError("http: can be read by anyone on the way; say allow_plain_http: true if you must")
        if self.scheme == "sftp" and not self.options.get("known_hosts"):
            raise ValueError("sftp: needs the option known_hosts, a file that holds the server's key")
        return self

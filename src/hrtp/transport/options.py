"""The options of each scheme: which exist, which are secret, what they default to.

Plain pydantic on purpose: reading a source's YAML must not import a network library.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr


def _only_printable(text: str) -> str:
    """Refuse a line break: in a header it would let its sender write a second header."""
    if not text.isprintable():
        raise ValueError("holds a character that cannot be printed")
    return text


Line = Annotated[str, Field(min_length=1), AfterValidator(_only_printable)]


class CommonOptions(BaseModel):
    """What every scheme takes."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    retries: int = Field(3, ge=0, le=20, description="Further tries after a network error.")
    backoff_seconds: float = Field(
        1.0, ge=0, le=60, description="Wait before the first further try; doubles, with jitter."
    )
    timeout_seconds: float = Field(60.0, gt=0, le=3600, description="Longest silence of a server.")
    settle_seconds: float = Field(
        0.0,
        ge=0,
        le=900,
        description="List twice, this far apart, and leave out files that changed in between.",
    )
    done_suffix: Line | None = Field(
        None, description="Take a file only when <file><suffix>, its finished mark, lies beside it."
    )


class FolderOptions(CommonOptions):
    """Options of `file:`."""

    allow_hard_links: bool = Field(False, description="Take files that have a second name.")
    loose_permissions: Literal["warn", "refuse"] = Field(
        "warn",
        description="What to do with a file that its group or everybody may write to, or that is not the owner's.",
    )
    owner: int | Line | None = Field(
        None, description="User name or number to whom files must belong; without it anyone's are taken."
    )


class SftpOptions(CommonOptions):
    """Options of `sftp:`. A server whose key is not in `known_hosts` is never talked to."""

    known_hosts: Path = Field(description="OpenSSH known_hosts file holding the server's key.")
    username: Line | None = Field(None, description="Instead of user@ in the URL.")
    password: SecretStr | None = None
    private_key: SecretStr | None = Field(None, description="The key itself, as PEM text.")
    private_key_file: Path | None = None
    passphrase: SecretStr | None = Field(None, description="Opens an encrypted private key.")


class S3Options(CommonOptions):
    """Options of `s3:`. With no key the usual chain applies: environment, profile, instance role."""

    key: SecretStr | None = Field(None, description="Access key id.")
    secret: SecretStr | None = Field(None, description="Secret access key.")
    token: SecretStr | None = Field(None, description="Session token.")
    anonymous: bool = False
    region: Line | None = None
    endpoint_url: Line | None = Field(None, description="For MinIO and others that speak S3.")
    ca_file: Path | None = Field(None, description="PEM file of the authorities to trust.")
    allow_plain_http: bool = Field(False, description="Accept an http: endpoint.")


class WebOptions(CommonOptions):
    """Options of `https:` and `http:`."""

    username: Line | None = None
    password: SecretStr | None = None
    token: SecretStr | None = Field(None, description="Sent as `Authorization: Bearer`.")
    header_name: Line | None = Field(None, description="A header that carries a key, X-Api-Key say.")
    header_value: SecretStr | None = None
    manifest: Line | None = Field(
        None, description="Name of a JSON listing beside the files; without it the index page is read."
    )
    ca_file: Path | None = Field(None, description="PEM file of the authorities to trust.")
    client_certificate_file: Path | None = None
    client_key_file: Path | None = None
    allow_plain_http: bool = Field(False, description="Accept http:, where anyone on the way can read along.")


OPTIONS_OF: dict[str, type[CommonOptions]] = {
    "file": FolderOptions,
    "sftp": SftpOptions,
    "s3": S3Options,
    "https": WebOptions,
    "http": WebOptions,
}


def is_secret(model: type[CommonOptions], option: str) -> bool:
    """Whether an option may be written only as ${NAME}."""
    return SecretStr in _members(model.model_fields[option].annotation)


def is_path(model: type[CommonOptions], option: str) -> bool:
    """Whether an option names a local file; a relative one is seen from the project folder."""
    return Path in _members(model.model_fields[option].annotation)


def _members(annotation: Any) -> tuple[Any, ...]:
    return (annotation, *getattr(annotation, "__args__", ()))

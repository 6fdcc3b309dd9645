"""From a source's `transport:` block to a transport that can be asked for files."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import ValidationError

from hrtp.errors import TransportError
from hrtp.transport.client import Transport
from hrtp.transport.failure import Code
from hrtp.transport.model import VARIABLE, TransportConfig
from hrtp.transport.options import (
    OPTIONS_OF,
    CommonOptions,
    FolderOptions,
    S3Options,
    SftpOptions,
    WebOptions,
    is_path,
)
from hrtp.transport.outbox import Outbox
from hrtp.transport.place import Place


def open_transport(
    config: TransportConfig, environ: Mapping[str, str] | None = None, base_dir: Path | None = None
) -> Transport:
    """Make the transport that `config` describes, for fetching; nothing is connected before the first listing.

    Arguments and errors as `open_place`.
    """
    return Transport(open_place(config, environ, base_dir))


def open_outbox(
    config: TransportConfig, environ: Mapping[str, str] | None = None, base_dir: Path | None = None
) -> Outbox:
    """Make the outbox that `config` describes, for putting files there; nothing is connected before the first one.

    Arguments and errors as `open_place`.
    """
    return Outbox(open_place(config, environ, base_dir))


def open_place(
    config: TransportConfig, environ: Mapping[str, str] | None = None, base_dir: Path | None = None
) -> Place:
    """Make the place that `config` describes.

    `environ` answers `${NAME}` (default: the process's environment); `base_dir` is where relative paths
    start, both of `file:` and of options that name files (default: the working directory).

    Raises TransportError SETTING, in one line and without any value, for a variable that is not set and
    for a URL or option that cannot be used.
    """
    environment = os.environ if environ is None else environ
    base = base_dir or Path.cwd()
    url = _expand(config.url, "url", environment)
    scheme = url.partition(":")[0].lower()
    expanded = {name: _expand_option(value, name, environment) for name, value in config.options.items()}
    try:
        # once more with what the environment gave: the rules for schemes and options are the model's.
        # secrets are left as written, since they may stand in no configuration
        TransportConfig(url=url, options=config.options)
    except ValidationError as error:
        raise _setting(_first_message(error)) from None
    options = _options(scheme, expanded, base)
    # the label is the URL as written: an expanded one may hold what nobody should read in a log
    return _place(scheme, url, config.url, options, base)


def _options(scheme: str, values: dict[str, Any], base: Path) -> CommonOptions:
    model = OPTIONS_OF[scheme]
    absolute = {
        name: base / Path(value).expanduser() if is_path(model, name) and isinstance(value, str) else value
        for name, value in values.items()
    }
    try:
        return model.model_validate(absolute)
    except ValidationError as error:
        raise _setting(_first_message(error)) from None


def _place(scheme: str, url: str, label: str, options: CommonOptions, base: Path) -> Place:
    """Make the scheme's place. Network libraries are imported here, each only where it is used."""
    match options:
        case FolderOptions():
            from hrtp.transport.folder import Folder

            path = base / _folder_path(url)
            return Folder(str(path), str(path), options)
        case SftpOptions():
            from hrtp.transport.sftp import DEFAULT_PORT, SftpFolder

            parts = _split(url)
            host, user = parts.hostname, options.username or unquote(parts.username or "")
            if not host or not user:
                raise _setting("sftp: needs a host and a user, sftp://user@host/folder")
            root = unquote(parts.path).rstrip("/") or "/"
            root = root.removeprefix("/~/") if root != "/~" else "."
            port = parts.port or DEFAULT_PORT
            return SftpFolder(label, root, options, host=host, port=port, user=user)
        case S3Options():
            from hrtp.transport.s3 import S3Prefix

            bucket, _, prefix = url.partition(":")[2].removeprefix("//").partition("/")
            if not bucket:
                raise _setting("s3: needs a bucket, s3://bucket/prefix")
            endpoint = options.endpoint_url
            if endpoint and not endpoint.startswith("https:") and not options.allow_plain_http:
                raise _setting("option endpoint_url must begin with https:, or say allow_plain_http: true")
            return S3Prefix(label, f"{bucket}/{prefix}".rstrip("/"), options)
        case WebOptions():
            from hrtp.transport.web import WebFolder

            parts = _split(url)
            if not parts.hostname or parts.username or parts.query or parts.fragment:
                raise _setting("https: takes a host and a path only; credentials are options")
            root = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/"
            return WebFolder(label, root, options)
    raise _setting(f"{scheme}: is not known")


def _folder_path(url: str) -> Path:
    """Read file:relative, file:/absolute or file:///absolute; the path is taken as it stands."""
    path = url.partition(":")[2]
    if path.startswith("//"):
        host, slash, rest = path[2:].partition("/")
        if host not in ("", "localhost"):
            raise _setting("file: cannot reach another host; write file:/path or file:relative/path")
        path = slash + rest
    if not path:
        raise _setting("file: needs a path")
    return Path(path).expanduser()


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise _setting("the URL cannot be read") from None
    return parts


def _expand(text: str, where: str, environment: Mapping[str, str]) -> str:
    for name in VARIABLE.findall(text):
        if not environment.get(name):
            raise _setting(f"{where} needs the environment variable {name}, which is not set")
    return VARIABLE.sub(lambda match: environment[match[1]], text)


def _expand_option(value: Any, where: str, environment: Mapping[str, str]) -> Any:
    return _expand(value, f"option {where}", environment) if isinstance(value, str) else value


def _first_message(error: ValidationError) -> str:
    """One line of a validation error: the option and the rule, never the value."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    return f"option {where}: {message}" if where and where != "url" else message


def _setting(detail: str) -> TransportError:
    return TransportError(Code.SETTING, detail)

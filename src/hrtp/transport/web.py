"""`https:` through fsspec's HTTP filesystem, that is aiohttp; the listing is an index page or a manifest."""

import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from typing import IO, Any
from urllib.parse import quote, unquote, urljoin, urlsplit

import aiohttp
from fsspec import AbstractFileSystem
from fsspec.implementations.http import HTTPFileSystem
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from hrtp.errors import TransportError
from hrtp.transport.failure import Code, Failure, causes, classify_os_error, network
from hrtp.transport.options import WebOptions
from hrtp.transport.place import Entry, Place, Refused, RemoteFile

TOO_MANY_REQUESTS = 429


class ManifestFile(BaseModel):
    """One file of a manifest: its name, its size in bytes, and what the partner can add."""

    name: str = Field(min_length=1)
    size: int = Field(ge=0)
    modified_at: AwareDatetime | None = None
    sha256: str | None = Field(None, pattern="^[0-9a-fA-F]{64}$")


class Manifest(BaseModel):
    """A JSON listing: `{"files": [{"name": ..., "size": ..., "modified_at": ..., "sha256": ...}]}`."""

    files: list[ManifestFile]


class _NotAListingError(Exception):
    """The page is neither an index nor a manifest."""


class _LoginPageError(Exception):
    """Instead of a listing came a page that asks for a password."""


class _CertificateFileError(Exception):
    """A file of certificates cannot be read."""


class _IndexPage(HTMLParser):
    """The links of a page, and whether it asks for a password."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.is_page = False
        self.asks_for_password = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.is_page = True
        values = dict(attrs)
        if tag == "a" and values.get("href"):
            self.links.append(values["href"] or "")
        if tag == "input" and (values.get("type") or "").lower() == "password":
            self.asks_for_password = True


async def _refuse_all_but_success(response: aiohttp.ClientResponse) -> None:
    """Raise for redirects too: whoever answers for the server could send us, and our key, elsewhere."""
    if not 200 <= response.status < 300:
        raise aiohttp.ClientResponseError(response.request_info, (), status=response.status)


class WebFolder(Place):
    """A page that links to files lying right beside it, or a manifest that names them."""

    options: WebOptions

    def connect(self) -> AbstractFileSystem:
        """Make the filesystem; the session of aiohttp is made with the first request."""
        return HTTPFileSystem(
            skip_instance_cache=True,
            use_listings_cache=False,
            encoded=True,
            get_client=self._session,
            allow_redirects=False,
        )

    async def _session(self, **kwargs: Any) -> aiohttp.ClientSession:
        options = self.options
        headers = {"Accept-Encoding": "identity"}  # a size is the size of the file
        if options.token:
            headers["Authorization"] = f"Bearer {options.token.get_secret_value()}"
        if options.header_name and options.header_value:
            headers[options.header_name] = options.header_value.get_secret_value()
        if options.username and options.password:
            password = options.password.get_secret_value()
            headers["Authorization"] = aiohttp.encode_basic_auth(options.username, password)
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._trust()),
            headers=headers,
            raise_for_status=_refuse_all_but_success,
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=options.timeout_seconds, sock_read=options.timeout_seconds
            ),
            **kwargs,
        )

    def _trust(self) -> ssl.SSLContext:
        options = self.options
        try:
            context = ssl.create_default_context(cafile=options.ca_file)
            if options.client_certificate_file:
                context.load_cert_chain(options.client_certificate_file, options.client_key_file)
        except (OSError, ssl.SSLError) as error:
            raise _CertificateFileError from error
        return context

    def put(self, fs: AbstractFileSystem, name: str, data: bytes) -> None:
        """Refuse: what a web server does with an upload is no matter of agreement."""
        raise TransportError(Code.SETTING, "files cannot be put on a web server; name a folder, sftp: or s3:")

    def path(self, name: str) -> str:
        """Return the address of one file."""
        return f"{self.root}{quote(name)}"

    def entries(self, fs: AbstractFileSystem) -> Iterator[Entry]:
        """Read the listing; with an index page each file is asked for its size."""
        if self.options.manifest:
            yield from self._manifest(fs.cat_file(self.path(self.options.manifest)))
            return
        for name in self._links(fs.cat_file(self.root)):
            if name.endswith("/"):
                yield None
            elif "/" in name:
                yield Refused(name, Code.BAD_NAME)
            else:
                yield self._ask(fs, name)

    def _ask(self, fs: AbstractFileSystem, name: str) -> Entry:
        """Ask for a linked file's size; a dead link is that file's trouble and not the folder's."""
        try:
            return self.entry(fs.info(self.path(name)))
        except FileNotFoundError as error:
            failure = self.classify(error, listing=False)
            if failure.code in (Code.MISSING, Code.DENIED):
                return Refused(name, failure.code)
            raise

    def _manifest(self, body: bytes) -> Iterator[Entry]:
        try:
            files = Manifest.model_validate(json.loads(body)).files
        except (ValueError, ValidationError) as error:
            raise _NotAListingError from error
        for file in files:
            modified_at = file.modified_at.astimezone(UTC) if file.modified_at else None
            yield RemoteFile(file.name, file.size, modified_at, file.sha256 and file.sha256.lower())

    def _links(self, body: bytes) -> list[str]:
        """Names that the page links to, right beneath its own address; a folder's ends with a slash."""
        page = _IndexPage()
        page.feed(body.decode("utf-8", errors="replace"))
        if page.asks_for_password:
            raise _LoginPageError
        if not page.is_page:
            raise _NotAListingError
        names: dict[str, None] = {}
        for link in page.links:
            address = urljoin(self.root, link)
            rest = address.removeprefix(self.root)
            if address == rest or not rest or urlsplit(address).query or urlsplit(address).fragment:
                continue  # elsewhere, the page itself, or the same page sorted otherwise
            if "/" not in rest.removesuffix("/"):
                names[unquote(rest)] = None
        return list(names)

    def entry(self, info: dict[str, Any]) -> Entry:
        """Read what HEAD said of one file."""
        name = unquote(str(info["name"]).removeprefix(self.root))
        if info["size"] is None:
            return Refused(name, Code.SIZE_UNKNOWN)
        return RemoteFile(
            name=name,
            size=info["size"],
            modified_at=_http_date(info.get("Last-Modified")),
            mark=info.get("ETag"),
        )

    def look(self, fs: AbstractFileSystem, file: RemoteFile) -> Entry:
        """Ask again, except where a manifest has promised the file as finished."""
        return file if self.options.manifest else super().look(fs, file)

    def open(self, fs: AbstractFileSystem, file: RemoteFile) -> IO[bytes]:
        """One streamed answer; the size given spares fsspec another HEAD."""
        stream: IO[bytes] = fs.open(self.path(file.name), "rb", block_size=0, size=max(file.size, 1))
        return stream

    def classify(self, error: BaseException, *, listing: bool) -> Failure:
        """Tell a bad certificate, a refused login and a passing trouble apart by class and status."""
        for cause in causes(error):
            match cause:
                case _CertificateFileError():
                    return Failure(Code.SETTING, "a certificate file cannot be read")
                case _LoginPageError():
                    return Failure(Code.AUTH, "the server answers with a page that asks for a password")
                case _NotAListingError() | UnicodeError():
                    return Failure(Code.PROTOCOL, "the answer is neither an index page nor a manifest")
                case aiohttp.ClientSSLError() | ssl.SSLCertVerificationError():
                    return Failure(Code.SECURITY, "the server's certificate is not one that we trust")
                case aiohttp.ClientResponseError():
                    return _classify_status(cause.status, listing=listing)
                case aiohttp.ClientConnectionError() | aiohttp.ClientPayloadError():
                    return network(cause)
        return super().classify(error, listing=listing)


def _classify_status(status: int, *, listing: bool) -> Failure:
    match status:
        case 401 | 407:
            return Failure(Code.AUTH, f"the server does not accept our credentials (status {status})")
        case 403:
            return classify_os_error(PermissionError(), listing=listing)
        case 404 | 410:
            return classify_os_error(FileNotFoundError(), listing=listing)
        case _ if 300 <= status < 400:
            return Failure(Code.SECURITY, f"the server sends us elsewhere (status {status}); not followed")
        case _ if status >= 500 or status in (408, TOO_MANY_REQUESTS):
            return Failure(Code.NETWORK, f"the server is in trouble (status {status})", is_transient=True)
        case _:
            return Failure(Code.PROTOCOL, f"the server answered with status {status}")


def _http_date(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC) if text else None
    except ValueError:
        return None

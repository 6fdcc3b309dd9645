"""`s3:` through s3fs; MinIO and others with `endpoint_url`."""

from collections.abc import Iterator
from typing import IO, Any

import aiohttp
import botocore.exceptions as boto  # type: ignore[import-untyped]
from fsspec import AbstractFileSystem
from s3fs import S3FileSystem
from s3fs.utils import FileExpired

from hrtp.transport.failure import Code, Failure, causes, network
from hrtp.transport.options import S3Options
from hrtp.transport.place import Entry, Place, RemoteFile

BLOCK_BYTES = 2 * 2**20
"""Asked for at a time; memory holds about five times as much."""

REFUSED_CREDENTIALS = frozenset(
    {
        "AuthorizationHeaderMalformed",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSecurity",
        "InvalidToken",
        "NotSignedUp",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
        "UnrecognizedClientException",
    }
)
"""S3's own names for credentials that do not hold, as against AccessDenied: they hold and do not suffice."""

PASSING = frozenset(
    {"InternalError", "OperationAborted", "RequestTimeout", "ServiceUnavailable", "SlowDown", "Throttling"}
)
"""S3's own names for trouble that passes."""


class S3Prefix(Place):
    """The objects right under a prefix of a bucket."""

    options: S3Options

    def connect(self) -> AbstractFileSystem:
        """Make the filesystem. Retries are ours alone: nested ones would multiply."""
        options = self.options
        fs = S3FileSystem(
            skip_instance_cache=True,
            use_listings_cache=False,
            anon=options.anonymous,
            key=options.key.get_secret_value() if options.key else None,
            secret=options.secret.get_secret_value() if options.secret else None,
            token=options.token.get_secret_value() if options.token else None,
            endpoint_url=options.endpoint_url,
            client_kwargs={
                **({"region_name": options.region} if options.region else {}),
                **({"verify": str(options.ca_file)} if options.ca_file else {}),
            },
            config_kwargs={
                "connect_timeout": options.timeout_seconds,
                "read_timeout": options.timeout_seconds,
                "retries": {"total_max_attempts": 1},
            },
        )
        fs.retries = 1
        return fs

    def entries(self, fs: AbstractFileSystem) -> Iterator[Entry]:
        """List the prefix. S3 has no folders: a prefix without objects is an empty one, not a missing one."""
        try:
            yield from super().entries(fs)
        except FileNotFoundError as error:
            if any(isinstance(cause, boto.ClientError) for cause in causes(error)):
                raise  # the bucket itself

    def entry(self, info: dict[str, Any]) -> Entry:
        """Read one object; `prefix/` itself is a mark of a folder and no file."""
        name = str(info["name"]).rpartition("/")[2]
        if info["type"] != "file" or not name or info["name"].rstrip("/") == self.root.rstrip("/"):
            return None
        modified_at = info["LastModified"]
        return RemoteFile(
            name=name,
            size=info["size"],
            # a listing tells milliseconds, a look at one object only seconds
            modified_at=modified_at.replace(microsecond=0),
            mark=str(info["ETag"]).strip('"'),
        )

    def open(self, fs: AbstractFileSystem, file: RemoteFile) -> IO[bytes]:
        """Read block by block; s3fs asks for each block on condition that the ETag is still the same."""
        stream: IO[bytes] = fs.open(self.path(file.name), "rb", block_size=BLOCK_BYTES, fill_cache=False)
        return stream

    def put(self, fs: AbstractFileSystem, name: str, data: bytes) -> None:
        """Put an object; S3 shows it whole or not at all, so no temporary name is needed (and it has no rename)."""
        fs.pipe_file(self.path(name), data)
        self.check_size(fs, self.path(name), len(data))

    def classify(self, error: BaseException, *, listing: bool) -> Failure:
        """Tell refused credentials, refused access and a passing trouble apart by S3's own code."""
        for cause in causes(error):
            match cause:
                case boto.SSLError():
                    return Failure(Code.SECURITY, "the server's certificate is not one that we trust")
                case FileExpired():
                    return Failure(Code.UNSTABLE, "it changed while it was copied")
                case boto.ClientError():
                    name = cause.response.get("Error", {}).get("Code", "")
                    if name in REFUSED_CREDENTIALS:
                        return Failure(Code.AUTH, f"the server does not accept our key ({name})")
                    if name in PASSING:
                        return Failure(Code.NETWORK, f"the server is busy ({name})", is_transient=True)
                case boto.NoCredentialsError() | boto.PartialCredentialsError():
                    return Failure(Code.AUTH, "we have no key for this server")
                case boto.ConnectionError() | boto.HTTPClientError():
                    return network(cause)
                case boto.IncompleteReadError() | aiohttp.ClientPayloadError():
                    return network(cause)
        return super().classify(error, listing=listing)

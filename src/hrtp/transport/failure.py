"""What can go wrong with a partner's server, as reason codes, and which of it is worth another try."""

import errno
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """Reason codes of `TransportError` (FAULTS: T01, T05, T16, T18-T26)."""

    SETTING = "SETTING"
    """The URL or an option cannot be used, or names a variable that is not set."""
    MISSING = "MISSING"
    """The folder, bucket, page or file is not there."""
    AUTH = "AUTH"
    """The server does not accept our credentials."""
    SECURITY = "SECURITY"
    """The server could not prove that it is the one we mean."""
    LISTING_DENIED = "LISTING_DENIED"
    """We may not see which files there are: this is not the same as no files."""
    DENIED = "DENIED"
    """The file is listed and we may not read it."""
    UNSTABLE = "UNSTABLE"
    """The file is still being written."""
    NOT_REGULAR_FILE = "NOT_REGULAR_FILE"
    """A link, pipe, device, or a second name of some other file."""
    PERMS = "PERMS"
    """Others than the owner may change the file."""
    BAD_NAME = "BAD_NAME"
    """A name with control characters or path separators."""
    SIZE_UNKNOWN = "SIZE_UNKNOWN"
    """The server does not say how long the file is, so a cut could not be noticed."""
    CHECKSUM = "CHECKSUM"
    """The bytes are not those that the listing promises."""
    NETWORK = "NETWORK"
    """No connection, or it broke, on every try."""
    PROTOCOL = "PROTOCOL"
    """The server answered something that cannot be understood."""
    LOCAL_DISK = "LOCAL_DISK"
    """The copy could not be written on our own side."""


@dataclass(frozen=True)
class Failure:
    """An exception, understood: its code, a sentence without any value or secret, and what to do."""

    code: Code
    detail: str
    is_transient: bool = False


UNREACHABLE = frozenset(
    {
        errno.ECONNABORTED,
        errno.ECONNREFUSED,
        errno.ECONNRESET,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.EINTR,
        errno.EIO,
        errno.ENETDOWN,
        errno.ENETRESET,
        errno.ENETUNREACH,
        errno.ENOTCONN,
        errno.EPIPE,
        errno.ESTALE,
        errno.ETIMEDOUT,
    }
)
"""Errors of a network, or of a mounted network folder, that pass by themselves."""


def causes(error: BaseException) -> Iterator[BaseException]:
    """Walk from an exception to what it was raised from, outermost first."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def network(error: BaseException) -> Failure:
    """Make a failure that another try may cure. It names the class only: texts may quote a secret."""
    return Failure(Code.NETWORK, f"the connection failed ({type(error).__name__})", is_transient=True)


def classify_os_error(error: BaseException, *, listing: bool) -> Failure:
    """Read an exception that no scheme knows better: the errors of an operating system."""
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return Failure(Code.MISSING, "no such folder" if listing else "the file is gone")
        case PermissionError() if listing:
            return Failure(Code.LISTING_DENIED, "we may not list it, so nobody knows what is there")
        case PermissionError():
            return Failure(Code.DENIED, "we may not read it")
        case ConnectionError() | TimeoutError() | EOFError():
            return network(error)
        case OSError() if error.errno in UNREACHABLE or error.errno is None or error.errno < 0:
            return network(error)  # a name that cannot be resolved has a negative number
        case _:
            return Failure(Code.PROTOCOL, f"the answer could not be understood ({type(error).__name__})")

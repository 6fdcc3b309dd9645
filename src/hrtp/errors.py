"""Errors of the product: each has a reason code, and none ever carries a value of a person."""

from __future__ import annotations

import errno
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class HrtpError(Exception):
    """Base of every error that a person is meant to read.

    ``code`` is a stable reason code in capitals; the message says what to do next.
    """

    code = "HRTP"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        """Code first, so that a log line can be grepped by it."""
        return f"{self.code}: {super().__str__()}"


@contextmanager
def no_values_in_errors(error_class: type[HrtpError], what: str) -> Iterator[None]:
    """Turn an unforeseen exception into one that names its kind and place, and drop its text.

    Messages of DuckDB, Arrow and pandas quote the value that they stumble over, and a task's log is no place for it.
    """
    try:
        yield
    except HrtpError:
        raise
    except Exception as error:
        if _is_full_disk(error):
            raise error_class(
                f"{what}: the disk is full. What was there before is still whole; free space and run again",
                code="DISK_FULL",
            ) from None
        frame = traceback.extract_tb(error.__traceback__)[-1]
        own = [f for f in traceback.extract_tb(error.__traceback__) if "/hrtp/" in f.filename]
        place = own[-1] if own else frame
        raise error_class(
            f"{what}: unforeseen {_kind(error)} at {Path(place.filename).name}:{place.lineno}; "
            "its text is withheld because it may quote data. Report this line",
            code="INTERNAL",
        ) from None


def _is_full_disk(error: BaseException) -> bool:
    """By number, and by the system's own words where DuckDB or Delta Lake pass on only those."""
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return True
    text = str(error)
    return any(os.strerror(number) in text for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG))


def _kind(error: BaseException) -> str:
    """The class, and what the system calls the trouble: neither quotes a value."""
    name = type(error).__name__
    known = isinstance(error, OSError) and error.errno is not None
    return f"{name} ({os.strerror(error.errno)})" if known else name  # type: ignore[attr-defined]


class SettingsError(HrtpError):
    """A setting is missing or wrong."""

    code = "SETTINGS"


class SourceConfigError(HrtpError):
    """A file in ``sources/`` does not say what a source must say."""

    code = "SOURCE_CONFIG"


class FileRejected(HrtpError):
    """A whole file cannot be trusted; its bytes stay in landing, last good data stays in the figures.

    Reason codes are those of the fault catalogue (``MISSING_COLUMN``, ``NOT_CSV``, ...).
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail, code=code)
        self.detail = detail


class TransportError(HrtpError):
    """A partner's folder or server could not be read (``MISSING``, ``AUTH``, ``SECURITY``, ``NETWORK``, ...)."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail, code=code)
        self.detail = detail


class IngestFailed(HrtpError):
    """A source's ingest ended with at least one rejected file, or could not reach its files."""

    code = "INGEST_FAILED"


class BuildFailed(HrtpError):
    """The candidate warehouse did not pass; nothing was published."""

    code = "BUILD_FAILED"


class DocsFailed(HrtpError):
    """The documentation could not be written; the last one stays."""

    code = "DOCS_FAILED"


class PublishFailed(HrtpError):
    """The marts could not be put in place; the last good files stay."""

    code = "PUBLISH_FAILED"

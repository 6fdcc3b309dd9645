"""Errors of the product: each has a reason code, and none ever carries a value of a person."""

from __future__ import annotations

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
        frame = traceback.extract_tb(error.__traceback__)[-1]
        own = [f for f in traceback.extract_tb(error.__traceback__) if "/hrtp/" in f.filename]
        place = own[-1] if own else frame
        raise error_class(
            f"{what}: unforeseen {type(error).__name__} at {Path(place.filename).name}:{place.lineno}; "
            "its text is withheld because it may quote data. Report this line",
            code="INTERNAL",
        ) from None


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


class PublishFailed(HrtpError):
    """The marts could not be put in place; the last good files stay."""

    code = "PUBLISH_FAILED"

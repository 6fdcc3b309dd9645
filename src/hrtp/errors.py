"""Errors of the product: each has a reason code, and none ever carries a value of a person."""

from __future__ import annotations


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

"""What the generator refuses."""

from __future__ import annotations

from hrtp.errors import HrtpError


class SamplesError(HrtpError):
    """The samples cannot be made as asked: the message says which argument or seed file, and what it must be."""

    code = "SAMPLES"

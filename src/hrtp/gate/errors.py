"""What goes wrong in the gate itself."""

from hrtp.errors import HrtpError


class GateError(HrtpError):
    """A rule could not be evaluated. The file is neither accepted nor rejected; nothing passes silently."""

    code = "GATE"

"""What goes wrong with a contract itself, which is the house's own mistake and never a partner's."""

from hrtp.errors import HrtpError


class ContractError(HrtpError):
    """A file under ``expectations/`` is missing, unreadable or contradicts itself."""

    code = "CONTRACT"

"""The one way files go out: whole and under their final name, or not at all."""

from hrtp.errors import TransportError
from hrtp.transport.client import Transport, is_plain_name
from hrtp.transport.failure import Code, Failure


class Outbox(Transport):
    """A folder at a partner's that we put files into, on whatever kind of server.

    Raises `TransportError` and nothing else for what goes wrong; a broken connection is tried again from the start
    as often as the options say, the same as for fetching.
    """

    def put(self, name: str, data: bytes) -> None:
        """Put `data` there as `name`, over an older file of that name.

        Raises TransportError: MISSING when the folder is not there, DENIED when we may not write, SETTING for a
        web server, AUTH, SECURITY, NETWORK, PROTOCOL, BAD_NAME.
        """
        if not is_plain_name(name):
            raise TransportError(Code.BAD_NAME, f"{self.label}: a file's name cannot be used")
        self._attempt(name, lambda fs: self._place.put(fs, name, data), listing=False)

    def _error(self, failure: Failure, what: str, *, listing: bool) -> TransportError:
        """The words for fetching would mislead."""
        words = {Code.DENIED: "we may not write there", Code.MISSING: "there is no such folder to write to"}
        return super()._error(Failure(failure.code, words.get(failure.code, failure.detail)), what, listing=listing)

"""Pulling a partner's files: folder, SFTP, S3 and HTTPS through one class over fsspec.

Reading a configuration imports no network library; `open_transport` imports the one it needs.
"""

from typing import TYPE_CHECKING, Any

from hrtp.transport.model import TransportConfig

if TYPE_CHECKING:
    from hrtp.transport.client import Transport
    from hrtp.transport.failure import Code
    from hrtp.transport.opening import open_outbox, open_transport
    from hrtp.transport.outbox import Outbox
    from hrtp.transport.place import Refused, RemoteFile

__all__ = ["Code", "Outbox", "Refused", "RemoteFile", "Transport", "TransportConfig", "open_outbox", "open_transport"]

_HOME = {
    "Code": "failure",
    "Outbox": "outbox",
    "Refused": "place",
    "RemoteFile": "place",
    "Transport": "client",
    "open_outbox": "opening",
    "open_transport": "opening",
}


def __getattr__(name: str) -> Any:
    """Import on first use what needs fsspec, so that `hrtp --help` does not."""
    if name not in _HOME:
        raise AttributeError(name)
    from importlib import import_module

    return getattr(import_module(f"hrtp.transport.{_HOME[name]}"), name)

"""`sftp:` through sshfs, which is asyncssh behind fsspec."""

import stat
from typing import Any

import asyncssh
from asyncssh.sftp import (
    SFTPConnectionLost,
    SFTPNoConnection,
    SFTPNoSuchPath,
    SFTPNotADirectory,
    SFTPPermissionDenied,
)
from fsspec import AbstractFileSystem
from sshfs import SSHFileSystem

from hrtp.transport.failure import Code, Failure, causes, classify_os_error, network
from hrtp.transport.options import SftpOptions
from hrtp.transport.place import Entry, Place, Refused, RemoteFile

KEEPALIVE_SECONDS = 15
DEFAULT_PORT = 22


class _KnownHostsError(Exception):
    """The file that should hold the server's key cannot be used."""


class _PrivateKeyError(Exception):
    """Our own key cannot be read or opened."""


class SftpFolder(Place):
    """A folder on an SSH server whose key we know."""

    options: SftpOptions

    def __init__(self, label: str, root: str, options: SftpOptions, *, host: str, port: int, user: str) -> None:
        """Take the server's address and our user name besides."""
        super().__init__(label, root, options)
        self.host = host
        self.port = port
        self.user = user

    def connect(self) -> AbstractFileSystem:
        """Connect, prove the server, log in; one try of one method, so a wrong password locks nobody out."""
        options = self.options
        secret = options.password.get_secret_value() if options.password else None
        keys = self._private_keys()
        return SSHFileSystem(
            self.host,
            skip_instance_cache=True,
            timeout=options.timeout_seconds,
            port=self.port,
            username=self.user,
            password=secret,
            client_keys=keys or None,
            preferred_auth=["publickey"] if keys else ["password", "keyboard-interactive"],
            # what the person running this keeps in ~/.ssh must neither help nor harm
            config=[],
            agent_path=None,
            x509_trusted_certs=None,
            known_hosts=self._known_hosts(),
            connect_timeout=options.timeout_seconds,
            login_timeout=options.timeout_seconds,
            keepalive_interval=KEEPALIVE_SECONDS,
            keepalive_count_max=max(1, round(options.timeout_seconds / KEEPALIVE_SECONDS)),
        )

    def _known_hosts(self) -> asyncssh.SSHKnownHosts:
        """Read the keys we trust; no file or an unreadable one means no connection (T23)."""
        try:
            return asyncssh.read_known_hosts(str(self.options.known_hosts))
        except (OSError, ValueError, asyncssh.Error) as error:
            raise _KnownHostsError from error

    def _private_keys(self) -> list[asyncssh.SSHKey]:
        options = self.options
        passphrase = options.passphrase.get_secret_value() if options.passphrase else None
        try:
            if options.private_key is not None:
                return [asyncssh.import_private_key(options.private_key.get_secret_value(), passphrase)]
            if options.private_key_file is not None:
                return [asyncssh.read_private_key(options.private_key_file, passphrase)]
        except (OSError, ValueError, asyncssh.Error) as error:
            raise _PrivateKeyError from error
        return []

    def close(self, fs: AbstractFileSystem) -> None:
        """Close the connection from the loop that it lives in."""
        fs.loop.call_soon_threadsafe(fs.client.close)

    def entry(self, info: dict[str, Any]) -> Entry:
        """Read one entry; a listing shows links as links."""
        name = str(info["name"]).rpartition("/")[2]
        if stat.S_ISDIR(info["permissions"]):
            return None
        if not stat.S_ISREG(info["permissions"]):
            return Refused(name, Code.NOT_REGULAR_FILE)
        if info["size"] is None:
            return Refused(name, Code.SIZE_UNKNOWN)
        return RemoteFile(name=name, size=info["size"], modified_at=info["mtime"])

    def put(self, fs: AbstractFileSystem, name: str, data: bytes) -> None:
        """Put a file, into a folder that is there: one with a typing error in it is not to be made."""
        fs.info(self.root)
        super().put(fs, name, data)

    def classify(self, error: BaseException, *, listing: bool) -> Failure:
        """Tell a server that is not the one we mean, and a login refused, from a broken line."""
        for cause in causes(error):
            match cause:
                case _KnownHostsError():
                    return Failure(Code.SECURITY, "the known_hosts file cannot be read")
                case _PrivateKeyError():
                    return Failure(Code.AUTH, "our private key cannot be read or its passphrase is wrong")
                case asyncssh.HostKeyNotVerifiable() | asyncssh.KeyExchangeFailed():
                    return Failure(Code.SECURITY, "the server's key is not the one in known_hosts")
                case asyncssh.ProtocolNotSupported() | asyncssh.MACError() | asyncssh.ProtocolError():
                    return Failure(Code.SECURITY, "the server does not speak SSH as it should")
                case asyncssh.PermissionDenied() | asyncssh.IllegalUserName():
                    return Failure(Code.AUTH, "the server does not accept our user, password or key")
                case asyncssh.PasswordChangeRequired():
                    return Failure(Code.AUTH, "our password has expired")
                case SFTPPermissionDenied():
                    return classify_os_error(PermissionError(), listing=listing)
                case SFTPNoSuchPath() | SFTPNotADirectory():
                    return classify_os_error(FileNotFoundError(), listing=listing)
                case asyncssh.DisconnectError(code=asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE):
                    return Failure(Code.AUTH, "the server does not accept our user, password or key")
                case asyncssh.DisconnectError() | asyncssh.ChannelOpenError():
                    return network(cause)
                case SFTPConnectionLost() | SFTPNoConnection():
                    return network(cause)
        return super().classify(error, listing=listing)

"""`file:` a folder on this machine or on a mounted share."""

import os
import pwd
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

from hrtp.transport.client import sync_directory
from hrtp.transport.failure import Code, Failure
from hrtp.transport.options import FolderOptions
from hrtp.transport.place import Entry, Place, Refused, RemoteFile, part_name


class _NotRegularError(OSError):
    """What was opened is not a plain file."""


class _NoFollowFileSystem(LocalFileSystem):  # type: ignore[misc]  # fsspec has no types
    """fsspec's folder, except that it opens plain files only and never follows a link.

    O_NOFOLLOW and fstat look at the thing that was opened, so nothing can be swapped in between (T18,
    T21); O_NONBLOCK lets the opening of a pipe return instead of waiting for its writer for ever.
    """

    protocol = ()

    def _open(self, path: str, mode: str = "rb", block_size: int | None = None, **_: object) -> IO[bytes]:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            fd = os.open(path, flags)
        except OSError as error:
            if Path(path).is_symlink():
                raise _NotRegularError from error
            raise
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise _NotRegularError
        return os.fdopen(fd, "rb", buffering=0)


class Folder(Place):
    """A folder that this process can see."""

    options: FolderOptions

    def connect(self) -> AbstractFileSystem:
        """Make the filesystem; the folder itself may be a link, its files may not."""
        return _NoFollowFileSystem(skip_instance_cache=True)

    def entries(self, fs: AbstractFileSystem) -> Iterator[Entry]:
        """List the folder. fsspec would answer for a single file as well, and that is no folder."""
        root = Path(self.root)
        if not root.is_dir():
            root.stat()  # says missing or denied
            raise NotADirectoryError
        yield from super().entries(fs)

    def entry(self, info: dict[str, Any]) -> Entry:
        """Read one entry; links, pipes and devices are refused (T18), loose permissions seen (T19)."""
        name = str(info["name"]).rpartition("/")[2]
        if info["type"] == "directory" and not info["islink"]:
            return None
        if info["islink"] or info["type"] != "file" or not stat.S_ISREG(info["mode"]):
            return Refused(name, Code.NOT_REGULAR_FILE)
        if info["nlink"] > 1 and not self.options.allow_hard_links:
            return Refused(name, Code.NOT_REGULAR_FILE)
        is_loose = bool(info["mode"] & (stat.S_IWGRP | stat.S_IWOTH)) or not self._is_owners(info["uid"])
        if is_loose and self.options.loose_permissions == "refuse":
            return Refused(name, Code.PERMS)
        return RemoteFile(
            name=name,
            size=info["size"],
            modified_at=datetime.fromtimestamp(info["mtime"], tz=UTC),
            warnings=(Code.PERMS,) if is_loose else (),
            mark=f"{info['ino']}:{info['mtime']!r}",
        )

    def put(self, fs: AbstractFileSystem, name: str, data: bytes) -> None:
        """Put a file: written beside, synced, renamed over. The folder must be there; no link is followed."""
        root = Path(self.root)
        if not root.is_dir():
            root.stat()  # says missing or denied
            raise NotADirectoryError
        part = root / part_name(name)
        part.unlink(missing_ok=True)
        # group and others may read: the partner's account is another, and nothing in it is secret from it
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        with os.fdopen(fd, "wb") as target:
            target.write(data)
            target.flush()
            os.fsync(target.fileno())
        os.replace(part, root / name)
        sync_directory(root)

    def _is_owners(self, uid: int) -> bool:
        """Whether a file belongs to whom the source names. A name that nobody here has belongs to nobody."""
        owner = self.options.owner
        if isinstance(owner, str):
            try:
                owner = pwd.getpwnam(owner).pw_uid
            except KeyError:
                return False
        return owner is None or uid == owner

    def classify(self, error: BaseException, *, listing: bool) -> Failure:
        """Tell a link or pipe from the errors of an operating system."""
        if isinstance(error, _NotRegularError):
            return Failure(Code.NOT_REGULAR_FILE, "it is a link, a pipe or a device")
        return super().classify(error, listing=listing)

"""A place where a partner leaves files, over an fsspec filesystem: what differs from scheme to scheme."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

from fsspec import AbstractFileSystem

from hrtp.transport.failure import Code, Failure, classify_os_error
from hrtp.transport.options import CommonOptions


@dataclass(frozen=True)
class RemoteFile:
    """A file at the partner's.

    `size` in bytes; `modified_at` in UTC where the server tells it; `sha256` where a manifest promises
    it. `mark` changes when the file does (an ETag, or inode and nanoseconds) and means nothing else.
    `warnings` are reason codes that do not keep the file from being taken (PERMS).
    """

    name: str
    size: int
    modified_at: datetime | None = None
    sha256: str | None = None
    warnings: tuple[str, ...] = ()
    mark: str | None = field(default=None, repr=False)

    def is_unchanged(self, later: "RemoteFile") -> bool:
        """Whether a later look shows the same file (T05): size, time, and mark where both have one."""
        same_mark = self.mark is None or later.mark is None or self.mark == later.mark
        return self.size == later.size and self.modified_at == later.modified_at and same_mark


@dataclass(frozen=True)
class Refused:
    """Something in the folder that is not taken, and why."""

    name: str
    code: Code


Entry = RemoteFile | Refused | None
"""One entry of a listing; None for what is no file at all, such as a folder."""


class Place:
    """A folder on some server. Subclasses know one scheme each; `Transport` knows the rules for all."""

    def __init__(self, label: str, root: str, options: CommonOptions) -> None:
        """Take the `label` that messages may show, the path within the filesystem, and the options."""
        self.label = label
        self.root = root
        self.options = options

    def connect(self) -> AbstractFileSystem:
        """Make the filesystem; it is made anew after each broken connection."""
        raise NotImplementedError

    def close(self, fs: AbstractFileSystem) -> None:
        """Let go of connections. Filesystems without any need nothing."""

    def path(self, name: str) -> str:
        """Return the path of one file."""
        return f"{self.root.rstrip('/')}/{name}"

    def entries(self, fs: AbstractFileSystem) -> Iterator[Entry]:
        """List what lies in the folder, in any order."""
        for info in fs.ls(self.root, detail=True):
            yield self.entry(info)

    def entry(self, info: dict[str, Any]) -> Entry:
        """Read one entry as the filesystem describes it."""
        raise NotImplementedError

    def open(self, fs: AbstractFileSystem, file: RemoteFile) -> IO[bytes]:
        """Open the file's bytes as a stream; a read returns no more than the caller asks for."""
        stream: IO[bytes] = fs.open(self.path(file.name), "rb")
        return stream

    def look(self, fs: AbstractFileSystem, file: RemoteFile) -> Entry:
        """Ask for the file's state anew, to see whether it changed while it was copied."""
        return self.entry(fs.info(self.path(file.name)))

    def put(self, fs: AbstractFileSystem, name: str, data: bytes) -> None:
        """Put a file there: under a temporary name first, then renamed over whatever has the final one.

        A broken connection leaves the temporary name behind at most, which the next try overwrites.
        """
        part = self.path(part_name(name))
        fs.pipe_file(part, data)
        self.check_size(fs, part, len(data))
        fs.mv(part, self.path(name))

    def check_size(self, fs: AbstractFileSystem, path: str, size: int) -> None:
        """Raise ConnectionError where fewer or more bytes arrived than were sent."""
        if fs.info(path)["size"] != size:
            raise ConnectionError("not all bytes arrived")

    def classify(self, error: BaseException, *, listing: bool) -> Failure:
        """Say what an exception means here."""
        return classify_os_error(error, listing=listing)


def part_name(name: str) -> str:
    """What a file is called while it is on its way; nobody who lists takes such a name for a delivery."""
    return f".{name}.part"

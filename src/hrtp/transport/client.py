"""The one way files come in: list a place, download a file, and know exactly what went wrong."""

import fnmatch
import hashlib
import logging
import os
import time
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from fsspec import AbstractFileSystem
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from hrtp.errors import TransportError
from hrtp.transport.failure import Code, Failure
from hrtp.transport.place import Place, Refused, RemoteFile

CHUNK_BYTES = 2**20
LONGEST_WAIT_SECONDS = 60.0
LEFTOVERS = (
    "~$*", ".*", "*~", "#*#", "thumbs.db", "desktop.ini", "__macosx",
    "*.part", "*.partial", "*.filepart", "*.crdownload", "*.tmp", "*.swp",
)  # fmt: skip
"""What editors, file managers and unfinished uploads leave behind (T28); compared in lower case."""

logger = logging.getLogger(__name__)
T = TypeVar("T")


class _PassingError(Exception):
    """A failure that another try may cure."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code)
        self.failure = failure


class _LocalDiskError(Exception):
    """Our own side could not write."""


class Transport:
    """A partner's folder, on whatever kind of server, read-only.

    After `list`, `ignored` counts leftovers and folders, and `refused` names what is a file of sorts but
    cannot be taken, with the reason. Every method raises `TransportError` and nothing else for what the
    partner's side does wrong; its text never holds a secret.
    """

    def __init__(self, place: Place) -> None:
        """Take the place to read from; `open_transport` is the usual way here."""
        self._place = place
        self._fs: AbstractFileSystem | None = None
        self.ignored = 0
        self.refused: tuple[Refused, ...] = ()

    def __repr__(self) -> str:
        """Show the label only: options hold secrets."""
        return f"Transport({self.label!r})"

    @property
    def label(self) -> str:
        """Where this reads from, as it may be shown: the URL as configured, or the folder's path."""
        return self._place.label

    def list(self) -> list[RemoteFile]:
        """Every file that can be taken, by name.

        Raises TransportError: MISSING when the folder is not there, LISTING_DENIED when we may not look,
        which is not the same as an empty list; AUTH, SECURITY, NETWORK, PROTOCOL.
        """
        files = self._listing()
        settle_seconds = self._place.options.settle_seconds
        if settle_seconds and files:
            time.sleep(settle_seconds)
            earlier, files = files, self._listing()
            steady = {file.name: file for file in earlier}
            moving = [f for f in files if f.name not in steady or not steady[f.name].is_unchanged(f)]
            self.refused += tuple(Refused(file.name, Code.UNSTABLE) for file in moving)
            files = [file for file in files if file not in moving]
        for refused in self.refused:
            logger.warning("%s: not taken, %s: %s", self.label, refused.code, ascii(refused.name))
        return [*files]

    def _listing(self) -> Sequence[RemoteFile]:
        entries = self._attempt("list", lambda fs: list(self._place.entries(fs)), listing=True)
        suffix = self._place.options.done_suffix
        files: dict[str, RemoteFile] = {}
        refused: list[Refused] = []
        done: set[str] = set()
        self.ignored = 0
        for entry in entries:
            if entry is None:
                self.ignored += 1
            elif not is_plain_name(entry.name):
                refused.append(Refused(entry.name, Code.BAD_NAME))
            elif _is_leftover(entry.name):
                self.ignored += 1
            elif suffix and entry.name.endswith(suffix):
                done.add(entry.name.removesuffix(suffix))
                self.ignored += 1
            elif isinstance(entry, Refused):
                refused.append(entry)
            else:
                files[entry.name] = entry
        if suffix:
            refused += [Refused(name, Code.UNSTABLE) for name in files if name not in done]
            files = {name: file for name, file in files.items() if name in done}
        self.refused = tuple(sorted(refused, key=lambda item: item.name))
        return [files[name] for name in sorted(files)]

    def download(self, file: RemoteFile, to: Path) -> None:
        """Copy `file`, which a listing gave, to the path `to`: whole and as listed, or not at all.

        The bytes go to `<to>.part` beside it; only when size, checksum where promised, and a second look
        at the original agree with the listing is it synced and moved into place. A broken connection is
        tried again from the start.

        Raises TransportError: UNSTABLE when the file is not (or no longer) as listed, NOT_REGULAR_FILE,
        CHECKSUM, MISSING, DENIED, AUTH, SECURITY, NETWORK, LOCAL_DISK.
        """
        if not is_plain_name(file.name):
            raise TransportError(Code.BAD_NAME, f"{self.label}: a file's name cannot be used")
        for refused in self.refused:
            if refused.name == file.name:
                raise TransportError(refused.code, f"{self.label}: {file.name} is not taken")
        part = to.with_name(to.name + ".part")
        try:
            self._attempt(file.name, lambda fs: self._copy(fs, file, part), listing=False)
            try:
                os.replace(part, to)
                sync_directory(to.parent)
            except OSError as error:
                raise self._local_disk(error) from None
        finally:
            part.unlink(missing_ok=True)

    def _copy(self, fs: AbstractFileSystem, file: RemoteFile, part: Path) -> None:
        """One try: stream into the part file, then compare."""
        digest = hashlib.sha256()
        size = 0
        with closing(self._place.open(fs, file)) as source, closing(_PartFile(part)) as target:
            # one byte more than promised is enough to know
            while chunk := source.read(min(CHUNK_BYTES, file.size - size + 1)):
                size += len(chunk)
                if size > file.size:
                    raise TransportError(Code.UNSTABLE, f"{self.label}: {file.name} grows while it is copied")
                target.write(chunk)
                digest.update(chunk)
            target.sync()
        later = self._place.look(fs, file)
        if not isinstance(later, RemoteFile):
            raise TransportError(Code.NOT_REGULAR_FILE, f"{self.label}: {file.name} is no plain file any more")
        if not file.is_unchanged(later):
            raise TransportError(Code.UNSTABLE, f"{self.label}: {file.name} changed since it was listed")
        if size < file.size:
            # the original is as long as it was: the line, not the file, was cut
            missing = file.size - size
            raise _PassingError(Failure(Code.NETWORK, f"ended {missing} bytes early", is_transient=True))
        if file.sha256 and digest.hexdigest() != file.sha256:
            raise TransportError(Code.CHECKSUM, f"{self.label}: {file.name} is not what its manifest promises")

    def _attempt(self, what: str, action: Callable[[AbstractFileSystem], T], *, listing: bool) -> T:
        """Run `action`, again after errors of the network, with growing and jittered waits (T22, T25)."""
        options = self._place.options

        def once() -> T:
            try:
                if self._fs is None:
                    self._fs = self._place.connect()
                return action(self._fs)
            except TransportError:
                raise
            except _LocalDiskError as error:
                raise self._local_disk(error) from None
            except Exception as error:
                if isinstance(error, _PassingError):
                    failure = error.failure
                else:
                    failure = self._place.classify(error, listing=listing)
                self.close()  # whatever is left of the connection is not to be trusted
                if failure.is_transient:
                    logger.info("%s: %s: %s", self.label, what, failure.detail)
                    raise _PassingError(failure) from None
                raise self._error(failure, what, listing=listing) from None

        retrying = Retrying(
            stop=stop_after_attempt(options.retries + 1),
            wait=wait_random_exponential(multiplier=options.backoff_seconds, max=LONGEST_WAIT_SECONDS),
            retry=retry_if_exception_type(_PassingError),
            reraise=True,
        )
        try:
            return retrying(once)
        except _PassingError as error:
            tries = f"{options.retries + 1} tries" if options.retries else "1 try"
            failure = Failure(error.failure.code, f"{error.failure.detail}, {tries}")
            raise self._error(failure, what, listing=listing) from None

    def _error(self, failure: Failure, what: str, *, listing: bool) -> TransportError:
        where = self.label if listing else f"{self.label}: {what}"
        return TransportError(failure.code, f"{where}: {failure.detail}")

    def _local_disk(self, error: BaseException) -> TransportError:
        cause = error.__cause__ or error
        reason = os.strerror(cause.errno) if isinstance(cause, OSError) and cause.errno else "unknown"
        return TransportError(Code.LOCAL_DISK, f"{self.label}: the copy could not be written here ({reason})")

    def close(self) -> None:
        """Let go of connections; the next call makes new ones."""
        fs, self._fs = self._fs, None
        if fs is not None:
            self._place.close(fs)

    def __enter__(self) -> Self:
        """Use with `with`, so that connections end with the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()


class _PartFile:
    """The unfinished copy: readable by us alone, never through a link that someone put in its place."""

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            self._fd = os.open(path, flags, 0o600)
        except OSError as error:
            raise _LocalDiskError from error

    def write(self, chunk: bytes) -> None:
        """Write all of it."""
        view = memoryview(chunk)
        try:
            while view:
                view = view[os.write(self._fd, view) :]
        except OSError as error:
            raise _LocalDiskError from error

    def sync(self) -> None:
        """Make it outlive a power cut."""
        try:
            os.fsync(self._fd)
        except OSError as error:
            raise _LocalDiskError from error

    def close(self) -> None:
        """Close."""
        os.close(self._fd)


def sync_directory(path: Path) -> None:
    """Make the move itself outlive a power cut."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _is_leftover(name: str) -> bool:
    return _matches(name.lower(), LEFTOVERS)


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def is_plain_name(name: str) -> bool:
    """One path segment without control characters, halves of characters, or direction changes (T16, T27)."""
    if not name or name in (".", "..") or "/" in name or "\\" in name:
        return False
    return not any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in name)

"""A disk that fails once: the N-th call that writes below a folder raises, all others do what they always do."""

from __future__ import annotations

import builtins
import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Calls of `os` with the position of the path (or descriptor) that they write to.
_CALLS = {
    "open": 0,
    "write": 0,
    "fsync": 0,
    "replace": 1,
    "rename": 1,
    "link": 1,
    "symlink": 1,
    "mkdir": 0,
    "chmod": 0,
}


@dataclass
class Disk:
    """How many writing calls there were, and which one failed."""

    folder: Path
    fail_at: int
    number: int
    calls: int = 0
    failed: str | None = None

    def call(self, name: str, target: object) -> None:
        """Count a call, and fail it where it is its turn."""
        if not self._is_ours(target):
            return
        self.calls += 1
        if self.calls == self.fail_at:
            self.failed = name
            raise OSError(self.number, os.strerror(self.number))

    def _is_ours(self, target: object) -> bool:
        if isinstance(target, int):
            try:
                target = Path(f"/proc/self/fd/{target}").readlink()
            except OSError:
                return False
        if not isinstance(target, str | os.PathLike):
            return False
        return str(Path(target).absolute()).startswith(str(self.folder))


class _Written:
    """A file that was opened for writing: each write counts."""

    def __init__(self, file: Any, disk: Disk) -> None:
        self.__dict__.update(file=file, disk=disk)

    def write(self, data: Any) -> Any:
        """Write, or fail."""
        self.disk.call("file.write", self.file.fileno())
        return self.file.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def __enter__(self) -> _Written:
        self.file.__enter__()
        return self

    def __exit__(self, *of: Any) -> Any:
        return self.file.__exit__(*of)

    def __iter__(self) -> Any:
        return iter(self.file)


@contextmanager
def failing_disk(folder: Path, fail_at: int, number: int = errno.EIO) -> Iterator[Disk]:
    """Let the ``fail_at``-th writing call below ``folder`` raise OSError(``number``)."""
    disk = Disk(folder.absolute(), fail_at, number)
    originals = {name: getattr(os, name) for name in _CALLS}
    opened = io.open

    def patched(name: str, position: int) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            flags = arguments[1] if name == "open" and len(arguments) > 1 else os.O_WRONLY
            if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                disk.call(f"os.{name}", arguments[position])
            return originals[name](*arguments, **options)

        return call

    def open_file(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if not set(mode) & set("wax+"):
            return opened(file, mode, *arguments, **options)
        disk.call("open", file)
        return _Written(opened(file, mode, *arguments, **options), disk)

    for name, position in _CALLS.items():
        setattr(os, name, patched(name, position))
    builtins.open = io.open = open_file  # type: ignore[assignment]
    try:
        yield disk
    finally:
        builtins.open = io.open = opened
        for name, original in originals.items():
            setattr(os, name, original)

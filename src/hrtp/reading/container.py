"""What kind of file this is, by its bytes; archives are opened here, within limits."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from hrtp.errors import FileRejected
from hrtp.reading.soundness import rejects_damage

#: Limits of an archive (fault T15); the count is of bytes as they come out, not of what the header claims.
MAX_MEMBERS = 2_000
MAX_UNPACKED = 2 * 1024**3  # it is read into memory
MAX_RATIO = 200
RATIO_FLOOR = 32 * 1024**2  # below this size no ratio is dangerous
#: Parts of a workbook that run, embed or fetch something (fault F37).
_ACTIVE_FOLDERS = ("xl/externallinks/", "xl/embeddings/", "xl/activex/", "xl/macrosheets/", "xl/dialogsheets/")
_ACTIVE_FILES = ("vbaproject.bin", "xl/connections.xml")

_EXECUTABLE = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe", b"#!")
_OLE = b"\xd0\xcf\x11\xe0"
_WORKBOOK = "xl/workbook.xml"


@dataclass(frozen=True)
class Container:
    """``kind`` is ``csv`` or ``xlsx``; ``data`` the bytes; ``name`` the member's base name inside a zip, if any."""

    kind: str
    data: bytes
    name: str | None = None


def open_container(data: bytes, name: str) -> Container:
    """Classify ``data`` and unpack a zip that holds exactly one data file.

    Raises:
        FileRejected: ZERO_BYTES, CONTENT_TYPE, NOT_CSV, ENCRYPTED, UNSUPPORTED, MACRO, ARCHIVE_SHAPE,
            ARCHIVE_LIMIT, PATH_TRAVERSAL, TRUNCATED.
    """
    suffix = PurePosixPath(name.lower()).suffix
    if not data:
        raise FileRejected("ZERO_BYTES", "the file is empty; export it again")
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip(data, suffix)
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise FileRejected("ENCRYPTED", "the workbook has a password; send it without one over the agreed channel")
        raise FileRejected("UNSUPPORTED", "this is a legacy Office file; save it as .xlsx or CSV")
    if any(data.startswith(magic) for magic in _EXECUTABLE):
        raise FileRejected("CONTENT_TYPE", "the content is a program, not an export")
    if suffix in {".xlsx", ".zip", ".xlsm"}:
        raise FileRejected("CONTENT_TYPE", f"the name ends in {suffix} but the content is not such a file")
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:1] in (b"<", b"{", b"[") or head.startswith(b"%PDF") or data.startswith((b"\x1f\x8b", b"7z\xbc\xaf")):
        raise FileRejected("NOT_CSV", "the content is a web page, JSON, PDF or archive, not a CSV export")
    return Container("csv", data)


def _zip(data: bytes, suffix: str) -> Container:
    with rejects_damage("TRUNCATED", "the archive is cut or damaged; send it again"):
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return _open_archive(archive, data, suffix)
        except (RuntimeError, NotImplementedError):
            raise FileRejected(
                "ARCHIVE_SHAPE", "the archive has a password or an unusual compression; send a plain zip"
            ) from None


def _open_archive(archive: zipfile.ZipFile, data: bytes, suffix: str) -> Container:
    members = archive.infolist()
    names = archive.namelist()
    if len(members) > MAX_MEMBERS:
        raise FileRejected("ARCHIVE_LIMIT", f"the archive has more than {MAX_MEMBERS} members")
    # the library cuts a name at its first NUL: what the archive really says is orig_filename
    if any(_escapes(info.orig_filename) for info in members):
        raise FileRejected("PATH_TRAVERSAL", "the archive holds a member whose name leaves its folder")
    if _WORKBOOK in names:
        return _workbook(archive, data, suffix)
    if "xl/workbook.bin" in names or _is_open_document(archive):
        raise FileRejected("UNSUPPORTED", "binary workbooks and OpenDocument are not read; save it as .xlsx or CSV")
    files = [
        info
        for info in members
        if not info.is_dir()
        and not info.filename.startswith("__MACOSX/")
        and PurePosixPath(info.filename).name not in {".DS_Store", "Thumbs.db"}
    ]
    if len(files) != 1:
        raise FileRejected("ARCHIVE_SHAPE", f"the archive holds {len(files)} files; exactly one is expected")
    member = files[0]
    if member.flag_bits & 0x1:
        raise FileRejected("ARCHIVE_SHAPE", "the archive has a password; send it without one")
    inner = _member_bytes(archive, member, len(data))
    base = PurePosixPath(member.filename).name
    if inner.startswith(b"PK\x03\x04") and not _is_workbook(inner):
        raise FileRejected("ARCHIVE_SHAPE", "the archive holds another archive")
    opened = open_container(inner, base)
    return Container(opened.kind, opened.data, base)


def _workbook(archive: zipfile.ZipFile, data: bytes, suffix: str) -> Container:
    if suffix == ".csv":
        raise FileRejected("NOT_CSV", "the name says CSV but the content is a workbook; name it .xlsx")
    _unpack_all(archive)
    names = [name.lower() for name in archive.namelist()]
    is_active = any(name.startswith(_ACTIVE_FOLDERS) or name.endswith(_ACTIVE_FILES) for name in names)
    if is_active or (
        "[Content_Types].xml" in archive.namelist() and b"macroEnabled" in archive.read("[Content_Types].xml")
    ):
        raise FileRejected(
            "MACRO", "the workbook holds macros, embedded objects or links to other files; save it as plain .xlsx"
        )
    return Container("xlsx", data)


def _is_open_document(archive: zipfile.ZipFile) -> bool:
    if "mimetype" not in archive.namelist():
        return False
    with archive.open("mimetype") as stream:
        return b"opendocument" in stream.read(200)


def _is_workbook(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _WORKBOOK in archive.namelist()
    except zipfile.BadZipFile:
        return False


def _escapes(member: str) -> bool:
    parts = re.split(r"[\\/]", member)
    return "\x00" in member or ".." in parts or member.startswith(("/", "\\")) or bool(re.match(r"[A-Za-z]:", member))


def _member_bytes(archive: zipfile.ZipFile, member: zipfile.ZipInfo, packed: int) -> bytes:
    buffer = io.BytesIO()
    with archive.open(member) as stream:
        _copy_within_limits(stream.read, buffer.write, packed)
    return buffer.getvalue()


def _unpack_all(archive: zipfile.ZipFile) -> None:
    """Count what really comes out, so that a reader further on never meets a bomb."""
    packed = sum(info.compress_size for info in archive.infolist())
    total = 0
    for info in archive.infolist():
        with archive.open(info) as stream:
            total += _copy_within_limits(stream.read, None, packed, total)


def _copy_within_limits(
    read: Callable[[int], bytes], write: Callable[[bytes], object] | None, packed: int, already: int = 0
) -> int:
    total = 0
    while chunk := read(1024 * 1024):
        total += len(chunk)
        seen = already + total
        if seen > MAX_UNPACKED or (seen > RATIO_FLOOR and seen > MAX_RATIO * max(packed, 1)):
            raise FileRejected("ARCHIVE_LIMIT", "the archive unpacks to far more than its size")
        if write is not None:
            write(chunk)
    return total

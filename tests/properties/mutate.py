"""Ways to spoil a file: its bytes, its lines and cells, its encoding; a workbook's members and their XML.

Every way takes (random, bytes) and gives bytes; all chance comes from the one `Random`, so a number reproduces a file.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from random import Random

from tests.properties.corpus import Seed, zipped

Mutator = Callable[[Random, bytes], bytes]

TOKENS = [
    b'"', b'""', b"'", b",", b";", b"\t", b"|", b"\r", b"\n", b"\r\n", b"\x00", b"\x0b", b"\x0c", b"\x1a", b"\x1c",
    b"\x7f",
    b"\x85", b"\xa0", b"\xff", b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\x8b",
    b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xd9\xa3", b"\xef\xbc\x91", b"=1+1", b"@SUM(A1)", b"1e999", b"NaN", b"inf",
    b"-0", b"1E5", b"9" * 400, b"0" * 70, b"1900-01-00", b"2026-02-30", b"0000-00-00", b"99999-01-01", b"N/A",
    b"Y", b" ",
    b"total", b"Grand Total", b"*** TOTAL", b"END", b"<", b"{", b"%PDF", b"PK\x03\x04", b"MZ", b"\xd0\xcf\x11\xe0",
    b"123-45-6789", b"\xf0\x9f\x98\x80", b"e\xcc\x81" * 9, b"\\", b"\xc2\xb2", b"$1,0", b"1_000", b"0x1F", b"--",
    b"A" * 5000,
]  # fmt: skip
ENCODINGS = (
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "utf-8-sig",
    "cp1252",
    "cp037",
    "utf-7",
    "shift_jis",
    "mac_roman",
)
VALUES = [
    b"", b"0", b"-1", b"1", b"A", b"A0", b"a1", b"ZZZ1", b"XFD1048576", b"XFE1048577", b"A99999999999", b"s", b"str",
    b"b", b"e",
    b"inlineStr", b"d", b"n", b"99999999999999999999", b"1E+400", b"NaN", b"&#0;", b"&amp;", b"A1:XFD1048576",
    b"true", b"\xff",
]  # fmt: skip


def _place(random: Random, data: bytes) -> tuple[int, int]:
    start = random.randrange(len(data) + 1)
    return start, min(len(data), start + random.choice([1, 1, 2, 7, 30, 300]))


def flip_bits(random: Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice([1, 1, 2, 8])):
        if changed:
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def set_bytes(random: Random, data: bytes) -> bytes:
    start, end = _place(random, data)
    return data[:start] + random.randbytes(end - start) + data[end:]


def insert_token(random: Random, data: bytes) -> bytes:
    start, _ = _place(random, data)
    return data[:start] + random.choice(TOKENS) * random.choice([1, 1, 1, 3]) + data[start:]


def replace_by_token(random: Random, data: bytes) -> bytes:
    start, end = _place(random, data)
    return data[:start] + random.choice(TOKENS) + data[end:]


def prepend_token(random: Random, data: bytes) -> bytes:
    return random.choice(TOKENS) + data


def append_token(random: Random, data: bytes) -> bytes:
    return data + random.choice(TOKENS)


def delete_range(random: Random, data: bytes) -> bytes:
    start, end = _place(random, data)
    return data[:start] + data[end:]


def repeat_range(random: Random, data: bytes) -> bytes:
    start, end = _place(random, data)
    return data[:end] + data[start:end] * random.choice([1, 2, 50]) + data[end:]


def move_range(random: Random, data: bytes) -> bytes:
    start, end = _place(random, data)
    rest = data[:start] + data[end:]
    to = random.randrange(len(rest) + 1)
    return rest[:to] + data[start:end] + rest[to:]


def truncate(random: Random, data: bytes) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def cut_head(random: Random, data: bytes) -> bytes:
    return data[_place(random, data)[1] :]


# ---- text


def _lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True)


def move_line(random: Random, data: bytes) -> bytes:
    lines = _lines(data)
    if lines:
        lines.insert(random.randrange(len(lines)), lines.pop(random.randrange(len(lines))))
    return b"".join(lines)


def repeat_line(random: Random, data: bytes) -> bytes:
    lines = _lines(data)
    if lines:
        lines.insert(random.randrange(len(lines) + 1), random.choice(lines))
    return b"".join(lines)


def drop_line(random: Random, data: bytes) -> bytes:
    lines = _lines(data)
    if lines:
        lines.pop(random.randrange(len(lines)))
    return b"".join(lines)


def blank_lines(random: Random, data: bytes) -> bytes:
    lines = _lines(data)
    blank = random.choice([b"\r\n", b"\n", b",,,,\r\n", b" \n", b'""\n', b";;\r", b"\t\n"])
    lines.insert(random.randrange(len(lines) + 1), blank * random.choice([1, 3]))
    return b"".join(lines)


def line_ends(random: Random, data: bytes) -> bytes:
    end = random.choice([b"\n", b"\r", b"\r\n", b"\n\r", b"\r\r\n", b"\x0b", b"\xe2\x80\xa8", b"\x1e"])
    return re.sub(rb"\r\n|\r|\n", lambda match: end if random.random() < 0.9 else match[0], data)


def delimiters(random: Random, data: bytes) -> bytes:
    old, new = random.choice([b",", b";", b"\t", b"|"]), random.choice([b",", b";", b"\t", b"|", b":"])
    if random.random() < 0.5:
        return data.replace(old, new)
    lines = _lines(data)
    if lines:
        at = random.randrange(len(lines))
        lines[at] = lines[at].replace(old, new)
    return b"".join(lines)


def _cells(random: Random, data: bytes, change: Callable[[list[bytes]], None], every: bool) -> bytes:
    delimiter = max((b",", b";", b"\t", b"|"), key=data[:400].count)
    lines = _lines(data)
    chosen = range(len(lines)) if every else [random.randrange(len(lines))] if lines else []
    for at in chosen:
        body = lines[at].rstrip(b"\r\n")
        cells = body.split(delimiter)
        change(cells)
        lines[at] = delimiter.join(cells) + lines[at][len(body) :]
    return b"".join(lines)


def change_cell(random: Random, data: bytes) -> bytes:
    def change(cells: list[bytes]) -> None:
        cells[random.randrange(len(cells))] = random.choice(TOKENS)

    return _cells(random, data, change, every=False)


def quote_cells(random: Random, data: bytes) -> bytes:
    share = random.choice([0.05, 0.5, 1])

    def change(cells: list[bytes]) -> None:
        cells[:] = [b'"' + c + b'"' if random.random() < share and not c.startswith(b'"') else c for c in cells]

    return _cells(random, data, change, every=True)


def drop_column(random: Random, data: bytes) -> bytes:
    at = random.randrange(8)
    return _cells(random, data, lambda cells: cells.pop(at) and None if at < len(cells) else None, every=True)


def swap_columns(random: Random, data: bytes) -> bytes:
    one, other = random.randrange(6), random.randrange(6)

    def change(cells: list[bytes]) -> None:
        if max(one, other) < len(cells):
            cells[one], cells[other] = cells[other], cells[one]

    return _cells(random, data, change, every=random.random() < 0.7)


def repeat_column(random: Random, data: bytes) -> bytes:
    at = random.randrange(6)
    return _cells(random, data, lambda cells: cells.append(cells[at]) if at < len(cells) else None, every=True)


def change_header(random: Random, data: bytes) -> bytes:
    lines = _lines(data)
    head = _cells(random, lines[0], lambda cells: None, every=True) if lines else b""
    ways: list[Callable[[bytes], bytes]] = [
        bytes.upper, lambda h: h.replace(b"_", b" "), lambda h: b" " + h, lambda h: h.replace(b"_", b"\xc2\xa0"),
        lambda h: h.replace(b"e", b"\xe2\x80\x8be", 2), lambda h: re.sub(rb"\w+", b"x", h, count=1), lambda h: b"",
        lambda h: b"Report of today\r\n" + h, lambda h: h + h,
    ]  # fmt: skip
    return random.choice(ways)(head) + b"".join(lines[1:])


def transcode(random: Random, data: bytes) -> bytes:
    for known in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(known).encode(random.choice(ENCODINGS), errors="replace")
        except (UnicodeDecodeError, LookupError):
            continue
    return data


BYTES: Sequence[Mutator] = (
    flip_bits, set_bytes, insert_token, insert_token, replace_by_token, prepend_token, append_token, delete_range,
    repeat_range, move_range, truncate, cut_head,
)  # fmt: skip
TEXT: Sequence[Mutator] = (
    move_line, repeat_line, drop_line, blank_lines, line_ends, delimiters, change_cell, change_cell, quote_cells,
    drop_column, swap_columns, repeat_column, change_header, transcode,
)  # fmt: skip


# ---- XML of a workbook


def change_attribute(random: Random, data: bytes) -> bytes:
    found = list(re.finditer(rb'="([^"<>]*)"', data))
    if not found:
        return data
    match = random.choice(found)
    return data[: match.start(1)] + random.choice(VALUES) + data[match.end(1) :]


def swap_attributes(random: Random, data: bytes) -> bytes:
    found = list(re.finditer(rb'="([^"<>]*)"', data))
    if len(found) < 2:
        return data
    first, second = sorted(random.sample(found, 2), key=lambda match: match.start())
    return data[: first.start(1)] + second[1] + data[first.end(1) : second.start(1)] + first[1] + data[second.end(1) :]


def change_text(random: Random, data: bytes) -> bytes:
    found = list(re.finditer(rb">([^<>]+)<", data))
    if not found:
        return data
    match = random.choice(found)
    return data[: match.start(1)] + random.choice([*VALUES, *TOKENS[20:]]) + data[match.end(1) :]


def drop_tag(random: Random, data: bytes) -> bytes:
    found = list(re.finditer(rb"<[^<>]+>", data))
    if not found:
        return data
    match = random.choice(found)
    return data[: match.start()] + data[match.end() :]


def repeat_element(random: Random, data: bytes) -> bytes:
    found = list(re.finditer(rb"<(c|row)\b[^>]*>.*?</\1>|<sheet [^>]*>|<dimension[^>]*>", data, re.DOTALL))
    if not found:
        return data
    match = random.choice(found)
    return data[: match.end()] + match[0] * random.choice([1, 3]) + data[match.end() :]


def drop_element(random: Random, data: bytes) -> bytes:
    found = list(re.finditer(rb"<(c|row|v|is|t)\b[^>]*>.*?</\1>|<[a-zA-Z]+ [^<>]*/>", data, re.DOTALL))
    if not found:
        return data
    match = random.choice(found)
    return data[: match.start()] + data[match.end() :]


def declare_entity(random: Random, data: bytes) -> bytes:
    layers = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, random.choice([2, 9])))
    head = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "ha">{layers}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    return head.encode() + re.sub(rb"<\?xml[^>]*\?>", b"", data).replace(b"</t>", b"&e1;&f;</t>", 3)


def add_element(random: Random, data: bytes) -> bytes:
    extra = random.choice([
        b'<mergeCells><mergeCell ref="A1:B1"/></mergeCells>', b'<mergeCells><mergeCell ref="A1:"/></mergeCells>',
        b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>', b'<c r="A1"><f>1+1</f></c>',
        b'<c r="B2" t="e"><v>#N/A</v></c>',
        b'<row r="2" hidden="1"></row>', b'<c r="C3" t="s"><v>-5</v></c>', b'<c r="C3" s="999"><v>1</v></c>',
        b'<c r="D4" t="d"><v>garbage</v></c>', b'<c r="D5" s="1"><v>99999999</v></c>',
        b'<c r="D5" s="1"><v>-99999999</v></c>',
    ])  # fmt: skip
    spot = random.choice([b"</sheetData>", b"<sheetData>", b"</row>", b"</worksheet>"])
    return data.replace(spot, extra + spot if spot.startswith(b"</") else spot + extra, 1)


XML: Sequence[Mutator] = (
    change_attribute, change_attribute, change_attribute, swap_attributes, change_text, change_text, drop_tag,
    repeat_element, drop_element, declare_entity, add_element, add_element, transcode,
)  # fmt: skip


# ---- the archive around it


def _members(data: bytes) -> dict[str, bytes] | None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except Exception:  # it was spoiled before
        return None


def inside(random: Random, data: bytes) -> bytes:
    """Spoil one member and close the archive again as if nothing had happened."""
    members = _members(data)
    if not members:
        return data
    weights = [6 if "sheet" in n or n.endswith((".csv", ".xlsx")) or "shared" in n else 1 for n in members]
    name = random.choices(list(members), weights)[0]
    if members[name].startswith(b"PK"):
        members[name] = inside(random, members[name])
    else:
        ways = (XML, XML, BYTES) if name.endswith((".xml", ".rels")) else (TEXT, BYTES)
        for _ in range(random.choice([1, 1, 2])):
            members[name] = random.choice(random.choice(ways))(random, members[name])
    return zipped(members, random.choice([zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED]))


def change_members(random: Random, data: bytes) -> bytes:
    """Drop, rename, swap, copy or add members."""
    members = _members(data)
    if not members:
        return data
    names = list(members)
    name, other = random.choice(names), random.choice(names)
    match random.randrange(6):
        case 0:
            members.pop(name)
        case 1:
            members[random.choice(["x.csv", "../x.csv", "services_20260930.csv", name.upper(), "a" * 300])] = (
                members.pop(name)
            )
        case 2:
            members[name], members[other] = members[other], members[name]
        case 3:
            members[f"copy of {name}"] = members[name]
        case 4:
            members[
                random.choice(["xl/vbaProject.bin", "xl/externalLinks/a.xml", "mimetype", "__MACOSX/x", "notes.txt"])
            ] = b"x"
        case _:
            members[name] = random.choice([b"", b"\x00" * 3_000_000, members[name] * 3, random.randbytes(50)])
    return zipped(members)


def wrap(random: Random, data: bytes) -> bytes:
    return zipped({random.choice(["services_20260930.csv", "construction_20260930.xlsx", "x.txt", "a/b.csv"]): data})


ARCHIVE: Sequence[Mutator] = (*[inside] * 12, change_members, change_members, change_members, wrap)


def spoil(random: Random, seed: Seed, others: Sequence[Seed]) -> tuple[bytes, list[str]]:
    """One to four ways, one after the other; gives the bytes and the names of the ways."""
    data, names = seed.data, []
    for _ in range(random.choice([1, 1, 1, 2, 2, 3, 4])):
        if random.random() < 0.03:
            other = random.choice(others).data
            data = data[: random.randrange(len(data) + 1)] + other[random.randrange(len(other)) :]
            names.append("splice")
            continue
        if seed.is_archive:
            way = random.choice(ARCHIVE if random.random() < 0.85 else BYTES)
        else:
            way = random.choice(TEXT if random.random() < 0.6 else BYTES)
        data = way(random, data)
        names.append(way.__name__)
    return data, names

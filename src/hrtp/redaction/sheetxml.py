"""Rows of a sheet and items of the shared strings, as spans of bytes between the parser's marks."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers import expat

_START_TAG = re.compile(rb"<[^>\"']*(?:\"[^\"]*\"[^>\"']*|'[^']*'[^>\"']*)*>")
_CELL_ROW = re.compile(r"\$?[A-Z]{1,3}\$?(\d+)")


_MARKUP = re.compile(r"(<[^>]*>)")
_ATTRIBUTE = re.compile(r"""(\s(?!xmlns)[\w:.-]+=)("[^"]*"|'[^']*')""")


def scrubbed(content: bytes, scrub: re.Pattern[str]) -> bytes:
    """A part without these strings, in its texts and in the values of its attributes; its marks stay."""
    try:
        text = _utf8(content).decode("utf-8")
    except UnicodeDecodeError:
        return content
    if scrub.search(text) is None:
        return content
    pieces = _MARKUP.split(text)
    for number, piece in enumerate(pieces):
        if number % 2:
            pieces[number] = _ATTRIBUTE.sub(lambda found: found[1] + scrub.sub("", found[2]), piece)
        else:
            pieces[number] = scrub.sub("", piece)
    return "".join(pieces).encode()


def scrubbed_text(content: bytes, scrub: re.Pattern[str]) -> bytes:
    """Bytes of plain text without these strings."""
    return scrub.sub("", content.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _utf8(content: bytes) -> bytes:
    """Positions are counted in UTF-8; a part in UTF-16 is written anew."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16")
        return re.sub(r"""encoding=["'][^"']*["']""", 'encoding="UTF-8"', text, count=1).encode()
    return content


def _inner_start(content: bytes, start: int) -> int:
    tag = _START_TAG.match(content, start)
    if tag is None:
        raise ValueError("a tag has no end")
    return tag.end()


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


@dataclass
class Sheet:
    """What stands inside the rows to go, and which shared strings these and the others use."""

    content: bytes
    spans: list[tuple[int, int]] = field(default_factory=list)
    data_span: tuple[int, int] = (0, 0)
    kept_strings: set[int] = field(default_factory=set)
    lost_strings: set[int] = field(default_factory=set)

    def without_rows(self, scrub: re.Pattern[str] | None) -> bytes:
        """The part with these rows empty; what filters and validations outside the rows name goes as well."""
        start, end = self.data_span
        before, after = self.content[:start], self.content[end:]
        if scrub is not None:
            after = scrubbed(after, scrub)
        return before + cut(self.content[:end], self.spans)[len(before) :] + after


def cut(content: bytes, spans: list[tuple[int, int]]) -> bytes:
    """``content`` without the spans."""
    parts: list[bytes] = []
    last = 0
    for start, end in sorted(spans):
        parts.append(content[last:start])
        last = end
    return b"".join([*parts, content[last:]])


class _SheetParser:
    def __init__(self, content: bytes, rows: set[int]) -> None:
        self.sheet = Sheet(content)
        self._rows = rows
        self._row = 0
        self._row_start = -1
        self._is_shared = False
        self._text: list[str] | None = None
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters

    def parse(self) -> Sheet:
        self._parser.Parse(self.sheet.content, True)
        return self.sheet

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        here = self._parser.CurrentByteIndex
        if name == "sheetData":
            self.sheet.data_span = (here, here)
        elif name == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._row_start = here
        elif name == "c":
            self._is_shared = attributes.get("t") == "s"
        elif name == "v" and self._is_shared:
            self._text = []

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, tag: str) -> None:
        name = _local(tag)
        here = self._parser.CurrentByteIndex
        if name == "v" and self._text is not None:
            used = self.sheet.lost_strings if self._row in self._rows else self.sheet.kept_strings
            written = "".join(self._text).strip()
            if written.isdecimal():
                used.add(int(written))
            self._text = None
        elif name == "row" and self._row in self._rows and self.sheet.content[here : here + 2] == b"</":
            self.sheet.spans.append((_inner_start(self.sheet.content, self._row_start), here))
        elif name == "sheetData":
            self.sheet.data_span = (self.sheet.data_span[0], here)


def parse_sheet(content: bytes, rows: set[int]) -> Sheet:
    """Look at one sheet of which ``rows`` are to go."""
    return _SheetParser(_utf8(content), rows).parse()


@dataclass
class SharedItems:
    """The shared strings: where the inside of each item stands, and its text."""

    content: bytes
    spans: list[tuple[int, int]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def without(self, items: set[int]) -> bytes:
        """The part with these items empty; all keep their place, because cells name them by it."""
        return cut(self.content, [self.spans[i] for i in items if i < len(self.spans) and self.spans[i][1] > 0])


def shared_items(content: bytes) -> SharedItems:
    """Look at the shared strings."""
    found = SharedItems(_utf8(content))
    parts: list[str] = []
    begun = [0]

    def on_start(name: str, _: dict[str, str], here: int) -> None:
        if name == "si":
            begun[0] = here
            parts.clear()

    def on_end(name: str, here: int) -> None:
        if name == "si":
            has_inside = found.content[here : here + 2] == b"</"
            found.spans.append((_inner_start(found.content, begun[0]), here) if has_inside else (0, 0))
            found.texts.append("".join(parts))

    _walk(found.content, on_start, on_end, parts.append)
    return found


def blank_elements(content: bytes, outer: set[str], inner: set[str], rows: set[int]) -> bytes:
    """Empty every ``inner`` element of those ``outer`` ones whose ``ref`` lies in ``rows``."""
    content = _utf8(content)
    spans: list[tuple[int, int]] = []
    state = {"theirs": 0, "start": -1}

    def on_start(name: str, attributes: dict[str, str], here: int) -> None:
        if name in outer:
            cell = _CELL_ROW.match(attributes.get("ref", ""))
            state["theirs"] = int(cell is not None and int(cell[1]) in rows)
        elif name in inner and state["theirs"]:
            state["start"] = here

    def on_end(name: str, here: int) -> None:
        if name in inner and state["start"] >= 0:
            if content[here : here + 2] == b"</":
                spans.append((_inner_start(content, state["start"]), here))
            state["start"] = -1
        elif name in outer:
            state["theirs"] = 0

    _walk(content, on_start, on_end, lambda _: None)
    return cut(content, spans)


def _walk(
    content: bytes,
    on_start: Callable[[str, dict[str, str], int], None],
    on_end: Callable[[str, int], None],
    on_text: Callable[[str], object],
) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda tag, attributes: on_start(_local(tag), attributes, parser.CurrentByteIndex)
    parser.EndElementHandler = lambda tag: on_end(_local(tag), parser.CurrentByteIndex)
    parser.CharacterDataHandler = on_text
    parser.Parse(content, True)

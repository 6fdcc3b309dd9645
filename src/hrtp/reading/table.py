"""What a reader hands on: rows with certain borders, every cell as it was written."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field

from hrtp.contracts import EntityContract
from hrtp.sources import SourceConfig

#: (code, column) -> how often.
Warnings = Counter[tuple[str, str]]

_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")
_SEPARATORS = re.compile(r"[\s_\-]+")


@dataclass(frozen=True)
class Form:
    """One way in which a source may write an entity: the canonical one, or its own declared one."""

    name: str
    encoding: str
    delimiter: str
    skip_rows: int
    trailer_marker: str | None
    trailer_count_column: int | None
    aliases: dict[str, tuple[str, ...]]
    values: dict[str, dict[str, str]]
    date_formats: tuple[str, ...] | None
    null_values: frozenset[str]


@dataclass
class RawTable:
    """Rows of one file or sheet. ``rows[i]`` has one cell a header; ``numbers[i]`` is its row number."""

    form: Form
    header: list[str]
    rows: list[list[object]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    issues: dict[int, str] = field(default_factory=dict)
    rows_in: int = 0
    rows_blank: int = 0
    warnings: Warnings = field(default_factory=Counter)
    is_1904: bool = False


def forms_of(source: SourceConfig, contract: EntityContract) -> list[Form]:
    """The forms that ``source`` may deliver ``contract`` in, canonical first."""
    canonical = Form("canonical", "utf-8", ",", 0, None, None, {}, {}, None, frozenset())
    mapping, wire = source.mapping(contract.entity), source.format
    declared = Form(
        "declared",
        wire.encoding,
        wire.delimiter,
        wire.skip_rows,
        wire.trailer.marker if wire.trailer else None,
        wire.trailer.count_column if wire.trailer else None,
        {name: tuple(aliases) for name, aliases in mapping.columns.items()},
        mapping.values,
        source.dates_of(contract.entity) or None,
        frozenset(fold(value) for value in source.null_values),
    )
    return [canonical, declared]


def fold(text: str) -> str:
    """Text for comparing labels: NFKC, no invisible characters, single spaces, case folded."""
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).split()).casefold()


def header_key(text: str) -> str:
    """Text for comparing headers: as ``fold``; spaces, hyphens and underscores are one."""
    return _SEPARATORS.sub("_", fold(text)).strip("_")


def visible(text: str) -> str:
    """``text`` without zero-width characters."""
    return _INVISIBLE.sub("", text)


@dataclass(frozen=True)
class HeaderMatch:
    """Which column of a file is which of the contract; positions are 0-based."""

    form: Form
    positions: dict[str, int]
    duplicates: tuple[str, ...]
    unknown: tuple[int, ...]
    missing: tuple[str, ...]


def match_header(header: list[str], form: Form, contract: EntityContract) -> HeaderMatch:
    """Match by name; the order of columns never matters.

    A declared form's alias wins over the canonical name. Two headers for one column are ``duplicates``.
    """
    wanted: dict[str, str] = {}
    for name, column in contract.columns.items():
        for spelling in (name, *column.header_names):
            wanted.setdefault(header_key(spelling), name)
    for name, aliases in form.aliases.items():
        for alias in aliases:
            wanted[header_key(alias)] = name
    positions: dict[str, int] = {}
    duplicates: list[str] = []
    unknown: list[int] = []
    seen: set[str] = set()
    for position, text in enumerate(header):
        key = header_key(text)
        column_name = wanted.get(key)
        if key and key in seen:
            duplicates.append(column_name or f"column {position + 1}")
        elif column_name is None:
            unknown.append(position)
        elif column_name in positions:
            duplicates.append(column_name)
        else:
            positions[column_name] = position
        seen.add(key)
    missing = tuple(n for n, c in contract.columns.items() if c.required and n not in positions)
    return HeaderMatch(form, positions, tuple(duplicates), tuple(unknown), missing)


def nearest_columns(header: list[str], match: HeaderMatch, contract: EntityContract) -> dict[str, int]:
    """Missing column to the 1-based place of the unknown heading that comes nearest, where one comes near at all.

    The heading itself is not told: where a file has no header, a person stands there.
    """
    from rapidfuzz import fuzz, process

    # a sheet's header ends at its last name, though cells stand further right
    unknown = {at: header_key(header[at]) for at in match.unknown if at < len(header) and header_key(header[at])}
    nearest: dict[str, int] = {}
    for name in match.missing:
        spellings = [
            header_key(s) for s in (name, *contract.columns[name].header_names, *match.form.aliases.get(name, ()))
        ]
        found = [process.extractOne(s, unknown, scorer=fuzz.WRatio, score_cutoff=60) for s in spellings]
        best = max((one for one in found if one is not None), key=lambda one: one[1], default=None)
        if best is not None:
            nearest[name] = best[2] + 1
    return nearest


def choose_form(candidates: list[tuple[Form, list[str]]], contract: EntityContract) -> HeaderMatch:
    """The form whose header fits: canonical when complete, else declared when complete, else the nearest.

    A declared form that adds nothing by name to a canonical header is still the declared one, because its
    dates and labels are in force there.
    """
    matches = [match_header(header, form, contract) for form, header in candidates]
    own = [m for m in matches if m.form.name == "declared"]
    if own and not own[0].missing and not _differs(own[0].form):
        return own[0]
    return min(matches, key=lambda m: (len(m.missing), -len(m.positions), m.form.name != "canonical"))


def _differs(form: Form) -> bool:
    return bool(form.aliases) or form.delimiter != "," or form.skip_rows > 0 or form.encoding == "utf-16"

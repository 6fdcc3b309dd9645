"""A published list as it was downloaded -> rows that can be trusted, or one clear reason why not.

Lists are public and hold no person, so an error may name columns and row numbers; it still never quotes a cell, which
may be anything where the wrong file was dropped in. How to download them: docs/how-to/priority-areas.md.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hrtp.errors import HrtpError

#: A list of every tract of the country is some 10 MB.
MAX_BYTES = 256 * 1024**2
#: How the Census Bureau's own tables begin the GEOID of a tract.
_GEOID_PREFIX = "1400000US"
_TIERS = frozenset({"lowest", "low", "moderate", "high", "highest"})
_FLAGS = {"y": "Y", "yes": "Y", "true": "Y", "1": "Y", "n": "N", "no": "N", "false": "N", "0": "N"}
_BLANK = frozenset({"", "na", "n/a", "null", "none", "no data", "no data available"})

Row = tuple[str | None, ...]


class ListRefused(HrtpError):
    """A list that was dropped in cannot be used; the last good one, or the sample, stays."""

    code = "LIST_REFUSED"


class About(BaseModel):
    """The few words beside a list, ``<list>.yml``: who published it, and of when it is.

    ``columns`` says how the list's header names ours, where it is none of the names that are known.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    publisher: str = Field(min_length=1, max_length=200)
    vintage: str = Field(min_length=1, max_length=40)
    columns: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class ListKind:
    """A kind of list: its columns as the warehouse has them, the header names under which each is known, its reader."""

    name: str
    columns: tuple[str, ...]
    headers: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]
    one_of: tuple[str, ...]
    rows: Callable[[Iterator[tuple[int, dict[str, str]]]], list[Row]]


@dataclass(frozen=True)
class Published:
    """A list that passed: ``rows`` sorted, each as its kind's ``columns``; ``file_sha256`` is that of the bytes."""

    kind: ListKind
    file_name: str
    file_sha256: str
    publisher: str
    vintage: str
    rows: tuple[Row, ...]


def read_list(path: Path, kind: ListKind) -> Published:
    """Read and judge a list as a whole.

    Raises:
        ListRefused: with a reason code of its own, and what to do.
    """
    about = _about(path.with_suffix(".yml"))
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ListRefused(f"{path.name} is larger than {MAX_BYTES // 1024**2} MB", code="LIST_TOO_LARGE")
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ListRefused(f"{path.name} is no UTF-8 text; save it as CSV UTF-8", code="LIST_NOT_TEXT") from None
    except OSError as error:
        raise ListRefused(f"{path.name} cannot be read: {error.strerror}", code="LIST_UNREADABLE") from None
    rows = kind.rows(_records(path.name, text, kind, about.columns))
    if not rows:
        raise ListRefused(f"{path.name} has a header and no row that can be used", code="LIST_EMPTY")
    ordered = tuple(sorted(set(rows), key=lambda row: tuple(cell or "" for cell in row)))
    return Published(kind, path.name, hashlib.sha256(content).hexdigest(), about.publisher, about.vintage, ordered)


def _about(path: Path) -> About:
    says = f"write {path.name} beside it with two lines, `publisher: ...` and `vintage: ...`"
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ListRefused(f"nobody says whose list it is and of when; {says}", code="LIST_WITHOUT_VINTAGE") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise ListRefused(f"{path.name} is no readable YAML; {says}", code="LIST_WITHOUT_VINTAGE") from None
    if isinstance(document, dict) and isinstance(document.get("vintage"), int):
        document["vintage"] = str(document["vintage"])  # a year is written without quotes
    try:
        return About.model_validate(document)
    except ValidationError as error:
        wrong = ", ".join(sorted({".".join(map(str, item["loc"])) or "the whole" for item in error.errors()}))
        raise ListRefused(f"{path.name}: {wrong} is wrong or missing; {says}", code="LIST_WITHOUT_VINTAGE") from None


def _records(name: str, text: str, kind: ListKind, mapped: Mapping[str, str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each record with its row number (the header is 1), its cells trimmed and under our names."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        positions = _positions(name, header, kind, mapped)
        for number, cells in enumerate(reader, start=2):
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise ListRefused(
                    f"{name}, row {number}: {len(cells)} cells under {len(header)} headings", code="LIST_RAGGED"
                )
            yield number, {column: cells[position].strip() for column, position in positions.items()}
    except csv.Error:
        raise ListRefused(
            f"{name}, line {reader.line_num}: no sound CSV; save it as CSV again", code="LIST_NOT_CSV"
        ) from None


def _positions(name: str, header: Sequence[str], kind: ListKind, mapped: Mapping[str, str]) -> dict[str, int]:
    unknown = sorted(set(mapped) - set(kind.columns) - set(kind.headers))
    if unknown:
        raise ListRefused(
            f"columns in the YAML names {', '.join(unknown)}; there are: {', '.join(kind.headers)}",
            code="LIST_COLUMN_UNKNOWN",
        )
    places: dict[str, list[int]] = {}
    for position, heading in enumerate(header):
        places.setdefault(_folded(heading), []).append(position)
    found: dict[str, int] = {}
    for column, names in kind.headers.items():
        known = [mapped[column]] if column in mapped else [column, *names]
        at = [position for heading in dict.fromkeys(map(_folded, known)) for position in places.get(heading, [])]
        if len(at) > 1:
            raise ListRefused(
                f"{name} has {len(at)} columns that may be {column}; say which in the YAML, "
                f"`columns: {{{column}: THE HEADING}}`",
                code="LIST_COLUMN_AMBIGUOUS",
            )
        if at:
            found[column] = at[0]
    missing = [column for column in kind.required if column not in found]
    if not missing and kind.one_of and not any(column in found for column in kind.one_of):
        missing = [" or ".join(kind.one_of)]
    if missing:
        raise ListRefused(
            f"{name} has no column for {', '.join(missing)}; if it has one under another heading, say so in the YAML: "
            f"`columns: {{{missing[0].split(' ')[0]}: THE HEADING}}`",
            code="LIST_COLUMN_MISSING",
        )
    return found


def _folded(heading: str) -> str:
    return re.sub(r"[^a-z0-9]", "", heading.casefold())


def _tract(text: str, row: int) -> str:
    """An 11-digit GEOID. A spreadsheet eats the leading 0 of a state before 10; the Census Bureau may put a prefix."""
    digits = text.removesuffix(".0")
    if digits[:9].upper() == _GEOID_PREFIX:
        digits = digits[9:]
    if digits.isascii() and digits.isdigit() and len(digits) in {10, 11}:
        return digits.zfill(11)
    raise ListRefused(
        f"row {row}: no 11-digit census tract GEOID. A tract number alone does not say in which county it lies; "
        "a spreadsheet may have written it as 6.04E+09: format the column as text and save again",
        code="LIST_TRACT",
    )


def _tract_rows(records: Iterator[tuple[int, dict[str, str]]]) -> list[Row]:
    seen: dict[str, Row] = {}
    for number, record in records:
        tract = _tract(record["tract_geoid"], number)
        tier = record.get("cvri_tier", "").casefold()
        flag = record.get("concentrated_disadvantage", "").casefold()
        if tier not in _TIERS | _BLANK:
            raise ListRefused(
                f"row {number}: a tier other than {', '.join(sorted(_TIERS))} or blank", code="LIST_TIER_UNKNOWN"
            )
        if flag not in _FLAGS.keys() | _BLANK:
            raise ListRefused(f"row {number}: concentrated disadvantage is neither Y nor N", code="LIST_FLAG_UNKNOWN")
        row = (tract, None if tier in _BLANK else tier, None if flag in _BLANK else _FLAGS[flag])
        if seen.setdefault(tract, row) != row:
            raise ListRefused(
                f"row {number}: the tract stands twice and differs; keep one vintage", code="LIST_TRACT_TWICE"
            )
    return list(seen.values())


def _zip_rows(records: Iterator[tuple[int, dict[str, str]]]) -> list[Row]:
    """Pairs in which somebody lives: a tract with only shops of a ZIP is nobody's home."""
    rows: list[Row] = []
    for number, record in records:
        digits = record["zip_code"].removesuffix(".0").split("-")[0]
        if not digits.isascii() or not digits.isdigit() or not 3 <= len(digits) <= 5:
            raise ListRefused(f"row {number}: no five-digit ZIP code", code="LIST_ZIP")
        ratio = record.get("res_ratio", "")
        try:
            is_home = ratio == "" or Decimal(ratio) > 0
        except InvalidOperation:
            raise ListRefused(f"row {number}: RES_RATIO is no number", code="LIST_RATIO") from None
        if is_home:
            rows.append((digits.zfill(5), _tract(record["tract_geoid"], number)))
    return rows


LISTS: dict[str, ListKind] = {
    kind.name: kind
    for kind in (
        ListKind(
            "tract_priority",
            ("tract_geoid", "cvri_tier", "concentrated_disadvantage"),
            {
                "tract_geoid": ("geoid", "geoid10", "geoid20", "tract", "census tract", "fips", "ct10fip", "ct20fip"),
                "cvri_tier": ("tier", "cvri", "index tier", "vulnerability tier", "cvri category"),
                "concentrated_disadvantage": ("area of concentrated disadvantage", "is concentrated disadvantage"),
            },
            ("tract_geoid",),
            ("cvri_tier", "concentrated_disadvantage"),
            _tract_rows,
        ),
        ListKind(
            "zip_tract",
            ("zip_code", "tract_geoid"),
            {
                "zip_code": ("zip", "zcta"),
                "tract_geoid": ("tract", "geoid", "census tract"),
                "res_ratio": ("residential ratio",),
            },
            ("zip_code", "tract_geoid"),
            (),
            _zip_rows,
        ),
    )
}

"""A canonical row in a partner's own words: headers, labels, dates and blanks as its source file declares them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Literal

from hrtp.contracts import Column, EntityContract
from hrtp.samples.rows import Damage, Row, Values
from hrtp.sources import SourceConfig

WrittenForm = Literal["declared", "canonical"]
Cell = str | date | float | None

#: Optional columns that a partner's system does not have.
_OMITTED = {
    (ajcc, "participants"): frozenset(
        {"census_tract", "systems_involved", "systems_impacted", "homeless", "foster_youth"}
    )
    for ajcc in ("ajcc_la_county", "ajcc_south_bay")
}
#: Columns that the contract does not name, with what stands in them: must never be stored.
UNNAMED_COLUMNS = {
    ("ajcc_south_bay", "participants"): ("Full SSN", "987-65-4329"),
    ("ajcc_la_county", "pirl"): ("PIRL 1703", "9120.00"),
    ("healthcare", "participants"): ("Case Notes", "call her sister at (213) 555-0199"),
}
#: Which of the contract's spellings of a PIRL element a job center uses; the first elsewhere.
_ELEMENT_SPELLING = {"ajcc_la_county": 1}
#: Sources whose columns stand in another order than the contract's.
_REORDERED = frozenset({"technology"})
#: Sources that write money with a dollar sign and thousands commas.
_DOLLARS = frozenset({"technology"})
#: Workbooks in which days are dates and amounts are numbers; in the others every cell is text.
_TYPED_CELLS = frozenset({"healthcare"})

_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Renderer:
    """Turns rows of one entity into cells, in the order of ``header``."""

    def __init__(self, source: SourceConfig, contract: EntityContract, form: WrittenForm) -> None:
        self._own = form == "declared"
        self._source = source
        mapping = source.mapping(contract.entity)
        omitted = _OMITTED.get((source.source, contract.entity), frozenset())
        columns = [column for name, column in contract.columns.items() if name not in omitted]
        if self._own and source.source in _REORDERED:
            columns.sort(key=lambda column: column.name)
        self._nulls = ("", *source.null_values) if self._own else ("",)
        self._typed = self._own and source.source in _TYPED_CELLS
        formats = source.dates_of(contract.entity) if self._own else ()
        self._labels: dict[str, dict[str, str]] = {}
        for name, labels in mapping.values.items() if self._own else ():
            for label, code in labels.items():
                self._labels.setdefault(name, {}).setdefault(code, label)
        self._columns = [(column, self._writer(column, formats)) for column in columns]
        self.header = [self._heading(column, mapping.columns) for column in columns]
        self._unnamed = UNNAMED_COLUMNS.get((source.source, contract.entity)) if self._own else None
        if self._unnamed is not None:
            self.header.append(self._unnamed[0])

    def cells(self, row: Row, values: Values, number: int) -> list[Cell]:
        """The cells of ``row`` as row ``number`` of its file."""
        if row.damage is Damage.HEADER:
            return list(self.header)
        if not values:
            return [""] * len(self.header)
        cells: list[Cell] = []
        for position, (column, write) in enumerate(self._columns):
            value = values.get(column.name)
            if value is None:
                blank = self._nulls[(number + position) % len(self._nulls)]
                cells.append("" if column.pii else blank)  # a name may be "N/A"; nothing is read into people's fields
            else:
                cells.append(write(value))
        if self._unnamed is not None:
            cells.append(self._unnamed[1])
        return cells[:-1] if row.damage is Damage.SHORT else cells

    def _heading(self, column: Column, aliases: dict[str, tuple[str, ...]]) -> str:
        if self._own and column.name in aliases:
            return aliases[column.name][0]
        if column.header_names:
            return column.header_names[_ELEMENT_SPELLING.get(self._source.source, 0) if self._own else 0]
        return column.name

    def _writer(self, column: Column, formats: tuple[str, ...]) -> Callable[[str], Cell]:
        labels = self._labels.get(column.name, {})
        if column.type == "date":
            if self._typed:
                return _as_date
            written = (formats or column.date_formats)[0]
            return lambda text: write_day(text, written)
        if column.type == "decimal" and self._typed:
            return _as_number
        if column.unit == "USD" and self._own and self._source.source in _DOLLARS:
            return _as_dollars
        if column.type == "code_set":
            return lambda text: "|".join(labels.get(code, code) for code in text.split("|"))
        if labels:
            return lambda text: labels.get(text, text)
        return str


def write_day(text: str, written: str) -> str:
    """``YYYY-MM-DD`` in a format of ``%Y %m %d %b``, whether there is such a day or not; other text stays as it is."""
    match = _DAY.fullmatch(text)
    if match is None:
        return text
    year, month, day = match.groups()
    return written.replace("%Y", year).replace("%m", month).replace("%d", day).replace("%b", _MONTHS[int(month)])


def _as_date(text: str) -> Cell:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _as_number(text: str) -> Cell:
    try:
        return float(text)
    except ValueError:
        return text


def _as_dollars(text: str) -> Cell:
    return f"${float(text):,.2f}"

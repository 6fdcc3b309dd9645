"""From raw, quarantine and landed headers to what there is to tell about each file. No value of a row is ever read."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property

import pyarrow.compute as pc
import pyarrow.dataset as ds

from hrtp.contracts import EntityContract, RuleFamily, load_catalogue, load_contracts
from hrtp.errors import HrtpError
from hrtp.feedback import words
from hrtp.feedback.model import FileReport, Line, LineKind, Status, TableReport
from hrtp.landing import LandedFile, Landing
from hrtp.raw import Manifest, RawZone
from hrtp.reading.headings import own_headings
from hrtp.settings import Settings
from hrtp.sources import SourceConfig

#: Said where there is other news; alone they are no reason to write to anyone.
_QUIET = frozenset({"OPTIONAL_COLUMN_MISSING"})
#: Automatic repairs that are agreed or harmless come last.
_LAST = frozenset({"NULL_TOKEN", "OPTIONAL_COLUMN_MISSING"})
_POSITION = re.compile(r"column (\d+)")

QuarantineRow = tuple[int, str, str | None, str]


class Evidence:
    """Everything that raw, quarantine and landing say about one source, read once."""

    def __init__(self, source: SourceConfig, settings: Settings) -> None:
        self.source = source
        self.contracts: Mapping[str, EntityContract] = {
            name: contract
            for name, contract in load_contracts(settings.project).items()
            if source.kind in contract.kinds
        }
        self.catalogue: Mapping[str, RuleFamily] = load_catalogue(settings.project)
        self._settings = settings
        self._zone = RawZone(settings, self.contracts)
        self._version = self._zone.version()

    @cached_property
    def files(self) -> dict[str, list[Manifest]]:
        """Manifests by file, each file's in the order in which the source lists its tables."""
        order = {entity: number for number, entity in enumerate(self.source.entities)}
        found: dict[str, list[Manifest]] = defaultdict(list)
        for manifest in self._zone.manifests(self._version):
            if manifest.source == self.source.source:
                found[manifest.file_sha256].append(manifest)
        for manifests in found.values():
            manifests.sort(key=lambda m: (order.get(m.entity, len(order)), m.entity))
        return dict(sorted(found.items(), key=lambda item: (item[1][0].data_through_date, item[1][0].source_sequence)))

    @cached_property
    def _quarantine(self) -> dict[str, list[QuarantineRow]]:
        paths = self._zone.quarantine_files(self._version)
        found: dict[str, list[QuarantineRow]] = defaultdict(list)
        if paths:
            columns = ["entity", "transaction_id", "row_number", "rule_id", "column_name", "message"]
            mine = ds.dataset(paths).to_table(columns=columns, filter=pc.field("source") == self.source.source)
            for row in mine.to_pylist():
                key = f"{row['entity']}/{row['transaction_id']}"
                found[key].append((row["row_number"], row["rule_id"], row["column_name"], row["message"]))
        return found

    def quarantined(self, manifest: Manifest) -> list[QuarantineRow]:
        """(row number, rule, column, message) of the rows that did not load, in the order of the file."""
        rows = self._quarantine.get(f"{manifest.entity}/{manifest.transaction_id}", [])
        return sorted(set(rows), key=lambda row: (row[0], row[2] or "", row[1]))

    @cached_property
    def _row_warnings(self) -> dict[tuple[str, str], list[tuple[int, str]]]:
        found: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
        for entity in self.contracts:
            paths = self._zone.files(entity, self._version)
            if not paths:
                continue
            mine = (pc.field("_source") == self.source.source) & pc.field("_warnings").is_valid()
            table = ds.dataset(paths).to_table(columns=["_file_sha256", "_row_number", "_warnings"], filter=mine)
            for row in table.to_pylist():
                for code in str(row["_warnings"]).split("|"):
                    found[entity, row["_file_sha256"]].append((row["_row_number"], code))
        return found

    def row_warnings(self, manifest: Manifest) -> list[tuple[int, str]]:
        """(row number, rule) of rows that loaded with a warning."""
        return sorted(set(self._row_warnings.get((manifest.entity, manifest.file_sha256), [])))

    def headings(self, manifests: Iterable[Manifest]) -> dict[str, dict[str, str]]:
        """Entity to column to the file's own heading, for the tables of one file that were read."""
        read = [m for m in manifests if m.state != "rejected"]
        if not read:
            return {}
        landed = self._landed.get(read[0].file_sha256)
        if landed is None:
            return {}
        try:
            data = Landing(self._settings.landing, self.source.source).read(landed)
        except (HrtpError, OSError):
            return {}  # what is wrong with the landing zone is for its own check to say; names of the contract do
        return own_headings(data, landed.file_name, tuple(m.entity for m in read), self.source, self.contracts)

    @cached_property
    def _landed(self) -> dict[str, LandedFile]:
        return {f.sha256: f for f in Landing(self._settings.landing, self.source.source).files()}

    def is_noteworthy(self, manifest: Manifest) -> bool:
        """Whether something about this table deserves a word to the partner."""
        quiet = _QUIET | {"NULL_TOKEN"} if self.source.null_values and manifest.form == "declared" else _QUIET
        codes = {key.partition(":")[0] for key in manifest.warnings}
        return bool(manifest.state != "loaded" or manifest.rows_quarantined or manifest.rows_duplicate or codes - quiet)

    def statuses(self) -> dict[tuple[str, str], tuple[Status, str | None]]:
        """(entity, sha256) to where the matter stands, and the name of the file that settled or replaced it."""
        current = [m for m in self._zone.manifests_as_of(self._version, date.max) if m.source == self.source.source]
        return {(m.entity, m.file_sha256): _status(m, current) for m in current}


def _status(manifest: Manifest, others: Iterable[Manifest]) -> tuple[Status, str | None]:
    if words.is_harmless(manifest) or not (manifest.state != "loaded" or manifest.rows_quarantined):
        return "information", None
    here = _place(manifest)
    newer = [
        m
        for m in others
        if m.entity == manifest.entity
        and m.file_sha256 != manifest.file_sha256
        and m.state == "loaded"
        and _place(m) > here
        # a delta says nothing about rows that it does not hold, but for a second one of the same day
        and (m.mode == "full" or m.data_through_date == manifest.data_through_date)
    ]
    if not newer:
        return "open", None
    last = max(newer, key=_place)
    return ("replaced" if last.rows_quarantined else "settled"), last.file_name


def _place(manifest: Manifest) -> tuple[date, int]:
    return manifest.data_through_date, manifest.source_sequence


def report_of(evidence: Evidence, manifests: list[Manifest], *, with_lines: bool = True) -> FileReport:
    """Everything to tell about one file; without its lines only what the manifests say."""
    first, source = manifests[0], evidence.source
    is_book = len(manifests) > 1
    tables = [TableReport(_label(source, evidence.contracts, m, is_book=is_book), m) for m in manifests]
    report = FileReport(
        source=source.source,
        source_name=source.name,
        file_name=first.file_name,
        file_sha256=first.file_sha256,
        data_through=first.data_through_date,
        received_at=first.received_at,
        late_after_days=source.late_after_days,
        tables=tables,
    )
    if not with_lines:
        return report
    headings = evidence.headings(manifests) if any(evidence.is_noteworthy(m) for m in manifests) else {}
    stopped: list[Line] = []
    rows: list[Line] = []
    looks: list[Line] = []
    for table in tables:
        own = headings.get(table.manifest.entity, {})
        stopped += _stopped(evidence, table)
        rows += _rows(evidence, table, own)
        looks += _looks(evidence, table, own)
    report.lines = stopped + rows + looks
    return report


def _label(source: SourceConfig, contracts: Mapping[str, EntityContract], manifest: Manifest, *, is_book: bool) -> str:
    """The sheet as the source names it, or the table's title."""
    sheet = source.mapping(manifest.entity).sheet
    return sheet if is_book and sheet else contracts[manifest.entity].title


def _stopped(evidence: Evidence, table: TableReport) -> list[Line]:
    m = table.manifest
    if m.state == "loaded":
        return []
    family = evidence.catalogue.get(m.reason or "")
    wrong, mend = words.file_words(m, family, evidence.contracts[m.entity], evidence.source)
    kind: LineKind = "look" if words.is_harmless(m) else "hold" if m.state == "held" else "file"
    return [Line(kind, m.entity, table.label, None, None, m.reason or "UNKNOWN", wrong, mend)]


def _rows(evidence: Evidence, table: TableReport, own: Mapping[str, str]) -> list[Line]:
    m = table.manifest
    columns = evidence.contracts[m.entity].columns
    lines = []
    for number, rule, name, stored in evidence.quarantined(m):
        column = columns.get(name or "")
        family = evidence.catalogue.get(rule)
        wrong, mend = words.row_words(rule, stored, family, column, m, evidence.source)
        shown = own.get(name, name) if name else None
        lines.append(Line("row", m.entity, table.label, number, shown, rule, wrong, mend))
    return lines


def _looks(evidence: Evidence, table: TableReport, own: Mapping[str, str]) -> list[Line]:
    """First the rows that loaded with a warning, then what is known by count only."""
    m = table.manifest
    counted: dict[str, dict[str, int]] = defaultdict(dict)
    for key, count in m.warnings.items():
        rule, _, column = key.partition(":")
        counted[rule][column] = count
    if m.rows_duplicate:
        counted["EXACT_DUPLICATE"][""] = m.rows_duplicate
    lines = []
    by_row = evidence.row_warnings(m)
    for number, rule in by_row:
        shown = ", ".join(own.get(c, c) for c in sorted(counted.get(rule, {})) if c) or None
        lines.append(_look(evidence, table, number, shown, rule, 1))
    rest = counted.keys() - {rule for _, rule in by_row}
    for rule in sorted(rest, key=lambda rule: (rule in _LAST, rule)):
        columns = counted[rule]
        lines.append(_look(evidence, table, None, _columns(rule, columns, own), rule, sum(columns.values())))
    return lines


def _look(evidence: Evidence, table: TableReport, row: int | None, column: str | None, rule: str, count: int) -> Line:
    m = table.manifest
    family = evidence.catalogue.get(rule)
    wrong = family.message if family else rule
    mend = family.how_to_resolve if family else "Write to us."
    if rule == "SCHEMA_DRIFT":
        noun = "a column" if count == 1 else f"{count} columns"
        wrong = f"Your file has {noun} that we did not agree on. What stands there was not stored."
        mend = "Leave it out, or tell us if it is one of the agreed columns under another name."
    elif rule == "EXACT_DUPLICATE":
        wrong = "Rows repeat an earlier row in every column; each was counted once."
        mend = "Nothing, unless rows come twice by mistake."
    elif rule == "NULL_TOKEN" and evidence.source.null_values:
        agreed = ", ".join(evidence.source.null_values)
        mend = f"Nothing where it is a word that we agreed on ({agreed}); else leave the cell blank."
    elif rule == "OPTIONAL_COLUMN_MISSING":
        wrong = "Columns that may be missing are missing; we count them as unknown."
        mend = "Nothing, unless you have the data."
    return Line("look", m.entity, table.label, row, column, rule, wrong, mend, count)


def _columns(rule: str, columns: Mapping[str, int], own: Mapping[str, str]) -> str | None:
    """The columns of one warning with how often each; of a column without an agreed name only its place."""
    shown = []
    for name, count in sorted(columns.items(), key=lambda item: (_number(item[0]), -item[1], item[0])):
        if not name:
            continue
        position = _POSITION.fullmatch(name)
        if position:
            shown.append(f"column {_letters(int(position[1]))}")
        elif rule == "OPTIONAL_COLUMN_MISSING":
            shown.append(name)
        else:
            shown.append(f"{own.get(name, name)} ({count:,})" if len(columns) > 1 else own.get(name, name))
    return ", ".join(shown) or None


def _number(name: str) -> int:
    position = _POSITION.fullmatch(name)
    return int(position[1]) if position else 0


def _letters(position: int) -> str:
    """A column's place as a spreadsheet writes it: 1 is A."""
    letters = ""
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters

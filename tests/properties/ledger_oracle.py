"""What must stand after any sequence of nights, worked out in plain Python: no SQL, no Delta, no shared code.

Partners deliver files; a night lands and judges what is new, an operator speaks about what waits. Read beside the
decisions on holds (4, 11), on the same bytes again (6), on the choice of files (7), on the order of events (10), and
fault V06: what is dated after the day that a file runs through is no event yet, however the file came to load.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

Row = Mapping[str, str]

KEYS = {"enrollments": "enrollment_id", "services": "service_id"}
EVENTS = {"enrollments": ("training_start_date", "completion_date"), "services": ("service_date",)}
MOVABLE = EVENTS
#: What the name of a file was refused or held for; another name mends it.
OF_THE_NAME = {"AMBIGUOUS", "FUTURE_FILE", "OUT_OF_ORDER", "PERIOD_MISMATCH"}
STATUSES = {"active", "completed", "withdrawn"}
SERVICE_TYPES = {"housing", "childcare", "legal", "other"}


@dataclass(frozen=True)
class Export:
    """One file as a partner writes it. ``rows`` are its data records in order; None is a blank line."""

    source: str
    entity: str
    day: date
    number: int
    mode: str
    rows: tuple[Row | None, ...]
    is_junk: bool = False


@dataclass
class Judged:
    """One landed file and what became of it."""

    export: Export
    sha256: str
    arrival: int
    state: str = "open"
    reason: str | None = None
    counts: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    loaded: dict[int, Row] = field(default_factory=dict)
    bad: set[int] = field(default_factory=set)
    again: dict[date, tuple[int, int]] = field(default_factory=dict)
    names: dict[tuple[date, int], int] = field(default_factory=dict)

    @property
    def place(self) -> tuple[date, int, int]:
        return self.export.day, self.export.number, self.arrival

    def bad_rows(self) -> Iterable[Row]:
        """What went to quarantine when the file loaded."""
        return (row for n, row in enumerate(self.export.rows, start=2) if row is not None and n in self.bad)


def is_bad(entity: str, row: Row, day: date) -> bool:
    """Unknown codes are planted, and under an earlier ``day`` an export tells of what has not happened (fault V06)."""
    known, column = (STATUSES, "status") if entity == "enrollments" else (SERVICE_TYPES, "service_type")
    return row[column] not in known or lies_ahead(entity, row, day)


def lies_ahead(entity: str, row: Row, day: date) -> bool:
    """Whether an event of the row is dated after the day that its file runs through; what is due is no event yet."""
    happened = set(EVENTS[entity])
    if entity == "enrollments":
        happened = {"training_start_date"} if row["status"] in STATUSES else set()
        happened |= {"completion_date"} if row["status"] == "completed" else set()
    return any(row[column] > day.isoformat() for column in happened)


class Books:
    """Every source's landed files, and what stands."""

    def __init__(self, as_of: date) -> None:
        self.as_of = as_of
        self.files: dict[str, list[Judged]] = {}
        self._claims: dict[str, str] = {}
        self._history: dict[tuple[str, str], list[Judged]] = {}

    def find(self, source: str, sha256: str) -> Judged | None:
        return next((f for f in self.files.get(source, ()) if f.sha256 == sha256), None)

    def night(self, source: str, folder: Mapping[str, tuple[str, Export]]) -> None:
        """Land the folder (name: sha256 and content), then judge what is new."""
        landed = self.files.setdefault(source, [])
        counted = {f.sha256 for f in landed if f.state == "loaded"}
        new: list[Judged] = []
        renamed: list[tuple[tuple[date, int, int], Export, Judged]] = []
        for name in sorted(folder):
            sha256, export = folder[name]
            number = 1 + max((n for f in landed for n in f.names.values()), default=0)
            known = self.find(source, sha256)
            if known is None:
                new.append(Judged(export, sha256, number, names={(export.day, export.number): number}))
                landed.append(new[-1])
                self._claims.setdefault(sha256, source)
            elif (export.day, export.number) not in known.names:
                known.names[export.day, export.number] = number
                known.again.setdefault(export.day, (export.number, number))
                renamed.append(((export.day, export.number, number), export, known))
        claims: dict[tuple[str, date, int], set[str]] = {}
        claiming = [(f.export, f.sha256) for f in new]
        claiming += [(export, f.sha256) for _, export, f in renamed if f.sha256 not in counted]
        for export, sha256 in claiming:
            claims.setdefault((export.entity, export.day, export.number), set()).add(sha256)

        def is_ambiguous(export: Export) -> bool:
            return len(claims.get((export.entity, export.day, export.number), ())) > 1

        for file in sorted(new, key=lambda f: f.place):
            self._judge(source, file, is_ambiguous(file.export))
        for (_, _, number), export, file in sorted(renamed, key=lambda item: item[0]):
            if file.state != "loaded" and file.reason in OF_THE_NAME:
                file.export, file.arrival = export, number
                self._judge(source, file, is_ambiguous(export))

    def decide(self, source: str, file: Judged, verdict: str) -> None:
        """An operator's word."""
        if verdict == "approve":
            self._load(source, file)
        else:
            file.state, file.reason = "rejected", "OPERATOR_REJECTED"

    def _judge(self, source: str, file: Judged, is_ambiguous: bool) -> None:
        export = file.export
        before = self._history.get((source, export.entity), [])
        refusals = {
            "NOT_CSV": export.is_junk,
            "FUTURE_FILE": export.day > self.as_of,
            "AMBIGUOUS": is_ambiguous,
            "OUT_OF_ORDER": export.mode == "full" and any(f.export.day > export.day for f in before),
            "CROSS_SOURCE_DUPLICATE": self._claims[file.sha256] != source,
        }
        reason = next((code for code, holds in refusals.items() if holds), None)
        if reason is not None:
            file.state, file.reason = "rejected", reason
            return
        hold = self._hold(source, file)
        if hold is not None:
            file.state, file.reason = "held", hold
            return
        self._load(source, file)

    def _load(self, source: str, file: Judged) -> None:
        records = {n: row for n, row in enumerate(file.export.rows, start=2) if row is not None}
        unique, duplicates = unique_rows(records)
        file.bad = {n for n, row in unique.items() if is_bad(file.export.entity, row, file.export.day)}
        file.loaded = {n: row for n, row in unique.items() if n not in file.bad}
        blank = len(file.export.rows) - len(records)
        file.counts = (len(file.export.rows), len(file.loaded), len(file.bad), duplicates, blank)
        file.state, file.reason = "loaded", None
        self._history.setdefault((source, file.export.entity), []).append(file)

    def _hold(self, source: str, file: Judged) -> str | None:
        export = file.export
        records = {n: row for n, row in enumerate(export.rows, start=2) if row is not None}
        rows = list(unique_rows(records)[0].values())
        before = [f for f in self._history.get((source, export.entity), []) if f.export.day <= export.day]
        before.sort(key=lambda f: f.place)
        bad = sum(is_bad(export.entity, row, export.day) for row in rows)
        ahead = sum(lies_ahead(export.entity, row, export.day) for row in rows)
        if ahead >= 3 and 20 * ahead > len(records):
            return "PERIOD_MISMATCH"
        if before:
            reason = self._against(export, rows, before)
            if reason is not None:
                return reason
        return "HELD_QUARANTINE_SHARE" if bad >= 3 and 20 * bad > len(records) else None

    @staticmethod
    def _against(export: Export, rows: list[Row], before: list[Judged]) -> str | None:
        key = KEYS[export.entity]
        base = max((n for n, f in enumerate(before) if f.export.mode == "full"), default=None)
        known: dict[str, tuple[Row, Judged]] = {}
        for earlier in before[base or 0 :]:
            known.update({row[key]: (row, earlier) for row in earlier.loaded.values()})
        if export.mode == "full" and base is not None:
            full = before[base]
            of_full = [row for row, written_by in known.values() if written_by is full]
            whole = whole_file(export.entity, rows, of_full, full.counts[1] + full.counts[2])
            if whole is not None:
                return whole
        pairs = [(row, known[row[key]][0]) for row in rows if row[key] in known]
        if export.entity == "enrollments":
            done = [new for new, old in pairs if old["status"] == "completed"]
            taken_back = [new for new in done if new["status"] != "completed"]
            dated = [new for new, old in pairs if old["completion_date"]]
            undone = [new for new in dated if not new["completion_date"]]
            for lost, had in ((taken_back, done), (undone, dated)):
                if len(lost) >= 3 and 20 * len(lost) > len(had):
                    return "FORBIDDEN_REVERSAL"
        moved = [new for new, old in pairs if any(days_apart(new[c], old[c]) > 30 for c in MOVABLE[export.entity])]
        return "DATES_MOVED" if len(moved) >= 3 and 20 * len(moved) > len(pairs) else None

    def current(self, source: str, entity: str, as_of: date) -> dict[str, Row]:
        """Rows by key that the figures of a day stand on."""
        files = [f for f in self.files.get(source, ()) if f.state == "loaded" and f.export.entity == entity]
        dated = sorted(((*effective(f, as_of), f) for f in files), key=lambda item: (item[0], item[1], item[2].sha256))
        in_time = [item for item in dated if item[0] <= as_of] or [i for i in dated if i[0] == dated[0][0]]
        base = max((n for n, (_, _, f) in enumerate(in_time) if f.export.mode == "full"), default=0)
        found: dict[str, Row] = {}
        for _, _, file in in_time[base:]:
            for number in sorted(file.loaded):
                found[file.loaded[number][KEYS[entity]]] = file.loaded[number]
        return found


def effective(file: Judged, as_of: date) -> tuple[date, tuple[int, int]]:
    """The day that a file runs through as seen on ``as_of``, and its place on that day."""
    days = [day for day in file.again if file.export.day < day <= as_of]
    if days and file.export.mode == "full":
        return max(days), file.again[max(days)]
    return file.export.day, (file.export.number, file.arrival)


def whole_file(entity: str, rows: list[Row], of_full: list[Row], rows_before: int) -> str | None:
    """A full export against the last one."""
    key = KEYS[entity]
    latest, latest_before = (
        max((row[c] for row in part for c in EVENTS[entity] if row[c]), default="") for part in (rows, of_full)
    )
    is_older = latest < latest_before and days_apart(latest, latest_before) > 30
    if is_older and min(len(rows), len(of_full)) >= 10:
        return "PERIOD_MISMATCH"
    if abs(len(rows) - rows_before) >= 10 and not rows_before <= 2 * len(rows) <= 6 * rows_before:
        return "HELD_VOLUME"
    gone = {row[key] for row in of_full} - {row[key] for row in rows}
    return "KEYS_VANISHED" if len(gone) >= 10 and 5 * len(gone) > len(of_full) else None


def unique_rows(records: Mapping[int, Row]) -> tuple[dict[int, Row], int]:
    """Records without exact repeats, and how many those were."""
    seen: set[tuple[str, ...]] = set()
    unique: dict[int, Row] = {}
    for number, row in records.items():
        cells = tuple(row.values())
        if cells not in seen:
            unique[number] = row
        seen.add(cells)
    return unique, len(records) - len(unique)


def days_apart(one: str, other: str) -> int:
    if not one or not other:
        return 0
    return abs((date.fromisoformat(one) - date.fromisoformat(other)).days)


def loaded_files(books: Books) -> Iterable[Judged]:
    return (file for files in books.files.values() for file in files if file.state == "loaded")

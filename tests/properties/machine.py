"""Partners who deliver, correct, delete, move, repeat, come late and err, machines that die, operators who decide.

After every night what stands in raw, in the manifests and in the current rows must be what the plain-Python books say.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.properties.forked import Home, Killed, Standing
from tests.properties.ledger_oracle import OF_THE_NAME, Books, Export, Judged, lies_ahead, loaded_files
from tests.properties.partners import ALL, AS_OF, DELTA, FIRST_DAY, FULL, HEADERS, SIZE, STREAMS, first_rows, written

figures: Counter[str] = Counter()
#: A late export waits, or is forced; a file with many bad rows; one refused for its day, and renamed; two for one day.
OPENINGS = ("plain", "late", "forced", "spoiled", "misdated", "doubled")


class Partners(RuleBasedStateMachine):
    """The rules are what people and machines do; the books say what must come of it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="hrtp_machine_"))
        self.home = Home(self.folder, AS_OF)
        self.books = Books(AS_OF)
        self.today = FIRST_DAY
        self.rows = {stream: first_rows(*stream) for stream in ALL}
        self.changed: dict[str, None] = dict.fromkeys(self.rows[DELTA])
        self.inbox: dict[str, dict[str, tuple[str, Export]]] = {source: {} for source in STREAMS}
        self.standing = Standing()
        self.is_checked = True
        figures["examples"] += 1
        for source in STREAMS:
            self.home.clear(source)

    def teardown(self) -> None:
        """A sequence that went well ends with the operator's words, and some with a restore."""
        try:
            if sys.exc_info()[0] is None and self.books.files:
                for _ in range(2):
                    self._decide(0, None)
                self._check()
                if sum(len(files) for files in self.books.files.values()) % 3 == 0:
                    self.restore()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    # ---- what partners do

    def _drop(self, export: Export, *, plain_name: bool = False) -> None:
        stem = export.entity
        if export.mode == "delta" and not plain_name:
            stem += "_changes"
        number = f"_{export.number:02}" if export.number else ""
        name, data = f"{stem}_{export.day:%Y%m%d}{number}.csv", written(export)
        self.home.drop(export.source, name, data)
        self.inbox[export.source][name] = (hashlib.sha256(data).hexdigest(), export)

    def _export(self, stream: tuple[str, str], day: date, number: int = 0, **change: Any) -> Export:
        source, entity = stream
        mode = "delta" if stream == DELTA and not change.pop("whole", False) else "full"
        table = self.rows[stream]
        rows = [table[key] for key in (self.changed if mode == "delta" else table) if key in table]
        return Export(source, entity, day, number, mode, tuple(dict(row) for row in rows), **change)

    @initialize(opening=st.sampled_from(OPENINGS), stream=st.sampled_from(ALL), back=st.integers(1, 10))
    def first_night(self, opening: str, stream: tuple[str, str], back: int) -> None:
        """What befalls partners most follows the first night at once; every run plays each of these once besides."""
        for of_all in ALL:
            self._drop(self._export(of_all, self.today))
        for source in STREAMS:
            self._night(source)
        for changed in (stream, FULL[0]) if opening != "plain" else ():  # the same bytes again would say nothing new
            self.correct(stream=changed, which=1, amount=back, at_once=False)
        if opening in {"late", "forced"}:
            self.deliver_late(stream=stream, back=back, number=0)
        if opening == "forced":
            self._night(stream[0])
            self._decide(0, None)
        if opening == "spoiled":
            self.deliver_with_bad_rows(stream=FULL[back % 3], bad=5, at_once=True)
        if opening == "misdated":
            self.a_wrong_day_is_mended(stream=stream, number=0, step=None)
        if opening == "doubled":
            self.deliver_two_for_one_day(stream=FULL[0])

    @rule(days=st.integers(1, 3))
    def days_pass(self, days: int) -> None:
        self.today += timedelta(days=days)

    def _and_deliver(self, stream: tuple[str, str], at_once: bool) -> None:
        """What was changed may go out the same night, or with whatever comes next."""
        if at_once:
            self.deliver(stream=stream, number=0)
            self._night(stream[0])

    @rule(stream=st.sampled_from(ALL), number=st.sampled_from([0, 0, 0, 1, 2]))
    def deliver(self, stream: tuple[str, str], number: int) -> None:
        figures["deliver"] += 1
        export = self._export(stream, self.today, number)
        if export.rows:
            self._drop(export)
        if stream == DELTA:
            self.changed.clear()

    @rule(stream=st.sampled_from(ALL), back=st.integers(1, 10), number=st.sampled_from([0, 0, 1]))
    def deliver_late(self, stream: tuple[str, str], back: int, number: int) -> None:
        """Under a day that has passed."""
        figures["late"] += 1
        export = self._export(stream, self.today - timedelta(days=back), number)
        if export.rows:
            self._drop(export)

    @rule()
    def deliver_a_delta_source_whole(self) -> None:
        self._drop(self._export(DELTA, self.today, whole=True), plain_name=True)

    @rule(stream=st.sampled_from(ALL), blank=st.booleans(), twice=st.booleans(), at=st.integers(0, SIZE - 1))
    def deliver_with_blank_and_repeated_rows(self, stream: tuple[str, str], blank: bool, twice: bool, at: int) -> None:
        export = self._export(stream, self.today, 3)
        rows = list(export.rows)
        if rows and twice:
            rows.append(rows[at % len(rows)])
        if blank:
            rows.insert(at % (len(rows) + 1), None)
        if any(rows):
            self._drop(Export(export.source, export.entity, export.day, 3, export.mode, tuple(rows)))

    @rule(stream=st.sampled_from(ALL), bad=st.sampled_from([1, 2, 3, 5]), at_once=st.booleans())
    def deliver_with_bad_rows(self, stream: tuple[str, str], bad: int, at_once: bool) -> None:
        """One or two go to quarantine, three or more hold the file."""
        export = self._export(stream, self.today, 4)
        column = "status" if export.entity == "enrollments" else "service_type"
        good = ("active",) if export.entity == "enrollments" else ("housing", "childcare", "legal", "other")
        spoilable = [n for n, row in enumerate(export.rows) if row is not None and row[column] in good][:bad]
        rows = [{**row, column: "yacht"} if n in spoilable else row for n, row in enumerate(export.rows) if row]
        if rows:
            self._drop(Export(export.source, export.entity, export.day, 4, export.mode, tuple(rows)))
        if at_once:
            self._night(stream[0])

    @rule(stream=st.sampled_from(ALL))
    def deliver_a_login_page(self, stream: tuple[str, str]) -> None:
        self._drop(Export(*stream, self.today, 5, "full", (), is_junk=True), plain_name=True)

    @rule(stream=st.sampled_from(ALL))
    def deliver_from_the_future(self, stream: tuple[str, str]) -> None:
        export = self._export(stream, AS_OF + timedelta(days=1 + (self.today - FIRST_DAY).days))
        if export.rows:
            self._drop(export)

    @rule(stream=st.sampled_from(FULL))
    def deliver_two_for_one_day(self, stream: tuple[str, str]) -> None:
        """Both claim the day: neither can be believed."""
        self._drop(self._export(stream, self.today))
        name = f"{stream[1]}_{self.today:%Y%m%d} (1).csv"
        export = self._export(stream, self.today)
        other = Export(*stream, self.today, 0, "full", (*export.rows, None))
        self.home.drop(stream[0], name, written(other))
        self.inbox[stream[0]][name] = (hashlib.sha256(written(other)).hexdigest(), other)

    @rule(source=st.sampled_from(list(STREAMS)), which=st.integers(0, 50), number=st.sampled_from([0, 1, 7]))
    def redeliver(self, source: str, which: int, number: int) -> None:
        """The same bytes once more, under the day of today."""
        files = [f for f in self.books.files.get(source, ()) if f.state == "loaded"]
        if files:
            figures["redeliver"] += 1
            old = files[which % len(files)].export
            self._drop(Export(old.source, old.entity, max(self.today, old.day), number, old.mode, old.rows))

    @precondition(lambda self: self._misnamed())
    @rule(which=st.integers(0, 50), number=st.sampled_from([0, 2, 8]), at_once=st.booleans())
    def rename(self, which: int, number: int, at_once: bool) -> None:
        """A file was refused or held for its name; the partner sends the same bytes under another."""
        figures["rename"] += 1
        files = self._misnamed()
        old = files[which % len(files)].export
        self._drop(Export(old.source, old.entity, self.today, number, old.mode, old.rows))
        if at_once:
            self._night(old.source)

    @rule(stream=st.sampled_from(ALL), number=st.sampled_from([0, 2]), step=st.sampled_from([None, None, 1, 3, 6]))
    def a_wrong_day_is_mended(self, stream: tuple[str, str], number: int, step: int | None) -> None:
        """Refused for a day that lies ahead, renamed the next night, and perhaps the machine dies over it."""
        self.deliver_from_the_future(stream=stream)
        self._night(stream[0])
        misnamed = self._misnamed()
        if misnamed:
            self.rename(which=len(misnamed) - 1, number=number, at_once=False)
            self._night(misnamed[-1].export.source, **({} if step is None else {"die_at": step}))

    def _misnamed(self) -> list[Judged]:
        return [f for files in self.books.files.values() for f in files if f.reason in OF_THE_NAME]

    @rule(stream=st.sampled_from(ALL), which=st.integers(0, SIZE - 1), amount=st.integers(1, 99), at_once=st.booleans())
    def correct(self, stream: tuple[str, str], which: int, amount: int, at_once: bool) -> None:
        figures["correct"] += 1
        table = self.rows[stream]
        key = list(table)[which % len(table)]
        table[key] = {**table[key], "participant_id": f"Q{amount}"}
        if stream == DELTA:
            self.changed[key] = None
        self._and_deliver(stream, at_once)

    @rule(
        stream=st.sampled_from(ALL),
        which=st.integers(0, SIZE - 1),
        many=st.sampled_from([1, 1, 2, 4]),
        at_once=st.booleans(),
    )
    def move_dates(self, stream: tuple[str, str], which: int, many: int, at_once: bool) -> None:
        """From three rows on the file is held."""
        table, column = self.rows[stream], "service_date" if stream[1] == "services" else "training_start_date"
        for key in list(table)[which : which + many]:
            earlier = date.fromisoformat(table[key][column]) - timedelta(days=45)
            table[key] = {**table[key], column: str(earlier)}
            if stream == DELTA:
                self.changed[key] = None
        self._and_deliver(stream, at_once)

    @rule(
        source=st.sampled_from(["construction", "healthcare"]),
        many=st.sampled_from([1, 2, 3, 9]),
        at_once=st.booleans(),
    )
    def take_completions_back(self, source: str, many: int, at_once: bool) -> None:
        table = self.rows[source, "enrollments"]
        for key in [key for key, row in table.items() if row["status"] == "completed"][:many]:
            table[key] = {**table[key], "status": "active", "completion_date": ""}
        self._and_deliver((source, "enrollments"), at_once)

    @rule(stream=st.sampled_from(FULL), many=st.sampled_from([1, 1, 2, 11]), at_once=st.booleans())
    def delete(self, stream: tuple[str, str], many: int, at_once: bool) -> None:
        """Gone from the next full export; eleven of them hold it."""
        figures["delete"] += 1
        table = self.rows[stream]
        for key in list(table)[-many:] if len(table) > many else ():
            del table[key]
        self._and_deliver(stream, at_once)

    @rule(many=st.sampled_from([1, 2]), back=st.booleans())
    def move_sector(self, many: int, back: bool) -> None:
        """A person's enrollment goes on with the other partner."""
        figures["move sector"] += 1
        giver, taker = ("construction", "healthcare") if not back else ("healthcare", "construction")
        mine, theirs = self.rows[giver, "enrollments"], self.rows[taker, "enrollments"]
        for key in list(mine)[:many] if len(mine) > many else ():
            theirs[key] = {**mine.pop(key), "sector": taker}

    @rule(stream=st.sampled_from(ALL), many=st.sampled_from([1, 3]))
    def more_people(self, stream: tuple[str, str], many: int) -> None:
        table = self.rows[stream]
        for _ in range(many):
            key = f"{stream[0][:2]}n{self.today:%m%d}{len(table)}"
            like = first_rows(*stream)[f"{stream[0][:2]}1"]
            table[key] = {**like, HEADERS[stream[1]][0]: key, "participant_id": f"P{key}"}
            if stream == DELTA:
                self.changed[key] = None

    @rule(source=st.sampled_from(list(STREAMS)))
    def tidy_the_folder(self, source: str) -> None:
        self.home.clear(source)
        self.inbox[source].clear()

    @rule(which=st.integers(0, 50))
    def another_partners_file(self, which: int) -> None:
        """Construction's bytes in the folder of healthcare: rows of other people's people."""
        files = [f for f in self.books.files.get("construction", ()) if f.export.entity == "enrollments"]
        if files and files[which % len(files)].state == "loaded":
            old = files[which % len(files)].export
            self._drop(Export("healthcare", old.entity, self.today, 6, "full", old.rows))

    # ---- what machines and operators do

    def _night(self, source: str, **death: Any) -> None:
        if death:
            try:
                self.home.night(source, **death)
                figures["outlived"] += 1
            except Killed:
                figures["killed"] += 1
                self.home.night(source)
        else:
            self.home.night(source)
        self.books.night(source, self.inbox[source])
        figures["nights"] += 1
        self.is_checked = False

    # rules are drawn evenly: what should happen often stands here more than once
    @rule(source=st.sampled_from(list(STREAMS)))
    def night(self, source: str) -> None:
        self._night(source)

    @rule()
    def night_of_construction(self) -> None:
        self._night("construction")

    @rule()
    def night_of_all(self) -> None:
        for source in STREAMS:
            self._night(source)

    @rule(source=st.sampled_from(list(STREAMS)), step=st.integers(1, 25), soft=st.booleans())
    def night_with_a_crash(self, source: str, step: int, soft: bool) -> None:
        self._night(source, die_at=step, by_exception=soft)

    @rule(stream=st.sampled_from(ALL), step=st.integers(1, 10))
    def something_new_comes_and_the_machine_dies(self, stream: tuple[str, str], step: int) -> None:
        self.correct(stream=stream, which=step, amount=step, at_once=False)
        self.today += timedelta(days=1)
        self.deliver(stream=stream, number=0)
        self._night(stream[0], die_at=step)

    def _waiting(self) -> list[tuple[str, Judged, str]]:
        found = []
        for source, files in self.books.files.items():
            for file in files:
                if file.state == "held":
                    found += [(source, file, "approve"), (source, file, "reject")]
                elif file.reason == "OUT_OF_ORDER":
                    found.append((source, file, "approve"))
        return found

    @precondition(lambda self: self._waiting())
    @rule(which=st.integers(0, 50), step=st.sampled_from([None, None, 1, 2, 3, 4]))
    def an_operator_decides(self, which: int, step: int | None) -> None:
        self._decide(which, step)

    def _decide(self, which: int, step: int | None) -> None:
        if not (waiting := self._waiting()):
            return
        source, file, verdict = waiting[which % len(waiting)]
        figures.update((verdict, f"{verdict} {file.reason}"))
        try:
            self.home.decide(file.sha256, verdict, die_at=step)
        except Killed:
            figures["killed"] += 1
            self.home.judge_only(source)
        self.books.decide(source, file, verdict)
        self.is_checked = False

    @rule()
    def restore(self) -> None:
        """From a copy of the landing zone alone, everything comes out the same."""
        self._check()
        figures["restore"] += 1
        with tempfile.TemporaryDirectory(prefix="hrtp_restored_") as folder:
            other = self.home.restored(Path(folder)).standing(STREAMS, (self.today, AS_OF))
        assert other.files == self.standing.files
        assert (other.raw_rows, other.bad_rows) == (self.standing.raw_rows, self.standing.bad_rows)
        assert other.current == self.standing.current

    # ---- what must hold

    @invariant()
    def what_stands_is_what_the_books_say(self) -> None:
        if not self.is_checked:
            self._check()

    def _check(self) -> None:
        days = (self.today, AS_OF)
        self.standing = found = self.home.standing(STREAMS, days)
        self.is_checked = True
        expected = {
            (source, f.export.entity, f.sha256): {
                "state": f.state, "reason": f.reason, "counts": f.counts, "day": f.export.day,
            }
            for source, files in self.books.files.items()
            for f in files
        }  # fmt: skip
        actual = {key: {k: v for k, v in file.items() if k != "mode"} for key, file in found.files.items()}
        assert actual == expected
        loaded = {(f.export.source, f.export.entity, f.sha256): f for f in loaded_files(self.books)}
        assert found.raw_rows == {key: set(f.loaded) for key, f in loaded.items() if f.loaded}
        # a held file's bad rows stand under the transaction of its hold
        bad = {key: numbers for key, numbers in found.bad_rows.items() if key in loaded}
        assert bad == {key: f.bad for key, f in loaded.items() if f.bad}
        for source, entities in STREAMS.items():
            for entity in entities:
                for day in days:
                    names = HEADERS[entity]
                    rows = found.current.get((source, entity, day), {})
                    trimmed = {key: {name: row[name] for name in names} for key, row in rows.items()}
                    assert trimmed == self.books.current(source, entity, day), (source, entity, day)
        rows_ahead = [lies_ahead(f.export.entity, row, f.export.day) for f in loaded.values() for row in f.bad_rows()]
        figures.update({"checks": 1, "ahead": sum(rows_ahead)})
        figures["files"] = max(figures["files"], len(expected))
        for file in found.files.values():
            figures[f"seen {file['state']} {file['reason'] or ''}".strip()] += 1

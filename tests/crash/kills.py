"""Kill a night at an instant, run it again, and hold what is there against a night without a kill."""

from __future__ import annotations

import bisect
import os
import random
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.crash import fork, phases, reader, world
from tests.crash.child import Plan
from tests.crash.phases import Published, Raw

#: Every named step of a night, by the phase in which it is passed; each is killed at.
LANDING = ("landing.claimed", "landing.bytes_kept", "landing.sidecar_written", "ingest.pulled", "ingest.batch_closed")
JUDGING = ("raw.quarantine_committed", "raw.rows_committed", "judge.settled")
BUILDING = (
    "build.candidate_made",
    "build.raw_views_made",
    "identity.keys_written",
    "identity.keys_in_place",
    "build.identity_joined",
    "build.dbt_done",
    "build.checkpointed",
    "build.before_swap",
    "build.swapped",
    "build.candidate_removed",
    "build.data_docs_built",
)
PUBLISHING = ("publish.candidate_made", "publish.mart_copied", "publish.copied")
LINKING = (
    "publish.before_replace",
    "publish.version_in_place",
    "publish.duckdb_linked",
    "publish.parquet_linked",
    "publish.current_linked",
    "publish.old_versions_dropped",
)
NAMED: dict[str, tuple[str, ...]] = {
    "first_ingest": (*LANDING, "raw.table_made", *JUDGING),
    "ingest": (*LANDING, "landing.again_noted", *JUDGING),
    "build": BUILDING,
    "first_publish": (*PUBLISHING, *LINKING),
    "publish": (*PUBLISHING, *LINKING),
    "publish_again": (*PUBLISHING, LINKING[0], "publish.target_away", *LINKING[1:]),
}


@dataclass
class Figures:
    """What the kills came to. All but the first block must stay empty."""

    random_kills: Counter[str] = field(default_factory=Counter)
    named_kills: Counter[str] = field(default_factory=Counter)
    came_too_late: Counter[str] = field(default_factory=Counter)
    random_after: Counter[str] = field(default_factory=Counter)
    raw_compared: int = 0
    marts_compared: int = 0
    reads: int = 0
    seconds: Counter[str] = field(default_factory=Counter)

    lost_rows: int = 0
    double_loads: int = 0
    torn_reads: int = 0
    differing: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """For a file."""
        named = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            "random_kills_in_all": self.random_kills.total(),
            "named_kills_in_all": self.named_kills.total(),
            **{name: dict(sorted(v.items())) if isinstance(v, Counter) else v for name, v in named.items()},
            "seconds": {phase: round(seconds, 1) for phase, seconds in sorted(self.seconds.items())},
        }


@dataclass(frozen=True)
class Phase:
    """Something to kill: from which prepared home it starts, what it runs, and what must be there afterwards."""

    origin: str
    function: Callable[..., Any]
    exports: str | None = None
    ends_as: str = "second_out"


PHASES = {
    "first_ingest": Phase("empty", phases.ingest, "first", "first_in"),
    "ingest": Phase("first_out", phases.ingest, "second", "second_in"),
    "build": Phase("second_in", phases.build),
    "first_publish": Phase("first_built", phases.publish, ends_as="first_out"),
    "publish": Phase("second_built", phases.publish),
    "publish_again": Phase("second_back", phases.publish),
}


class Kills:
    """Prepared homes in ``folder``, and kills of copies of them."""

    def __init__(self, folder: Path, *, data_tests: bool = True, gate: bool = False, seed: int = 1) -> None:
        """``gate``: judge the same rows by Great Expectations again and again (see ``Plan.verdicts``)."""
        self.folder = folder
        self.verdicts = None if gate else folder / "verdicts"
        if self.verdicts is not None:
            self.verdicts.mkdir()
        self.exports = folder / "exports"
        self.log = folder / "log"
        self.data_tests = data_tests
        self.seed = seed
        self._lock = threading.Lock()
        self.figures = Figures()
        self.passed: dict[str, list[str]] = {}
        self.times: dict[str, list[float]] = {}
        self._count = 0
        self._prepare()
        # looked at before the first kill, while one thread is here
        _ = self.references, self.nights

    def _prepare(self) -> None:
        """Two nights without a kill, with a copy of the home after each step."""
        fork.value(self.log, world.deliver, self.exports)
        home = self.folder / "home"
        home.mkdir()
        self._keep("empty")
        for night in ("first", "second"):
            prefix = "first_" if night == "first" else ""
            self._measure(f"{prefix}ingest", phases.ingest, home, self.exports / night)
            self._keep(f"{night}_in")
            self._measure(f"{prefix}build", phases.build, home)
            self._keep(f"{night}_built")
            self._measure(f"{prefix}publish", phases.publish, home)
            self._keep(f"{night}_out")
        # figures that were published before come back: the version's folder is there already
        current = home / "published" / "current"
        current.unlink()
        current.symlink_to(Path("versions") / self.published("first_out").content_id)
        self._keep("second_back")
        self._measure("publish_again", phases.publish, home)
        # again, now that the verdicts are known
        for phase in ("first_ingest", "ingest"):
            shutil.rmtree(home)
            copy(self.folder / PHASES[phase].origin, home)
            self._measure(phase, *self._call(phase, home))

    def _keep(self, name: str) -> None:
        copy(self.folder / "home", self.folder / name)

    def _measure(self, phase: str, function: Callable[..., Any], *arguments: Any) -> None:
        child = fork.start(self.log, function, *arguments, plan=self._plan())
        outcome = child.end()
        assert outcome.error is None, f"{phase}: {outcome.error}: {outcome.message}"
        self.times[phase] = [0.0, *outcome.times, time.monotonic() - child.started]
        self.passed[phase] = outcome.steps

    def _plan(self, kill_at: tuple[str, int] | None = None, tell_at: int | None = None) -> Plan:
        return Plan(kill_at=kill_at, tell_at=tell_at, data_tests=self.data_tests, verdicts=self.verdicts)

    def raw(self, name: str) -> Raw:
        """What a build would read in a home."""
        found: Raw = fork.value(self.log, phases.look, self.folder / name)
        return found

    def published(self, name: str) -> Published:
        """What readers of a home are given."""
        found: Published = fork.value(self.log, phases.published, self.folder / name)
        return found

    @cached_property
    def references(self) -> dict[str, Any]:
        """The nights without a kill."""
        return {
            "first_in": self.raw("first_in"),
            "second_in": self.raw("second_in"),
            "first_out": self.published("first_out"),
            "second_out": self.published("second_out"),
        }

    @cached_property
    def nights(self) -> dict[str, str]:
        """Content id of each whole night, with the digest of its DuckDB file."""
        return {
            self.references[name].content_id: fork.value(
                self.log, phases.marts_digest, self.folder / name / "published" / "marts.duckdb"
            )
            for name in ("first_out", "second_out")
        }

    # -- kills -----------------------------------------------------------------------------------------------------

    def at_random(self, phase: str, number: int, *, to_the_end: bool = False) -> None:
        """Kill a phase at the ``number``-th random instant; where it comes too late, that is counted apart, and
        another is tried.
        """
        instants = random.Random(f"{self.seed}/{phase}/{number}")
        is_late = True
        while is_late:
            with self._torment(phase, to_the_end=to_the_end) as (home, what):
                passed, seconds = self._instant(phase, instants)
                after = self.passed[phase][passed - 1] if passed else "the start"
                what.append(f"{phase} {seconds:.3f} s after {after} ({passed} steps)")
                child = self._start(phase, home, tell_at=passed or None)
                if passed:
                    child.wait_for("passed")
                is_late = child.kill_after(seconds) is not None
            with self._lock:
                (self.figures.came_too_late if is_late else self.figures.random_kills)[phase] += 1
                if not is_late:
                    self.figures.random_after[after] += 1

    def _instant(self, phase: str, instants: random.Random) -> tuple[int, float]:
        """An instant of the phase, each as likely as any other: so many steps passed, and so many seconds more.

        Seconds from the start alone would fall ever earlier in a run that is slower than the one that was measured.
        """
        times = self.times[phase]
        moment = instants.uniform(0, times[-1])
        passed = bisect.bisect_right(times, moment, hi=len(times) - 1) - 1
        return passed, moment - times[passed]

    def at_step(self, phase: str, step: str, n: int, *, to_the_end: bool = False) -> None:
        """Kill a phase at the ``n``-th passing of a step."""
        with self._torment(phase, to_the_end=to_the_end) as (home, what):
            what.append(f"{phase} at {step} {n}")
            self._die_at(phase, home, step, n)

    def at_steps_in_a_row(self, phase: str, steps: tuple[str, ...]) -> None:
        """Kill at the first step, then the re-run at the second, and so on, and only then let one end.

        Whatever stands after each kill must be whole: what is published from it is one of the two nights.
        """
        with self._torment(phase) as (home, what):
            for step in steps:
                what.append(f"{phase} at {step}, after the ones before")
                self._die_at(phase, home, step, 1)
                content_id = fork.value(self.log, phases.publish, home)
                self._same(content_id in self.nights, f"{what[-1]}: half a night was published")

    def passings(self, phase: str, step: str) -> int:
        """How often a phase passes a step."""
        return self.passed[phase].count(step)

    def _start(
        self, phase: str, home: Path, kill_at: tuple[str, int] | None = None, tell_at: int | None = None
    ) -> fork.Child:
        return fork.start(self.log, *self._call(phase, home), plan=self._plan(kill_at, tell_at))

    def _call(self, phase: str, home: Path) -> tuple[Any, ...]:
        exports = PHASES[phase].exports
        return (PHASES[phase].function, home, *([self.exports / exports] if exports else []))

    def _die_at(self, phase: str, home: Path, step: str, n: int) -> None:
        signal = self._start(phase, home, (step, n)).death()
        assert signal == 9, f"{phase} at {step}: ended with signal {signal}"
        with self._lock:
            self.figures.named_kills[step] += 1

    @contextmanager
    def _torment(self, phase: str, *, to_the_end: bool = False) -> Iterator[tuple[Path, list[str]]]:
        """A copy of the phase's home with somebody reading it; after the block it is run again and looked at."""
        began = time.monotonic()
        with self._lock:
            self._count += 1
            home = self.folder / f"torment-{self._count}"
        copy(self.folder / PHASES[phase].origin, home)
        what: list[str] = []
        is_publishing = PHASES[phase].function is phases.publish
        # an ingest touches nothing that is published: there somebody looks in one round of five
        is_read = is_publishing or PHASES[phase].function is phases.build or self._count % 5 == 0
        with self._reader(home, what, pace=0.02 if is_publishing else 2.0) if is_read else nullcontext():
            yield home, what
            fork.value(self.log, *self._call(phase, home), plan=self._plan())
            if PHASES[phase].function is phases.build:
                fork.value(self.log, phases.publish, home)
        self._compare(home, PHASES[phase].ends_as, what[-1], to_the_end)
        shutil.rmtree(home)
        with self._lock:
            self.figures.seconds[phase] += time.monotonic() - began

    @contextmanager
    def _reader(self, home: Path, what: list[str], pace: float) -> Iterator[None]:
        import multiprocessing

        ours, theirs = multiprocessing.Pipe()
        child = fork.start(self.log, reader.read, home, self.nights, theirs, pace)
        try:
            yield
        finally:
            ours.send("enough")
            outcome = child.end()
            assert outcome.error is None, f"reader: {outcome.error}: {outcome.message}"
            with self._lock:
                self.figures.reads += outcome.value.reads
                self.figures.torn_reads += len(outcome.value.torn)
                self.figures.differing += [
                    f"{what[-1]}: {n} torn reads: {torn}" for torn, n in Counter(outcome.value.torn).items()
                ]

    def _compare(self, home: Path, name: str, what: str, to_the_end: bool) -> None:
        whole = self.references[name]
        if isinstance(whole, Raw):
            found: Raw = fork.value(self.log, phases.look, home)
            with self._lock:
                self.figures.raw_compared += 1
                self.figures.lost_rows += found.lost(whole)
                self.figures.double_loads += found.double(whole)
            for part in ("tables", "rows", "claimed", "loads", "landed"):
                ours, theirs = getattr(found, part), getattr(whole, part)
                names = sorted(str(k) for k in {*ours, *theirs} if ours.get(k) != theirs.get(k))
                self._same(not names, f"{what}: {part} differ: {', '.join(names)}")
            if not to_the_end:
                return
            fork.value(self.log, phases.build_and_publish, home, plan=self._plan())
            whole = self.references[name.replace("_in", "_out")]
        with self._lock:
            self.figures.marts_compared += 1
        out: Published = fork.value(self.log, phases.published, home)
        self._same(out == whole, f"{what}: published {out.content_id}, not {whole.content_id}; damaged: {out.damaged}")

    def _same(self, is_so: bool, otherwise: str) -> None:
        if not is_so:
            with self._lock:
                self.figures.differing.append(otherwise)


def copy(origin: Path, target: Path) -> None:
    """Copy a home as it is: links, times and modes; the blocks are shared where the file system can."""
    subprocess.run(["cp", "-a", "--reflink=auto", str(origin), str(target)], check=True)


def name_of_step_calls(package: Path) -> dict[str, list[str]]:
    """Every ``step("...")`` in the package: its name, and the files that it stands in."""
    import ast

    found: dict[str, list[str]] = {}
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "step" and node.args:
                argument = node.args[0]
                name = argument.value if isinstance(argument, ast.Constant) else ast.unparse(argument)[2:-1]
                found.setdefault(str(name), []).append(os.path.relpath(path, package))
    return found

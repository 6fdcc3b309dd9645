"""Spoil good files by the thousand and see that each is either accounted for to the row or rejected with a code.

    python -m tests.properties.fuzz --files 20000            # progress, then the figures as JSON; exit 1 on a failure
    python -m tests.properties.fuzz --run 1 --only 4711      # one file again, with its minimised bytes

Every file goes through ``read_file``; every tenth, where it reads, also through the gate, and every thirtieth through
the whole ``ingest``. It happens in forked children, so that a hang, a crash of native code or an explosion of memory
is a failure of one file and not the end of the run.
"""

from __future__ import annotations

import argparse
import json
import mmap
import multiprocessing
import os
import resource
import shutil
import signal
import struct
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from tests.properties.corpus import Seed, corpus
from tests.properties.judged import Tally, gate_and_judge, read_and_judge
from tests.properties.mutate import spoil

if TYPE_CHECKING:
    from tests.properties.whole import IngestDesk

CHUNK = 250
SECONDS_A_FILE = 8.0  # of processor time, since others may be at work on the machine
SECONDS_STILL = 120.0  # of the clock, after which a child hangs
HEADROOM = 1_500 * 1024**2  # of address space, beyond what the libraries hold before the first file
GATE_EVERY, INGEST_EVERY = 10, 30


@dataclass(frozen=True)
class Failure:
    """What went wrong with file ``number`` of run ``run``."""

    run: int
    number: int
    seed_file: str
    ways: list[str]
    what: str

    def __str__(self) -> str:
        return (
            f"run {self.run} file {self.number} ({self.seed_file}; {', '.join(self.ways)}): {self.what}\n"
            f"    again: python -m tests.properties.fuzz --run {self.run} --only {self.number}"
        )


def spoilt(run: int, number: int, seeds: Sequence[Seed]) -> tuple[Seed, bytes, list[str]]:
    """File ``number`` of run ``run``: the same at every call."""
    random = Random(f"{run}/{number}")
    seed = random.choice(seeds)
    data, ways = spoil(random, seed, seeds)
    return seed, data, ways


def examine(seed: Seed, data: bytes, number: int, tally: Tally, desk: IngestDesk | None) -> None:
    """All that one file goes through; raises where it is neither accounted for nor rejected."""
    tables = read_and_judge(seed, data, tally)
    if number % GATE_EVERY == 0:
        for table in tables[:2]:
            gate_and_judge(seed, table)
            tally.gated += 1
    if desk is not None and number % INGEST_EVERY == 0:
        tally.ingested.update(desk.deliver(seed, data))


def _child(
    run: int, numbers: Sequence[int], seeds: Sequence[Seed], whole: bool, at: mmap.mmap, answer: Connection
) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_address_space() + HEADROOM,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, _too_slow)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 2)
    tally, failures = Tally(), []
    folder = Path(tempfile.mkdtemp(prefix="hrtp_fuzz_"))
    desk = _desk(folder) if whole else None
    for number in numbers:
        at[:8] = struct.pack("q", number)
        seed, data, ways = spoilt(run, number, seeds)
        signal.setitimer(signal.ITIMER_PROF, SECONDS_A_FILE)
        try:
            examine(seed, data, number, tally, desk)
        except BaseException as error:  # whatever it is, a panic of native code too, it is what we look for
            failures.append(Failure(run, number, f"{seed.source.source}/{seed.name}", ways, describe(error)))
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    answer.send((tally, failures, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
    answer.close()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def _desk(folder: Path) -> IngestDesk:
    from tests.properties.whole import IngestDesk

    return IngestDesk(folder)


def _too_slow(*_: object) -> None:
    raise TimeoutError(f"took more than {SECONDS_A_FILE:.0f} s")


def describe(error: BaseException) -> str:
    """Kind, place in our code, and text (all people here are made up)."""
    own = [f for f in traceback.extract_tb(error.__traceback__) if "/hrtp/" in f.filename or "judged" in f.filename]
    place = f" at {Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""
    return f"{type(error).__name__}{place}: {str(error)[:200]}"


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def run_children(
    run: int, numbers: Sequence[int], seeds: Sequence[Seed], say: Callable[[str], None], *, whole: bool = True
) -> tuple[Tally, list[Failure], int]:
    """All numbers, a child a chunk; a child that dies or hangs costs its one file, the rest go to a new one."""
    fork = multiprocessing.get_context("fork")
    tally, failures, peak = Tally(), list[Failure](), 0
    left = list(numbers)
    started = time.monotonic()
    while left:
        chunk = left[:CHUNK]
        at = mmap.mmap(-1, 8)
        ours, theirs = fork.Pipe(duplex=False)
        child = fork.Process(target=_child, args=(run, chunk, seeds, whole, at, theirs))
        child.start()
        theirs.close()
        answer = _answer(ours, child, at)
        if answer is not None:
            part, found, memory = answer
            tally.add(part)
            failures += found
            peak = max(peak, memory)
            left = left[len(chunk) :]
        else:
            # its figures are lost with it: the chunk runs again without the file that it died of
            number = struct.unpack("q", at[:8])[0]
            seed, _, ways = spoilt(run, number, seeds)
            what = f"the process died (exit {child.exitcode})" if child.exitcode else "hung in native code"
            failures.append(Failure(run, number, f"{seed.source.source}/{seed.name}", ways, what))
            left.remove(number)
        child.join()
        rate = tally.files / (time.monotonic() - started)
        say(f"{tally.files} files, {dict(tally.tables)}, {len(failures)} failures, {rate:.0f} files/s")
    return tally, failures, peak


def _answer(
    ours: Connection, child: multiprocessing.process.BaseProcess, at: mmap.mmap
) -> tuple[Tally, list[Failure], int] | None:
    """None where the child died, or stood at one file for far too long and had to be killed."""
    seen, since = b"", time.monotonic()
    while not ours.poll(0.2):
        if at[:8] != seen:
            seen, since = at[:8], time.monotonic()
        if time.monotonic() - since > SECONDS_STILL:
            child.kill()
            break
    try:
        answer: tuple[Tally, list[Failure], int] = ours.recv()
    except EOFError:
        child.join()
        return None
    return answer


def warm_up(seeds: Sequence[Seed]) -> None:
    """Import what files need before the first fork, so that no child pays for it again."""
    import great_expectations  # noqa: F401

    import tests.properties.whole  # noqa: F401

    tally = Tally()
    for seed in seeds:
        read_and_judge(seed, seed.data, tally)


def minimised(seed: Seed, data: bytes, fails: Callable[[bytes], bool], tries: int = 400) -> bytes:
    """Fewer bytes that fail the same way: cut out ever smaller pieces as long as it still fails."""
    piece = max(1, len(data) // 2)
    while piece >= 1 and tries > 0:
        at = 0
        while at < len(data) and tries > 0:
            shorter = data[:at] + data[at + piece :]
            tries -= 1
            if fails(shorter):
                data = shorter
            else:
                at += piece
        piece //= 2
    return data


def again(run: int, number: int, seeds: Sequence[Seed]) -> int:
    """Show one file: what became of it, and the smallest bytes that fail alike."""
    seed, data, ways = spoilt(run, number, seeds)
    print(f"{seed.source.source}/{seed.name}: {ways}, {len(data)} bytes")

    def outcome(candidate: bytes) -> str:
        try:
            examine(seed, candidate, 0, tally := Tally(), None)
        except BaseException as error:
            return describe(error)
        return f"ok: {dict(tally.tables)} {dict(tally.codes)}"

    first = outcome(data)
    print(first)
    if first.startswith("ok"):
        return 0
    kind = first.split(":")[0]
    if not seed.is_archive:
        print(minimised(seed, data, lambda shorter: outcome(shorter).split(":")[0] == kind))
    return 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=1500)
    parser.add_argument("--run", type=int, default=1, help="another number, other files")
    parser.add_argument("--only", type=int, help="one file of the run again, in this process")
    parser.add_argument("--no-ingest", action="store_true", help="reader and gate only")
    chosen = parser.parse_args()
    seeds = corpus()
    if chosen.only is not None:
        return again(chosen.run, chosen.only, seeds)
    warm_up(seeds)
    started = time.monotonic()
    tally, failures, peak = run_children(
        chosen.run,
        range(chosen.files),
        seeds,
        lambda line: print(line, file=sys.stderr, flush=True),
        whole=not chosen.no_ingest,
    )
    for failure in failures:
        print(failure)
    figures = vars(tally) | {
        "run": chosen.run,
        "failures": len(failures),
        "seconds": round(time.monotonic() - started),
        "peak_mb": peak // 1024,
    }
    print(json.dumps(figures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

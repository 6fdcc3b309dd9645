"""The long form of the kill loop: ``python -m tests.crash.torture --kills 300 --out figures.json``.

Ends with 0 where nothing was lost, doubled, torn or different.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path

from tests.crash.kills import BUILDING, NAMED, Kills

#: How random kills are spread over the phases; a build takes twenty times as long as anything else.
SHARES = {
    "first_ingest": 0.17,
    "ingest": 0.43,
    "build": 0.06,
    "first_publish": 0.10,
    "publish": 0.17,
    "publish_again": 0.05,
}


def spread(kills: int, phases: Sequence[str] = tuple(SHARES)) -> dict[str, int]:
    """How many random kills each phase gets; they add up to ``kills``, and each gets one at least."""
    whole = sum(SHARES[phase] for phase in phases)
    numbers = {phase: max(1, round(kills * SHARES[phase] / whole)) for phase in phases}
    largest = max(numbers, key=lambda phase: numbers[phase])
    numbers[largest] += kills - sum(numbers.values())
    return numbers


def named_kills(
    kills: Kills, *, passings: int, phases: Sequence[str] = tuple(SHARES), once: bool = False
) -> Iterator[Callable[[], None]]:
    """A kill at every named step of every phase, at up to so many of its passings; ``once``: in one of its phases."""
    chosen = random.Random(kills.seed)
    if "build" in phases:
        yield partial(kills.at_steps_in_a_row, "build", BUILDING)
    steps = [(phase, step) for phase in phases if phase != "build" for step in NAMED[phase]]
    if once:
        chosen.shuffle(steps)
        steps = list({step: (phase, step) for phase, step in steps}.values())
    for phase, step in steps:
        last = kills.passings(phase, step)
        for n in sorted(chosen.sample(range(1, last + 1), min(passings, last))):
            yield partial(kills.at_step, phase, step, n)


def random_kills(
    kills: Kills, number: int, *, whole_nights: int, phases: Sequence[str] = tuple(SHARES)
) -> Iterator[Callable[[], None]]:
    """So many kills at random instants; so many of those of an ingest go on to the marts."""
    numbers = spread(number, phases)
    ingests = sum(count for phase, count in numbers.items() if "ingest" in phase)
    every = max(1, ingests // max(1, whole_nights))
    done = 0
    for phase, count in numbers.items():
        for n in range(count):
            is_ingest = "ingest" in phase
            done += is_ingest
            yield partial(kills.at_random, phase, n, to_the_end=is_ingest and done % every == 0)


def torture(kills: Kills, rounds: Iterable[Callable[[], None]], *, workers: int, out: Path | None = None) -> None:
    """Do them all, so many side by side, each in a home of its own; a line and the figures so far every ten rounds."""
    began, seen = time.monotonic(), 0
    with ThreadPoolExecutor(workers) as pool:
        for done, future in enumerate(as_completed([pool.submit(each) for each in rounds]), start=1):
            future.result()
            for line in kills.figures.differing[seen:]:
                print(f"DIFFERS {line}", flush=True)
            seen = len(kills.figures.differing)
            if done % 10 == 0:
                print(f"{done} rounds, {time.monotonic() - began:.0f} s", flush=True)
                if out is not None:
                    out.write_text(json.dumps(kills.figures.to_json(), indent=1) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it, and write down the figures."""
    parser = argparse.ArgumentParser(description="Kill nights at random instants and at every named step.")
    parser.add_argument("--kills", type=int, default=300, help="random kills")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--passings", type=int, default=3, help="passings of each named step to kill at")
    parser.add_argument("--whole-nights", type=int, default=12, help="killed ingests that go on to their marts")
    parser.add_argument("--without-data-tests", action="store_true", help="builds leave out dbt's data tests")
    parser.add_argument("--phases", type=lambda text: text.split(","), default=list(SHARES), help="only these")
    parser.add_argument("--workers", type=int, default=2, help="rounds side by side")
    parser.add_argument("--with-gate", action="store_true", help="let the gate judge the same rows each time")
    parser.add_argument("--folder", type=Path, required=True, help="works here; emptied first")
    parser.add_argument("--out", type=Path, help="figures as JSON")
    options = parser.parse_args(arguments)
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    began = time.monotonic()
    kills = Kills(options.folder, data_tests=not options.without_data_tests, gate=options.with_gate, seed=options.seed)
    print(f"prepared in {time.monotonic() - began:.0f} s; {spread(options.kills, options.phases)}", flush=True)
    rounds = [
        *named_kills(kills, passings=options.passings, phases=options.phases),
        *random_kills(kills, options.kills, whole_nights=options.whole_nights, phases=options.phases),
    ]
    random.Random(options.seed).shuffle(rounds)
    torture(kills, rounds, workers=options.workers, out=options.out)
    figures = kills.figures.to_json() | {"seconds_in_all": round(time.monotonic() - began, 1), "seed": options.seed}
    text = json.dumps(figures, indent=1)
    print(text)
    if options.out is not None:
        options.out.write_text(text + "\n", encoding="utf-8")
    found = kills.figures
    return 1 if found.lost_rows or found.double_loads or found.torn_reads or found.differing else 0


if __name__ == "__main__":
    sys.exit(main())

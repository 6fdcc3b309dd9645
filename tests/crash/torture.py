"""The long form of the kill loop: ``python -m tests.crash.torture --kills 300 --out figures.json``.

Ends with 0 where nothing was lost, doubled, torn or different.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.crash.kills import BUILDING, NAMED, Kills

#: How random kills are spread over the phases; a build takes twenty times as long as anything else.
SHARES = {"first_ingest": 0.17, "ingest": 0.43, "build": 0.08, "first_publish": 0.10, "publish": 0.17, "publish_again": 0.05}


def spread(kills: int) -> dict[str, int]:
    """How many random kills each phase gets; they add up to ``kills``, and each gets one at least."""
    numbers = {phase: max(1, round(kills * share)) for phase, share in SHARES.items()}
    numbers["ingest"] += kills - sum(numbers.values())
    return numbers


def named_kills(kills: Kills, *, passings: int) -> None:
    """Kill at every named step of every phase, at up to so many of its passings."""
    for phase, steps in NAMED.items():
        if phase == "build":
            kills.at_steps_in_a_row(phase, BUILDING)
            continue
        for step in steps:
            last = kills.passings(phase, step)
            for n in sorted(kills.random.sample(range(1, last + 1), min(passings, last))):
                kills.at_step(phase, step, n)


def random_kills(kills: Kills, number: int, *, whole_nights: int) -> None:
    """Kill so many times at random; after about so many kills of an ingest the night goes on to its marts."""
    numbers = spread(number)
    ingests = numbers["first_ingest"] + numbers["ingest"]
    every = max(1, ingests // max(1, whole_nights))
    done = 0
    for phase, count in numbers.items():
        for _ in range(count):
            is_ingest = "ingest" in phase
            done += is_ingest
            kills.at_random(phase, to_the_end=is_ingest and done % every == 0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it, and write down the figures."""
    parser = argparse.ArgumentParser(description="Kill nights at random instants and at every named step.")
    parser.add_argument("--kills", type=int, default=300, help="random kills")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--passings", type=int, default=3, help="passings of each named step to kill at")
    parser.add_argument("--whole-nights", type=int, default=12, help="killed ingests that go on to their marts")
    parser.add_argument("--without-data-tests", action="store_true", help="builds leave out dbt's data tests")
    parser.add_argument("--folder", type=Path, required=True, help="works here; emptied first")
    parser.add_argument("--out", type=Path, help="figures as JSON")
    options = parser.parse_args(arguments)
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    began = time.monotonic()
    kills = Kills(options.folder, data_tests=not options.without_data_tests, seed=options.seed)
    print(f"prepared in {time.monotonic() - began:.0f} s; {spread(options.kills)}", flush=True)
    _say_each(kills)
    random_kills(kills, options.kills, whole_nights=options.whole_nights)
    named_kills(kills, passings=options.passings)
    figures = kills.figures.to_json() | {"seconds_in_all": round(time.monotonic() - began, 1), "seed": options.seed}
    text = json.dumps(figures, indent=1)
    print(text)
    if options.out is not None:
        options.out.write_text(text + "\n", encoding="utf-8")
    found = kills.figures
    return 1 if found.lost_rows or found.double_loads or found.torn_reads or found.differing else 0


def _say_each(kills: Kills) -> None:
    """A line every ten kills, and one for whatever differs, as soon as it does."""
    compare, seen = kills._compare, {"kills": 0, "differing": 0}

    def told(*arguments: object) -> None:
        compare(*arguments)  # type: ignore[arg-type]
        seen["kills"] += 1
        for line in kills.figures.differing[seen["differing"] :]:
            print(f"DIFFERS {line}", flush=True)
        seen["differing"] = len(kills.figures.differing)
        if seen["kills"] % 10 == 0:
            print(f"{seen['kills']} rounds, {sum(kills.figures.seconds.values()):.0f} s", flush=True)

    kills._compare = told  # type: ignore[method-assign]


if __name__ == "__main__":
    sys.exit(main())

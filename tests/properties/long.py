"""The state machine, as long as one likes.

    python -m tests.properties.long --examples 500 --steps 20          # other examples at every call
    python -m tests.properties.long --examples 25 --steps 12 --seed 1  # the same ones at every call

Prints what it came across as JSON; a failure is shrunk to the fewest steps that still fail. It works in a process of
its own, since the libraries below do not survive a fork once they are in use.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
import traceback

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.properties.machine import OPENINGS, Partners, figures
from tests.properties.partners import FULL


def play_openings() -> None:
    """What every run must have seen is not left to luck: each opening once, with what the operator then says."""
    for opening in OPENINGS[1:]:
        partners = Partners()
        try:
            partners.first_night(opening=opening, stream=FULL[0], back=6)
            partners.night(source=FULL[0][0])
            partners.what_stands_is_what_the_books_say()
        finally:
            partners.teardown()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--steps", type=int, default=15)
    parser.add_argument("--seed", type=int, help="the same examples at every call")
    parser.add_argument("--no-shrink", action="store_true", help="show the first failure as it is")
    chosen = parser.parse_args()
    # what the children need, so that each need not import it again
    import duckdb  # noqa: F401
    import great_expectations  # noqa: F401
    import jinja2  # noqa: F401
    import pyarrow.dataset  # noqa: F401

    import hrtp.gate
    import hrtp.holds  # noqa: F401

    phases = [Phase.generate] if chosen.no_shrink else [Phase.generate, Phase.shrink]
    chosen_settings = settings(
        max_examples=chosen.examples,
        stateful_step_count=chosen.steps,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
    started = time.monotonic()
    machine = Partners if chosen.seed is None else seed(chosen.seed)(Partners)
    failed = False
    try:
        play_openings()
        run_state_machine_as_test(machine, settings=chosen_settings)
    except Exception:
        traceback.print_exc(file=sys.stdout)
        failed = True
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    times = {
        "seconds": round(time.monotonic() - started),
        "cpu_seconds": round(sum(u.ru_utime + u.ru_stime for u in used)),
    }
    print(json.dumps({**figures, **times, "failed": failed}))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""CPU seconds and memory of a night by step; run it at two scales to see what grows."""

from __future__ import annotations

import argparse
import resource
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.county import AS_OF

from hrtp.build import build_warehouse
from hrtp.ingest import ingest
from hrtp.publish import publish
from hrtp.samples import generate
from hrtp.settings import load_settings
from hrtp.sources import load_sources


def cpu() -> float:
    """CPU seconds of this process and its children so far."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def timed(name: str, work: Callable[[], object]) -> None:
    """Run and print the CPU seconds."""
    before = cpu()
    work()
    print(f"{name:24} {cpu() - before:7.1f} s of CPU", flush=True)


def main() -> None:
    """Run one night in process, without Airflow."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=int, default=1)
    scale = parser.parse_args().scale
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(home=Path(folder) / "home", exports=Path(folder) / "exports", as_of=AS_OF)
        timed("write samples", lambda: generate(Path(folder) / "exports", scale=scale, seed=1))
        for source in load_sources(settings.project).values():
            timed(f"ingest {source.source}"[:24], lambda source=source: ingest(source, settings))
        timed("identity, dbt, docs", lambda: build_warehouse(settings, AS_OF))
        timed("publish", lambda: publish(settings))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:,.0f} MB")


if __name__ == "__main__":
    main()

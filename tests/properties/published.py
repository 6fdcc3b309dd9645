"""A night of a hostile world, held against itself at every published endpoint, as often as one likes.

    python -m tests.properties.published --seed 1 --seed 2   # worlds of these seeds
    python -m tests.properties.published --empty             # partners to whom nothing has happened yet

Files that the gate holds are approved, so that whatever can reach the marts does. Prints a line of JSON a world.
"""

from __future__ import annotations

import argparse
import csv
import json
import logging
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from hrtp.bi import publish_to_postgres
from hrtp.build import build_warehouse
from hrtp.contracts import load_contracts
from hrtp.holds import decide
from hrtp.ingest import ingest
from hrtp.publish import publish
from hrtp.settings import Settings
from tests.endpoints import differences, explained_all, figures, in_duckdb, in_parquet, in_postgres, on_pages
from tests.oracle_records import Source
from tests.postgres import Postgres, running_postgres
from tests.properties.corpus import PROJECT
from tests.properties.hostile import Hostile, nothing
from tests.properties.nights import AS_OF, KEY, SOURCES


def write(sources: Iterable[Source], folder: Path) -> None:
    """Every table as a canonical CSV of the day."""
    contracts = load_contracts(PROJECT)
    for source in sources:
        (folder / source.name).mkdir(parents=True)
        for entity, table in source.tables.items():
            columns = contracts[entity].columns
            days = {name for name, column in columns.items() if entity == "pirl" and column.type == "date"}
            path = folder / source.name / f"{entity}_{AS_OF:%Y%m%d}.csv"
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(name.removeprefix("pirl_") for name in columns)
                for row in table:
                    cells = ((name, row.get(name) or "") for name in columns)
                    writer.writerow(cell.replace("-", "") if name in days else cell for name, cell in cells)


def night(sources: Iterable[Source], settings: Settings) -> Counter[str]:
    """Ingest, approve, build and publish; what became of the rows."""
    assert settings.exports is not None
    write(sources, settings.exports)
    counts: Counter[str] = Counter()
    for source in SOURCES.values():
        for manifest in ingest(source, settings).new:
            settled = manifest
            if manifest.state == "held":
                counts["held"] += 1
                said = decide(settings, manifest.file_sha256, "approve", why="to see it", by="the fuzzer")
                settled = next(m for m in said if m.entity == manifest.entity)
            counts[settled.state] += 1
            counts["rows_loaded"] += settled.rows_loaded
            counts["rows_quarantined"] += settled.rows_quarantined
    build_warehouse(settings, AS_OF)
    publish(settings)
    return counts


def disagreements(settings: Settings, postgres: Postgres) -> dict[str, list[object]]:
    """Endpoint -> what it tells otherwise than the published DuckDB file."""
    wanted, told = in_duckdb(settings), figures(settings)
    public, staff = on_pages(settings)
    totals = {name: figure for name, figure in told.items() if name[1] == "all"}
    publish_to_postgres(postgres.settings(home=settings.home))
    return {
        "parquet": differences(wanted, in_parquet(settings)),
        "postgres": differences(wanted, in_postgres(postgres)),
        "explain": differences(told, explained_all(settings, {sector for _, sector in told})),
        "page": differences(totals, public),
        "staff": differences(told, staff),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, action="append", default=[])
    parser.add_argument("--empty", action="store_true", help="a world without a row besides")
    chosen = parser.parse_args()
    logging.disable(logging.WARNING)
    worlds: dict[str, Iterable[Source]] = {str(seed): Hostile(seed).sources for seed in chosen.seed}
    if chosen.empty:
        worlds["empty"] = nothing()
    failed = False
    with running_postgres() as server:
        for number, (name, sources) in enumerate(worlds.items()):
            with tempfile.TemporaryDirectory(prefix="hrtp_hostile_") as folder:
                postgres = server.another(f"world_{number}")
                settings = postgres.settings(
                    home=Path(folder) / "home", exports=Path(folder) / "exports", as_of=AS_OF, person_key=KEY
                )
                counts, wrong = night(sources, settings), disagreements(settings, postgres)
                failed |= any(wrong.values())
                print(json.dumps({"world": name, **counts, "disagreements": wrong}, default=str), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Canonical exports that nobody has seen: through files, reader, gate, raw, identity and dbt, against the oracle."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from hrtp.build import build_warehouse
from hrtp.contracts import load_contracts
from hrtp.explain.reasons import REASONS
from hrtp.ingest import ingest
from hrtp.marts import open_marts, rows
from hrtp.publish import publish
from hrtp.settings import Settings, load_settings
from hrtp.sources import load_sources
from tests.dbt.random_exports import SEEDS, Exports
from tests.explain.figures import explained, published
from tests.oracle import Figure, Oracle, read_lists
from tests.oracle_records import GivenPersons, Row, Source
from tests.parsed import parsed_once

DATA_THROUGH = date(2026, 12, 31)
ISO_DAY = re.compile(r"(19|20)\d{2}-\d{2}-\d{2}")


def contractual(sources: Iterable[Source]) -> list[Source]:
    """The random rows without what the gate would keep out: days after the export's, apprentices without their id."""

    def mend(row: Row) -> dict[str, str | None]:
        mended = {k: min(v, str(DATA_THROUGH)) if v and ISO_DAY.fullmatch(v) else v for k, v in row.items()}
        if mended.get("placement_type") == "registered_apprenticeship":
            mended["apprenticeship_registration_id"] = mended["apprenticeship_registration_id"] or "RA-0"
        return mended

    return [
        Source(s.name, s.kind, s.sector, {entity: [mend(row) for row in table] for entity, table in s.tables.items()})
        for s in sources
    ]


def cell(entity: str, value: str | None) -> str:
    """PIRL writes its days without hyphens."""
    is_pirl_day = entity == "pirl" and value and ISO_DAY.fullmatch(value)
    return value.replace("-", "") if is_pirl_day and value else value or ""


def write(sources: Iterable[Source], folder: Path) -> None:
    """Every table of every source as a canonical CSV with every column of the contract."""
    contracts = load_contracts(SEEDS.parent)
    for source in sources:
        (folder / source.name).mkdir(parents=True)
        for entity, table in source.tables.items():
            names = [c.removeprefix("pirl_") for c in contracts[entity].columns]
            with (folder / source.name / f"{entity}_{DATA_THROUGH:%Y%m%d}.csv").open("w", newline="") as file:
                writer = csv.DictWriter(file, names, extrasaction="ignore")
                writer.writeheader()
                writer.writerows({k: cell(entity, v) for k, v in row.items()} for row in table)


@dataclass(frozen=True)
class Unseen:
    settings: Settings
    sources: list[Source]
    n_rows: int

    def oracle(self) -> Oracle:
        """What the figures are, of the persons that the last build found."""
        keys = pq.read_table(self.settings.identity / "record_keys.parquet").to_pylist()
        persons = {(row["source"], row["record_type"], row["record_id"]): row["person_key"] for row in keys}
        return Oracle(self.sources, read_lists(SEEDS), GivenPersons(persons))


@pytest.fixture(scope="module", params=[101, 202])
def unseen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Unseen:
    folder = tmp_path_factory.mktemp("unseen")
    sources = contractual(Exports(request.param).sources)
    write(sources, folder / "exports")
    settings = load_settings(home=folder / "home", exports=folder / "exports", as_of=DATA_THROUGH)
    for source in load_sources(settings.project).values():
        assert ingest(source, settings).state == "ok", source.source
    n_rows = sum(len(table) for source in sources for table in source.tables.values())
    return Unseen(settings, sources, n_rows)


@pytest.mark.parametrize("as_of", [DATA_THROUGH, date(2026, 3, 31)])
def test_every_figure_of_every_sector_is_the_oracles(unseen: Unseen, as_of: date) -> None:
    with parsed_once():
        build_warehouse(unseen.settings, as_of)
    publish(unseen.settings)
    with open_marts(unseen.settings) as marts:
        found = {
            (row["indicator_key"], row["sector"]): Figure(row["value_to_date"], row["n_unknown"])  # type: ignore[arg-type]
            for row in rows(marts, "select * from indicator_values where period_type = 'to_date'")
        }
        loaded = rows(marts, "select sum(rows_loaded) as loaded, sum(rows_in) as came from load_reconciliation")
    for row, explanation in explained(unseen.settings, published(unseen.settings)):
        assert explanation.count.agrees, (row["indicator_key"], row["sector"])
        assert {out.reason for out in explanation.left_out} <= set(REASONS)
    assert found == unseen.oracle().figures(as_of)
    assert (loaded[0]["loaded"], loaded[0]["came"]) == (unseen.n_rows, unseen.n_rows)

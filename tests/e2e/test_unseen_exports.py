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

from hrtp.bi import publish_to_postgres
from hrtp.build import build_warehouse
from hrtp.contracts import load_contracts
from hrtp.explain.reasons import REASONS
from hrtp.ingest import ingest
from hrtp.marts import open_marts, rows
from hrtp.publish import publish
from hrtp.settings import Settings, load_settings
from hrtp.sources import load_sources
from tests.dbt.random_exports import SEEDS, Exports
from tests.endpoints import differences, explained_all, figures, in_duckdb, in_parquet, in_postgres, on_pages
from tests.explain.figures import explained, published
from tests.oracle import Figure, Oracle, read_lists
from tests.oracle_records import GivenPersons, Row, Source
from tests.parsed import parsed_once
from tests.postgres import running_postgres

DATA_THROUGH = date(2026, 12, 31)
#: Free text of marts that no figure is made of.
FREE_TEXT = {"deliverables": ("title",), "programs": ("program_name", "provider_name")}
STRANGE_ID = "é北🎓'\"\\%;"
STRANGE_WORDS = (
    "\\N", "NULL", "'); drop table marts.x; --", '"quoted", and; more\r\nlines\tand a tab', "=1+1", "%s {0} $1",
    "<script>alert(1)</script>&amp;", "\u0301combining \u2028 \u0085 שלום", "\ufffe\uffff \ud7ff \U0010fffd",
    "界" * 500,
)  # fmt: skip
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


def with_strange_words(sources: Iterable[Source]) -> list[Source]:
    """The same with ids and free text that other systems stumble over; no figure depends on how an id is spelled."""
    contracts = load_contracts(SEEDS.parent)

    def strange(row: Row, entity: str) -> dict[str, str | None]:
        ids = {k for k, column in contracts[entity].columns.items() if column.type == "id" and not column.pii}
        words = {k: STRANGE_WORDS[len(str(row)) % len(STRANGE_WORDS)] for k in FREE_TEXT.get(entity, ())}
        return {k: f"{v}{STRANGE_ID}" if v and k in ids and ord(v[-1]) % 2 else v for k, v in row.items()} | words

    return [
        Source(s.name, s.kind, s.sector, {e: [strange(row, e) for row in table] for e, table in s.tables.items()})
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
            path = folder / source.name / f"{entity}_{DATA_THROUGH:%Y%m%d}.csv"
            with path.open("w", newline="", encoding="utf-8") as file:
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
    sources = with_strange_words(contractual(Exports(request.param).sources))
    write(sources, folder / "exports")
    settings = load_settings(home=folder / "home", exports=folder / "exports", as_of=DATA_THROUGH)
    for source in load_sources(settings.project).values():
        assert ingest(source, settings).state == "ok", source.source
    n_rows = sum(len(table) for source in sources for table in source.tables.values())
    return Unseen(settings, sources, n_rows)


@pytest.mark.parametrize("as_of", [DATA_THROUGH, date(2026, 3, 31)])
def test_every_figure_of_every_sector_is_the_oracles_at_every_endpoint(unseen: Unseen, as_of: date) -> None:
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
    if as_of == DATA_THROUGH:
        every_endpoint_tells_the_same(unseen)


def every_endpoint_tells_the_same(unseen: Unseen) -> None:
    wanted, told = in_duckdb(unseen.settings), figures(unseen.settings)
    text = repr(wanted)
    assert all(repr(words)[1:-1] in text for words in (STRANGE_ID, *STRANGE_WORDS))
    assert differences(wanted, in_parquet(unseen.settings)) == []
    public, staff = on_pages(unseen.settings)
    assert differences({name: figure for name, figure in told.items() if name[1] == "all"}, public) == []
    assert differences(told, staff) == []
    sectors = {"all", "healthcare"}
    assert (
        differences({n: f for n, f in told.items() if n[1] in sectors}, explained_all(unseen.settings, sectors)) == []
    )
    with running_postgres() as postgres:
        publish_to_postgres(postgres.settings(home=unseen.settings.home))
        assert differences(wanted, in_postgres(postgres)) == []

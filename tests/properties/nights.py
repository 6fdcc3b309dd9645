"""Nights over random exports in chosen forms, and the marts that come out, without what speaks of the files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import duckdb

from hrtp.build import build_warehouse
from hrtp.ingest import ingest
from hrtp.settings import Settings, load_settings
from hrtp.sources import SourceConfig, load_sources
from tests.dbt.warehouse_world import File, run_dbt, write_raw
from tests.oracle_records import Persons, Source, element
from tests.parsed import parsed_once
from tests.properties.corpus import PROJECT
from tests.properties.forms import Form, as_csv, as_workbook

AS_OF = date(2026, 12, 31)
KEY = "a key of the tests, as long as it has to be, 0123456789"
SOURCES: dict[str, SourceConfig] = {s.source: s for s in load_sources(PROJECT).values()}

#: Columns that speak of the file in which a row stood, not of what it says; they differ by design.
OF_THE_FILE = frozenset({
    "file_sha256", "file_name", "row_number", "newest_file_name", "last_file_name",
    # counts over all files of a night: one table may come in two parts, or after older ones
    "rows_in", "rows_loaded", "rows_quarantined", "rows_duplicate", "rows_blank",
})  # fmt: skip
#: Marts that list files and what happened to them, a row a file or a row a row of a file.
OF_FILES = frozenset(
    {
        *("load_reconciliation", "load_warnings", "loaded_rows", "quarantined_rows", "dbt_test_results"),
        *("data_quality_by_partner", "data_quality_deliveries", "data_quality_rules"),
    }
)


class Night:
    """One deployment with one night's exports."""

    def __init__(self, folder: Path) -> None:
        self.exports = folder / "exports"
        self.settings: Settings = load_settings(home=folder / "home", exports=self.exports, as_of=AS_OF, person_key=KEY)

    def drop(self, source: str, name: str, data: bytes) -> None:
        folder = self.exports / source
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)

    def drop_plain(self, sources: Iterable[Source], form: Form | None = None) -> None:
        """Every table as a canonical CSV of the day."""
        for source in sources:
            for entity, rows in source.tables.items():
                data = as_csv(entity, rows, form or Form(), SOURCES[source.name], Random(0))
                self.drop(source.name, f"{entity}_{AS_OF:%Y%m%d}.csv", data)

    def drop_book(self, source: Source, form: Form, name: str) -> None:
        self.drop(source.name, name, as_workbook(source.tables, form, SOURCES[source.name], Random(1)))

    def run(self) -> dict[str, list[tuple[Any, ...]]]:
        """Ingest every source, build, and give the marts."""
        for name, source in SOURCES.items():
            result = ingest(source, self.settings)
            assert result.state == "ok", (name, result.summary())
            today = [m for m in result.new if m.data_through_date == AS_OF]
            assert today and sum(m.rows_quarantined for m in today) == 0, name
        with parsed_once():
            return marts(build_warehouse(self.settings, AS_OF).path)


def marts(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every mart as sorted rows of the columns that do not speak of the file."""
    found = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        columns: dict[str, list[str]] = {}
        for table, column in connection.execute(
            "select table_name, column_name from information_schema.columns where table_schema = 'marts' order by all"
        ).fetchall():
            columns.setdefault(table, []).append(column)
        for table, names in columns.items():
            kept = ", ".join(f'"{name}"' for name in names if name not in OF_THE_FILE)
            if table not in OF_FILES and kept:
                found[table] = connection.execute(f"select {kept} from marts.{table} order by all").fetchall()
    return found


def worlds_figures(sources: Iterable[Source], folder: Path, manifest: Any) -> Path:
    """The same without files: rows straight into the raw schema, persons as the oracle finds them, one dbt build."""
    persons, state_ids, files = Persons(list(sources)), {}, []
    participants = {}
    for source in sources:
        for entity, rows in source.tables.items():
            prefix = "pirl_" if entity == "pirl" else ""
            files.append(
                File(source.name, entity, [{prefix + k: v for k, v in row.items()} for row in rows], str(AS_OF))
            )
            for row in rows:
                if entity == "participants":
                    name = row["participant_id"]
                    participants[source.name, str(name)] = str(persons.of_participant(source.name, name))
                elif entity in {"pirl", "caljobs_activities"}:
                    state_id = element(row, "100") if entity == "pirl" else row["caljobs_id"]
                    person = persons.of_state_id(state_id)
                    if person is not None:
                        state_ids[source.name, str(state_id)] = person
    write_raw(folder / "warehouse.duckdb", files, person_keys=participants, caljobs_keys=state_ids)
    outcomes, _ = run_dbt(folder, manifest, "build", str(AS_OF), "--exclude-resource-type", "unit_test")
    assert {name for name, status in outcomes.items() if status in {"error", "fail"}} == set()
    return folder / "warehouse.duckdb"


def figures(path: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """The row of every (indicator, sector) to date."""
    with duckdb.connect(str(path), read_only=True) as connection:
        cursor = connection.execute("select * from marts.indicator_values where period_type = 'to_date'")
        names = [column[0] for column in cursor.description or []]
        rows: list[Mapping[str, Any]] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {(row["indicator_key"], row["sector"]): dict(row) for row in rows}

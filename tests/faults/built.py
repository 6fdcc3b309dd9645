"""Fault cases whose outcome is a figure: two nights, ingested and built for real, and looked at by many tests.

A build costs seconds, so cases share them: as of 30 June after the first night, as of 30 September after the second,
and as of 30 June once more. The bystander's figures are compared with those of a home in which nobody else exists.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from hrtp.build import build_warehouse
from hrtp.ingest import ingest, source_config
from hrtp.settings import Settings, load_settings
from tests.faults.bad_bytes.people import QUIET, Night, cut_export, first_night, quiet_night, second_night
from tests.parsed import PROJECT, parsed_once

JUNE, SEPTEMBER = date(2026, 6, 30), date(2026, 9, 30)
KEY = "k" * 64


@dataclass(frozen=True)
class Marts:
    """The marts of one build."""

    path: Path

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What ``sql`` gives; marts are named as they are, other schemas in full."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            connection.execute("use marts")
            return connection.execute(sql).fetchall()

    def one(self, sql: str) -> tuple[Any, ...]:
        """The one row that ``sql`` gives."""
        (row,) = self.rows(sql)
        return row

    def value(self, indicator: str, sector: str = "all") -> Any:
        """An indicator to date."""
        return self.one(
            "select value_to_date from indicator_values where period_type = 'to_date' "
            f"and indicator_key = '{indicator}' and sector = '{sector}'"
        )[0]

    def evidence(self, indicator: str, source: str, entity: str, row: int) -> list[tuple[Any, ...]]:
        """(sector, is counted, reason) of the evidence that one row of a file gives."""
        return self.rows(
            "select e.sector, e.is_counted, e.reason from indicator_evidence as e "
            "inner join load_reconciliation as r using (source, file_sha256) "
            f"where e.indicator_key = '{indicator}' and e.source = '{source}' and r.entity = '{entity}' "
            f"and e.row_number = {row} order by all"
        )

    def figures(self) -> list[tuple[Any, ...]]:
        """Every figure with all that a report says of it."""
        return self.rows("select * from indicator_values order by all")

    def bystander(self) -> list[list[tuple[Any, ...]]]:
        """All that the marts say of the bystander alone; other partners only change whether its sector is late."""
        return [
            self.rows(
                "select indicator_key, period_type, period_start, value_to_date, value_in_period, n_unknown, n_missing "
                f"from indicator_values where sector = '{QUIET}' order by all"
            ),
            self.rows(f"select * exclude (received_at) from load_reconciliation where source = '{QUIET}' order by all"),
            self.rows(f"select * from loaded_rows where source = '{QUIET}' order by all"),
            self.rows(f"select * from indicator_evidence where source = '{QUIET}' order by all"),
        ]


@dataclass(frozen=True)
class Built:
    """The builds that the cases share. ``settings`` are those of the home after both nights."""

    settings: Settings
    june: Marts
    september: Marts
    june_again: Marts
    alone: Marts


def deploy(folder: Path, project: Path = PROJECT) -> Settings:
    """Settings of a deployment in ``folder``."""
    return load_settings(
        home=folder / "home", exports=folder / "exports", as_of=SEPTEMBER, person_key=KEY, project=project
    )


def deliver(settings: Settings, night: Night) -> dict[str, str]:
    """Put a night's files into the partners' folders and take them in; the state of each source."""
    assert settings.exports is not None
    for (source, name), text in night.items():
        path = settings.exports / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return {source: ingest(source_config(source, settings), settings).state for source in sorted({s for s, _ in night})}


def build(settings: Settings, as_of: date, name: str, *, data_tests: bool = False, project: Path = PROJECT) -> Marts:
    """Build, and keep what came out under ``name`` beside the home."""
    with parsed_once(project, data_tests=data_tests):
        result = build_warehouse(settings, as_of)
    return Marts(Path(shutil.copy(result.path, settings.home.parent / f"{name}.duckdb")))


def build_all(folder: Path) -> Built:
    """Both nights and all builds."""
    alone = deploy(folder / "alone")
    for day in ("20260630", "20260930"):
        assert deliver(alone, quiet_night(day)) == {QUIET: "ok"}
    settings = deploy(folder / "all")
    assert set(deliver(settings, quiet_night("20260630") | cut_export("20260630") | first_night()).values()) == {"ok"}
    june = build(settings, JUNE, "june")
    states = deliver(settings, quiet_night("20260930") | cut_export("20260930") | second_night())
    assert {source for source, state in states.items() if state != "ok"} == {"early_care_education"}
    september = build(settings, SEPTEMBER, "september", data_tests=True)
    return Built(settings, june, september, build(settings, JUNE, "june_again"), build(alone, SEPTEMBER, "alone"))

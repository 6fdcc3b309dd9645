"""What must not matter does not: the form of a file, its order, its history. What must matter moves what it should."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from tests.dbt.random_exports import SEEDS, Exports
from tests.dbt.warehouse_world import WAREHOUSE
from tests.e2e.test_unseen_exports import contractual
from tests.oracle import SECTORS, Figure, Oracle, read_lists
from tests.oracle_records import Row, Source
from tests.parsed import manifest
from tests.properties.forms import Form, Table, as_csv
from tests.properties.nights import AS_OF, SOURCES, Night, figures, marts, worlds_figures

DAY = f"{AS_OF:%Y%m%d}"
WORLD = 305  # in which nobody has two firsts on one day, so that no tie is broken by a name
PEOPLE = 40


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    return contractual(Exports(WORLD, PEOPLE).sources)


@pytest.fixture(scope="module")
def plain(sources: list[Source], tmp_path_factory: pytest.TempPathFactory) -> Night:
    """Every table as a canonical CSV."""
    night = Night(tmp_path_factory.mktemp("plain"))
    night.drop_plain(sources)
    night.run()
    return night


def tables_of(sources: Iterable[Source], name: str) -> dict[str, Table]:
    (source,) = [s for s in sources if s.name == name]
    return dict(source.tables)


@pytest.fixture(scope="module")
def rewritten(sources: list[Source], tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The same rows, no table in the form that the plain night has it in, and two tables with a past."""
    night, random = Night(tmp_path_factory.mktemp("rewritten")), Random(5)
    by_name = {source.name: source for source in sources}

    def drop(source: str, form: Form, own_names: bool = False) -> None:
        for entity, rows in by_name[source].tables.items():
            declared = SOURCES[source].mapping(entity).file
            pattern = declared if own_names and declared is not None else f"{entity}_{{date}}.csv"
            name = pattern.replace("{date}", DAY)
            name = name.replace(".csv", ".zip") if form.zipped else name
            form_of_it = form if not form.own or SOURCES[source].mapping(entity).columns else Form(shuffled=True)
            night.drop(source, name, as_csv(entity, rows, form_of_it, SOURCES[source], random))

    # order of rows and columns, byte order mark, line ends, quotes
    drop("construction", Form(True, True, "utf-8-sig", "\r\n", quote_all=True))
    # older exports of the day before: a row that is gone and comes back, in another order
    for entity, kept in (("services", slice(1, None)), ("placements", slice(None, -1))):
        past = by_name["construction"].tables[entity][kept]
        data = as_csv(entity, past, Form(), SOURCES["construction"], random)
        night.drop("construction", f"{entity}_20261230.csv", data)
    # a workbook with days and numbers, under the partner's own sheets and headers
    night.drop_book(by_name["healthcare"], Form(own=True), f"HRTP Healthcare Export {DAY}.xlsx")
    # header aliases, labels and days of its own
    drop("technology", Form(own=True, columns_shuffled=True), own_names=True)
    # semicolons, Windows-1252, a trailer with a control total
    drop("early_care_education", Form(own=True, shuffled=True, end="\r\n"))
    # a workbook in a zip, canonical
    night.drop_book(by_name["aerospace"], Form(shuffled=True, zipped=True), f"aerospace_{DAY}.zip")
    # what this partner sends as deltas in two parts, the second of which corrects the first; the rest in UTF-16
    in_parts(night, tables_of(sources, "creative_economy"), random)
    # CalJOBS headers; old Mac line ends in a zip
    drop("ajcc_la_county", Form(own=True, shuffled=True), own_names=True)
    drop("ajcc_south_bay", Form(shuffled=True, end="\r", zipped=True))
    drop("deo_program_office", Form(True, True, "utf-16", quote_all=True))
    night.run()
    return night


def in_parts(night: Night, tables: dict[str, Table], random: Random) -> None:
    source = SOURCES["creative_economy"]
    for entity, rows in tables.items():
        mapping = source.mapping(entity)
        if mapping.mode != "delta" or mapping.file is None:
            data = as_csv(entity, rows, Form(encoding="utf-16"), source, random)
            night.drop(source.source, f"{entity}_{DAY}.csv", data)
            continue
        half = len(rows) // 2
        wrong = {"services": {"service_type": "other"}, "placements": {"employer_name": "Before"}}.get(entity, {})
        first = [*rows[:half], *({**row, **wrong} for row in rows[half : half + 2])]
        for number, part in enumerate((first, rows[half:]), start=1):
            name = mapping.file.replace("{date}", f"{DAY}_{number:02}")
            night.drop(source.source, name, as_csv(entity, part, Form(shuffled=True), source, random))


def test_the_form_and_the_past_of_the_files_change_no_mart(plain: Night, rewritten: Night) -> None:
    expected, found = (marts(night.settings.warehouse / "hrtp.duckdb") for night in (plain, rewritten))
    assert found.keys() == expected.keys()
    assert {name for name in expected if found[name] != expected[name]} == set()
    assert sum(len(rows) for rows in expected.values()) > 4000


def test_no_file_of_the_two_nights_is_the_same(plain: Night, rewritten: Night) -> None:
    one, other = ({p.name for p in (n.settings.landing).glob("*/*") if len(p.name) == 64} for n in (plain, rewritten))
    assert len(one) == 53
    assert len(other) == 53 - 2 * 6 + 2 + 4
    assert one & other == set()


def test_the_plain_night_has_the_figures_of_the_oracle(plain: Night, sources: list[Source]) -> None:
    found = {
        key: Figure(row["value_to_date"], row["n_unknown"])
        for key, row in figures(plain.settings.warehouse / "hrtp.duckdb").items()
    }
    assert found == Oracle(sources, read_lists(SEEDS)).figures(AS_OF)


# ---- what must matter


@pytest.fixture(scope="module")
def dbt_manifest() -> Any:
    return manifest(WAREHOUSE)


COMPARED = ("value_to_date", "value_in_period", "numerator", "denominator", "n_unknown", "value_reason")
Figures = dict[tuple[str, str, str, Any], tuple[Any, ...]]


def every_figure(path: Path) -> Figures:
    """By indicator, sector, kind and start of period."""
    with duckdb.connect(str(path), read_only=True) as connection:
        names = ", ".join(("indicator_key", "sector", "period_type", "period_start", *COMPARED))
        rows = connection.execute(f"select {names} from marts.indicator_values").fetchall()
    return {row[:4]: row[4:] for row in rows}


def moved_on(sector: str | None) -> str | None:
    """Every sector takes the next one's place."""
    if sector not in SECTORS:
        return sector
    return SECTORS[(SECTORS.index(sector) + 1) % len(SECTORS)]


def with_sectors_moved(source: Source) -> Source:
    def moved(row: Row) -> Row:
        tags = {f"HRTP-{s.upper()}": f"HRTP-{str(moved_on(s)).upper()}" for s in SECTORS}
        return {k: moved_on(v) if k == "sector" else tags.get(v or "", v) for k, v in row.items()}

    tables = {entity: [moved(row) for row in rows] for entity, rows in source.tables.items()}
    return Source(str(moved_on(source.name)), source.kind, moved_on(source.sector), tables)


def test_permuted_sectors_permute_every_figure_of_every_period(
    plain: Night, sources: list[Source], dbt_manifest: Any, tmp_path: Path
) -> None:
    moved = [with_sectors_moved(source) for source in sources]
    oracle = Oracle(sources, read_lists(SEEDS))
    firsts = (
        [(p.person, p.start) for p in oracle.placements],
        [(t.person, t.start) for t in oracle.trainings if t.start],
    )
    assert all(len(set(days)) == len(days) for days in firsts)
    before = every_figure(plain.settings.warehouse / "hrtp.duckdb")
    after = every_figure(worlds_figures(moved, tmp_path, dbt_manifest))
    expected = {(key, str(moved_on(sector)), *period): values for (key, sector, *period), values in before.items()}
    assert {k for k in expected.keys() | after.keys() if expected.get(k) != after.get(k)} == set()
    assert len({values for (_, sector, *_), values in before.items() if sector != "all"}) > 100


@pytest.fixture(scope="module")
def one_more(sources: list[Source], dbt_manifest: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plain world with one more person, who has begun a training in construction."""
    participant = {
        "participant_id": "new",
        "first_name": "Nova",
        "last_name": "Newcomer",
        "date_of_birth": "1980-03-05",
    }
    enrollment = {
        "enrollment_id": "new", "participant_id": "new", "program_id": "unheard of", "sector": "construction",
        "status": "active", "training_start_date": "2026-09-01",
    }  # fmt: skip
    added = []
    for source in sources:
        tables = dict(source.tables)
        if source.name == "construction":
            tables["participants"] = [*tables["participants"], dict.fromkeys(tables["participants"][0]) | participant]
            tables["enrollments"] = [*tables["enrollments"], enrollment]
        added.append(Source(source.name, source.kind, source.sector, tables))
    return worlds_figures(added, tmp_path_factory.mktemp("one_more"), dbt_manifest)


def test_one_more_enrolled_person_is_one_more_in_workers_enrolled(plain: Night, one_more: Path) -> None:
    before, after = figures(plain.settings.warehouse / "hrtp.duckdb"), figures(one_more)
    for sector in ("all", *SECTORS):
        more = 1 if sector in ("all", "construction") else 0
        key = ("workers_enrolled", sector)
        assert after[key]["value_to_date"] == before[key]["value_to_date"] + more


def test_one_more_enrolled_person_moves_nothing_else_but_the_rate_over_the_enrolled(
    plain: Night, one_more: Path
) -> None:
    before, after = every_figure(plain.settings.warehouse / "hrtp.duckdb"), every_figure(one_more)
    assert before.keys() == after.keys()
    changed = {
        (key, sector) for key, sector, *period in before if before[key, sector, *period] != after[key, sector, *period]
    }
    assert changed == {
        (key, sector) for key in ("workers_enrolled", "priority_population_pct") for sector in ("all", "construction")
    }
    starts = {period for key, _, kind, period in before if kind == "month" and period is not None}
    early = {k for k in before if k[2] == "month" and str(k[3]) < "2026-09-01" and before[k] != after[k]}
    assert (early, len(starts) > 12) == (set(), True)


def groups(path: Path) -> dict[tuple[Any, ...], int]:
    """Persons by sector, period, day, dimension and group."""
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute(
            "select sector, period, as_of, dimension, group_name, n_persons from marts.served_by_group"
        ).fetchall()
    return {tuple(row[:-1]): row[-1] for row in rows}


def test_one_more_enrolled_person_is_one_more_row_where_persons_are_listed(plain: Night, one_more: Path) -> None:
    def sizes(path: Path) -> dict[str, int]:
        return {name: len(rows) for name, rows in marts(path).items()}

    before, after = sizes(plain.settings.warehouse / "hrtp.duckdb"), sizes(one_more)
    more = {name: after[name] - before[name] for name in before if after[name] != before[name]}
    # a group that nobody was in until then has a row from now on, of this one person
    old, new = groups(plain.settings.warehouse / "hrtp.duckdb"), groups(one_more)
    assert old.keys() <= new.keys()
    assert {new[key] for key in new.keys() - old.keys()} <= {1}
    assert more.pop("served_by_group", 0) == len(new) - len(old)
    assert more == {"dim_participant": 1, "participant_records": 1, "fct_enrollments": 1, "indicator_evidence": 4}

"""A whole night as a user runs it: `hrtp nightly`, through Airflow, on the sample exports."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import dbt.task.docs
import duckdb
import pytest
from typer.testing import CliRunner

from hrtp.cli import app
from hrtp.landing import file_sha256
from hrtp.samples import SampleManifest, generate
from tests.canary import Canaries
from tests.county import AS_OF, PUBLISHED
from tests.night_home import KEY, PROJECT, PublishedNight, copy_of, hrtp

SECTORS = {"construction", "healthcare", "technology", "early_care_education", "aerospace", "creative_economy"}


def night(home: Path, exports: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return hrtp(home, "nightly", "--exports", exports, "--as-of", AS_OF.isoformat(), **options)


def query(home: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home / "published" / "marts.duckdb"), read_only=True) as connection:
        connection.execute("use marts.marts")
        return connection.execute(sql).fetchall()


def parquet_hashes(home: Path) -> dict[str, str]:
    return {path.name: file_sha256(path) for path in sorted((home / "published" / "parquet").glob("*.parquet"))}


@dataclass
class World:
    home: Path
    exports: Path
    manifest: SampleManifest
    first: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def world(published_night: PublishedNight, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A copy of the run's finished night: the nights of this file come after it."""
    folder = tmp_path_factory.mktemp("night")
    manifest = generate(folder / "exports", scale=1, seed=1)
    home = copy_of(published_night.home, folder / "home")
    return World(home, folder / "exports", manifest, published_night.done)


def test_the_night_had_the_exports_of_which_the_manifest_speaks(world: World, published_night: PublishedNight) -> None:
    def files(folder: Path) -> dict[str, bytes]:
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    assert files(world.exports) == files(published_night.exports)
    assert len(files(world.exports)) > 50


def test_the_night_publishes_and_says_which_sources_have_bad_rows(world: World) -> None:
    assert world.first.returncode == 3, world.first.stdout + world.first.stderr
    assert "HRTP scorecard" in world.first.stdout
    bad = {row.source for row in world.manifest.bad_rows}
    assert {
        line.split()[1].rstrip(":") for line in world.first.stdout.splitlines() if line.startswith("attention:")
    } == bad


def test_all_17_figures_equal_the_countys(world: World) -> None:
    values = dict(
        query(
            world.home,
            "select indicator_key, value_to_date from indicator_values "
            "where sector = 'all' and period_type = 'to_date'",
        )
    )
    assert values == PUBLISHED


def test_every_sector_figure_equals_what_the_samples_planted(world: World) -> None:
    values = {
        (key, sector): value
        for key, sector, value in query(
            world.home,
            "select indicator_key, sector, value_to_date from indicator_values where period_type = 'to_date'",
        )
    }
    planted = {
        (key, sector): value for key, sectors in world.manifest.figures.items() for sector, value in sectors.items()
    }
    assert {k: v for k, v in values.items() if k in planted} == planted
    assert len(planted) > 60


def test_every_planted_bad_row_is_in_quarantine_under_its_rule_and_no_other_row_is(world: World) -> None:
    found = Counter(
        query(
            world.home,
            "select q.source, q.entity, r.file_name, q.row_number, q.rule_id from quarantined_rows as q "
            "inner join load_reconciliation as r using (source, entity, file_sha256)",
        )
    )
    planted = Counter((b.source, b.entity, b.file_name, b.row_number, b.rule_id) for b in world.manifest.bad_rows)
    assert found == planted


def test_every_file_reconciles_as_planted(world: World) -> None:
    found = {
        (source, entity, name): counts
        for source, entity, name, *counts in query(
            world.home,
            "select source, entity, file_name, rows_in, rows_loaded, rows_quarantined, "
            "rows_duplicate, rows_blank from load_reconciliation where state = 'loaded'",
        )
    }
    assert all(c[0] == sum(c[1:]) for c in found.values())
    # an export whose bytes came before, under an earlier day, is the same file
    first_of = {(f.source, f.sha256): Path(f.path).name for f in reversed(world.manifest.files)}
    once = {(source, name) for (source, _), name in first_of.items()}
    planted = {
        (e.source, e.entity, e.file_name): [e.rows_in, e.loaded, e.quarantined, e.duplicate, e.blank]
        for e in world.manifest.loads
        if (e.source, e.file_name) in once
    }
    assert len(first_of) == len(world.manifest.files) - 1
    assert found == planted


def test_every_loaded_row_is_traced_from_a_mart_to_its_file_and_row(world: World) -> None:
    loaded = {
        (s, e, f): n
        for s, e, f, n in query(
            world.home, "select source, entity, file_sha256, rows_loaded from load_reconciliation where rows_loaded > 0"
        )
    }
    traced = {
        (s, e, f): n
        for s, e, f, n in query(
            world.home,
            "select source, entity, file_sha256, count(distinct row_number) from loaded_rows group by all",
        )
    }
    assert traced == loaded
    orphans = query(
        world.home,
        "select count(*) from indicator_evidence as e anti join loaded_rows as l "
        "on e.source = l.source and e.file_sha256 = l.file_sha256 and e.row_number = l.row_number",
    )
    assert orphans == [(0,)]


def test_every_value_is_the_aggregate_of_its_evidence(world: World) -> None:
    evidence: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in query(
        world.home,
        "select indicator_key, sector, subject_key, event_date, amount, is_first_for_person "
        "from indicator_evidence where is_counted",
    ):
        evidence[row[0]].append(row[1:])
    values = query(
        world.home,
        "select v.indicator_key, v.sector, v.value_to_date, i.aggregation from indicator_values as v "
        "inner join dim_indicator as i using (indicator_key) where v.period_type = 'to_date'",
    )
    assert len(values) == 17 + 6 * sum(1 for key in PUBLISHED if (key, "aerospace") in {(v[0], v[1]) for v in values})
    for key, sector, value, aggregation in values:
        rows = [r for r in evidence[key] if sector in ("all", r[0])]
        assert value == aggregate(rows, aggregation, sector), (key, sector)


def aggregate(rows: list[tuple[Any, ...]], aggregation: str, sector: str) -> Decimal | None:
    """The value of some counted evidence rows: (sector, subject, date, amount, is first of the person)."""
    subjects = {row[1] for row in rows}
    if aggregation == "count_distinct_subject":
        return Decimal(len(subjects))
    if aggregation == "exists":
        return Decimal(bool(subjects))
    if aggregation == "percent_of_subjects":
        hits = {row[1] for row in rows if row[3]}
        return round_cents(Decimal(100 * len(hits)) / len(subjects)) if subjects else None
    assert aggregation == "median_of_first"
    wages = sorted(row[3] for row in rows if sector != "all" or row[4])
    if not wages:
        return None
    middle = len(wages) // 2
    return round_cents(wages[middle] if len(wages) % 2 else (wages[middle - 1] + wages[middle]) / 2)


def round_cents(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_a_second_night_changes_nothing_and_says_so(world: World) -> None:
    before = parquet_hashes(world.home), (world.home / "published" / "marts.duckdb").resolve()
    again = night(world.home, world.exports)
    assert again.returncode == 3
    assert "nothing changed" in again.stdout
    assert (parquet_hashes(world.home), (world.home / "published" / "marts.duckdb").resolve()) == before


def test_all_files_again_under_other_names_change_nothing(world: World, tmp_path: Path) -> None:
    before = parquet_hashes(world.home)
    for path in sorted(p for p in world.exports.rglob("*") if p.is_file()):
        target = tmp_path / path.relative_to(world.exports).with_name(f"{path.stem} (1){path.suffix.upper()}")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    again = night(world.home, tmp_path)
    assert "nothing changed" in again.stdout, again.stdout
    assert parquet_hashes(world.home) == before


def test_another_home_builds_the_same_bytes_whatever_the_order_of_arrival(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sources one by one in reverse order, against the night's two at a time."""
    for name, value in (("HOME", tmp_path), ("EXPORTS", world.exports), ("PERSON_KEY", KEY), ("PROJECT", PROJECT)):
        monkeypatch.setenv(f"HRTP_{name}", str(value))
    sources = sorted((p.name for p in world.exports.iterdir() if p.is_dir()), reverse=True)
    for source in sources:
        # one process for all: a start of the command takes longer than what it does here
        done = CliRunner().invoke(app, ["ingest", source])
        assert done.exit_code == 0, done.output
    built = hrtp(tmp_path, "build", "--as-of", AS_OF.isoformat())
    assert built.returncode == 0, built.stderr
    assert hrtp(tmp_path, "publish").returncode == 0
    ours, theirs = parquet_hashes(tmp_path), parquet_hashes(world.home)
    # the moment of arrival is the only thing that differs between two homes
    assert {n for n in ours if ours[n] != theirs[n]} <= {"load_reconciliation.parquet"}


def test_dbt_docs_are_one_static_page(world: World) -> None:
    done = hrtp(world.home, "docs")
    assert done.returncode == 0, done.stderr
    page = world.home / "published" / "site" / "docs" / "index.html"
    assert done.stdout.strip() == str(page)
    assert "ind_workers_enrolled" in page.read_text()


def test_status_tells_every_source_as_json(world: World) -> None:
    states = json.loads(hrtp(world.home, "status", "--json").stdout)
    assert len(states) == 9
    assert {s["state"] for s in states} == {"ok"}
    assert all(s["data_through_date"] == AS_OF.isoformat() for s in states)


def test_explain_shows_the_value_and_rows_with_file_and_row_number(world: World) -> None:
    document = json.loads(hrtp(world.home, "explain", "placed_in_jobs", "--sector", "healthcare", "--json").stdout)
    counted = [row for row in document["evidence"] if row["is_counted"]]
    assert Decimal(document["value"]["value_to_date"]) == len({row["subject_key"] for row in counted})
    assert all(row["file_name"] and row["row_number"] > 1 for row in document["evidence"])
    assert "training_related" in document["definition"] or "training" in document["definition"]


def test_an_unknown_indicator_is_one_clear_line(world: World) -> None:
    done = hrtp(world.home, "explain", "nothing_such")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "workers_enrolled" in done.stderr


def test_no_person_is_in_the_bytes_behind_the_restricted_zones(world: World) -> None:
    template = Path(dbt.task.docs.__path__[0]) / "index.html"
    canaries = Canaries(shipped=[template])
    zones = ["published", "warehouse", "logs", "data_docs", "airflow"]
    search = canaries.search([world.home / zone for zone in zones])
    assert canaries.n_values > 1000
    assert search.n_files > 100
    assert search.n_bytes > 5_000_000
    assert search.hits == frozenset()
    # the search does find people where they are
    assert canaries.search([world.home / "raw"]).hits


def test_no_column_of_a_persons_data_is_in_the_warehouse_or_the_marts(world: World) -> None:
    forbidden = {
        "first_name",
        "last_name",
        "date_of_birth",
        "ssn_last4",
        "email",
        "phone",
        "zip",
        "census_tract",
        "caljobs_id",
        "pirl_100",
        "pirl_103",
        "pirl_200",
    }
    for path in (world.home / "warehouse" / "hrtp.duckdb", world.home / "published" / "marts.duckdb"):
        with duckdb.connect() as connection:
            connection.execute(f"attach '{path}' as f (read_only)")
            stored = connection.execute(
                "select column_name from duckdb_columns() as c "
                "inner join duckdb_tables() as t using (table_oid, database_name) "
                "where database_name = 'f' and c.schema_name <> 'seeds'"
            ).fetchall()
        assert {name for (name,) in stored} & forbidden == set()


@pytest.mark.parametrize(
    ("zone", "mode"),
    [
        ("landing", 0o700),
        ("raw", 0o700),
        ("quarantine", 0o700),
        ("identity", 0o700),
        ("logs", 0o700),
        ("airflow", 0o700),
        ("warehouse", 0o750),
        ("staff", 0o750),
        ("published", 0o755),
    ],
)
def test_zones_have_their_permissions(world: World, zone: str, mode: int) -> None:
    assert (world.home / zone).stat().st_mode & 0o777 == mode


def test_the_canonical_form_gives_the_same_figures(world: World, tmp_path: Path) -> None:
    generate(tmp_path / "exports", scale=1, seed=1, form="canonical")
    done = night(tmp_path / "home", tmp_path / "exports")
    assert done.returncode == 3, done.stdout + done.stderr
    ours = (
        "select indicator_key, sector, period_type, period_end, value_to_date, value_in_period "
        "from indicator_values order by all"
    )
    assert query(tmp_path / "home", ours) == query(world.home, ours)

"""What happens to the night when sources change: one more, one broken, one missing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hrtp.samples import generate
from tests.e2e.test_night import AS_OF, SECTORS, night, query
from tests.night_home import PROJECT, PublishedNight, copy_of, hrtp

TENTH = """\
source: ajcc_east_county
name: East County America's Job Center
kind: ajcc
owner: {name: East County data desk, email: east@example.org}
schedule: "20 2 * * *"
transport: {url: "file:${HRTP_INBOX}/ajcc_east_county"}
"""
PARTICIPANTS = """\
participant_id,first_name,last_name,date_of_birth,caljobs_id,homeless
X1,Quillonia,Vandersteenberg,1991-02-03,QV910203,Y
"""
PIRL = """\
100,105,900,1302,1307,1308
QV910203,HRTP-AEROSPACE,20260105,20260112,1,20260601
"""


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    generate(folder, scale=1, seed=2)
    return folder


def to_date(home: Path, key: str, sector: str = "all") -> tuple[object, bool]:
    rows = query(
        home,
        "select value_to_date, is_stale from indicator_values where period_type = 'to_date' "
        f"and indicator_key = '{key}' and sector = '{sector}'",
    )
    assert len(rows) == 1
    return rows[0]


def test_a_tenth_source_is_one_yaml_file(published_night: PublishedNight, tmp_path: Path) -> None:
    """It joins a deployment: it is a DAG of the night, stands in raw, in the marts and in status, its person counts."""
    project = tmp_path / "project"
    for name in ("sources", "expectations", "identity", "dbt_project", "seeds", "dags", "orchestration"):
        shutil.copytree(PROJECT / name, project / name, ignore=shutil.ignore_patterns("target", "logs", "__pycache__"))
    (project / "sources" / "ajcc_east_county.yml").write_text(TENTH)
    mine = tmp_path / "exports"
    shutil.copytree(published_night.exports, mine)
    (mine / "ajcc_east_county").mkdir()
    (mine / "ajcc_east_county" / "participants_20260930.csv").write_text(PARTICIPANTS)
    (mine / "ajcc_east_county" / "pirl_20260930.csv").write_text(PIRL)
    (mine / "ajcc_east_county" / "caljobs_activities_20260930.csv").write_text(
        "activity_id,caljobs_id,activity_code,begin_date,end_date,completion,special_project\n"
    )
    (mine / "ajcc_east_county" / "placements_20260930.csv").write_text(
        "placement_id,participant_id,employer_name,start_date,placement_type\n"
    )
    home = copy_of(published_night.home, tmp_path / "home")
    done = night(home, mine, project=project)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "ingest_ajcc_east_county" in done.stdout
    assert to_date(home, "workers_enrolled") == (214, False)
    assert to_date(home, "workers_completed") == (159, False)
    rows = query(
        home, "select entity, rows_loaded from load_reconciliation where source = 'ajcc_east_county' order by 1"
    )
    assert rows == [("caljobs_activities", 0), ("participants", 1), ("pirl", 1), ("placements", 0)]
    assert query(home, "select count(*) from loaded_rows where source = 'ajcc_east_county'") == [(2,)]
    assert '"ajcc_east_county"' in hrtp(home, "status", "--json", project=project).stdout


def test_a_broken_source_fails_alone_and_its_figures_say_stale(published_night: PublishedNight, tmp_path: Path) -> None:
    home, mine = copy_of(published_night.home, tmp_path / "home"), tmp_path / "exports"
    shutil.copytree(published_night.exports, mine)
    assert to_date(home, "workers_enrolled") == (213, False)
    good = query(
        home,
        "select sector, value_to_date from indicator_values where indicator_key = 'workers_enrolled' "
        "and period_type = 'to_date' order by 1",
    )
    (mine / "construction" / "enrollments_20260930_02.csv").write_text("<html>Please log in</html>")
    done = night(home, mine)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "construction: rejected" in done.stdout
    assert "NOT_CSV" in done.stdout
    # last good data stays, in every sector; only what construction feeds is stale
    assert good == query(
        home,
        "select sector, value_to_date from indicator_values where indicator_key = "
        "'workers_enrolled' and period_type = 'to_date' order by 1",
    )
    assert to_date(home, "workers_enrolled")[1] is True
    assert to_date(home, "workers_enrolled", "construction")[1] is True
    assert {
        sector: to_date(home, "workers_enrolled", sector)[1] for sector in SECTORS - {"construction"}
    } == dict.fromkeys(SECTORS - {"construction"}, False)
    assert to_date(home, "provider_contracts")[1] is False
    states = dict(query(home, "select source, state from source_freshness"))
    assert states.pop("construction") == "rejected"
    assert set(states.values()) == {"ok"}


def test_a_missing_source_is_late_and_the_others_load(exports: Path, tmp_path: Path) -> None:
    home, mine = tmp_path / "home", tmp_path / "exports"
    shutil.copytree(exports, mine)
    shutil.rmtree(mine / "deo_program_office")
    done = night(home, mine)
    assert done.returncode == 3, done.stdout + done.stderr
    assert to_date(home, "workers_enrolled") == (213, False)
    assert to_date(home, "provider_contracts") == (0, True)
    assert dict(query(home, "select source, state from source_freshness"))["deo_program_office"] == "late"


def test_nothing_at_all_is_exit_code_1_or_an_honest_zero(tmp_path: Path) -> None:
    """A folder that is not there is one clear line; nothing is published over it."""
    done = hrtp(tmp_path / "home", "nightly", "--exports", tmp_path / "nowhere", "--as-of", AS_OF.isoformat())
    assert done.returncode == 1
    assert done.stderr.strip().count("\n") == 0
    assert not (tmp_path / "home" / "published" / "marts.duckdb").exists()

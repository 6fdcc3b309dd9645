"""Who may do what on the BI server, and that a second start changes nothing."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import requests

from tests.postgres import Postgres
from tests.superset.server import DESK, MANAGER, METADATA, Superset

pytestmark = [pytest.mark.slow, pytest.mark.e2e, pytest.mark.xdist_group("superset")]

CONTENT = ("dbs", "tables", "slices", "dashboards", "ab_user", "ab_role", "ab_permission_view_role", "dashboard_slices")


@pytest.fixture(scope="module")
def manager(superset: Superset) -> requests.Session:
    return superset.session(MANAGER)


@pytest.fixture(scope="module")
def desk(superset: Superset) -> requests.Session:
    return superset.session(DESK)


def counts(superset: Superset) -> dict[str, int]:
    """How many of everything the metadata holds."""
    with superset.postgres.connect("admin", METADATA) as connection:
        return {
            table: connection.execute(f"select count(*) from {table}".encode()).fetchone()[0]  # type: ignore[index]
            for table in CONTENT
        }


def a_dataset(session: requests.Session, superset: Superset, name: str) -> dict[str, Any]:
    found = session.get(f"{superset.url}/api/v1/dataset/?q=(page_size:100)", timeout=60).json()["result"]
    (dataset,) = [dataset for dataset in found if dataset["table_name"] == name]
    return dict(dataset)


def test_a_second_import_changes_nothing_but_puts_back_what_somebody_changed(superset: Superset) -> None:
    before = counts(superset)
    assert (before["dbs"], before["tables"], before["dashboards"]) == (1, 10, 5)
    with superset.postgres.connect("admin", METADATA) as connection:
        query = b"select id, uuid, slice_name, params from slices order by uuid"
        charts = connection.execute(query).fetchall()
        connection.execute(b"update slices set slice_name = 'mine' where id = (select min(id) from slices)")
        connection.execute(
            b"insert into dashboards (dashboard_title, uuid, is_managed_externally, published) "
            b"values ('of an earlier release', gen_random_uuid(), true, true), "
            b"('of somebody here', '00000000-0000-0000-0000-000000000001', false, true)"
        )
    again = superset.prepare()
    assert again.returncode == 0, again.stderr[-2000:]
    with superset.postgres.connect("admin", METADATA) as connection:
        assert connection.execute(query).fetchall() == charts
        titles = [title for (title,) in connection.execute(b"select dashboard_title from dashboards").fetchall()]
        assert "of an earlier release" not in titles
        connection.execute(b"delete from dashboards where dashboard_title = 'of somebody here'")
    assert "of somebody here" in titles
    assert counts(superset) == before


def test_the_database_is_read_as_bi_reader_and_its_password_is_kept_encrypted(
    desk: requests.Session, superset: Superset
) -> None:
    (database,) = desk.get(f"{superset.url}/api/v1/database/", timeout=60).json()["result"]
    shown = desk.get(f"{superset.url}/api/v1/database/{database['id']}/connection", timeout=60).json()["result"]
    assert shown["parameters"]["username"] == "bi_reader"
    with superset.postgres.connect("admin", METADATA) as connection:
        kept = connection.execute(b"select sqlalchemy_uri, convert_from(password, 'UTF8') from dbs").fetchall()
    assert len(kept) == 1
    assert superset.postgres.passwords["bi_reader"] not in str(kept)


def test_a_viewer_sees_the_five_dashboards(manager: requests.Session, superset: Superset) -> None:
    answer = manager.get(f"{superset.url}/api/v1/dashboard/", timeout=60)
    assert answer.json()["count"] == 5


def test_a_viewer_can_neither_write_sql_nor_change_anything(
    manager: requests.Session, desk: requests.Session, superset: Superset
) -> None:
    database = desk.get(f"{superset.url}/api/v1/database/", timeout=60).json()["result"][0]["id"]
    dataset = a_dataset(desk, superset, "sector_funnel")["id"]
    dashboard = desk.get(f"{superset.url}/api/v1/dashboard/", timeout=60).json()["result"][0]["id"]
    query = {"database_id": database, "sql": "select 1", "schema": "marts"}
    attempts = {
        "sql": ("post", "/api/v1/sqllab/execute/", query),
        "sql lab": ("get", "/api/v1/sqllab/", None),
        "chart": ("post", "/api/v1/chart/", {"slice_name": "x", "datasource_id": dataset, "datasource_type": "table"}),
        "dashboard": ("put", f"/api/v1/dashboard/{dashboard}", {"dashboard_title": "mine"}),
        "deletion": ("delete", f"/api/v1/dashboard/{dashboard}", None),
        "dataset": (
            "post",
            "/api/v1/dataset/",
            {"database": database, "schema": "marts", "table_name": "dim_participant"},
        ),
        "database": ("get", f"/api/v1/database/{database}", None),
        "export": ("get", f"/api/v1/dashboard/export/?q=!({dashboard})", None),
        "import": ("post", "/api/v1/assets/import/", None),
        "users": ("get", "/api/v1/security/users/", None),
    }
    answers = {
        name: manager.request(method, f"{superset.url}{path}", json=body, timeout=60).status_code
        for name, (method, path, body) in attempts.items()
    }
    assert {name: status for name, status in answers.items() if status not in (403, 404)} == {}
    assert answers["sql"] == 403


def test_no_chart_can_be_made_to_read_persons(desk: requests.Session, superset: Superset) -> None:
    """Not even by an administrator's request for a dataset that the bundle has: its columns are all that there is."""
    dataset = a_dataset(desk, superset, "sector_funnel")
    inside = {"columns": ["sector"], "metrics": [], "filters": [], "row_limit": 5}
    smuggled = {
        "expressionType": "SQL",
        "label": "x",
        "sqlExpression": "(select max(person_key) from marts.dim_participant)",
    }
    source = {"id": dataset["id"], "type": "table"}
    url = f"{superset.url}/api/v1/chart/data"
    good = desk.post(url, json={"datasource": source, "queries": [inside]}, timeout=60)
    assert good.status_code == 200, good.text
    bad = desk.post(url, json={"datasource": source, "queries": [inside | {"metrics": [smuggled]}]}, timeout=60)
    assert bad.status_code >= 400, bad.text
    assert "person_key" not in json.dumps(bad.json().get("result", ""))


def test_nobody_gets_in_without_an_account(superset: Superset) -> None:
    page = requests.get(f"{superset.url}/superset/dashboard/program-scorecard/", timeout=60, allow_redirects=False)
    assert page.status_code == 302
    assert "/login" in page.headers["Location"]
    assert requests.get(f"{superset.url}/api/v1/dashboard/", timeout=60).status_code == 401
    listed = requests.post(f"{superset.url}/api/v1/chart/data", json={}, timeout=60)
    assert listed.status_code in (400, 401, 403)


def test_a_form_without_its_token_is_refused_and_pages_may_load_nothing_from_elsewhere(superset: Superset) -> None:
    login = {"username": MANAGER, "password": superset.passwords[MANAGER]}
    session = requests.Session()
    session.post(f"{superset.url}/login/", data=login, timeout=60)
    assert session.get(f"{superset.url}/api/v1/me/", timeout=60).status_code == 401
    form = session.get(f"{superset.url}/login/", timeout=60).text
    (token,) = set(re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', form))
    session.post(f"{superset.url}/login/", data=login | {"csrf_token": token}, timeout=60)
    assert session.get(f"{superset.url}/api/v1/me/", timeout=60).json()["result"]["username"] == MANAGER
    headers = requests.get(f"{superset.url}/login/", timeout=60).headers
    policy = headers["Content-Security-Policy"]
    assert "http" not in policy
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Frame-Options"] == "SAMEORIGIN" or "frame-ancestors" in policy


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SUPERSET_SECRET_KEY", "", "SUPERSET_SECRET_KEY"),
        ("SUPERSET_SECRET_KEY", "short", "shorter than 32"),
        ("SUPERSET_METADATA_URI", "sqlite:///x.db", "does not name a PostgreSQL"),
        ("SUPERSET_BI_URI", "postgresql://marts_owner:" + "hush" + "@127.0.0.1:5432/bi", "bi_reader"),
        ("SUPERSET_ADMIN_PASSWORD", "", "SUPERSET_ADMIN_PASSWORD"),
    ],
)
def test_a_missing_or_wrong_setting_is_one_line_that_shows_no_secret(
    superset: Superset, name: str, value: str, says: str
) -> None:
    done = superset.prepare(**{name: value})
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("superset: ")
    assert says in last
    assert "hush" not in done.stderr


def test_a_new_night_shows_without_anybody_telling(superset: Superset, marts: Postgres) -> None:
    """Answers are kept for minutes: nothing keeps one longer than that, in the configuration and in the bundle."""
    with superset.postgres.connect("admin", METADATA) as connection:
        kept = connection.execute(
            b"select cache_timeout from dbs union select cache_timeout from tables "
            b"union select cache_timeout from slices"
        ).fetchall()
    assert kept == [(300,)]

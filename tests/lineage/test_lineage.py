"""Names without secrets, events that get lost without harm, and files that go when they are old."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import SecretStr

from hrtp.errors import IngestFailed
from hrtp.lineage import Parent, observed, outbox, under
from hrtp.lineage.datasets import table, written
from hrtp.lineage.events import Work
from hrtp.lineage.names import partner_file
from hrtp.lineage.publications import in_postgres, publications
from hrtp.raw import Manifest
from hrtp.settings import Settings
from hrtp.sources import SourceConfig, load_source
from tests.lineage.spec import faults

PROJECT = Path(__file__).resolve().parents[2]
ONE = Work("w", [table("raw.a")], [written("marts.b", n_rows=3)], "MODEL")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    for name in ("OPENLINEAGE_URL", "OPENLINEAGE_CONFIG", "OPENLINEAGE_DISABLED", "OPENLINEAGE_NAMESPACE"):
        monkeypatch.delenv(name, raising=False)
    yield Settings(home=tmp_path / "home", project=PROJECT)
    # OpenLineage's client writes into the environment what it has read there
    for name in [name for name in os.environ if name.startswith("OPENLINEAGE__")]:
        del os.environ[name]


def told(settings: Settings) -> list[dict[str, Any]]:
    return [
        json.loads(line) for path in outbox.folder(settings).glob("*.jsonl") for line in path.read_text().splitlines()
    ]


def manifest(entity: str, file_name: str) -> Manifest:
    return Manifest(
        "construction",
        entity,
        "a" * 64,
        file_name,
        "full",
        "canonical",
        date(2026, 9, 30),
        datetime.now(UTC),
        1,
        "loaded",
        "t",
    )


def delivering_from(url: str) -> SourceConfig:
    source = load_source(PROJECT / "sources" / "construction.yml")
    return source.model_copy(update={"transport": source.transport.model_copy(update={"url": url})})


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sftp://county:s3cret@sftp.example.org:2222/outbox", ("sftp://sftp.example.org:2222", "/outbox/")),
        ("sftp://county@sftp.example.org/outbox/", ("sftp://sftp.example.org", "/outbox/")),
        ("s3://exports/hrtp", ("s3://exports", "hrtp/")),
        ("https://u:p@example.org/files?token=s3cret", ("https://example.org", "/files/")),
        ("sftp://${SFTP_HOST}/outbox", ("sftp://${SFTP_HOST}", "/outbox/")),
        ("${EVERYTHING}", ("hrtp", "partner.construction/")),
        ("file:/srv/inbox/construction", ("file", "/srv/inbox/construction/")),
    ],
)
def test_a_partner_s_file_is_named_by_its_place_without_user_password_or_token(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, url: str, name: tuple[str, str]
) -> None:
    monkeypatch.setenv("SFTP_HOST", "s3cret.example.org")
    monkeypatch.setenv("EVERYTHING", "sftp://u:s3cret@example.org/x")
    found = partner_file(manifest("services", "services_20260930_02.csv"), delivering_from(url), settings)
    assert found == (name[0], f"{name[1]}services_{{date}}.csv")


def test_a_workbook_of_all_tables_is_one_dataset_and_an_overridden_transport_is_the_folder(settings: Settings) -> None:
    source = delivering_from("s3://exports/hrtp")
    names = {
        partner_file(manifest(e, "Construction_20260930.XLSX"), source, settings) for e in ("services", "partners")
    }
    assert names == {("s3://exports", "hrtp/construction_{date}.xlsx")}
    elsewhere = settings.model_copy(update={"exports": Path("/srv/exports")})
    found = partner_file(manifest("services", "services_20260930.csv"), source, elsewhere)
    assert found == ("file", "/srv/exports/construction/services_{date}.csv")


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://hrtp:s3cret@db.example.org:5433/bi",
        "host=db.example.org port=5433 dbname=bi user=hrtp password=s3cret",
    ],
)
def test_a_mart_in_postgresql_is_named_by_server_and_database_without_user_or_password(
    settings: Settings, dsn: str
) -> None:
    with observed(settings, "publish_bi") as step:
        step.did(publications("postgres", {"indicator_values": 7}, in_postgres(SecretStr(dsn)), "c0ffee"))
    (event,) = [e for e in told(settings) if e["job"]["name"] == "publish.postgres.indicator_values" and e["outputs"]]
    (output,) = event["outputs"]
    (link,) = output["facets"]["symlinks"]["identifiers"]
    assert (link["namespace"], link["name"]) == ("postgres://db.example.org:5433", "bi.marts.indicator_values")
    assert output["name"] == "postgres.indicator_values"
    assert event["inputs"][0]["name"] == "marts.indicator_values"
    assert faults(event) == []
    assert "s3cret" not in json.dumps(told(settings))


def test_a_step_tells_its_start_its_work_and_its_end(settings: Settings) -> None:
    with observed(settings, "build") as step:
        assert [event["eventType"] for event in told(settings)] == ["START"]
        step.did(lambda _: [ONE])
    events = told(settings)
    assert [(e["job"]["name"], e["eventType"]) for e in events] == [
        *(("build", "START"), ("w", "START"), ("w", "COMPLETE"), ("build", "COMPLETE"))
    ]
    assert [fault for event in events for fault in faults(event)] == []
    assert events[2]["run"]["facets"]["parent"]["run"]["runId"] == events[0]["run"]["runId"]


def test_a_step_that_fails_tells_its_code_and_no_word_of_the_error(settings: Settings) -> None:
    with pytest.raises(IngestFailed), observed(settings, "ingest.x") as step:
        step.did(lambda _: [ONE])
        raise IngestFailed("participants of Maria Lopez rejected", code="NOT_CSV")
    with pytest.raises(ValueError, match="Maria"), observed(settings, "build"):
        raise ValueError("Maria Lopez")
    ends = [e for e in told(settings) if e["eventType"] == "FAIL"]
    assert [e["run"]["facets"]["errorMessage"]["message"] for e in ends] == ["NOT_CSV", "INTERNAL"]
    assert "Maria" not in json.dumps(told(settings))
    assert [e["job"]["name"] for e in told(settings)].count("w") == 2


def test_lineage_that_cannot_be_written_or_computed_is_logged_and_fails_nothing(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(_: object) -> list[Work]:
        raise KeyError("Maria Lopez")

    with observed(settings, "build") as step:
        step.did(breaks)
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR] == [
        "lineage of build is not told (KeyError)"
    ]
    assert [event["eventType"] for event in told(settings)] == ["START", "COMPLETE"]
    other = Settings(home=settings.home / "other", project=PROJECT)
    other.logs.mkdir(parents=True)
    outbox.folder(other).write_text("a file where the folder should be")
    caplog.clear()
    with observed(other, "publish") as step:
        step.did(lambda _: [ONE])
    assert [r.getMessage() for r in caplog.records] == ["lineage of publish is not told (FileExistsError)"]


def test_openlineage_s_own_switch_silences_it(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENLINEAGE_DISABLED", "true")
    with observed(settings, "build") as step:
        step.did(lambda _: [ONE])
    assert not outbox.folder(settings).exists()


def test_files_of_events_go_after_a_month_and_nothing_else_does(settings: Settings) -> None:
    place = outbox.folder(settings)
    place.mkdir(parents=True)
    today = datetime.now(UTC).date()
    old, young = ((today - timedelta(days=days)).isoformat() for days in (outbox.KEEP_DAYS + 2, outbox.KEEP_DAYS - 2))
    for name in (f"{old}.jsonl", f"{young}.jsonl", "notes.jsonl"):
        (place / name).write_text("")
    with observed(settings, "build"):
        pass
    left = {path.name for path in place.iterdir()}
    assert f"{old}.jsonl" not in left
    assert {f"{young}.jsonl", "notes.jsonl"} <= left
    assert len(left) == 3


class _Server(BaseHTTPRequestHandler):
    got: ClassVar[list[dict[str, Any]]] = []
    keys: ClassVar[set[str | None]] = set()

    def do_POST(self) -> None:
        self.keys.add(self.headers.get("Authorization"))
        self.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(201)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    _Server.got.clear()
    _Server.keys.clear()
    with HTTPServer(("127.0.0.1", 0), _Server) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_events_are_sent_to_the_server_that_openlineage_s_variables_name_and_kept_as_well(
    settings: Settings, server: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENLINEAGE_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("OPENLINEAGE_API_KEY", "an api key")
    with observed(settings, "build") as step:
        step.did(lambda _: [ONE])
    # the client adds a tag with its own version to what it sends
    assert [(e["run"]["runId"], e["eventType"]) for e in _Server.got] == [
        (e["run"]["runId"], e["eventType"]) for e in told(settings)
    ]
    assert len(_Server.got) == 4
    assert _Server.keys == {"Bearer an api key"}
    assert "an api key" not in json.dumps(told(settings))


def test_a_server_that_is_down_is_tried_once_a_batch_and_its_events_stay_in_the_file(
    settings: Settings, server: HTTPServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from openlineage.client import OpenLineageClient

    tried = []

    def refuse(self: object, event: object) -> None:
        tried.append(event)
        raise ConnectionError("http://user:s3cret@marquez.example.org")

    monkeypatch.setattr(OpenLineageClient, "emit", refuse)
    monkeypatch.setenv("OPENLINEAGE_URL", f"http://127.0.0.1:{server.server_port}")
    with observed(settings, "build") as step:
        step.did(lambda _: [ONE] * 5)
    assert len(tried) == 2
    assert len(told(settings)) == 12
    assert "11 of 11 lineage events were not sent (ConnectionError)" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_step_hangs_below_the_run_that_its_block_or_the_environment_names(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [f"0192b1c4-0000-7000-8000-00000000000{n}" for n in range(3)]
    monkeypatch.setenv("OPENLINEAGE_PARENT_ID", f"cron/nightly/{ids[0]}")
    with observed(settings, "build"):
        pass
    with under(Parent("airflow", "warehouse.publish", ids[1], "warehouse", ids[2])), observed(settings, "publish"):
        pass
    first, _, second, _ = (event["run"]["facets"]["parent"] for event in told(settings))
    assert (first["job"]["name"], first["job"]["namespace"], first["run"]["runId"]) == ("nightly", "cron", ids[0])
    assert second["root"]["job"]["name"] == "warehouse"
    assert second["root"]["run"]["runId"] == ids[2]

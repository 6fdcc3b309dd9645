"""A night in which every transport, the alerts and the heartbeat fail, with every secret setting filled in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from hrtp.settings import Settings
from hrtp.transport import TransportConfig
from tests.transport.servers import HOST, USER, SftpServer, WebServer, closed_port, make_certificate, running

PROJECT = Path(__file__).resolve().parents[2]
#: One mark a secret, so that a leak names its way out.
SECRET_SETTINGS = {
    "HRTP_PERSON_KEY": "zq-person-key-" + "0" * 40,
    "HRTP_PERSON_KEY_NEW": "zq-person-key-new-" + "1" * 40,
    "HRTP_POSTGRES_DSN": "postgresql://hrtp:zq-postgres-dsn@127.0.0.1:1/x",
    "HRTP_POSTGRES_ADMIN_DSN": "postgresql://hrtp:zq-postgres-admin-dsn@127.0.0.1:1/x",
    "HRTP_BI_PUBLISHER_PASSWORD": "zq-bi-publisher-password",
    "HRTP_BI_READER_PASSWORD": "zq-bi-reader-password",
    "HRTP_ALERT_URLS": "json://hrtp:zq-alert-urls@127.0.0.1:1/zq-alert-path",
    "HRTP_ALERT_WEBHOOK": "http://127.0.0.1:1/services/zq-webhook-path",
    "HRTP_HEARTBEAT_URL": "http://127.0.0.1:1/ping/zq-heartbeat-path",
}
SECRETS_OF_SOURCES = {
    name: f"zq-{name.lower().replace('_', '-')}"
    for name in (
        "SFTP_PASSWORD",
        "SFTP_PASSPHRASE",
        "WEB_TOKEN",
        "WEB_HEADER",
        "WEB_PASSWORD",
        "S3_KEY",
        "S3_SECRET",
        "S3_TOKEN",
    )
}
MARK = "zq-"

NIGHT = """
import logging, sys, traceback
logging.basicConfig(level=logging.INFO, stream=sys.stderr)
logging.getLogger("hrtp").setLevel(logging.DEBUG)
from hrtp.alerts import beat, tell
from hrtp.bi import publish_to_postgres, set_up
from hrtp.errors import HrtpError
from hrtp.ingest import ingest_source
from hrtp.publish import publish
from hrtp.settings import load_settings
settings = load_settings()
print(repr(settings), settings.model_dump(mode="json"))
def ways():
    for source in ("construction", "healthcare", "technology", "aerospace", "creative_economy", "ajcc_la_county"):
        yield lambda: ingest_source(source, settings, print)
    yield lambda: publish(settings)
    yield lambda: tell(settings, published=False).raise_for_failure()
    yield lambda: tell(settings, published=True).raise_for_failure()
    yield lambda: beat(settings)
    yield lambda: publish_to_postgres(settings)
    yield lambda: set_up(settings)
for way in ways():
    try:
        way()
    except HrtpError as error:
        print("REFUSED", error.code)
        traceback.print_exc()
"""


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[SftpServer, WebServer, Path]]:
    certificate = make_certificate(tmp_path / "server.pem")
    (tmp_path / "web").mkdir()
    (tmp_path / "sftp").mkdir()
    with running(SftpServer(tmp_path / "sftp")) as sftp, running(WebServer(tmp_path / "web", certificate)) as web:
        web.answers.authorization = "something else"
        yield sftp, web, certificate


def transports(sftp: SftpServer, web: WebServer, certificate: Path, folder: Path) -> dict[str, dict[str, object]]:
    """A way to fail for every scheme: refused credentials where there is a server, and nobody there."""
    known = folder / "known_hosts"
    known.write_text(sftp.known_hosts_line())
    patience = {"retries": 1, "backoff_seconds": 0.01, "timeout_seconds": 5}
    login = {"known_hosts": str(known), "password": "${SFTP_PASSWORD}", "passphrase": "${SFTP_PASSPHRASE}"} | patience
    web_options = {"ca_file": str(certificate)} | patience
    keys = {"key": "${S3_KEY}", "secret": "${S3_SECRET}", "token": "${S3_TOKEN}", "region": "us-east-1"} | patience
    header = {"header_name": "X-Api-Key", "header_value": "${WEB_HEADER}"}
    nobody = closed_port()
    return {
        "construction": {"url": f"sftp://{USER}@{HOST}:{sftp.port}/outbox", "options": login},
        "healthcare": {"url": f"sftp://{USER}@{HOST}:{nobody}/outbox", "options": login},
        "technology": {
            "url": f"https://{HOST}:{web.port}/outbox",
            "options": web_options | header | {"token": "${WEB_TOKEN}"},
        },
        "aerospace": {
            "url": f"https://{HOST}:{nobody}/outbox",
            "options": web_options | {"username": "county", "password": "${WEB_PASSWORD}"},
        },
        "creative_economy": {
            "url": "s3://bucket/outbox",
            "options": keys | {"endpoint_url": f"http://{HOST}:{nobody}", "allow_plain_http": True},
        },
        "ajcc_la_county": {"url": f"file:{folder}/nowhere", "options": {}},
    }


def test_no_secret_is_in_the_output_or_in_any_file_of_a_failing_night(
    servers: tuple[SftpServer, WebServer, Path], tmp_path: Path
) -> None:
    project = tmp_path / "project"
    shutil.copytree(PROJECT / "sources", project / "sources")
    for name in ("expectations", "seeds", "dbt_project"):
        (project / name).symlink_to(PROJECT / name)
    chosen = transports(*servers, tmp_path)
    for source, transport in chosen.items():
        path = project / "sources" / f"{source}.yml"
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"transport": transport}))
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("HRTP_", "AWS_"))}
    environment |= SECRET_SETTINGS | SECRETS_OF_SOURCES
    environment |= {
        "HRTP_HOME": str(tmp_path / "home"),
        "HRTP_PROJECT": str(project),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    done = subprocess.run(
        [sys.executable, "-c", NIGHT], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr[-2000:]
    codes = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("REFUSED")]
    assert codes[: len(chosen)] == ["AUTH", "NETWORK", "AUTH", "NETWORK", "NETWORK", "MISSING"], done.stdout
    assert codes[len(chosen)] == "PUBLISH_FAILED"
    assert codes[-2:] == ["BI_PUBLISH_FAILED"] * 2
    assert (
        sorted({word for line in (done.stdout + done.stderr).splitlines() for word in line.split() if MARK in word})
        == []
    )
    searched = 0
    for path in (tmp_path / "home").rglob("*"):
        if path.is_file():
            searched += 1
            assert MARK.encode() not in path.read_bytes(), path
    assert searched > 3


def test_every_secret_setting_is_in_this_test_and_hides_its_value() -> None:
    secret = {f"HRTP_{name.upper()}" for name, f in Settings.model_fields.items() if "Secret" in str(f.annotation)}
    assert secret == set(SECRET_SETTINGS)


def test_sftp_without_known_hosts_is_no_transport_at_all() -> None:
    with pytest.raises(ValueError, match="known_hosts"):
        TransportConfig(url="sftp://hrtp@example.org/outbox")

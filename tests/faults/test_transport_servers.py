"""T20 and T22 to T26: servers that refuse, cut, fall silent or are somebody else; all of them real, on loopback."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from hrtp.ingest import IngestResult
from tests.faults.bad_bytes import deliveries
from tests.faults.bad_bytes.rows import participant, participants_csv, service, services_csv
from tests.faults.world import FAULTY, World
from tests.transport.servers import HOST, USER, CuttingProxy, WebServer, closed_port, make_certificate, running
from tests.transport.test_transport_s3 import EVERYTHING, READING_ONLY, guarded, user_with
from tests.transport.world import World as Remote

__all__ = ["guarded"]

NEW = "services_20260920.csv"
PEOPLE = "participants_20260920.csv"


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The environment in which a deployment keeps its credentials."""
    yield monkeypatch


def pull(world: World, remote: Remote, secrets: pytest.MonkeyPatch, **options: object) -> IngestResult:
    """One night's ingest from ``remote``; every credential is watched for in whatever is said."""
    for name, value in remote.environ.items():
        secrets.setenv(name, value)
        world.secret(value)
    return world.ingest_from(remote.url, remote.options | options)


def nothing_came(world: World, result: IngestResult, code: str) -> None:
    """The ingest fails with ``code``, a person is told, nothing is landed, and the last good data stays."""
    assert result.transport_error is not None
    assert (result.transport_error.code, result.new) == (code, [])
    assert result.state == "rejected"
    assert world.last_good_stands()
    assert world.last_good_stands("participants")
    assert sum(1 for p in (world.settings.landing / FAULTY).iterdir() if len(p.name) == 64) == 2
    incoming = world.settings.landing / FAULTY / ".incoming"
    assert not incoming.exists() or not list(incoming.iterdir())
    assert code in world.alerts()


def test_T20_file_that_we_may_not_read(world: World, sftp_world: Remote, secrets: pytest.MonkeyPatch) -> None:
    sftp_world.put(NEW, services_csv(service(7)).encode())
    sftp_world.put(PEOPLE, participants_csv(participant(7)).encode())
    world.deliver(services_csv(service(7)).encode(), landed=False)
    world.deliver(participants_csv(participant(7)).encode())
    sftp_world.server.denied.add(f"{sftp_world.root.name}/{NEW}")
    result = pull(world, sftp_world, secrets)
    assert (result.not_fetched, result.state) == (["DENIED"], "rejected")
    assert world.counts(PEOPLE) == (7, 7, 0, 0, 0)
    assert world.last_good_stands()
    assert "DENIED" in world.alerts()
    sftp_world.server.denied.clear()
    world.deliver(services_csv(service(7)).encode())
    assert pull(world, sftp_world, secrets).state == "ok"
    assert "DENIED" not in world.alerts()


def test_T22_connection_drops_in_the_middle(world: World, sftp_world: Remote, secrets: pytest.MonkeyPatch) -> None:
    whole = deliveries.large_export()
    sftp_world.put(NEW, whole)
    world.deliver(whole)
    known_hosts = Path(sftp_world.options["known_hosts"])
    landing = world.settings.landing / FAULTY
    before = {path.name for path in landing.iterdir()}

    def through(proxy: CuttingProxy, retries: int) -> IngestResult:
        known_hosts.write_text(sftp_world.server.known_hosts_line(proxy.port))
        sftp_world.url = f"sftp://{USER}@{HOST}:{proxy.port}/{sftp_world.root.name}"
        return pull(world, sftp_world, secrets, retries=retries)

    always = CuttingProxy(sftp_world.port, cuts=99, after_bytes=2**18)
    result = through(always, retries=2)
    always.close()
    assert always.cuts == 3
    nothing_came(world, result, "NETWORK")
    assert "3 tries" in result.transport_error.detail
    assert {path.name for path in landing.iterdir()} - before <= {".incoming", ".batches", "batches"}

    twice = CuttingProxy(sftp_world.port, cuts=2, after_bytes=2**18)
    assert through(twice, retries=2).state == "ok"
    twice.close()
    assert twice.cuts == 2
    assert world.counts(NEW) == (7, 7, 0, 0, 0)
    assert world.manifest(NEW).warnings == {"SCHEMA_DRIFT:column 6": 1}
    assert "NETWORK" not in world.alerts()


def test_T23_changed_host_key(world: World, sftp_world: Remote, secrets: pytest.MonkeyPatch) -> None:
    sftp_world.put(NEW, services_csv(service(7)).encode())
    world.deliver(services_csv(service(7)).encode(), landed=False)
    known_hosts = Path(sftp_world.options["known_hosts"])
    known = known_hosts.read_text()
    sftp_world.server.change_host_key()
    for _ in range(2):
        nothing_came(world, pull(world, sftp_world, secrets), "SECURITY")
    # it was told no password, asked once a night, and its key was not taken over
    assert sftp_world.server.passwords_tried == []
    assert sftp_world.server.connections == 2
    assert known_hosts.read_text() == known
    # a person writes the new key down, and the night goes on
    known_hosts.write_text(sftp_world.server.known_hosts_line())
    world.deliver(services_csv(service(7)).encode())
    assert pull(world, sftp_world, secrets).state == "ok"
    assert world.counts(NEW) == (7, 7, 0, 0, 0)


def test_T24_expired_password_key_and_certificate(
    world: World, sftp_world: Remote, guarded: Remote, secrets: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    content = services_csv(service(7)).encode()
    world.deliver(content, landed=False)
    sftp_world.put(NEW, content)
    # the password was changed at the partner's: one try, so that no account is locked
    sftp_world.environ = {"SFTP_PASSWORD": "the one of last year"}
    nothing_came(world, pull(world, sftp_world, secrets), "AUTH")
    assert sftp_world.server.passwords_tried == ["the one of last year"]
    # the key was taken out of the partner's list
    key = asyncssh.generate_private_key("ssh-ed25519")
    sftp_world.environ = {"SFTP_KEY": key.export_private_key().decode()}
    only_key = {"known_hosts": sftp_world.options["known_hosts"], "private_key": "${SFTP_KEY}"}
    sftp_world.options = only_key
    sftp_world.server.connections = 0
    nothing_came(world, pull(world, sftp_world, secrets), "AUTH")
    assert sftp_world.server.connections == 1
    # the access key of the bucket is no longer known
    guarded.environ = user_with(guarded, EVERYTHING) | {"S3_KEY": "AKIAOFLASTYEAR"}
    nothing_came(world, pull(world, guarded, secrets), "AUTH")
    # the certificate of the web server ended yesterday: nothing is asked of it
    ended = make_certificate(tmp_path / "ended.pem", last_day=-1)
    folder = tmp_path / "web"
    (folder / "outbox").mkdir(parents=True)
    (folder / "outbox" / NEW).write_bytes(content)
    with running(WebServer(folder, ended)) as server:
        result = world.ingest_from(f"https://{HOST}:{server.port}/outbox", {"ca_file": str(ended)})
        assert server.answers.requests == []
    nothing_came(world, result, "SECURITY")


def test_T25_no_such_name_silence_and_throttling(world: World, tmp_path: Path, certificate: Path) -> None:
    folder = tmp_path / "web"
    (folder / "outbox").mkdir(parents=True)
    (folder / "outbox" / NEW).write_bytes(services_csv(service(7)).encode())
    world.deliver(services_csv(service(7)).encode())
    tries = {"retries": 2, "ca_file": str(certificate)}
    result = world.ingest_from("https://outbox.invalid/x", tries)
    nothing_came(world, result, "NETWORK")
    assert "3 tries" in result.transport_error.detail
    nothing_came(world, world.ingest_from(f"https://{HOST}:{closed_port()}/x", tries), "NETWORK")
    with deliveries.silent_server() as listener:
        accepted: list[object] = []

        def accept() -> None:
            while True:
                try:
                    accepted.append(listener.accept())
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        url = f"https://{HOST}:{listener.getsockname()[1]}/x"
        nothing_came(world, world.ingest_from(url, tries | {"timeout_seconds": 0.3}), "NETWORK")
        assert len(accepted) == 3
    with running(WebServer(folder, certificate)) as server:
        url = f"https://{HOST}:{server.port}/outbox"
        for status in (429, 503):
            server.answers.requests.clear()
            server.answers.status["/outbox/"] = status
            nothing_came(world, world.ingest_from(url, tries), "NETWORK")
            assert server.answers.requests == [("GET", "/outbox/")] * 3
        # while this partner's server is like that, the other partner's night is as ever
        world.check_bystander()
        server.answers.status.clear()
        assert world.ingest_from(url, tries).state == "ok"
    assert world.counts(NEW) == (7, 7, 0, 0, 0)


def test_T26_listing_that_we_may_no_longer_see(
    world: World, guarded: Remote, sftp_world: Remote, secrets: pytest.MonkeyPatch
) -> None:
    content = services_csv(service(7)).encode()
    world.deliver(content, landed=False)
    sftp_world.put(NEW, content)
    guarded.environ = user_with(guarded, READING_ONLY)
    nothing_came(world, pull(world, guarded, secrets), "LISTING_DENIED")
    sftp_world.server.denied.add(sftp_world.root.name)
    nothing_came(world, pull(world, sftp_world, secrets), "LISTING_DENIED")
    # an empty folder is something else: nothing came, and nothing is wrong
    sftp_world.server.denied.clear()
    (sftp_world.root / NEW).unlink()
    result = pull(world, sftp_world, secrets)
    assert (result.state, result.transport_error, result.new) == ("ok", None, [])
    assert "LISTING_DENIED" not in world.alerts()
    shutil.rmtree(sftp_world.root)
    nothing_came(world, pull(world, sftp_world, secrets), "MISSING")

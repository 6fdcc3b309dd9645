"""SFTP: the server proves itself before anything of ours is sent (FAULTS T23, T24)."""

from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from hrtp.errors import TransportError
from hrtp.transport import TransportConfig, open_transport
from tests.transport.servers import PASSWORD
from tests.transport.world import World


@pytest.fixture
def delivered(sftp_world: World) -> Iterator[World]:
    """A server that holds one file."""
    sftp_world.put("participants_20260930.csv", b"x")
    yield sftp_world
    for transport in sftp_world.opened:
        transport.close()


def test_a_changed_host_key_stops_everything_and_the_password_stays_home(delivered: World, tmp_path: Path) -> None:
    transport = delivered.open()
    [file] = transport.list()
    transport.close()
    delivered.server.passwords_tried.clear()
    delivered.server.connections = 0
    delivered.server.change_host_key()
    for attempt in (transport.list, lambda: transport.download(file, tmp_path / "landed")):
        with pytest.raises(TransportError) as caught:
            attempt()
        assert caught.value.code == "SECURITY"
    assert delivered.server.passwords_tried == []
    assert delivered.server.connections == 2
    assert list(tmp_path.glob("landed*")) == []


@pytest.mark.parametrize("kind", ["another host", "empty", "no such file", "garbage", "revoked"])
def test_a_server_that_known_hosts_does_not_name_is_not_talked_to(delivered: World, kind: str) -> None:
    known_hosts = Path(delivered.options["known_hosts"])
    line = known_hosts.read_text()
    if kind == "no such file":
        known_hosts.unlink()
    else:
        texts = {
            "another host": line.replace("127.0.0.1", "sftp.example.org"),
            "empty": "",
            "garbage": "\x00\x01 not a key\n",
            "revoked": f"{line}@revoked {line}",
        }
        known_hosts.write_text(texts[kind])
    with pytest.raises(TransportError) as caught:
        delivered.open().list()
    assert caught.value.code == "SECURITY"
    assert delivered.server.passwords_tried == []


def test_known_hosts_may_not_be_left_out(delivered: World) -> None:
    with pytest.raises(ValueError, match="known_hosts"):
        TransportConfig(url=delivered.url, options={"password": "${SFTP_PASSWORD}"})
    by_variable = TransportConfig(url="${URL}", options={"password": "${SFTP_PASSWORD}"})
    with pytest.raises(TransportError, match="known_hosts"):
        open_transport(by_variable, {"URL": delivered.url, "SFTP_PASSWORD": PASSWORD})


def test_a_wrong_password_is_tried_once(delivered: World) -> None:
    with pytest.raises(TransportError) as caught:
        delivered.open(environ={"SFTP_PASSWORD": "of last year"}).list()
    assert caught.value.code == "AUTH"
    assert delivered.server.passwords_tried == ["of last year"]
    assert delivered.server.connections == 1


@pytest.mark.parametrize("passphrase", [None, "opens the key"])
@pytest.mark.parametrize("option", ["private_key", "private_key_file"])
def test_a_private_key_logs_in(delivered: World, tmp_path: Path, option: str, passphrase: str | None) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    delivered.server.authorized.add(key.get_fingerprint())
    text = key.export_private_key("pkcs8-pem", passphrase).decode()
    (tmp_path / "key").write_text(text)
    options = {"known_hosts": delivered.options["known_hosts"], option: "${KEY}"}
    environ = {"KEY": text if option == "private_key" else str(tmp_path / "key")}
    if passphrase:
        options["passphrase"] = "${PASSPHRASE}"
        environ["PASSPHRASE"] = passphrase
    with open_transport(TransportConfig(url=delivered.url, options=options), environ) as transport:
        assert [file.name for file in transport.list()] == ["participants_20260930.csv"]
    assert delivered.server.passwords_tried == []


def test_a_key_that_the_server_no_longer_accepts_is_tried_once(delivered: World) -> None:
    text = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    options = {"known_hosts": delivered.options["known_hosts"], "private_key": "${KEY}"}
    with pytest.raises(TransportError) as caught:
        open_transport(TransportConfig(url=delivered.url, options=options), {"KEY": text}).list()
    assert caught.value.code == "AUTH"
    assert delivered.server.connections == 1


@pytest.mark.parametrize("key", ["no key at all", ""])
def test_a_key_that_cannot_be_read_never_reaches_the_server(delivered: World, tmp_path: Path, key: str) -> None:
    (tmp_path / "key").write_text(key)
    options = {"known_hosts": delivered.options["known_hosts"], "private_key_file": str(tmp_path / "key")}
    with pytest.raises(TransportError) as caught:
        open_transport(TransportConfig(url=delivered.url, options=options), {}).list()
    assert caught.value.code == "AUTH"
    assert delivered.server.connections == 0


def test_a_folder_that_may_not_be_listed_is_not_an_empty_one(delivered: World) -> None:
    assert delivered.root is not None
    delivered.server.denied.add(delivered.root.name)
    with pytest.raises(TransportError) as caught:
        delivered.open().list()
    assert caught.value.code == "LISTING_DENIED"
    assert delivered.server.connections == 1


def test_a_file_that_may_not_be_read_is_denied(delivered: World, tmp_path: Path) -> None:
    assert delivered.root is not None
    delivered.server.denied.add(f"{delivered.root.name}/participants_20260930.csv")
    transport = delivered.open()
    [file] = transport.list()
    with pytest.raises(TransportError) as caught:
        transport.download(file, tmp_path / "landed")
    assert caught.value.code == "DENIED"


def test_links_at_the_partner_are_refused_and_folders_left_alone(delivered: World, tmp_path: Path) -> None:
    assert delivered.root is not None
    (delivered.root / "link.csv").symlink_to("participants_20260930.csv")
    (delivered.root / "processed").mkdir()
    transport = delivered.open()
    assert [file.name for file in transport.list()] == ["participants_20260930.csv"]
    assert [(item.name, item.code) for item in transport.refused] == [("link.csv", "NOT_REGULAR_FILE")]
    assert transport.ignored == 1


def test_one_connection_serves_a_whole_night(delivered: World, tmp_path: Path) -> None:
    for number in range(12):
        delivered.put(f"entity{number}_20260930.csv", b"x" * number)
    transport = delivered.open()
    for file in transport.list():
        transport.download(file, tmp_path / file.name)
    assert delivered.server.connections == 1

"""Feedback arrives at the partner's folder, on real servers: once, whole, or not at all."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from hrtp.errors import SourceConfigError, TransportError
from hrtp.feedback import deliver_feedback
from hrtp.settings import load_settings
from hrtp.sources import load_sources
from hrtp.transport import Outbox, TransportConfig, open_outbox
from tests.feedback.desk import Desk, good, services
from tests.transport.servers import HOST, CuttingProxy, closed_port
from tests.transport.world import FAST, World

BIG = bytes(range(256)) * 4096 * 6


class CuttingUploads(CuttingProxy):
    """Cuts what the client sends instead of what the server answers."""

    def _pass(self, source: socket.socket, target: socket.socket, is_answer: bool) -> None:
        super()._pass(source, target, not is_answer)
        # a reset, so that a client in the middle of sending does not wait for a window that never opens
        for end in (source, target):
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.close()


@pytest.fixture(params=["folder", "sftp", "s3"])
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Each place that can take a file, empty."""
    found: World = request.getfixturevalue(f"{request.param}_world")
    for name, value in found.environ.items():
        monkeypatch.setenv(name, value)
    yield found


@pytest.fixture(params=["sftp", "s3"])
def remote(request: pytest.FixtureRequest) -> World:
    """Those behind a network."""
    found: World = request.getfixturevalue(f"{request.param}_world")
    return found


def there(world: World) -> dict[str, bytes]:
    """What lies in the partner's folder, hidden files included."""
    if world.root is not None:
        return {path.name: path.read_bytes() for path in world.root.iterdir()}
    found = world.bucket.objects.filter(Prefix="outbox/")
    return {item.key.removeprefix("outbox/"): item.get()["Body"].read() for item in found}


def config(world: World, port: int | None = None, **options: Any) -> TransportConfig:
    """The YAML's block, by way of a proxy where a port is given."""
    more, url = dict(world.options), world.url
    if port is not None and world.scheme == "sftp":
        known = Path(more["known_hosts"]).with_name(f"known_hosts_{port}")
        known.write_text(world.server.known_hosts_line(port))
        more["known_hosts"], url = str(known), url.replace(str(world.port), str(port))
    if port is not None and world.scheme == "s3":
        more["endpoint_url"] = f"http://{HOST}:{port}"
    return TransportConfig(url=url, options={**FAST, **more, **options})


def outbox(world: World, port: int | None = None, **options: Any) -> Outbox:
    return open_outbox(config(world, port, **options), world.environ)


def desk_of(tmp_path: Path, place: TransportConfig) -> Desk:
    """A deployment whose construction source gets feedback, with one faulty file taken in."""
    desk = Desk(tmp_path, construction={"feedback": place.model_dump()})
    desk.drop("services_20260930.csv", services(*good(30), "SX,P1,yacht,2026-05-01,1"))
    desk.night()
    # from here on the partners' own folders count
    desk.settings = load_settings(home=desk.settings.home, project=desk.settings.project)
    return desk


def test_feedback_arrives_once_and_again_only_when_it_changed(world: World, tmp_path: Path) -> None:
    desk = desk_of(tmp_path, config(world))
    assert deliver_feedback("construction", desk.settings) == 3
    assert there(world) == desk.files()
    assert deliver_feedback("construction", desk.settings) == 0
    world_before = there(world)
    overview = desk.settings.feedback / "construction" / "feedback_overview.csv"
    overview.write_bytes(b"changed")
    assert deliver_feedback("construction", desk.settings) == 1
    assert there(world) == world_before | {"feedback_overview.csv": b"changed"}


def test_a_source_that_wants_no_feedback_gets_none(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.drop("services_20260930.csv", "<html>")
    desk.night()
    assert deliver_feedback("construction", desk.settings) == 0


def test_a_rehearsal_with_exports_from_elsewhere_is_told_to_nobody(folder_world: World, tmp_path: Path) -> None:
    place = TransportConfig(url=f"file:{folder_world.root}")
    desk = desk_of(tmp_path, place)
    rehearsal = load_settings(home=desk.settings.home, project=desk.settings.project, exports=desk.exports)
    assert deliver_feedback("construction", rehearsal) == 0
    assert there(folder_world) == {}


def test_another_place_gets_everything_that_the_first_one_has(folder_world: World, tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    desk = desk_of(tmp_path, TransportConfig(url=f"file:{folder_world.root}"))
    assert deliver_feedback("construction", desk.settings) == 3
    path = desk.settings.project / "sources" / "construction.yml"
    path.write_text(path.read_text().replace(str(folder_world.root), str(tmp_path / "second")))
    assert deliver_feedback("construction", desk.settings) == 3
    assert {p.name for p in (tmp_path / "second").iterdir()} == set(there(folder_world))


def test_an_upload_that_is_cut_once_is_tried_again_and_arrives_whole(remote: World) -> None:
    with closing(CuttingUploads(remote.port, cuts=1, after_bytes=2**20)) as proxy, outbox(remote, proxy.port) as box:
        box.put("f_feedback.csv", BIG)
        assert proxy.cuts == 1
    assert there(remote) == {"f_feedback.csv": BIG}


def test_an_upload_that_stays_cut_leaves_no_half_file_under_the_final_name(remote: World) -> None:
    outbox(remote).put("f_feedback.csv", b"the old one")
    with closing(CuttingUploads(remote.port, cuts=9, after_bytes=2**20)) as proxy:
        with outbox(remote, proxy.port, retries=1) as box, pytest.raises(TransportError) as caught:
            box.put("f_feedback.csv", BIG)
        assert caught.value.code == "NETWORK"
        # two tries of ours; an HTTP client may send a PUT once more by itself
        assert proxy.cuts >= 2
    assert there(remote)["f_feedback.csv"] == b"the old one"
    assert set(there(remote)) <= {"f_feedback.csv", ".f_feedback.csv.part"}
    with outbox(remote) as box:
        box.put("f_feedback.csv", BIG)
    assert there(remote) == {"f_feedback.csv": BIG}


def test_a_place_that_is_down_is_an_error_and_everything_waits_for_the_next_run(
    remote: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in remote.environ.items():
        monkeypatch.setenv(name, value)
    port = closed_port()
    desk = desk_of(tmp_path, config(remote, port, retries=0))
    with pytest.raises(TransportError) as caught:
        deliver_feedback("construction", desk.settings)
    assert caught.value.code == "NETWORK"
    with closing(CuttingUploads(remote.port, cuts=0, after_bytes=0)) as proxy:
        path = desk.settings.project / "sources" / "construction.yml"
        again = config(remote, proxy.port).model_dump()
        desk_yaml = path.read_text().replace(str(port), str(proxy.port))
        path.write_text(desk_yaml)
        assert again["url"] in desk_yaml or remote.scheme == "s3"
        assert deliver_feedback("construction", desk.settings) == 3
    assert there(remote) == desk.files()


def test_a_delivery_that_breaks_in_the_middle_goes_on_where_it_was(tmp_path: Path, folder_world: World) -> None:
    desk = desk_of(tmp_path, TransportConfig(url=f"file:{folder_world.root}"))
    assert folder_world.root is not None
    blocked = folder_world.root / "feedback_overview.csv"
    blocked.mkdir()
    with pytest.raises(TransportError):
        deliver_feedback("construction", desk.settings)
    assert len(there_files(folder_world.root)) == 2
    blocked.rmdir()
    assert deliver_feedback("construction", desk.settings) == 1
    assert there(folder_world) == desk.files()


def there_files(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir() if path.is_file() and not path.name.startswith("."))


def test_a_folder_that_is_not_there_is_missing_and_is_not_made(world: World) -> None:
    url = world.url.replace("s3://", "s3://no-such-bucket-") if world.scheme == "s3" else world.url + "/gone"
    gone = TransportConfig(url=url, options={**FAST, **world.options})
    with open_outbox(gone, world.environ) as box, pytest.raises(TransportError) as caught:
        box.put("f.csv", b"x")
    assert caught.value.code == "MISSING"
    assert "no such folder to write to" in caught.value.detail
    assert there(world) == {}


def test_a_server_that_does_not_let_us_write_says_so_at_once(sftp_world: World) -> None:
    assert sftp_world.root is not None
    sftp_world.server.denied.add(f"{sftp_world.root.name}/.f.csv.part")
    with outbox(sftp_world) as box, pytest.raises(TransportError) as caught:
        box.put("f.csv", b"x")
    assert caught.value.code == "DENIED"
    assert "we may not write there" in caught.value.detail
    assert sftp_world.server.connections == 1


def test_a_link_planted_in_a_folder_is_replaced_and_never_followed(folder_world: World, tmp_path: Path) -> None:
    assert folder_world.root is not None
    target = tmp_path / "elsewhere"
    target.write_bytes(b"precious")
    (folder_world.root / "f.csv").symlink_to(target)
    (folder_world.root / ".f.csv.part").symlink_to(target)
    with outbox(folder_world) as box:
        box.put("f.csv", b"feedback")
    assert target.read_bytes() == b"precious"
    assert there(folder_world) == {"f.csv": b"feedback"}


def test_a_name_that_leaves_the_folder_is_refused(world: World) -> None:
    with outbox(world) as box, pytest.raises(TransportError) as caught:
        box.put("../f.csv", b"x")
    assert caught.value.code == "BAD_NAME"


def test_a_web_server_cannot_take_feedback(tmp_path: Path, web_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path, construction={"feedback": {"url": "https://partner.example.org/in"}})
    with pytest.raises(SourceConfigError, match="feedback cannot be put on a web server"):
        load_sources(desk.settings.project)
    monkeypatch.setenv("PLACE", web_world.url)
    late = TransportConfig(url="${PLACE}", options=web_world.options)
    with open_outbox(late) as box, pytest.raises(TransportError, match="cannot be put on a web server") as caught:
        box.put("f.csv", b"x")
    assert caught.value.code == "SETTING"


def test_feedback_among_the_exports_is_refused(tmp_path: Path) -> None:
    desk = Desk(tmp_path, construction={"feedback": {"url": "file:${HRTP_INBOX}/construction/"}})
    with pytest.raises(SourceConfigError, match="folder of its own"):
        load_sources(desk.settings.project)


def test_where_feedback_goes_does_not_have_rejected_files_judged_again(tmp_path: Path, folder_world: World) -> None:
    desk = Desk(tmp_path)
    desk.drop("services_20260930.csv", "<html>")
    assert len(desk.ingest().new) == 1
    (tmp_path / "b").mkdir()
    other = Desk(tmp_path / "b", construction={"feedback": {"url": f"file:{folder_world.root}"}})
    other.settings = other.settings.model_copy(update={"home": desk.settings.home, "exports": desk.exports})
    assert other.ingest().new == []

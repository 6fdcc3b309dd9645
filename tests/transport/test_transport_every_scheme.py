"""What holds for a folder, SFTP, S3 and HTTPS alike."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hrtp.errors import TransportError
from tests.transport.servers import CuttingProxy, closed_port
from tests.transport.world import World

PARTICIPANTS = b"participant_id,first_name\r\n1,Zo\xc3\xab\r\n"
DELIVERED = {
    "participants_20260930.csv": PARTICIPANTS,
    "Participants (1).CSV": PARTICIPANTS,
    "100% of #1 & più.csv": b"\x00\xff" * 5000,
    "empty_20260930.csv": b"",
}
BIG_BYTES = 30 * 2**20


def test_the_same_files_come_with_the_same_names_and_bytes(world: World, tmp_path: Path) -> None:
    for name, content in DELIVERED.items():
        world.put(name, content)
    transport = world.open()

    files = transport.list()
    for number, file in enumerate(files):
        transport.download(file, tmp_path / f"{number}.landed")

    assert [(file.name, file.size) for file in files] == sorted((n, len(c)) for n, c in DELIVERED.items())
    landed = {file.name: (tmp_path / f"{number}.landed").read_bytes() for number, file in enumerate(files)}
    assert landed == DELIVERED
    assert not list(tmp_path.glob("*.part"))


def test_a_second_listing_sees_the_same_file_unless_it_changed(world: World) -> None:
    world.put("participants_20260930.csv", PARTICIPANTS)
    first = world.open().list()
    assert world.open().list() == first
    world.put("participants_20260930.csv", PARTICIPANTS.replace(b"1", b"2"), modified_at=1_790_000_100)
    assert not world.open().list()[0].is_unchanged(first[0])


def test_leftovers_of_editors_and_uploads_are_counted_and_not_taken(world: World) -> None:
    for name in ("~$roster.xlsx", "Thumbs.db", "participants.csv.part", "upload.tmp", "good.csv"):
        world.put(name, b"x")
    transport = world.open()
    assert [file.name for file in transport.list()] == ["good.csv"]
    assert transport.ignored == 4
    assert transport.refused == ()


def test_an_empty_folder_is_an_empty_list_and_no_error(world: World) -> None:
    assert world.open().list() == []


def test_a_missing_folder_is_an_error_and_not_an_empty_list(world: World) -> None:
    url = world.url.replace("s3://", "s3://no-such-bucket-") if world.scheme == "s3" else world.url + "/gone"
    with pytest.raises(TransportError) as caught:
        world.open(url=url).list()
    assert caught.value.code == "MISSING"


@pytest.mark.parametrize("content", [PARTICIPANTS + b"more", PARTICIPANTS.replace(b"1", b"2"), b"short"])
def test_a_file_that_changes_after_the_listing_is_left_for_the_next_run(
    world: World, tmp_path: Path, content: bytes
) -> None:
    world.put("participants_20260930.csv", PARTICIPANTS)
    transport = world.open()
    [file] = transport.list()
    world.put("participants_20260930.csv", content, modified_at=1_790_000_100)
    with pytest.raises(TransportError) as caught:
        transport.download(file, tmp_path / "landed")
    assert caught.value.code == "UNSTABLE"
    assert list(tmp_path.glob("landed*")) == []


def test_a_file_that_vanishes_after_the_listing_is_missing(world: World, tmp_path: Path) -> None:
    world.put("participants_20260930.csv", PARTICIPANTS)
    transport = world.open()
    [file] = transport.list()
    if world.root is not None:
        (world.root / file.name).unlink()
    else:
        world.bucket.Object(f"outbox/{file.name}").delete()
    with pytest.raises(TransportError) as caught:
        transport.download(file, tmp_path / "landed")
    assert caught.value.code == "MISSING"
    assert list(tmp_path.glob("landed*")) == []


def test_a_transfer_cut_twice_is_begun_again_and_comes_out_whole(remote_world: World, tmp_path: Path) -> None:
    content = os.urandom(3 * 2**20)
    remote_world.put("participants_20260930.csv", content)
    proxy = CuttingProxy(remote_world.port, cuts=2, after_bytes=2**20)
    transport = remote_world.through(proxy.port)
    landed = tmp_path / "landed.csv"
    seen_at_cut: list[bool] = []
    proxy.on_cut = lambda: seen_at_cut.append(landed.exists())

    [file] = transport.list()
    transport.download(file, landed)
    proxy.close()

    assert proxy.cuts == 2
    assert seen_at_cut == [False, False]
    assert landed.read_bytes() == content
    assert not list(tmp_path.glob("*.part"))


def test_a_transfer_cut_each_time_ends_after_the_tries_it_was_given(remote_world: World, tmp_path: Path) -> None:
    remote_world.put("participants_20260930.csv", os.urandom(2**20))
    remote_world.options["retries"] = 2
    proxy = CuttingProxy(remote_world.port, cuts=99, after_bytes=2**18)
    transport = remote_world.through(proxy.port)
    [file] = transport.list()
    with pytest.raises(TransportError, match="3 tries") as caught:
        transport.download(file, tmp_path / "landed.csv")
    proxy.close()
    assert caught.value.code == "NETWORK"
    assert proxy.cuts == 3
    assert list(tmp_path.glob("landed*")) == []


def test_an_old_part_file_is_overwritten_and_an_old_copy_replaced(world: World, tmp_path: Path) -> None:
    world.put("participants_20260930.csv", PARTICIPANTS)
    (tmp_path / "landed.csv").write_bytes(b"of yesterday")
    (tmp_path / "landed.csv.part").write_bytes(b"x" * 10_000)
    transport = world.open()
    transport.download(transport.list()[0], tmp_path / "landed.csv")
    assert (tmp_path / "landed.csv").read_bytes() == PARTICIPANTS
    assert not (tmp_path / "landed.csv.part").exists()


def test_a_server_that_is_down_is_tried_as_often_as_told(remote_world: World, caplog: pytest.LogCaptureFixture) -> None:
    remote_world.options["retries"] = 2
    with (
        caplog.at_level("INFO", logger="hrtp.transport.client"),
        pytest.raises(TransportError, match="3 tries") as caught,
    ):
        remote_world.through(closed_port()).list()
    assert caught.value.code == "NETWORK"
    assert [record.name for record in caplog.records].count("hrtp.transport.client") == 3


def test_a_thirty_megabyte_file_streams(world: World, tmp_path: Path) -> None:
    """Another process downloads it, and counts the bytes that Python held at the worst moment."""
    world.put("big.csv", b"0123456789abcdef" * (BIG_BYTES // 16))
    program = """
import json, sys, tracemalloc
from pathlib import Path
from hrtp.transport import TransportConfig, open_transport
url, options, environ, to = json.loads(sys.stdin.read())
transport = open_transport(TransportConfig(url=url, options=options), environ)
[file] = transport.list()
tracemalloc.start()
transport.download(file, Path(to))
print(tracemalloc.get_traced_memory()[1])
"""
    landed = tmp_path / "landed.csv"
    told = json.dumps([world.url, world.options, dict(world.environ), str(landed)])
    run = subprocess.run(
        [sys.executable, "-c", program], input=told, capture_output=True, text=True, check=True, timeout=60
    )
    assert landed.stat().st_size == BIG_BYTES
    # S3 comes in blocks of 2 MiB, some of which are held twice; the others take a megabyte at a time
    assert int(run.stdout) < BIG_BYTES / 2

"""Folders: only plain files that nobody can swap under our hands (FAULTS T05, T18-T21)."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hrtp.errors import TransportError
from hrtp.transport import RemoteFile, TransportConfig, open_transport
from tests.transport.world import World

NOBODY = 65534


@contextmanager
def as_somebody_else() -> Iterator[None]:
    """Root may read everything: give that up for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_inbox() -> Iterator[Path]:
    """A folder that everybody can reach, as pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        inbox = Path(name)
        inbox.chmod(0o755)
        (inbox / "a.csv").write_bytes(b"a")
        yield inbox
        inbox.chmod(0o755)


@pytest.mark.parametrize("kind", ["symlink", "dangling symlink", "symlinked folder", "pipe", "hard link"])
def test_what_is_no_plain_file_is_refused_by_name_and_the_rest_comes(
    folder_world: World, tmp_path: Path, kind: str
) -> None:
    assert folder_world.root is not None
    folder_world.put("good.csv", b"good")
    secret = tmp_path / "shadow"
    secret.write_bytes(b"root")
    odd = folder_world.root / "participants_20260930.csv"
    if kind == "symlink":
        odd.symlink_to(secret)
    elif kind == "dangling symlink":
        odd.symlink_to(tmp_path / "nowhere")
    elif kind == "symlinked folder":
        odd.symlink_to(tmp_path)
    elif kind == "pipe":
        os.mkfifo(odd)
    else:
        odd.hardlink_to(secret)
    transport = folder_world.open()

    assert [file.name for file in transport.list()] == ["good.csv"]
    assert [(item.name, item.code) for item in transport.refused] == [(odd.name, "NOT_REGULAR_FILE")]
    with pytest.raises(TransportError, match="NOT_REGULAR_FILE"):
        transport.download(RemoteFile(odd.name, 4), tmp_path / "landed")
    assert not (tmp_path / "landed").exists()


@pytest.mark.parametrize("kind", ["symlink", "pipe"])
def test_a_file_swapped_for_something_else_after_the_listing_is_not_followed(
    folder_world: World, tmp_path: Path, kind: str
) -> None:
    assert folder_world.root is not None
    folder_world.put("good.csv", b"good")
    transport = folder_world.open()
    [file] = transport.list()
    path = folder_world.root / "good.csv"
    path.unlink()
    if kind == "symlink":
        (tmp_path / "shadow").write_bytes(b"root")
        path.symlink_to(tmp_path / "shadow")
    else:
        os.mkfifo(path)
    with pytest.raises(TransportError) as caught:
        transport.download(file, tmp_path / "landed")
    assert caught.value.code == "NOT_REGULAR_FILE"
    assert list(tmp_path.glob("landed*")) == []


def test_a_link_planted_where_our_copy_goes_is_not_written_through(folder_world: World, tmp_path: Path) -> None:
    folder_world.put("good.csv", b"good")
    precious = tmp_path / "precious"
    precious.write_bytes(b"untouched")
    (tmp_path / "landed.part").symlink_to(precious)
    transport = folder_world.open()
    with pytest.raises(TransportError) as caught:
        transport.download(transport.list()[0], tmp_path / "landed")
    assert caught.value.code == "LOCAL_DISK"
    assert precious.read_bytes() == b"untouched"


def test_a_copy_is_readable_by_its_owner_alone(folder_world: World, tmp_path: Path) -> None:
    folder_world.put("good.csv", b"good")
    transport = folder_world.open()
    transport.download(transport.list()[0], tmp_path / "landed")
    assert (tmp_path / "landed").stat().st_mode & 0o777 == 0o600


def test_a_target_that_cannot_be_written_is_our_fault_and_is_not_tried_again(
    folder_world: World, tmp_path: Path
) -> None:
    folder_world.put("good.csv", b"good")
    transport = folder_world.open()
    with pytest.raises(TransportError, match="No such file or directory") as caught:
        transport.download(transport.list()[0], tmp_path / "no" / "landed")
    assert caught.value.code == "LOCAL_DISK"


def test_a_folder_that_may_not_be_listed_is_not_an_empty_one(open_inbox: Path) -> None:
    open_inbox.chmod(0o311)
    with as_somebody_else(), pytest.raises(TransportError) as caught:
        open_transport(TransportConfig(url=f"file:{open_inbox}")).list()
    assert caught.value.code == "LISTING_DENIED"


def test_a_file_that_may_not_be_read_is_denied(open_inbox: Path, tmp_path: Path) -> None:
    (open_inbox / "a.csv").chmod(0)
    with as_somebody_else(), pytest.raises(TransportError) as caught:
        transport = open_transport(TransportConfig(url=f"file:{open_inbox}"))
        [file] = transport.list()
        target = Path(tempfile.mkdtemp())
        try:
            transport.download(file, target / "landed")
        finally:
            for path in target.iterdir():
                path.unlink()
            target.rmdir()
    assert caught.value.code == "DENIED"


def test_a_file_instead_of_a_folder_is_a_missing_folder(folder_world: World) -> None:
    folder_world.put("good.csv", b"good")
    with pytest.raises(TransportError) as caught:
        folder_world.open(url="file:${INBOX}/good.csv").list()
    assert caught.value.code == "MISSING"


def test_a_file_that_others_may_write_comes_with_a_warning_or_not_at_all(folder_world: World) -> None:
    assert folder_world.root is not None
    folder_world.put("loose.csv", b"x")
    (folder_world.root / "loose.csv").chmod(0o666)
    assert [(f.name, f.warnings) for f in folder_world.open().list()] == [("loose.csv", ("PERMS",))]
    strict = folder_world.open(loose_permissions="refuse")
    assert strict.list() == []
    assert [(item.name, item.code) for item in strict.refused] == [("loose.csv", "PERMS")]


@pytest.mark.parametrize("owner", [os.getuid() + 1, "nobody-of-this-name"])
def test_a_file_of_somebody_else_comes_with_a_warning_or_not_at_all(folder_world: World, owner: int | str) -> None:
    folder_world.put("a.csv", b"x")
    assert [f.warnings for f in folder_world.open(owner=os.getuid()).list()] == [()]
    assert [f.warnings for f in folder_world.open(owner=owner).list()] == [("PERMS",)]
    strict = folder_world.open(owner=owner, loose_permissions="refuse")
    assert strict.list() == []
    assert [(item.name, item.code) for item in strict.refused] == [("a.csv", "PERMS")]


def test_hard_links_are_taken_where_the_source_says_so(folder_world: World, tmp_path: Path) -> None:
    assert folder_world.root is not None
    (tmp_path / "x").write_bytes(b"x")
    (folder_world.root / "x.csv").hardlink_to(tmp_path / "x")
    assert [file.name for file in folder_world.open(allow_hard_links=True).list()] == ["x.csv"]


def test_a_file_still_growing_between_two_looks_is_left_out(
    folder_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_world.put("finished.csv", b"whole")
    folder_world.put("growing.csv", b"begin")
    waits: list[float] = []

    def meanwhile(seconds: float) -> None:
        waits.append(seconds)
        folder_world.put("growing.csv", b"begin and more", modified_at=1_790_000_001)
        folder_world.put("new.csv", b"just begun")

    monkeypatch.setattr("hrtp.transport.client.time.sleep", meanwhile)
    transport = folder_world.open(settle_seconds=5)
    assert [file.name for file in transport.list()] == ["finished.csv"]
    assert [(i.name, i.code) for i in transport.refused] == [
        ("growing.csv", "UNSTABLE"),
        ("new.csv", "UNSTABLE"),
    ]
    assert waits == [5]


def test_a_file_is_taken_only_with_its_finished_mark_where_one_is_agreed(folder_world: World) -> None:
    for name in ("a.csv", "a.csv.done", "b.csv"):
        folder_world.put(name, b"x")
    transport = folder_world.open(done_suffix=".done")
    assert [file.name for file in transport.list()] == ["a.csv"]
    assert [(item.name, item.code) for item in transport.refused] == [("b.csv", "UNSTABLE")]


@pytest.mark.parametrize("name", ["line\nbreak.csv", "back\\slash.csv", "right‮to-left.csv", b"\xff.csv"])
def test_a_name_that_could_mislead_a_reader_is_refused(folder_world: World, name: str | bytes) -> None:
    assert folder_world.root is not None
    (folder_world.root / os.fsdecode(name)).write_bytes(b"")
    transport = folder_world.open()
    assert transport.list() == []
    assert [item.code for item in transport.refused] == ["BAD_NAME"]


def test_relative_paths_start_at_the_given_folder(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "a.csv").write_bytes(b"a")
    transport = open_transport(TransportConfig(url="file:inbox"), {}, tmp_path)
    assert [file.name for file in transport.list()] == ["a.csv"]
    assert transport.label == str(tmp_path / "inbox")

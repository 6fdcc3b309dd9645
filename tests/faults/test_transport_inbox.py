"""T01 to T21 and T27 to T30: what lies in a folder, through the real loader."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from hrtp.build import build_warehouse
from hrtp.holds import decide
from hrtp.landing import Landing
from hrtp.marts import open_marts, rows
from hrtp.publish import publish
from hrtp.settings import load_settings
from hrtp.transport.client import Transport
from tests.faults.bad_bytes import books, deliveries
from tests.faults.bad_bytes.records import export, record
from tests.faults.bad_bytes.rows import SERVICES_HEADER, service, services_csv
from tests.faults.built import KEY
from tests.faults.world import (
    AS_OF,
    BYSTANDER,
    CONTRACTS,
    FAULTY,
    LAST_GOOD_ROWS,
    World,
    bystander_services,
)
from tests.parsed import parsed_once

NEW = "services_20260920.csv"
PLACEMENTS_HEADER = "placement_id,participant_id,employer_name,start_date,placement_type"


def rejected(world: World, name: str, code: str) -> None:
    """The file is rejected, a person is told, and the last good data stays."""
    assert world.outcome(name) == ("rejected", code)
    assert world.last_good_stands()
    alert = world.alerts()[code]
    assert name in alert
    assert "Last good data stays" in alert


def test_T01_nothing_has_come_by_the_hour_it_is_due(world: World) -> None:
    partner = "partner_id,organization_name,organization_type,commitment_status\nZQR1,Zqe Trades,labor,pending\n"
    world.drop("partners_20260901.csv", partner)
    for entity in ("enrollments", "placements", "programs", "employer_partnerships"):
        sector = {"sector": FAULTY} if "sector" in CONTRACTS[entity].columns else {}
        world.drop(f"{entity}_20260901.csv", export(entity, [record(entity, 1, **sector)]))
    assert world.ingest().state == "ok"
    for path in (world.exports / FAULTY).iterdir():
        path.unlink()
    # the nights of September: nobody fails, nothing comes
    assert (world.ingest().state, world.ingest().new) == ("ok", [])
    settings = load_settings(home=world.settings.home, exports=world.exports, as_of=AS_OF, person_key=KEY)
    with parsed_once(data_tests=False):
        build_warehouse(settings, AS_OF)
    publish(settings)
    with open_marts(settings) as marts:
        (row,) = rows(marts, "select * from source_freshness where source = 'construction'")
        (services,) = rows(marts, "select count(*) as n from fct_services where source = 'construction'")
        behind = {r["source"]: r["state"] for r in rows(marts, "select source, state from source_freshness")}
    assert (row["state"], row["data_through_date"], row["days_behind"]) == ("late", date(2026, 9, 1), 29)
    # the last good data stays in the figures
    assert services["n"] == LAST_GOOD_ROWS
    late = world.alerts()["LATE"]
    assert "29 days" in late
    assert "STALE (29 days), on the last good data; ask" in late
    # a source of which something never came at all is told as missing
    assert "on the last good data" in world.alerts(BYSTANDER)["MISSING"]
    assert "nothing has ever come" in world.alerts("aerospace")["MISSING"]
    assert set(behind.values()) <= {"late", "stale"}


def test_T02_late_export_loads_on_the_next_run(world: World) -> None:
    assert world.ingest().new == []
    before = world.zone.version()
    began = datetime.now(UTC).replace(microsecond=0)
    world.drop(NEW, services_csv(service(7)))
    assert world.ingest().state == "ok"
    manifest = world.manifest(NEW)
    # the day of the data is the name's, the time of arrival is the real one: nothing is dated back
    assert (manifest.data_through_date, manifest.state) == (date(2026, 9, 20), "loaded")
    assert began <= manifest.received_at <= datetime.now(UTC)
    # what the run at the cut-off saw can still be read
    assert [m.file_name for m in world.zone.manifests(before) if m.source == FAULTY and m.entity == "services"] == [
        "services_20260901.csv"
    ]


def test_T03_header_only(world: World) -> None:
    world.drop("placements_20260920.csv", f"{PLACEMENTS_HEADER}\n")
    world.drop("participants_20260920.csv", "participant_id,first_name,last_name,date_of_birth\n")
    assert world.ingest().state == "rejected"
    assert world.outcome("placements_20260920.csv") == ("loaded", None)
    assert world.counts("placements_20260920.csv") == (0, 0, 0, 0, 0)
    assert world.outcome("participants_20260920.csv") == ("rejected", "EMPTY_EXPORT")
    assert world.last_good_stands("participants")
    # a source may say that its list of people can be empty; then the volume is an operator's matter
    world.ingest(entities={"participants": {"allow_empty": True}})
    assert world.outcome("participants_20260920.csv")[0] != "rejected"


def test_T04_zero_bytes(world: World) -> None:
    world.drop(NEW, b"")
    assert world.ingest().state == "rejected"
    rejected(world, NEW, "ZERO_BYTES")


def test_T05_upload_in_progress(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = services_csv(service(7))
    path = world.drop(NEW, whole[:80], landed=False)
    url = f"file:{path.parent}"

    def the_partner_goes_on_writing(_: float) -> None:
        with path.open("a") as handle:
            handle.write(whole[80:])

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("hrtp.transport.client.time.sleep", the_partner_goes_on_writing)
        result = world.ingest_from(url, {"settle_seconds": 5})
    assert (result.not_fetched, result.new) == (["UNSTABLE"], [])
    assert world.last_good_stands()
    assert "UNSTABLE" in world.alerts()
    # neither is it taken while its finished mark is missing
    assert world.ingest_from(url, {"done_suffix": ".done"}).not_fetched == ["UNSTABLE"]
    path.with_name(f"{NEW}.done").touch()
    world.deliver(whole.encode())
    assert world.ingest_from(url, {"done_suffix": ".done"}).state == "ok"
    assert world.counts(NEW) == (7, 7, 0, 0, 0)
    assert "UNSTABLE" not in world.alerts()


def test_T06_end_of_the_file_is_missing(world: World) -> None:
    declared: dict[str, Any] = {
        "format": {"trailer": {"marker": "ROWS", "count_column": 2}},
        "entities": {"services": {"columns": {"service_id": "Nr"}}},
    }
    whole = services_csv(service(7), "ROWS,7,,,", header=SERVICES_HEADER.replace("service_id", "Nr"))
    at_a_border = whole.index("ZQS7")
    losses = {
        "trailer": whole[:at_a_border],
        "row": whole.replace(service(3) + "\n", ""),
        "middle": whole[: at_a_border + 9],
    }
    codes = {"trailer": "ROWCOUNT", "row": "ROWCOUNT", "middle": "TRUNCATED"}
    for number, (kind, content) in enumerate(losses.items(), start=1):
        name = f"services_20260920_{number}.csv"
        world.drop(name, content)
        assert [m.reason for m in world.ingest(**declared).broken][-1:] == [codes[kind]]
        rejected(world, name, codes[kind])
    world.drop("services_20260921.csv", whole)
    world.ingest(**declared)
    assert world.counts("services_20260921.csv") == (8, 7, 0, 0, 1)


def test_T07_same_bytes_under_the_same_name(world: World, caplog: pytest.LogCaptureFixture) -> None:
    redelivered(world, caplog, NEW)


def test_T08_same_bytes_under_another_name(world: World, caplog: pytest.LogCaptureFixture) -> None:
    redelivered(world, caplog, "Services_20260920 (1).CSV")


def redelivered(world: World, caplog: pytest.LogCaptureFixture, again: str) -> None:
    """Nothing but a log line comes of the second delivery."""
    world.drop(NEW, services_csv(service(7)))
    assert world.ingest().redelivered == 0
    before, standing = world.zone.version(), world.standing(FAULTY)
    world.withdraw(NEW)
    world.drop(again, services_csv(service(7)))
    caplog.clear()
    result = world.ingest()
    assert (result.state, result.new, result.redelivered) == ("ok", [], 1)
    assert (world.zone.version(), world.standing(FAULTY)) == (before, standing)
    assert "reason=DUPLICATE_FILE" in caplog.text


def test_T09_same_name_with_new_content(world: World) -> None:
    world.drop(NEW, services_csv(service(7)))
    assert world.ingest().state == "ok"
    assert "SUPERSEDES" not in world.alerts()
    world.drop(NEW, services_csv(service(7), service(8)))
    assert world.ingest().state == "ok"
    first, second = [m for m in world.manifests(entity="services") if m.file_name == NEW]
    assert (first.rows_loaded, second.rows_loaded) == (7, 8)
    assert first.data_through_date == second.data_through_date
    assert second.source_sequence > first.source_sequence
    assert second.warnings["SUPERSEDES:file"] == 1
    assert NEW in world.alerts()["SUPERSEDES"]
    assert len(world.rows(name=NEW)) == 15


def test_T10_another_sources_bytes(world: World) -> None:
    world.drop(NEW, bystander_services())
    assert world.ingest().state == "rejected"
    rejected(world, NEW, "CROSS_SOURCE_DUPLICATE")
    assert BYSTANDER in (world.manifest(NEW).detail or "")


def test_T11_another_sectors_file(world: World) -> None:
    name = "programs_20260920.csv"
    header = "program_id,program_name,sector,program_type,development_status"
    world.drop(
        name, f"{header}\nZQG1,Zq Care,healthcare,training,existing\nZQG2,Zq Build,construction,training,existing\n"
    )
    assert [m.reason for m in world.ingest().broken] == ["WRONG_SOURCE"]
    assert world.rows("programs").empty
    rejected(world, name, "WRONG_SOURCE")


def test_T12_older_export_after_a_newer_one(world: World) -> None:
    name = "services_20260815.csv"
    world.drop(name, services_csv(count=5))
    assert world.ingest().state == "ok"
    assert world.outcome(name) == ("rejected", "OUT_OF_ORDER")
    assert world.last_good_stands()
    assert "OUT_OF_ORDER" not in world.alerts()
    (forced,) = decide(world.settings, name, "approve", why="the register of August was lost", by="A. Clerk")
    assert (forced.state, forced.rows_loaded) == ("loaded", 5)
    # it is in raw under its own day, and the newest day's export is still that of September
    assert [m.file_name for m in world.manifests(entity="services")] == [name, "services_20260901.csv"]
    assert world.ingest().state == "ok"
    assert world.outcome(name) == ("loaded", None)


def test_T13_file_from_the_future(world: World) -> None:
    world.drop("services_29990101.csv", services_csv(service(7)))
    assert world.ingest().state == "rejected"
    rejected(world, "services_29990101.csv", "FUTURE_FILE")


def test_T14_larger_than_the_limit_and_never_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.drop(NEW, services_csv(service(7)))
    size = (world.exports / FAULTY / NEW).stat().st_size
    settings = load_settings(home=world.settings.home, exports=world.exports, as_of=AS_OF, max_file_bytes=size - 1)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Landing, "read", lambda *_: pytest.fail("the file was read"))
        assert world.ingest(settings=settings).state == "rejected"
    rejected(world, NEW, "TOO_LARGE")
    # one byte more of room, and it loads
    roomy = load_settings(home=world.settings.home, exports=world.exports, as_of=AS_OF, max_file_bytes=size)
    assert world.ingest(settings=roomy).state == "ok"


def archives_are_rejected(world: World, contents: list[bytes], code: str) -> None:
    """Each archive of one night is rejected with ``code``; nothing of them is written anywhere by its own name."""
    names = [f"services_20260920_{number}.zip" for number in range(1, len(contents) + 1)]
    for name, content in zip(names, contents, strict=True):
        world.drop(name, content)
    assert world.ingest().state == "rejected"
    assert [world.outcome(name) for name in names] == [("rejected", code)] * len(names)
    rejected(world, names[-1], code)
    written = {path.name for path in world.folder.rglob("*")}
    assert not [name for name in written if "evil" in name]


def test_T15_archive_bombs(world: World) -> None:
    n_bytes = 50_000_000
    honest = books.zipped({NEW: b"0" * n_bytes})
    assert len(honest) < 100_000
    crowd = books.zipped({f"{number}.csv": b"" for number in range(2_001)})
    in_a_book = books.with_part(books.services_book(), "xl/worksheets/sheet2.xml", b" " * n_bytes)
    archives_are_rejected(world, [honest, crowd, in_a_book], "ARCHIVE_LIMIT")
    # what the directory promises is not believed: a member that unpacks to more than it says is damage
    name = "services_20260921.zip"
    world.drop(name, books.lying_bomb(NEW, n_bytes))
    world.ingest()
    rejected(world, name, "TRUNCATED")


def test_T16_member_names_that_leave_the_folder(world: World) -> None:
    names = ["../evil.csv", "..\\evil.csv", "/tmp/evil.csv", "C:\\evil.csv", "a/../../evil.csv"]
    contents = [books.zipped({name: services_csv().encode()}) for name in names]
    nul = books.renamed(books.zipped({"services_evil_1.csv": services_csv().encode()}), b"evil_1", b"\x00evil_")
    archives_are_rejected(world, [*contents, nul], "PATH_TRAVERSAL")


def test_T17_nested_crowded_and_locked_archives(world: World) -> None:
    inner = services_csv(service(7)).encode()
    nested = books.zipped({"inner.zip": books.zipped({NEW: inner})})
    several = books.zipped({NEW: inner, "services_20260919.csv": inner})
    locked = books.locked(books.zipped({NEW: inner}))
    archives_are_rejected(world, [nested, several, locked, books.zipped({"folder/": b""})], "ARCHIVE_SHAPE")
    # one data file among a Mac's own leftovers is certain
    world.drop("services_20260921.zip", books.zipped({NEW: inner, f"__MACOSX/._{NEW}": b"x", ".DS_Store": b"x"}))
    world.ingest()
    assert world.counts("services_20260921.zip") == (7, 7, 0, 0, 0)


def test_T18_what_is_no_plain_file(world: World) -> None:
    secret = world.folder / "shadow"
    list(deliveries.plant_odd_files(world.exports / FAULTY, secret))
    world.deliver(secret.read_bytes(), landed=False)
    world.drop(NEW, services_csv(service(7)))
    result = world.ingest()
    assert result.not_fetched == ["NOT_REGULAR_FILE"] * 4
    assert world.counts(NEW) == (7, 7, 0, 0, 0)
    assert "NOT_REGULAR_FILE" in world.alerts()
    world.secret("root:x")
    # devices: only root can make one, but every machine has a folder of them
    landed = sorted(p.name for p in (world.settings.landing / FAULTY).iterdir())
    of_dev = world.ingest_from("file:/dev")
    assert set(of_dev.not_fetched) == {"NOT_REGULAR_FILE"}
    assert sum(Path("/dev", name).is_char_device() for name in ("null", "zero", "random")) == 3
    assert len(of_dev.not_fetched) >= 3
    assert sorted(p.name for p in (world.settings.landing / FAULTY).iterdir()) == landed


def test_T19_others_may_write_to_the_file(world: World) -> None:
    path = world.drop(NEW, services_csv(service(7)))
    path.chmod(0o666)
    url = f"file:{path.parent}"
    result = world.ingest_from(url, {"loose_permissions": "refuse"})
    assert (result.not_fetched, result.new) == (["PERMS"], [])
    assert world.last_good_stands()
    assert "PERMS" in world.alerts()
    # where the source does not refuse it, it loads and is told
    assert world.ingest_from(url).state == "ok"
    assert (world.counts(NEW), world.warnings(NEW)) == ((7, 7, 0, 0, 0), {"PERMS:file": 1})
    assert NEW in world.alerts()["PERMS"]
    # and so with a file that is not its owner's
    other = world.drop("services_20260921.csv", services_csv(service(7), service(8)))
    path.chmod(0o640)
    options = {"loose_permissions": "refuse", "owner": os.getuid() + 1}
    assert world.ingest_from(url, options).not_fetched == ["PERMS", "PERMS"]
    assert world.ingest_from(url, options | {"owner": os.getuid()}).state == "ok"
    assert world.counts(other.name) == (8, 8, 0, 0, 0)


def test_T21_swapped_between_look_and_reading(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    path = world.drop(NEW, services_csv(service(7)), landed=False)
    secret = world.folder / "shadow"
    secret.write_text("root:x:0:0:Quillfeather")
    real = Transport.download

    def after_a_swap(swap: Any) -> Any:
        def swapped(self: Transport, file: Any, to: Path) -> None:
            swap()
            real(self, file, to)

        return swapped

    def for_a_link() -> None:
        path.unlink()
        path.symlink_to(secret)

    def for_another_file() -> None:
        path.unlink()
        path.write_text(services_csv(service(8)))

    for swap, code in ((for_a_link, "NOT_REGULAR_FILE"), (for_another_file, "UNSTABLE")):
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(Transport, "download", after_a_swap(swap))
            assert world.ingest().not_fetched == [code]
        assert world.last_good_stands()
        path.unlink()
        path.write_text(services_csv(service(7)))
    # once it is copied, whatever happens to the inbox means nothing: the landed bytes are judged
    judged = services_csv(service(9))
    world.drop(NEW, judged)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("hrtp.steps._hook", lambda name: path.write_text("gone") if name == "ingest.pulled" else None)
        assert world.ingest().state == "ok"
    assert path.read_text() == "gone"
    assert world.rows(name=NEW)["service_id"].iloc[6] == "ZQS9"
    world.secret("root:x")


def test_T27_variants_of_a_name(world: World) -> None:
    names = [
        "SERVICES_20260911.CSV",
        "services_20260912 (1).csv",
        "Services_20260913_Copy.csv",
        " services_20260914.csv",
        "services_20260915_02.csv",
    ]
    for number, name in enumerate(names):
        world.drop(name, services_csv(service(10 + number)))
    result = world.ingest()
    assert (result.state, result.unknown_names) == ("ok", 0)
    loaded = {m.file_name: (m.state, m.data_through_date.day) for m in world.manifests(entity="services")}
    assert [loaded[name] for name in names] == [("loaded", day) for day in range(11, 16)]
    kept = [p.name for p in (world.settings.landing / FAULTY).iterdir()]
    assert not [name for name in kept if "services" in name.lower()]


def test_T28_leftovers_of_editors(world: World) -> None:
    for name in deliveries.LEFTOVERS:
        world.drop(name, b"Quillfeather " + name.encode(), landed=False)
    world.drop(NEW, services_csv(service(7)))
    result = world.ingest()
    assert (result.state, result.ignored, result.not_fetched) == ("ok", len(deliveries.LEFTOVERS), [])
    assert [m.file_name for m in result.new] == [NEW]


def test_T29_two_files_of_one_day(world: World) -> None:
    world.drop(NEW, services_csv(service(7)))
    world.drop("services_20260920 (1).csv", services_csv(service(8)))
    assert world.ingest().state == "rejected"
    for name in (NEW, "services_20260920 (1).csv"):
        assert world.outcome(name) == ("rejected", "AMBIGUOUS")
    rejected(world, NEW, "AMBIGUOUS")
    # numbers make an order, and it does not depend on which came first
    world.drop("services_20260921_02.csv", services_csv(service(8), service(9)))
    world.drop("services_20260921_01.csv", services_csv(service(8)))
    world.ingest()
    newest = world.manifests(entity="services")[-1]
    assert (newest.file_name, newest.state, newest.rows_loaded) == ("services_20260921_02.csv", "loaded", 8)


def test_T30_programs(world: World) -> None:
    names = [f"services_20260920_{number}.csv" for number in range(1, 6)]
    for name, content in zip(names, deliveries.PROGRAMS, strict=True):
        world.drop(name, content)
    packed = "services_20260920_6.zip"
    world.drop(packed, books.zipped({NEW: deliveries.PROGRAMS[1]}))
    assert world.ingest().state == "rejected"
    assert [world.outcome(name) for name in (*names, packed)] == [("rejected", "CONTENT_TYPE")] * 6
    rejected(world, packed, "CONTENT_TYPE")

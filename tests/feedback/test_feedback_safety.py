"""Feedback names nobody, runs nothing, and is the same whenever it is made; the overview says what is open."""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from hrtp.cells import MAX_CELL_CHARACTERS, safe_cell
from hrtp.samples import generate
from hrtp.settings import RESTRICTED_ZONES
from tests.canary import Canaries
from tests.feedback.desk import Desk, good, opened, services

CANARY = "Zebulon Quackenbush"
#: A row of a person in every state that a file can be in.
FAULTS = {
    "services_20260930.csv": services(
        *good(30), f"SA,{CANARY},{CANARY},2026-05-01,1", f"SB,P1,housing,{CANARY},{CANARY}"
    ),
    "participants_20260930.csv": "participant_id,first_name,last_name,date_of_birth\n"
    + "".join(f"P{n},Zebulon,Quackenbush,1871-05-0{n}\n" for n in range(1, 5)),
    "programs_20260930.csv": f"{CANARY},Zebulon@quackenbush.example,1871-05-05\nx,y,z\n",
    "partners_20260930.csv": f"partner_id,{CANARY},{CANARY}\n1,2,3\n",
    "placements_20260930.csv": "placement_id,participant_id,employer_name,start_date,placement_type,"
    f"{CANARY} 1871-05-06\nJ1,P1,{CANARY},2026-05-01,job,{CANARY}\n",
    "enrollments_20260930.csv": f"<html><title>{CANARY}</title></html>",
}


def unpacked(folder: Path, to: Path) -> Path:
    """Every workbook's parts as files, for a search inside of them."""
    for path in folder.rglob("*.xlsx"):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(to / path.name)
    return to


def test_no_person_is_in_any_byte_of_the_feedback_whatever_went_wrong(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for name, text in FAULTS.items():
        desk.drop(name, text)
    told = desk.night()
    states = {said.said("Your file"): said.start[1] for said in told}
    assert len(states) == 6
    assert sum("Not loaded" in state for state in states.values()) == 4
    inside = unpacked(desk.settings.feedback, tmp_path / "unpacked")
    files = [p for folder in (desk.settings.feedback, inside) for p in folder.rglob("*") if p.is_file()]
    assert len(files) > 60
    for word in (b"zebulon", b"quackenbush", b"1871"):
        assert [path.name for path in files if word in path.read_bytes().lower()] == []


def test_no_sample_person_is_in_the_feedback_of_the_sample_exports(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    generate(desk.exports)
    for source in ("technology", "healthcare"):
        assert len(desk.night(source)) > 0
    rows = [row for path in desk.settings.feedback.rglob("*.xlsx") for row in opened(path).fix]
    assert len(rows) == 9
    found = Canaries().search([desk.settings.feedback, unpacked(desk.settings.feedback, tmp_path / "unpacked")])
    assert found.hits == frozenset()
    assert found.n_files > 70


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "  =", "\u00a0@"])
def test_no_cell_starts_a_formula(start: str) -> None:
    assert safe_cell(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"


@pytest.mark.parametrize("text", ["", "plain", "a=b", "3", "'=1"])
def test_a_text_that_is_no_formula_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text


def test_what_no_workbook_can_hold_is_replaced_and_cut() -> None:
    assert safe_cell("a\x00b\ud800") == "a\ufffdb\ufffd"
    assert safe_cell("\x00=1") == "\ufffd=1"
    assert len(safe_cell("x" * 40_000)) == MAX_CELL_CHARACTERS


def test_a_partners_words_cannot_run_in_either_file(tmp_path: Path) -> None:
    own = {
        "services": {
            "columns": {"service_type": "=HYPERLINK(0)", "service_date": "@Day"},
            "values": {"service_type": {"-x": "housing"}},
        }
    }
    desk = Desk(tmp_path, construction={"name": '=cmd|"calc"', "entities": own})
    header = "service_id,participant_id,=HYPERLINK(0),@Day,amount"
    desk.drop(
        "services_20260930.csv",
        services(*(r.replace("housing", "-x") for r in good(9)), "SX,P1,y,2026-02-30,1", header=header),
    )
    (told,) = desk.night()
    assert [row["Column"] for row in told.fix] == ["'@Day", "'=HYPERLINK(0)"]
    for sheet in openpyxl.load_workbook(told.path):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert not isinstance(cell.value, str) or not cell.value.startswith(("=", "+", "-", "@"))
    for data in (data for name, data in desk.files().items() if name.endswith(".csv")):
        for line in csv.reader(io.StringIO(data.decode("utf-8-sig"))):
            assert not any(cell.startswith(("=", "+", "-", "@")) for cell in line)


def test_the_same_raw_gives_the_same_bytes_without_any_clock(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.drop("services_20260930.csv", services(*good(30), "SX,P1,yacht,2026-05-01,1"))
    desk.night()
    before = desk.files()
    assert len(before) == 3
    assert desk.feedback().written == []
    for path in desk.settings.feedback.rglob("*"):
        if path.is_file():
            path.unlink()
    assert len(desk.feedback().written) == 3
    assert desk.files() == before
    (book,) = (data for name, data in before.items() if name.endswith(".xlsx"))
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    arrived = next(m for ms in [desk.ingest().files] for m in ms).manifest.received_at.replace(tzinfo=None)
    properties = openpyxl.load_workbook(io.BytesIO(book)).properties
    assert (properties.created, properties.modified) == (arrived, arrived)


def test_a_damaged_or_lost_feedback_file_is_made_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.drop("services_20260930.csv", services(*good(30), "SX,P1,yacht,2026-05-01,1"))
    (told,) = desk.night()
    before = desk.files()
    told.path.write_bytes(b"half")
    told.path.with_suffix(".csv").unlink()
    assert [path.name for path in desk.feedback().written] == [told.path.name, told.path.with_suffix(".csv").name]
    assert desk.files() == before


def test_the_csv_opens_in_excel_and_the_zone_is_closed_to_others(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.drop("services_20260930.csv", services(*good(30), "SX,P1,yacht,2026-05-01,1"))
    (told,) = desk.night()
    assert told.path.with_suffix(".csv").read_bytes().startswith(codecs.BOM_UTF8)
    assert "feedback" in RESTRICTED_ZONES
    assert (desk.settings.feedback.stat().st_mode & 0o777, told.path.parent.stat().st_mode & 0o777) == (0o700, 0o700)
    assert told.path.stat().st_mode & 0o777 == 0o600


def test_the_overview_says_what_is_open_and_what_a_newer_file_settled_or_replaced(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    bad = "SX,P1,yacht,2026-05-01,1"
    desk.drop("services_20260901.csv", services(*good(30), bad))
    desk.night()
    assert desk.overview() == [("OPEN", "services_20260901.csv", "")]
    first = desk.files()
    desk.drop("services_20260915.csv", services(*good(31), bad))
    desk.night()
    assert desk.overview() == [
        ("OPEN", "services_20260915.csv", ""),
        ("REPLACED", "services_20260901.csv", "services_20260915.csv"),
    ]
    desk.drop("services_20260920.csv", services(*good(32)))
    desk.drop("programs_20260920.csv", "<html>login</html>")
    desk.night()
    assert desk.overview() == [
        ("OPEN", "programs_20260920.csv", ""),
        ("SETTLED", "services_20260915.csv", "services_20260920.csv"),
        ("SETTLED", "services_20260901.csv", "services_20260920.csv"),
    ]
    later = desk.files()
    assert {name: later[name] for name in first if "overview" not in name} == {
        name: data for name, data in first.items() if "overview" not in name
    }


def test_a_delta_is_settled_by_another_of_its_day_and_not_by_a_later_one(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.drop("services_changes_20260901.csv", services(*good(30), "SX,P1,yacht,2026-05-01,1"), "creative_economy")
    desk.night("creative_economy")
    desk.drop("services_changes_20260915.csv", services(*good(3, 50)), "creative_economy")
    desk.night("creative_economy")
    assert desk.overview("creative_economy") == [("OPEN", "services_changes_20260901.csv", "")]
    desk.drop("services_changes_20260901_01.csv", services("SX,P1,housing,2026-05-01,1"), "creative_economy")
    desk.night("creative_economy")
    assert desk.overview("creative_economy") == [
        ("SETTLED", "services_changes_20260901.csv", "services_changes_20260901_01.csv")
    ]


def test_a_file_that_a_new_mapping_takes_in_is_told_so_in_place_of_its_rejection(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.drop(
        "services_20260930.csv", "Nr,participant_id,service_type,service_date,amount\nS1,P1,housing,2026-05-01,1\n"
    )
    (told,) = desk.night()
    assert told.start[1] == "Not loaded"
    mapped = {"entities": {"services": {"columns": {"service_id": "Nr"}}}}
    (tmp_path / "b").mkdir()
    desk.settings = Desk(tmp_path / "b", construction=mapped).settings.model_copy(
        update={"home": desk.settings.home, "exports": desk.exports}
    )
    (told,) = desk.night()
    assert (told.start[1], told.fix) == ("Loaded all 1 row", [])
    assert desk.overview() == [("FOR INFORMATION", "services_20260930.csv", "")]

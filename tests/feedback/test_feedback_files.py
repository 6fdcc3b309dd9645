"""What a clerk reads, through the real ingest: the faults of a file, row by row, in the partner's own words."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from hrtp.feedback import words
from hrtp.landing import LOS_ANGELES
from tests.feedback.desk import Desk, good, services

FAULTY = services(
    *good(60),
    "SA,P1,yacht,2026-05-01,1",
    "SB,P1,housing,2026-02-30,1",
    '"SC",P1,housing,2026-05-01,"1,5x"',
    good(1)[0],
    "",
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_file_with_several_faults_is_told_row_by_row(desk: Desk) -> None:
    desk.drop("services_20260930.csv", FAULTY)
    (told,) = desk.night()
    sha8 = hashlib.sha256(FAULTY.encode()).hexdigest()[:8]
    assert told.path.name == f"services_20260930_{sha8}_feedback.xlsx"
    found = [(r["Row in your file"], r["Column"], r["Rule"], r["Severity"]) for r in told.fix]
    assert found == [
        (62, "service_type", "UNKNOWN_CODE", "MUST FIX: row"),
        (63, "service_date", "DATE_INVALID", "MUST FIX: row"),
        (64, "amount", "NUMBER_FORMAT", "MUST FIX: row"),
    ]
    assert told.fix[0]["How to mend it"].startswith("Use one of: transportation, childcare, housing,")
    assert told.fix[1]["What is wrong"].startswith("There is no such day in the calendar, or ")
    assert [(r["Rule"], r["Row in your file"]) for r in told.look] == [("EXACT_DUPLICATE", None)]


def test_the_first_sheet_says_in_one_look_what_happened_and_what_to_do(desk: Desk) -> None:
    desk.drop("services_20260930.csv", FAULTY)
    (told,) = desk.night()
    assert told.start[:2] == [
        "HRTP data feedback for Construction sector intermediary",
        "Loaded 60 of 64 rows (1 repeated row counted once)",
    ]
    assert told.said("Your file") == "services_20260930.csv"
    today = datetime.now(LOS_ANGELES)
    assert f"{today.day}, {today.year}" in told.said("Received") and told.said("Received").endswith("(Los Angeles)")
    assert told.said("What we did") == (
        "60 rows loaded; 3 rows set aside until they are fixed; 1 row repeated and counted once; "
        "1 row blank or a total and skipped."
    )
    assert told.said("What to do next").startswith("Correct the rows on sheet 'Rows to fix'")
    assert "send the whole export again" in told.said("What to do next")
    assert told.said("Write to") == "desk@example.org. Name your file and the row numbers, never a person."


def test_what_is_asked_has_a_working_day_as_its_date() -> None:
    friday = datetime(2026, 10, 2, 3, 0, tzinfo=UTC)  # still Thursday evening in Los Angeles
    assert words.moment(friday) == "Thursday, October 1, 2026, 8:00 PM (Los Angeles)"
    assert words.day(words._working_days_after(friday.date(), 1)) == "Monday, October 5, 2026"
    assert words._working_days_after(friday.date(), words.DAYS_FOR_ROWS).isoformat() == "2026-10-16"


def test_workbook_and_csv_hold_the_same_lines(desk: Desk) -> None:
    desk.drop("services_20260930.csv", FAULTY)
    (told,) = desk.night()
    book = [
        [
            str(row[h] or "")
            for h in ("Row in your file", "Column", "What is wrong", "How to mend it", "Severity", "Rule")
        ]
        for row in (*told.fix, *told.look)
    ]
    flat = [
        [row[h] for h in ("Row in your file", "Column", "What is wrong", "How to mend it", "Severity", "Rule")]
        for row in told.flat
    ]
    assert len(flat) == 4
    assert flat == book
    assert {row["Your file"] for row in told.flat} == {"services_20260930.csv"}


def test_columns_bear_the_partners_own_headings_and_its_own_labels(desk: Desk) -> None:
    header = "Service ID,Client ID,SERVICE,Date of  Service,Amount"
    rows = [f"S{n},P1,Transit,05/01/2026,1" for n in range(30)]
    bad = ["SX,P1,Yacht,05/01/2026,1", "SY,P1,Transit,2026-05-01,1"]
    desk.drop("Services_20260930.csv", services(*rows, *bad, header=header), "technology")
    (told,) = desk.night("technology")
    assert [(r["Row in your file"], r["Column"], r["Rule"]) for r in told.fix] == [
        (32, "SERVICE", "UNKNOWN_CODE"),
        (33, "Date of Service", "DATE_FORMAT"),
    ]
    assert "Transit, Childcare, Rent assistance" in told.fix[0]["How to mend it"]
    assert told.fix[1]["How to mend it"] == "Write the date like 09/30/2026 (September 30, 2026)."


def test_own_headings_are_told_of_a_file_that_is_not_utf_8(desk: Desk) -> None:
    rows = [f"S{n};P1;housing;05-May-2026;1" for n in range(30)]
    text = "\n".join(
        ["SVC_REF;PERSON_REF;SVC;SVC_DATE;SVC_USD", *rows, "SX;P1;Guardería;05-May-2026;1", "*** TOTAL;31"]
    )
    desk.drop("services_20260930.csv", text.encode("cp1252") + b"\n", "early_care_education")
    (told,) = desk.night("early_care_education")
    (row,) = told.fix
    assert (row["Row in your file"], row["Column"], row["Rule"]) == (32, "SVC", "UNKNOWN_CODE")


def test_a_header_that_matched_nothing_is_never_repeated(desk: Desk) -> None:
    header = "service_id,participant_id,service_type,service_date,amount,Zebulon Quackenbush 123-45-6789,Also Unknown"
    desk.drop("services_20260930.csv", services(*(f"{row},x,y" for row in good(3)), header=header))
    (told,) = desk.night()
    (drift,) = [r for r in told.look if r["Rule"] == "SCHEMA_DRIFT"]
    assert (drift["Column"], drift["How many"]) == ("column F, column G", 2)
    assert told.fix == []
    for data in desk.files().values():
        assert b"Zebulon" not in data


def test_a_workbook_of_several_tables_is_one_feedback_by_sheet(desk: Desk) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "Support"
    page.append(["Support No", "Trainee No", "Kind of Support", "Given On", "Cost USD"])
    for number in range(30):
        page.append([f"S{number}", "P1", "Housing", "2026-05-01", 1])
    page.append(["SX", "P1", "Yacht", "2026-05-01", 1])
    path = desk.folder / "book.xlsx"
    book.save(path)
    desk.drop("HRTP Healthcare Export 20260930.xlsx", path.read_bytes(), "healthcare")
    (told,) = desk.night("healthcare")
    assert told.path.name.startswith("healthcare_20260930_")
    stopped = [r for r in told.fix if r["Row in your file"] == "whole table"]
    assert {r["Rule"] for r in stopped} == {"SHEET_MISSING"}
    assert {r["Table"] for r in stopped} == {"Trainees", "Training", "Jobs", "Courses", "Partners", "Employers"}
    (row,) = [r for r in told.fix if r not in stopped]
    assert (row["Table"], row["Row in your file"], row["Column"]) == ("Support", 32, "Kind of Support")
    assert told.start[1] == "Loaded 30 of 31 rows; 6 tables not loaded"


def test_a_rejected_file_says_why_and_that_nothing_of_it_was_used(desk: Desk) -> None:
    desk.drop("services_20260930.csv", "Nr,participant_id,service_type,service_date\nS1,P1,housing,2026-05-01\n")
    (told,) = desk.night()
    assert told.start[1] == "Not loaded"
    (line,) = told.fix
    assert (line["Row in your file"], line["Rule"]) == ("whole table", "MISSING_COLUMN")
    assert "service_id" in line["What is wrong"]
    assert "your last good data stays" in told.said("What to do next")
    assert told.said("By when") != "No date: nothing is asked of you."


def test_a_missing_column_is_named_as_the_partner_calls_it(desk: Desk) -> None:
    header = "Service ID,Service,Date of Service,Amount"
    desk.drop("Services_20260930.csv", services("S1,Transit,05/01/2026,1", header=header), "technology")
    (told,) = desk.night("technology")
    assert "participant_id (your heading: Client ID)" in told.fix[0]["What is wrong"]


def test_a_held_file_says_why_in_plain_words_and_what_either_answer_means(desk: Desk) -> None:
    bad = [f"X{number},P1,yacht,2026-05-01,1" for number in range(3)]
    desk.drop("services_20260930.csv", services(*good(20), *bad))
    (told,) = desk.night()
    assert told.start[1] == "Not loaded yet: waiting for the County's word"
    assert (told.fix[0]["Rule"], told.fix[0]["Severity"]) == ("HELD_QUARANTINE_SHARE", "WAITING: whole table")
    assert told.fix[0]["What is wrong"].startswith("So many rows have an error that something may be wrong")
    assert "3 of 23 rows are bad" in told.fix[0]["What is wrong"]
    assert "approve" not in told.fix[0]["What is wrong"]
    assert [r["Row in your file"] for r in told.fix[1:]] == [22, 23, 24]
    assert "write to us and say why" in told.said("What to do next")


def test_a_delta_feed_is_asked_for_the_records_and_not_for_everything(desk: Desk) -> None:
    rows = [*good(30), "SX,P1,yacht,2026-05-01,1"]
    desk.drop("services_changes_20260930.csv", services(*rows), "creative_economy")
    (told,) = desk.night("creative_economy")
    assert "in a file of the same day" in told.said("What to do next")


def test_a_perfect_file_gets_no_feedback(desk: Desk) -> None:
    desk.drop("services_20260930.csv", services(*good(5)))
    assert desk.night() == []
    assert desk.files() == {}


def test_an_optional_column_that_is_missing_is_no_reason_to_write(desk: Desk) -> None:
    header = "service_id,participant_id,service_type,service_date"
    desk.drop("services_20260930.csv", services("S1,P1,housing,2026-05-01", header=header))
    assert desk.night() == []


def test_a_row_that_loads_with_a_warning_is_shown_with_its_number_and_column(desk: Desk) -> None:
    header = "participant_id,first_name,last_name,date_of_birth,zip"
    desk.drop("participants_20260930.csv", "\n".join([header, "P1,Ann,Lee,1990-01-02,10001", ""]))
    (told,) = desk.night()
    assert [(r["Row in your file"], r["Column"], r["Rule"]) for r in told.look if r["Row in your file"]] == [
        (2, "zip", "ZIP_OUT_OF_COUNTY")
    ]
    assert told.said("What to do next").startswith("Nothing.")
    assert told.said("By when") == "No date: nothing is asked of you."


def test_more_lines_than_a_person_works_off_are_in_the_csv(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hrtp.feedback.book.MAX_LINES", 2)
    desk.drop("services_20260930.csv", FAULTY)
    (told,) = desk.night()
    assert ([r["Row in your file"] for r in told.fix], len(told.flat)) == ([62, 63], 4)
    cells = [c for row in openpyxl.load_workbook(told.path)["Rows to fix"].iter_rows(values_only=True) for c in row]
    assert "These are the first 2 of 3 lines; the CSV file of the same name has them all." in cells


def test_the_sheets_are_ready_to_read_filter_and_print(desk: Desk) -> None:
    desk.drop("services_20260930.csv", FAULTY)
    (told,) = desk.night()
    book = openpyxl.load_workbook(told.path)
    assert book.sheetnames == ["Start here", "Rows to fix", "Worth a look"]
    sheet = book["Rows to fix"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.print_title_rows) == ("A2", "A1:F4", "$1:$1")
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (
        "landscape",
        1,
        0,
    )
    assert all(cell.alignment.wrap_text for row in sheet.iter_rows() for cell in row)
    assert 75 < sum(sheet.column_dimensions[letter].width for letter in "ABCDEF") < 200

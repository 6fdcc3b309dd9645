"""F28 to F42: workbooks, and what spreadsheets do to values, through the real loader."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from hrtp.feedback import write_feedback
from hrtp.settings import load_settings
from tests.faults.bad_bytes import books
from tests.faults.bad_bytes.rows import (
    PARTICIPANTS_HEADER,
    SERVICES_HEADER,
    good_services,
    participant,
    participants_csv,
    service,
    services_csv,
)
from tests.faults.world import AS_OF, PROJECT, World

BOOK = "services_20260920.xlsx"
NEW = "services_20260920.csv"
PEOPLE = "participants_20260920.csv"


def all_rejected(world: World, contents: list[bytes], codes: list[str], suffix: str = "xlsx") -> None:
    """Several workbooks of one night, each rejected with its code; the last good data stays."""
    names = [f"services_20260920_{number}.{suffix}" for number in range(1, len(contents) + 1)]
    for name, content in zip(names, contents, strict=True):
        world.drop(name, content)
    result = world.ingest()
    assert result.state == "rejected"
    assert [world.outcome(name) for name in names] == [("rejected", code) for code in codes]
    assert world.last_good_stands()


def loads(world: World, content: bytes, counts: tuple[int, ...], **changes: Any) -> None:
    """The workbook loads with these counts."""
    world.drop(BOOK, content)
    assert world.ingest(**changes).state == "ok"
    assert (world.outcome(BOOK), world.counts(BOOK)) == (("loaded", None), counts)


def test_F28_merged_header(world: World) -> None:
    across = books.services_book(change=lambda _, page: page.merge_cells("A1:B1"))
    down = books.services_book(change=lambda _, page: page.merge_cells("C1:C2"))
    all_rejected(world, [across, down], ["HEADER_MERGED"] * 2)
    # merged cells below the header hide values of single rows only
    world.drop("services_20260921.xlsx", books.services_book(change=lambda _, page: page.merge_cells("E3:E4")))
    world.ingest()
    assert world.outcome("services_20260921.xlsx") == ("loaded", None)


def test_F29_the_agreed_sheet_and_no_other(world: World) -> None:
    rows = [books.HEADER, *(books.service_cells(n) for n in range(1, 8))]
    people = [line.split(",") for line in participants_csv(participant(7)).splitlines()]
    name = "construction_20260920.xlsx"
    world.drop(name, books.book({"Front page": [["Quillfeather"]], "services": rows, "participants": people}))
    assert world.ingest().state == "rejected"
    found = {m.entity: (m.state, m.reason, m.rows_loaded) for m in world.manifests() if m.file_name == name}
    missing = ("rejected", "SHEET_MISSING", 0)
    assert found == dict.fromkeys(
        ("enrollments", "placements", "programs", "partners", "employer_partnerships"), missing
    ) | {"services": ("loaded", None, 7), "participants": ("loaded", None, 7)}

    world.drop("services_20260921.xlsx", books.book({"Support": rows[:-1]}))
    world.ingest()
    assert world.outcome("services_20260921.xlsx") == ("rejected", "SHEET_MISSING")
    world.ingest(entities={"services": {"sheet": "Support"}})
    assert world.outcome("services_20260921.xlsx") == ("loaded", None)
    assert len(world.rows(name="services_20260921.xlsx")) == 6


def test_F30_hidden_sheet_and_hidden_rows_are_read(world: World) -> None:
    def hide_sheet(made: Any, page: Any) -> None:
        made.create_sheet("front", 0)
        page.sheet_state = "hidden"

    def filter_rows(_: Any, page: Any) -> None:
        page.auto_filter.ref = "A1:E8"
        page.row_dimensions[3].hidden = True
        page.row_dimensions[8].hidden = True

    for number, change in enumerate((hide_sheet, filter_rows), start=1):
        name = f"services_20260920_{number}.xlsx"
        world.drop(name, books.services_book(books.service_cells(7), change=change))
        assert world.ingest().state == "ok"
        assert world.counts(name) == (7, 7, 0, 0, 0)
        assert world.warnings(name) == {"HIDDEN_ROWS:sheet": 1}
        assert list(world.rows(name=name)["_row_number"]) == list(range(2, 9))


@pytest.mark.parametrize(("epoch", "number"), [(None, 46143), (books.use_1904, 44681)])
def test_F31_serial_dates(world: World, epoch: books.Change | None, number: int) -> None:
    serial = books.service_cells(7, participant_id=number, service_date=number, amount=number)
    loads(world, books.services_book(serial, change=epoch), (7, 7, 0, 0, 0))
    row = world.rows(name=BOOK).iloc[6]
    assert (row["service_date"], row["participant_id"], row["amount"]) == ("2026-05-01", str(number), str(number))
    assert list(world.rows(name=BOOK)["service_date"]) == ["2026-05-01"] * 7
    assert world.warnings(BOOK) == {"SERIAL_DATE:service_date": 1}
    # a CSV has no epoch: there it is only a number
    world.drop("services_20260921.csv", services_csv(service(7, service_date=str(number))))
    world.ingest()
    assert world.quarantined() == [(8, "DATE_FORMAT", "service_date")]


def test_F32_zip_without_its_leading_zero(world: World) -> None:
    world.drop(PEOPLE, participants_csv(participant(7, zip="2139"), participant(8, zip="02139")))
    header = PARTICIPANTS_HEADER.split(",")
    cells: list[Any] = participant(7).split(",")
    cells[header.index("zip")] = 2139
    rows = [line.split(",") for line in participants_csv().splitlines()]
    world.drop("participants_20260921.xlsx", books.book({"participants": [*rows, cells]}))
    assert world.ingest().state == "ok"
    assert world.quarantined() == [(8, "ZIP_FORMAT", "zip")] * 2
    assert world.counts(PEOPLE) == (8, 7, 1, 0, 0)
    assert world.rows("participants", name=PEOPLE)["zip"].iloc[6] == "02139"


def test_F33_id_in_scientific_notation(world: World) -> None:
    world.drop(NEW, services_csv(service(7, participant_id="1.23E+11"), service(8, service_id="1.23e+11")))
    world.drop(
        "services_20260921.xlsx", books.services_book(books.service_cells(7, participant_id=1.2345678901234567e17))
    )
    assert world.ingest().state == "ok"
    assert world.counts(NEW) == (8, 6, 2, 0, 0)
    found = world.quarantined()
    assert sorted((row, rule) for row, rule, _ in found) == [
        (8, "SCI_NOTATION"),
        (8, "SCI_NOTATION"),
        (9, "SCI_NOTATION"),
    ]
    world.secret("1.23E+11", "1.23e+11", "123456789012345")


def test_F34_last_four_digits_without_their_zeros(world: World) -> None:
    header = PARTICIPANTS_HEADER.split(",")
    rows: list[list[Any]] = [line.split(",") for line in participants_csv(participant(7)).splitlines()]
    rows[-1][header.index("ssn_last4")] = 12
    world.drop(PEOPLE, participants_csv(participant(7, ssn_last4="12"), participant(8, ssn_last4="0012")))
    world.drop("participants_20260921.xlsx", books.book({"participants": rows}))
    assert world.ingest().state == "ok"
    assert world.quarantined() == [(8, "DIGITS_FORMAT", "ssn_last4")] * 2
    assert world.rows("participants", name=PEOPLE)["ssn_last4"].iloc[6] == "0012"


def test_F35_formula_without_a_value_and_error_cells(world: World) -> None:
    bad = [books.service_cells(n, amount=cell) for n, cell in ((7, "=1+1"), (8, "#REF!"))]
    data = books.services_book(*bad, books.service_cells(9))
    # a formula whose value was saved is as good as the value
    saved = books.with_text(data, books.SHEET_PART, b"<v>109.5</v>", b"<f>9+100.5</f><v>109.5</v>")
    loads(world, saved, (9, 7, 2, 0, 0))
    assert world.quarantined() == [(8, "FORMULA", None), (9, "FORMULA", None)]
    assert world.rows(name=BOOK)["amount"].iloc[6] == "109.5"
    world.drop("services_20260921.xlsx", books.services_book(books.service_cells(7, participant_id="#N/A")))
    world.ingest()
    assert world.counts("services_20260921.xlsx") == (7, 6, 1, 0, 0)
    assert [rule for _, rule, _ in world.quarantined()] == ["FORMULA"] * 3


def test_F36_text_that_a_spreadsheet_would_run(world: World) -> None:
    texts = ["=1+2", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0"]
    rows = [service(7 + n, participant_id=text) for n, text in enumerate(texts)]
    # the partner's own heading is one as well, and it is what the feedback names the column by
    header = SERVICES_HEADER.replace("amount", "=Amount")
    bad = service(20, amount="=1+2")
    world.drop(NEW, services_csv(*rows, bad, header=header))
    assert world.ingest(entities={"services": {"columns": {"amount": "=Amount"}}}).state == "ok"
    assert list(world.rows(name=NEW)["participant_id"])[6:] == texts
    assert world.quarantined() == [(13, "NUMBER_FORMAT", "amount")]
    world.secret("SUM(A1)", "calc'!A0")
    # what we write out for people names that heading, as text and not as a formula
    project = world.folder / "project"
    shutil.copytree(PROJECT / "sources", project / "sources")
    (project / "expectations").symlink_to(PROJECT / "expectations")
    with (project / "sources" / "construction.yml").open("a") as handle:
        handle.write('entities: {services: {columns: {amount: "=Amount"}}}\n')
    settings = load_settings(home=world.settings.home, exports=world.exports, as_of=AS_OF, project=project)
    files = write_feedback("construction", settings).files
    cells = [cell for path in files for cell in cells_of(path)]
    assert any("=Amount" in cell for cell in cells)
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    assert not [cell for cell in cells if "SUM(A1)" in cell or "calc'" in cell]


def cells_of(path: Path) -> list[str]:
    """Every cell of a workbook or CSV, formulas as formulas."""
    if path.suffix == ".xlsx":
        pages = openpyxl.load_workbook(path).worksheets
        return [str(cell.value) for page in pages for row in page.iter_rows() for cell in row if cell.value is not None]
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return [cell for row in csv.reader(handle) for cell in row]


def test_F37_macros_links_and_embedded_objects(world: World) -> None:
    contents = list(books.active_workbooks())
    all_rejected(world, contents, ["MACRO"] * 7)
    world.drop("services_20260921.xlsm", contents[0] + b"")
    world.drop("services_20260922.xlsm", books.with_part(contents[0], "xl/worksheets/extra.xml", b"<x/>"))
    world.ingest()
    assert world.outcome("services_20260922.xlsm") == ("rejected", "MACRO")


def test_F38_encrypted_legacy_and_foreign_workbooks(world: World) -> None:
    contents = [books.ENCRYPTED, books.LEGACY_XLS, books.open_document(), books.binary_workbook()]
    all_rejected(world, contents, ["ENCRYPTED", "UNSUPPORTED", "UNSUPPORTED", "UNSUPPORTED"])
    world.drop("services_20260921.xls", books.LEGACY_XLS + bytes(8))
    world.ingest()
    assert world.outcome("services_20260921.xls") == ("rejected", "UNSUPPORTED")


def test_F39_xml_entities(world: World) -> None:
    all_rejected(world, list(books.entity_bombs()), ["XML_ENTITIES"] * 4)
    world.secret("root:x:0", "<!DOCTYPE")


def test_F40_sheet_full_to_the_last_row(world: World) -> None:
    all_rejected(world, [books.full_sheet()], ["EXCEL_LIMIT"])


def test_F41_decimal_comma(world: World) -> None:
    world.drop(NEW, services_csv(service(7, amount='"22,50"'), service(8, amount='"1.234,56"')))
    declared = services_csv(service(7, amount="22,50x")).replace(",", ";").replace("22;50x", "22,50")
    assert world.ingest().state == "ok"
    assert world.counts(NEW) == (8, 6, 2, 0, 0)
    assert world.quarantined() == [(8, "NUMBER_FORMAT", "amount"), (9, "NUMBER_FORMAT", "amount")]
    # with semicolons between the columns a decimal comma needs no quotes, and is refused all the same
    world.drop("services_20260921.csv", declared)
    world.ingest(format={"delimiter": ";"})
    assert world.counts("services_20260921.csv") == (7, 6, 1, 0, 0)
    assert sorted(world.quarantined())[0] == (8, "NUMBER_FORMAT", "amount")
    world.secret("22,50", "1.234,56")


def test_F42_unknown_version_of_the_contract(world: World) -> None:
    header = f"{SERVICES_HEADER},Contract Version"
    world.drop(NEW, services_csv(*(f"{row},2" for row in good_services(count=7)), count=0, header=header))
    assert [m.reason for m in world.ingest().broken] == ["CONTRACT_VERSION"]
    assert world.last_good_stands()
    world.drop("services_20260921.csv", services_csv(*(f"{row},1" for row in good_services()), count=0, header=header))
    rows = [[*books.service_cells(n), 1] for n in range(1, 8)]
    world.drop("services_20260922.xlsx", books.book({"services": [[*books.HEADER, "contract_version"], *rows]}))
    assert world.ingest().state == "ok"
    for name, count in (("services_20260921.csv", 6), ("services_20260922.xlsx", 7)):
        assert (world.counts(name), world.warnings(name)) == ((count, count, 0, 0, 0), {})
    mixed = [[*books.service_cells(n), 1 if n < 5 else 3] for n in range(1, 8)]
    world.drop("services_20260923.xlsx", books.book({"services": [[*books.HEADER, "contract_version"], *mixed]}))
    assert [m.reason for m in world.ingest().broken] == ["CONTRACT_VERSION"]

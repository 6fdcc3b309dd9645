"""One person out of a file's bytes: everybody else's bytes, row numbers, encoding and control totals stay."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import openpyxl
import pytest
from openpyxl.comments import Comment

from hrtp.reading import EntityTable, read_file
from hrtp.redaction import KnownPerson, Redacted, Row, redact
from hrtp.redaction.finder import Strings
from tests.privacy.people import HEADER, Canary, canary, needles
from tests.unit.reading_world import CONTRACTS, source, workbook

WHO, OTHER, THIRD = canary(1), canary(2), canary(3)


def finder(person: Canary = WHO) -> KnownPerson:
    strings = Strings()
    strings.learn(
        {
            "participant_id": person.own,
            "first_name": person.first,
            "last_name": person.last,
            "date_of_birth": person.born,
            "caljobs_id": person.state_id,
            "email": person.email,
            "phone": person.phone,
        }
    )
    others = {OTHER.own, THIRD.own}
    return KnownPerson({person.own}, {person.state_id}, strings, lambda row: row.own_id() in others)


def take_out(data: bytes, name: str = "participants_20260930.csv", variant: int = 0, **changes: Any) -> Redacted | None:
    return redact(data, name, ("participants",), source(**changes), CONTRACTS, finder(), "0" * 64, variant)


def taken(data: bytes, name: str = "participants_20260930.csv", **changes: Any) -> Redacted:
    outcome = take_out(data, name, **changes)
    assert outcome is not None
    assert needles().in_bytes(b"".join(ln for ln in outcome.data.splitlines() if WHO.own.encode() in ln)) == set()
    return outcome


def read(data: bytes, name: str = "participants_20260930.csv", **changes: Any) -> EntityTable:
    (table,) = read_file(data, name, ("participants",), source(**changes), CONTRACTS)
    return table


def numbered(table: EntityTable) -> list[tuple[int, str]]:
    return list(zip(table.frame["row_number"], table.frame["participant_id"], strict=True))


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_only_the_bytes_of_their_record_go_whatever_the_encoding_and_line_ends(codec: str, end: str) -> None:
    lines = [HEADER, OTHER.row(first_name="Zoë"), WHO.row(), THIRD.row()]
    before = (end.join(lines) + end).encode(codec)
    outcome = taken(before, format={"encoding": codec if codec in {"cp1252", "utf-16"} else "utf-8"})
    assert outcome.data == (end.join([lines[0], lines[1], "", lines[3]]) + end).encode(codec)
    assert outcome.rows == 1


def test_a_record_over_three_lines_becomes_one_and_later_rows_keep_their_numbers() -> None:
    data = "\n".join([HEADER, OTHER.row(), WHO.row(zip='"90011\n\nsecond door"'), THIRD.row()]) + "\n"
    before, after = read(data.encode()), read(taken(data.encode()).data)
    assert numbered(before) == [(2, OTHER.own), (3, WHO.own), (4, THIRD.own)]
    assert numbered(after) == [(2, OTHER.own), (4, THIRD.own)]
    assert (before.rows_in, after.rows_in, after.rows_blank) == (3, 3, 1)


@pytest.mark.parametrize(
    "row",
    [
        WHO.row() + ",extra,cells",
        ",".join(WHO.row().split(",")[:4]),
        ",".join(["", *WHO.row().split(",")[:-1]]),
        ",".join([*WHO.row().split(",")[1:], WHO.own]),
        WHO.row(own="unknown-9", caljobs_id=""),
        WHO.row(own="", caljobs_id="", email="", phone=""),
        WHO.row(own="X", caljobs_id="", email="", phone=WHO.phone),
    ],
    ids=["too long", "too short", "shifted", "rotated", "by address", "by name and birth", "by phone"],
)
def test_a_row_that_could_not_load_is_found_by_what_stands_in_it(row: str) -> None:
    data = "\n".join([HEADER, OTHER.row(), row, THIRD.row()]) + "\n"
    assert taken(data.encode()).data == ("\n".join([HEADER, OTHER.row(), "", THIRD.row()]) + "\n").encode()


def test_a_row_of_another_known_person_stays_although_it_shares_the_phone_and_the_family_name() -> None:
    data = "\n".join([HEADER, OTHER.row(phone=WHO.phone, last_name=WHO.last, date_of_birth=WHO.born)]) + "\n"
    assert take_out(data.encode()) is None


def test_the_trailers_count_goes_down_with_the_rows() -> None:
    wire = {"format": {"trailer": {"marker": "TOTAL", "count_column": 2}, "delimiter": ";"}}
    lines = [line.replace(",", ";") for line in (HEADER, OTHER.row(), WHO.row(), THIRD.row())]
    data = "\n".join([*lines, 'TOTAL;"3";rows']) + "\n"
    assert read(data.encode(), **wire).rejected is None
    outcome = taken(data.encode(), **wire)
    assert outcome.data.decode().splitlines()[-1] == 'TOTAL;"2";rows'
    table = read(outcome.data, **wire)
    assert (table.rejected, numbered(table)) == (None, [(2, OTHER.own), (4, THIRD.own)])


def test_a_wrong_control_total_stays_wrong() -> None:
    wire = {"format": {"trailer": {"marker": "TOTAL", "count_column": 2}, "delimiter": ";"}}
    lines = [line.replace(",", ";") for line in (HEADER, OTHER.row(), WHO.row(), THIRD.row())]
    outcome = taken(("\n".join([*lines, "TOTAL;9"]) + "\n").encode(), **wire)
    table = read(outcome.data, **wire)
    assert table.rejected is not None
    assert table.rejected.code == "ROWCOUNT"


def test_a_person_in_the_place_of_the_header_goes() -> None:
    data = "\n".join([WHO.row(), OTHER.row(), THIRD.row()]) + "\n"
    assert taken(data.encode()).data == ("\n".join(["", OTHER.row(), THIRD.row()]) + "\n").encode()


@pytest.mark.parametrize(
    "data",
    [
        f'{HEADER}\n"{WHO.row()}\n'.encode(),
        f"{HEADER}\n{WHO.row()}\n".encode() + b"\xff\xfe\x81,\n",
        f"<html><p>{WHO.first} {WHO.last}</p></html>".encode("utf-16-le"),
        b"\xd0\xcf\x11\xe0" + f"{WHO.email}".encode("utf-16-le"),
        f"%PDF {WHO.state_id} ".encode("cp1252"),
    ],
    ids=["open quote", "not utf-8", "web page in utf-16", "legacy office", "pdf"],
)
def test_a_file_whose_rows_nobody_can_tell_apart_goes_whole(data: bytes) -> None:
    outcome = take_out(data)
    assert outcome is not None
    assert outcome.is_removed
    assert needles(WHO).in_bytes(outcome.data) == set()
    table = read(outcome.data)
    assert table.rejected is not None


def test_a_file_without_them_is_not_touched() -> None:
    for data in (f"{HEADER}\n{OTHER.row()}\n".encode(), b"<html>login</html>", f'{HEADER}\n"open'.encode(), b""):
        assert take_out(data) is None


def test_the_same_person_taken_out_of_two_exports_need_not_make_one_file() -> None:
    data = f"{HEADER}\n{WHO.row()}\n{OTHER.row()}\n".encode()
    first, second = taken(data), take_out(data, variant=2)
    assert second is not None
    assert first.data != second.data
    assert numbered(read(first.data)) == numbered(read(second.data)) == [(3, OTHER.own)]


def book(*people: Canary) -> list[list[Any]]:
    return [HEADER.split(","), *(person.row().split(",") for person in people)]


def add_everything(opened: openpyxl.Workbook, page: Any) -> None:
    """A note on their cell, one of theirs on another's, a formula, a hidden sheet, an author, a link."""
    page["B3"].comment = Comment(f"call {WHO.first} back", f"{WHO.first} {WHO.last}")
    page["B4"].comment = Comment("ask again", "desk")
    page["G3"].hyperlink = f"mailto:{WHO.email}"
    page["L2"] = "=1+1"
    hidden = opened.create_sheet("notes")
    hidden.sheet_state = "hidden"
    hidden.append(["spoken to", WHO.last, WHO.first, WHO.born])
    hidden.append(["spoken to", OTHER.last])
    opened.properties.creator = f"{WHO.first} {WHO.last}"
    page.auto_filter.ref = "A1:I4"
    page.auto_filter.add_filter_column(2, [WHO.last, "others"])


def test_a_workbook_loses_their_cells_notes_and_strings_and_nothing_else() -> None:
    data = workbook(book(OTHER, WHO, THIRD), "participants", add_everything)
    wire = {"format": {"container": "xlsx"}}
    outcome = take_out(data, "construction_20260930.xlsx", **wire)
    assert outcome is not None
    assert outcome.rows == 2  # one in the table, one in the hidden sheet
    person = {"first": WHO.first, "last": WHO.last, "email": WHO.email, "phone": WHO.phone, "state": WHO.state_id}
    from tests.canary import Needles

    places = [("workbook", outcome.data)]
    with zipfile.ZipFile(io.BytesIO(outcome.data)) as archive, zipfile.ZipFile(io.BytesIO(data)) as original:
        assert archive.namelist() == original.namelist()
        places += [(name, archive.read(name)) for name in archive.namelist()]
        assert archive.read("xl/styles.xml") == original.read("xl/styles.xml")
    assert Needles(person | {"id": WHO.own, "born": WHO.born}).search(places).hits == frozenset()
    table = read(outcome.data, "construction_20260930.xlsx", **wire)
    before = read(data, "construction_20260930.xlsx", **wire)
    assert numbered(table) == [row for row in numbered(before) if row[1] != WHO.own] == [(2, OTHER.own), (4, THIRD.own)]
    opened = openpyxl.load_workbook(io.BytesIO(outcome.data))
    assert opened["participants"]["B4"].comment.text == "ask again"
    assert opened["participants"]["L2"].value == "=1+1"
    assert opened["notes"].sheet_state == "hidden"
    assert opened["notes"]["B2"].value == OTHER.last


def test_a_string_that_another_row_uses_too_stays_for_that_row() -> None:
    shared = [[*row] for row in book(OTHER, WHO)]
    shared[1][7] = shared[2][7] = WHO.phone
    outcome = take_out(workbook(shared, "participants"), "construction_20260930.xlsx", format={"container": "xlsx"})
    assert outcome is not None
    table = read(outcome.data, "construction_20260930.xlsx", format={"container": "xlsx"})
    assert list(table.frame["phone"]) == [WHO.phone]


@pytest.mark.parametrize("inner", ["csv", "xlsx"])
def test_the_member_of_an_archive_is_redacted_inside_it(inner: str) -> None:
    data = f"{HEADER}\n{OTHER.row()}\n{WHO.row()}\n".encode()
    if inner == "xlsx":
        data = workbook(book(OTHER, WHO), "participants")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"participants_20260930.{inner}", data)
        archive.writestr("__MACOSX/._x", b"finder")
    outcome = take_out(buffer.getvalue(), "participants_20260930.zip")
    assert outcome is not None
    with zipfile.ZipFile(io.BytesIO(outcome.data)) as archive:
        assert archive.read("__MACOSX/._x") == b"finder"
    assert numbered(read(outcome.data, "participants_20260930.zip")) == [(2, OTHER.own)]
    assert needles(WHO).in_bytes(outcome.data) <= {"stem"}


def test_redacting_what_was_redacted_changes_nothing() -> None:
    data = taken(f"{HEADER}\n{OTHER.row()}\n{WHO.row()}\n".encode()).data
    assert take_out(data) is None
    book_data = take_out(workbook(book(OTHER, WHO), "participants", add_everything), "construction_20260930.xlsx")
    assert book_data is not None
    assert take_out(book_data.data, "construction_20260930.xlsx") is None


def test_a_program_row_is_never_taken_for_a_person() -> None:
    row = Row({"program_id": WHO.own}, [WHO.own, WHO.email], has_person=False)
    assert not finder().is_theirs(row)

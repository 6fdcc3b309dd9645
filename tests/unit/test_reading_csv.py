"""CSV files: what a partner may send, and what becomes of it."""

from __future__ import annotations

import pytest

from tests.unit.reading_world import SERVICES_HEADER, code, column, read, services, source

GOOD = "S1,P1,housing,2026-05-01,120.50"
PARTICIPANTS = "participant_id,first_name,last_name,date_of_birth,ssn_last4,zip,homeless"


def test_a_canonical_file_reads_as_text_with_spreadsheet_row_numbers() -> None:
    table = read(services(GOOD, "S2,P2,legal,2026-05-02,"))
    assert (table.rows_in, table.rows_blank, code(table)) == (2, 0, None)
    assert column(table, "row_number") == [2, 3]
    assert column(table, "service_id") == ["S1", "S2"]
    assert column(table, "amount") == ["120.50", None]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_reads_the_same(end: str) -> None:
    assert column(read(services(GOOD, GOOD, end=end)), "row_number") == [2, 3]


def test_a_byte_order_mark_and_utf16_are_read() -> None:
    text = services(GOOD.replace("S1", "Sé"))
    for data in (b"\xef\xbb\xbf" + text.encode(), text.encode("utf-16")):
        assert column(read(data), "service_id") == ["Sé"]


def test_leading_zeros_and_names_that_look_like_nulls_stay() -> None:
    table = read(f"{PARTICIPANTS}\n007,NA,Null,1990-01-02,0012,90012,\n", "participants_20260930.csv", "participants")
    assert column(table, "participant_id") == ["007"]
    assert (column(table, "first_name"), column(table, "last_name")) == (["NA"], ["Null"])
    assert column(table, "ssn_last4") == ["0012"]
    assert column(table, "homeless") == [None]


def test_reordered_columns_and_odd_headers_load_by_name() -> None:
    header = "\u200bAmount,service date,\u00a0SERVICE_TYPE,Participant-ID ,service_id"
    table = read(services("1,2026-05-01,housing,P1,S1", header=header))
    assert column(table, "service_id") == ["S1"]
    assert column(table, "service_date") == ["2026-05-01"]


def test_an_unknown_column_is_not_stored_and_warned_of() -> None:
    table = read(services(GOOD + ",123-45-6789", header=SERVICES_HEADER + ",notes"))
    assert "123-45-6789" not in table.frame.to_csv()
    assert table.warnings["SCHEMA_DRIFT", "column 6"] == 1


def test_blank_rows_count_and_keep_the_numbering() -> None:
    table = read(services(GOOD, "", ",,,,", GOOD))
    assert (table.rows_in, table.rows_blank, column(table, "row_number")) == (4, 2, [2, 5])


def test_quoted_line_breaks_commas_and_quotes_are_one_record() -> None:
    table = read(services('"S,""1""\nx",P1,housing,2026-05-01,1', GOOD))
    assert column(table, "service_id")[0] == 'S,"1"\nx'
    assert column(table, "row_number") == [2, 3]


@pytest.mark.parametrize(
    ("rejection", "data"),
    [
        ("ZERO_BYTES", b""),
        ("NOT_CSV", b"<!DOCTYPE html><html>login</html>"),
        ("NOT_CSV", b'{"error": 1}'),
        ("NOT_CSV", b"%PDF-1.7"),
        ("CONTENT_TYPE", b"MZ\x90\x00"),
        ("ENCODING", services(GOOD).encode() + b"S2,P\xff\xfe,housing,2026-05-01,1\n"),
        ("QUOTING", services('S1,"P1,housing,2026-05-01,1', GOOD).encode()),
        ("QUOTING", services('S1,"P1"x,housing,2026-05-01,1').encode()),
        ("DELIMITER", services(GOOD).replace(",", ";").encode()),
        ("NO_HEADER", f"{GOOD}\n{GOOD}\n".encode()),
        ("NO_HEADER", ("Report of May\n\n" + services(GOOD)).encode()),
        ("DUPLICATE_COLUMN", services(GOOD + ",x", header=SERVICES_HEADER + ",Service_ID").encode()),
        ("TRUNCATED", (services(GOOD) + "S2,P2,hou").encode()),
        ("RAGGED", services(*[GOOD] * 5, *[GOOD + ","] * 5).encode()),
    ],
)
def test_a_file_whose_borders_or_kind_are_in_doubt_is_rejected(rejection: str, data: bytes) -> None:
    assert code(read(data)) == rejection


def test_a_rejection_never_quotes_the_file() -> None:
    table = read(b"Secretname,P1,housing\nSecretname,P1,housing\n")
    assert "Secretname" not in str(table.rejected)


@pytest.mark.parametrize(
    ("issue", "row"),
    [
        ("RAGGED", "S2,P2,housing"),
        ("CONTROL_CHAR", "S2,P\x002,housing,2026-05-01,1"),
        ("HEADER_REPEAT", SERVICES_HEADER),
        ("TRAILER", "Grand Total,,,,240"),
        ("TOO_LONG", f"{'S' * 65},P2,housing,2026-05-01,1"),
        ("SCI_NOTATION", "1.23E+11,P2,housing,2026-05-01,1"),
    ],
)
def test_a_bad_row_is_marked_and_its_neighbours_are_not(issue: str, row: str) -> None:
    table = read(services(*[GOOD] * 20, row, *[GOOD] * 20))
    issues = column(table, "_read_issue")
    assert (issues[20], set(issues[:20] + issues[21:])) == (issue, {None})


def test_cp1252_loads_only_where_the_source_declares_it() -> None:
    data = services("Sé,P1,housing,2026-05-01,1").encode("cp1252")
    assert code(read(data)) == "ENCODING"
    declared = {"format": {"encoding": "cp1252"}}
    assert column(read(data, **declared), "service_id") == ["Sé"]


def test_a_declared_form_maps_headers_labels_dates_and_numbers() -> None:
    declared = {
        "format": {"delimiter": ";", "trailer": {"marker": "ROWS", "count_column": 2}},
        "date_formats": ["%m/%d/%Y"],
        "null_values": ["Declined"],
        "entities": {
            "services": {
                "columns": {"service_id": "Nr", "service_type": "Kind"},
                "values": {"service_type": {"Bus Pass": "transportation"}},
            }
        },
    }
    text = (
        "Nr;participant_id;Kind;service_date;amount\n1;P1;bus pass;5/1/2026;$1,234.50\n2;P2;legal;05/02/2026;Declined\n"
    )
    table = read(text + "ROWS;2;;;\n", **declared)
    assert (table.form, table.rows_in, table.rows_blank) == ("declared", 3, 1)
    assert column(table, "service_type") == ["transportation", "legal"]
    assert column(table, "service_date") == ["2026-05-01", "2026-05-02"]
    assert column(table, "amount") == ["1234.50", None]
    assert table.warnings["NUMBER_REPAIRED", "amount"] == 1
    assert code(read(text + "ROWS;3;;;\n", **declared)) == "ROWCOUNT"
    assert code(read(text, **declared)) == "ROWCOUNT"
    canonical = read(services(GOOD), **declared)
    assert (canonical.form, column(canonical, "service_date")) == ("canonical", ["2026-05-01"])


def test_the_canonical_form_never_reads_a_declared_date() -> None:
    declared = {"date_formats": ["%m/%d/%Y"], "entities": {"services": {"columns": {"service_id": "Nr"}}}}
    table = read(services("S1,P1,housing,05/01/2026,1"), **declared)
    assert (table.form, column(table, "service_date__issue")) == ("canonical", ["DATE_AMBIGUOUS"])


@pytest.mark.parametrize(
    ("text", "value", "issue"),
    [
        ("2026-02-28", "2026-02-28", None),
        ("2026-02-29", None, "DATE_INVALID"),
        ("0202-02-28", None, "DATE_INVALID"),
        ("1989-12-31", None, "DATE_INVALID"),
        ("1990-01-01", "1990-01-01", None),
        ("2099-12-31", "2099-12-31", None),
        ("2100-01-01", None, "DATE_INVALID"),
        ("9999-12-31", None, None),
        ("2026-2-3", None, "DATE_FORMAT"),
        ("03/14/2026", None, "DATE_FORMAT"),
        ("03/04/2026", None, "DATE_AMBIGUOUS"),
        ("26-03-14", None, "DATE_FORMAT"),
        ("1900-01-01", None, None),
        ("N/A", None, None),
    ],
)
def test_dates_are_parsed_by_the_contract_and_never_guessed(text: str, value: str | None, issue: str | None) -> None:
    table = read(services(f"S1,P1,housing,{text},1"))
    assert (column(table, "service_date"), column(table, "service_date__issue")) == ([value], [issue])


@pytest.mark.parametrize(
    ("text", "value", "issue"),
    [
        ("22.50", "22.50", None),
        ("$22.50/hr", "22.50", None),
        ("$22.50 per month", None, "NUMBER_UNIT"),
        ('"22,50"', None, "NUMBER_FORMAT"),
        ('"1.234,56"', None, "NUMBER_FORMAT"),
        ('"1,234.56"', "1234.56", None),
        ("-5", "-5", None),
        ("85%", None, "NUMBER_FORMAT"),
        ("1e3", None, "NUMBER_FORMAT"),
        ("999999999.99", "999999999.99", None),
        ("1000000000", None, "NUMBER_FORMAT"),
    ],
)
def test_numbers_follow_a_grammar(text: str, value: str | None, issue: str | None) -> None:
    table = read(services(f"S1,P1,housing,2026-05-01,{text}"))
    assert (column(table, "amount"), column(table, "amount__issue")) == ([value], [issue])


@pytest.mark.parametrize(("text", "value"), [("Y", "Y"), ("no", "N"), ("1", "Y"), ("False", "N"), ("", None)])
def test_a_blank_flag_is_unknown_and_never_no(text: str, value: str | None) -> None:
    table = read(f"{PARTICIPANTS}\nP1,A,B,1990-01-02,,,{text}\n", "participants_20260930.csv", "participants")
    assert column(table, "homeless") == [value]


@pytest.mark.parametrize(
    ("text", "issue"),
    [("1234", None), ("12", "DIGITS_FORMAT"), ("123-45-6789", "PII_EXCESS"), ("123456789", "PII_EXCESS")],
)
def test_a_whole_ssn_is_kept_nowhere(text: str, issue: str | None) -> None:
    table = read(f"{PARTICIPANTS}\nP1,A,B,1990-01-02,{text},,\n", "participants_20260930.csv", "participants")
    assert column(table, "ssn_last4__issue") == [issue]
    assert "6789" not in table.frame.to_csv()


def test_pirl_columns_are_found_by_every_spelling_of_their_number() -> None:
    ajcc = {"source": "ajcc_x", "kind": "ajcc", "sector": None}
    for spelling in ("{}", "PIRL {}", "PIRL{}", "pirl_{}"):
        header = ",".join(spelling.format(n) for n in (100, 900, 801, 9999))
        table = read(f"{header}\nA1,20250102,1,x\n", "pirl_20260930.csv", "pirl", **ajcc)
        assert (column(table, "pirl_100"), column(table, "pirl_900")) == (["A1"], ["2025-01-02"])


def test_a_form_that_only_differs_in_values_is_refused_when_the_source_is_read() -> None:
    with pytest.raises(ValueError, match="no header of its own"):
        source(entities={"services": {"values": {"service_type": {"Bus": "transportation"}}}})

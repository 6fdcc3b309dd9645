"""F01 to F27: CSV exports that are written wrong, or oddly, through the real loader."""

from __future__ import annotations

from tests.faults.bad_bytes import text
from tests.faults.bad_bytes.rows import (
    PARTICIPANTS_HEADER,
    SERVICES_HEADER,
    good_services,
    participant,
    participants_csv,
    service,
    services_csv,
)
from tests.faults.world import World

NEW = "services_20260920.csv"
SEVEN = [f"ZQS{n}" for n in range(1, 8)]


def loads_seven(world: World, content: str | bytes, **changes: object) -> None:
    """The file loads its seven rows under the numbers 2 to 8 and with the values of a plain file."""
    world.drop(NEW, content)
    result = world.ingest(**changes)
    assert (result.state, result.broken) == ("ok", [])
    assert world.outcome(NEW) == ("loaded", None)
    assert world.counts(NEW) == (7, 7, 0, 0, 0)
    rows = world.rows(name=NEW)
    assert list(rows["_row_number"]) == list(range(2, 9))
    assert list(rows["service_id"]) == SEVEN
    assert list(rows["amount"]) == [f"{100 + n}.5" for n in range(1, 8)]


def is_rejected(world: World, content: str | bytes, code: str, detail: str = "", **changes: object) -> None:
    """The file is rejected with its code; the ingest fails visibly and the last good data stays."""
    all_rejected(world, [content], code, detail, **changes)


def all_rejected(world: World, contents: list[str | bytes], code: str, detail: str = "", **changes: object) -> None:
    """As ``is_rejected``, several files of one night."""
    names = [NEW] if len(contents) == 1 else [NEW.replace(".", f"_{n}.") for n in range(1, len(contents) + 1)]
    for name, content in zip(names, contents, strict=True):
        world.drop(name, content)
    result = world.ingest(**changes)
    assert (result.state, {m.reason for m in result.broken}) == ("rejected", {code})
    for name in names:
        manifest = world.manifest(name)
        assert (manifest.state, manifest.reason) == ("rejected", code)
        assert detail in (manifest.detail or "")
    assert world.last_good_stands()
    assert world.quarantined() == []


def each_has_one_bad_row(world: World, rows: list[str], code: str) -> None:
    """Row 8 of each file goes to quarantine with its code; the six above it and the one below it load."""
    names = [NEW.replace(".", f"_{n}.") for n in range(1, len(rows) + 1)]
    for number, (name, row) in enumerate(zip(names, rows, strict=True)):
        # no two files may be the same bytes
        world.drop(name, services_csv(row, service(20 + number)))
    assert world.ingest().state == "ok"
    for name in names:
        assert (world.outcome(name), world.counts(name)) == (("loaded", None), (8, 7, 1, 0, 0))
        assert list(world.rows(name=name)["_row_number"]) == [2, 3, 4, 5, 6, 7, 9]
    assert world.quarantined() == [(8, code, None)] * len(rows)


def test_F01_utf8_byte_order_mark(world: World) -> None:
    loads_seven(world, b"\xef\xbb\xbf" + services_csv(service(7)).encode())


def test_F02_utf16_with_byte_order_mark(world: World) -> None:
    loads_seven(world, services_csv(service(7)).encode("utf-16"))
    assert world.warnings(NEW) == {"TRANSCODED:utf-16": 1}


def test_F03_windows_1252_only_where_it_is_declared(world: World) -> None:
    name = "participants_20260920.csv"
    content = participants_csv(participant(7, last_name="Quillféather – O’Zq")).encode("cp1252")
    world.drop(name, content)
    assert [m.reason for m in world.ingest().broken] == ["ENCODING"]
    assert world.last_good_stands("participants")
    assert world.ingest(format={"encoding": "cp1252"}).state == "ok"
    assert world.counts(name) == (7, 7, 0, 0, 0)
    # Latin-1 would make control characters of the dash and the apostrophe
    assert world.rows("participants", name=name)["last_name"].iloc[6] == "Quillféather – O’Zq"
    assert world.warnings(name)["TRANSCODED:cp1252"] == 1


def test_F04_undecodable_bytes(world: World) -> None:
    content = text.undecodable()
    is_rejected(world, content, "ENCODING", f"offset {content.index(0xFF)}")


def test_F05_mojibake_loads_with_a_warning(world: World) -> None:
    name = "participants_20260920.csv"
    world.drop(name, participants_csv(participant(7, first_name=text.MOJIBAKE)))
    assert world.ingest().state == "ok"
    assert world.rows("participants", name=name)["first_name"].iloc[6] == text.MOJIBAKE
    assert world.warnings(name)["MOJIBAKE:first_name"] == 1
    world.secret(text.MOJIBAKE)


def test_F06_any_line_ends(world: World) -> None:
    rows = list(good_services(count=7))
    for number, end in enumerate(("\r\n", "\n", "\r"), start=1):
        name = f"services_20260920_{number}.csv"
        world.drop(name, services_csv(service(7), end=end))
    world.drop("services_20260920_4.csv", text.mixed_line_ends(rows))
    assert world.ingest().state == "ok"
    for number in range(1, 5):
        loaded = world.rows(name=f"services_20260920_{number}.csv")
        assert loaded[["_row_number", "service_id"]].values.tolist() == [[n + 1, f"ZQS{n}"] for n in range(1, 8)]
    assert world.quarantined() == []


def test_F07_line_breaks_quotes_and_commas_in_quoted_fields(world: World) -> None:
    name = "participants_20260920.csv"
    content = participants_csv(participant(7, last_name='"Quillfeather, ""Zq""\nJr."'), participant(8))
    world.drop(name, content)
    assert world.ingest().state == "ok"
    rows = world.rows("participants", name=name)
    assert world.counts(name) == (8, 8, 0, 0, 0)
    assert rows["last_name"].iloc[6] == 'Quillfeather, "Zq"\nJr.'
    assert list(rows["_row_number"]) == list(range(2, 10))


def test_F08_unclosed_quote(world: World) -> None:
    is_rejected(world, text.unclosed_quote(), "QUOTING")


def test_F09_other_delimiters_only_where_they_are_declared(world: World) -> None:
    for number, delimiter in enumerate((";", "\t", "|"), start=1):
        name = f"services_20260920_{number}.csv"
        world.drop(name, text.with_delimiter(delimiter))
        assert [m.reason for m in world.ingest().broken] == ["DELIMITER"]
        assert world.last_good_stands()
        world.withdraw(name)
    for number, delimiter in enumerate((";", "\t", "|"), start=1):
        world.ingest(format={"delimiter": delimiter})
        name = f"services_20260920_{number}.csv"
        assert (world.outcome(name), world.counts(name)) == (("loaded", None), (7, 7, 0, 0, 0))
        assert list(world.rows(name=name)["service_id"]) == SEVEN


def test_F10_missing_header(world: World) -> None:
    is_rejected(world, text.without_header(), "NO_HEADER", "row 1")


def test_F11_renamed_header(world: World) -> None:
    content = services_csv(service(7), header=SERVICES_HEADER.replace("service_id", "Service Ident"))
    is_rejected(world, content, "MISSING_COLUMN", "service_id (column 1 of the file comes nearest)")
    entities = {"services": {"columns": {"service_id": "Service Ident"}}}
    assert world.ingest(entities=entities).state == "ok"
    assert list(world.rows(name=NEW)["service_id"]) == SEVEN


def test_F12_reordered_columns(world: World) -> None:
    loads_seven(world, text.reordered())


def test_F13_duplicate_column(world: World) -> None:
    rows = [f"{row},ZQP9" for row in good_services(count=7)]
    content = "\n".join([f"{SERVICES_HEADER},Participant ID", *rows]) + "\n"
    is_rejected(world, content, "DUPLICATE_COLUMN", "participant_id")


def test_F14_required_column_missing(world: World) -> None:
    content = "".join(line.partition(",")[2] + "\n" for line in services_csv(service(7)).splitlines())
    is_rejected(world, content, "MISSING_COLUMN", "required columns are missing: service_id")


def test_F15_optional_column_missing(world: World) -> None:
    name = "participants_20260920.csv"
    place = PARTICIPANTS_HEADER.split(",").index("homeless")
    cells = [line.split(",") for line in participants_csv(participant(7)).splitlines()]
    world.drop(name, "".join(",".join(row[:place] + row[place + 1 :]) + "\n" for row in cells))
    assert world.ingest().state == "ok"
    assert world.counts(name) == (7, 7, 0, 0, 0)
    assert world.warnings(name)["OPTIONAL_COLUMN_MISSING:homeless"] == 1
    # unknown, not No: the last good export says N for the same people
    assert list(world.rows("participants", name=name)["homeless"].isna()) == [True] * 7
    assert list(world.rows("participants", name="participants_20260901.csv")["homeless"]) == ["N"] * 6


def test_F16_unknown_column_of_ssns_is_stored_nowhere(world: World) -> None:
    rows = [f"{row},000-00-{4000 + n}" for n, row in enumerate(good_services(count=7))]
    loads_seven(world, "\n".join([f"{SERVICES_HEADER},SSN", *rows]) + "\n")
    assert world.warnings(NEW) == {"SCHEMA_DRIFT:column 6": 1}
    behind = [p for p in world.settings.home.rglob("*") if p.is_file() and world.settings.landing not in p.parents]
    assert len(behind) > 20
    assert not [p.name for p in behind if b"000-00-4" in p.read_bytes()]
    # Parquet compresses: look at the values as well
    assert "000-00" not in world.rows().to_csv()


def test_F17_headers_in_odd_writing(world: World) -> None:
    header = (
        f" SERVICE-ID{text.NO_BREAK},{text.ZERO_WIDTH}Participant Id,Service  Type,service_DATE ,{text.NO_BREAK}Amount"
    )
    loads_seven(world, services_csv(service(7), header=header))
    assert world.warnings(NEW) == {}


def test_F18_title_rows_above_the_header(world: World) -> None:
    is_rejected(world, text.with_preamble(), "NO_HEADER", "row 4")
    assert world.ingest(format={"skip_rows": 3}).state == "ok"
    assert world.counts(NEW) == (7, 7, 0, 0, 0)
    assert list(world.rows(name=NEW)["_row_number"]) == list(range(5, 12))


def test_F19_totals_row_at_the_end(world: World) -> None:
    world.drop(NEW, services_csv(service(7), "Grand Total,,,,728.00"))
    assert world.ingest().state == "ok"
    assert world.counts(NEW) == (8, 7, 1, 0, 0)
    assert world.quarantined() == [(9, "TRAILER", None)]
    # a trailer belongs to the declared form, which is told by its header
    header = SERVICES_HEADER.replace("service_id", "Nr")
    declared = {
        "format": {"trailer": {"marker": "Grand Total", "count_column": 2}},
        "entities": {"services": {"columns": {"service_id": "Nr"}}},
    }
    trailers = {"right": ["Grand Total,7,,,"], "wrong": ["Grand Total,9,,,"], "none": []}
    for number, (name, trailer) in enumerate(trailers.items(), start=1):
        world.drop(f"services_20260921_{number}.csv", services_csv(service(7), *trailer, header=header))
        result = world.ingest(**declared)
        manifest = world.manifest(f"services_20260921_{number}.csv")
        assert (result.state, manifest.reason) == (("ok", None) if name == "right" else ("rejected", "ROWCOUNT"))
    assert world.counts("services_20260921_1.csv") == (8, 7, 0, 0, 1)
    assert "states 9 rows, the file holds 7" in (world.manifest("services_20260921_2.csv").detail or "")
    assert "trailer row is missing" in (world.manifest("services_20260921_3.csv").detail or "")
    assert world.quarantined() == [(9, "TRAILER", None)]


def test_F20_blank_rows(world: World) -> None:
    rows = good_services(count=7)
    world.drop(NEW, "\n".join([SERVICES_HEADER, *rows[:3], "", ",,,,", " , , ,,", *rows[3:], "", "", ""]))
    assert world.ingest().state == "ok"
    assert world.counts(NEW) == (12, 7, 0, 0, 5)
    assert list(world.rows(name=NEW)["_row_number"]) == [2, 3, 4, 8, 9, 10, 11]


def test_F21_ragged_row(world: World) -> None:
    long, with_comma = service(7) + ",Quillfeather", service(7).replace("ZQP1", "ZQP1,x")
    each_has_one_bad_row(world, ["ZQS7,ZQP1,housing", long, with_comma], "RAGGED")
    name = "services_20260921.csv"
    world.drop(name, services_csv(service(7), *(f"{service(n)},x" for n in range(20, 23))))
    assert [m.reason for m in world.ingest().broken] == ["RAGGED"]
    assert "3 of 10 rows" in (world.manifest(name).detail or "")


def test_F22_last_row_cut(world: World) -> None:
    is_rejected(world, text.cut(services_csv(service(7), service(8)), 12), "TRUNCATED", "did not arrive whole")


def test_F23_something_else_named_csv(world: World) -> None:
    all_rejected(world, [text.WEB_PAGE, text.JSON, text.PDF, text.XML, text.GZIP], "NOT_CSV")


def test_F24_control_character(world: World) -> None:
    characters = ("\x00", "\x07", "\x1b", "\x7f")
    each_has_one_bad_row(world, [service(7, participant_id=f"ZQP{c}1") for c in characters], "CONTROL_CHAR")


def test_F25_field_too_long(world: World) -> None:
    each_has_one_bad_row(world, [service(7, participant_id="ZQP1" + "x" * text.LONG_FIELD_BYTES)], "TOO_LONG")


def test_F26_zero_width_characters_in_an_id(world: World) -> None:
    world.drop(NEW, services_csv(service(7, participant_id=f"\ufeffZQ{text.ZERO_WIDTH}P1")))
    assert world.ingest().state == "ok"
    assert world.counts(NEW) == (7, 7, 0, 0, 0)
    assert world.rows(name=NEW)["participant_id"].iloc[6] == "ZQP1"
    assert world.warnings(NEW) == {"INVISIBLE_CHARACTER:participant_id": 1}


def test_F27_header_again_in_the_middle(world: World) -> None:
    each_has_one_bad_row(world, [SERVICES_HEADER], "HEADER_REPEAT")

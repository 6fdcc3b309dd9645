"""V01 to V18, V22, V23, V28 to V34: rows whose values are wrong, one by one, through the real loader."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd

from hrtp.alerts import collect
from hrtp.raw import Manifest
from tests.faults.bad_bytes.records import Record, export, record, records
from tests.faults.bad_bytes.rows import participant, participants_csv
from tests.faults.world import CONTRACTS, FAULTY, World

AJCC = "ajcc_la_county"


def load(world: World, entity: str, *rows: Record, good: int = 40, source: str = FAULTY) -> Manifest:
    """Deliver ``good`` good rows and then ``rows``; the first of the latter is row ``good + 2`` of the file."""
    name = f"{entity}_20260930.csv"
    world.drop(name, export(entity, [*records(entity, good), *rows]), source)
    result = world.ingest(source)
    assert result.state == "ok"
    return world.manifest(name, source)


def counts(manifest: Manifest) -> tuple[int, int, int, int]:
    """Rows in, loaded, quarantined and duplicate."""
    return manifest.rows_in, manifest.rows_loaded, manifest.rows_quarantined, manifest.rows_duplicate


def values(world: World, entity: str, column: str, source: str = FAULTY) -> list[str | None]:
    """A column of what loaded of tonight's file, in the order of its rows."""
    rows = world.rows(entity, source, f"{entity}_20260930.csv")
    return [None if value != value else value for value in rows[column].tolist()]


def test_V01_date_formats_mixed_in_a_column(world: World) -> None:
    mixed = [record("placements", n, start_date=day) for n, day in ((41, "05/06/2026"), (42, "25/06/2026"))]
    assert counts(load(world, "placements", *mixed)) == (42, 40, 2, 0)
    assert world.quarantined() == [(42, "DATE_AMBIGUOUS", "start_date"), (43, "DATE_FORMAT", "start_date")]
    # two formats that a source declares itself: a day is certain only where both read the same
    header = "Nr,participant_id,service_type,service_date,amount\n"
    days = ("25/06/2026", "05/05/2026", "05/06/2026")
    world.drop("services_20260930.csv", header + "".join(f"ZQS{n},ZQP1,housing,{d},1\n" for n, d in enumerate(days)))
    both = {"columns": {"service_id": "Nr"}, "date_formats": ["%m/%d/%Y", "%d/%m/%Y"]}
    world.ingest(entities={"services": both})
    assert values(world, "services", "service_date") == ["2026-06-25", "2026-05-05"]
    assert (4, "DATE_AMBIGUOUS", "service_date") in world.quarantined()


def test_V02_year_of_two_digits(world: World) -> None:
    assert counts(load(world, "placements", record("placements", 41, start_date="25/06/26"))) == (41, 40, 1, 0)
    assert world.quarantined() == [(42, "DATE_FORMAT", "start_date")]
    # a century is not guessed even where the source declares the order of day and month
    text = "Nr,participant_id,service_type,service_date\nZQS51,ZQP1,housing,06/25/2026\nZQS52,ZQP1,housing,06/25/68\n"
    world.drop("services_20260930.csv", text)
    world.ingest(entities={"services": {"columns": {"service_id": "Nr"}, "date_formats": ["%m/%d/%Y"]}})
    assert values(world, "services", "service_date") == ["2026-06-25"]
    assert (3, "DATE_FORMAT", "service_date") in world.quarantined()


def people(world: World, *rows: str, good: int = 60) -> Manifest:
    """As ``load``, for participants of a job center that has delivered none before."""
    world.drop("participants_20260930.csv", participants_csv(*rows, count=good), AJCC)
    world.ingest(AJCC)
    return world.manifest("participants_20260930.csv", AJCC)


def test_V03_placeholder_dates(world: World) -> None:
    days = ("1900-01-01", "1899-12-30", "9999-12-31")
    manifest = load(world, "enrollments", *(record("enrollments", 40 + n, status="active", completion_date=day)
                                            for n, day in enumerate(days, 1)))  # fmt: skip
    assert counts(manifest) == (43, 43, 0, 0)
    assert values(world, "enrollments", "completion_date")[40:] == [None, None, None]
    assert manifest.warnings["SENTINEL_DATE:completion_date"] == 3
    # where the date is required, nothing stands in its place
    assert counts(people(world, participant(61, date_of_birth="1900-01-01"))) == (61, 60, 1, 0)
    assert world.quarantined(AJCC) == [(62, "REQUIRED", "date_of_birth")]


def test_V04_birth_date_in_the_future_or_age_out_of_range(world: World) -> None:
    # a day too young, a day too old and unborn; then 14 on the export's own day and 100 on it, who are people
    born = ("2012-10-01", "1925-09-30", "2031-01-01", "2012-09-30", "1925-10-01")
    manifest = people(world, *(participant(60 + n, date_of_birth=day) for n, day in enumerate(born, 1)))
    assert counts(manifest) == (65, 62, 3, 0)
    assert world.quarantined(AJCC) == [(n, "DOB_RANGE", "date_of_birth") for n in (62, 63, 64)]


def test_V06_event_after_the_export_date(world: World) -> None:
    manifest = load(world, "services", record("services", 13, service_date="2026-10-01"),
                    record("services", 14, service_date="2026-09-30"), good=12)  # fmt: skip
    assert counts(manifest) == (14, 13, 1, 0)
    assert world.quarantined() == [(14, "FUTURE_EVENT", "service_date")]
    # a plan is no event: somebody who applied may have a start in the future
    planned = record("enrollments", 41, status="applied", training_start_date="2026-11-02", completion_date="")
    assert counts(load(world, "enrollments", planned)) == (41, 41, 0, 0)


def test_V07_day_that_the_calendar_lacks(world: World) -> None:
    days = ("2025-02-29", "2026-04-31", "2024-02-29")
    rows = [record("services", n, service_date=day) for n, day in enumerate(days, 13)]
    assert counts(load(world, "services", *rows, good=12)) == (15, 13, 2, 0)
    assert world.quarantined() == [(14, "DATE_INVALID", "service_date"), (15, "DATE_INVALID", "service_date")]
    # a slip of the pen for 2022 would count, and give every figure centuries of months
    slip = record("enrollments", 41, status="active", training_start_date="0202-06-01", completion_date="")
    assert counts(load(world, "enrollments", slip)) == (41, 40, 1, 0)
    assert (42, "DATE_INVALID", "training_start_date") in world.quarantined()


def test_V09_wage_zero_or_negative(world: World) -> None:
    bad = (record("placements", 41, wage_amount="0"), record("placements", 42, wage_amount="-22.50"))
    assert counts(load(world, "placements", *bad)) == (42, 40, 2, 0)
    assert world.quarantined() == [(42, "WAGE_RANGE", "wage_amount"), (43, "WAGE_RANGE", "wage_amount")]


def test_V10_annual_salary_in_the_hourly_field(world: World) -> None:
    bad = record("placements", 41, wage_amount="45,760")
    same_by_year = record("placements", 42, wage_amount="45,760", wage_unit="year")
    assert counts(load(world, "placements", bad, same_by_year)) == (42, 41, 1, 0)
    assert world.quarantined() == [(42, "WAGE_UNIT", "wage_amount")]
    assert values(world, "placements", "wage_amount")[-1] == "45760"


def test_V11_wage_with_currency_sign_unit_or_blanks(world: World) -> None:
    written = ("$22.50/hr", "22.50 ", "$ 1,022.50", "22.50 per week", "22.50 USD")
    units = ("hour", "hour", "week", "week", "hour")
    rows = [record("placements", 40 + n, wage_amount=w, wage_unit=u)
            for n, (w, u) in enumerate(zip(written, units, strict=True), 1)]  # fmt: skip
    manifest = load(world, "placements", *rows)
    assert counts(manifest) == (45, 43, 2, 0)
    assert values(world, "placements", "wage_amount")[40:] == ["22.50", "22.50", "1022.50"]
    assert manifest.warnings["NUMBER_REPAIRED:wage_amount"] == 3
    assert world.quarantined() == [(45, "NUMBER_UNIT", "wage_amount"), (46, "NUMBER_FORMAT", "wage_amount")]


def test_V12_wage_below_the_minimum_in_force_on_the_day(world: World) -> None:
    # 16.50 an hour until the end of 2025, 16.90 from then on
    rows = [record("placements", 41, wage_amount="16.50", start_date="2025-12-31"),
            record("placements", 42, wage_amount="16.50", start_date="2026-01-01"),
            record("placements", 43, wage_amount="16.90", start_date="2026-01-01")]  # fmt: skip
    manifest = load(world, "placements", *rows)
    assert counts(manifest) == (43, 43, 0, 0)
    assert manifest.warnings["WAGE_BELOW_MINIMUM:wage_amount"] == 1
    assert values(world, "placements", "_warnings")[40:] == [None, "WAGE_BELOW_MINIMUM", None]


def test_V13_wage_above_the_cap(world: World) -> None:
    rows = (record("placements", 41, wage_amount="150.01"), record("placements", 42, wage_amount="150.00"))
    assert counts(load(world, "placements", *rows)) == (42, 41, 1, 0)
    assert world.quarantined() == [(42, "WAGE_RANGE", "wage_amount")]


def test_V14_sector_label_that_nobody_declared(world: World) -> None:
    manifest = load(world, "programs", record("programs", 41, sector="Bldg & Constr."))
    assert counts(manifest) == (41, 40, 1, 0)
    assert world.quarantined() == [(42, "UNKNOWN_CODE", "sector")]
    # the same label, declared by the source, is the sector
    declared = {"programs": {"columns": {"program_id": "Nr"}, "values": {"sector": {"Bldg & Constr.": "construction"}}}}
    text = export("programs", records("programs", 40, sector="Bldg & Constr.")).replace("program_id", "Nr", 1)
    world.drop("programs_20260930_02.csv", text)
    world.ingest(entities=declared)
    assert world.counts("programs_20260930_02.csv") == (40, 40, 0, 0, 0)
    assert set(world.rows("programs", name="programs_20260930_02.csv")["sector"]) == {"construction"}


def test_V15_unknown_code_of_status_race_or_gender(world: World) -> None:
    enrolled = load(world, "enrollments", record("enrollments", 41, status="paused"))
    assert counts(enrolled) == (41, 40, 1, 0)
    manifest = people(world, participant(61, gender="x"), participant(62, race="white|martian"))
    assert counts(manifest) == (62, 60, 2, 0)
    assert world.quarantined() == [(42, "UNKNOWN_CODE", "status")]
    assert world.quarantined(AJCC) == [(62, "UNKNOWN_CODE", "gender"), (63, "UNKNOWN_CODE", "race")]
    # where the source declares a label for "not reported", the row loads and the count is kept
    text = participants_csv(participant(7, gender="Declined")).replace("participant_id", "Nr", 1)
    world.drop("participants_20260930.csv", text)
    world.ingest(null_values=["Declined"], entities={"participants": {"columns": {"participant_id": "Nr"}}})
    assert world.counts("participants_20260930.csv") == (7, 7, 0, 0, 0)
    assert world.warnings("participants_20260930.csv")["NULL_TOKEN:gender"] == 1


def test_V17_exact_duplicate_row(world: World) -> None:
    manifest = load(world, "services", record("services", 3), good=12)
    assert counts(manifest) == (13, 12, 0, 1)
    assert world.quarantined() == []
    assert values(world, "services", "service_id").count("ZQS3") == 1


def test_V18_one_key_with_conflicting_contents(world: World) -> None:
    again = record("services", 3, amount="99.99")
    assert counts(load(world, "services", again, good=12)) == (13, 11, 2, 0)
    assert world.quarantined() == [(4, "KEY_CONFLICT", "service_id"), (14, "KEY_CONFLICT", "service_id")]


def test_V22_ssn_in_free_text_or_in_a_wrong_column(world: World) -> None:
    ssn = "000-00-1234"
    rows = [record("placements", 61, job_title=f"Roofer, SSN {ssn}"),
            record("placements", 62, benefits="see 000 00 1234 and 000001234"),
            record("placements", 63, enrollment_id=ssn),
            record("placements", 64, participant_id=ssn)]  # fmt: skip
    manifest = load(world, "placements", *rows, good=60)
    assert counts(manifest) == (64, 63, 1, 0)
    assert values(world, "placements", "job_title")[60] == "Roofer, SSN [removed]"
    assert values(world, "placements", "benefits")[61] == "see [removed] and [removed]"
    assert values(world, "placements", "enrollment_id")[62] is None
    # an id goes on to the warehouse: a row whose own id is an SSN cannot
    assert world.quarantined() == [(65, "PII_EXCESS", "participant_id")]
    assert {k: n for k, n in manifest.warnings.items() if k.startswith("PII")} == {
        "PII_IN_FREETEXT:job_title": 1, "PII_IN_FREETEXT:benefits": 1, "PII_IN_FREETEXT:enrollment_id": 1,
    }  # fmt: skip
    people(world, participant(61, last_name=f"Quillfeather {ssn}", phone=ssn))
    row = world.rows("participants", AJCC).iloc[-1]
    assert (row["last_name"], pd.isna(row["phone"])) == ("Quillfeather", True)
    assert places_of(world, b"000-00-1234", b"000001234") == {"landing"}


def test_V23_full_ssn_in_the_column_of_four_digits(world: World) -> None:
    written = ("000-00-4321", "000004321", "000 00 4321")
    manifest = people(world, *(participant(60 + n, ssn_last4=ssn) for n, ssn in enumerate(written, 1)))
    assert counts(manifest) == (63, 60, 3, 0)
    assert world.quarantined(AJCC) == [(n, "PII_EXCESS", "ssn_last4") for n in (62, 63, 64)]
    assert places_of(world, *(ssn.encode() for ssn in written)) == {"landing"}
    # the partner is told by the rule's own words, which quote nothing
    (said,) = set(world.quarantine(AJCC)["message"])
    assert said == "More of a social security number was sent than its last four digits."


def places_of(world: World, *needles: bytes) -> set[str]:
    """The zones in whose files the bytes stand, as they are on disk or inside of Parquet."""
    found: set[str] = set()
    looked = 0
    for path in sorted(p for p in world.settings.home.rglob("*") if p.is_file()):
        data = path.read_bytes() + _inside(path)
        looked += 1
        if any(needle in data for needle in needles):
            found.add(path.relative_to(world.settings.home).parts[0])
    assert looked > 20
    return found


def _inside(path: Path) -> bytes:
    if path.suffix != ".parquet":
        return b""
    with duckdb.connect() as connection:
        return repr(connection.execute(f"select * from read_parquet('{path}')").fetchall()).encode()


def test_V28_words_for_nothing_are_the_contracts_own(world: World) -> None:
    nothings = ("", "   ", "-", "N/A", "#N/A", "null")
    rows = [
        record("placements", n, wage_amount=nothing, wage_unit="", subsidized=nothing)
        for n, nothing in enumerate(nothings, 41)
    ]
    manifest = load(world, "placements", *rows)
    assert counts(manifest) == (46, 46, 0, 0)
    assert [values(world, "placements", c)[40:] for c in ("wage_amount", "subsidized")] == [[None] * 6] * 2
    # an empty field says nothing; a word that was read as nothing is counted
    told = {k: n for k, n in manifest.warnings.items() if k.startswith("NULL_TOKEN")}
    assert told == {"NULL_TOKEN:wage_amount": 4, "NULL_TOKEN:subsidized": 4}
    # the list is the contract's; what is not on it is a wrong number
    assert set(CONTRACTS["placements"].parameters.null_tokens) == {
        "-", "--", ".", "n/a", "#n/a", "null", "(null)", "none",
    }  # fmt: skip


def test_V29_revised_code_list(world: World) -> None:
    new = [record("placements", 100 + n, placement_type="zqyacht loan") for n in range(3)]
    once = record("placements", 104, placement_type="zqyacht trip")
    manifest = load(world, "placements", *new, once, good=100)
    assert counts(manifest) == (104, 100, 4, 0)
    # three rows with one new code are a revised list; one row is a typing mistake
    assert manifest.warnings["CODELIST:placement_type"] == 3
    assert [rule for _, rule, _ in world.quarantined()] == ["UNKNOWN_CODE"] * 4
    assert "CODELIST" in {alert.code for alert in collect(world.settings) if alert.source == FAULTY}


def test_V31_percentage_where_a_number_belongs(world: World) -> None:
    rows = [record("services", 13, amount="85%"), record("services", 14, amount="0.85 %")]
    assert counts(load(world, "services", *rows, good=12)) == (14, 12, 2, 0)
    assert world.quarantined() == [(14, "NUMBER_FORMAT", "amount"), (15, "NUMBER_FORMAT", "amount")]


def test_V34_very_many_values_of_a_column_of_few(world: World) -> None:
    rows = [record("placements", 1000 + n, placement_type=f"zqyacht {n}") for n in range(11)]
    manifest = load(world, "placements", *rows, good=400)
    assert counts(manifest) == (411, 400, 11, 0)
    assert manifest.warnings["DRIFT:placement_type"] == 11
    assert "CODELIST:placement_type" not in manifest.warnings
    # free text where a list was: every row loads, and somebody is told
    left = [record("enrollments", n, status="withdrawn", withdrawal_date="2026-03-01", completion_date="",
                   non_completion_reason=f"Told Zqc{n} that") for n in range(201)]  # fmt: skip
    manifest = load(world, "enrollments", *left, good=0)
    assert counts(manifest) == (201, 201, 0, 0)
    assert manifest.warnings["DRIFT:non_completion_reason"] == 201
    told = [alert for alert in collect(world.settings) if alert.source == FAULTY and alert.code == "DRIFT"]
    assert len(told) == 2

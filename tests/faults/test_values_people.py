"""Cases of values whose outcome is a person or a figure: V05, V08, V16, V19 to V21, V24 to V27, V30, V32, V33."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pyarrow.parquet as pq

from hrtp.contracts import load_contracts
from hrtp.raw import RawZone
from tests.faults.bad_bytes.people import HOSTILE
from tests.faults.bad_bytes.records import born
from tests.faults.bad_bytes.rows import participant, participants_csv
from tests.faults.built import Built
from tests.faults.world import World
from tests.parsed import PROJECT


def keys(built: Built) -> dict[tuple[str, str], str]:
    """(source, participant id) -> person key, as the last build resolved them."""
    frame = pq.read_table(built.settings.identity / "record_keys.parquet").to_pandas()
    people = frame[frame["record_type"] == "participant"]
    return {(row.source, row.record_id): row.person_key for row in people.itertuples()}


def raw_people(built: Built, source: str, participant_id: str) -> pd.DataFrame:
    """What raw holds of a person of the second night's export."""
    zone = RawZone(built.settings, load_contracts(PROJECT))
    frame = pd.concat([pq.read_table(p).to_pandas() for p in zone.files("participants", zone.version())])
    return frame[(frame["_source"] == source) & (frame["participant_id"] == participant_id)]


def test_V05_end_before_the_start_and_placement_before_training(marts: Built) -> None:
    september = marts.september
    refused = september.rows(
        "select source, entity, row_number, column_name from quarantined_rows where rule_id = 'DATE_ORDER' order by all"
    )
    (exit_row,) = [row for row in refused if row[0] == "ajcc_la_county"]
    assert exit_row[1:] == ("pirl", 3, "pirl_901")
    assert [row[3] for row in refused if row[0] == "construction"] == ["completion_date", "withdrawal_date"]
    # the placement is no bad row: it is loaded, not counted, and listed with its reason
    assert september.evidence("placed_in_jobs", "construction", "placements", 2) == [
        ("construction", False, "BEFORE_TRAINING")
    ]
    assert september.one(
        "select count(*) from fct_placements where source = 'construction' and start_date = date '2026-01-15'"
    ) == (1,)


def test_V08_placement_without_its_wage(marts: Built) -> None:
    september = marts.september
    assert september.value("placed_in_jobs", "creative_economy") == 3
    # of 22.50, 21.00 and nothing: the mean of the two, and one missing
    assert september.one(
        "select value_to_date, n_unknown, n_missing from indicator_values where period_type = 'to_date' "
        "and indicator_key = 'median_placement_wage' and sector = 'creative_economy'"
    ) == (Decimal("21.75"), 1, 1)


def test_V16_flags_in_six_ways_and_blank_is_unknown(marts: Built) -> None:
    # Y, 1 and True are yes; N and 0 are no, nothing else being true of them; the blank is neither
    assert marts.september.one(
        "select value_to_date, numerator, denominator, n_unknown from indicator_values where period_type = 'to_date' "
        "and indicator_key = 'priority_population_pct' and sector = 'aerospace'"
    ) == (Decimal("50.00"), 3, 6, 1)
    assert marts.september.rows(
        "select homeless_flag, count(*) from dim_participant where person_key in "
        "(select person_key from loaded_rows where source = 'aerospace' and is_current) group by all order by all"
    ) == [("N", 2), ("Y", 3), (None, 1)]


def test_V20_one_person_with_two_ids_at_one_partner(marts: Built) -> None:
    key = keys(marts)
    assert key["construction", "ZQP20"] == key["construction", "ZQP20B"]
    person = f"person_key = '{key['construction', 'ZQP20']}'"
    assert marts.september.one(f"select n_records, n_sources from dim_participant where {person}") == (2, 1)
    # enrolled under both, counted once
    enrolled = marts.september.rows(f"select enrollment_id from fct_enrollments where {person} order by all")
    assert enrolled == [("ZQN20",), ("ZQN202",)]
    assert marts.september.one(
        "select count(distinct subject_key) from indicator_evidence "
        f"where indicator_key = 'workers_enrolled' and is_counted and subject_key = '{key['construction', 'ZQP20']}'"
    ) == (1,)
    # the list for review: who has more records at one partner than one
    review = marts.september.rows(
        "select person_key, source, count(*) from participant_records where record_type = 'participant' "
        "group by all having count(*) > 1"
    )
    assert (key["construction", "ZQP20"], "construction", 2) in review
    assert {row[0] for row in review} == {key["construction", "ZQP20"], key["construction", "ZQP12"]}


def test_V21_one_person_at_two_partners_and_another_of_the_same_name(marts: Built) -> None:
    key = keys(marts)
    # surname, birth date and four digits agree; the first name does not
    assert key["construction", "ZQP1"] == key["healthcare", "ZQH1"]
    sectors = marts.september.rows(
        "select distinct sector from indicator_evidence where indicator_key = 'workers_enrolled' and is_counted "
        f"and subject_key = '{key['construction', 'ZQP1']}' order by all"
    )
    assert sectors == [("construction",), ("healthcare",)]
    overlap = marts.september.one(
        "select companion_value from indicator_companions "
        "where companion_key = 'sector_overlap' and indicator_key = 'workers_enrolled'"
    )
    # persons 1 and 8 are in two sectors each
    assert overlap == (2,)
    # the same first and last name, and nothing else
    assert key["construction", "ZQP7"] != key["healthcare", "ZQH7"]


def test_V24_digits_that_prove_nothing(marts: Built) -> None:
    key = keys(marts)
    assert len({key["construction", f"ZQP{n}"] for n in (23, 24, 25, 26)}) == 4


def test_V25_names_folded_for_matching_and_untouched_where_they_are_shown(marts: Built) -> None:
    key = keys(marts)
    pairs = {n: key["healthcare", f"ZQH{n}"] == key["ajcc_la_county", f"ZQJ{n}"] for n in (51, 52, 53, 54)}
    # accents, full-width letters, hyphen and apostrophe; suffix; one word; and a Cyrillic A, which looks like ours
    assert pairs == {51: True, 52: True, 53: True, 54: True}
    shown = raw_people(marts, "ajcc_la_county", "ZQJ51").iloc[0]
    assert (shown["first_name"], shown["last_name"]) == ("JOSÉ", "ＯQUILLFEATHER RUIZ")
    assert raw_people(marts, "healthcare", "ZQH51").iloc[0]["last_name"] == "O'Quillfeather-Ruiz"


def test_V26_people_called_null_na_none_and_test(world: World) -> None:
    names = ("Null", "NA", "None", "n/a", "Test")
    text = participants_csv(*(participant(6 + n, last_name=name) for n, name in enumerate(names, 1)))
    world.drop("participants_20260930.csv", text)
    assert world.ingest().state == "ok"
    assert world.counts("participants_20260930.csv") == (11, 11, 0, 0, 0)
    loaded = world.rows("participants", name="participants_20260930.csv")
    assert list(loaded["last_name"])[6:] == list(names)
    assert [w if isinstance(w, str) else None for w in loaded["_warnings"]][6:] == [None] * 4 + ["TEST_NAME"]
    assert not [key for key in world.warnings("participants_20260930.csv") if key.startswith("NULL_TOKEN:last")]


def test_V27_twins_are_two_persons(marts: Built) -> None:
    key = keys(marts)
    twins = {key["construction", f"ZQP{n}"] for n in (27, 28)}
    assert len(twins) == 2
    assert marts.september.one(
        "select count(distinct subject_key) from indicator_evidence where indicator_key = 'workers_enrolled' "
        f"and is_counted and subject_key in ({', '.join(repr(one) for one in twins)})"
    ) == (2,)


def test_V30_address_outside_of_the_county(marts: Built) -> None:
    key = keys(marts)
    flags = {
        n: marts.september.one(
            f"select out_of_county_flag, is_enrolled from dim_participant where person_key = '{key['construction', n]}'"
        )
        for n in ("ZQP30", "ZQP29", "ZQP1")
    }
    # shown, and counted all the same; without a ZIP nobody knows
    assert flags == {"ZQP30": ("Y", True), "ZQP29": (None, False), "ZQP1": ("N", True)}
    assert marts.september.one("select n_warnings from load_warnings where code = 'ZIP_OUT_OF_COUNTY'") == (1,)


def test_V32_floating_point_noise_in_a_wage(marts: Built) -> None:
    assert marts.september.rows(
        "select wage_amount_usd, wage_usd_per_hour from fct_placements where source = 'creative_economy' "
        "and wage_amount_usd is not null order by all"
    ) == [(Decimal("21.00"), Decimal("21.000000")), (Decimal("22.50"), Decimal("22.500000"))]


def test_V33_sql_html_and_scripts_in_names(marts: Built) -> None:
    assert marts.september.one(
        "select organization_name from dim_organization where organization_name like 'Zqe33%'"
    ) == (HOSTILE,)
    assert len(marts.september.figures()) > 100
    person = raw_people(marts, "construction", "ZQP33").iloc[-1]
    assert (person["first_name"], person["last_name"]) == ("Zqf33'); drop table people;--", "<b>Quillfeather</b>")
    assert person["date_of_birth"] == born(33)
    pages = list(marts.settings.data_docs.rglob("*.html"))
    assert len(pages) > 5
    assert not [page for page in pages if "<script>alert" in page.read_text(errors="ignore")]

"""A source's ingest from folder to raw, with files that come late, twice, wrong, or from somebody else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from hrtp.errors import IngestFailed
from hrtp.ingest import ingest, ingest_source, source_config
from tests.unit.desk import Desk, export
from tests.unit.reading_world import services


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_good_rows_load_bad_rows_are_quarantined_and_every_row_is_accounted_for(desk: Desk) -> None:
    rows = [f"S{i},P1,housing,2026-05-01,{i}" for i in range(40)]
    bad = ["SX,P1,yacht,2026-05-01,1", "", rows[3]]
    desk.drop("services_20260930.csv", services(*rows, *bad))
    result = desk.ingest()
    (manifest,) = result.new
    assert (manifest.rows_in, manifest.rows_loaded, manifest.rows_quarantined) == (43, 40, 1)
    assert (manifest.rows_duplicate, manifest.rows_blank) == (1, 1)
    assert sorted(desk.rows()["_row_number"]) == list(range(2, 42))
    quarantined = pq.read_table(desk.zone.quarantine_files(desk.zone.version())[0]).to_pandas()
    assert quarantined[["row_number", "rule_id", "column_name"]].values.tolist() == [
        [42, "UNKNOWN_CODE", "service_type"]
    ]
    assert "yacht" not in quarantined.to_csv()


def test_running_again_does_nothing(desk: Desk) -> None:
    desk.drop("services_20260930.csv", export("S1"))
    desk.ingest()
    before = desk.zone.version()
    again = desk.ingest()
    assert (again.new, again.redelivered, desk.zone.version()) == ([], 1, before)


def test_a_rejected_file_fails_the_ingest_every_night_and_the_others_load(desk: Desk) -> None:
    desk.drop("services_20260930.csv", "<html>login</html>")
    desk.drop(
        "programs_20260930.csv",
        "program_id,program_name,sector,program_type,development_status\nA,B,construction,training,existing\n",
    )
    for _ in range(2):
        with pytest.raises(IngestFailed, match="NOT_CSV"):
            ingest_source("construction", desk.settings)
    assert desk.states() == {
        "services_20260930.csv": ("rejected", "NOT_CSV"),
        "programs_20260930.csv": ("loaded", None),
    }


def test_a_corrected_file_of_the_same_day_ends_the_failure(desk: Desk) -> None:
    desk.drop("services_20260930.csv", "<html>login</html>")
    assert desk.ingest().state == "rejected"
    desk.drop("services_20260930.csv", export("S1"))
    assert desk.ingest().state == "ok"
    assert desk.ingest().state == "ok"


def test_two_new_files_that_claim_one_day_are_ambiguous_and_numbers_order_them(desk: Desk) -> None:
    desk.drop("services_20260930.csv", export("S1"))
    desk.drop("services_20260930 (1).csv", export("S2"))
    desk.ingest()
    assert set(desk.states().values()) == {("rejected", "AMBIGUOUS")}
    desk.drop("services_20260929_02.csv", export("S3"))
    desk.drop("services_20260929_01.csv", export("S4"))
    desk.ingest()
    newest = max((m for m in desk.manifests().values() if m.state == "loaded"), key=lambda m: m.source_sequence)
    assert newest.file_name == "services_20260929_02.csv"


def test_the_same_name_with_new_content_supersedes(desk: Desk) -> None:
    desk.drop("services_20260930.csv", export("S1"))
    desk.ingest()
    desk.drop("services_20260930.csv", export("S1", "S2"))
    desk.ingest()
    loaded = [m for m in desk.zone.manifests(desk.zone.version()) if m.state == "loaded"]
    assert [m.rows_loaded for m in sorted(loaded, key=lambda m: m.source_sequence)] == [1, 2]


def test_an_older_full_export_after_a_newer_one_is_refused_without_failing(desk: Desk) -> None:
    desk.drop("services_20260930.csv", export("S1"))
    desk.ingest()
    desk.drop("services_20260901.csv", export("S2"))
    result = desk.ingest()
    assert result.state == "ok"
    assert desk.states()["services_20260901.csv"] == ("rejected", "OUT_OF_ORDER")


def test_old_and_new_exports_of_one_night_load_in_their_order(desk: Desk) -> None:
    desk.drop("services_20260930.csv", export("S1"))
    desk.drop("services_20260901.csv", export("S2"))
    desk.ingest()
    assert {state for state, _ in desk.states().values()} == {"loaded"}


def test_a_file_from_the_future_is_refused(desk: Desk) -> None:
    desk.drop("services_29990101.csv", export("S1"))
    assert desk.ingest().state == "rejected"
    assert desk.states()["services_29990101.csv"] == ("rejected", "FUTURE_FILE")


def test_the_bytes_of_another_source_are_refused_but_two_empty_exports_are_not(desk: Desk) -> None:
    desk.drop("services_20260930.csv", export("S1"))
    desk.drop("placements_20260930.csv", "placement_id,participant_id,employer_name,start_date,placement_type\n")
    desk.ingest()
    desk.drop("services_20260930.csv", export("S1"), "healthcare")
    desk.drop(
        "placements_20260930.csv", "placement_id,participant_id,employer_name,start_date,placement_type\n", "healthcare"
    )
    outcome = {m.entity: m.reason for m in desk.ingest("healthcare").new}
    assert outcome == {"services": "CROSS_SOURCE_DUPLICATE", "placements": None}


def test_anothers_sector_rejects_the_file(desk: Desk) -> None:
    desk.drop(
        "programs_20260930.csv",
        "program_id,program_name,sector,program_type,development_status\nA,B,healthcare,training,existing\n",
    )
    assert [m.reason for m in desk.ingest().new] == ["WRONG_SOURCE"]


def test_too_many_bad_rows_hold_the_file_and_nothing_of_it_loads(desk: Desk) -> None:
    good = [f"S{i},P1,housing,2026-05-01,1" for i in range(20)]
    desk.drop("services_20260930.csv", services(*good, *(f"X{i},P1,yacht,2026-05-01,1" for i in range(3))))
    result = desk.ingest()
    assert (result.state, [m.reason for m in result.new]) == ("held", ["HELD_QUARANTINE_SHARE"])
    assert len(desk.rows()) == 0


def test_one_bad_row_never_holds_a_small_file(desk: Desk) -> None:
    desk.drop("services_20260930.csv", services("S1,P1,housing,2026-05-01,1", "S2,P1,yacht,2026-05-01,1"))
    (manifest,) = desk.ingest().new
    assert (manifest.state, manifest.rows_loaded, manifest.rows_quarantined) == ("loaded", 1, 1)


def test_the_same_bytes_under_a_later_day_only_move_the_day_and_never_past_as_of(desk: Desk) -> None:
    desk.drop("services_20260901.csv", export("S1"))
    desk.ingest()
    desk.drop("services_20260915.csv", export("S1"))
    desk.drop("services_20261001.csv", export("S1"))
    for _ in range(2):
        assert desk.ingest().new == []
    (manifest,) = desk.manifests().values()
    assert (manifest.data_through_date, manifest.rows_loaded, len(desk.rows())) == (date(2026, 9, 15), 1, 1)
    assert desk.manifests(date(2026, 9, 10))["services_20260901.csv"].data_through_date == date(2026, 9, 1)


def test_the_same_bytes_again_stand_where_the_number_in_their_new_name_puts_them(desk: Desk) -> None:
    desk.drop("services_20260910.csv", export("S1"))
    desk.ingest()
    desk.drop("services_20260915_01.csv", export("S2"))
    desk.drop("services_20260915_02.csv", export("S1"))
    desk.ingest()
    newest = max(desk.manifests().values(), key=lambda m: (m.data_through_date, m.source_sequence))
    assert newest.file_name == "services_20260910.csv"


def test_a_folder_that_is_not_there_fails_the_source_with_its_reason(desk: Desk) -> None:
    with pytest.raises(IngestFailed) as failure:
        ingest_source("construction", desk.settings)
    assert failure.value.code == "MISSING"


def test_a_link_in_the_folder_is_refused_and_the_rest_loads(desk: Desk, tmp_path: Path) -> None:
    desk.drop("services_20260930.csv", export("S1"))
    (tmp_path / "elsewhere.csv").write_text(export("S2"))
    (desk.exports / "construction" / "programs_20260930.csv").symlink_to(tmp_path / "elsewhere.csv")
    result = desk.ingest()
    assert (result.not_fetched, result.state) == (["NOT_REGULAR_FILE"], "rejected")
    assert len(desk.rows()) == 1


def test_a_changed_mapping_has_a_rejected_file_judged_again(desk: Desk) -> None:
    desk.drop("services_20260930.csv", "Nr,participant_id,service_type,service_date\nS1,P1,housing,2026-05-01\n")
    config = source_config("construction", desk.settings)
    assert ingest(config, desk.settings).new[0].reason == "MISSING_COLUMN"
    document = config.model_dump() | {"entities": {"services": {"columns": {"service_id": "Nr"}}}}
    (manifest,) = ingest(type(config).model_validate(document), desk.settings).new
    assert (manifest.state, manifest.rows_loaded) == ("loaded", 1)
    assert desk.ingest().state == "ok"

"""The raw zone: one commit a file, exactly once, counts that add up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from hrtp.raw import Manifest, RawZone, ReconciliationError
from hrtp.settings import load_settings
from tests.unit.reading_world import CONTRACTS

MANIFEST = Manifest(
    source="construction",
    entity="services",
    file_sha256="f" * 64,
    file_name="services_20260930.csv",
    mode="full",
    form="canonical",
    data_through_date=date(2026, 9, 30),
    received_at=datetime(2026, 10, 1, tzinfo=UTC),
    source_sequence=1,
    state="loaded",
    transaction_id="construction/f",
    rows_in=4,
    rows_loaded=2,
    rows_quarantined=1,
    rows_blank=1,
    warnings={"CODE_CASE:service_type": 1},
)
ROWS = pd.DataFrame(
    {
        "service_id": ["1", "2"],
        "amount": [None, "3"],
        "_source": "construction",
        "_file_sha256": "f" * 64,
        "_row_number": [2, 3],
        "_warnings": [None, "CODE_CASE"],
    }
)
FINDINGS = pd.DataFrame(
    [
        {
            "source": "construction",
            "entity": "services",
            "file_sha256": "f" * 64,
            "row_number": 4,
            "rule_id": "REQUIRED",
            "rule_version": "1",
            "column_name": "service_date",
            "severity": "error",
            "message": "is blank",
        }
    ]
)


@pytest.fixture
def zone(tmp_path: Path) -> RawZone:
    settings = load_settings(home=tmp_path)
    settings.make_zones()
    return RawZone(settings, CONTRACTS)


def stored(zone: RawZone) -> pd.DataFrame:
    return pd.concat([pq.read_table(path).to_pandas() for path in zone.files("services", zone.version())])


def test_rows_manifest_and_quarantine_come_back_as_they_were_written(zone: RawZone) -> None:
    assert zone.load(MANIFEST, ROWS, FINDINGS)
    frame = stored(zone)
    assert frame["service_id"].tolist() == ["1", "2"]
    assert frame["_row_number"].tolist() == [2, 3]
    assert frame["participant_id"].isna().all()
    assert zone.manifests(zone.version()) == [MANIFEST]
    quarantine = pd.concat([pq.read_table(p).to_pandas() for p in zone.quarantine_files(zone.version())])
    assert quarantine[["row_number", "transaction_id"]].values.tolist() == [[4, "construction/f"]]


def test_a_file_loads_once_however_often_it_is_tried(zone: RawZone) -> None:
    assert [zone.load(MANIFEST, ROWS, FINDINGS) for _ in range(3)] == [True, False, False]
    assert (len(stored(zone)), len(zone.quarantine_files(zone.version()))) == (2, 1)


def test_racing_writers_load_a_file_once(zone: RawZone) -> None:
    with ThreadPoolExecutor(4) as pool:
        for number in range(5):
            manifest = replace(MANIFEST, transaction_id=f"t{number}", file_sha256=f"{number}")
            won = list(pool.map(lambda m: zone.load(m, ROWS, FINDINGS), [manifest] * 4))
            assert sum(won) == 1
    assert len(stored(zone)) == 10


def test_counts_that_do_not_add_up_write_nothing(zone: RawZone) -> None:
    with pytest.raises(ReconciliationError):
        zone.load(replace(MANIFEST, rows_in=5), ROWS, FINDINGS)
    with pytest.raises(ReconciliationError):
        zone.load(replace(MANIFEST, rows_in=5, rows_loaded=3), ROWS, FINDINGS)
    assert (zone.manifests(zone.version()), zone.quarantine_files(zone.version())) == ([], [])


def test_a_rejection_is_a_commit_of_no_rows_and_a_later_load_overrules_it(zone: RawZone) -> None:
    refused = replace(
        MANIFEST,
        state="rejected",
        reason="NO_HEADER",
        transaction_id="r",
        rows_in=0,
        rows_loaded=0,
        rows_quarantined=0,
        rows_blank=0,
    )
    zone.load(refused, pd.DataFrame(), pd.DataFrame())
    before = zone.version()
    assert [m.state for m in zone.manifests(before)] == ["rejected"]
    zone.load(MANIFEST, ROWS, FINDINGS)
    assert [m.state for m in zone.manifests(zone.version())] == ["loaded"]
    assert [m.state for m in zone.manifests(before)] == ["rejected"]


def test_a_column_that_the_contract_gains_is_added_to_the_table(zone: RawZone, tmp_path: Path) -> None:
    zone.load(MANIFEST, ROWS, FINDINGS)
    contract = CONTRACTS["services"]
    column = contract.columns["amount"].model_copy(update={"name": "vendor"})
    wider = contract.model_copy(update={"columns": {**contract.columns, "vendor": column}})
    again = RawZone(load_settings(home=tmp_path), {**CONTRACTS, "services": wider})
    assert "vendor" in {field.name for field in again.table("services").schema().fields}
    again.load(replace(MANIFEST, transaction_id="n", file_sha256="n"), ROWS.assign(vendor="x"), FINDINGS)
    assert len(again.files("services", again.version())) == 2

"""The files: every partner's own form as its source file declares it, and the same bytes each time."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest

from hrtp.contracts import load_contracts
from hrtp.gate import run_gate
from hrtp.reading import read_file
from hrtp.samples.render import UNNAMED_COLUMNS
from hrtp.synthetic import SYNTHETIC_FILE
from tests.unit.samples_world import PROJECT, csv_rows, sheet_rows, sources, world

_REGISTERS = {"programs", "partners", "employer_partnerships"}
_HEALTH = "healthcare/HRTP Healthcare Export 20260930.xlsx"


def _hashes(out: Path) -> dict[str, str]:
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != SYNTHETIC_FILE
    }


def test_the_same_arguments_give_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from hrtp.samples import generate;"
        "generate(Path(sys.argv[1]), project=Path(sys.argv[2]))"
    )
    subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "again"), str(PROJECT)],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo"},
    )
    out, manifest = world()
    assert _hashes(tmp_path / "again") == _hashes(out) == {file.path: file.sha256 for file in manifest.files}
    assert len(manifest.files) == 60


def test_nothing_inside_a_workbook_or_zip_tells_when_it_was_made() -> None:
    out, _ = world()
    with zipfile.ZipFile(out / _HEALTH) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.read("docProps/core.xml").count(b"2026-09-30T00:00:00Z") == 2


def test_another_seed_gives_other_bytes_in_every_file_of_people() -> None:
    one, other = _hashes(world()[0]), _hashes(world(seed=2)[0])
    assert one.keys() == other.keys()
    same = {path for path in one if one[path] == other[path]}
    of_people = {
        f"{load.source}/{load.file_name}"
        for load in world()[1].loads
        if load.rows_in and load.entity not in _REGISTERS and load.source != "deo_program_office"
    }
    assert len(of_people) == 41
    assert not same & of_people


@pytest.mark.parametrize("source", sorted(sources()))
def test_headers_are_those_that_the_source_declares(source: str) -> None:
    config, contracts = sources()[source], load_contracts(PROJECT)
    out, manifest = world()
    for load in (load for load in manifest.loads if load.source == source):
        mapping, path = config.mapping(load.entity), out / source / load.file_name
        if config.format.container == "xlsx":
            header = [str(cell) for cell in sheet_rows(path, mapping.sheet or load.entity)[0]]
        else:
            encoding = "cp1252" if config.format.encoding == "cp1252" else "utf-8-sig"
            header = csv_rows(path, encoding, config.format.delimiter)[0]
        spelled = {
            name: {*mapping.columns.get(name, ()), *(() if name in mapping.columns else column.accepted_headers)}
            for name, column in contracts[load.entity].columns.items()
        }
        found = {name for name, spellings in spelled.items() if spellings & set(header)}
        missing = set(spelled) - found
        unnamed = UNNAMED_COLUMNS.get((source, load.entity))
        assert len(header) == len(found) + (unnamed is not None), (load.entity, header)
        assert not any(contracts[load.entity].columns[name].required for name in missing)
        assert not missing or (load.entity == "participants" and config.kind == "ajcc"), missing


def test_job_centers_name_pirl_elements_each_in_its_own_way() -> None:
    out, _ = world()
    assert csv_rows(out / "ajcc_la_county/pirl_20260930.csv")[0][:3] == ["PIRL 100", "PIRL 103", "PIRL 105"]
    assert csv_rows(out / "ajcc_south_bay/pirl_20260930.csv")[0][:3] == ["100", "103", "105"]


def test_healthcare_is_a_workbook_of_real_dates_and_numbers_in_its_own_sheets() -> None:
    out, _ = world()
    header, *rows = sheet_rows(out / _HEALTH, "Training")
    begun = [row[header.index("Began")] for row in rows if row[0]]
    assert all(isinstance(day, datetime) for day in begun if day not in (None, "Declined", "Unknown"))
    header, *rows = sheet_rows(out / _HEALTH, "Jobs")
    pay = [row[header.index("Starting Pay")] for row in rows]
    assert "22,50" in pay
    assert sum(isinstance(amount, (int, float)) for amount in pay) >= 30
    header, *rows = sheet_rows(out / _HEALTH, "Trainees")
    assert all(str(row[0]).startswith("0000") for row in rows if row[0])


def test_technology_writes_us_dates_labels_and_dollars_behind_a_byte_order_mark() -> None:
    path = world()[0] / "technology/Services_20260930.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    header, *rows = csv_rows(path)
    assert header == ["Amount", "Client ID", "Date of Service", "Service ID", "Service"]  # in another order, too
    assert all(datetime.strptime(row[2], "%m/%d/%Y").date() <= date(2026, 9, 30) for row in rows)
    assert "$1,250.00" in {row[0] for row in rows}
    assert {"N/A", "-", "NULL"} & {row[0] for row in rows}


def test_early_care_writes_semicolons_windows_1252_and_a_trailer_with_the_count() -> None:
    out, manifest = world()
    path = out / "early_care_education/participants_20260930.csv"
    with pytest.raises(UnicodeDecodeError):
        path.read_bytes().decode("utf-8")
    header, *rows, trailer = csv_rows(path, "cp1252", ";")
    assert header[:4] == ["PERSON_REF", "FIRST", "SURNAME", "BORN"]
    assert trailer == ["*** TOTAL", str(len(rows))]
    assert sum(not row[1].isascii() for row in rows) >= 5
    (load,) = [
        load
        for load in manifest.loads
        if load.file_name == path.name and load.source == path.parent.name and load.entity == "participants"
    ]
    assert load.rows_in == len(rows) + 1


def test_aerospace_is_a_zip_of_one_workbook_in_which_all_is_text() -> None:
    path = world()[0] / "aerospace/aerospace_20260930.zip"
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["aerospace_20260930.xlsx"]
    header, *rows = sheet_rows(path, "placements")
    assert {type(cell) for row in rows for cell in row if cell is not None} == {str}
    assert header[0] == "placement_id"


def test_the_delta_feed_tells_changes_in_four_files_of_which_the_last_word_counts() -> None:
    folder = world()[0] / "creative_economy"
    days = ("20260331", "20260630", "20260831", "20260930")
    latest: dict[str, list[str]] = {}
    told = 0
    for day in days:
        header, *rows = csv_rows(folder / f"enrollments_changes_{day}.csv")
        for row in rows:
            told += 1
            latest[row[0]] = [*latest.get(row[0], []), row[header.index("status")]]
    histories = {tuple(statuses) for statuses in latest.values()}
    assert told > len(latest) > 30
    assert {("active", "completed"), ("completed", "withdrawn"), ("withdrawn", "completed")} <= histories


def test_construction_sends_a_later_full_export_from_which_somebody_is_gone() -> None:
    folder = world()[0] / "construction"
    earlier, newest = (
        {row[0] for row in csv_rows(folder / f"enrollments_{day}.csv")[1:] if row[0]}
        for day in ("20260831", "20260930")
    )
    assert len(earlier - newest) == 1
    assert newest - earlier


def test_reading_finds_as_many_rows_blanks_and_reader_faults_as_were_planted() -> None:
    out, manifest = world()
    contracts = load_contracts(PROJECT)
    seen = set()
    for file in manifest.files:
        path = out / file.path
        loads = {
            load.entity: load for load in manifest.loads if (load.source, load.file_name) == (file.source, path.name)
        }
        for table in read_file(path.read_bytes(), path.name, tuple(loads), sources()[file.source], contracts):
            load = loads[table.entity]
            assert table.rejected is None, load
            assert (table.rows_in, table.rows_blank) == (load.rows_in, load.blank), load
            issues = table.frame[table.frame["_read_issue"].notna()]
            seen |= {
                (file.source, table.entity, int(n), str(i))
                for n, i in zip(issues["row_number"], issues["_read_issue"], strict=True)
            }
    planted = {
        (b.source, b.entity, b.row_number, b.rule_id)
        for b in manifest.bad_rows
        if b.rule_id in ("RAGGED", "HEADER_REPEAT")
    }
    assert seen == planted
    assert len(planted) == 2


@pytest.mark.parametrize("source", ["aerospace", "early_care_education", "deo_program_office"])
def test_the_gate_quarantines_exactly_the_planted_rows(source: str) -> None:
    out, manifest = world()
    config, contracts = sources()[source], load_contracts(PROJECT)
    found, planted = set(), {(b.entity, b.row_number, b.rule_id) for b in manifest.bad_rows if b.source == source}
    for file in (file for file in manifest.files if file.source == source):
        path = out / file.path
        entities = tuple(load.entity for load in manifest.loads if (load.source, load.file_name) == (source, path.name))
        for table in read_file(path.read_bytes(), path.name, entities, config, contracts):
            result = run_gate(
                table.frame,
                contracts[table.entity],
                config,
                data_through=date(2026, 9, 30),
                received_date=date(2026, 10, 1),
            )
            assert result.rejected is None and result.held is None
            found |= {(table.entity, f.row_number, f.rule_id) for f in result.findings if f.severity == "error"}
    assert found == planted

"""The contracts: what the export contract asks for, and how a mistake in them is told."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from hrtp.contracts import ContractError, load_catalogue, load_contracts
from tests.unit.gate_world import CONTRACTS, PROJECT

# entity: key, required columns beyond it, further columns (export contract, version 1)
EXPORTS = {
    "participants": (
        "participant_id",
        "first_name last_name date_of_birth",
        "ssn_last4 caljobs_id email phone zip census_tract gender race hispanic systems_involved systems_impacted "
        "homeless foster_youth veteran disability low_income employment_status_at_entry",
    ),
    "enrollments": (
        "enrollment_id",
        "participant_id program_id sector status",
        "training_start_date completion_date withdrawal_date non_completion_reason credential_name credential_date",
    ),
    "services": ("service_id", "participant_id service_type service_date", "amount"),
    "placements": (
        "placement_id",
        "participant_id employer_name start_date placement_type",
        "enrollment_id employer_ein job_title soc_code naics_code apprenticeship_registration_id training_related "
        "subsidized wage_amount wage_unit hours_per_week benefits same_employer_as_entry promotion",
    ),
    "programs": (
        "program_id",
        "program_name sector program_type development_status",
        "status_date high_road provider_name cip_code credential_name",
    ),
    "partners": (
        "partner_id",
        "organization_name organization_type commitment_status",
        "organization_ein sector commitment_date withdrawn_date",
    ),
    "employer_partnerships": (
        "partnership_id",
        "employer_name sector status",
        "employer_ein established_date ended_date",
    ),
    "contracts": ("contract_id", "contractor_name contract_type status", "sector execution_date amendment_of amount"),
    "deliverables": ("deliverable_id version", "deliverable_type title status", "sector status_date"),
    "milestones": ("milestone_key", "", "achieved_date evidence"),
    "pirl": (
        "pirl_100 pirl_900",
        "",
        "pirl_103 pirl_105 pirl_106 pirl_107 pirl_200 pirl_201 pirl_210 pirl_211 pirl_212 pirl_213 pirl_214 pirl_215 "
        "pirl_400 pirl_704 pirl_800 pirl_801 pirl_802 pirl_901 pirl_1300 pirl_1302 pirl_1303 pirl_1307 pirl_1308 "
        "pirl_1309 pirl_1310 pirl_1312 pirl_1313 pirl_1314 pirl_1315 pirl_1317 pirl_1318 pirl_1409 pirl_1500",
    ),
    "caljobs_activities": (
        "activity_id",
        "caljobs_id activity_code begin_date",
        "end_date completion special_project",
    ),
}
INTERMEDIARY = "participants enrollments services placements programs partners employer_partnerships"
KINDS = {
    "sector_intermediary": INTERMEDIARY,
    "ajcc": "participants pirl caljobs_activities placements",
    "program_office": "contracts deliverables milestones",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    shutil.copytree(PROJECT / "expectations", tmp_path / "expectations")
    return tmp_path


def edit(checkout: Path, name: str, before: str, after: str) -> None:
    path = checkout / "expectations" / name
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def test_there_are_the_twelve_entities_of_the_export_contract() -> None:
    assert set(CONTRACTS) == set(EXPORTS)


@pytest.mark.parametrize("entity", sorted(EXPORTS))
def test_an_entity_has_the_columns_of_the_export_contract_and_no_other(entity: str) -> None:
    key, required, optional = (names.split() for names in EXPORTS[entity])
    contract = CONTRACTS[entity]
    assert list(contract.key) == key
    assert set(contract.required_columns) == {*key, *required}
    assert set(contract.columns) == {*key, *required, *optional}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_of_source_delivers_its_entities(kind: str) -> None:
    assert {name for name, contract in CONTRACTS.items() if kind in contract.kinds} == set(KINDS[kind].split())


def test_personal_columns_are_marked() -> None:
    personal = {f"{entity}.{name}" for entity, contract in CONTRACTS.items() for name in contract.pii_columns}
    assert personal == {
        "participants.first_name",
        "participants.last_name",
        "participants.date_of_birth",
        "participants.ssn_last4",
        "participants.caljobs_id",
        "participants.email",
        "participants.phone",
        "participants.zip",
        "participants.census_tract",
        "caljobs_activities.caljobs_id",
        "pirl.pirl_100",
        "pirl.pirl_103",
        "pirl.pirl_200",
    }


def test_an_id_is_opaque_text_of_up_to_64_characters() -> None:
    keys = [contract.columns[name] for contract in CONTRACTS.values() for name in contract.key]
    assert {column.max_length for column in keys if column.type == "id"} == {64}
    patterns = [rule for contract in CONTRACTS.values() for rule in contract.rules if "regex" in rule.kwargs]
    assert not [rule for rule in patterns if CONTRACTS["services"].columns.get(rule.columns[0]) is not None]


def test_a_pirl_element_is_known_by_its_number_in_three_spellings() -> None:
    column = CONTRACTS["pirl"].columns["pirl_1302"]
    assert column.accepted_headers == ("pirl_1302", "1302", "PIRL 1302", "PIRL1302")
    assert column.date_formats == ("%Y%m%d",)


def test_every_reason_code_that_the_reader_and_the_transport_know_is_in_the_catalogue() -> None:
    written = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("reading", "transport")
        for path in (PROJECT / "src" / "hrtp" / folder).glob("*.py")
    )
    codes = set(re.findall(r'"([A-Z][A-Z_]{3,})"', written)) - {"NFKC"}
    assert len(codes) > 30
    assert codes - set(load_catalogue(PROJECT)) == set()


def test_no_message_of_the_catalogue_has_room_for_a_value() -> None:
    for family in load_catalogue(PROJECT).values():
        assert not re.search(r"[{}%]", family.message + family.how_to_resolve)
        assert family.message.endswith(".")
        assert family.how_to_resolve.endswith(".")


def test_rules_stand_in_the_order_in_which_they_run() -> None:
    order = ["file", "columns", "values", "duplicates", "logic"]
    for contract in CONTRACTS.values():
        stages = [order.index(rule.stage) for rule in contract.rules]
        assert stages == sorted(stages)


def test_a_contract_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        CONTRACTS["services"].may_be_empty = False  # type: ignore[misc]


def test_the_dump_of_a_contract_is_the_same_in_every_process() -> None:
    code = (
        "import sys, hashlib; from pathlib import Path; from hrtp.contracts import load_contracts; "
        "text = ''.join(c.model_dump_json() for c in load_contracts(Path(sys.argv[1])).values()); "
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code, str(PROJECT)],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        ("services.yml", "title: Services", "titel: Services", "services.yml: title: Field required"),
        ("services.yml", "type: decimal", "type: money", "services.yml: columns.amount.type"),
        ("services.yml", "key: [service_id]", "key: [id]", "services: key column id is not a column"),
        ("services.yml", "entity: services", "entity: serving", "services.yml: entity is serving"),
        ("services.yml", "title: Services", "title: [Services", "not valid YAML"),
        ("programs.yml", "[developed, expanded]}}", "[developed, grown]}}", "names the code grown"),
        ("programs.yml", "code_list: sectors", "code_list: sektors", "there is no code list sektors"),
        ("participants.yml", "id: DOB_RANGE", "id: DOB", "participants: DOB is not a gate rule"),
        ("participants.yml", "DOB_RANGE, columns: [date_of_birth]", "DOB_RANGE, columns: [dob]", "the column dob"),
        ("participants.yml", "type: digits, digits: 4", "type: digits", "participants.ssn_last4: digits belong"),
        ("participants.yml", "{type: flag, description: Veteran", "{type: code, description: Veteran", "codes belong"),
        ("participants.yml", "type: flag, description: Veteran", "type: flag, event: true, description: V", "date col"),
        ("participants.yml", "[first_name, last_name]}", "[first_name, l_name]}", "the column l_name"),
        ("enrollments.yml", "[completion_date, training_start_date]", "[completion_date]", "DATE_ORDER compares two"),
        ("_rules.yml", "$zip_pattern", "$zip_form", "ZIP_FORMAT names the parameter zip_form"),
        ("_rules.yml", "severity: reject", "severity: fatal", "_rules.yml: rules.SETTING.severity"),
        ("_rules.yml", "  KEY_CONFLICT:", "  KEY_CLASH:", "_rules.yml lacks KEY_CONFLICT"),
    ],
)
def test_a_mistake_in_a_contract_is_told_with_file_and_place(
    checkout: Path, name: str, before: str, after: str, said: str
) -> None:
    edit(checkout, name, before, after)
    with pytest.raises(ContractError) as caught:
        load_contracts(checkout)
    assert said in str(caught.value)
    assert caught.value.code == "CONTRACT"


def test_a_folder_without_contracts_is_told(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"_rules\.yml cannot be read"):
        load_contracts(tmp_path)

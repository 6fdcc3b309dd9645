"""A data steward's desk: the list, the words, the workbook, and why a person is one person."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from hrtp.doctor.decisions import examine_decisions
from hrtp.identity.decisions import DecisionRefused, Decisions
from hrtp.stewardship.book import BookRow, headings, read_book, write_book
from hrtp.stewardship.decide import decide, decide_from
from hrtp.stewardship.explain import NoSuchPerson, explain_person
from hrtp.stewardship.listing import listed
from hrtp.stewardship.review import review_list
from tests.unit.steward_world import CONSTRUCTION, HEALTHCARE, KEY, StewardWorld, participant, unsure

M1, M2, M3 = participant("construction", "M1"), participant("healthcare", "M2"), participant("construction", "M3")
T1, T2 = participant("construction", "T1"), participant("healthcare", "T2")
NAMES = re.compile("Marisol|Mary|Quintero|Vale|Ines|Ida|Okafor|Desmond|Abara|1990|2001|4321|5511|CJ7001", re.IGNORECASE)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("steward")
    StewardWorld(folder)
    return folder


@pytest.fixture
def world(sound: Path, tmp_path: Path) -> StewardWorld:
    world = StewardWorld(tmp_path, sound)
    unsure(world.settings, M1, M2)
    return world


def pairs(world: StewardWorld, *, with_blocked: bool = False) -> list[tuple[str, str, str]]:
    found = review_list(world.open(), with_blocked=with_blocked)
    return [(c.what, c.pair[0].record_id, c.pair[1].record_id) for c in found]


def fill(path: Path, *words: tuple[str, str, str]) -> None:
    """What the steward types into the three columns, row by row."""
    book = openpyxl.load_workbook(path)
    sheet = book["Pairs"]
    at = {cell.value: cell.column for cell in sheet[1]}
    for row, texts in enumerate(words, start=2):
        for name, text in zip(("decision", "why", "by"), texts, strict=True):
            sheet.cell(row, at[name], text or None)
    book.save(path)


def test_a_merge_makes_one_person_with_the_older_key_and_ends_the_wait(world: StewardWorld) -> None:
    before = world.match()
    unsure(world.settings, M1, M2)
    assert pairs(world) == [("review", "M1", "M2")]
    done = world.run(
        "decide", "construction:M1", "healthcare:M2", "merge", "--why", "called both", "--by", "R. Steward"
    )
    assert done.exit_code == 0, done.output
    assert pairs(world) == []
    after = world.match()
    assert after["M1"] == after["M2"] == before["M1"] != before["M2"]
    assert {own: key for own, key in after.items() if own != "M2"} == {o: k for o, k in before.items() if o != "M2"}
    (file,) = (world.settings.landing / ".identity" / "decisions").iterdir()
    assert file.stat().st_mode & 0o777 == 0o400
    assert file.parent.stat().st_mode & 0o777 == 0o700
    document = json.loads(file.read_text())
    assert (document["number"], document["verdict"], document["why"], document["by"]) == (
        1, "merge", "called both", "R. Steward",
    )  # fmt: skip


def test_an_apart_parts_twins_who_share_a_state_id_and_the_second_gets_a_key(world: StewardWorld) -> None:
    before = world.match()
    assert before["T1"] == before["T2"]
    decide(world.open(), T2, T1, "apart", why="twins", by="steward")
    after = world.match()
    assert after["T1"] == before["T1"] != after["T2"]


def test_a_decision_holds_when_the_records_change_and_the_pair_is_listed_again(world: StewardWorld) -> None:
    decide(world.open(), M1, M2, "merge", why="called both", by="steward")
    world.people("healthcare", "20260930", (HEALTHCARE[0].replace("1991-05-19", "1991-09-05"), HEALTHCARE[1]))
    keys = world.match()
    assert keys["M1"] == keys["M2"]
    assert pairs(world) == [("recheck", "M1", "M2")]
    assert [row["state"] for row in listed(world.open())] == ["re-check"]
    decide(world.open(), M1, M2, "apart", why="the birth date was wrong", by="steward")
    assert [row["state"] for row in listed(world.open())] == ["superseded", "in force"]
    keys = world.match()
    assert keys["M1"] != keys["M2"]
    assert pairs(world) == []


def test_a_word_on_a_record_that_is_not_there_waits_and_the_doctor_says_so(world: StewardWorld) -> None:
    assert list(examine_decisions(world.settings)) == []
    stranger = participant("healthcare", "M77")
    Decisions(world.settings.landing).add(M1, stranger, "merge", why="expected", by="steward", seen="")
    world.match()
    (finding,) = examine_decisions(world.settings)
    assert (finding.code, finding.where) == ("DECISION_DANGLING", "landing/.identity/decisions/000001.json")
    assert [row["state"] for row in listed(world.open())] == ["waiting"]
    world.people("healthcare", "20260930", (*HEALTHCARE, "M77,Mara,Quintero,1991-01-01,,"))
    keys = world.match()
    assert keys["M77"] == keys["M1"]
    assert list(examine_decisions(world.settings)) == []


def test_another_accent_or_case_is_no_change(world: StewardWorld) -> None:
    decide(world.open(), M1, M2, "merge", why="called both", by="steward")
    world.people("construction", "20260930", [row.replace("Marisol", "MARISÓL") for row in CONSTRUCTION])
    world.match()
    assert pairs(world) == []


def test_a_word_that_contradicts_others_in_force_is_refused_by_number(world: StewardWorld) -> None:
    decide(world.open(), M1, M2, "merge", why="called both", by="steward")
    decide(world.open(), M2, M3, "merge", why="same card", by="steward")
    with pytest.raises(DecisionRefused, match="number 1, 2") as refusal:
        decide(world.open(), M1, M3, "apart", why="no", by="steward")
    assert refusal.value.code == "CONTRADICTION"
    decide(world.open(), M2, M3, "apart", why="it was another card", by="steward")
    decide(world.open(), M1, M3, "apart", why="no", by="steward")
    assert len(Decisions(world.settings.landing).all()) == 4


@pytest.mark.parametrize(("why", "by"), [(" ", "steward"), ("seen", "")])
def test_a_word_without_a_reason_or_a_name_is_not_kept(world: StewardWorld, why: str, by: str) -> None:
    with pytest.raises(DecisionRefused, match="why"):
        decide(world.open(), M1, M2, "merge", why=why, by=by)
    assert Decisions(world.settings.landing).all() == []


def test_of_several_pairs_between_two_persons_the_likeliest_is_listed(world: StewardWorld) -> None:
    unsure(world.settings, T1, M3, 0.6)
    unsure(world.settings, T2, M3, 0.9)
    unsure(world.settings, T1, T2, 0.8)  # one person already, by their state id
    unsure(world.settings, M2, M3, 0.99, band="apart", blocked="SSN_DIFFERS")
    assert pairs(world) == [("review", "M3", "T2"), ("review", "M1", "M2")]
    assert pairs(world, with_blocked=True)[-1] == ("blocked", "M3", "M2")
    decide(world.open(), T2, M3, "apart", why="another person", by="steward")
    assert pairs(world) == [("review", "M1", "M2")]


def test_the_terminal_shows_reasons_and_ids_and_no_name(world: StewardWorld) -> None:
    decide(world.open(), T1, T2, "apart", why="Ines and Ida are twins", by="steward")
    key = world.match()["T2"]
    unsure(world.settings, M1, M2)
    for arguments in (["review"], ["decisions"], ["explain", key], ["explain", key[:10]]):
        for json_too in ([], ["--json"]):
            done = world.run(*arguments, *json_too)
            assert done.exit_code == 0, done.output
            assert not NAMES.search(done.output.replace(key, "")), arguments
            if json_too:
                json.loads(done.output)
    listing = json.loads(world.run("review", "--json").output)["pairs"]
    assert [(p["left"], p["right"], p["reasons"]) for p in listing] == [
        ("construction:M1", "healthcare:M2", "SAME_BIRTH_DATE|SAME_SSN_LAST4|NICKNAME")
    ]


@pytest.mark.parametrize("command", [["review"], ["decisions"], ["explain", "0" * 64]])
def test_names_are_for_a_terminal_only(world: StewardWorld, command: list[str]) -> None:
    done = world.run(*command, "--names")
    assert done.exit_code == 2
    assert not NAMES.search(done.output)


def test_a_workbook_shows_the_two_side_by_side_and_stays_in_the_restricted_zone(
    world: StewardWorld, tmp_path: Path
) -> None:
    done = world.run("review", "--xlsx", "list.xlsx")
    assert done.exit_code == 0, done.output
    assert not NAMES.search(done.output)
    path = world.settings.identity / "review" / "list.xlsx"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    sheet = openpyxl.load_workbook(path)["Pairs"]
    rows = list(sheet.iter_rows(values_only=True))
    assert list(rows[0]) == headings()
    assert len(rows) == 2
    shown = dict(zip(rows[0], rows[1], strict=True))
    assert (shown["first_name left"], shown["first_name right"]) == ("Marisol", "Mary")
    assert (shown["record left"], shown["decision"], shown["probability"]) == ("construction:M1", None, "0.7000")
    for elsewhere in (str(tmp_path / "list.xlsx"), "../list.xlsx", "list.csv"):
        refused = world.run("review", "--xlsx", elsewhere)
        assert refused.exit_code == 1
        assert "NOT_IN_RESTRICTED_ZONE" in str(refused.exception)
    assert "WORKBOOK_EXISTS" in str(world.run("review", "--xlsx", "list.xlsx").exception)


def test_the_same_list_is_the_same_bytes(world: StewardWorld) -> None:
    first, second = (write_book(world.open(), review_list(world.open()), Path(f"{n}.xlsx")) for n in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_a_name_that_would_be_a_formula_is_a_text(world: StewardWorld) -> None:
    world.people("healthcare", "20260930", (HEALTHCARE[0].replace("Mary", "'=1+1"), HEALTHCARE[1]))
    world.people("construction", "20260930", [row.replace("Quintero", "@Quintero") for row in CONSTRUCTION])
    world.match()
    unsure(world.settings, M1, M2)
    path = write_book(world.open(), review_list(world.open()), Path("list.xlsx"))
    cells = [cell for row in openpyxl.load_workbook(path)["Pairs"].iter_rows(min_row=2) for cell in row]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}
    assert "'@Quintero" in {cell.value for cell in cells}


def test_a_filled_in_workbook_is_read_back_once(world: StewardWorld) -> None:
    unsure(world.settings, T1, M3, 0.6)
    path = write_book(world.open(), review_list(world.open()), Path("list.xlsx"))
    fill(path, ("Merge ", "same card", "R. Steward"), ("", "", ""))
    done = world.run("decide", "--from", "list.xlsx", "--by", "desk", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output) == {"kept": [1], "decided_before": 0, "left_blank": 1, "refused": []}
    (decision,) = Decisions(world.settings.landing).all()
    assert (decision.left, decision.right, decision.verdict, decision.by) == (M1, M2, "merge", "R. Steward")
    again = json.loads(world.run("decide", "--from", "list.xlsx", "--json").output)
    assert again == {"kept": [], "decided_before": 1, "left_blank": 1, "refused": []}


def test_refused_rows_are_named_by_number_and_code_and_never_by_value(world: StewardWorld) -> None:
    for number, pair in enumerate([(T1, M3), (T2, M1), (T1, M2)], start=3):
        unsure(world.settings, *pair, 1 / number)
    path = write_book(world.open(), review_list(world.open()), Path("list.xlsx"))
    fill(path, ("perhaps Marisol", "x", "y"), ("apart", "", "y"), ("merge", "Mary", ""), ("apart", "no", "y"))
    done = world.run("decide", "--from", "list.xlsx")
    assert done.exit_code == 3
    assert not NAMES.search(done.output)
    result = decide_from(world.open(), path, None)
    assert [(row, code) for row, code, _ in result.refused] == [
        (2, "UNKNOWN_VERDICT"),
        (3, "NO_REASON"),
        (4, "NO_NAME"),
    ]
    assert result.known == 1
    world.people("construction", "20260930", [row.replace("7766", "7767") for row in CONSTRUCTION])
    world.match()
    fill(path, ("", "", ""), ("merge", "same card", "y"))
    changed = decide_from(world.open(), path, None)
    assert (3, "NOT_ON_LIST") in [(row, code) for row, code, _ in changed.refused]


def test_a_row_about_records_that_changed_since_is_refused(world: StewardWorld) -> None:
    path = write_book(world.open(), review_list(world.open()), Path("list.xlsx"))
    fill(path, ("merge", "same card", "y"))
    world.people("construction", "20260930", [row.replace("4321", "4322") for row in CONSTRUCTION])
    world.match()
    unsure(world.settings, M1, M2)
    assert [(row, code) for row, code, _ in decide_from(world.open(), path, None).refused] == [(2, "CHANGED_SINCE")]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no zip", b"a,b\n1,2\n"])
def test_what_is_no_workbook_is_refused_in_one_line(world: StewardWorld, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(data)
    with pytest.raises(DecisionRefused, match="XLSX"):
        read_book(path)


def test_columns_may_be_moved_and_others_added(world: StewardWorld, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Pairs"
    book.active.append(["note", "BY", "seen", "why", "pair", "Decision"])
    book.active.append(["x", "me", "s1", "because", "p1", "apart"])
    book.save(tmp_path / "moved.xlsx")
    assert read_book(tmp_path / "moved.xlsx") == [BookRow(2, "p1", "s1", "apart", "because", "me")]


def test_explain_tells_the_rule_the_steward_and_where_a_key_went(world: StewardWorld) -> None:
    before = world.match()
    twins = explain_person(world.open(), before["T1"])
    assert [(tie["rule"], "SAME_CALJOBS_ID" in tie["reasons"]) for tie in twins.ties] == [("caljobs_id", True)]
    decide(world.open(), M1, M2, "merge", why="called both", by="R. Steward")
    after = world.match()
    found = explain_person(world.open(), before["M2"])
    assert found.was_merged_away
    assert (found.person_key, found.records) == (after["M1"], ["construction:M1", "healthcare:M2"])
    assert [(d["number"], d["verdict"], d["by"], d["is_in_force"]) for d in found.decisions] == [
        (1, "merge", "R. Steward", True)
    ]
    assert [(c["old_person_key"], c["new_person_key"], c["kind"]) for c in found.changes] == [
        (before["M2"], after["M1"], "merge")
    ]
    said = world.run("explain", before["M2"])
    assert f"was merged away; it is {after['M1']} now" in said.output


@pytest.mark.parametrize("asked", ["ab", "0" * 64])
def test_a_key_of_nobody_says_so(world: StewardWorld, asked: str) -> None:
    with pytest.raises(NoSuchPerson):
        explain_person(world.open(), asked)


def test_names_are_shown_to_a_stewards_own_eyes(world: StewardWorld) -> None:
    environment = os.environ | {
        "HRTP_HOME": str(world.settings.home),
        "HRTP_PERSON_KEY": KEY,
        "COLUMNS": "200",
    }
    on_a_terminal = "import pty, sys; pty.spawn(sys.argv[1:])"
    hrtp = str(Path(sys.executable).parent / "hrtp")
    command = [sys.executable, "-c", on_a_terminal, hrtp, "identity", "review", "--names"]
    done = subprocess.run(command, env=environment, cwd=world.settings.project, capture_output=True, text=True)
    assert "Marisol Quintero" in done.stdout


def test_before_the_first_build_the_desk_says_what_to_do(world: StewardWorld) -> None:
    (world.settings.identity / "key_changes.parquet").unlink()
    assert "hrtp build" in str(world.run("review").exception)

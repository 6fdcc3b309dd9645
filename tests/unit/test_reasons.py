"""Every reason that a model of the evidence can give has words, and no words are left of one that is gone."""

from __future__ import annotations

import re
from pathlib import Path

from hrtp.explain.reasons import FLAGS, REASONS, reason_words

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
INDICATORS = PROJECT / "models" / "marts" / "indicators"
#: Where a row of evidence gets its reason or its remark.
WHERE = [
    *sorted((INDICATORS / "evidence").glob("ind_*.sql")),
    INDICATORS / "indicator_evidence.sql",
    INDICATORS / "steps" / "indicator_placements_judged.sql",
    PROJECT / "macros" / "indicators" / "latest_version_evidence.sql",
]
CODE = re.compile(r"'([A-Z][A-Z_]+)'")
#: Given by `hrtp.explain` itself.
OWN = {"ELSEWHERE_FIRST"}


def codes() -> set[str]:
    return {code for path in WHERE for code in CODE.findall(re.sub(r"--.*", "", path.read_text()))}


def test_every_code_of_the_evidence_has_words() -> None:
    assert len(WHERE) == 17 + 3
    assert codes() - set(REASONS) - set(FLAGS) == set()


def test_no_words_are_left_of_a_code_that_is_gone() -> None:
    assert (set(REASONS) | set(FLAGS)) - codes() == OWN


def test_a_code_is_a_reason_or_a_remark_and_never_both() -> None:
    assert set(REASONS).isdisjoint(FLAGS)


def test_words_are_whole_sentences_that_say_who_acts() -> None:
    for reason in REASONS.values():
        for text in (reason.meaning, reason.what_would_count):
            assert text[0].isupper()
            assert text.endswith(".")


def test_a_reason_of_a_newer_release_is_said_to_be_unknown() -> None:
    assert "no words" in reason_words("SOMETHING_NEW").meaning

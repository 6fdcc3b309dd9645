"""Every figure follows from the rows that `hrtp explain` shows, and every row left out says why in words."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from hrtp.cli import app
from hrtp.explain import Explanation, UnknownIndicator, explain, explain_all, to_document
from hrtp.explain.model import EvidenceRow
from hrtp.explain.reasons import REASONS
from hrtp.settings import Settings
from tests.county import AS_OF, PUBLISHED
from tests.explain.figures import explained, published

PROJECT = Path(__file__).resolve().parents[2]
DECIMAL = re.compile(r"-?\d+(\.\d+)?")


def schema(name: str = "explain") -> dict[str, Any]:
    document: dict[str, Any] = json.loads((PROJECT / "docs" / "schemas" / f"{name}.schema.json").read_text())
    return document


def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    monkeypatch.setenv("HRTP_HOME", str(settings.home))
    monkeypatch.setenv("HRTP_PROJECT", str(settings.project))
    done = CliRunner().invoke(app, ["explain", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_seventeen_figures_come_in_one_call_and_are_the_countys(night: Settings) -> None:
    found = {each.value.indicator_key: each for each in explain_all(night).indicators}
    assert {key: each.value.value_to_date for key, each in found.items()} == PUBLISHED
    assert {key: each.count.recount for key, each in found.items()} == PUBLISHED
    assert all(each.count.agrees for each in found.values())


@pytest.fixture(scope="module")
def everything(night: Settings) -> list[tuple[dict[str, Any], Explanation]]:
    """Every figure to date of every sector, and those of the program at the end of each quarter."""
    quarters = [row for row in published(night, period_types=("quarter",)) if row["sector"] == "all"]
    return list(explained(night, published(night) + quarters))


Everything = list[tuple[dict[str, Any], Explanation]]


def test_every_figure_is_counted_again_from_its_rows(everything: Everything) -> None:
    wrong = [
        (row["indicator_key"], row["sector"], row["period_end"])
        for row, found in everything
        if not found.count.agrees or found.value.value_to_date != row["value_to_date"]
    ]
    assert len(everything) > 200
    assert wrong == []


def test_every_row_counts_or_is_left_out_for_a_reason_that_has_words(everything: Everything) -> None:
    reasons: Counter[str] = Counter()
    for _, found in everything:
        left_out = [row for row in found.evidence if not row.is_counted]
        assert sum(out.n_rows for out in found.left_out) == len(left_out)
        assert sum(source.n_rows for source in found.by_source) == len(found.evidence)
        assert sum(source.n_rows_counted for source in found.by_source) == found.count.n_rows
        assert all((row.reason is None) == row.is_counted for row in found.evidence)
        for out in found.left_out:
            assert (out.meaning, out.what_would_count) == (
                REASONS[out.reason].meaning,
                REASONS[out.reason].what_would_count,
            )
            reasons[out.reason] += 1
    assert len(reasons) >= 20


def test_on_an_earlier_day_a_row_stands_as_it_stood_then(night: Settings) -> None:
    now, then = explain(night, "partners_committed"), explain(night, "partners_committed", as_of=date(2026, 2, 28))
    assert len(now.evidence) == len(then.evidence)

    def by_row(rows: list[EvidenceRow]) -> dict[tuple[str, int], str | None]:
        return {(row.file_sha256, row.row_number): row.reason for row in rows}

    moved = {
        (by_row(then.evidence)[key], reason)
        for key, reason in by_row(now.evidence).items()
        if by_row(then.evidence)[key] != reason
    }
    # some had not committed yet, and some had not withdrawn
    assert moved & {(None, "WITHDRAWN"), ("AFTER_AS_OF", None)}
    assert then.identity is None
    assert then.months[-1].period_end == then.value.period_end == date(2026, 2, 28)


def test_a_median_in_all_takes_one_wage_a_person_and_says_where_the_others_count(night: Settings) -> None:
    whole = explain(night, "median_placement_wage")
    counted = [row for row in whole.evidence if row.is_counted]
    assert len({row.subject_key for row in counted}) == len(counted) == whole.count.denominator
    elsewhere = [row for row in whole.evidence if row.reason == "ELSEWHERE_FIRST"]
    assert elsewhere
    for row in elsewhere:
        assert row.sector is not None
        in_sector = explain(night, "median_placement_wage", row.sector).evidence
        same = [r for r in in_sector if (r.file_sha256, r.row_number) == (row.file_sha256, row.row_number)]
        assert [r.is_counted for r in same] == [True]


def test_every_row_leads_to_a_file_of_a_partner_with_a_contact_and_its_landed_bytes(night: Settings) -> None:
    found = explain(night, "placed_in_jobs")
    files = {(file.source, file.file_sha256): file for file in found.files}
    for row in found.evidence:
        file = files[row.source, row.file_sha256]
        assert file.contact_email is not None
        assert "@" in file.contact_email
        assert (night.home / file.landing_path).is_file()
        assert row.row_number > 1


def test_json_is_of_the_documented_shape_with_decimals_as_text(
    night: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in PUBLISHED:
        document = json.loads(run(night, monkeypatch, key, "--json"), parse_float=pytest.fail)
        jsonschema.validate(document, schema(), jsonschema.Draft202012Validator)
        assert Decimal(document["value"]["value_to_date"]) == PUBLISHED[key]
        assert DECIMAL.fullmatch(document["count"]["recount"])
        assert len(document["evidence"]) == sum(source["n_rows"] for source in document["by_source"])
    document["value"]["value_to_date"] = 1.5
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema(), jsonschema.Draft202012Validator)


def test_all_as_json_is_of_the_documented_shape(night: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    document = json.loads(run(night, monkeypatch, "--all", "--json"), parse_float=pytest.fail)
    jsonschema.validate(document, schema("explain_all"), jsonschema.Draft202012Validator)
    assert {each["value"]["indicator_key"] for each in document["indicators"]} == set(PUBLISHED)
    del document["indicators"][0]["value"]["value_to_date"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema("explain_all"), jsonschema.Draft202012Validator)


def test_the_terminal_shows_all_that_the_json_says_but_the_rows_of_other_pages(
    night: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = to_document(explain(night, "placed_in_jobs"))
    shown = " ".join(run(night, monkeypatch, "placed_in_jobs", "--limit", "10").split())
    assert "147 persons" in shown
    assert "counted again from these rows: 147" in shown
    assert "target 338, baseline 338, 43 % reached" in shown
    assert "147 by strong keys alone" in shown
    assert "2026-09 147" in shown
    for out in document["left_out"]:
        assert out["reason"] in shown
        # words that stand in one column are broken over lines beside the other's
        assert out["meaning"].split()[-1] in shown
        assert out["what_would_count"].split()[-1] in shown
    for rule in document["not_in_evidence"]["by_rule"]:
        assert rule["rule_id"] in shown
    assert f"19 rows in quarantine {'source'}" in shown
    assert f"rows 1 to 10 of {len(document['evidence'])}" in shown
    second = run(night, monkeypatch, "placed_in_jobs", "--limit", "10", "--page", "2")
    assert "rows 11 to 20 of" in second
    keys = [row["subject_key"][:12] for row in document["evidence"][10:20]]
    assert [key in second for key in keys] == [True] * 10
    assert "Evidence: rows" not in run(night, monkeypatch, "placed_in_jobs", "--limit", "0")


def test_a_page_beyond_the_last_is_the_last(night: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "rows 201 to 202 of 202" in run(night, monkeypatch, "placed_in_jobs", "--limit", "25", "--page", "99")


def test_names_that_do_not_exist_are_told_with_those_that_do(night: Settings) -> None:
    with pytest.raises(UnknownIndicator, match="workers_enrolled"):
        explain(night, "nothing_such")
    with pytest.raises(UnknownIndicator, match="--sector all"):
        explain(night, "provider_contracts", "healthcare")
    with pytest.raises(UnknownIndicator, match="--sector all"):
        explain_all(night, "fishing")


@pytest.mark.parametrize("arguments", [[], ["--all", "placed_in_jobs"], ["--all", "--html"]])
def test_half_a_question_is_refused(night: Settings, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    monkeypatch.setenv("HRTP_HOME", str(night.home))
    assert CliRunner().invoke(app, ["explain", *arguments]).exit_code == 2


def test_the_day_is_the_one_of_the_build(night: Settings) -> None:
    assert explain(night, "workers_enrolled").value.as_of_date == AS_OF

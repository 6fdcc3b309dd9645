"""The security stage: red for what is known and not accepted, plain about what it could not ask."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from tests import supply_chain
from tests.supply_chain import ROOT, foreign, judge, locked, new_secrets, scan, service_answers, vulnerabilities

TODAY = date(2026, 11, 22)
VULNERABLE = {
    "name": "jinja2",
    "version": "2.11.2",
    "vulns": [{"id": "PYSEC-2021-66", "aliases": ["CVE-2020-28493"], "fix_versions": ["2.11.3"]}],
}
ACCEPTED = {"id": "CVE-2020-28493", "package": "jinja2", "reason": "no template of others", "until": date(2026, 12, 1)}


def test_a_known_vulnerability_is_red_and_says_how_to_mend_it() -> None:
    (problem,) = judge([VULNERABLE], [], TODAY).problems
    assert "PYSEC-2021-66" in problem
    assert "2.11.3" in problem
    assert "--upgrade-package jinja2" in problem


def test_an_accepted_one_is_quiet_until_its_day_and_red_after_it() -> None:
    assert judge([VULNERABLE], [ACCEPTED], TODAY).problems == []
    (problem,) = judge([VULNERABLE], [ACCEPTED], date(2026, 12, 2)).problems
    assert "decide again" in problem


def test_an_acceptance_needs_a_reason_and_fits_one_package_only() -> None:
    assert "reason" in judge([], [ACCEPTED | {"reason": " "}], TODAY).problems[0]
    assert len(judge([VULNERABLE], [ACCEPTED | {"package": "flask"}], TODAY).problems) == 1


def test_a_package_that_the_service_skipped_is_never_called_clean() -> None:
    verdict = judge([{"name": "x", "skip_reason": "Dependency not found on PyPI"}], [], TODAY)
    assert verdict.problems == []
    assert verdict.notes == ["not checked: x: Dependency not found on PyPI"]


@pytest.mark.parametrize(
    ("answer", "answers"),
    [
        (b'{"vulnerabilities": [{"id": "x"}]}', True),
        (b'{"vulnerabilities": []}', False),
        (b"<html>", False),
        (b"[]", False),
    ],
)
def test_a_service_that_does_not_know_the_canary_is_none(answer: bytes, answers: bool) -> None:
    assert service_answers(lambda _: answer) is answers


def test_without_a_network_the_stage_says_so_and_fails_only_where_an_answer_was_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unreachable(_: str) -> bytes:
        raise OSError

    monkeypatch.setattr(supply_chain, "fetch", unreachable)
    offline = vulnerabilities(TODAY, must_answer=False)
    assert offline.problems == []
    assert offline.notes[0].startswith("NOT CHECKED")
    assert vulnerabilities(TODAY, must_answer=True).problems == offline.notes


def test_with_a_service_every_locked_package_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def audit(packages: list[tuple[str, str]]) -> list[dict[str, object]]:
        asked.extend(packages)
        return [VULNERABLE]

    monkeypatch.setattr(supply_chain, "fetch", lambda _: b'{"vulnerabilities": [{}]}')
    monkeypatch.setattr(supply_chain, "audit", audit)
    assert len(vulnerabilities(TODAY, must_answer=True).problems) == 1
    assert asked == locked(ROOT / "uv.lock")
    assert len(asked) > 250


def test_nothing_is_accepted_that_has_run_out_and_the_file_is_readable() -> None:
    assert supply_chain.yaml.safe_load(supply_chain.ACCEPTED.read_text()) == []


def test_the_bill_is_reproducible_and_holds_what_is_locked(tmp_path: Path) -> None:
    bills = [tmp_path / "a" / "sbom.json", tmp_path / "b" / "sbom.json"]
    for bill in bills:
        assert supply_chain.bill_of_materials(bill, is_validated=False).problems == []
    assert bills[0].read_bytes() == bills[1].read_bytes()
    document = json.loads(bills[0].read_text())
    assert document["bomFormat"] == "CycloneDX"
    assert document["metadata"]["component"]["name"] == "hrtp"
    assert {"duckdb", "apache-airflow", "deltalake"} <= {c["name"] for c in document["components"]}


def test_an_installed_package_that_is_not_locked_is_named() -> None:
    components = [{"name": "Some.Thing", "version": "1"}, {"name": "other", "version": "2"}]
    assert foreign(components, [("some-thing", "1"), ("other", "3")]) == [
        "other 2 is installed but not locked; run `uv sync --frozen`"
    ]


def test_a_new_secret_is_red_one_in_the_baseline_is_not_and_one_that_moved_is_not_new(tmp_path: Path) -> None:
    line = 'aws_secret = "' + "wJalrXUtnFEMI/K7MDENG/" + 'bPxRfiCYzEXAMPLEKEY"\n'
    (tmp_path / "settings.py").write_text(line)
    found = scan(["settings.py"], tmp_path)
    assert found
    problems = new_secrets(found, {"results": {}})
    assert all(problem.startswith("settings.py:1:") for problem in problems)
    assert "wJalrXUtnFEMI" not in "".join(problems)
    known = {"results": {"settings.py": [{"type": kind, "hashed_secret": digest} for _, kind, digest, _ in found]}}
    (tmp_path / "settings.py").write_text("\n\n" + line)
    moved = scan(["settings.py"], tmp_path)
    assert {secret[3] for secret in moved} == {3}
    assert new_secrets(moved, known) == []

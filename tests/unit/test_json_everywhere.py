"""Whatever prints information has ``--json``: one document on stdout, progress aside, keys that stay."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from hrtp.cli import app
from hrtp.cli.app import show_json
from hrtp.metrics import Metric
from hrtp.scorecard import Scorecard
from tests.unit.test_pictures import LINE, STATE

#: Commands that say nothing which a program could want. Adding one wants a reason beside it.
WITHOUT: dict[str, str] = {}


def commands() -> dict[str, Any]:
    """Every command by its words."""

    def walk(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        within = getattr(command, "commands", None)
        if within is None:
            yield " ".join(words), command
        for name, each in (within or {}).items():
            yield from walk(each, (*words, name))

    return dict(walk(typer.main.get_command(app), ()))


def has_json(command: Any) -> bool:
    return any("--json" in parameter.opts for parameter in command.params)


def test_every_command_has_json_but_those_that_were_looked_at() -> None:
    found = commands()
    assert len(found) >= 30
    assert {name for name, command in found.items() if not has_json(command)} == set(WITHOUT)


def test_every_command_is_run_below() -> None:
    assert {name for name, command in commands().items() if has_json(command)} == set(CASES)


class Summary:
    """What a step gives back."""

    def __init__(self, **counts: object) -> None:
        self._counts = counts
        self.in_inbox = 2

    def summary(self) -> dict[str, object]:
        return dict(self._counts)


def step(*_: object, progress: Callable[[str], None] | None = None, **__: object) -> Summary:
    """A step that says what it does, as the real ones do."""
    for say in (progress, *(each for each in _ if callable(each))):
        if say is not None:
            say("a line of progress")
    return Summary(rows=1, at=date(2026, 9, 30))


REPORT = SimpleNamespace(
    published={"changed": True, "content_id": "abc", "marts": 35},
    dags={"ingest_construction": {"state": "success", "seconds": 2.0}, "warehouse": {"state": "success"}},
)
METRIC = Metric("workers_enrolled", "Workers enrolled", "persons", "All of them")
MANIFEST = SimpleNamespace(
    source="construction",
    entity="services",
    file_name="services_20260930.csv",
    file_sha256="e" * 64,
    state="loaded",
    reason=None,
    rows_loaded=3,
    rows_quarantined=0,
)


def saying(*lines: object) -> Callable[..., Any]:
    """A function that says a line through whatever it was given to say things with, and returns the first."""

    def call(*arguments: object, **_: object) -> Any:
        for say in arguments:
            if callable(say):
                say("a line of progress")
        return lines[0]

    return call


@dataclass(frozen=True)
class Case:
    """``keys`` are those of the document, or of the first of a list; ``instead`` what stands in for long work."""

    arguments: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    instead: Mapping[str, Any] | None = None
    exit_code: int = 0


DESK = {"hrtp.stewardship.desk.open_desk": saying(None)}
SOURCE_KEYS = ("source", "state", "reason", "data_through_date", "days_since_data", "rows_in", "deliveries")
CASES: dict[str, Case] = {
    "nightly": Case(
        ("--as-of", "2026-09-30"),
        ("exit_code", "published", "dags", "sources", "scorecard", "attention"),
        {
            "hrtp.nightly.sample_exports": saying(None),
            "hrtp.nightly.run_night": saying(REPORT),
            "hrtp.status.source_states": saying([STATE]),
            "hrtp.scorecard.read_scorecard": saying(Scorecard([LINE], [])),
        },
        exit_code=3,
    ),
    "samples": Case(("--out", "samples"), ("folder", "scale", "seed", "form"), {"hrtp.samples.generate": saying(None)}),
    "status": Case((), SOURCE_KEYS, {"hrtp.status.source_states": saying([STATE])}),
    "scorecard": Case(
        (),
        ("as_of_date", "targets_met", "targets", "indicators", "lists"),
        {"hrtp.scorecard.read_scorecard": saying(Scorecard([LINE], []))},
    ),
    "explain": Case(
        ("--all",),
        ("sector", "indicators"),
        {
            "hrtp.explain.explain_all": saying(None),
            "hrtp.explain.to_document": saying({"sector": "", "indicators": []}),
        },
    ),
    "ingest": Case(("construction",), ("rows", "at"), {"hrtp.ingest.ingest_source": step}),
    "build": Case((), ("rows", "at"), {"hrtp.build.build_warehouse": step}),
    "publish": Case((), ("rows", "at"), {"hrtp.publish.publish": step}),
    "docs": Case((), ("rows", "at"), {"hrtp.docs.write_docs": step}),
    "page": Case((), ("rows", "at"), {"hrtp.page.write_page": step}),
    "metrics list": Case((), ("name",), {"hrtp.metrics.metrics": saying([METRIC])}),
    "metrics query": Case(
        ("workers_enrolled",), ("rows",), {"hrtp.metrics.ask": saying(SimpleNamespace(to_json=lambda: {"rows": []}))}
    ),
    "bi setup": Case((), ("left",), {"hrtp.bi.set_up": saying(["a password"])}),
    "bi publish": Case((), ("rows", "at"), {"hrtp.bi.publish_to_postgres": step}),
    "alerts": Case(),
    "held": Case(),
    "approve": Case(
        ("services_20260930.csv", "--why", "x"),
        ("source", "entity", "file_name", "file_sha256", "state", "reason", "rows_loaded", "rows_quarantined"),
        {"hrtp.holds.decide": saying([MANIFEST])},
    ),
    "reject": Case(
        ("services_20260930.csv", "--why", "x"),
        ("source", "entity", "file_name", "file_sha256", "state", "reason", "rows_loaded", "rows_quarantined"),
        {"hrtp.holds.decide": saying([MANIFEST])},
    ),
    "restore": Case((), ("rows", "at"), {"hrtp.restore.restore": step}),
    "doctor": Case((), (), {"hrtp.doctor.examine": saying([])}),
    "forget": Case(("construction", "P1", "--why", "request 1", "--yes"), ("rows", "at"), {"hrtp.forget.forget": step}),
    "key fingerprint": Case((), ("fingerprint",)),
    "key rotate": Case((), ("rows", "at"), {"hrtp.rotate.rotate_key": step}),
    "quarantine list": Case(),
    "quarantine feedback": Case(("construction",), ("rows", "at", "folder"), {"hrtp.feedback.write_feedback": step}),
    "organizations review": Case((), (), {"hrtp.organizations.organization_review": saying([])}),
    "sources check": Case((), ("source", "name", "kind", "sector", "schedule", "transport", "owner")),
    "sources new": Case(("somebody",), ("written",), {"hrtp.sources.new.new_source": saying(Path("sources/x.yml"))}),
    "identity review": Case((), ("pairs", "workbook"), DESK | {"hrtp.stewardship.review.review_list": saying([])}),
    "identity decide": Case(
        ("--from", "list.xlsx"),
        ("kept",),
        DESK
        | {
            "hrtp.stewardship.decide.decide_from": saying(
                SimpleNamespace(refused=[], summary=lambda: {"kept": [], "refused": []})
            )
        },
    ),
    "identity decisions": Case((), (), DESK | {"hrtp.stewardship.listing.listed": saying([])}),
    "identity explain": Case(
        ("f" * 64,),
        ("person_key",),
        DESK
        | {
            "hrtp.stewardship.explain.explain_person": saying(SimpleNamespace(to_json=lambda: {"person_key": "f" * 64}))
        },
    ),
    "identity train": Case((), ("rows", "at"), {"hrtp.retrain.retrain": step}),
    "identity evaluate": Case(
        (".", "--no-peers"),
        ("this matcher",),
        {
            "hrtp.identity.evaluate.read_truth": saying({"true_person": []}),
            "hrtp.identity.linkage.load_model": saying(None),
            "hrtp.identity.linkage.link": saying(SimpleNamespace(deterministic=[], person=[], if_all_merged=[])),
            "hrtp.identity.evaluate.measure": saying(SimpleNamespace(to_json=lambda: {"precision": 1.0})),
        },
    ),
    "identity truth": Case(("--out", "truth", "--records", "50"), ("written", "records")),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_stdout_is_exactly_one_document_with_its_keys(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES[name]
    project = Path(__file__).resolve().parents[2]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HRTP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HRTP_PROJECT", str(project))
    monkeypatch.setenv("HRTP_PERSON_KEY", "k" * 64)
    for target, function in (case.instead or {}).items():
        monkeypatch.setattr(target, function)
    done = CliRunner().invoke(app, [*name.split(), *case.arguments, "--json"])
    assert done.exit_code == case.exit_code, (done.output, done.exception)
    document = json.loads(done.stdout)
    first = document[0] if isinstance(document, list) and document else document
    assert set(case.keys) <= set(first)
    assert "a line of progress" not in done.stdout


def test_progress_is_said_aside_and_without_json_beside_the_summary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HRTP_HOME", str(tmp_path))
    monkeypatch.setattr("hrtp.build.build_warehouse", step)
    aside = CliRunner().invoke(app, ["build", "--json"])
    assert aside.stderr == "a line of progress\n"
    beside = CliRunner().invoke(app, ["build"])
    assert beside.stdout == 'a line of progress\n{"rows": 1, "at": "2026-09-30"}\n'


def test_an_error_leaves_stdout_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HRTP_HOME", str(tmp_path))
    for words in (["status"], ["scorecard"], ["explain", "workers_enrolled"], ["organizations", "review"]):
        done = CliRunner().invoke(app, [*words, "--json"])
        assert (done.exit_code, done.stdout) == (1, "")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("20.10"), '"20.10"'),
        (date(2026, 9, 30), '"2026-09-30"'),
        (datetime(2026, 9, 30, 5, 0), '"2026-09-30T05:00:00"'),
        (Path("a/b"), '"a/b"'),
        (3, "3"),
        (None, "null"),
        (True, "true"),
    ],
)
def test_days_decimals_and_paths_are_text(value: object, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    show_json(value)
    assert capsys.readouterr().out == f"{text}\n"


def test_what_json_has_no_word_for_is_an_error_and_no_guess() -> None:
    with pytest.raises(TypeError, match="no JSON for object"):
        show_json(object())

"""What never reached the evidence and could still move a figure: rows in quarantine, files that wait, and gaps."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hrtp.alerts import collect
from hrtp.cli import app
from hrtp.explain import explain, explain_all
from hrtp.explain.waiting import inputs_of
from hrtp.marts import MartsOutdated, open_marts, rows
from hrtp.scorecard import read_scorecard
from hrtp.settings import Settings
from hrtp.status import source_states
from tests.explain.conftest import Change

PROJECT = Path(__file__).resolve().parents[2]
DIGEST = "e" * 64


def file(
    source: str,
    entity: str,
    state: str,
    reason: str,
    *,
    day: str = "2026-09-30",
    sequence: int = 900,
    mode: str = "full",
    digest: str = DIGEST,
) -> str:
    """A statement that adds a file to the reconciliation."""
    text = [source, entity, digest, f"{entity}_{digest[:4]}.csv"]
    return (
        "insert into load_reconciliation (source, entity, file_sha256, file_name, data_through_date, received_at, "
        "state, reason, rows_in, rows_loaded, rows_quarantined, rows_duplicate, rows_blank, mode, source_sequence, "
        "is_current) "
        f"values ({', '.join(repr(each) for each in text)}, date '{day}', timestamp '2026-10-01 05:00:00', '{state}', "
        f"{f'{reason!r}' if reason else 'null'}, 12, 0, 0, 0, 0, '{mode}', {sequence}, false)"
    )


def waiting(settings: Settings, indicator: str = "placed_in_jobs", sector: str = "all") -> list[tuple[str, str | None]]:
    found = explain(settings, indicator, sector).not_in_evidence.files
    return [(f.source, f.reason) for f in found]


def test_every_indicator_is_fed_by_what_the_seed_says(night: Settings) -> None:
    with (PROJECT / "seeds" / "indicator_inputs.csv").open(newline="") as handle:
        pairs = {(row["indicator_key"], row["entity"]) for row in csv.DictReader(handle)}
    found = explain_all(night).indicators
    assert {(f.value.indicator_key, e) for f in found for e in inputs_of(night, f.value.indicator_key)} == pairs


def test_rows_in_quarantine_of_the_entities_that_feed_the_figure_are_named_with_rule_and_cure(night: Settings) -> None:
    with open_marts(night) as connection:
        there = rows(
            connection,
            "select source, entity, row_number, rule_id from quarantined_rows "
            "where entity in ('participants', 'enrollments', 'placements', 'pirl') order by all",
        )
    found = explain(night, "placed_in_jobs").not_in_evidence
    assert sorted((r.source, r.entity, r.row_number, r.rule_id) for r in found.rows) == [
        tuple(row.values()) for row in there
    ]
    assert found.n_rows_quarantined == 19
    assert sum(rule.n_rows for rule in found.by_rule) == len(found.rows)
    assert all(row.message and row.how_to_resolve for row in found.rows)


def test_a_sector_is_told_of_its_own_partner_and_of_those_without_a_sector(night: Settings) -> None:
    found = explain(night, "placed_in_jobs", "healthcare").not_in_evidence
    assert {row.source for row in found.rows} == {"healthcare", "ajcc_la_county", "ajcc_south_bay"}


def test_a_file_that_waits_is_told_with_its_reason_in_words(changed: Change) -> None:
    settings = changed(
        file("healthcare", "placements", "held", "HELD_VOLUME"),
        file("construction", "services", "rejected", "MISSING_COLUMN", digest="f" * 64),
    )
    (found,) = explain(settings, "placed_in_jobs").not_in_evidence.files
    assert (found.source, found.entity, found.state, found.reason, found.rows_in) == (
        *("healthcare", "placements", "held", "HELD_VOLUME"),
        12,
    )
    assert found.message
    assert found.how_to_resolve
    assert [f.file_sha256 for f in explain(settings, "placed_in_jobs").files if f.file_sha256 == DIGEST] == [DIGEST]
    assert waiting(settings, "supportive_services_recipients") == [("construction", "MISSING_COLUMN")]
    assert waiting(settings, "placed_in_jobs", "construction") == []


@pytest.mark.parametrize(
    ("case", "statements", "still_waits"),
    [
        ("a later file loaded", [file("healthcare", "placements", "held", "HELD_VOLUME", sequence=0)], False),
        ("newer data had come before", [file("healthcare", "placements", "rejected", "OUT_OF_ORDER")], False),
        (
            "a delta is not made up for by a later delta",
            [
                file(
                    "creative_economy", "placements", "rejected", "RAGGED", mode="delta", sequence=0, day="2026-06-30"
                ),
                "update load_reconciliation set data_through_date = date '2026-07-31' "
                "where source = 'creative_economy' and entity = 'placements' and state = 'loaded'",
            ],
            True,
        ),
        (
            "a delta is made up for by a full export",
            [
                file(
                    "creative_economy", "placements", "rejected", "RAGGED", mode="delta", sequence=0, day="2026-06-30"
                ),
                "update load_reconciliation set mode = 'full' "
                "where source = 'creative_economy' and entity = 'placements' and state = 'loaded'",
            ],
            False,
        ),
        ("a file of no known entity may hold any", [file("healthcare", "file", "rejected", "UNKNOWN_FILE")], True),
        ("until something newer came", [file("healthcare", "file", "rejected", "UNKNOWN_FILE", sequence=0)], False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_waits_until_it_is_overtaken(
    changed: Change, case: str, statements: list[str], still_waits: bool
) -> None:
    assert bool(waiting(changed(*statements))) == still_waits, case


def test_what_was_never_delivered_is_told(changed: Change) -> None:
    settings = changed(
        "update source_entity_freshness set is_missing = true, data_through_date = null "
        "where source = 'technology' and entity = 'placements'"
    )
    (found,) = explain(settings, "placed_in_jobs").not_in_evidence.undelivered
    assert (found.source, found.entity, found.data_through_date) == ("technology", "placements", None)


def test_rows_that_do_not_give_the_published_figure_are_told_loudly(
    changed: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = changed(
        "update indicator_values set value_to_date = 148 where indicator_key = 'placed_in_jobs' and sector = 'all' "
        "and period_type = 'to_date'"
    )
    assert explain(settings, "placed_in_jobs").count.agrees is False
    monkeypatch.setenv("HRTP_HOME", str(settings.home))
    assert "do not give the published figure" in CliRunner().invoke(app, ["explain", "placed_in_jobs"]).stdout


@pytest.mark.parametrize(
    "older",
    [
        "alter table indicator_values drop column is_stale",
        "drop table indicator_identity",
        "alter table source_freshness drop column rows_blank",
    ],
)
@pytest.mark.parametrize("command", [("scorecard",), ("explain", "placed_in_jobs"), ("explain", "--all"), ("status",)])
def test_marts_of_an_older_release_ask_for_the_next_build(
    changed: Change, monkeypatch: pytest.MonkeyPatch, older: str, command: tuple[str, ...]
) -> None:
    settings = changed(older)
    monkeypatch.setenv("HRTP_HOME", str(settings.home))
    done = CliRunner().invoke(app, [*command])
    if done.exit_code == 0:
        # that command reads nothing of what is gone
        assert (command[0], older.split()[2]) in {
            ("status", "indicator_values"),
            ("status", "indicator_identity"),
            ("scorecard", "source_freshness"),
            ("explain", "source_freshness"),
            ("explain", "indicator_identity"),
        }
        return
    assert isinstance(done.exception, MartsOutdated)
    assert "hrtp build && hrtp publish" in str(done.exception)


def test_alerts_tell_of_outdated_marts_and_go_on(changed: Change) -> None:
    settings = changed("alter table source_freshness drop column days_behind")
    found = [alert for alert in collect(settings) if alert.code == "MARTS_OUTDATED"]
    assert [(alert.source, alert.severity) for alert in found] == [("warehouse", "warning")]
    assert "hrtp build && hrtp publish" in found[0].text


def test_marts_of_an_older_release_stop_every_reader_that_needs_what_is_gone(changed: Change) -> None:
    settings = changed("drop table indicator_identity", "drop table source_freshness", "drop table load_reconciliation")
    for read in (read_scorecard, source_states, lambda s: explain(s, "placed_in_jobs")):
        with pytest.raises(MartsOutdated):
            read(settings)

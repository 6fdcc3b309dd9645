"""No value of a participant leaves with an alert: every message, log line and record of a night with many failures."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import pytest

from hrtp.alerts import collect, send
from hrtp.errors import IngestFailed
from hrtp.ingest import ingest_source
from hrtp.outcomes import ingest_of, recorded
from hrtp.samples import generate, people
from tests.alerts.conftest import Desk
from tests.alerts.servers import Hook, Mailbox
from tests.canary import Canaries

PERSON = next(iter(people(1, 1)))


def break_every_way(exports: Path) -> None:
    """Files whose header, rows or bytes are persons: whatever quotes what it stumbles over would quote them."""
    folder = exports / "construction"
    for path in folder.glob("*_20260930.csv"):
        header, _, rows = path.read_text(encoding="utf-8").partition("\n")
        match path.name.split("_2026")[0]:
            case "participants":
                text = rows  # no header: the first person stands in its place
            case "enrollments":
                text = f"{header},{PERSON['first']} {PERSON['last']}\n" + rows  # a heading that is a name
            case "placements":
                text = header + "\n" + rows[: len(rows) // 2] + f'"{PERSON["last"]}'  # an open quote, to the end
            case "services":
                lines = rows.splitlines()
                kind = header.split(",").index("service_type")
                bad = [line.split(",") for line in lines[::5]]
                for cells in bad:
                    cells[kind] = PERSON["last"]
                text = "\n".join([header, *lines, *(",".join(cells) for cells in bad)])
            case _:
                continue
        path.write_text(text, encoding="utf-8")


def test_a_night_full_of_failures_tells_of_them_all_and_names_nobody(
    desk: Desk, mailbox: Mailbox, hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    generate(desk.exports, scale=1, seed=1)
    break_every_way(desk.exports)
    settings = desk.settings(alert_urls=mailbox.url, alert_webhook=hook.url, alert_owners=True)
    with caplog.at_level(logging.DEBUG, "hrtp"):
        with pytest.raises(IngestFailed), recorded(settings, ingest_of("construction")):
            ingest_source("construction", settings)
        with recorded(settings, ingest_of("healthcare")):
            ingest_source("healthcare", settings)
        found = collect(settings)
        report = send(found, settings)
    assert report.sent == {"webhook": 2, "mailto-1": 2}
    codes = {(alert.source, alert.code) for alert in found}
    assert {code for source, code in codes if source == "construction"} >= {"HELD_QUARANTINE_SHARE"}
    assert ("healthcare", "QUARANTINE") in codes
    assert len([code for source, code in codes if source == "construction"]) >= 4
    canaries = Canaries()
    assert canaries.n_values > 1000
    for name, texts in {
        "mail": mailbox.texts(),
        "webhook": hook.texts(),
        "alerts": [json.dumps([alert.to_json() for alert in found])],
        "log": [record.getMessage() for record in caplog.records if record.name == "hrtp.alerts"],
    }.items():
        assert texts, name
        assert set().union(*(canaries.in_text(text) for text in texts)) == set(), name
    shutil.copytree(settings.logs, desk.exports.parent / "kept")
    search = canaries.search([desk.exports.parent / "kept"])
    assert (search.hits, search.n_files >= 5) == (frozenset(), True)

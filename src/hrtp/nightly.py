"""The whole night in one command: every ingest DAG, then the warehouse DAG, through Airflow in one child process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from hrtp.build import today
from hrtp.errors import HrtpError
from hrtp.locks import exclusive
from hrtp.settings import Settings
from hrtp.sources import load_sources
from hrtp.synthetic import SYNTHETIC_FILE

EXIT_OK, EXIT_NOTHING_PUBLISHED, EXIT_ATTENTION = 0, 1, 3


class NightFailed(HrtpError):
    """Nothing was published."""

    code = "NIGHT_FAILED"


@dataclass(frozen=True)
class NightReport:
    """What the runs said: ``dags`` maps a DAG id to its state and seconds, ``published`` is the publish summary."""

    published: dict[str, Any] | None
    dags: dict[str, dict[str, Any]] = field(default_factory=dict)


def run_night(settings: Settings, as_of: date | None, exports: Path | None, say: Callable[[str], None]) -> NightReport:
    """Run the night; its tasks log under ``HRTP_HOME/logs``. Another one that runs is waited for, and said so.

    Raises:
        NightFailed: where the child process did not come to its end.
        BusyError: where another night never ends; it is named.
    """
    settings.make_zones()
    environment = dict(os.environ)
    # a process that starts a dozen children should not compile the same modules in each
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["HRTP_HOME"] = str(settings.home)
    environment["HRTP_PROJECT"] = str(settings.project)
    day = as_of or settings.as_of or today()
    environment["HRTP_AS_OF"] = day.isoformat()
    if exports is not None:
        environment["HRTP_EXPORTS"] = str(exports.resolve())
    elif settings.exports is not None:
        environment["HRTP_EXPORTS"] = str(settings.exports)
    with (
        exclusive(settings.home / ".night.lock", "night", say),
        tempfile.TemporaryDirectory(prefix="hrtp-night-") as folder,
    ):
        report = Path(folder) / "report.json"
        script = settings.project / "orchestration" / "nightly.py"
        command = [sys.executable, str(script), "--as-of", day.isoformat(), "--report", str(report)]
        process = subprocess.Popen(command, cwd=settings.project, env=environment, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        try:
            for line in process.stdout:
                say(line.rstrip("\n"))
            code = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        if not report.exists():
            raise NightFailed(f"Airflow's process ended with {code} before it reported; its log is in {settings.logs}")
        document = json.loads(report.read_text())
    return NightReport(document.get("published"), document.get("dags", {}))


def sample_exports(settings: Settings, say: Callable[[str], None]) -> Path | None:
    """Sample exports where no partner is configured yet; None where there is something to pull.

    A source counts as configured as soon as its transport is another than the default inbox folder, or that folder
    is there.
    """
    if settings.exports is not None:
        return None
    for source in load_sources(settings.project).values():
        if (
            source.transport.url != f"file:${{HRTP_INBOX}}/{source.source}"
            or (settings.inbox_root / source.source).is_dir()
        ):
            return None
    target = settings.home / "samples"
    settings.make_zones()
    with exclusive(settings.home / ".samples.lock", "writing of samples", say):
        # the list of what is synthetic is written last
        if not (target / SYNTHETIC_FILE).exists():
            from hrtp.samples import generate

            say(f"no partner is configured: writing synthetic sample exports to {target}")
            generate(target, scale=1, seed=1)
    return target


#: The day that the sample exports run through, and that the County's figures speak of.
SAMPLES_AS_OF = date(2026, 9, 30)

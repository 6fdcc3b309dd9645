"""How the last run of every step ended: one small file a step, so that whoever tells people need not read logs.

A transport that failed leaves no manifest, a failed build leaves no warehouse, and a step that was killed leaves
nothing at all. ``logs/outcomes/<step>.json`` says "running" before the step begins and the truth after it: a file that
still says "running" when nothing runs is a step that was killed. It holds a code and a sentence, never a value.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from hrtp.errors import HrtpError
from hrtp.landing import write_atomically
from hrtp.settings import Settings

log = logging.getLogger("hrtp.outcomes")

RUNNING, OK, FAILED, NOTED = "running", "ok", "failed", "noted"
BUILD, PUBLISH, PUBLISH_BI, PAGE = "build", "publish", "publish_bi", "page"
INGEST, FEEDBACK, NAMES = "ingest", "feedback", "names"


@dataclass(frozen=True)
class Outcome:
    """The last run of one step, ``at`` when it came to its state.

    ``state`` is ``running``, ``ok``, ``failed``, or ``noted`` where all went well and a person should know something.
    """

    step: str
    state: str
    at: datetime
    code: str | None = None
    text: str | None = None

    @property
    def source(self) -> str | None:
        """The source that this step is about; None for the steps of the warehouse."""
        return self.step.partition(".")[2] or None

    @property
    def name(self) -> str:
        """What was done: ingest, feedback, build, publish, publish_bi, page."""
        return self.step.partition(".")[0]


def ingest_of(source: str) -> str:
    """The step's name of an ingest."""
    return f"{INGEST}.{source}"


def names_of(source: str) -> str:
    """The step's name of looking at the names of a source's files."""
    return f"{NAMES}.{source}"


def feedback_of(source: str) -> str:
    """The step's name of writing and delivering a source's feedback."""
    return f"{FEEDBACK}.{source}"


def keep_note(settings: Settings, step: str, code: str, text: str | None) -> None:
    """Keep that there is something to know of a step, until the next run finds that there is not: ``text`` None."""
    if text is not None:
        _keep(settings, step, NOTED, code, text)
    elif (_folder(settings) / f"{step}.json").exists():
        _keep(settings, step, OK)


@contextmanager
def recorded(settings: Settings, step: str) -> Iterator[None]:
    """Keep how the block ends. The error goes on its way; a record that cannot be written fails nothing."""
    settings.make_zones()
    _keep(settings, step, RUNNING)
    try:
        yield
    except HrtpError as error:
        _keep(settings, step, FAILED, error.code, Exception.__str__(error))
        raise
    except Exception as error:
        _keep(settings, step, FAILED, "INTERNAL", f"{type(error).__name__}, its text is withheld; see the log")
        raise
    except BaseException as error:  # a time limit of Airflow's, Ctrl-C
        _keep(settings, step, FAILED, "STOPPED", f"stopped from outside ({type(error).__name__})")
        raise
    _keep(settings, step, OK)


def last_outcomes(settings: Settings) -> list[Outcome]:
    """The last outcome of every step that ever ran, in the order of their names."""
    found = []
    for path in sorted(_folder(settings).glob("[!.]*.json")):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            found.append(Outcome(**document | {"at": datetime.fromisoformat(document["at"])}))
        except (OSError, ValueError, TypeError, KeyError):
            found.append(Outcome(path.stem, FAILED, datetime.now(UTC), "OUTCOME", "its record cannot be read"))
    return found


def _folder(settings: Settings) -> Path:
    return settings.logs / "outcomes"


def _keep(settings: Settings, step: str, state: str, code: str | None = None, text: str | None = None) -> None:
    outcome = Outcome(step, state, datetime.now(UTC), code, text)
    data = json.dumps(asdict(outcome) | {"at": outcome.at.isoformat()}, indent=1).encode()
    try:
        _folder(settings).mkdir(mode=0o700, exist_ok=True)
        write_atomically(_folder(settings) / f"{step}.json", data)
    except OSError as error:
        log.error("outcome of %s was not kept (%s)", step, type(error).__name__)

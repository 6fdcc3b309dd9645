"""The command's work: select, plan, redact landing, rebuild everything behind it, keep the fact."""

from __future__ import annotations

import logging
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

from hrtp.build import follow_decisions, today, warehouse_lock
from hrtp.contracts import load_contracts
from hrtp.drilldowns import clear_drilldowns
from hrtp.errors import HrtpError, no_values_in_errors
from hrtp.forget.inbox import still_in_inbox
from hrtp.forget.plan import (
    Plan,
    PlannedFile,
    apply,
    end,
    read_plan,
    stage,
    sweep_staged,
    tokens_of,
    verdicts_of,
    write_plan,
)
from hrtp.forget.select import landed_files, select
from hrtp.identity.decisions import Decisions
from hrtp.landing import LandedFile, Landing
from hrtp.locks import exclusive
from hrtp.marts import published_day
from hrtp.raw import RawZone
from hrtp.redaction import KnownPerson, Redacted, Suppression, redact
from hrtp.redaction.finder import clean_id
from hrtp.redaction.suppression import FOLDER
from hrtp.restore import restore
from hrtp.settings import Settings
from hrtp.sources import SourceConfig, load_sources
from hrtp.steps import step

log = logging.getLogger("hrtp.forget")
Progress = Callable[[str], None]


class ForgetFailed(HrtpError):
    """The forgetting did not come to its end; the next start brings it there."""

    code = "FORGET_FAILED"


class NotFoundError(HrtpError):
    """Nobody of this id stands in any landed file."""

    code = "NOT_FOUND"


@dataclass(frozen=True)
class ForgetResult:
    """Counts; never who. ``in_inbox`` are the partners' files in which the person still stands."""

    sources: tuple[str, ...]
    files: int
    files_removed: int
    rows: int
    in_inbox: int
    is_done: bool

    def summary(self) -> dict[str, object]:
        """For the operator and for logs."""
        return {
            "sources": list(self.sources),
            "files_redacted": self.files,
            "of_these_removed_whole": self.files_removed,
            "rows_redacted": self.rows,
            "files_still_in_inboxes": self.in_inbox,
            "is_done": self.is_done,
        }


def find(source_id: str, own_id: str, settings: Settings) -> ForgetResult:
    """What forgetting this person would touch; nothing is changed.

    Raises:
        NotFoundError: where nobody of this id stands in any landed file.
    """
    with _alone(settings), no_values_in_errors(ForgetFailed, "forget"):
        sources, contracts = _sources(source_id, settings), load_contracts(settings.project)
        follow_decisions(settings)
        selection = select(source_id, own_id, settings, sources, contracts)
        found = []
        for landed, data, source in landed_files(settings, sources):
            outcome = redact(
                data,
                landed.file_name,
                landed.entities,
                source,
                contracts,
                selection.finder(source.source),
                landed.sha256,
            )
            if outcome is not None:
                found.append(PlannedFile(source.source, landed.sha256, "", 0, outcome.rows, outcome.is_removed))
        if not found:
            raise _not_found(source_id)
        return _result(found, still_in_inbox(settings, sources, selection.finder), is_done=False)


def forget(
    source_id: str,
    own_id: str,
    settings: Settings,
    *,
    why: str,
    by: str,
    as_of: date | None = None,
    progress: Progress | None = None,
) -> ForgetResult:
    """Take a person out of every zone.

    Args:
        source_id: partner whose id of the person is given.
        own_id: that id.
        settings: the deployment.
        why: kept in the audit trail; must not say who.
        by: who decided; kept in the audit trail.
        as_of: day of the figures that are published afterwards; by default that of the published ones.
        progress: told what happens.

    Raises:
        NotFoundError: where nobody of this id stands in any landed file, nor was forgotten.
        ForgetFailed: where something went wrong; run the same command again.
    """
    say = progress or (lambda _: None)
    if not why.strip() or not by.strip():
        raise ForgetFailed("say why, and who decided: both are kept in the audit trail")
    with _alone(settings), no_values_in_errors(ForgetFailed, "forget"):
        suppression = Suppression(settings.landing)
        suppression.make()
        _finish(settings, suppression, say)
        sources = _sources(source_id, settings)
        with ExitStack() as locks:
            _lock_all(settings, locks)
            sweep_staged(suppression)
            follow_decisions(settings)
            plan = _plan(source_id, own_id, settings, suppression, why=why, by=by, as_of=as_of)
            if plan is None:
                if not suppression.has_own(source_id, clean_id(own_id) or ""):
                    raise _not_found(source_id)
                say("forget: this id was forgotten before, and stands in no landed file")
                return _result([], still_in_inbox(settings, sources, suppression.finder), is_done=True)
            write_plan(plan, suppression)
            say(f"forget: {len(plan.files)} files, {sum(f.rows for f in plan.files)} rows; redacting landing")
            apply(plan, settings, suppression)
        _rebuild(plan, settings, say)
        end(plan, suppression)
        return _result(list(plan.files), still_in_inbox(settings, sources, suppression.finder), is_done=True)


def finish(settings: Settings, progress: Progress | None = None) -> bool:
    """Bring a forgetting that was interrupted to its end; False where there is none. Cheap where there is none."""
    if not Suppression(settings.landing).plan.exists():
        return False
    with _alone(settings), no_values_in_errors(ForgetFailed, "forget"):
        return _finish(settings, Suppression(settings.landing), progress or (lambda _: None))


def _finish(settings: Settings, suppression: Suppression, say: Progress) -> bool:
    plan = read_plan(suppression)
    if plan is None:
        return False
    say("forget: bringing an interrupted forgetting to its end")
    with ExitStack() as locks:
        _lock_all(settings, locks)
        apply(plan, settings, suppression)
    _rebuild(plan, settings, say)
    end(plan, suppression)
    return True


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    settings.make_zones()
    Suppression(settings.landing).make()
    with exclusive(settings.landing / FOLDER / ".lock", "forgetting"):
        yield


def _lock_all(settings: Settings, locks: ExitStack) -> None:
    """No ingest of anybody, and no decision: what comes while we look would be looked through by nobody."""
    locks.enter_context(Decisions(settings.landing).lock())
    for path in sorted(p for p in settings.landing.iterdir() if p.is_dir() and not p.name.startswith(".")):
        locks.enter_context(Landing(settings.landing, path.name).lock())


def _sources(source_id: str, settings: Settings) -> dict[str, SourceConfig]:
    sources = load_sources(settings.project)
    if source_id not in sources:
        raise NotFoundError(f"no source {source_id!r}; there are: {', '.join(sorted(sources))}")
    strangers = {p.parent.name for p in settings.landing.glob("*/*.json") if not p.parent.name.startswith(".")} - set(
        sources
    )
    if strangers:
        raise ForgetFailed(
            f"files of {', '.join(sorted(strangers))} have landed, but sources/ does not say how to read them; put "
            "the configuration back, or the person may stand there unseen"
        )
    return sources


def _not_found(source_id: str) -> NotFoundError:
    return NotFoundError(
        f"nobody of this id stands in any landed file of {source_id}; look at the spelling: the id is the partner's own"
    )


def _result(files: list[PlannedFile], in_inbox: int, *, is_done: bool) -> ForgetResult:
    return ForgetResult(
        tuple(sorted({f.source for f in files})),
        len(files),
        sum(f.is_removed for f in files),
        sum(f.rows for f in files),
        in_inbox,
        is_done,
    )


def _plan(
    source_id: str, own_id: str, settings: Settings, suppression: Suppression, *, why: str, by: str, as_of: date | None
) -> Plan | None:
    """What is to be done, the new files laid ready; None where the person stands nowhere."""
    sources, contracts = load_sources(settings.project), load_contracts(settings.project)
    selection = select(source_id, own_id, settings, sources, contracts)
    taken = {path.stem for path in settings.landing.glob("*/*.json")}
    files: list[PlannedFile] = []
    for landed, data, source in landed_files(settings, sources):
        finder = selection.finder(source.source)

        def again(
            number: int,
            landed: LandedFile = landed,
            data: bytes = data,
            source: SourceConfig = source,
            finder: KnownPerson = finder,
        ) -> Redacted | None:
            return redact(
                data, landed.file_name, landed.entities, source, contracts, finder, landed.sha256, variant=number
            )

        planned = stage(suppression, landed, again, taken)
        if planned is not None:
            files.append(planned)
    step("forget.staged")
    if not files:
        return None
    zone = RawZone(settings, contracts)
    return Plan(
        id=uuid.uuid4().hex,
        at=datetime.now(UTC).replace(microsecond=0).isoformat(),
        by=by,
        why=why,
        as_of=as_of or published_day(settings) or settings.as_of or today(),
        tokens=tokens_of(suppression, selection.own, selection.telling_states()),
        files=tuple(files),
        verdicts=verdicts_of(zone.manifests(zone.version()), files),
        decisions=Decisions(settings.landing).naming(selection.names),
    )


def _rebuild(plan: Plan, settings: Settings, say: Progress) -> None:
    """Everything behind landing anew; nothing of the old zones stays, nor of what a killed build has left."""
    restore(settings, plan.as_of, say)
    step("forget.rebuilt")
    clear_drilldowns(settings)
    with warehouse_lock(settings):
        for left in (*settings.warehouse.glob(".candidate*"), *settings.warehouse.glob(".docs-*")):
            shutil.rmtree(left, ignore_errors=True)
        for left in settings.identity.glob("*.part"):
            left.unlink()

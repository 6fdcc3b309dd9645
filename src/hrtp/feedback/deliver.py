"""Feedback to the partner: what is new or changed, to the place that the source's YAML names."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from pathlib import Path
from typing import Any

from hrtp.errors import TransportError, no_values_in_errors
from hrtp.feedback.model import OVERVIEW
from hrtp.feedback.write import FeedbackFailed, folder_of
from hrtp.ingest import source_config
from hrtp.landing import write_atomically
from hrtp.settings import Settings
from hrtp.steps import step
from hrtp.transport import TransportConfig, open_outbox

log = logging.getLogger("hrtp.feedback")

_DELIVERED = ".delivered.json"


def deliver_feedback(source_id: str, settings: Settings) -> int:
    """Upload feedback that the partner does not have yet; gives the number of files.

    0 where the source's YAML has no ``feedback``, and where ``HRTP_EXPORTS`` stands in for the partners' own folders:
    a rehearsal is told to nobody. What was uploaded is remembered by its content, a place at a time.

    Raises:
        SourceConfigError: there is no such source.
        TransportError: the place could not be written to; what was uploaded before stays uploaded and remembered.
    """
    source = source_config(source_id, settings)
    if source.feedback is None:
        return 0
    if settings.exports is not None:
        log.warning("source=%s feedback is not delivered: HRTP_EXPORTS stands in for the partner's folder", source_id)
        return 0
    what = f"delivery of feedback of {source_id}"
    with no_values_in_errors(FeedbackFailed, what), folder_of(source_id, settings) as folder:
        return _deliver(source.feedback, settings, folder, source_id)


def _deliver(config: TransportConfig, settings: Settings, folder: Path, source_id: str) -> int:
    place = hashlib.sha256(config.model_dump_json().encode()).hexdigest()[:16]
    known = _known(folder / _DELIVERED)
    has: dict[str, str] = known.setdefault(place, {})
    waiting = []
    # the overview goes last: it never speaks of a file that is not there
    for path in (*sorted(folder.glob("[!.]*_feedback.*")), folder / OVERVIEW):
        if path.is_file():
            data = path.read_bytes()
            digest = hashlib.sha256(data).hexdigest()
            if has.get(path.name) != digest:
                waiting.append((path.name, data, digest))
    if not waiting:
        return 0
    environment = {**os.environ, "HRTP_INBOX": str(settings.inbox_root)}
    try:
        with open_outbox(config, environment, base_dir=settings.project) as outbox:
            for name, data, digest in waiting:
                outbox.put(name, data)
                step("feedback.file_uploaded")
                has[name] = digest
                write_atomically(folder / _DELIVERED, json.dumps(known, indent=1, sort_keys=True).encode())
                log.info("source=%s feedback=%s state=delivered", source_id, name)
    except TransportError as error:
        log.error("source=%s feedback not delivered reason=%s %s", source_id, error.code, error.detail)
        raise
    return len(waiting)


def _known(path: Path) -> dict[str, Any]:
    """What each place has; unreadable notes mean that everything is sent once more, over what is there."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        log.warning("%s cannot be read; all feedback is delivered again", path.name)
        return {}
    return document if isinstance(document, dict) else {}

"""What a partner still sends of people who were forgotten never reaches the landing zone."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from hrtp.contracts import load_contracts
from hrtp.landing import FileName, file_sha256
from hrtp.redaction.engine import redact
from hrtp.redaction.suppression import Suppression, replace_file
from hrtp.settings import Settings
from hrtp.sources import SourceConfig

log = logging.getLogger("hrtp.redaction")


def redact_on_arrival(path: Path, name: str, parsed: FileName, source: SourceConfig, settings: Settings) -> str | None:
    """Take everyone who was forgotten out of a download, before it is kept.

    An original that was redacted earlier is replaced by the very bytes that stand for it, so that the landing zone
    knows them and skips them as it skips any redelivery.

    Returns:
        The sha256 of the bytes as they came, where they were changed.
    """
    suppression = Suppression(settings.landing)
    if suppression.is_empty:
        return None
    digest = file_sha256(path)
    stands = suppression.successor(digest)
    if stands is not None:
        kept = settings.landing / source.source / stands
        if kept.exists():
            replace_file(path, kept.read_bytes())
            return digest
    data = path.read_bytes()
    outcome = redact(
        data, name, parsed.entities, source, load_contracts(settings.project), suppression.finder(source.source), digest
    )
    if outcome is None:
        return None
    suppression.add((), {digest: hashlib.sha256(outcome.data).hexdigest()})
    replace_file(path, outcome.data)
    log.info(
        "source=%s state=redacted rows=%d removed=%s: rows of forgotten people were blanked before the file was kept",
        source.source,
        outcome.rows,
        outcome.is_removed,
    )
    return digest

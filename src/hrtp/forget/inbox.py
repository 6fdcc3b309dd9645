"""What partners still have lying for us: counted, because it is theirs, and never touched."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from hrtp.contracts import load_contracts
from hrtp.errors import TransportError
from hrtp.landing import file_sha256, parse_file_name
from hrtp.redaction import Finder, Suppression, redact, texts_of
from hrtp.settings import Settings
from hrtp.sources import SourceConfig
from hrtp.transport import TransportConfig, open_transport


def still_in_inbox(settings: Settings, sources: Mapping[str, SourceConfig], finder_of: Callable[[str], Finder]) -> int:
    """How many files in partners' folders on this machine hold the person; servers are not asked."""
    return sum(_count(source, settings, finder_of(name)) for name, source in sources.items())


def _count(source: SourceConfig, settings: Settings, finder: Finder) -> int:
    config = source.transport
    if settings.exports is not None:
        config = TransportConfig(url=f"file:{settings.exports / source.source}")
    if not config.url.startswith("file:"):
        return 0
    contracts = load_contracts(settings.project)
    entities = tuple(name for name, contract in contracts.items() if source.kind in contract.kinds)
    replaced = Suppression(settings.landing).replaced
    found = 0
    environment = {**os.environ, "HRTP_INBOX": str(settings.inbox_root)}
    try:
        with (
            open_transport(config, environment, base_dir=settings.project) as transport,
            tempfile.TemporaryDirectory(dir=settings.landing, prefix=".looking-") as folder,
        ):
            for remote in transport.list():
                path = Path(folder) / "file"
                transport.download(remote, path)
                parsed = parse_file_name(remote.name, source, entities)
                data, digest = path.read_bytes(), file_sha256(path)
                if digest in replaced:
                    found += 1
                elif parsed is None:
                    found += any(finder.in_text(text) for text in texts_of(data))
                else:
                    found += redact(data, remote.name, parsed.entities, source, contracts, finder, digest) is not None
    except TransportError:
        pass  # a folder that is not there holds nobody
    return found

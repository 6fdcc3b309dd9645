"""A spoiled file through the whole ingest: landing, reader, gate, raw, quarantine."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pyarrow.dataset as ds

from hrtp.ingest import ingest
from hrtp.raw import Manifest, RawZone
from hrtp.settings import Settings, load_settings
from tests.properties.corpus import CONTRACTS, Seed
from tests.properties.judged import CODES, Unaccounted

AS_OF = date(2036, 1, 1)


class IngestDesk:
    """One deployment that spoiled files are delivered to, each under a day of its own: none is another's rival."""

    def __init__(self, folder: Path) -> None:
        self.exports = folder / "exports"
        self.settings: Settings = load_settings(home=folder / "home", exports=self.exports, as_of=AS_OF)
        self.zone = RawZone(self.settings, CONTRACTS)
        self._day = date(2026, 10, 1)

    def deliver(self, seed: Seed, data: bytes) -> Counter[str]:
        """Deliver and ingest; gives what became of its tables."""
        self._day += timedelta(days=1)
        folder = self.exports / seed.source.source
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        (folder / re.sub(r"\d{8}", f"{self._day:%Y%m%d}", seed.name)).write_bytes(data)
        result = ingest(seed.source, self.settings)
        if result.transport_error is not None or result.not_fetched:
            raise Unaccounted("the file was not fetched")
        for manifest in result.new:
            self._answered_for(manifest)
        return Counter(manifest.state for manifest in result.new) or Counter({"redelivered": result.redelivered})

    def _answered_for(self, manifest: Manifest) -> None:
        manifest.check()
        if manifest.state != "loaded":
            if manifest.reason not in CODES:
                raise Unaccounted(f"{manifest.state} as {manifest.reason}, which the catalogue lacks")
            return
        version = self.zone.version()
        file = ds.field("_file_sha256") == manifest.file_sha256
        files = self.zone.files(manifest.entity, version)
        loaded = ds.dataset(files).count_rows(filter=file) if files else 0
        quarantine = self.zone.quarantine_files(version)
        bad = set()
        if quarantine:
            mine = (ds.field("file_sha256") == manifest.file_sha256) & (ds.field("entity") == manifest.entity)
            rows = ds.dataset(quarantine).to_table(columns=["row_number"], filter=mine)
            bad = set(rows["row_number"].to_pylist())
        if (loaded, len(bad)) != (manifest.rows_loaded, manifest.rows_quarantined):
            raise Unaccounted("raw or quarantine holds other rows than the manifest says")

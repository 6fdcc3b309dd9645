"""One deployment, and the folders into which partners drop their files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from hrtp.ingest import IngestResult, ingest, source_config
from hrtp.raw import Manifest, RawZone
from hrtp.settings import Settings, load_settings
from tests.unit.reading_world import CONTRACTS, services

AS_OF = date(2026, 9, 30)


class Desk:
    """A home, an exports folder a source, and short words for what tests do with them."""

    def __init__(self, folder: Path) -> None:
        self.exports = folder / "exports"
        self.settings: Settings = load_settings(home=folder / "home", exports=self.exports, as_of=AS_OF)
        self.zone = RawZone(self.settings, CONTRACTS)

    def drop(self, name: str, text: str, source: str = "construction") -> None:
        path = self.exports / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def ingest(self, source: str = "construction", *, pull: bool = True) -> IngestResult:
        return ingest(source_config(source, self.settings), self.settings, pull=pull)

    def manifests(self, as_of: date = AS_OF) -> dict[str, Manifest]:
        return {m.file_name: m for m in self.zone.manifests_as_of(self.zone.version(), as_of)}

    def states(self) -> dict[str, tuple[str, str | None]]:
        return {name: (m.state, m.reason) for name, m in self.manifests().items()}

    def rows(self, entity: str = "services") -> pd.DataFrame:
        paths = self.zone.files(entity, self.zone.version())
        return pd.concat([pq.read_table(p).to_pandas() for p in paths]) if paths else pd.DataFrame()


def export(*ids: str, kind: str = "housing") -> str:
    """A services export with one plain row an id."""
    return services(*(f"{i},P1,{kind},2026-05-01,1" for i in ids))

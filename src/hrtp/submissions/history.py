"""What a partner's accepted files say of the rows that come again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hrtp.contracts import EntityContract
from hrtp.landing import LandedFile
from hrtp.raw import Manifest, RawZone
from hrtp.reading import EntityTable
from hrtp.submissions.compare import Comparison, Earlier, compare

if TYPE_CHECKING:
    from hrtp.gate import GateResult


class Submissions:
    """The accepted files of one source, as far as its history has been followed."""

    def __init__(self, zone: RawZone) -> None:
        self._zone = zone
        self._loaded: dict[str, dict[str, Manifest]] = {}

    def note(self, manifest: Manifest) -> None:
        """A file has been settled; it counts from here on where it was loaded."""
        if manifest.state == "loaded":
            self._loaded.setdefault(manifest.entity, {})[manifest.file_sha256] = manifest

    def loaded_before(self, entity: str) -> list[Manifest]:
        """The accepted files of an entity so far, oldest first by the day that they run through."""
        return sorted(self._loaded.get(entity, {}).values(), key=lambda m: (m.data_through_date, m.source_sequence))

    def compare(
        self, landed: LandedFile, table: EntityTable, contract: EntityContract, gate: GateResult, *, is_full: bool
    ) -> Comparison:
        """Compare a file that passed the gate with what came before it.

        Args:
            landed: the file; only files that run through its day or an earlier one are looked at.
            table: its rows, as read.
            contract: of the entity.
            gate: what the gate found; exact repeats are not compared twice.
            is_full: the file is a full export; only then do missing rows mean anything.
        """
        before = [m for m in self.loaded_before(table.entity) if m.data_through_date <= landed.data_through]
        return compare(table, contract, gate, self._earlier(before, table, contract), is_full=is_full)

    def _earlier(self, before: list[Manifest], table: EntityTable, contract: EntityContract) -> Earlier | None:
        if not before:
            return None
        full = next((m for m in reversed(before) if m.mode == "full"), None)
        newest = before[before.index(full) :] if full is not None else before
        rows = self._last_writing(newest, contract)
        known = set(map(tuple, rows[list(contract.key)].itertuples(index=False)))
        ids = [key for key in _keys(table.frame, contract) if key not in known]
        older = [m for m in before if m not in newest]
        checks = contract.between_submissions
        forgotten = pd.DataFrame(columns=rows.columns)
        if ids and older and checks is not None and checks.person is not None:
            # an id that had gone and comes back must still be the same person
            forgotten = self._last_writing(older, contract, only=(contract.key[0], [key[0] for key in ids]))
        of_full = rows[rows["_file_sha256"] == full.file_sha256] if full is not None else None
        return Earlier(rows=rows, forgotten=forgotten, of_full=of_full, full=full)

    def _last_writing(
        self, manifests: list[Manifest], contract: EntityContract, only: tuple[str, list[str]] | None = None
    ) -> pd.DataFrame:
        """The last accepted row of every key in these files."""
        order = {m.file_sha256: number for number, m in enumerate(manifests)}
        rows = self._zone.rows(contract.entity, manifests[0].source, sorted(order), only=only)
        rows = rows.assign(_order=rows["_file_sha256"].map(order)).sort_values(["_order", "_row_number"])
        return rows.drop_duplicates(list(contract.key), keep="last").drop(columns="_order")


def _keys(frame: pd.DataFrame, contract: EntityContract) -> set[tuple[str, ...]]:
    return set(map(tuple, frame[list(contract.key)].dropna().itertuples(index=False)))

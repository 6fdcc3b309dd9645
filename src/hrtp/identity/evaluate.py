"""How well records are linked, where the truth is known: pairwise precision and recall, and the count of persons."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hrtp.errors import HrtpError

#: Other names under which columns of a truth folder are known.
ALIASES = {
    "true_person": ("person_id", "entity_id", "cluster", "cluster_id", "true_id", "truth", "person", "entity"),
    "record_id": ("id", "rec_id", "unique_id", "participant_id"),
    "source": ("source_dataset", "partner"),
    "record_type": ("type", "kind"),
    "first_name": ("given_name", "first", "forename", "firstname"),
    "last_name": ("surname", "last", "family_name", "lastname"),
    "date_of_birth": ("dob", "birth_date", "birthdate"),
    "ssn_last4": ("ssn4", "ssn", "last4"),
    "caljobs_id": ("caljobs", "state_id", "pirl_100"),
    "email": ("e_mail", "email_address"),
    "phone": ("telephone", "phone_number"),
    "zip": ("zip_code", "zipcode", "postcode", "pirl_103"),
}
_RECORD_FILES = ("records.parquet", "records.csv")
_TRUTH_FILES = ("truth.parquet", "truth.csv", "labels.parquet", "labels.csv", "clusters.parquet", "clusters.csv")


class TruthError(HrtpError):
    """A truth folder that cannot be read."""

    reason = "TRUTH_FOLDER"


@dataclass(frozen=True)
class Quality:
    """How good a linkage is.

    Attributes:
        precision: share of the pairs found that are true.
        recall: share of the true pairs that are found, after clustering.
        persons: how many persons were found.
        true_persons: how many there are.
    """

    precision: float
    recall: float
    persons: int
    true_persons: int

    @property
    def count_error(self) -> float:
        """Found over true persons, less one."""
        return self.persons / self.true_persons - 1

    def to_json(self) -> dict[str, float]:
        """For machines."""
        return {**asdict(self), "count_error": self.count_error}


def measure(truth: pd.Series, found: np.ndarray[Any, Any]) -> Quality:
    """Compare two numberings of the same records by the pairs that they put together."""
    true, mine = pd.factorize(truth)[0].astype(np.int64), pd.factorize(found)[0].astype(np.int64)
    together = _pairs(true * (mine.max() + 1) + mine) if len(mine) else 0
    found_pairs, true_pairs = _pairs(mine), _pairs(true)
    return Quality(
        precision=together / found_pairs if found_pairs else 1.0,
        recall=together / true_pairs if true_pairs else 1.0,
        persons=int(mine.max()) + 1 if len(mine) else 0,
        true_persons=int(true.max()) + 1 if len(true) else 0,
    )


def _pairs(groups: np.ndarray[Any, Any]) -> int:
    _, counts = np.unique(groups, return_counts=True)
    return int((counts * (counts - 1) // 2).sum())


def read_truth(folder: Path) -> pd.DataFrame:
    """The records of a truth folder, in the matcher's order.

    ``records.parquet`` or ``records.csv`` (all text) with the input columns and ``true_person``; where that column is
    not there, ``truth.csv`` (or parquet) with ``record_id`` and ``true_person``. See ``ALIASES`` for other names.

    Raises:
        TruthError: where a file or column is missing; says which.
    """
    records = _renamed(_first_of(folder, _RECORD_FILES))
    if "true_person" not in records:
        try:
            truth = _renamed(_first_of(folder, _TRUTH_FILES))
        except TruthError:
            truth = pd.DataFrame()
        if not {"record_id", "true_person"} <= set(truth) or "record_id" not in records:
            names = ", ".join(("true_person", *ALIASES["true_person"]))
            raise TruthError(f"{folder} has no column that tells whose record it is; name one of: {names}")
        records = records.merge(truth[["record_id", "true_person"]], on="record_id", how="left", validate="m:1")
    if records["true_person"].isna().any():
        raise TruthError(f"{folder} holds records of which true_person is not known; fill it in or take them out")
    for name, default in (("source", "truth"), ("record_type", "participant")):
        if name not in records:
            records[name] = default
    if "record_id" not in records:
        records["record_id"] = [f"{number:09d}" for number in range(len(records))]
    return records.sort_values(["source", "record_type", "record_id"], kind="stable").reset_index(drop=True)


def _first_of(folder: Path, names: tuple[str, ...]) -> pd.DataFrame:
    for name in names:
        path = folder / name
        if path.exists():
            if path.suffix == ".csv":
                return pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""])
            frame = pd.read_parquet(path)
            other = [c for c in frame.columns if not pd.api.types.is_string_dtype(frame[c])]
            return frame.assign(**{c: frame[c].map(str).where(frame[c].notna()).astype("str") for c in other})
    raise TruthError(f"{folder} has none of {', '.join(names)}")


def _renamed(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.rename(columns={c: str(c).strip().casefold().replace(" ", "_") for c in frame.columns})
    for name, others in ALIASES.items():
        if name not in frame:
            alias = next((other for other in others if other in frame), None)
            if alias is not None:
                frame = frame.rename(columns={alias: name})
    return frame

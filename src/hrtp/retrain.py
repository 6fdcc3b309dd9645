"""A candidate for the linkage model, with the report that a person reads before adopting it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from hrtp.build import raw_views
from hrtp.errors import SettingsError
from hrtp.identity.evaluate import measure
from hrtp.identity.linkage import Linkage, Model, link, load_model
from hrtp.identity.linkage.model import read_config
from hrtp.identity.linkage.report import Report, render
from hrtp.identity.linkage.train import train
from hrtp.identity.resolve import read_records
from hrtp.identity.truth import make_truth
from hrtp.landing import write_atomically
from hrtp.settings import Settings

CANDIDATE, REPORT = "model.candidate.json", "model.candidate.html"
#: The thresholds are judged on invented people whom training did not see: another seed, and enough of them.
_HOLD_OUT_RECORDS, _HOLD_OUT_SEED = 20_000, 1_000_003
_THRESHOLDS = (-9.0, -6.0, -3.0, 0.0, 3.0, 6.0, 9.0, 12.0, 18.0, 24.0)
#: With fewer, what is learned is chance.
_FEWEST_RECORDS = 2_000


@dataclass(frozen=True)
class Retrained:
    """Where the candidate and its report lie."""

    candidate: Path
    report: Path
    records: int

    def summary(self) -> dict[str, object]:
        """For the command line."""
        return {"candidate": str(self.candidate), "report": str(self.report), "records": self.records}


def retrain(settings: Settings, *, seed: int, synthetic: int = 0, progress: Callable[[str], None]) -> Retrained:
    """Train on the records at hand, or on ``synthetic`` invented ones, and write candidate and report (mode 0600).

    Raises:
        SettingsError: where there are too few records at hand to learn from.
    """
    settings.make_zones()
    config = read_config(settings.project)
    at_hand = _records_at_hand(settings)
    if not synthetic and len(at_hand) < _FEWEST_RECORDS:
        raise SettingsError(
            f"{len(at_hand)} records at hand are too few to learn from (at least {_FEWEST_RECORDS:,}); train on "
            "invented ones: hrtp identity train --synthetic 200000"
        )
    records = make_truth(synthetic, seed) if synthetic else at_hand
    what = f"{len(records):,} invented records, seed {seed}" if synthetic else f"{len(records):,} records at hand"
    progress(f"training on {what}")
    trained = train(records, config, seed=seed, trained_on=what)
    candidate = Model(trained=trained, config=config)
    progress("measuring on invented people whom training did not see")
    truth = make_truth(_HOLD_OUT_RECORDS, _HOLD_OUT_SEED + seed)
    curve = [(t, measure(truth["true_person"], link(truth, _at(candidate, t)).person)) for t in _THRESHOLDS]
    counts = [("candidate", _counts(link(at_hand, candidate)))] if len(at_hand) else []
    if counts:
        try:
            counts.insert(0, ("in force", _counts(link(at_hand, load_model(settings.project)))))
        except SettingsError:
            progress("no model is in force yet: the report has no counts before")
    paths = settings.identity / CANDIDATE, settings.identity / REPORT
    document = json.dumps(trained.model_dump(), indent=1, ensure_ascii=False) + "\n"
    write_atomically(paths[0], document.encode(), 0o600)
    write_atomically(paths[1], render(Report(candidate, curve, counts)).encode(), 0o600)
    progress(f"read {paths[1]}; to adopt: cp {paths[0]} {settings.project / 'identity' / 'model.json'}, and commit it")
    return Retrained(*paths, records=len(records))


def _records_at_hand(settings: Settings) -> pd.DataFrame:
    with raw_views(settings, date.max) as connection:
        return read_records(connection, date.max)


def _at(model: Model, merge: float) -> Model:
    thresholds = model.config.thresholds.model_copy(
        update={"merge": merge, "review": min(merge, model.config.thresholds.review)}
    )
    return model.model_copy(update={"config": model.config.model_copy(update={"thresholds": thresholds})})


def _counts(linkage: Linkage) -> dict[str, int]:
    """Persons by every way of counting, and pairs by band."""
    names = ("deterministic", "probabilistic", "if_none_merged", "if_all_merged")
    persons = {f"persons, {name.replace('_', ' ')}": len(set(getattr(linkage, name).tolist())) for name in names}
    bands = linkage.pairs["band"].value_counts()
    return persons | {f"pairs, {band}": int(bands.get(band, 0)) for band in ("merge", "review", "apart")}

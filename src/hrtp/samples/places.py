"""Where sample people live: tracts and ZIP codes of the project's own seeds, by what they say of a person."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from hrtp.samples.errors import SamplesError

#: Tiers of the vulnerability index that the charter calls Moderate-Highest.
PRIORITY_TIERS = frozenset({"moderate", "high", "highest"})
#: A tract that no list knows.
UNLISTED_TRACT = "06037999999"
#: A ZIP code outside the County (it loads, with a warning).
OUTSIDE_ZIP = "92801"


@dataclass(frozen=True)
class Places:
    """Tracts with a ZIP code each, as (tract, ZIP), and ZIP codes that speak for themselves or do not.

    ``vulnerable``: Moderate-Highest tier. ``disadvantaged``: lower tier, but concentrated disadvantage. ``neither``.
    ``priority_zips``: every tract of it is priority. ``ambiguous_zips``: its tracts disagree.
    """

    vulnerable: tuple[tuple[str, str], ...]
    disadvantaged: tuple[tuple[str, str], ...]
    neither: tuple[tuple[str, str], ...]
    priority_zips: tuple[str, ...]
    ambiguous_zips: tuple[str, ...]


def load_places(project: Path) -> Places:
    """Read ``seeds/tract_priority.csv`` and ``seeds/zip_tract.csv``.

    Raises:
        SamplesError: the seeds lack a kind of place that the samples need.
    """
    with (project / "seeds" / "tract_priority.csv").open(encoding="utf-8", newline="") as file:
        tracts = {row["tract_geoid"]: row for row in csv.DictReader(file)}
    zips: dict[str, set[str]] = defaultdict(set)
    with (project / "seeds" / "zip_tract.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            zips[row["zip"]].add(row["tract_geoid"])
    zip_of = {tract: code for code in sorted(zips, reverse=True) for tract in zips[code]}

    def is_priority(tract: str) -> bool:
        row = tracts.get(tract)
        return row is not None and (row["cvri_tier"] in PRIORITY_TIERS or row["concentrated_disadvantage"] == "Y")

    listed = [tract for tract in sorted(tracts) if tract in zip_of]
    tier = {tract: tracts[tract]["cvri_tier"] in PRIORITY_TIERS for tract in listed}
    says = {code: {is_priority(tract) for tract in members} for code, members in sorted(zips.items())}
    places = Places(
        vulnerable=tuple((t, zip_of[t]) for t in listed if tier[t]),
        disadvantaged=tuple((t, zip_of[t]) for t in listed if not tier[t] and is_priority(t)),
        neither=tuple((t, zip_of[t]) for t in listed if not is_priority(t)),
        priority_zips=tuple(code for code, said in says.items() if said == {True}),
        ambiguous_zips=tuple(code for code, said in says.items() if len(said) == 2),
    )
    for kind, members in vars(places).items():
        if not members:
            raise SamplesError(f"seeds/tract_priority.csv and seeds/zip_tract.csv hold no {kind}; samples need some")
    return places

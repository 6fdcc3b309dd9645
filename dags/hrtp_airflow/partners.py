"""Partners at parse time: read from ``sources/*.yml``, and nothing else is touched."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from airflow.sdk import Asset
from airflow.sdk.configuration import conf

from hrtp.errors import SourceConfigError
from hrtp.process import keep_private
from hrtp.settings import Settings, load_settings
from hrtp.sources import SourceConfig, load_source

#: Prefix of the DAG of a source: ``ingest_<source>``.
INGEST = "ingest_"

#: Where Airflow's web server shows the docs (``orchestration/plugins/manual.py``).
MANUAL = "/manual"

#: The checkout that these DAG files are part of.
CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class BrokenSource:
    """A source whose YAML cannot be used; its DAG says why, and the other sources are untouched."""

    source: str
    problem: str


def project_settings() -> Settings:
    """The settings, with the checkout of these DAG files as project unless ``HRTP_PROJECT`` says otherwise."""
    keep_private()  # what a task writes is this user's alone, whatever the service that started it allows
    return load_settings(project=None if os.environ.get("HRTP_PROJECT") else CHECKOUT)


def source_files(project: Path) -> dict[str, Path]:
    """Source id -> its YAML, in the order of the ids."""
    return {path.stem: path for path in sorted((project / "sources").glob("*.yml"))}


def read_partner(path: Path) -> SourceConfig | BrokenSource:
    """One partner; a YAML that is wrong becomes a `BrokenSource`, so that one typo does not stop nine DAGs."""
    try:
        return load_source(path)
    except SourceConfigError as error:
        return BrokenSource(path.stem, str(error))


def raw_asset(partner: SourceConfig | BrokenSource) -> Asset:
    """The asset that an ingest emits and the warehouse waits for: the raw zone's share of one source.

    The name is for people and follows the YAML; URI and group stay.
    """
    uri, group = f"hrtp://raw/{partner.source}", "hrtp_raw"
    if isinstance(partner, BrokenSource):
        return Asset(name=f"{partner.source}: data loaded", uri=uri, group=group)
    known = {
        "owner": partner.owner.name,
        "kind": partner.kind,
        **({"sector": partner.sector} if partner.sector else {}),
    }
    return Asset(name=f"{partner.name}: data loaded", uri=uri, group=group, extra=known)


def marts_asset() -> Asset:
    """The asset that a publish emits; whatever reads the marts can be scheduled on it."""
    return Asset(name="HRTP figures: published", uri="hrtp://published/marts", group="hrtp_published")


def decisions_asset() -> Asset:
    """The asset that an operator's word on a held file emits: raw has changed outside the night, so build again.

    Not the source's own `raw_asset`: that one says "this source is in for tonight", and a word at noon would make the
    next night's warehouse start before the source has come.
    """
    return Asset(name="Held files: a person has decided", uri="hrtp://raw/decisions", group="hrtp_raw")


def runbook(page: str) -> str:
    """Address of a page of the runbooks: Airflow's own web server shows them, or ``HRTP_RUNBOOKS_URL`` says who does.

    A path, as the browser is on that server already; with the server's own path where it stands behind one.
    """
    prefix = urlsplit(conf.get("api", "base_url", fallback="")).path.rstrip("/")
    shown = os.environ.get("HRTP_RUNBOOKS_URL") or f"{prefix}{MANUAL}/runbooks"
    return f"{shown.rstrip('/')}/{page}"

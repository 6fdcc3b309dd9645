"""A small deployment for a fault, and a bystander: another partner whose nights must not feel it.

A home is prepared once a process and copied for every test: ``BYSTANDER`` has delivered one good night (with one bad
row and one duplicate, so that there is a quarantine to compare), ``FAULTY`` one good export of services and of
participants: the last good data. The fixture ``world`` calls ``close`` after every test.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from hrtp.alerts import collect
from hrtp.contracts import load_contracts
from hrtp.errors import IngestFailed
from hrtp.ingest import IngestResult, ingest, source_config
from hrtp.outcomes import ingest_of, recorded
from hrtp.raw import Manifest, RawZone
from hrtp.settings import Settings, load_settings
from hrtp.sources import SourceConfig
from tests.faults.bad_bytes.rows import CANARY, participants_csv, service, services_csv

PROJECT = Path(__file__).resolve().parents[2]
CONTRACTS = load_contracts(PROJECT)
AS_OF = date(2026, 9, 30)
BYSTANDER = "healthcare"
FAULTY = "construction"
LAST_GOOD = "services_20260901.csv"
#: Rows of the last good exports of services and participants.
LAST_GOOD_ROWS = 6
#: The night after the fault: the bystander's next delivery.
_NEXT_NIGHT = "services_20260930.csv"


def bystander_services(*extra: str) -> str:
    """The bystander's export: 40 services, one of them bad, one twice."""
    return services_csv(service(141, service_type="zqyacht"), service(101), *extra, first=101, count=40)


@dataclass(frozen=True)
class Standing:
    """All that the warehouse holds of one source. ``received_at`` is apart: it differs from run to run."""

    manifests: tuple[str, ...]
    received: tuple[str, ...]
    rows: tuple[str, ...]
    quarantine: tuple[str, ...]
    parquet: tuple[str, ...]
    landed: tuple[str, ...]

    def timeless(self) -> tuple[tuple[str, ...], ...]:
        """What must be the same whenever it ran."""
        return self.manifests, self.rows, self.quarantine, self.landed


@dataclass
class World:
    """One deployment, and the folders into which partners drop their files."""

    folder: Path
    prepared: Standing
    expected_after: Standing
    caplog: Any
    delivered: dict[tuple[str, str], bool] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    checks: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.exports = self.folder / "exports"
        self.settings: Settings = load_settings(home=self.folder / "home", exports=self.exports, as_of=AS_OF)
        #: The same deployment with the transports that the sources' YAML names.
        self.online: Settings = load_settings(home=self.folder / "home", as_of=AS_OF)
        self.zone = RawZone(self.settings, CONTRACTS)

    # ---- the partner's side

    def drop(self, name: str, content: str | bytes, source: str = FAULTY, *, landed: bool = True) -> Path:
        """Deliver a file. ``landed=False`` says that its bytes must not reach landing (a link, half an upload)."""
        data = content.encode() if isinstance(content, str) else content
        path = self.exports / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(data)
        path.chmod(0o640)
        self.deliver(data, source, landed=landed)
        return path

    def deliver(self, data: bytes, source: str = FAULTY, *, landed: bool = True) -> None:
        """Note bytes that came by another way than the exports folder."""
        self.delivered[source, hashlib.sha256(data).hexdigest()] = landed

    def withdraw(self, name: str, source: str = FAULTY) -> None:
        """The partner takes a file away again."""
        (self.exports / source / name).unlink()

    def secret(self, *texts: str) -> None:
        """Further words that no log, error or page may hold."""
        self.secrets.update(texts)

    # ---- our side

    def ingest(self, source: str = FAULTY, settings: Settings | None = None, **changes: Any) -> IngestResult:
        """Bring in what lies there; ``changes`` are fields of the source's YAML. What it says is kept for ``close``."""
        settings = settings or self.settings
        results: list[IngestResult] = []
        with suppress(IngestFailed), recorded(settings, ingest_of(source)):
            results.append(ingest(self.config(source, **changes), settings, self.said.append))
            try:
                results[0].raise_for_failure()
            except IngestFailed as failure:
                self.said.append(str(failure))
                raise
        self.said.append(json.dumps(results[0].summary()))
        return results[0]

    def ingest_from(self, url: str, options: dict[str, Any] | None = None, source: str = FAULTY) -> IngestResult:
        """As ``ingest``, by a transport of its own; secrets are ``${NAME}`` of the environment."""
        transport = {"url": url, "options": {"backoff_seconds": 0, "timeout_seconds": 20} | (options or {})}
        return self.ingest(source, self.online, transport=transport)

    def config(self, source: str = FAULTY, **changes: Any) -> SourceConfig:
        """A source's configuration with some fields changed."""
        config = _config(source)
        return SourceConfig.model_validate(config.model_dump() | changes) if changes else config

    # ---- what came of it

    def manifests(self, source: str = FAULTY, entity: str | None = None) -> list[Manifest]:
        """The last word on every file of a source, in the order of arrival."""
        found = [
            m
            for m in self.zone.manifests_as_of(self.zone.version(), AS_OF)
            if m.source == source and entity in (None, m.entity)
        ]
        return sorted(found, key=lambda m: (m.data_through_date, m.source_sequence, m.entity))

    def manifest(self, name: str, source: str = FAULTY, entity: str | None = None) -> Manifest:
        """The last word on one file (of one entity, where it holds several)."""
        (found,) = [m for m in self.manifests(source, entity) if m.file_name == name]
        return found

    def outcome(self, name: str, source: str = FAULTY) -> tuple[str, str | None]:
        """State and reason of one file."""
        manifest = self.manifest(name, source)
        return manifest.state, manifest.reason

    def counts(self, name: str, source: str = FAULTY) -> tuple[int, int, int, int, int]:
        """Rows in, loaded, quarantined, duplicate and blank of one file."""
        m = self.manifest(name, source)
        return m.rows_in, m.rows_loaded, m.rows_quarantined, m.rows_duplicate, m.rows_blank

    def rows(self, entity: str = "services", source: str = FAULTY, name: str | None = None) -> pd.DataFrame:
        """Raw rows of a source, of one file or of all, by file and row number."""
        paths = self._files(entity)
        empty = pd.DataFrame(columns=[*CONTRACTS[entity].columns, "_source", "_file_sha256", "_row_number"])
        frame = pd.concat([pq.read_table(p).to_pandas() for p in paths]) if paths else empty
        frame = frame[frame["_source"] == source]
        if name is not None:
            shas = {m.file_sha256 for m in self.manifests(source) if m.file_name == name}
            frame = frame[frame["_file_sha256"].isin(shas)]
        return frame.sort_values(["_file_sha256", "_row_number"]).reset_index(drop=True)

    def _files(self, entity: str) -> list[str]:
        return sorted(self.zone.table(entity).file_uris())

    def quarantine(self, source: str = FAULTY) -> pd.DataFrame:
        """Quarantine of a source, as it is stored."""
        paths = self.zone.quarantine_table().file_uris()
        frame = pd.concat([pq.read_table(p).to_pandas() for p in paths])
        frame = frame[frame["source"] == source]
        return frame.sort_values(["entity", "file_sha256", "row_number", "rule_id"]).reset_index(drop=True)

    def quarantined(self, source: str = FAULTY) -> list[tuple[int, str, str | None]]:
        """(row number, rule id, column) of every finding; the faulty source had none before."""
        frame = self.quarantine(source)[["row_number", "rule_id", "column_name"]]
        return [(int(n), str(rule), None if column is None or column != column else str(column))
                for n, rule, column in frame.values.tolist()]  # fmt: skip

    def warnings(self, name: str, source: str = FAULTY) -> dict[str, int]:
        """``CODE:column`` and how often, of one file."""
        return self.manifest(name, source).warnings

    def last_good_stands(self, entity: str = "services") -> bool:
        """Whether the newest accepted data of an entity of ``FAULTY`` are still those from before the fault."""
        loaded = [m for m in self.manifests(entity=entity) if m.state == "loaded"]
        return (
            [m.file_name for m in loaded] == [f"{entity}_20260901.csv"]
            and loaded[0].rows_loaded == LAST_GOOD_ROWS
            and len(self.rows(entity)) == LAST_GOOD_ROWS
        )

    def alerts(self, source: str = FAULTY) -> dict[str, str]:
        """Code and text of what a person is told of a source tonight."""
        found = {alert.code: alert.text for alert in collect(self.settings) if alert.source == source}
        self.said += found.values()
        return found

    def standing(self, source: str) -> Standing:
        """All that the warehouse holds of a source, to be compared."""
        manifests = self.zone.manifests(self.zone.version())
        own = [asdict(m) | {"received_at": None} for m in manifests if m.source == source]
        frames = [self.rows(entity, source) for entity, c in CONTRACTS.items() if self.config(source).kind in c.kinds]
        rows = [json.dumps(row, default=str) for frame in frames for row in frame.to_dict("records")]
        parquet = [
            f"{path.relative_to(self.settings.home)} {hashlib.sha256(path.read_bytes()).hexdigest()}"
            for path in [*self.settings.raw.rglob("*.parquet"), *self.settings.quarantine.rglob("*.parquet")]
            if self._is_of(path, source)
        ]
        landed = [p.name for p in (self.settings.landing / source).iterdir() if len(p.name) == 64]
        return Standing(
            manifests=tuple(json.dumps(m, default=str, sort_keys=True) for m in own),
            received=tuple(m.received_at.isoformat() for m in manifests if m.source == source),
            rows=tuple(rows),
            quarantine=tuple(json.dumps(r, default=str) for r in self.quarantine(source).to_dict("records")),
            parquet=tuple(sorted(parquet)),
            landed=tuple(sorted(landed)),
        )

    @staticmethod
    def _is_of(path: Path, source: str) -> bool:
        table = pq.read_table(path)
        return source in set(table.column("_source" if "_source" in table.column_names else "source").to_pylist())

    def next_night(self) -> IngestResult:
        """The bystander's delivery of the night after."""
        self.drop(_NEXT_NIGHT, bystander_services(service(142)), BYSTANDER)
        return self.ingest(BYSTANDER)

    # ---- what holds in every case

    def close(self) -> None:
        """Assert what holds whatever went wrong; each check counts what it looked at, and none may find nothing."""
        self.check_bystander()
        self.check_landing()
        self.check_reconciled()
        self.check_nothing_leaked()

    def check_bystander(self) -> None:
        """The other source is untouched, and its next night is what it would have been without the fault."""
        if "bystander" not in self.checks:
            now = self.standing(BYSTANDER)
            assert now == self.prepared, "the fault changed another source"
            assert self.next_night().state == "ok", "the fault stopped another source"
        after = self.standing(BYSTANDER)
        assert after.timeless() == self.expected_after.timeless(), "the fault changed another source's next night"
        assert set(self.prepared.parquet) <= set(after.parquet), "bytes of another source were rewritten"
        self.checks["bystander"] = min(len(after.manifests), len(after.rows), len(after.quarantine))
        assert self.checks["bystander"] > 0

    def check_landing(self) -> None:
        """The bytes that were delivered lie in landing, unchanged; what could not be fetched does not."""
        for (source, sha256), is_landed in self.delivered.items():
            path = self.settings.landing / source / sha256
            assert path.exists() == is_landed, f"delivered bytes of {source}: landed is {not is_landed}"
            if is_landed:
                assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256
        self.checks["landing"] = len(self.delivered)
        assert self.checks["landing"] > 0

    def check_reconciled(self) -> None:
        """Every loaded file's rows are where its manifest says, and no other file has any."""
        manifests = self.zone.manifests(self.zone.version())
        quarantine = pd.concat([self.quarantine(source) for source in sorted({m.source for m in manifests})])
        held_back = quarantine.groupby(["source", "entity", "file_sha256", "transaction_id"])["row_number"].nunique()
        raw: dict[tuple[str, str, str], int] = {}
        for entity in sorted({m.entity for m in manifests}):
            for path in self._files(entity):
                rows = pq.read_table(path, columns=["_source", "_file_sha256"]).to_pandas()
                for (source, sha256), n in rows.value_counts().items():
                    raw[source, entity, sha256] = raw.get((source, entity, sha256), 0) + int(n)
        n_loaded = 0
        for m in manifests:
            found = raw.pop((m.source, m.entity, m.file_sha256), 0)
            if m.state == "loaded":
                n_loaded += 1
                m.check()
                assert found == m.rows_loaded
                key = (m.source, m.entity, m.file_sha256, m.transaction_id)
                assert int(held_back.get(key, 0)) == m.rows_quarantined
            else:
                assert found == 0, f"rows of a file that is {m.state}"
        assert raw == {}, "rows of a file without a manifest"
        self.checks["reconciled"] = n_loaded
        assert n_loaded > 0

    def check_nothing_leaked(self) -> None:
        """No value of a row in logs, errors, manifests, quarantine or Data Docs."""
        texts = {"log": self.caplog.text, "said": "\n".join(self.said)}
        texts["manifests"] = "\n".join(m.to_json() for m in self.zone.manifests(self.zone.version()))
        texts["quarantine"] = "\n".join(self.quarantine(source).to_csv() for source in (BYSTANDER, FAULTY))
        for folder in (self.settings.data_docs, self.settings.logs):
            texts |= {str(path): path.read_text(errors="ignore") for path in folder.rglob("*") if _is_text(path)}
        for place, text in texts.items():
            assert CANARY.search(text) is None, f"a value of a row leaked: {place}"
            assert not any(secret in text for secret in self.secrets), f"a secret of the test leaked: {place}"
        self.checks["leaks"] = sum(len(text) for text in texts.values())
        assert self.checks["leaks"] > 0


def audited(folder: Path, delivered: dict[tuple[str, str], bool], logged: str) -> World:
    """A deployment that another fixture made and ran, for those checks of ``World`` that need no fault of its own."""
    nothing = Standing((), (), (), (), (), ())
    return World(folder, nothing, nothing, SimpleNamespace(text=logged), delivered)


def _is_text(path: Path) -> bool:
    """Not the pictures and fonts that Data Docs bring along: in those, chance writes anything."""
    return path.is_file() and path.suffix not in {".gif", ".png", ".jpg", ".ico", ".woff", ".woff2", ".ttf", ".eot"}


def prepare(folder: Path, caplog: Any = None) -> World:
    """A home in which the bystander and the faulty source have had one good night each."""
    blank = Standing((), (), (), (), (), ())
    world = World(folder, blank, blank, caplog)
    world.drop("services_20260901.csv", bystander_services(), BYSTANDER)
    world.drop("participants_20260901.csv", participants_csv(first=101, count=8), BYSTANDER)
    world.drop("services_20260901.csv", services_csv())
    world.drop("participants_20260901.csv", participants_csv())
    for source in (BYSTANDER, FAULTY):
        assert world.ingest(source).state == "ok"
    # the delivered files stay in landing only: every test's own inbox begins empty
    shutil.rmtree(world.exports)
    world.exports.mkdir()
    (world.exports / BYSTANDER).mkdir()
    (world.exports / FAULTY).mkdir()
    return world


@cache
def _config(source: str) -> SourceConfig:
    return source_config(source, load_settings())


def quiet_libraries() -> None:
    """Libraries that log every byte they send say nothing about us."""
    for name in ("botocore", "boto3", "urllib3", "asyncio", "s3transfer", "fsspec", "aiobotocore", "werkzeug", "moto"):
        logging.getLogger(name).setLevel(logging.INFO)

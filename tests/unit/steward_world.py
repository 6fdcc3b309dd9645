"""A deployment whose identity is matched without a warehouse, and pairs as a model would leave them for a steward."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from typer.testing import CliRunner

from hrtp.build import _first_days, raw_views
from hrtp.cli import app
from hrtp.contracts import load_contracts
from hrtp.identity import load_person_key, resolve
from hrtp.identity.decision import RecordId
from hrtp.identity.files import PAIRS
from hrtp.raw import RawZone
from hrtp.settings import Settings, load_settings
from hrtp.stewardship.desk import Desk as StewardsDesk
from hrtp.stewardship.desk import open_desk
from tests.unit.desk import AS_OF, Desk

KEY = "s" * 64
HEADER = "participant_id,first_name,last_name,date_of_birth,ssn_last4,caljobs_id,email,phone,zip"
#: Participant, first name, last name, born, last four, state id. M1 and M2 are two to the model, and tests call them
#: unsure; T1 and T2 are twins who share a state id by a clerk's mistake; M3 is somebody else.
CONSTRUCTION = (
    "M1,Marisol,Quintero,1990-02-11,4321,",
    "T1,Ines,Okafor,2001-07-30,5511,CJ7001",
    "M3,Desmond,Abara,1985-12-01,7766,",
)
HEALTHCARE = (
    "M2,Mary,Quintero-Vale,1991-05-19,8734,",
    "T2,Ida,Okafor,2001-07-30,5512,CJ7001",
)


class StewardWorld:
    """A home with two partners' people."""

    def __init__(self, folder: Path, sound: Path | None = None) -> None:
        """``sound`` is the folder of a world that is copied; without one the partners deliver, which takes seconds."""
        if sound is not None:
            shutil.copytree(sound, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".lock"))
        self.desk = Desk(folder)
        self.settings = load_settings(home=folder / "home", exports=self.desk.exports, as_of=AS_OF, person_key=KEY)
        self.desk.settings = self.settings
        if sound is None:
            self.people("construction", "20260831", CONSTRUCTION)
            self.people("healthcare", "20260831", HEALTHCARE)
            self.match()

    def people(self, source: str, day: str, rows: Sequence[str]) -> None:
        """A partner's participants of a day, taken in."""
        lines = [HEADER, *(row + "," * (HEADER.count(",") - row.count(",")) for row in rows)]
        self.desk.drop(f"participants_{day}.csv", "\n".join(lines) + "\n", source)
        assert [m.state for m in self.desk.ingest(source).new] == ["loaded"]

    def match(self, as_of: date = AS_OF) -> dict[str, str]:
        """Identity anew; keys by the partner's id."""
        match(self.settings, as_of)
        return {
            record.record_id: key for record, key in self.open().keys.items() if record.record_type == "participant"
        }

    def open(self) -> StewardsDesk:
        return open_desk(self.settings)

    def run(self, *arguments: str) -> Any:
        """The command line as a script would use it."""
        environment = {
            "HRTP_HOME": str(self.settings.home),
            "HRTP_PERSON_KEY": KEY,
            "HRTP_PROJECT": str(self.settings.project),
        }
        return CliRunner().invoke(app, ["identity", *arguments], env=environment)


def match(settings: Settings, as_of: date) -> None:
    """What a build does before dbt."""
    zone = RawZone(settings, load_contracts(settings.project))
    with raw_views(settings, as_of) as connection:
        first_days = _first_days(zone, zone.version())
        resolve(connection, load_person_key(settings), settings, as_of=as_of, first_days=first_days)


def participant(source: str, own: str) -> RecordId:
    return RecordId(source, "participant", own)


def unsure(settings: Settings, one: RecordId, other: RecordId, probability: float = 0.7, **more: object) -> None:
    """Leave a pair for the steward, as a model would."""
    left, right = sorted((one, other))
    row = dict.fromkeys(PAIRS.names) | {
        **dict(zip(PAIRS.names[:6], (*left, *right), strict=True)),
        "band": "review",
        "rule": "model",
        "match_weight": probability * 10,
        "match_probability": probability,
        "reasons": "SAME_BIRTH_DATE|SAME_SSN_LAST4|NICKNAME",
        "since": date(2026, 8, 31),
    }
    path = settings.identity / "pairs.parquet"
    table = pa.concat_tables([pq.read_table(path), pa.Table.from_pylist([row | more], schema=PAIRS)])
    pq.write_table(table, path)

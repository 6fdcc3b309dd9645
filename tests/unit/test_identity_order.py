"""Keys do not depend on the order in which records come, nor on who comes later; copies of a record are nobody new."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from hrtp.identity.truth import make_truth
from hrtp.settings import Settings, load_settings
from tests.unit.desk import AS_OF, Desk
from tests.unit.steward_world import KEY, match

COLUMNS = (
    "participant_id", "first_name", "last_name", "date_of_birth", "ssn_last4", "caljobs_id", "email", "phone", "zip",
)  # fmt: skip
SOURCES = ("aerospace", "construction", "healthcare")
FILES = ("record_keys.parquet", "pairs.parquet", "key_changes.parquet")


def people(count: int, seed: int) -> dict[str, pd.DataFrame]:
    """Records with names of invented people, dealt out to three partners; some people are known to several."""
    truth = make_truth(count, seed)
    named = truth[truth["record_type"] == "participant"].reset_index(drop=True)
    named = named.assign(participant_id=[f"P{n:04d}" for n in range(len(named))])
    return {source: named.iloc[n::3] for n, source in enumerate(SOURCES)}


def written(rows: pd.DataFrame) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in rows.astype(object).where(rows.notna(), "").to_dict("records"):
        writer.writerow({str(name): value for name, value in row.items()})
    return text.getvalue()


class Home:
    """Partners deliver, and identity matches."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(folder)
        self.settings: Settings = load_settings(
            home=folder / "home", exports=self.desk.exports, as_of=AS_OF, person_key=KEY
        )
        self.desk.settings = self.settings

    def take_in(self, source: str, rows: pd.DataFrame, day: str = "20260831") -> None:
        self.desk.drop(f"participants_{day}.csv", written(rows), source)
        assert [m.state for m in self.desk.ingest(source).new] == ["loaded"]

    def files(self) -> dict[str, bytes]:
        match(self.settings, AS_OF)
        return {name: (self.settings.identity / name).read_bytes() for name in FILES}

    def keys(self) -> dict[tuple[str, str], str]:
        match(self.settings, AS_OF)
        rows = pq.read_table(self.settings.identity / "record_keys.parquet").to_pylist()
        return {(row["source"], row["record_id"]): row["person_key"] for row in rows}


def test_two_nights_with_shuffled_files_and_rows_give_the_same_keys_byte_for_byte(tmp_path: Path) -> None:
    dealt = people(900, 4242)
    first, second = Home(tmp_path / "first"), Home(tmp_path / "second")
    for source in SOURCES:
        first.take_in(source, dealt[source])
    for source in reversed(SOURCES):
        second.take_in(source, dealt[source].sample(frac=1, random_state=7))
    before, after = first.files(), second.files()
    assert len(set(first.keys().values())) < len(first.keys())
    assert {name for name in FILES if before[name] != after[name]} == set()


def test_a_record_that_joins_changes_no_other_key(tmp_path: Path) -> None:
    dealt = people(600, 777)
    home = Home(tmp_path)
    for source in SOURCES:
        home.take_in(source, dealt[source])
    before = home.keys()
    known = dealt["construction"].iloc[3]
    newcomers = pd.DataFrame([known, known]).assign(participant_id=["N1", "N2"])
    newcomers.iloc[1, list(newcomers.columns).index("first_name")] = "Zebulonia"
    newcomers.iloc[1, list(newcomers.columns).index("date_of_birth")] = "1971-07-13"
    for column in ("ssn_last4", "caljobs_id", "email", "phone"):
        newcomers.iloc[1, list(newcomers.columns).index(column)] = None
    home.take_in("healthcare", pd.concat([dealt["healthcare"], newcomers]), "20260930")
    after = home.keys()
    assert {record for record in before if after[record] != before[record]} == set()
    assert after["healthcare", "N1"] == before["construction", known["participant_id"]]
    assert after["healthcare", "N2"] not in before.values()


def test_exact_copies_under_other_ids_count_as_often_as_there_are_people(tmp_path: Path) -> None:
    truth = people(900, 99)["construction"].drop_duplicates("true_person")
    one = truth[truth["ssn_last4"].notna()].drop_duplicates(["last_name", "date_of_birth"]).reset_index(drop=True)
    home = Home(tmp_path)
    for number, source in enumerate(SOURCES):
        home.take_in(source, one.assign(participant_id=[f"{number}-{n}" for n in range(len(one))]))
    keys = home.keys()
    # an invented slip in a birth date may keep a row out, and then all copies of it
    loaded = {record.partition("-")[2] for _, record in keys}
    assert len(keys) == 3 * len(loaded) > 300
    assert len(set(keys.values())) == len(loaded)

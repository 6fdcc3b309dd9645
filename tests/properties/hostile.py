"""Worlds that somebody wrote who wants a night to break: texts, amounts and days at the ends of what a file can say."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from hrtp.contracts import Column, EntityContract, load_contracts
from tests.dbt.random_exports import Exports
from tests.oracle_records import Row, Source
from tests.properties.corpus import PROJECT

TEXTS = (
    "Größe 北京 🎓 שלום",
    "\\N", "\\x00", "NULL", "nan", "{}", "'); drop table marts.x; --", '"quoted", and; more', "%s {0} $1", "=1+1",
    "<script>alert(1)</script>&amp;", "two\nlines\tand a tab", "\u0301combining", "\u202eright to left\u202c",
    "\ufeffmark",
    "next\u0085line\u2028and\u2029paragraph", "private \ue000 \U0010fffd",
    "noncharacter \ufffe \uffff", "\ud7ff\ufffd",
    "x" * 500, "界" * 500, "x" * 1001, "🎓" * 10_000,
)  # fmt: skip
#: No file that holds them may bring them into a mart: PostgreSQL's text has no NUL.
CONTROLS = ("nul \0 inside", "\0", "bell \a", "escape \x1b[31m", "delete \x7f")
AMOUNTS = (
    "0", "-0", "0.01", "-0.01", "0.005", "0.000000001", "22.4999999999999999999", "149.99999", "150", "999999999",
    "999999999.994", "999999999.999999", "-999999999.99", "1000000000", "9" * 30, "1e9", "inf", "-inf", "nan", "22,50",
)  # fmt: skip
DAYS = (
    "0001-01-01", "0001-12-31", "1582-10-10", "1677-09-20", "1899-12-30", "1900-01-01", "1900-02-29", "1905-01-01",
    "1970-01-01", "2026-12-30", "2026-12-31", "2027-01-01", "2262-04-12", "9999-12-30", "9999-12-31", "10000-01-01",
    "infinity", "-infinity", "2026-02-29",
)  # fmt: skip
NUMBERS = ("0", "-1", "2147483647", "2147483648", "999999999", "-999999999", "1.0", "1.5")


class Hostile:
    """``sources`` of one seed; ``share`` is how many cells of a hundred are hostile."""

    def __init__(self, seed: int, *, people: int = 30, share: float = 4) -> None:
        self._random = Random(seed)
        self._share = share / 100
        contracts = load_contracts(PROJECT)
        self.sources = [self._spoiled(source, contracts) for source in Exports(seed, people).sources]

    def _spoiled(self, source: Source, contracts: dict[str, EntityContract]) -> Source:
        # the same strange id wherever it is spoken of, so that rows still find each other
        strange = {n: self._random.choice(TEXTS[:16]) for n in range(10)}

        def cell(name: str, column: Column, value: str | None) -> str | None:
            if column.type == "id":
                return value if value is None or ord(value[-1]) % 3 else f"{value}{strange[ord(value[-1]) % 10]}"
            return self._other(column, value) if self._random.random() < self._share else value

        def row(entity: str, old: Row) -> dict[str, str | None]:
            columns = contracts[entity].columns
            prefix = "pirl_" if entity == "pirl" else ""
            return {name: cell(name, column, old.get(name.removeprefix(prefix))) for name, column in columns.items()}

        return Source(
            source.name, source.kind, source.sector,
            {entity: [row(entity, old) for old in table] for entity, table in source.tables.items()},
        )  # fmt: skip

    def _other(self, column: Column, value: str | None) -> str | None:
        match column.type:
            case "date":
                return self._random.choice(DAYS)
            case "decimal":
                return self._random.choice(AMOUNTS)
            case "integer":
                return self._random.choice(NUMBERS)
            case "text":
                return self._random.choice(TEXTS if self._random.random() < 0.9 else CONTROLS)
            case _:
                return value


def nothing() -> Iterable[Source]:
    """What partners deliver on a first day on which nothing has happened: headers, where headers alone may come."""
    contracts = load_contracts(PROJECT)
    return [
        Source(
            source.name, source.kind, source.sector,
            {entity: [] for entity in source.tables if contracts[entity].may_be_empty},
        )
        for source in Exports(0, people=1).sources
    ]  # fmt: skip

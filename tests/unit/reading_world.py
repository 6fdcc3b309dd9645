"""Small helpers for reader tests: bytes in, one table out."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl

from hrtp.contracts import load_contracts
from hrtp.reading import EntityTable, read_file
from hrtp.sources import SourceConfig

PROJECT = Path(__file__).resolve().parents[2]
CONTRACTS = load_contracts(PROJECT)

SERVICES_HEADER = "service_id,participant_id,service_type,service_date,amount"


def source(**changes: Any) -> SourceConfig:
    """A construction intermediary, canonical unless told otherwise."""
    document: dict[str, Any] = {
        "source": "construction",
        "name": "Construction",
        "kind": "sector_intermediary",
        "sector": "construction",
        "owner": {"name": "Desk", "email": "desk@example.org"},
        "transport": {"url": "file:/nowhere"},
    }
    return SourceConfig.model_validate(document | changes)


def read(
    data: bytes | str, name: str = "services_20260930.csv", entity: str = "services", **changes: Any
) -> EntityTable:
    """Read one entity of one file."""
    raw = data.encode() if isinstance(data, str) else data
    tables = list(read_file(raw, name, (entity,), source(**changes), CONTRACTS))
    assert len(tables) == 1
    return tables[0]


def code(table: EntityTable) -> str | None:
    """Reason code of a rejected table."""
    return table.rejected.code if table.rejected else None


def column(table: EntityTable, name: str) -> list[Any]:
    """A column as a list."""
    return list(table.frame[name])


def services(*rows: str, header: str = SERVICES_HEADER, end: str = "\n") -> str:
    """A services export."""
    return end.join([header, *rows]) + end


def workbook(rows: list[list[Any]], sheet: str = "services", change: Any = None) -> bytes:
    """A workbook of one sheet; ``change`` may edit it before it is saved."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(row)
    if change is not None:
        change(book, page)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()

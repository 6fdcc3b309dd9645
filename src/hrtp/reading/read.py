"""The reader's front door: which entities a landed file holds, and each as a frame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from hrtp.contracts import EntityContract
from hrtp.errors import FileRejected
from hrtp.reading.container import open_container
from hrtp.reading.csvfile import read_csv
from hrtp.reading.normalise import normalise
from hrtp.reading.table import HeaderMatch, RawTable, Warnings, forms_of, header_key, nearest_columns
from hrtp.reading.xlsxfile import Workbook, cell_text
from hrtp.sources import SourceConfig

#: Where the frame's ``attrs`` say which unknown column of the file comes nearest to a missing one.
NEAREST = "nearest"
#: The column, on no entity's list, in which a file may state its version of the contract, and the versions we know.
VERSION_COLUMN = "contract_version"
KNOWN_VERSIONS = frozenset({"1", "1.0"})


@dataclass
class EntityTable:
    """One entity of one file: either ``rejected`` (the whole table) or ``frame``.

    ``rows_in`` counts every row behind the header, ``rows_blank`` those that are blank or a trailer; the frame has
    the others.
    """

    entity: str
    frame: pd.DataFrame = field(default_factory=pd.DataFrame)
    rows_in: int = 0
    rows_blank: int = 0
    warnings: Warnings = field(default_factory=Counter)
    rejected: FileRejected | None = None
    form: str = "canonical"


def read_file(
    data: bytes, name: str, entities: tuple[str, ...], source: SourceConfig, contracts: Mapping[str, EntityContract]
) -> Iterator[EntityTable]:
    """Read a landed file.

    Args:
        data: the bytes.
        name: file name as the partner gave it (only its ending is looked at).
        entities: what the name says the file holds: one for a CSV, all of the source for a workbook.
        source: its configuration.
        contracts: by entity.

    Yields:
        One table an entity. A file-level fault yields every entity as rejected.
    """
    try:
        container = open_container(data, name)
        workbook = Workbook(container.data) if container.kind == "xlsx" else None
        if workbook is None and len(entities) != 1:
            entities = _entity_of_member(container.name, entities)
    except FileRejected as rejection:
        yield from (EntityTable(entity, rejected=rejection) for entity in entities)
        return
    for entity in entities:
        contract = contracts[entity]
        forms = forms_of(source, contract)
        try:
            if workbook is None:
                table, match = read_csv(container.data, forms, contract)
            else:
                sheet = workbook.sheet_name(source, entity)
                if sheet is None:
                    raise FileRejected("SHEET_MISSING", f"the workbook has no sheet for {entity}")
                table, match = workbook.read_sheet(sheet, forms, contract)
            _check_version(table)
        except FileRejected as rejection:
            yield EntityTable(entity, rejected=rejection)
            continue
        yield _entity_table(entity, table, match, contract)


def _check_version(table: RawTable) -> None:
    """A file may say which version of the contract it follows, in a column of that name (fault F42)."""
    for position, heading in enumerate(table.header):
        if header_key(heading) != VERSION_COLUMN:
            continue
        table.warnings.pop(("SCHEMA_DRIFT", f"column {position + 1}"), None)
        claimed = {cell_text(row[position]).strip() for row in table.rows if position < len(row)} - {""}
        if not claimed <= KNOWN_VERSIONS:
            raise FileRejected(
                "CONTRACT_VERSION", f"the file claims another version of the contract than {min(KNOWN_VERSIONS)}"
            )


def _entity_of_member(member: str | None, entities: tuple[str, ...]) -> tuple[str, ...]:
    """A zip named for the source may hold one CSV: its own name says which entity."""
    fits = tuple(e for e in entities if member is not None and member.lower().startswith(f"{e}_"))
    if len(fits) != 1:
        raise FileRejected(
            "ARCHIVE_SHAPE", "the file inside is not named <entity>_<YYYYMMDD>.csv, nor is it a workbook"
        )
    return fits


def _entity_table(entity: str, table: RawTable, match: HeaderMatch, contract: EntityContract) -> EntityTable:
    frame, warnings = normalise(table, match, contract)
    frame.attrs[NEAREST] = nearest_columns(table.header, match, contract)
    return EntityTable(
        entity,
        frame=frame,
        rows_in=table.rows_in,
        rows_blank=table.rows_blank,
        warnings=warnings,
        form=match.form.name,
    )

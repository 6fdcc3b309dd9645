"""How a partner itself writes the names of its columns, for telling it where something is wrong."""

from __future__ import annotations

from collections.abc import Mapping

from hrtp.contracts import EntityContract
from hrtp.errors import FileRejected
from hrtp.reading.container import open_container
from hrtp.reading.csvfile import headers_by_form
from hrtp.reading.table import choose_form, forms_of, visible
from hrtp.reading.xlsxfile import Workbook
from hrtp.sources import SourceConfig


def own_headings(
    data: bytes, name: str, entities: tuple[str, ...], source: SourceConfig, contracts: Mapping[str, EntityContract]
) -> dict[str, dict[str, str]]:
    """Entity to contract column to the heading in the file's own header row.

    Only headings that matched a column of the contract are given: any other may be a person's value in the place of
    a header. What cannot be read is left out.

    Args:
        data: bytes of a file that was read before.
        name: its file name (only its ending is looked at).
        entities: those to look for.
        source: the partner.
        contracts: by entity.
    """
    try:
        container = open_container(data, name)
        workbook = Workbook(container.data) if container.kind == "xlsx" else None
    except FileRejected:
        return {}
    found: dict[str, dict[str, str]] = {}
    for entity in entities:
        contract = contracts[entity]
        forms = forms_of(source, contract)
        try:
            if workbook is None:
                candidates, _, _ = headers_by_form(container.data, forms)
                if not candidates:
                    continue
                match = choose_form(candidates, contract)
                header = {form.name: header for form, header in candidates}[match.form.name]
            else:
                sheet = workbook.sheet_name(source, entity)
                if sheet is None:
                    continue
                table, match = workbook.read_sheet(sheet, forms, contract)
                header = table.header
        except FileRejected:
            continue
        found[entity] = {column: _as_shown(header[position]) for column, position in match.positions.items()}
    return found


def _as_shown(heading: str) -> str:
    """On one line, without characters that nobody sees."""
    return " ".join(visible(heading).split())

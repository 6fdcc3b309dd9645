"""Rows that did not load, and what a partner is told of them."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from hrtp.cli.app import AsJson, app, console, current_settings

quarantine_app = typer.Typer(help="Rows that did not load, and why.", no_args_is_help=True)
app.add_typer(quarantine_app, name="quarantine")


@quarantine_app.command("list")
def quarantine_list(
    source: Annotated[str | None, typer.Argument(help="Only this source.")] = None, as_json: AsJson = False
) -> None:
    """List rows that did not load: file, row number, rule, what is wrong. Never a value."""
    from rich.table import Table

    from hrtp.marts import open_marts, rows

    query = """
        select q.source, q.entity, r.file_name, q.row_number, q.rule_id, q.column_name, q.severity, q.message
        from quarantined_rows as q
        left join load_reconciliation as r using (source, entity, file_sha256)
        where $1 is null or q.source = $1
        order by q.source, q.entity, r.file_name, q.row_number, q.rule_id, q.column_name
    """
    with open_marts(current_settings()) as connection:
        found = rows(connection, query, [source])
    if as_json:
        typer.echo(json.dumps(found, indent=1, default=str))
        return
    table = Table("source", "entity", "file", "row", "rule", "column", "what is wrong")
    for row in found:
        table.add_row(
            *(
                str(row[k] or "")
                for k in ("source", "entity", "file_name", "row_number", "rule_id", "column_name", "message")
            )
        )
    console().print(table)

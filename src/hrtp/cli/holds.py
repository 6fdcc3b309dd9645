"""Files that wait for an operator."""

from __future__ import annotations

import getpass
from typing import Annotated, Literal

import typer

from hrtp.cli.app import AsJson, By, app, console, current_settings, show_json

File = Annotated[str, typer.Argument(help="File name, or the first eight or more digits of its sha256.")]
Why = Annotated[str, typer.Option("--why", help="The reason; it is kept. Name no participant.")]


@app.command()
def held(
    source: Annotated[str | None, typer.Argument(help="Only this source.")] = None, as_json: AsJson = False
) -> None:
    """List the files that wait for an operator's word, and why."""
    from rich.table import Table

    from hrtp.holds import list_held

    waiting = list_held(current_settings(), source)
    if as_json:
        show_json([file.to_json() for file in waiting])
        return
    table = Table("source", "entity", "file", "sha256", "reason", "why it waits", "overtaken")
    for file in waiting:
        table.add_row(
            file.source,
            file.entity,
            file.file_name,
            file.file_sha256[:12],
            file.reason,
            file.detail,
            "by a newer file" if file.is_superseded else "",
        )
    console().print(table)
    if waiting:
        typer.echo("decide with: hrtp approve FILE --why REASON --by NAME, or hrtp reject FILE ...")


@app.command()
def approve(file: File, why: Why, by: By = None, as_json: AsJson = False) -> None:
    """Load a file that waits; its bad rows stay in quarantine. Also forces a file that came out of order."""
    _decide(file, "approve", why, by, as_json=as_json)


@app.command()
def reject(file: File, why: Why, by: By = None, as_json: AsJson = False) -> None:
    """End the wait of a file: it does not load, and the partner has to send another."""
    _decide(file, "reject", why, by, as_json=as_json)


def _decide(file: str, verdict: Literal["approve", "reject"], why: str, by: str | None, *, as_json: bool) -> None:
    from hrtp.holds import decide

    manifests = decide(current_settings(), file, verdict, why=why, by=by or getpass.getuser())
    if as_json:
        told = ("source", "entity", "file_name", "file_sha256", "state", "reason", "rows_loaded", "rows_quarantined")
        show_json([{name: getattr(manifest, name) for name in told} for manifest in manifests])
        return
    for manifest in manifests:
        typer.echo(
            f"{manifest.source} {manifest.entity} {manifest.file_name}: {manifest.state}"
            f"{' ' + manifest.reason if manifest.reason else ''}, {manifest.rows_loaded} rows loaded, "
            f"{manifest.rows_quarantined} in quarantine"
        )
    typer.echo("the figures follow with the next build: hrtp build && hrtp publish")

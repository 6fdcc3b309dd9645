"""Partners as data."""

from __future__ import annotations

from typing import Annotated

import typer

from hrtp.cli.app import AsJson, app, console, current_settings, show_json

sources_app = typer.Typer(help="Partners as data: one YAML each.", no_args_is_help=True)
app.add_typer(sources_app, name="sources")


@sources_app.command("check")
def sources_check(as_json: AsJson = False) -> None:
    """Validate every file in sources/ and show what it says."""
    from rich.table import Table

    from hrtp.sources import load_sources

    sources = load_sources(current_settings().project).values()
    if as_json:
        show_json(
            [
                {
                    "source": source.source,
                    "name": source.name,
                    "kind": source.kind,
                    "sector": source.sector,
                    "schedule": source.schedule,
                    "transport": source.transport.url,
                    "owner": {"name": source.owner.name, "email": source.owner.email},
                }
                for source in sources
            ]
        )
        return
    table = Table("source", "kind", "schedule", "transport", "owner")
    for source in sources:
        table.add_row(source.source, source.kind, source.schedule, source.transport.url, source.owner.name)
    console().print(table)


@sources_app.command("new")
def sources_new(
    name: Annotated[str, typer.Argument(help="Id of the new source, such as ajcc_east_county.")],
    kind: Annotated[str, typer.Option(help="sector_intermediary, ajcc or program_office.")] = "ajcc",
    sector: Annotated[str | None, typer.Option(help="Sector key, for an intermediary.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write a first YAML for a new partner; nothing else is needed."""
    from hrtp.sources.new import new_source

    path = new_source(current_settings().project, name, kind, sector)
    if as_json:
        show_json({"written": path})
        return
    typer.echo(f"wrote {path}; fill in what is particular to this partner, then run `hrtp sources check`")

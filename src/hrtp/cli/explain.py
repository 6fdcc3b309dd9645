"""What stands behind a figure."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hrtp.cli.app import AsJson, AsOf, app, console, current_settings, parse_day, show_json


@app.command()
def explain(
    indicator: Annotated[str | None, typer.Argument(help="Indicator key, such as placed_in_jobs.")] = None,
    sector: Annotated[str, typer.Option(help="all, or a sector key.")] = "all",
    as_of: AsOf = None,
    every: Annotated[bool, typer.Option("--all", help="Every figure to date with how it was counted.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="Evidence rows a page; 0 shows none.")] = 25,
    page: Annotated[int, typer.Option(min=1, help="Which page of them.")] = 1,
    html: Annotated[
        bool, typer.Option("--html", help="Write the drill-down for staff, into the restricted zone drilldowns/.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the drill-down to this file; implies --html.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a figure: its definition, how it was counted, the rows behind it, and why others were left out.

    The drill-down holds person-level evidence: which rows of which files, never what they say. --json has all rows
    (docs/schemas/explain.schema.json).
    """
    from hrtp.explain import explain as explain_figure
    from hrtp.explain import explain_all, to_document

    settings = current_settings()
    if every:
        if indicator is not None or as_of is not None or html or out is not None:
            raise typer.BadParameter("--all goes with --sector and --json alone")
        figures = explain_all(settings, sector)
        if as_json:
            show_json(to_document(figures))
        else:
            from hrtp.explain.terminal import summaries_view

            console().print(summaries_view(figures))
        return
    if indicator is None:
        raise typer.BadParameter("name an indicator, or give --all")
    found = explain_figure(settings, indicator, sector, parse_day(as_of))
    written = None
    if html or out is not None:
        from hrtp.explain.page import write_drilldown

        written = write_drilldown(settings, found, out)
    if as_json:
        show_json(to_document(found) | ({"page": written} if written else {}))
    elif written is not None:
        typer.echo(f"for staff: holds person-level evidence: {written}")
    else:
        from hrtp.explain.terminal import explanation_view

        console().print(explanation_view(found, limit, page))

"""Care of a deployment: building it again from what landed, and examining it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hrtp.cli.app import (
    AsJson,
    AsOf,
    app,
    console,
    current_settings,
    parse_day,
    progress,
    show_json,
    show_summary,
)


@app.command()
def restore(
    backup: Annotated[
        Path | None,
        typer.Option("--from", metavar="FOLDER", help="Backup of a landing folder, copied into an empty one first."),
    ] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Rebuild raw, quarantine, identity, warehouse and published from landing, code and person key alone."""
    from hrtp.build import today
    from hrtp.page import refresh_page
    from hrtp.restore import adopt_landing
    from hrtp.restore import restore as rebuild

    settings, say = current_settings(), progress(as_json=as_json)
    if backup is not None:
        adopt_landing(settings, backup.expanduser().absolute(), say)
    result = rebuild(settings, parse_day(as_of) or settings.as_of or today(), say)
    refresh_page(settings)
    show_summary(result.summary(), as_json=as_json)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Examine everything: every byte read, every count added up again; each finding with its way out.

    Exit code 0: nothing found. 3: somebody should look. 1: something is broken.
    """
    from hrtp.doctor import examine, findings_table

    findings = examine(current_settings(), progress(as_json=as_json))
    if as_json:
        show_json([finding.to_json() for finding in findings])
    elif findings:
        console().print(findings_table(findings))
    else:
        typer.echo("nothing found")
    if findings:
        raise typer.Exit(1 if any(finding.severity == "error" for finding in findings) else 3)

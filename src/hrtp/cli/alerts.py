"""What people would be told, and telling it."""

from __future__ import annotations

from typing import Annotated

import typer

from hrtp.cli.app import AsJson, app, console, current_settings, show_json


@app.command()
def alerts(
    send: Annotated[
        bool, typer.Option("--send", help="Tell what has not been told tonight; exit 1 where a channel is down.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what a person must be told tonight; never a value of a participant."""
    from rich.table import Table

    from hrtp.alerts import collect
    from hrtp.alerts import send as send_alerts
    from hrtp.alerts.model import by_source

    settings = current_settings()
    found = collect(settings)
    groups = by_source(found)
    if as_json:
        show_json([alert.to_json() for group in groups.values() for alert in group])
    elif not found:
        typer.echo("nothing to tell: all is well")
    else:
        table = Table("source", "severity", "code", "what happened, and what to do")
        for source, group in groups.items():
            for alert in group:
                table.add_row(source, alert.severity, alert.code, alert.text)
        console().print(table)
    if send:
        report = send_alerts(found, settings)
        if not as_json:
            told = ", ".join(f"{n} by {name}" for name, n in sorted(report.sent.items())) or "none"
            typer.echo(f"messages sent: {told}; the record is {settings.logs / 'alerts' / 'alerts.jsonl'}")
        report.raise_for_failure()

"""Asking the semantic layer."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from hrtp.cli.app import AsJson, app, console, current_settings, parse_day, show_json

metrics_app = typer.Typer(help="Ask the semantic layer: any indicator by sector, month, partner or group of persons.")
app.add_typer(metrics_app, name="metrics", no_args_is_help=True)


@metrics_app.command("list")
def list_metrics(as_json: AsJson = False) -> None:
    """Which metrics there are."""
    from hrtp.metrics import metrics, metrics_table

    found = metrics(current_settings())
    if as_json:
        show_json([asdict(metric) for metric in found])
    else:
        console().print(metrics_table(found))


@metrics_app.command()
def query(
    names: Annotated[list[str], typer.Argument(metavar="METRIC...", help="Such as workers_enrolled.")],
    group_by: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="Such as sector,metric_time__month or person__gender."),
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="Condition such as \"{{ Entity('sector') }} = 'healthcare'\".")
    ] = None,
    order: Annotated[str | None, typer.Option(metavar="A,-B", help="Order; default by the groups.")] = None,
    start: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="First day of the periods; with a group by metric_time.")
    ] = None,
    end: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Last day; alone: the day as of which.")] = None,
    show_sql: Annotated[bool, typer.Option("--sql", help="Show the query that MetricFlow writes instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask for metrics out of the published marts."""
    from hrtp.metrics import answer_table, ask, sql

    settings = current_settings()
    groups, orders = _names(group_by), _names(order)
    first, last = parse_day(start), parse_day(end)
    if show_sql:
        text = sql(
            settings, names, group_by=groups, where=where or (), order_by=orders or groups, start=first, end=last
        )
        if as_json:
            show_json({"sql": text})
        else:
            typer.echo(text)
        return
    answer = ask(settings, names, group_by=groups, where=where or (), order_by=orders, start=first, end=last)
    if as_json:
        show_json(answer.to_json())
    else:
        console().print(answer_table(answer))


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip()) if text else ()

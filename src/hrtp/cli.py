"""The command line. Heavy modules are imported by the command that needs them, so that ``--help`` is instant."""

from __future__ import annotations

import enum
import json
import logging
import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from hrtp.settings import Settings

app = typer.Typer(
    help="HRTP warehouse: partner exports in; every number the County owes, provable to the row, out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
sources_app = typer.Typer(help="Partners as data: one YAML each.", no_args_is_help=True)
quarantine_app = typer.Typer(help="Rows that did not load, and why.", no_args_is_help=True)
app.add_typer(sources_app, name="sources")
app.add_typer(quarantine_app, name="quarantine")


class SampleForm(enum.Enum):
    """How sample exports are written."""

    declared = "declared"
    canonical = "canonical"


AsOf = Annotated[str | None, typer.Option("--as-of", metavar="YYYY-MM-DD", help="Day that the figures speak of.")]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


def main() -> None:
    """Entry point: an error of ours is one clear line and exit code 1."""
    from hrtp.errors import HrtpError

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr)
    try:
        app()
    except HrtpError as error:
        typer.echo(f"hrtp: {error}", err=True)
        sys.exit(1)


def _settings(**overrides: object) -> Settings:
    from hrtp.settings import load_settings

    return load_settings(**overrides)


def _console() -> Console:
    from rich.console import Console

    # a log file has no width of its own: keep the tables whole there
    return Console(width=None if sys.stdout.isatty() else 150)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise typer.BadParameter("a day is written YYYY-MM-DD", param_hint="--as-of") from None


def _echo(line: str) -> None:
    typer.echo(line)


@app.command()
def nightly(
    exports: Annotated[
        Path | None, typer.Option(help="Folder with <source>/ folders; overrides every transport.", file_okay=False)
    ] = None,
    as_of: AsOf = None,
) -> None:
    """Run the whole night: every ingest, the warehouse, the scorecard.

    Exit code 0: all well. 3: published, but a source is late, held, rejected or has quarantined rows. 1: nothing
    published.
    """
    from hrtp import nightly as night
    from hrtp.errors import SettingsError
    from hrtp.scorecard import render
    from hrtp.status import source_states, status_table

    settings = _settings()
    day = _day(as_of)
    if exports is not None and not exports.is_dir():
        raise SettingsError(f"--exports {exports} is not a folder; it must hold one folder a source")
    if exports is None:
        exports = night.sample_exports(settings, _echo)
        if exports is not None:
            day = day or settings.as_of or night.SAMPLES_AS_OF
    report = night.run_night(settings, day, exports, _echo)
    if report.published is None:
        failed = ", ".join(sorted(k for k, v in report.dags.items() if v.get("state") != "success"))
        raise night.NightFailed(
            f"nothing was published, the last good figures stay; failed: {failed}; logs are in {settings.logs}"
        )
    console = _console()
    states = source_states(settings)
    console.print(status_table(states))
    console.print(render(settings))
    changed = bool(report.published.get("changed"))
    typer.echo(
        "published: new figures" if changed else "published: nothing changed, the marts are byte for byte the same"
    )
    typer.echo(f"  DuckDB   {settings.published / 'marts.duckdb'}")
    typer.echo(f"  Parquet  {settings.published / 'parquet'}")
    attention = [state for state in states if state.needs_attention]
    for state in attention:
        why = state.state if state.state != "ok" else f"{state.rows_quarantined} rows in quarantine"
        typer.echo(f"attention: {state.source}: {why}{' ' + state.reason if state.reason else ''}")
    failed_dags = [name for name, dag in report.dags.items() if dag.get("state") != "success"]
    if attention or failed_dags:
        raise typer.Exit(night.EXIT_ATTENTION)


@app.command()
def samples(
    out: Annotated[Path, typer.Option(help="Folder to write to.", file_okay=False)],
    scale: Annotated[int, typer.Option(min=1, help="How many times the County's size.")] = 1,
    seed: Annotated[int, typer.Option(help="Another seed: other people, the same figures.")] = 1,
    form: Annotated[
        SampleForm, typer.Option(help="Each partner's own form, or the canonical one.")
    ] = SampleForm.declared,
) -> None:
    """Write synthetic sample exports of all sources; scale 1, seed 1 reproduces the County's published figures."""
    from rich.progress import Progress

    from hrtp.samples import generate

    with Progress(console=_console(), disable=scale == 1) as bar:
        task = bar.add_task("writing samples", total=scale)
        generate(
            out, scale=scale, seed=seed, form=form.value, progress=lambda done, total: bar.update(task, completed=done)
        )
    typer.echo(f"sample exports are in {out}; load them with: hrtp nightly --exports {out} --as-of 2026-09-30")


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show how every source stands."""
    from hrtp.status import source_states, status_table

    states = source_states(_settings())
    if as_json:
        typer.echo(json.dumps([state.to_json() for state in states], indent=1))
    else:
        _console().print(status_table(states))


@app.command()
def scorecard() -> None:
    """Show every indicator with its target."""
    from hrtp.scorecard import render

    _console().print(render(_settings()))


@app.command()
def explain(
    indicator: Annotated[str, typer.Argument(help="Indicator key, such as placed_in_jobs.")],
    sector: Annotated[str, typer.Option(help="all, or a sector key.")] = "all",
    as_of: AsOf = None,
    limit: Annotated[int, typer.Option(min=0, help="Evidence rows to show.")] = 25,
    as_json: AsJson = False,
) -> None:
    """Show a figure, its definition and the rows behind it, with file and row number."""
    from hrtp.explain import explain as explain_figure
    from hrtp.explain import explanation_view

    explanation = explain_figure(_settings(), indicator, sector, _day(as_of))
    if as_json:
        document = {
            "value": explanation.value,
            "definition": explanation.definition,
            "left_out": explanation.left_out,
            "evidence": explanation.evidence,
        }
        typer.echo(json.dumps(document, indent=1, default=str))
    else:
        _console().print(explanation_view(explanation, limit))


@app.command()
def ingest(source: Annotated[str, typer.Argument(help="Source id.")]) -> None:
    """Pull, land, read, gate and load one source."""
    from hrtp.ingest import ingest_source

    result = ingest_source(source, _settings(), _echo)
    typer.echo(json.dumps(result.summary()))


@app.command()
def build(as_of: AsOf = None) -> None:
    """Build the warehouse from everything accepted so far."""
    from hrtp.build import build_warehouse, today

    settings = _settings()
    result = build_warehouse(settings, _day(as_of) or settings.as_of or today(), _echo)
    typer.echo(json.dumps(result.summary()))


@app.command()
def publish() -> None:
    """Put the marts of the last good build in place."""
    from hrtp.publish import publish as publish_marts

    typer.echo(json.dumps(publish_marts(_settings()).summary()))


@app.command()
def docs() -> None:
    """Render dbt's documentation of the last good warehouse as one static page."""
    from hrtp.dbt_runner import render_docs

    typer.echo(str(render_docs(_settings())))


@sources_app.command("check")
def sources_check() -> None:
    """Validate every file in sources/ and show what it says."""
    from rich.table import Table

    from hrtp.sources import load_sources

    table = Table("source", "kind", "schedule", "transport", "owner")
    for source in load_sources(_settings().project).values():
        table.add_row(source.source, source.kind, source.schedule, source.transport.url, source.owner.name)
    _console().print(table)


@sources_app.command("new")
def sources_new(
    name: Annotated[str, typer.Argument(help="Id of the new source, such as ajcc_east_county.")],
    kind: Annotated[str, typer.Option(help="sector_intermediary, ajcc or program_office.")] = "ajcc",
    sector: Annotated[str | None, typer.Option(help="Sector key, for an intermediary.")] = None,
) -> None:
    """Write a first YAML for a new partner; nothing else is needed."""
    from hrtp.sources.new import new_source

    path = new_source(_settings().project, name, kind, sector)
    typer.echo(f"wrote {path}; fill in what is particular to this partner, then run `hrtp sources check`")


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
    with open_marts(_settings()) as connection:
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
    _console().print(table)

"""The night and its steps, and what the figures say."""

from __future__ import annotations

import enum
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from hrtp.cli.app import AsJson, AsOf, app, console, current_settings, echo, parse_day


class SampleForm(enum.Enum):
    """How sample exports are written."""

    declared = "declared"
    canonical = "canonical"


@app.command()
def nightly(
    exports: Annotated[
        Path | None, typer.Option(help="Folder with <source>/ folders; overrides every transport.", file_okay=False)
    ] = None,
    as_of: AsOf = None,
) -> None:
    """Run the whole night: every ingest, the warehouse, the scorecard.

    Exit code 0: all well. 3: published, but a source is late, held, rejected or has quarantined rows, or a channel of
    the alerts is down. 1: nothing published.
    """
    from hrtp import nightly as night
    from hrtp.errors import SettingsError
    from hrtp.scorecard import render
    from hrtp.status import source_states, status_table

    settings = current_settings()
    day = parse_day(as_of)
    if exports is not None and not exports.is_dir():
        raise SettingsError(f"--exports {exports} is not a folder; it must hold one folder a source")
    if exports is None:
        exports = night.sample_exports(settings, echo)
        if exports is not None:
            day = day or settings.as_of or night.SAMPLES_AS_OF
    report = night.run_night(settings, day, exports, echo)
    if report.published is None:
        failed = ", ".join(sorted(k for k, v in report.dags.items() if v.get("state") != "success"))
        raise night.NightFailed(
            f"nothing was published, the last good figures stay; failed: {failed}; logs are in {settings.logs}"
        )
    screen = console()
    states = source_states(settings)
    screen.print(status_table(states))
    screen.print(render(settings))
    changed = bool(report.published.get("changed"))
    typer.echo(
        "published: new figures" if changed else "published: nothing changed, the marts are byte for byte the same"
    )
    typer.echo(f"  DuckDB   {settings.published / 'marts.duckdb'}")
    typer.echo(f"  Parquet  {settings.published / 'parquet'}")
    typer.echo(f"  page     {settings.published / 'site' / 'index.html'}")
    attention = [state for state in states if state.needs_attention]
    for state in attention:
        why = state.state if state.state != "ok" else f"{state.rows_quarantined} rows in quarantine"
        typer.echo(f"attention: {state.source}: {why}{' ' + state.reason if state.reason else ''}")
    typer.echo(_told(report.dags.get("warehouse", {})))
    failed_dags = [name for name, dag in report.dags.items() if dag.get("state") != "success"]
    if attention or failed_dags:
        raise typer.Exit(night.EXIT_ATTENTION)


def _told(warehouse: dict[str, Any]) -> str:
    """What the night's last task says about the alerts."""
    told = (warehouse.get("summary") or {}).get("tell")
    if told is None:
        return f"alerts: not everybody was told: {warehouse.get('error') or 'see the log'}"
    sent = ", ".join(f"{n} messages by {name}" for name, n in sorted(told["sent"].items()))
    nobody = "no new message" if told["channels"] else "nobody is told: HRTP_ALERT_URLS is not set"
    return f"alerts: {told['alerts']} ({sent or nobody}); hrtp alerts shows them"


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

    with Progress(console=console(), disable=scale == 1) as bar:
        task = bar.add_task("writing samples", total=scale)
        generate(
            out, scale=scale, seed=seed, form=form.value, progress=lambda done, total: bar.update(task, completed=done)
        )
    typer.echo(f"sample exports are in {out}; load them with: hrtp nightly --exports {out} --as-of 2026-09-30")


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show how every source stands."""
    from hrtp.status import source_states, status_table

    states = source_states(current_settings())
    if as_json:
        typer.echo(json.dumps([state.to_json() for state in states], indent=1))
    else:
        console().print(status_table(states))


@app.command()
def scorecard() -> None:
    """Show every indicator with its target."""
    from hrtp.scorecard import render

    console().print(render(current_settings()))


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

    explanation = explain_figure(current_settings(), indicator, sector, parse_day(as_of))
    if as_json:
        document = {
            "value": explanation.value,
            "definition": explanation.definition,
            "identity": explanation.identity,
            "left_out": explanation.left_out,
            "evidence": explanation.evidence,
        }
        typer.echo(json.dumps(document, indent=1, default=str))
    else:
        console().print(explanation_view(explanation, limit))


@app.command()
def ingest(source: Annotated[str, typer.Argument(help="Source id.")]) -> None:
    """Pull, land, read, gate and load one source."""
    from hrtp.forget import finish
    from hrtp.ingest import ingest_source, source_config
    from hrtp.outcomes import ingest_of, recorded

    settings = current_settings()
    source_config(source, settings)  # a name that is mistyped is no failed ingest
    finish(settings, echo)
    with recorded(settings, ingest_of(source)):
        result = ingest_source(source, settings, echo)
    typer.echo(json.dumps(result.summary()))


@app.command()
def build(as_of: AsOf = None) -> None:
    """Build the warehouse from everything accepted so far."""
    from hrtp.build import build_warehouse, today
    from hrtp.forget import finish
    from hrtp.outcomes import BUILD, recorded

    settings = current_settings()
    finish(settings, echo)
    with recorded(settings, BUILD):
        result = build_warehouse(settings, parse_day(as_of) or settings.as_of or today(), echo)
    typer.echo(json.dumps(result.summary()))


@app.command()
def publish() -> None:
    """Put the marts of the last good build in place: the files, then PostgreSQL where HRTP_POSTGRES_DSN names one.

    Exit code 0: all is published. 3: the files are, PostgreSQL shows the night before. 1: nothing is.
    """
    from hrtp.errors import HrtpError
    from hrtp.nightly import EXIT_ATTENTION
    from hrtp.outcomes import PUBLISH, PUBLISH_BI, recorded
    from hrtp.publish import publish as publish_marts

    settings = current_settings()
    with recorded(settings, PUBLISH):
        summary = publish_marts(settings).summary()
    if settings.postgres_dsn is not None:
        from hrtp.bi import publish_to_postgres

        try:
            with recorded(settings, PUBLISH_BI):
                summary["postgres"] = publish_to_postgres(settings).summary()
        except HrtpError as error:
            typer.echo(json.dumps(summary | {"postgres": None}))
            typer.echo(f"hrtp: {error}", err=True)
            raise typer.Exit(EXIT_ATTENTION) from None
    typer.echo(json.dumps(summary))


@app.command()
def page(
    show: Annotated[bool, typer.Option("--open", help="Show the public page in a browser.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make the scorecard page from what is published: for the public and for staff, in English and Spanish."""
    from hrtp.outcomes import PAGE, recorded
    from hrtp.page import write_page

    settings = current_settings()
    with recorded(settings, PAGE):
        result = write_page(settings)
    if as_json:
        typer.echo(json.dumps(result.summary(), indent=1))
    else:
        for path, size in result.pages.items():
            typer.echo(f"{path}  {size / 1024:.0f} KiB")
        typer.echo("new pages" if result.changed else "nothing changed, the pages are byte for byte the same")
    if show:
        typer.launch(result.path.as_uri())


@app.command()
def docs() -> None:
    """Write dbt's documentation of the last good build as one page, and the semantic layer that `mf` asks."""
    from hrtp.docs import write_docs

    typer.echo(str(write_docs(current_settings()).page))

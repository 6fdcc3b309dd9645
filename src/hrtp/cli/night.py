"""The night and its steps, and what the figures say."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, Any

import typer

from hrtp.cli.app import AsJson, AsOf, app, console, current_settings, parse_day, progress, show_json, show_summary


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
    as_json: AsJson = False,
) -> None:
    """Run the whole night: every ingest, the warehouse, the scorecard.

    Exit code 0: all well. 3: published, but a source is late, held, rejected or has quarantined rows, or a channel of
    the alerts is down. 1: nothing published.
    """
    from hrtp import nightly as night
    from hrtp.errors import SettingsError
    from hrtp.scorecard import read_scorecard, scorecard_view
    from hrtp.status import source_states, status_view

    settings, say = current_settings(), progress(as_json=as_json)
    day = parse_day(as_of)
    if exports is not None and not exports.is_dir():
        raise SettingsError(f"--exports {exports} is not a folder; it must hold one folder a source")
    if exports is None:
        exports = night.sample_exports(settings, say)
        if exports is not None:
            day = day or settings.as_of or night.SAMPLES_AS_OF
    report = night.run_night(settings, day, exports, say)
    if report.published is None:
        failed = ", ".join(sorted(k for k, v in report.dags.items() if v.get("state") != "success"))
        raise night.NightFailed(
            f"nothing was published, the last good figures stay; failed: {failed}; logs are in {settings.logs}"
        )
    states, figures = source_states(settings), read_scorecard(settings)
    attention = {
        state.source: f"{state.state if state.state != 'ok' else f'{state.rows_quarantined} rows in quarantine'}"
        f"{' ' + state.reason if state.reason else ''}"
        for state in states
        if state.needs_attention
    }
    failed_dags = sorted(name for name, dag in report.dags.items() if dag.get("state") != "success")
    exit_code = night.EXIT_ATTENTION if attention or failed_dags else night.EXIT_OK
    if as_json:
        show_json(
            {
                "exit_code": exit_code,
                "published": report.published,
                "dags": report.dags,
                "sources": [state.to_json() for state in states],
                "scorecard": figures.to_json(),
                "attention": attention,
            }
        )
        raise typer.Exit(exit_code)
    screen = console()
    screen.print(status_view(states), "", scorecard_view(figures), sep="\n")
    changed = bool(report.published.get("changed"))
    typer.echo(
        "published: new figures" if changed else "published: nothing changed, the marts are byte for byte the same"
    )
    typer.echo(f"  DuckDB   {settings.published / 'marts.duckdb'}")
    typer.echo(f"  Parquet  {settings.published / 'parquet'}")
    typer.echo(f"  page     {settings.published / 'site' / 'index.html'}")
    for source, why in attention.items():
        typer.echo(f"attention: {source}: {why}")
    typer.echo(_told(report.dags.get("warehouse", {})))
    raise typer.Exit(exit_code)


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
    as_json: AsJson = False,
) -> None:
    """Write synthetic sample exports of all sources; scale 1, seed 1 reproduces the County's published figures."""
    from rich.progress import Progress

    from hrtp.samples import generate

    with Progress(console=console(), disable=scale == 1 or as_json) as bar:
        task = bar.add_task("writing samples", total=scale)
        generate(
            out, scale=scale, seed=seed, form=form.value, progress=lambda done, total: bar.update(task, completed=done)
        )
    if as_json:
        show_json({"folder": out, "scale": scale, "seed": seed, "form": form.value})
        return
    typer.echo(f"sample exports are in {out}; load them with: hrtp nightly --exports {out} --as-of 2026-09-30")


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show how every source stands."""
    from hrtp.status import source_states, status_view

    states = source_states(current_settings())
    if as_json:
        show_json([state.to_json() for state in states])
    else:
        console().print(status_view(states))


@app.command()
def scorecard(as_json: AsJson = False) -> None:
    """Show every indicator with its target."""
    from hrtp.scorecard import read_scorecard, scorecard_view

    figures = read_scorecard(current_settings())
    if as_json:
        show_json(figures.to_json())
    else:
        console().print(scorecard_view(figures))


@app.command()
def ingest(source: Annotated[str, typer.Argument(help="Source id.")], as_json: AsJson = False) -> None:
    """Pull, land, read, gate and load one source."""
    from hrtp.forget import finish
    from hrtp.ingest import ingest_source, source_config
    from hrtp.outcomes import ingest_of, recorded

    settings, say = current_settings(), progress(as_json=as_json)
    source_config(source, settings)  # a name that is mistyped is no failed ingest
    finish(settings, say)
    with recorded(settings, ingest_of(source)):
        result = ingest_source(source, settings, say)
    show_summary(result.summary(), as_json=as_json)


@app.command()
def build(as_of: AsOf = None, as_json: AsJson = False) -> None:
    """Build the warehouse from everything accepted so far."""
    from hrtp.build import build_warehouse, today
    from hrtp.forget import finish
    from hrtp.outcomes import BUILD, recorded

    settings, say = current_settings(), progress(as_json=as_json)
    finish(settings, say)
    with recorded(settings, BUILD):
        result = build_warehouse(settings, parse_day(as_of) or settings.as_of or today(), say)
    show_summary(result.summary(), as_json=as_json)


@app.command()
def publish(as_json: AsJson = False) -> None:
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
            show_summary(summary | {"postgres": None}, as_json=as_json)
            typer.echo(f"hrtp: {error}", err=True)
            raise typer.Exit(EXIT_ATTENTION) from None
    show_summary(summary, as_json=as_json)


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
        show_json(result.summary())
    else:
        for path, size in result.pages.items():
            typer.echo(f"{path}  {size / 1024:.0f} KiB")
        typer.echo("new pages" if result.changed else "nothing changed, the pages are byte for byte the same")
    if show:
        typer.launch(result.path.as_uri())


@app.command()
def docs(as_json: AsJson = False) -> None:
    """Write dbt's documentation of the last good build as one page, and the semantic layer that `mf` asks."""
    from hrtp.docs import write_docs

    result = write_docs(current_settings())
    if as_json:
        show_json(result.summary())
    else:
        typer.echo(str(result.page))

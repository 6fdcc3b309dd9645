"""PostgreSQL for BI tools: its roles, made once, and the published night, copied into it."""

from __future__ import annotations

from typing import Annotated

import typer

from hrtp.cli.app import AsJson, app, current_settings, show_json, show_summary

bi = typer.Typer(help="PostgreSQL for BI tools: roles once, the published night every night.", no_args_is_help=True)
app.add_typer(bi, name="bi")


@bi.command()
def setup(
    print_only: Annotated[
        bool, typer.Option("--print", help="Print the statements for psql instead; nothing is changed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make roles, schemas and grants in the database of HRTP_POSTGRES_ADMIN_DSN; safe to run again.

    Passwords come from HRTP_BI_PUBLISHER_PASSWORD and HRTP_BI_READER_PASSWORD, or are set in psql.
    """
    from hrtp.bi import set_up, setup_sql

    if print_only:
        if as_json:
            show_json({"sql": setup_sql()})
        else:
            typer.echo(setup_sql(), nl=False)
        return
    left = set_up(current_settings())
    if as_json:
        show_json({"left": left})
        return
    typer.echo("bi: roles marts_owner, bi_publisher and bi_reader, schemas and grants are as they should be")
    for line in left:
        typer.echo(f"bi: still to do: {line}")


@bi.command()
def publish(as_json: AsJson = False) -> None:
    """Let PostgreSQL show the published night; nothing is copied where it shows it already."""
    from hrtp.bi import publish_to_postgres
    from hrtp.outcomes import PUBLISH_BI, recorded

    settings = current_settings()
    with recorded(settings, PUBLISH_BI):
        summary = publish_to_postgres(settings).summary()
    show_summary(summary, as_json=as_json)

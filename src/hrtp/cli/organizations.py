"""Organisations that may be one."""

from __future__ import annotations

import typer

from hrtp.cli.app import AsJson, app, console, current_settings, show_json

organizations_app = typer.Typer(help="Organisations that may be one.", no_args_is_help=True)
app.add_typer(organizations_app, name="organizations")


@organizations_app.command("review")
def review(as_json: AsJson = False) -> None:
    """List pairs of names that may be one organisation, or one EIN under two; nothing is merged without a word.

    Decide on a pair by a row of seeds/organization_aliases.csv (docs/how-to/decide-on-organisations.md).
    """
    from hrtp.organizations import organization_review, review_table

    pairs = organization_review(current_settings())
    if as_json:
        show_json(pairs)
    elif not pairs:
        typer.echo("no two organisations look alike")
    else:
        console().print(review_table(pairs))
        typer.echo("decide by a row of seeds/organization_aliases.csv: docs/how-to/decide-on-organisations.md")

"""People who want to be forgotten, and the secret that stands between people and their keys."""

from __future__ import annotations

import getpass
import json
import sys
from typing import Annotated

import typer

from hrtp.cli.app import (
    AsJson,
    AsOf,
    By,
    app,
    current_settings,
    parse_day,
    progress,
    show_json,
    show_summary,
)

key_app = typer.Typer(help="The secret behind every person_key.", no_args_is_help=True)
app.add_typer(key_app, name="key")


@app.command()
def forget(
    source: Annotated[str, typer.Argument(help="Partner whose id of the person you have.")],
    participant_id: Annotated[
        str, typer.Argument(help="The partner's id of the person; - asks for it, so that no shell remembers it.")
    ],
    why: Annotated[
        str | None,
        typer.Option(help="Kept for ever in the audit trail. Write the number of the request, NEVER who it is about."),
    ] = None,
    by: By = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; nobody is asked where no terminal is.")] = False,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Take a person out of every zone: landing, raw, quarantine, identity, warehouse, published, feedback.

    All records that identity says are this person go, of every partner. Everybody else's figures, keys and row
    numbers stay. Killed in the middle, the next start of this command, or of any ingest, brings it to its end. There
    is no way back; backups of the landing zone hold the person until you forget there as well.
    """
    from hrtp.forget import find
    from hrtp.forget import forget as forget_person
    from hrtp.page import refresh_page

    settings, say = current_settings(), progress(as_json=as_json)
    if participant_id == "-":
        participant_id = typer.prompt("participant id", hide_input=True, err=as_json)
    if dry_run:
        show_summary(find(source, participant_id, settings).summary(), as_json=as_json)
        return
    if not why:
        raise typer.BadParameter("--why is needed: the fact is kept in the audit trail")
    if not yes and sys.stdin.isatty():
        found = find(source, participant_id, settings)
        say(json.dumps(found.summary()))
        typer.confirm("These rows go for ever. Go on?", abort=True, err=as_json)
    result = forget_person(
        source, participant_id, settings, why=why, by=by or getpass.getuser(), as_of=parse_day(as_of), progress=say
    )
    refresh_page(settings)
    show_summary(result.summary(), as_json=as_json)
    if result.in_inbox:
        say(
            f"attention: the person still stands in {result.in_inbox} files of partners' own folders; they are not "
            "ours to change. Later deliveries are redacted as they arrive"
        )


@key_app.command("fingerprint")
def key_fingerprint(as_json: AsJson = False) -> None:
    """Show which key the figures are made with, without giving it away."""
    from hrtp.identity import load_person_key

    found = load_person_key(current_settings()).fingerprint
    if as_json:
        show_json({"fingerprint": found})
    else:
        typer.echo(found)


@key_app.command("rotate")
def key_rotate(as_json: AsJson = False) -> None:
    """Put another secret in force: every person_key changes, every figure stays.

    Where HRTP_PERSON_KEY holds the secret, set the new one in HRTP_PERSON_KEY_NEW; afterwards move it to
    HRTP_PERSON_KEY. Where hrtp made its own, it makes a new one. See docs/runbooks/keys.md.
    """
    from hrtp.page import refresh_page
    from hrtp.rotate import rotate_key

    settings, say = current_settings(), progress(as_json=as_json)
    result = rotate_key(settings, say)
    refresh_page(settings)
    show_summary(result.summary(), as_json=as_json)
    if settings.person_key is not None:
        say("now move HRTP_PERSON_KEY_NEW to HRTP_PERSON_KEY, and unset HRTP_PERSON_KEY_NEW")
    else:
        say(f"back up {settings.identity / 'person_key'}")

"""The data steward's commands: what is to be looked at, what was decided, why a person is one person."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hrtp.cli.app import AsJson, By, app, console, current_settings, show_json

if TYPE_CHECKING:
    from hrtp.identity.decision import RecordId
    from hrtp.stewardship.decide import FromBook
    from hrtp.stewardship.desk import Desk
    from hrtp.stewardship.explain import Explanation

identity_app = typer.Typer(
    help="Who is one person: a data steward's list, decisions and questions.", no_args_is_help=True
)
app.add_typer(identity_app, name="identity")

Names = Annotated[
    bool,
    typer.Option("--names", help="Show what the records say, names included; only on a terminal, never in a file."),
]
_EXIT_ATTENTION = 3


def _refuse_names(*, names: bool, as_json: bool) -> None:
    """Names go to a steward's own eyes: not into a pipe, a log or a file."""
    if names and (as_json or not sys.stdout.isatty()):
        raise typer.BadParameter("names are shown on a terminal only; write a workbook with --xlsx instead")


@identity_app.command("review")
def identity_review(
    xlsx: Annotated[
        Path | None,
        typer.Option(metavar="NAME.xlsx", help="Also write a workbook to fill in, into the restricted zone."),
    ] = None,
    blocked: Annotated[bool, typer.Option("--blocked", help="Also pairs that a conflict keeps from merging.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="Lines to show; the workbook has them all.")] = 50,
    names: Names = False,
    as_json: AsJson = False,
) -> None:
    """List the pairs that a steward has to look at: unsure ones, and decided ones whose records have changed."""
    from rich.markup import escape
    from rich.table import Table

    from hrtp.stewardship.desk import open_desk
    from hrtp.stewardship.review import review_list

    _refuse_names(names=names, as_json=as_json)
    desk = open_desk(current_settings())
    found = review_list(desk, with_blocked=blocked)
    written = None
    if xlsx is not None:
        from hrtp.stewardship.book import write_book

        written = write_book(desk, found, xlsx)
    if as_json:
        document = {"pairs": [c.to_json(desk) for c in found], "workbook": str(written) if written else None}
        show_json(document)
        return
    if not found:
        typer.echo("nothing waits for a steward")
    else:
        table = Table("what", "left", "right", "probability", "reasons", "decided")
        for candidate in found[:limit]:
            said = candidate.to_json(desk)
            chance = candidate.match_probability
            reasons = " ".join(filter(None, [candidate.reasons, candidate.blocked])).replace("|", " ")
            decided = f"{said['verdict']} ({said['decision']})" if candidate.decision else ""
            cells = (
                said["what"],
                said["left"],
                said["right"],
                "" if chance is None else f"{chance:.4f}",
                reasons,
                decided,
            )
            table.add_row(*(escape(str(cell)) for cell in cells))
            if names:
                table.add_row("", *(escape(_said(desk, record)) for record in candidate.pair), "", "", "")
        console().print(table)
        if len(found) > limit:
            typer.echo(f"and {len(found) - limit} more")
        typer.echo("decide with: hrtp identity decide LEFT RIGHT merge|apart --why REASON --by NAME")
    if written is not None:
        typer.echo(
            f"the list to fill in is {written}; it holds names. Then: hrtp identity decide --from {written.name}"
        )


@identity_app.command("decide")
def identity_decide(
    left: Annotated[str | None, typer.Argument(help="One record, source:id as the list shows it.")] = None,
    right: Annotated[str | None, typer.Argument(help="The other record.")] = None,
    verdict: Annotated[str | None, typer.Argument(metavar="merge|apart", help="One person, or two.")] = None,
    why: Annotated[str | None, typer.Option(help="The reason; it is kept. Name nobody.")] = None,
    by: By = None,
    book: Annotated[
        Path | None, typer.Option("--from", metavar="NAME.xlsx", help="Read a workbook that was filled in.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say that two records are one person, or two; it holds for ever, above every rule, until decided anew.

    With --from exit code 3 says that rows were refused; each is named by its number.
    """
    from hrtp.stewardship.decide import decide, decide_from
    from hrtp.stewardship.desk import open_desk

    settings = current_settings()
    if book is not None:
        if left or right or verdict or why:
            raise typer.BadParameter("--from reads everything from the workbook; give only --by")
        result = decide_from(open_desk(settings), book.expanduser(), by)
        _show_book(result, as_json=as_json)
        if result.refused:
            raise typer.Exit(_EXIT_ATTENTION)
        return
    if not left or not right or verdict not in {"merge", "apart"} or not why:
        raise typer.BadParameter("give LEFT RIGHT merge|apart and --why, or --from a workbook")
    desk = open_desk(settings)
    decision = decide(
        desk,
        desk.record(left),
        desk.record(right),
        "merge" if verdict == "merge" else "apart",
        why=why,
        by=by or getpass.getuser(),
    )
    if as_json:
        show_json({"kept": [decision.number]})
    else:
        typer.echo(f"decision {decision.number}: {decision.verdict}")
        _say_what_follows()


def _show_book(result: FromBook, *, as_json: bool) -> None:
    if as_json:
        show_json(result.summary())
        return
    typer.echo(f"{len(result.kept)} decisions kept, {result.known} decided before, {result.blank} rows left blank")
    for row, code, text in result.refused:
        typer.echo(f"row {row} refused: {code}: {text}")
    if result.kept:
        _say_what_follows()


def _say_what_follows() -> None:
    typer.echo("the figures follow with the next build: hrtp build && hrtp publish")


@identity_app.command("decisions")
def identity_decisions(names: Names = False, as_json: AsJson = False) -> None:
    """List every decision, in force or superseded, and those whose records have changed since."""
    from rich.markup import escape
    from rich.table import Table

    from hrtp.stewardship.desk import open_desk
    from hrtp.stewardship.listing import listed

    _refuse_names(names=names, as_json=as_json)
    desk = open_desk(current_settings())
    found = listed(desk)
    if as_json:
        show_json(found)
        return
    if not found:
        typer.echo("nothing was decided yet")
        return
    table = Table("number", "at", "by", "verdict", "left", "right", "state", *(["why"] if names else []))
    why = {decision.number: decision.why for decision in desk.decisions}
    for row in found:
        cells = [row[name] for name in ("number", "at", "by", "verdict", "left", "right", "state")]
        cells += [why.get(row["number"], "")] if names else []
        table.add_row(*(escape(str(cell or "")) for cell in cells))
    console().print(table)


@identity_app.command("explain")
def identity_explain(
    person_key: Annotated[str, typer.Argument(help="A person_key, or its first eight or more digits.")],
    names: Names = False,
    as_json: AsJson = False,
) -> None:
    """Show which records are a person, by which rule or weight, and which decisions speak of them."""
    from hrtp.stewardship.desk import open_desk
    from hrtp.stewardship.explain import explain_person

    _refuse_names(names=names, as_json=as_json)
    desk = open_desk(current_settings())
    found = explain_person(desk, person_key)
    if as_json:
        show_json(found.to_json())
        return
    _show_person(desk, found, names=names)


def _show_person(desk: Desk, found: Explanation, *, names: bool) -> None:
    from rich.markup import escape
    from rich.table import Table

    if found.was_merged_away:
        typer.echo(f"{found.asked[:12]} was merged away; it is {found.person_key} now")
    typer.echo(f"person {found.person_key}: {len(found.records)} records")
    for record, shown in zip(found.ids, found.records, strict=True):
        typer.echo(f"  {shown}{': ' + _said(desk, record) if names else ''}")
    for title, rows in (("one person because", found.ties), ("looked at, and not merged", found.others)):
        if rows:
            table = Table("left", "right", "rule", "weight", "reasons", "kept apart by", "since", title=title)
            for row in rows:
                weight = "" if row["match_weight"] is None else f"{row['match_weight']:.2f}"
                cells = (row["left"], row["right"], row["rule"], weight, row["reasons"], row["blocked"], row["since"])
                table.add_row(*(escape(str(cell or "").replace("|", " ")) for cell in cells))
            console().print(table)
    _show_rows("decisions", found.decisions, ("number", "verdict", "left", "right", "by", "at", "is_in_force"))
    _show_rows("changes of the key", found.changes, ("changed_on", "kind", "old_person_key", "new_person_key"))


def _show_rows(title: str, rows: Iterable[dict[str, object]], columns: tuple[str, ...]) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(*columns, title=title)
    for row in rows:
        table.add_row(*(escape(str(row[name])[:32]) for name in columns))
    if table.row_count:
        console().print(table)


def _said(desk: Desk, record: RecordId) -> str:
    """What a record says, on one line, for a terminal that a steward looks at."""
    return " ".join(value for value in desk.says(record).values() if value)

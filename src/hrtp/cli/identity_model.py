"""The linkage model: retraining it, and how good it is where the truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hrtp.cli.app import AsJson, console, current_settings, progress, show_json, show_summary
from hrtp.cli.identity import identity_app


@identity_app.command()
def train(
    synthetic: Annotated[
        int, typer.Option(help="Train on so many invented records instead of the records at hand.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Of all samples; the same seed and records give the same model.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Train a candidate model, and write a report beside it (restricted zone).

    Nothing changes for a night: adopting a candidate is copying it to identity/model.json and committing that. See
    docs/how-to/identity-model.md.
    """
    from hrtp.retrain import retrain

    say = progress(as_json=as_json)
    result = retrain(current_settings(), seed=seed, synthetic=synthetic, progress=say)
    show_summary(result.summary(), as_json=as_json)


@identity_app.command()
def evaluate(
    folder: Annotated[Path, typer.Argument(help="Holds records.csv or records.parquet with a column true_person.")],
    model: Annotated[Path | None, typer.Option(help="A candidate model; by default the one in force.")] = None,
    peers: Annotated[bool, typer.Option(help="Measure exact rules alone and plain Splink too.")] = True,
    as_json: AsJson = False,
) -> None:
    """Measure pairwise precision and recall and the count of persons on records whose truth is known."""
    from hrtp.identity.evaluate import measure, read_truth
    from hrtp.identity.linkage import link, load_model

    settings = current_settings()
    records = read_truth(folder)
    found = {}
    if peers:
        from hrtp.identity.peers import PLAIN_THRESHOLD, exact_rules, plain_splink

        found["exact rules alone"] = measure(records["true_person"], exact_rules(records))
        found[f"plain Splink at {PLAIN_THRESHOLD}"] = measure(records["true_person"], plain_splink(records))
    linkage = link(records, load_model(settings.project, model), threads=settings.threads)
    found["strong keys of this matcher"] = measure(records["true_person"], linkage.deterministic)
    found["this matcher"] = measure(records["true_person"], linkage.person)
    found["this matcher, review band merged"] = measure(records["true_person"], linkage.if_all_merged)
    if as_json:
        show_json({name: quality.to_json() for name, quality in found.items()})
        return
    from rich.table import Table

    table = Table(title=f"{len(records):,} records of {next(iter(found.values())).true_persons:,} persons")
    for name in ("", "precision", "recall", "persons", "count error"):
        table.add_column(name, justify="left" if not name else "right")
    for name, q in found.items():
        table.add_row(name, f"{q.precision:.5f}", f"{q.recall:.5f}", f"{q.persons:,}", f"{q.count_error:+.3%}")
    console().print(table)


@identity_app.command()
def truth(
    out: Annotated[Path, typer.Option(help="Folder to write records.parquet to.")],
    records: Annotated[int, typer.Option(help="How many records.")] = 10_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same records.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Write a truth folder of invented people, to try `hrtp identity evaluate` on."""
    from hrtp.identity.truth import make_truth

    out.mkdir(parents=True, exist_ok=True)
    make_truth(records, seed).to_parquet(out / "records.parquet", index=False)
    if as_json:
        show_json({"written": out / "records.parquet", "records": records})
    else:
        typer.echo(f"{out / 'records.parquet'}: {records} records")

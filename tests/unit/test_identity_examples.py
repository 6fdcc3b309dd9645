"""The runbook's examples of each band are what the engine says of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from hrtp.identity.linkage import link, load_model

PROJECT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (merge|review|apart)(?:, [a-z ]+)? \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)


class Example(NamedTuple):
    band: str
    left: dict[str, str]
    right: dict[str, str]
    why: str


def person(text: str) -> dict[str, str]:
    """``Ana García, 1990-01-02, ends 1234, 90011`` as a record."""
    name, born, *more = text.split(", ")
    first, _, last = name.rpartition(" ") if name != "ANNA GARCIA LOPEZ" else ("ANNA", "", "GARCIA LOPEZ")
    record = {"first_name": first, "last_name": last, "date_of_birth": born}
    for value in more:
        record |= {"ssn_last4": value.removeprefix("ends ")} if value.startswith("ends ") else {"zip": value}
    return record


def examples() -> list[Example]:
    text = (PROJECT / "docs" / "runbooks" / "identity.md").read_text()
    table = text[text.index("| band | left | right |") : text.index("## Working off the list")]
    return [Example(found[1], person(found[2]), person(found[3]), found[4]) for found in ROW.finditer(table)]


def test_the_runbook_has_an_example_of_each_band() -> None:
    assert [example.band for example in examples()] == ["merge", "merge", "review", "apart", "apart", "apart"]


@pytest.mark.parametrize("example", examples(), ids=lambda example: f"{example.band} {example.left['first_name']}")
def test_the_engine_says_of_each_example_what_the_runbook_says(example: Example) -> None:
    records = pd.DataFrame([example.left, example.right]).astype(object)
    records = records.where(records.notna(), None).assign(source=["a", "b"], record_type="participant", record_id="r")
    linkage = link(records, load_model(PROJECT))
    assert (linkage.person[0] == linkage.person[1]) == (example.band == "merge")
    if len(linkage.pairs) == 0:
        assert "a name alone" in example.why
        return
    (pair,) = linkage.pairs.to_dict("records")
    assert pair["band"] == example.band
    for code in re.findall(r"`([^`]+)`", example.why):
        said = {pair["rule"], pair["blocked"], *pair["reasons"].split("|")}
        assert set(code.split()) <= said
    for weight in re.findall(r"weight (-?[0-9.]+)", example.why):
        assert f"{pair['match_weight']:.1f}" == weight

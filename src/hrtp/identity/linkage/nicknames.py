"""Short forms and other spellings of first names: a curated English list, and one of ours for what it does not hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from rapidfuzz.distance import DamerauLevenshtein

#: Shorter names are one stroke from too many others.
_LONG_ENOUGH = 4

#: Own additions: Spanish, Arabic, Russian, Armenian and other names of Los Angeles County.
OWN_LIST = Path(__file__).with_name("nicknames.csv")


@cache
def short_forms() -> Mapping[str, list[str]]:
    """Full name -> its short forms and spellings, all in lower case, sorted."""
    from nicknames import NickNamer

    found: dict[str, set[str]] = defaultdict(set)
    for name, short in NickNamer().nickname_lookup.items():
        found[name] |= short
    for line in OWN_LIST.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, *forms = line.split(",")
            found[name] |= set(forms)
    return {name: sorted(found[name] - {name}) for name in sorted(found)}


@cache
def _full_names() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for name, forms in short_forms().items():
        for form in forms:
            found[form].add(name)
    return {form: frozenset(names) for form, names in found.items()}


@cache
def _misspelt() -> Mapping[str, frozenset[str]]:
    """A listed name, or one without one of its letters -> the listed names that it may be meant for."""
    found: dict[str, set[str]] = defaultdict(set)
    for name in sorted({*short_forms(), *_full_names()}):
        if len(name) >= _LONG_ENOUGH:
            for text in (name, *_without_a_letter(name)):
                found[text].add(name)
    return {text: frozenset(names) for text, names in found.items()}


def _without_a_letter(name: str) -> list[str]:
    return [name[:place] + name[place + 1 :] for place in range(len(name))]


def full_names(name: str) -> list[str]:
    """The names that ``name`` may stand for, itself among them: two names that share one may be one person's.

    Two full names that share a short form (Christina and Christopher, both Chris) share none here. A name that no
    list holds may be a listed one with a wrong stroke, and then stands for what that one stands for.
    """
    full, short = short_forms(), _full_names()
    found = {name, *short.get(name, ())}
    if name not in full and name not in short and len(name) >= _LONG_ENOUGH:
        known = _misspelt()
        near = {other for text in (name, *_without_a_letter(name)) for other in known.get(text, ())}
        for other in near:
            if DamerauLevenshtein.distance(name, other, score_cutoff=1) <= 1:
                found |= {other, *short.get(other, ())}
    return sorted(found)

"""Every text of the page is in Spanish, and one that is not stops the test run with its name and place."""

from __future__ import annotations

import csv
import re
import shutil
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from hrtp.page.words import Language, TranslationMissing, catalogue_of
from tests.browser.catalogue import ROOT, every_text, page_texts, seed_texts
from tests.unit.page_world import facts, indicator

ES = Language("es")


def catalogue() -> dict[str, tuple[str, ...]]:
    """English -> Spanish, singular and plural where it counts."""
    messages = read_po(BytesIO(catalogue_of("es")), locale="es_US")
    found = {}
    for message in messages:
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            found[key] = (message.string,) if isinstance(message.string, str) else tuple(message.string)
            assert not message.fuzzy, f"es.po: the translation of {key!r} is marked fuzzy: look at it, then unmark it"
    return found


def missing(texts: dict[str, str]) -> list[str]:
    known = catalogue()
    return [
        f"{place} has no Spanish in src/hrtp/page/locale/es.po (docs/how-to/translate-the-page.md): {text}"
        for text, place in texts.items()
        if not all(known.get(text, ("",)))
    ]


def test_every_text_of_the_seeds_has_a_translation() -> None:
    assert missing(seed_texts()) == []
    assert len(seed_texts()) > 60


def test_an_indicator_that_is_added_without_its_spanish_is_named(tmp_path: Path) -> None:
    seeds = shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    path = seeds / "indicator_catalogue.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    with path.open("a", encoding="utf-8", newline="") as handle:
        new = rows[0] | {"indicator_key": "workers_withdrawn", "name": "Workers who left"}
        csv.DictWriter(handle, rows[0].keys()).writerow(new)
    (message,) = missing(seed_texts(seeds))
    assert message.startswith("seeds/indicator_catalogue.csv: workers_withdrawn.name has no Spanish in src/hrtp/page/")
    assert message.endswith("Workers who left")


def test_every_text_of_the_templates_and_the_code_has_a_translation() -> None:
    assert missing(dict.fromkeys(page_texts(), "src/hrtp/page")) == []
    assert len(page_texts()) > 80


def test_no_translation_is_left_of_a_text_that_is_gone_or_changed() -> None:
    assert sorted(set(catalogue()) - every_text()) == []


def test_a_translation_names_the_same_things_as_its_text() -> None:
    wrong = []
    for text, translations in catalogue().items():
        for translation in translations:
            if set(re.findall(r"\{(\w+)\}", text)) != set(re.findall(r"\{(\w+)\}", translation)):
                wrong.append(translation)
    assert wrong == ["El único socio está al día."]  # one is not counted aloud


def test_a_translation_keeps_every_number_of_its_text() -> None:
    """A definition says 338, 84.4 % or 12 months in either language."""
    in_words = {"1": {"1", "un", "una"}}
    wrong = []
    for text, (translation, *_) in catalogue().items():
        for number in re.findall(r"\d+(?:\.\d+)?", text):
            if number not in re.findall(r"\d+(?:\.\d+)?", translation) and number not in in_words:
                wrong.append((number, translation))
    assert wrong == []


def test_a_text_without_translation_stops_the_page_and_says_what_to_do() -> None:
    from hrtp.page.view import view_of

    with pytest.raises(TranslationMissing, match=r"no translation into 'es' of: Workers who left .*es\.po"):
        view_of(facts(indicator(name="Workers who left")), ES)
    with pytest.raises(TranslationMissing):
        ES.count("{n} thing", "{n} things", 2)


def test_numbers_and_days_are_written_as_the_language_writes_them() -> None:
    from datetime import date
    from decimal import Decimal

    assert (ES.day(date(2026, 9, 30)), ES.month(date(2026, 9, 30))) == (
        "30 de septiembre de 2026",
        "septiembre de 2026",
    )
    assert (ES.number(Decimal("12345.50")), ES.dollars(Decimal("20.1"))) == ("12,345.5", "$20.10")
    assert ES.count("{n} person", "{n} people", 1) == "1 persona"
    assert ES.count("{n} person", "{n} people", 213) == "213 personas"

"""The page's languages: texts out of ``locale/<language>.po``, numbers and days as each language writes them.

The English text is its own key, texts of the marts (names, definitions) included: where a definition changes, its
translation no longer fits, and the page says so instead of telling the old one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from gettext import NullTranslations
from importlib.resources import files
from typing import TYPE_CHECKING, NoReturn

from hrtp.errors import HrtpError

if TYPE_CHECKING:
    from babel.support import Translations

#: Language of the page -> the locale whose numbers and days it writes: Los Angeles' own.
LOCALES = {"en": "en_US", "es": "es_US"}


class TranslationMissing(HrtpError):
    """A text has no translation: it came into the seeds or templates without one, or it was changed."""

    code = "TRANSLATION"


@dataclass(frozen=True)
class Language:
    """One language of the page: ``es``."""

    key: str

    @property
    def locale(self) -> str:
        """Babel's name of the locale: ``es_US``."""
        return LOCALES[self.key]

    def text(self, message: str, **values: object) -> str:
        """A text in this language, with ``{names}`` filled in.

        Raises:
            TranslationMissing: where the catalogue has none.
        """
        translations = _translations(self.key)
        found = message if translations is None else translations.gettext(message)
        return found.format(**values) if values else found

    def count(self, one: str, many: str, number: int, **values: object) -> str:
        """A text that counts things; ``{n}`` is the number."""
        translations = _translations(self.key)
        found = (one if number == 1 else many) if translations is None else translations.ngettext(one, many, number)
        return found.format(n=self.number(number), **values)

    def number(self, value: Decimal | int) -> str:
        """A number with at most two digits behind the point: ``1,234.5``."""
        from babel.numbers import format_decimal

        return str(format_decimal(value, format="#,##0.##", locale=self.locale))

    def dollars(self, value: Decimal) -> str:
        """An amount in dollars and cents: ``$20.15``."""
        from babel.numbers import format_currency

        return str(format_currency(value, "USD", locale=self.locale))

    def percent(self, share: Decimal) -> str:
        """A share of one in whole percent: ``47%``. What is not whole never reads 100 %."""
        from babel.numbers import format_percent

        whole = (share * 100).quantize(Decimal(1), ROUND_HALF_UP)
        if share < 1:
            whole = min(whole, Decimal(99))
        return str(format_percent(whole / 100, locale=self.locale))

    def day(self, day: date) -> str:
        """A day in full: ``September 30, 2026``."""
        from babel.dates import format_date

        return str(format_date(day, "long", locale=self.locale))

    def month(self, day: date) -> str:
        """A month with its year: ``September 2026``."""
        from babel.dates import format_skeleton

        return str(format_skeleton("yMMMM", day, locale=self.locale))

    def listed(self, words: list[str]) -> str:
        """``a, b, and c``."""
        from babel.lists import format_list

        return str(format_list(words, locale=self.locale))


def catalogue_of(language: str) -> bytes:
    """The catalogue's own bytes: ``locale/es.po``."""
    return (files("hrtp.page") / "locale" / f"{language}.po").read_bytes()


@lru_cache(maxsize=4)
def _translations(language: str) -> Translations | None:
    if language == "en":
        return None
    from io import BytesIO

    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po
    from babel.support import Translations

    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(catalogue_of(language)), locale=LOCALES[language]))
    compiled.seek(0)
    translations = Translations(fp=compiled)
    translations.add_fallback(_Missing(language))
    return translations


class _Missing(NullTranslations):
    """What gettext asks for a text that the catalogue lacks."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    def gettext(self, message: str) -> NoReturn:
        """Refuse."""
        raise TranslationMissing(
            f"no translation into '{self._language}' of: {message} "
            f"(add it to src/hrtp/page/locale/{self._language}.po; docs/how-to/translate-the-page.md)"
        )

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> NoReturn:
        """Refuse."""
        self.gettext(msgid1)

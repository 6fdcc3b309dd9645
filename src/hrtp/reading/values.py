"""One value at a time: text to the contract's own writing, or a reason code. A value is never guessed.

Every parser returns ``(text or None, issue or None, warning or None)``; the text of an issue is always None.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from hrtp.reading.table import fold

Parsed = tuple[str | None, str | None, str | None]
Parser = Callable[[str], Parsed]

#: Dates that systems write for "none" (fault V03).
SENTINELS = frozenset({"1899-12-30", "1899-12-31", "1900-01-01", "1900-01-00", "9999-12-31"})

_SHAPES = {"%Y": r"\d{4}", "%m": r"\d{1,2}", "%d": r"\d{1,2}", "%b": r"[A-Za-z]{3}", "%B": r"[A-Za-z]+"}
_SLASHED = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-]\d{2,4}$")
_NUMBER = re.compile(
    r"(?P<dollar>\$\s?)?(?P<sign>-)?(?P<whole>\d{1,3}(,\d{3})+|\d+)?(?P<part>\.\d*)?(?P<unit>\s*(/|per\s+)\s*\w+)?$"
)
_SCIENTIFIC = re.compile(r"[+-]?\d(\.\d+)?[eE][+-]?\d+$")
_SSN = re.compile(r"\d{3}[-. ]?\d{2}[-. ]?\d{4}$")
_SSN_INSIDE = re.compile(r"(?<![\d-])\d{3}([-. ])\d{2}\1\d{4}(?![\d-])")
_NINE_DIGITS = re.compile(r"(?<![\d-])\d{9}(?![\d-])")
_MOJIBAKE = re.compile("[\u00c3\u00c2][\u0080-\u00bf]")
_FLAGS = {"y": "Y", "yes": "Y", "1": "Y", "true": "Y", "t": "Y", "n": "N", "no": "N", "0": "N", "false": "N", "f": "N"}


def date_parser(formats: tuple[str, ...], earliest: date | None = None, latest: date | None = None) -> Parser:
    """Parse by ``formats`` only; two formats that disagree make a date ambiguous (fault V01).

    A day before ``earliest`` or after ``latest`` is a slip of the pen (0202 for 2022): it would count, and give every
    figure centuries of months.
    """
    shapes = [(f, re.compile(_shape(f))) for f in formats]

    def parse(text: str) -> Parsed:
        found: set[date] = set()
        fits = False
        for written, shape in shapes:
            if shape.fullmatch(text):
                fits = True
                try:
                    found.add(datetime.strptime(text, written).date())
                except ValueError:
                    continue
        if len(found) > 1:
            return None, "DATE_AMBIGUOUS", None
        if found:
            day = found.pop()
            if day.isoformat() in SENTINELS:
                return None, None, "SENTINEL_DATE"
            can_be = (earliest is None or earliest <= day) and (latest is None or day <= latest)
            return (day.isoformat(), None, None) if can_be else (None, "DATE_INVALID", None)
        if text in SENTINELS:
            return None, None, "SENTINEL_DATE"
        if fits:
            return None, "DATE_INVALID", None
        slashed = _SLASHED.match(text)
        if slashed and int(slashed[1]) <= 12 and int(slashed[2]) <= 12:
            return None, "DATE_AMBIGUOUS", None
        return None, "DATE_FORMAT", None

    return parse


def _shape(written: str) -> str:
    pattern = re.escape(written)
    for directive, shape in _SHAPES.items():
        pattern = pattern.replace(re.escape(directive), shape)
    if written == "%Y-%m-%d":
        return r"\d{4}-\d{2}-\d{2}"
    if written == "%Y%m%d":
        return r"\d{8}"
    return pattern


def number_parser(max_whole_digits: int) -> Parser:
    """``parse_number``, refusing what the warehouse's columns cannot hold: one such row must not stop a build."""
    limit = Decimal(10) ** max_whole_digits

    def parse(text: str) -> Parsed:
        value, issue, warning = parse_number(text)
        if value is not None and abs(Decimal(value)) >= limit:
            return None, "NUMBER_FORMAT", None
        return value, issue, warning

    return parse


def parse_number(text: str) -> Parsed:
    """A decimal by grammar (fault V11): ``22.5 $22.50 1,234.50 $22.50/hr``; a decimal comma is refused (F41)."""
    match = _NUMBER.fullmatch(text)
    if match is None or (match["whole"] is None and not (match["part"] or "").strip(".")):
        return None, "NUMBER_FORMAT", None
    unit = re.sub(r"[\s/]|per", "", match["unit"] or "").lower()
    if unit and unit not in {"hr", "hour", "h"}:
        return None, "NUMBER_UNIT", None
    number = Decimal(
        (match["sign"] or "") + (match["whole"] or "0").replace(",", "") + (match["part"] or "").rstrip(".")
    )
    plain = f"{number:f}"
    repaired = match["dollar"] or match["unit"] or "," in (match["whole"] or "")
    return plain, None, "NUMBER_REPAIRED" if repaired else None


def parse_integer(text: str) -> Parsed:
    """A whole number; ``2.0`` (a workbook's) is 2."""
    match = re.fullmatch(r"(-?\d{1,9})(\.0+)?", text)
    return (str(int(match[1])), None, None) if match else (None, "NUMBER_FORMAT", None)


def parse_flag(text: str) -> Parsed:
    """``Y`` or ``N``; blank never comes here, for blank is unknown (fault V16)."""
    flag = _FLAGS.get(fold(text))
    return (flag, None, None) if flag else (None, "FLAG_FORMAT", None)


def parse_ssn_last4(text: str) -> Parsed:
    """Exactly four digits; a whole SSN is PII_EXCESS and kept nowhere (faults V23, F34)."""
    if _SSN.match(text):
        return None, "PII_EXCESS", None
    return (text, None, None) if re.fullmatch(r"\d{4}", text) else (None, "DIGITS_FORMAT", None)


def parse_zip(text: str) -> Parsed:
    """ZIP+4 is cut to its five digits; anything else passes on for the gate to judge (fault F32: never padded)."""
    match = re.fullmatch(r"(\d{5})(-?\d{4})?", text)
    return (match[1] if match else text), None, None


def parse_digits(length: int | None) -> Parser:
    """Exactly ``length`` digits."""

    def parse(text: str) -> Parsed:
        fits = text.isascii() and text.isdigit() and (length is None or len(text) == length)
        return (text, None, None) if fits else (None, "DIGITS_FORMAT", None)

    return parse


def parse_ein(text: str) -> Parsed:
    """``NN-NNNNNNN``; nine digits get their hyphen, with a warning."""
    match = re.fullmatch(r"(\d{2})(-?)(\d{7})", text)
    if match is None:
        return None, "EIN_FORMAT", None
    return f"{match[1]}-{match[3]}", None, None if match[2] else "EIN_REPAIRED"


def id_parser(is_required: bool) -> Parser:
    """Opaque text; what a spreadsheet destroyed is refused (fault F33), and so is an id that is written as an SSN.

    Ids go on to the warehouse, so an SSN must not be one (V22): an optional id is blanked, a row without its own id
    cannot load.
    """

    def parse(text: str) -> Parsed:
        if _SCIENTIFIC.match(text):
            return None, "SCI_NOTATION", None
        if _SSN_INSIDE.search(text):
            return (None, "PII_EXCESS", None) if is_required else (None, None, "PII_IN_FREETEXT")
        return text, None, None

    return parse


def parse_text(text: str) -> Parsed:
    """Free text: an SSN inside is taken out (fault V22), also nine bare digits; broken encoding is marked (F05)."""
    cleaned = _NINE_DIGITS.sub("[removed]", _SSN_INSIDE.sub("[removed]", text))
    if cleaned != text:
        return cleaned, None, "PII_IN_FREETEXT"
    return text, None, "MOJIBAKE" if _MOJIBAKE.search(text) else None


def parse_pii_text(text: str) -> Parsed:
    """A name, a contact: kept as it was written, but for an SSN in it. What is left blank is missing."""
    cleaned = _SSN_INSIDE.sub("", text)
    if cleaned != text:
        return " ".join(cleaned.split()) or None, None, "PII_IN_FREETEXT"
    return text, None, "MOJIBAKE" if _MOJIBAKE.search(text) else None


def code_parser(labels: dict[str, str], codes: frozenset[str]) -> Parser:
    """A code, through the source's ``labels`` (folded keys). What is unknown passes on for the gate to name."""

    def parse(text: str) -> Parsed:
        folded = fold(text)
        if folded in labels:
            return labels[folded], None, None
        if text in codes or not codes:
            return text, None, None
        if folded in codes:
            return folded, None, "CODE_CASE"
        return text, None, None

    return parse


def code_set_parser(labels: dict[str, str], codes: frozenset[str]) -> Parser:
    """Several codes joined by ``|``, sorted, each once."""
    one = code_parser(labels, codes)

    def parse(text: str) -> Parsed:
        parsed = [one(part.strip()) for part in re.split(r"[|;]", text) if part.strip()]
        values = sorted({p[0] for p in parsed if p[0]})
        return "|".join(values) or None, None, next((p[2] for p in parsed if p[2]), None)

    return parse

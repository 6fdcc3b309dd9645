"""Macros whose arithmetic or text rules must hold for any input, run in DuckDB against a reference in Python."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import duckdb
import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warehouse_world import PROJECT

AMOUNTS = st.decimals(min_value=0, max_value=Decimal("9999999.99"), places=2)
HOURS = st.decimals(min_value=Decimal("0.25"), max_value=Decimal("168"), places=2)


def render(file: str, macro: str, *arguments: object) -> str:
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(PROJECT / "macros"), autoescape=False)
    return str(getattr(environment.get_template(file).module, macro)(*arguments))


def half_up(value: Fraction, scale: int) -> Decimal:
    exact = Decimal(value.numerator * 10**30 // value.denominator).scaleb(-30)
    return exact.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_UP)


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@settings(max_examples=300, deadline=None)
@given(amount=AMOUNTS, hours=HOURS)
def test_a_yearly_wage_is_divided_without_a_float(amount: Decimal, hours: Decimal) -> None:
    sql = render("exact_divide.sql", "exact_divide", "amount", "hours * 52")
    value = duckdb.execute(
        f"select {sql} from (select cast(? as decimal(12, 2)) as amount, cast(? as decimal(9, 2)) as hours)",
        [str(amount), str(hours)],
    ).fetchall()[0][0]
    assert value == half_up(Fraction(amount) / (Fraction(hours) * 52), 6)


@pytest.mark.parametrize(
    ("numerator", "denominator", "scale", "expected"),
    [
        ("1", "3", 6, Decimal("0.333333")),
        ("2", "3", 6, Decimal("0.666667")),
        ("0.005", "1", 2, Decimal("0.01")),
        ("85.005", "1", 2, Decimal("85.01")),
        ("0", "7", 2, Decimal("0.00")),
        ("7", "2", 0, Decimal("4")),
        ("7", "0", 6, None),
        ("null", "2", 6, None),
        ("7", "null", 6, None),
    ],
)
def test_a_quotient_is_rounded_half_up_and_null_without_a_divisor(
    connection: duckdb.DuckDBPyConnection, numerator: str, denominator: str, scale: int, expected: Decimal | None
) -> None:
    sql = render("exact_divide.sql", "exact_divide", numerator, denominator, scale)
    assert connection.execute(f"select {sql}").fetchall() == [(expected,)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ACME, Inc.", "acme"),
        ("The Acme Company, LLC", "acme"),
        ("Acmé Co. Ltd", "acme"),
        ("Smith & Sons", "smith sons"),
        ("Smith and Sons, P.C.", "smith sons"),
        ("Children's Hospital", "childrens hospital"),
        ("St. Mary's Medical-Center", "st marys medical center"),
        ("  L.A.  Trade Tech  ", "la trade tech"),
        ("Theatre Works PBC", "theatre works"),
        ("Broad Studio, The", "broad studio"),
        ("Acme L L C", "acme"),
        ("Acme Limited Liability Company", "acme"),
        ("Acme Dental, a Professional Corporation", "acme dental a"),
        ("Acme Housing, a California Nonprofit Public Benefit Corporation", "acme housing"),
        ("Acme Partners, L.P.", "acme partners"),
        ("Ａｃｍｅ　Ｃｏ．", "acme"),
        ("OʼNeil‘s & Co", "oneils"),
        ("Acme Holdings LLC dba Acme Bakery", "acme holdings llc dba acme bakery"),
        ("Incorporated", "incorporated"),
        ("The", "the"),
        ("***", "***"),
    ],
)
def test_a_name_is_normalised_by_case_punctuation_and_legal_form(
    connection: duckdb.DuckDBPyConnection, name: str, expected: str
) -> None:
    sql = render("organizations.sql", "normalize_organization_name", "name")
    assert connection.execute(f"select {sql} from (select ? as name)", [name]).fetchall() == [(expected,)]


@pytest.mark.parametrize(
    ("ein", "expected"),
    [
        ("95-1234567", "951234567"),
        ("951234567", "951234567"),
        ("00-0000000", None),
        ("95-123", None),
        ("", None),
        (None, None),
    ],
)
def test_an_ein_is_nine_digits_that_are_not_all_one(
    connection: duckdb.DuckDBPyConnection, ein: str | None, expected: str | None
) -> None:
    sql = render("organizations.sql", "normalize_ein", "ein")
    assert connection.execute(f"select {sql} from (select cast(? as varchar) as ein)", [ein]).fetchall() == [
        (expected,)
    ]


def test_a_key_tells_apart_parts_that_a_plain_join_would_confuse(connection: duckdb.DuckDBPyConnection) -> None:
    keys = [
        connection.execute(f"select {render('keys.sql', 'surrogate_key', parts)}").fetchall()[0][0]
        for parts in (["'a|b'", "'c'"], ["'a'", "'b|c'"], ["'a'", "null"], ["'a'", "''"], ["'a'"])
    ]
    assert len(set(keys)) == 5

"""Small calculations whose results expectations look at: ages, hourly wages, repeats.

Each takes the frame and gives a column of the same index. Missing stays missing: a rule looks past it. Thresholds are
compared as floating point, which decides the gate only; every published figure is computed in decimals by SQL.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from hrtp.contracts import EntityContract, Parameters
from hrtp.gate.errors import GateError

_TRAILING_NUMBER = r"[\W\d_]+$"
MONTHS_PER_YEAR = 12


@dataclass(frozen=True)
class HelperInput:
    """What a calculation may use. ``columns`` are those that the rule names."""

    frame: pd.DataFrame
    contract: EntityContract
    columns: tuple[str, ...]
    data_through: dt.date

    @property
    def parameters(self) -> Parameters:
        """The numbers of the rule catalogue."""
        return self.contract.parameters

    def column(self, name: str) -> pd.Series:
        """The column, or one of blanks where the file lacks it."""
        if name in self.frame:
            return self.frame[name]
        return pd.Series(None, index=self.frame.index, dtype=object)


def age_years(given: HelperInput) -> pd.Series:
    """Completed years of age on the day the export runs through; negative for a birth date after that day's year."""
    born = given.column(given.columns[0])
    through = given.data_through
    year = pd.to_numeric(born.str.slice(0, 4)).astype("float64")
    had_birthday = born.str.slice(5) <= f"{through:%m-%d}"
    return through.year - year - (~had_birthday.astype(bool)).astype("float64")


def data_through(given: HelperInput) -> pd.Series:
    """The day the export runs through, in every row, so that dates can be compared with it."""
    return pd.Series(given.data_through.isoformat(), index=given.frame.index, dtype=object)


def wage_usd_per_hour(given: HelperInput) -> pd.Series:
    """The wage in USD an hour; missing where it cannot be told or where the unit is wrong (see WAGE_UNIT).

    week / hours; month x 12 / (52 x hours); year / (52 x hours); 40 hours where blank (median_placement_wage).
    """
    per_hour = _converted_wage(given)
    return per_hour.mask(_wage_unit_is_wrong(given, per_hour))


def wage_unit_plausible(given: HelperInput) -> pd.Series:
    """Y or N: whether the amount can be of the unit given; missing where there is no wage."""
    per_hour = _converted_wage(given)
    verdict = pd.Series("Y", index=given.frame.index, dtype=object)
    return verdict.mask(_wage_unit_is_wrong(given, per_hour), "N").where(per_hour.notna(), None)


def wage_over_minimum_usd_per_hour(given: HelperInput) -> pd.Series:
    """USD an hour above California's minimum wage on the first day of work, to the cent; negative is below it."""
    per_hour = wage_usd_per_hour(given)
    floor = minimum_wage_on(given.column("start_date"), given.parameters.minimum_wage)
    return (per_hour - floor).round(2).where(per_hour > 0)


def hours_per_week(given: HelperInput) -> pd.Series:
    """The hours a week as a number."""
    return _number(given.column("hours_per_week"))


def hours_not_needed(given: HelperInput) -> pd.Series:
    """The hours a week where no wage has to be divided by them: the wage is hourly, or there is no unit."""
    unit = given.column("wage_unit")
    return hours_per_week(given).where(~unit.isin(["week", "month", "year"]))


def test_words(given: HelperInput) -> pd.Series:
    """How many of the names are words for test records: 0, 1 or 2. A number at the end does not matter."""
    words = given.parameters.test_words
    hits = pd.Series(0, index=given.frame.index, dtype="int64")
    for name in given.columns:
        folded = given.column(name).str.casefold().str.replace(_TRAILING_NUMBER, "", regex=True)
        hits += folded.isin(words).astype("int64")
    return hits


def repeats_row(given: HelperInput) -> pd.Series:
    """Y where an earlier row has the same value in every contract column, else missing."""
    repeated = pd.Series(None, index=given.frame.index, dtype=object)
    shared = given.frame.duplicated(subset=list(given.contract.key), keep=False)
    if shared.any():  # a repeat of the row repeats the key, and comparing few rows is cheap
        columns = [name for name in given.contract.columns if name in given.frame]
        again = given.frame.loc[shared].duplicated(subset=columns, keep="first")
        repeated.loc[again[again].index] = "Y"
    return repeated


def minimum_wage_on(days: pd.Series, table: Mapping[dt.date, object]) -> pd.Series:
    """The minimum wage, USD an hour, in force on each ISO day; missing before the table begins."""
    floor = pd.Series(float("nan"), index=days.index)
    for first_day, wage in sorted(table.items()):
        floor = floor.mask(days >= first_day.isoformat(), float(str(wage)))
    return floor


def _converted_wage(given: HelperInput) -> pd.Series:
    amount = _number(given.column("wage_amount"))
    unit = given.column("wage_unit")
    hours = _number(given.column("hours_per_week"))
    hours = hours.where(hours.isna() | ((hours > 0) & (hours <= given.parameters.hours_in_week)), 0)
    hours = hours.fillna(float(given.parameters.assumed_hours_per_week)).replace(0, float("nan"))
    year_hours = given.parameters.weeks_per_year * hours
    per_hour = pd.Series(float("nan"), index=amount.index)
    per_hour = per_hour.mask(unit == "hour", amount)
    per_hour = per_hour.mask(unit == "week", amount / hours)
    per_hour = per_hour.mask(unit == "month", amount * MONTHS_PER_YEAR / year_hours)
    return per_hour.mask(unit == "year", amount / year_hours)


def _wage_unit_is_wrong(given: HelperInput, per_hour: pd.Series) -> pd.Series:
    parameters = given.parameters
    hourly = given.column("wage_unit") == "hour"
    salary = hourly & (per_hour >= float(parameters.annual_salary_from_usd))
    pennies = ~hourly & (per_hour > 0) & (per_hour < float(parameters.wage_floor_usd_per_hour))
    return salary | pennies


def _number(text: pd.Series) -> pd.Series:
    return pd.to_numeric(text).astype("float64")


HELPERS: Mapping[str, Callable[[HelperInput], pd.Series]] = {
    calculation.__name__: calculation
    for calculation in (
        age_years,
        data_through,
        wage_usd_per_hour,
        wage_unit_plausible,
        wage_over_minimum_usd_per_hour,
        hours_per_week,
        hours_not_needed,
        test_words,
        repeats_row,
    )
}


def calculate(helper: str, given: HelperInput) -> pd.Series:
    """Run a helper by name.

    Raises:
        GateError: there is no such helper, or the frame holds what its reader must not have let through.
    """
    if helper not in HELPERS:
        raise GateError(f"there is no calculation {helper}")
    try:
        return HELPERS[helper](given)
    except (ValueError, TypeError, AttributeError):
        # the cause quotes a value, so it is not chained
        raise GateError(f"{helper} could not be calculated for {given.contract.entity}") from None

"""Facts in words: what a figure is, how far it is from its target and since when, how sure and how fresh it is."""

from __future__ import annotations

from decimal import Decimal

from hrtp.page.facts import Companion, Doubt, Facts, Figure, Indicator, Month
from hrtp.page.words import Language

#: Why there is no figure.
_REASONS = {
    "NO_WAGES": "no wage is known yet",
    "ZERO_DENOMINATOR": "nobody to count yet",
    "TOO_FEW": "too few to tell",
    "FEW_PEOPLE": "fewer than 11 people, not shown",
}
_NO_REASON = "no figure"
#: The units of the catalogue, as people read them after a number; counted, so that one is one.
_UNITS = {
    "persons": ("person", "people"),
    "programs": ("program", "programs"),
    "organisations": ("organization", "organizations"),
    "contracts": ("contract", "contracts"),
    "plans": ("plan", "plans"),
    "reports": ("report", "reports"),
    "sectors": ("sector", "sectors"),
    "employer x sector": ("employer in a sector", "employers, counted in each sector"),
}


def tabled() -> list[str]:
    """Every text of the tables above: what they hold is translated like any other."""
    return [*_REASONS.values(), _NO_REASON, *(f"{{n}} {one}" for one, _ in _UNITS.values())]


def value(say: Language, figure: Decimal | None, unit: str) -> str:
    """A figure without its unit's name, as it stands large: ``213``, ``$20.15``, ``100%``, ``Yes``."""
    if figure is None:
        return say.text("No figure")
    if unit == "USD per hour":
        return say.dollars(figure)
    if unit == "percent":
        return f"{say.number(figure)}%"
    if unit == "yes/no":
        return say.text("Yes") if figure else say.text("No")
    return say.number(figure)


def unit_name(say: Language, figure: Decimal | None, unit: str) -> str:
    """What the number counts: ``people``; empty where the number says it."""
    if figure is None or unit == "percent" or unit == "yes/no":
        return ""
    if unit == "USD per hour":
        return say.text("per hour")
    return quantity(say, figure, unit).removeprefix(say.number(figure)).strip()


def quantity(say: Language, figure: Decimal, unit: str) -> str:
    """A figure with its unit: ``213 people``, ``$20.15 per hour``."""
    if unit in _UNITS and figure == int(figure):
        one, many = _UNITS[unit]
        return say.count(f"{{n}} {one}", f"{{n}} {many}", int(figure))
    if unit == "USD per hour":
        return say.text("{amount} per hour", amount=say.dollars(figure))
    return value(say, figure, unit)


def reason(say: Language, code: str | None) -> str:
    """Why there is no figure."""
    return say.text(_REASONS.get(code or "", _NO_REASON))


def target(say: Language, figure: Figure, unit: str) -> str:
    """The target with its scope; a dash where there is none."""
    if figure.target is None:
        return "–"
    text = value(say, figure.target, unit)
    return say.text("{target} in each sector", target=text) if figure.target_scope == "each_sector" else text


def state(indicator: Indicator, figure: Figure) -> str:
    """``met``, ``unmet``, or ``none`` where there is nothing to meet or no figure."""
    if not indicator.is_applicable or figure.target is None or figure.meets_target is None:
        return "none"
    return "met" if figure.meets_target else "unmet"


def state_name(say: Language, indicator: Indicator, figure: Figure) -> str:
    """The state in two or three words, for the badge."""
    if not indicator.is_applicable:
        return say.text("Not run by HRTP")
    if figure.target is None:
        return say.text("No target set")
    if figure.meets_target is None:
        return say.text("No figure yet")
    return say.text("On target") if figure.meets_target else say.text("Below target")


def distance(say: Language, indicator: Indicator, n_sectors: int) -> str:
    """By how much it is on or below target; empty where there is no target."""
    figure = indicator.total
    if state(indicator, figure) == "none":
        return reason(say, figure.reason) if figure.value is None else ""
    if figure.target_scope == "each_sector":
        return say.text("{n} of {all} sectors reach it", n=figure.sectors_meeting or 0, all=n_sectors)
    gap = figure.gap
    if gap is None:
        return ""
    if indicator.unit == "yes/no":
        return say.text("done") if gap >= 0 else say.text("not done yet")
    if gap == 0:
        return say.text("exactly the target")
    size = abs(gap)
    words = {"USD per hour": say.dollars(size), "percent": say.text("{n} points", n=say.number(size))}
    amount = words.get(indicator.unit, say.number(size))
    return say.text("{amount} above", amount=amount) if gap > 0 else say.text("{amount} short", amount=amount)


def since(say: Language, indicator: Indicator) -> str:
    """Since when it is on target, or when it last was; empty where it never was."""
    figure = indicator.total
    if state(indicator, figure) == "met" and figure.met_since is not None:
        return say.text("since {month}", month=say.month(figure.met_since))
    if state(indicator, figure) == "unmet" and figure.last_met is not None:
        return say.text("last met in {month}", month=say.month(figure.last_met))
    return ""


def progress(say: Language, figure: Figure, n_sectors: int) -> tuple[Decimal, str] | None:
    """How far along it is: a share of one, cut at one for the bar, and in words; None where nothing is to reach."""
    if figure.target_scope == "each_sector" and figure.sectors_meeting is not None and n_sectors:
        share = Decimal(figure.sectors_meeting) / n_sectors
        return share, say.text("{n} of {all} sectors", n=figure.sectors_meeting, all=n_sectors)
    if figure.attainment is None:
        return None
    return min(figure.attainment, Decimal(1)), say.percent(figure.attainment)


def doubt(say: Language, found: Doubt | None, unit: str) -> str:
    """Between which figures it lies while somebody still decides who is one person; empty where nothing hangs on it."""
    if found is None or not found.is_in_doubt:
        return ""
    figures = {found.value, found.if_none_merged, found.if_all_merged}
    known = sorted(figure for figure in figures if figure is not None)
    pairs = say.count("{n} pair of records", "{n} pairs of records", found.n_pairs)
    if None in figures:
        return say.text(
            "none, or {figure}, until somebody has decided whether {pairs} are one person",
            figure=value(say, known[-1], unit) if known else "–",
            pairs=pairs,
        )
    return say.text(
        "between {low} and {high}, until somebody has decided whether {pairs} are one person",
        low=value(say, known[0], unit),
        high=value(say, known[-1], unit),
        pairs=pairs,
    )


def sureness(say: Language, indicator: Indicator) -> str:
    """How sure the total is, in one sentence."""
    found = doubt(say, indicator.doubt, indicator.unit)
    if found:
        return found
    if indicator.doubt is not None:
        return say.text("hangs on no undecided pair of records")
    return say.text("counts no people, so nobody can be counted twice")


def trend(say: Language, indicator: Indicator, figure: Figure) -> str:
    """What the chart shows, for whoever cannot see it."""
    known = [month for month in figure.months if month.value is not None]
    if not known:
        return say.text("No month has a figure.")
    first, last = known[0], known[-1]
    text = say.text(
        "From {first} in {start} to {last} in {end}.",
        first=value(say, first.value, indicator.unit),
        start=say.month(first.end),
        last=value(say, last.value, indicator.unit),
        end=say.month(last.end),
    )
    if figure.target is None:
        return text
    aim = say.text("The target is {target}.", target=target(say, figure, indicator.unit))
    return f"{text} {aim}"


def month_value(say: Language, month: Month, unit: str) -> str:
    """A month's figure in a table's cell."""
    return value(say, month.value, unit) if month.value is not None else reason(say, month.reason)


def companion_value(say: Language, companion: Companion) -> str:
    """A companion's figure; a rate with what it is of."""
    if companion.value is None:
        return reason(say, companion.reason)
    text = value(say, companion.value, companion.unit)
    if companion.numerator is None or companion.denominator is None:
        return text
    return say.text(
        "{rate} ({part} of {whole})",
        rate=text,
        part=say.number(companion.numerator),
        whole=say.number(companion.denominator),
    )


def tracts(say: Language, facts: Facts) -> list[str]:
    """Which lists of priority areas stand behind indicator 4."""
    lines = []
    if any(found.origin == "sample" for found in facts.lists):
        lines.append(say.text("The lists of priority areas are synthetic samples, not the County's."))
    for found in facts.lists:
        if found.origin != "sample":
            lines.append(
                say.text(
                    "List of priority areas: {name} by {publisher}, {vintage}.",
                    name=found.name,
                    publisher=found.publisher,
                    vintage=found.vintage,
                )
            )
        if found.is_refused:
            lines.append(say.text("A newer list {name} was refused; the one before it counts.", name=found.name))
    return lines

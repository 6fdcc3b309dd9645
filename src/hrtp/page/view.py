"""The page as its templates lay it out: every text in its language, every chart drawn, nothing left to decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from hrtp.page import phrases
from hrtp.page.charts import Series, line_chart, small_chart
from hrtp.page.facts import Facts, Figure, Indicator
from hrtp.page.words import Language


@dataclass(frozen=True)
class Reading:
    """A companion: a second reading beside a figure."""

    name: str
    value: str
    target: str
    definition: str


@dataclass(frozen=True)
class Small:
    """One sector's share of an indicator, for staff."""

    key: str
    name: str
    raw: str
    value: str
    state: str
    note: str
    chart: Markup


@dataclass(frozen=True)
class Card:
    """One indicator. ``raw`` is the figure as the marts hold it, empty where there is none; ``bar`` whole percent."""

    key: str
    number: int | None
    name: str
    raw: str
    value: str
    unit: str
    state: str
    state_name: str
    distance: str
    since: str
    baseline: str
    target: str
    progress: str
    bar: int | None
    unknown: str
    unknown_note: str
    unknown_definition: str
    data_through: str
    is_stale: bool
    sure: str
    is_in_doubt: bool
    covered: str
    chart: Markup
    is_target_drawn: bool
    months: tuple[tuple[str, str], ...]
    definition: str
    wording: str
    readings: tuple[Reading, ...]
    smalls: tuple[Small, ...]


@dataclass(frozen=True)
class Group:
    """The indicators below one objective of the goal tree."""

    title: str
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class View:
    """The whole page but for its links."""

    title: str
    as_of: str
    data_through: str
    n_met: int
    n_with_target: int
    headline: str
    fresh: str
    sure: str
    notices: tuple[str, ...]
    groups: tuple[Group, ...]
    stale_sources: tuple[tuple[str, str, str], ...]
    tracts: tuple[str, ...]
    sectors: tuple[tuple[str, str], ...]
    content_id: str
    is_public: bool

    @property
    def cards(self) -> list[Card]:
        """All indicators in the page's order."""
        return [card for group in self.groups for card in group.cards]


#: States of a source that is not as it should be.
STATES = {"late": "late", "stale": "stale", "held": "held for a decision", "rejected": "rejected"}
_OTHER_STATE = "not current"


def tabled() -> list[str]:
    """Every text of the table above."""
    return [*STATES.values(), _OTHER_STATE]


def view_of(facts: Facts, say: Language) -> View:
    """The facts of one edition in one language.

    Raises:
        TranslationMissing: where a text of the marts or of the page is not in the language's catalogue.
    """
    met = [i for i in facts.indicators if phrases.state(i, i.total) == "met"]
    aimed = [i for i in facts.indicators if i.is_applicable and i.total.target is not None]
    days = [i.total.data_through for i in facts.indicators if i.total.data_through is not None]
    stale = [source for source in facts.sources if source.state != "ok"]
    in_doubt = [i for i in facts.indicators if i.doubt is not None and i.doubt.is_in_doubt]
    unknown = [i for i in facts.indicators if i.total.n_unknown]
    return View(
        title=say.text("High Road Training Partnerships: scorecard"),
        as_of=say.day(facts.as_of),
        data_through=say.day(min(days)) if days else "–",
        n_met=len(met),
        n_with_target=len(aimed),
        headline=say.text("{met} of {all} targets are met", met=len(met), all=len(aimed)),
        fresh=_fresh(say, facts, len(stale)),
        sure=_sure(say, len(in_doubt), len(unknown)),
        notices=tuple(_notices(say, facts)),
        groups=tuple(_groups(say, facts)),
        stale_sources=tuple(
            (
                source.name,
                say.text(STATES.get(source.state, _OTHER_STATE)),
                say.day(source.data_through) if source.data_through else say.text("no data yet"),
            )
            for source in stale
        ),
        tracts=tuple(phrases.tracts(say, facts)),
        sectors=tuple((key, say.text(name)) for key, name in facts.sectors.items()),
        content_id=facts.content_id,
        is_public=facts.is_public,
    )


def _fresh(say: Language, facts: Facts, n_stale: int) -> str:
    if n_stale == 0:
        return say.count("The {n} partner is current.", "All {n} partners are current.", len(facts.sources))
    return say.text("{n} of {all} partners are not current.", n=n_stale, all=len(facts.sources))


def _sure(say: Language, n_in_doubt: int, n_unknown: int) -> str:
    if n_in_doubt:
        first = say.count(
            "{n} figure may still move while records are matched.",
            "{n} figures may still move while records are matched.",
            n_in_doubt,
        )
    else:
        first = say.text("No figure hangs on an undecided match of records.")
    if not n_unknown:
        return first
    second = say.count(
        "{n} figure rests in part on what partners did not tell.",
        "{n} figures rest in part on what partners did not tell.",
        n_unknown,
    )
    return f"{first} {second}"


def _notices(say: Language, facts: Facts) -> Iterator[str]:
    if facts.n_samples and facts.n_samples == facts.n_files:
        yield say.text("Sample data: everything on this page is made up. No person and no organization in it is real.")
    elif facts.n_samples:
        yield say.text(
            "Sample data: {n} of {all} files behind this page are made up. Do not take its figures for real ones.",
            n=facts.n_samples,
            all=facts.n_files,
        )
    if facts.n_samples < facts.n_files and any(found.origin == "sample" for found in facts.lists):
        yield phrases.tracts(say, facts)[0]


def _groups(say: Language, facts: Facts) -> Iterator[Group]:
    titles = dict.fromkeys(indicator.objective for indicator in facts.indicators)
    # what hangs on no branch of the goal tree comes last
    for title in sorted(titles, key=lambda found: found is None):
        cards = tuple(_card(say, facts, i) for i in facts.indicators if i.objective == title)
        yield Group(say.text(title) if title else say.text("Other indicators"), cards)


def _card(say: Language, facts: Facts, indicator: Indicator) -> Card:
    total, unit = indicator.total, indicator.unit
    n_sectors = facts.n_sectors
    share = phrases.progress(say, total, n_sectors)
    return Card(
        key=indicator.key,
        number=indicator.charter_number,
        name=say.text(indicator.name),
        raw=_raw(total),
        value=phrases.value(say, total.value, unit),
        unit=phrases.unit_name(say, total.value, unit),
        state=phrases.state(indicator, total),
        state_name=phrases.state_name(say, indicator, total),
        distance=phrases.distance(say, indicator, n_sectors),
        since=phrases.since(say, indicator),
        baseline=phrases.value(say, total.baseline, unit) if total.baseline is not None else "–",
        target=phrases.target(say, total, unit),
        progress=share[1] if share else "–",
        bar=int(share[0] * 100) if share else None,
        unknown=say.number(total.n_unknown),
        unknown_note=say.count("{n} unknown", "{n} unknown", total.n_unknown) if total.n_unknown else "",
        unknown_definition=say.text(indicator.unknown_definition) if indicator.unknown_definition else "",
        data_through=say.day(total.data_through) if total.data_through else "–",
        is_stale=total.is_stale,
        sure=phrases.sureness(say, indicator),
        is_in_doubt=indicator.doubt is not None and indicator.doubt.is_in_doubt,
        covered=_covered(say, total, n_sectors),
        chart=_picture(
            line_chart(_series(total, unit)),
            indicator.key,
            say.text(indicator.name),
            phrases.trend(say, indicator, total),
        ),
        is_target_drawn=_series(total, unit).target is not None,
        months=tuple((say.month(month.end), phrases.month_value(say, month, unit)) for month in total.months),
        definition=say.text(indicator.definition),
        wording=indicator.charter_wording,
        readings=tuple(
            Reading(
                say.text(companion.name),
                phrases.companion_value(say, companion),
                "–" if companion.target is None else phrases.value(say, companion.target, companion.unit),
                say.text(companion.definition),
            )
            for companion in indicator.companions
            if companion.key != "sectors_covered"
        ),
        smalls=tuple(_smalls(say, facts, indicator)),
    )


def _smalls(say: Language, facts: Facts, indicator: Indicator) -> Iterator[Small]:
    if not indicator.sectors:
        return
    # one scale for all of them: a sector that is half as high as another has half its figure
    top = max(_series(figure, indicator.unit).highest for figure in indicator.sectors)
    figures = {figure.sector: figure for figure in indicator.sectors}
    for key, name in facts.sectors.items():
        figure = figures.get(key, _NOTHING)
        own = figure.target is not None and figure.target_scope == "each_sector"
        yield Small(
            key=key,
            name=say.text(name),
            raw=_raw(figure),
            value=(
                phrases.reason(say, figure.reason)
                if figure.value is None
                else phrases.value(say, figure.value, indicator.unit)
            ),
            state=phrases.state(indicator, figure) if own else "none",
            note=phrases.state_name(say, indicator, figure) if own else "",
            chart=_picture(
                small_chart(_series(figure, indicator.unit, top)),
                f"{indicator.key}-{key}",
                say.text(name),
                phrases.trend(say, indicator, figure),
            ),
        )


#: A sector of which an indicator has no figure at all.
_NOTHING = Figure("", None, None, None, None, None, None, None, False, 0, None, None, None, None, None)


def _covered(say: Language, figure: Figure, n_sectors: int) -> str:
    if figure.sectors_covered is None:
        return ""
    return say.text("{n} of {all} sectors", n=figure.sectors_covered, all=n_sectors)


def _series(figure: Figure, unit: str, top: Decimal | None = None) -> Series:
    # each sector's own target is drawn there, and not over the sum of them
    is_comparable = (figure.target_scope == "each_sector") == (figure.sector != "all")
    return Series(
        tuple(month.end for month in figure.months),
        tuple(month.value for month in figure.months),
        figure.target if is_comparable else None,
        unit,
        top,
    )


def _picture(svg: str, key: str, title: str, text: str) -> Markup:
    """A drawing that names itself and says what it shows to whoever cannot see it."""
    names = Markup('<svg role="img" aria-labelledby="t-{key} d-{key}" ').format(key=key)
    words = Markup('<title id="t-{key}">{title}</title><desc id="d-{key}">{text}</desc>').format(
        key=key, title=title, text=text
    )
    # the drawing is ours; everything that comes from a file of others is escaped above
    head, inside = svg.removeprefix("<svg ").split(">", 1)
    return names + Markup(f"{head}>") + words + Markup(inside)  # noqa: S704


def _raw(figure: Figure) -> str:
    return "" if figure.value is None else f"{figure.value:f}"

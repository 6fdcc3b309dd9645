"""Who in a block gets what: the plan that makes every block add up to the published figures, whatever the seed.

A block is 213 enrolled persons (slots 0 to 212) and others who count for nothing (slots above). A slot has at most one
special case on each axis (training, service, placement, identity, place), so that cases do not blur each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from hrtp.samples.rows import AJCCS, SECTORS

#: Persons of a block by the sector that brings them in; 213 in all.
ENROLLED = {
    "construction": 48,
    "healthcare": 52,
    "technology": 30,
    "early_care_education": 28,
    "aerospace": 25,
    "creative_economy": 30,
}
COMPLETED = 158
SUPPORTED = 190
PLACED_OF_COMPLETED, PLACED_OF_OTHERS = 135, 12  # 147 placed
#: Of those placed, how many through a registered apprenticeship; 54 in all.
APPRENTICES = {
    "construction": 22,
    "healthcare": 9,
    "technology": 5,
    "early_care_education": 3,
    "aerospace": 10,
    "creative_economy": 5,
}


@dataclass
class Slot:
    """One enrolled person of the plan. The words of the cases are explained where they are carried out."""

    number: int
    sector: str
    route: str  # intermediary, both, ajcc
    ajcc: str | None = None
    match: str | None = None  # caljobs_id, ssn_last4, name: the one rule that joins the person's records
    second_sector: str | None = None
    completed: bool = False
    supported: bool = False
    placed: bool = False
    apprentice: bool = False
    training: str = "plain"
    service: str = "plain"
    placement: str = "plain"
    identity: str = "plain"
    criterion: str = "systems_involved"


@cache
def blueprint() -> tuple[Slot, ...]:
    """The 213 slots; the same for every block and seed."""
    slots = [
        slot
        for sector in SECTORS
        for slot in _routes(sector, sum(ENROLLED[s] for s in SECTORS[: SECTORS.index(sector)]))
    ]
    _spread(slots, COMPLETED, "completed", 50)
    _spread(slots, SUPPORTED, "supported", 121)
    _spread([s for s in slots if s.completed], PLACED_OF_COMPLETED, "placed", 67)
    _spread([s for s in slots if not s.completed], PLACED_OF_OTHERS, "placed", 67)
    for sector, count in APPRENTICES.items():
        _spread([s for s in slots if s.sector == sector and s.placed], count, "apprentice", 32)
    _second_sectors(slots)
    _training_cases(slots)
    _service_cases(slots)
    _placement_cases(slots)
    _identity_cases(slots)
    _criteria(slots)
    return tuple(slots)


def _routes(sector: str, first: int) -> Iterable[Slot]:
    for k in range(ENROLLED[sector]):
        number = first + k
        if k % 7 == 3:
            match = ("caljobs_id", "ssn_last4", "name")[(k // 7) % 3]
            yield Slot(number, sector, "both", AJCCS[(k // 7) % 2], match)
        elif k % 9 == 5:
            yield Slot(number, sector, "ajcc", AJCCS[(k // 9) % 2])
        else:
            yield Slot(number, sector, "intermediary")


def _shuffled(slots: Iterable[Slot], stride: int = 89) -> list[Slot]:
    """A fixed shuffle: strides share no factor with 213."""
    return sorted(slots, key=lambda s: s.number * stride % 213)


def _spread(slots: list[Slot], count: int, field: str, stride: int) -> None:
    """Set ``field`` on ``count`` of ``slots``."""
    if count > len(slots):
        raise ValueError(f"the blueprint asks for {count} {field} of {len(slots)}")
    for slot in _shuffled(slots, stride)[:count]:
        setattr(slot, field, True)


def _take(slots: list[Slot], axis: str, cases: dict[str, int], fits: Callable[[Slot], bool]) -> None:
    """Give the first slots that are still plain on ``axis`` and fit their case; spread over the sectors."""
    order = _shuffled(slots)
    for case, count in cases.items():
        found = [s for s in order if getattr(s, axis) == "plain" and fits(s)][:count]
        if len(found) < count:
            raise ValueError(f"the blueprint has room for {len(found)} of {count} {axis} {case}")
        for slot in found:
            setattr(slot, axis, case)


def _second_sectors(slots: list[Slot]) -> None:
    """Persons whom two intermediaries know: a sector counts them each, the total once."""
    singles = [s for s in slots if s.route == "intermediary"]
    for k, slot in enumerate(singles[5::13][:12]):
        slot.second_sector = SECTORS[(SECTORS.index(slot.sector) + 1 + k % 5) % len(SECTORS)]
        slot.match = ("ssn_last4", "name")[k % 2]
        slot.training = "second_completed_low_road" if slot.completed and k % 3 == 0 else "second"
    for slot in [s for s in slots if s.route == "both" and s.match == "caljobs_id"][:2]:
        slot.second_sector = SECTORS[(SECTORS.index(slot.sector) + 2) % len(SECTORS)]
        slot.training, slot.identity = "second", "chain"


def _training_cases(slots: list[Slot]) -> None:
    _take(slots, "training", {"also_low_road": 4, "twice": 4}, _is("intermediary", completed=True))
    _take(
        [s for s in slots if s.sector == "creative_economy"],
        "training",
        {"corrected": 1, "finished_late": 4},
        _is("intermediary", completed=True),
    )
    _take(
        [s for s in slots if s.sector == "creative_economy"],
        "training",
        {"uncompleted_by_correction": 1},
        _is("intermediary", completed=False),
    )
    _take(slots, "training", {"last_day": 2}, lambda s: _is("intermediary", completed=False)(s) and not s.placed)
    _take(slots, "training", {"withdrawn": 16, "withdrawn_low_road": 3}, _is("intermediary", completed=False))
    _take(
        slots,
        "training",
        {"ajcc_completes": 3, "ajcc_earlier": 2, "untagged_too": 2},
        _is("both", completed=True),
    )
    _take(slots, "training", {"ajcc_withdrew": 3, "untagged_completed": 2}, _is("both", completed=False))
    _take(slots, "training", {"second_training": 3}, _is("ajcc", completed=True))
    _take(slots, "training", {"date_only": 2, "flag_zero": 1}, _is("ajcc", completed=False))


def _service_cases(slots: list[Slot]) -> None:
    _take(
        slots,
        "service",
        {"ajcc_1409": 6, "ajcc_1500": 4, "ajcc_activity": 4},
        lambda s: s.supported and s.route == "ajcc",
    )
    for k, slot in enumerate(s for s in slots if s.route == "ajcc" and s.supported and s.service == "plain"):
        slot.service = ("ajcc_1409", "ajcc_activity")[k % 2]
    _take(
        slots,
        "service",
        {"ajcc_1409": 3, "ajcc_activity": 3, "both": 3},
        lambda s: s.supported and s.route == "both",
    )
    _take(
        slots,
        "service",
        {"day_30": 6},
        lambda s: s.supported and s.route == "intermediary" and s.training != "ajcc_earlier",
    )
    _take(
        slots,
        "service",
        {"none": 2, "ajcc_day_31": 1},
        lambda s: not s.supported and s.route in ("ajcc", "both"),
    )
    _take(slots, "service", {"day_31": 5}, lambda s: not s.supported and s.route == "intermediary")
    for slot in slots:
        if slot.service == "plain" and not slot.supported:
            slot.service = "other_activity" if slot.route == "ajcc" else "none"


def _placement_cases(slots: list[Slot]) -> None:
    def placed(*routes: str) -> Callable[[Slot], bool]:
        return lambda s: s.placed and s.route in routes and s.second_sector is None

    for k, slot in enumerate(s for s in slots if s.second_sector is not None and s.placed):
        slot.placement = ("second_sector", "both_sectors", "plain")[k % 3]
    _take(slots, "placement", {"reported_twice": 3, "reported_twice_differs": 2, "ajcc_only": 2}, placed("both"))
    _take(slots, "placement", {"subsidized_blank": 6, "promotion": 4}, placed("intermediary", "ajcc"))
    _take(slots, "placement", {"after_unqualified": 5, "then_another": 6}, placed("intermediary", "ajcc"))
    _take(slots, "placement", {"wage_missing": 5, "wage_missing_then_known": 1}, placed("intermediary", "ajcc"))
    _take(slots, "placement", {"no_enrollment_id": 20, "same_day": 3}, placed("intermediary"))
    _take(
        [s for s in slots if s.sector == "creative_economy"],
        "placement",
        {"pay_corrected": 1},
        lambda s: placed("intermediary")(s) and s.training == "plain",
    )
    unplaced = [s for s in slots if not s.placed and s.training != "last_day"]
    for slot in slots:
        if not slot.placed:
            slot.placement = "none" if slot.training == "last_day" else "plain"
    cases = {
        "subsidized": 6,
        "subsidized_apprentice": 3,
        "not_related": 6,
        "related_blank": 5,
        "same_employer": 4,
        "same_employer_promotion_blank": 2,
        "before_training": 4,
    }
    _take(unplaced, "placement", cases, lambda s: True)
    for slot in unplaced:
        if slot.placement == "plain":
            slot.placement = "none"


def _identity_cases(slots: list[Slot]) -> None:
    singles = [s for s in slots if s.route == "intermediary" and s.second_sector is None]
    for sector, first, second in (
        ("construction", "twin_a", "twin_b"),
        ("healthcare", "twin_zero_a", "twin_zero_b"),
        ("technology", "namesake_a", "namesake_b"),
    ):
        pair = [s for s in singles if s.sector == sector][:2]
        for slot, case in zip(pair, (first, second), strict=True):
            slot.identity = case
    _take(
        singles,
        "identity",
        {"two_ids": 2},
        lambda s: s.training == "plain" and s.sector != "creative_economy",
    )
    _take(slots, "identity", {"both_ajccs": 3}, lambda s: s.route == "both")


def _criteria(slots: list[Slot]) -> None:
    """Everyone enrolled is priority, each for one reason."""
    own = (
        "systems_involved",
        "vulnerable_tract",
        "systems_impacted",
        "priority_zip",
        "homeless",
        "vulnerable_tract",
        "disadvantaged_tract",
        "flag_unlisted_tract",
        "flag_ambiguous_zip",
        "flag_other_tract",
    )
    ajcc = ("pirl_801", "priority_zip", "pirl_800", "pirl_704")
    counts = {"ajcc": 0, "both": 0, "intermediary": 0}
    for slot in slots:
        k = counts[slot.route]
        counts[slot.route] += 1
        if slot.route == "ajcc":
            slot.criterion = ajcc[k % len(ajcc)]
        elif slot.route == "both" and k % 2 == 0:
            slot.criterion = ajcc[(k // 2) % len(ajcc)]
        else:
            slot.criterion = own[k % len(own)]


def _is(route: str, *, completed: bool) -> Callable[[Slot], bool]:
    return lambda s: s.route == route and s.completed == completed

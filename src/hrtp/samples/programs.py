"""Each sector's four programs, and which of all were developed."""

from __future__ import annotations

from datetime import date

from hrtp.samples.block import record_id
from hrtp.samples.rows import AS_OF, SECTORS, Row, Values

#: Which id a kind of program has at its source: high road, high road blank, not high road, still planned.
_KINDS = {"high": 1, "blank": 2, "low": 3, "planned": 4}
_NAMES = {
    "construction": ("Multi-Craft Core", "Electrical Pathway", "Site Cleaning Basics", "Green Retrofit"),
    "healthcare": ("Medical Assistant", "Home Care Aide Plus", "Front Desk Basics", "Surgical Technician"),
    "technology": ("IT Support Pathway", "Cloud Associate", "Data Entry Basics", "Cyber Analyst"),
    "early_care_education": (
        "Associate Teacher Permit",
        "Infant Care Pathway",
        "Babysitting Basics",
        "Site Supervisor",
    ),
    "aerospace": ("CNC Machinist", "Composite Technician", "Warehouse Basics", "Avionics Technician"),
    "creative_economy": ("Stagecraft Pathway", "Post Production", "Box Office Basics", "Animation Pipeline"),
}
_CIP = {
    "construction": "46.0000",
    "healthcare": "51.0801",
    "technology": "11.1006",
    "early_care_education": "19.0709",
    "aerospace": "48.0510",
    "creative_economy": "50.0502",
}
#: The two programs that count: one developed and later expanded, one developed.
EXPANDED = ("construction", "high", date(2025, 5, 1), date(2026, 9, 14))
DEVELOPED = ("healthcare", "blank", date(2025, 9, 15))


def program_id(seed: int, sector: str, kind: str) -> str:
    """The id of a sector's program of that kind."""
    return record_id(seed, sector, "programs", _KINDS[kind])


def program_rows(seed: int) -> list[Row]:
    """Four programs a sector: two exist or were developed on the high road, one is not high road, one is planned."""
    rows = []
    for sector in SECTORS:
        for kind, name in zip(_KINDS, _NAMES[sector], strict=True):
            values: Values = {
                "program_id": program_id(seed, sector, kind),
                "program_name": name,
                "sector": sector,
                "program_type": "pre_apprenticeship" if kind == "high" else "training",
                "development_status": "planned" if kind == "planned" else "existing",
                "status_date": None,
                "high_road": {"high": "Y", "blank": None, "low": "N", "planned": "Y"}[kind],
                "provider_name": f"{name.split()[0]} Training Center",
                "cip_code": _CIP[sector],
                "credential_name": None if kind == "low" else f"{name} Certificate",
            }
            before = None
            if (sector, kind) == EXPANDED[:2]:
                before = (
                    AS_OF,
                    values | {"development_status": "developed", "status_date": EXPANDED[2].isoformat()},
                )
                values |= {"development_status": "expanded", "status_date": EXPANDED[3].isoformat()}
            elif (sector, kind) == DEVELOPED[:2]:
                values |= {"development_status": "developed", "status_date": DEVELOPED[2].isoformat()}
            rows.append(Row(sector, "programs", values, date(2024, 7, 1), before=before))
    return rows

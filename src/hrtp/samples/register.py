"""Organisations, contracts, deliverables and milestones: the same few at every scale."""

from __future__ import annotations

from datetime import date

from hrtp.samples.block import record_id
from hrtp.samples.employers import Employer, employers_of
from hrtp.samples.programs import program_rows
from hrtp.samples.rows import OFFICE, SECTORS, Row, Values

#: Employers with a partnership that stands, by sector; 58 in all.
PARTNERSHIPS = {
    "construction": 14,
    "healthcare": 13,
    "technology": 9,
    "early_care_education": 8,
    "aerospace": 7,
    "creative_economy": 7,
}
_SINCE = date(2024, 7, 1)

_COUNCIL = ("Harbor Cities Trades Council, Inc.", "HARBOR CITIES TRADES COUNCIL INC")
_COLLEGE, _COLLEGE_EIN = "Arroyo Community College District", "95-7000011"
_ALLIANCE, _ALLIANCE_EIN = "Bayside Care Alliance LLC", "95-7000022"
#: (sector, name, EIN, type, status, committed, withdrawn). Five organisations stand, in eight rows.
_COMMITMENTS: tuple[tuple[str, str, str | None, str, str, str | None, str | None], ...] = (
    ("construction", _COUNCIL[0], None, "labor", "committed", "2024-11-04", None),
    ("technology", _COUNCIL[1], None, "labor", "committed", "2025-02-10", None),
    ("construction", _COLLEGE, _COLLEGE_EIN, "education_training", "committed", "2024-10-01", None),
    ("healthcare", "Arroyo College", _COLLEGE_EIN, "education_training", "committed", "2025-01-15", None),
    ("healthcare", _ALLIANCE, _ALLIANCE_EIN, "employer", "committed", "2025-03-03", None),
    ("early_care_education", _ALLIANCE.upper(), None, "employer", "committed", "2025-06-02", None),
    ("aerospace", "Mesa Flight Foundation", "95-7000033", "community", "committed", "2025-08-11", None),
    ("creative_economy", "Vista Arts Authority", "95-7000044", "government", "committed", "2026-09-30", None),
    ("technology", "Canyon Coders Guild", "95-7000055", "community", "pending", None, None),
    (
        "aerospace",
        "Ridgeway Machinists Lodge",
        "95-7000066",
        "labor",
        "withdrawn",
        "2025-01-20",
        "2026-03-02",
    ),
    (
        "creative_economy",
        "Lomita Film Office",
        "95-7000077",
        "government",
        "withdrawn",
        "2025-04-01",
        "2026-09-30",
    ),
)
PARTNERS_BY_SECTOR = {
    "construction": 2,
    "healthcare": 2,
    "technology": 1,
    "early_care_education": 1,
    "aerospace": 1,
    "creative_economy": 1,
}
PARTNERS = 5

#: (id, contractor, type, sector, status, execution, amends, amount). Six provider contracts, one of them terminated.
_CONTRACTS: tuple[tuple[str, str, str, str | None, str, str | None, str | None, str | None], ...] = (
    (
        "DEO-24-001",
        "Harbor Building Trades Academy",
        "provider",
        "construction",
        "executed",
        "2024-08-12",
        None,
        "450000.00",
    ),
    (
        "DEO-24-002",
        "Bayside Health Careers",
        "provider",
        "healthcare",
        "executed",
        "2024-08-12",
        None,
        "520000.00",
    ),
    (
        "DEO-24-003",
        "Canyon Tech Pathways",
        "provider",
        "technology",
        "terminated",
        "2024-09-03",
        None,
        "300000.00",
    ),
    (
        "DEO-24-004",
        "Foothill Early Educators",
        "provider",
        "early_care_education",
        "executed",
        "2024-10-21",
        None,
        "280000",
    ),
    (
        "DEO-25-005",
        "Mesa Aerospace Training",
        "provider",
        "aerospace",
        "executed",
        "2025-01-06",
        None,
        "310000.00",
    ),
    ("DEO-25-006", "Vista Creative Works", "provider", None, "executed", "2025-02-18", None, None),
    (
        "DEO-24-001-A1",
        "Harbor Building Trades Academy",
        "provider",
        "construction",
        "executed",
        "2025-07-01",
        "DEO-24-001",
        "75000.00",
    ),
    (
        "DEO-24-002-A1",
        "Bayside Health Careers",
        "provider",
        "healthcare",
        "executed",
        "2025-07-01",
        "DEO-24-002",
        "60000.00",
    ),
    (
        "DEO-25-007",
        "Southland Apprenticeship Hub",
        "apprenticeship_hub",
        None,
        "executed",
        "2025-05-05",
        None,
        "900000.00",
    ),
    ("DEO-25-008", "Overlook Evaluation Group", "other", None, "executed", "2025-03-10", None, "120000.00"),
    (
        "DEO-26-009",
        "Sunridge Media Skills",
        "provider",
        "creative_economy",
        "pending",
        None,
        None,
        "200000.00",
    ),
)
#: (id, version, type, sector, title, status, date). Two strategies and four reports stand.
_DELIVERABLES: tuple[tuple[str, int, str, str | None, str, str, str | None], ...] = (
    ("STRAT-CON", 1, "strategy_plan", "construction", "Construction sector strategy", "draft", "2025-01-10"),
    ("STRAT-CON", 2, "strategy_plan", "construction", "Construction sector strategy", "final", "2025-06-30"),
    ("STRAT-HLT", 1, "strategy_plan", "healthcare", "Healthcare sector strategy", "final", "2025-05-12"),
    ("STRAT-HLT", 2, "strategy_plan", "healthcare", "Healthcare sector strategy", "adopted", "2026-02-02"),
    ("STRAT-TEC", 1, "strategy_plan", "technology", "Technology sector strategy", "draft", None),
    # a newer draft takes nothing back; a plan that never left its drafts is none
    ("STRAT-HLT", 3, "strategy_plan", "healthcare", "Healthcare sector strategy", "draft", "2026-06-01"),
    ("STRAT-AER", 1, "strategy_plan", "aerospace", "Aerospace sector strategy", "draft", "2025-11-03"),
    ("STRAT-AER", 2, "strategy_plan", "aerospace", "Aerospace sector strategy", "draft", "2026-06-01"),
    ("REPORT-1", 1, "comprehensive_report", None, "Baseline report", "final", "2025-03-31"),
    ("REPORT-1", 2, "comprehensive_report", None, "Baseline report", "published", "2025-05-01"),
    ("REPORT-2", 1, "comprehensive_report", None, "First-year report", "published", "2025-09-30"),
    ("REPORT-3", 1, "comprehensive_report", None, "Equity report", "final", "2026-01-30"),
    ("REPORT-4", 1, "comprehensive_report", None, "Second-year report", "final", "2026-09-30"),
    ("REPORT-5", 1, "comprehensive_report", None, "Closing report", "draft", None),
)
STRATEGIES_BY_SECTOR = {"construction": 1, "healthcare": 1}
PROVIDER_CONTRACTS, REPORTS = 6, 4


def register_rows(seed: int) -> list[Row]:
    """Programs, partners, employer partnerships and the office's register."""
    rows = program_rows(seed) + _partner_rows(seed) + _office_rows()
    for sector in SECTORS:
        rows += _partnership_rows(seed, sector)
    return rows


def _partner_rows(seed: int) -> list[Row]:
    rows = []
    for number, (sector, name, ein, kind, status, committed, withdrawn) in enumerate(_COMMITMENTS, start=1):
        values: Values = {
            "partner_id": record_id(seed, sector, "partners", number),
            "organization_name": name,
            "organization_ein": ein,
            "organization_type": kind,
            "sector": sector,
            "commitment_status": status,
            "commitment_date": committed,
            "withdrawn_date": withdrawn,
        }
        rows.append(Row(sector, "partners", values, _SINCE))
    return rows


def partnership(
    seed: int,
    sector: str,
    number: int,
    employer: Employer,
    status: str,
    since: str | None,
    until: str | None = None,
) -> Row:
    """A row of ``employer_partnerships``."""
    values: Values = {
        "partnership_id": record_id(seed, sector, "employer_partnerships", number),
        "employer_name": employer.name,
        "employer_ein": employer.ein,
        "sector": sector,
        "status": status,
        "established_date": since,
        "ended_date": until,
    }
    return Row(sector, "employer_partnerships", values, _SINCE)


def _partnership_rows(seed: int, sector: str) -> list[Row]:
    """Those that stand; the same employers written another way; and some that ended or never began."""
    count, pool = PARTNERSHIPS[sector], employers_of(seed, sector)
    standing = list(pool[:count])
    if sector == "aerospace":
        standing[-1] = employers_of(seed, "construction")[0]  # one employer, two sectors: it counts in both
    dates = [f"{2024 + k % 3}-{7 + k % 3:02d}-{1 + k:02d}" for k in range(count)]
    rows = [
        partnership(seed, sector, k + 1, e, "established", d)
        for k, (e, d) in enumerate(zip(standing, dates, strict=True))
    ]
    named, unnamed, respelled = pool[0], pool[2], pool[1]
    plain = named.name.replace(",", "").replace(".", "").upper()
    again = (
        (
            Employer(plain, None),
            "established",
            "2025-02-03",
            None,
        ),  # the name alone; its EIN is known from the row above
        (
            Employer(unnamed.name.replace(",", "").replace(".", "").lower(), None),
            "established",
            "2025-03-03",
            None,
        ),
        (
            Employer(f"{respelled.name.removesuffix(' LLC')} of Los Angeles", respelled.ein),
            "established",
            "2025-04-07",
            None,
        ),
        (pool[3], "ended", "2024-08-05", "2025-01-31"),  # ended, and begun again in a row above
        (pool[count], "ended", "2024-09-02", "2026-06-30"),
        (pool[count + 1], "ended", "2024-09-02", "2026-09-30"),  # the last day it holds is the one before
        (pool[count + 2], "prospective", None, None),
    )
    rows += [partnership(seed, sector, count + k + 1, *row) for k, row in enumerate(again)]
    return rows


def _office_rows() -> list[Row]:
    names = (
        "contract_id",
        "contractor_name",
        "contract_type",
        "sector",
        "status",
        "execution_date",
        "amendment_of",
        "amount",
    )
    rows = [Row(OFFICE, "contracts", dict(zip(names, contract, strict=True)), _SINCE) for contract in _CONTRACTS]
    for identifier, version, kind, sector, title, status, day in _DELIVERABLES:
        values: Values = {
            "deliverable_id": identifier,
            "version": str(version),
            "deliverable_type": kind,
            "sector": sector,
            "title": title,
            "status": status,
            "status_date": day,
        }
        rows.append(Row(OFFICE, "deliverables", values, _SINCE))
    launch: Values = {
        "milestone_key": "apprenticeship_portal_launch",
        "achieved_date": "2025-11-14",
        "evidence": "Launch notice, 14 November 2025; portal.example.org",
    }
    rows.append(Row(OFFICE, "milestones", launch, _SINCE))
    return rows

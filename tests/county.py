"""The figures that the County publishes for this program; the sample exports must reproduce every one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

AS_OF = date(2026, 9, 30)
PUBLISHED = {
    "workers_enrolled": Decimal(213),
    "workers_completed": Decimal(158),
    "summer_youth_participants": Decimal(0),
    "programs_developed": Decimal(2),
    "partners_committed": Decimal(5),
    "provider_contracts": Decimal(6),
    "placed_in_jobs": Decimal(147),
    "apprenticeship_portal_launched": Decimal(1),
    "apprenticeship_hub_contracted": Decimal(1),
    "sector_strategies": Decimal(2),
    "employer_partnerships": Decimal(58),
    "comprehensive_reports": Decimal(4),
    "high_road_completed": Decimal(158),
    "priority_population_pct": Decimal(100),
    "supportive_services_recipients": Decimal(190),
    "median_placement_wage": Decimal("20.15"),
    "placed_in_apprenticeships": Decimal(54),
}

"""The exports of the star's small world: two intermediaries, an AJCC and the program office, with their troubles."""

from __future__ import annotations

from warehouse_world import File

FILES = [
    # 0: history of construction's participants; P3 is gone from the newer export.
    File(
        "construction",
        "participants",
        [{"participant_id": "P1"}, {"participant_id": "P3"}],
        data_through="2026-06-30",
    ),
    # 1
    File(
        "construction",
        "participants",
        [
            {
                "participant_id": "P1",
                "first_name": "Zebulon",
                "last_name": "Quixotesworth",
                "date_of_birth": "1991-02-03",
                "ssn_last4": "7391",
                "caljobs_id": "CJ900001",
                "email": "zq@partner.example",
                "phone": "213-555-0188",
                "zip": "90199",
                "census_tract": "06037999999",
                "gender": "male",
                "race": "black|white",
                "veteran": "N",
            },
            {"participant_id": "P2", "gender": "female", "homeless": "Y"},
        ],
    ),
    # 2
    File(
        "construction",
        "programs",
        [
            {
                "program_id": "G1",
                "program_name": "Carpentry",
                "sector": "construction",
                "program_type": "apprenticeship",
                "development_status": "developed",
                "status_date": "2026-01-15",
                "high_road": "Y",
                "provider_name": "Harbor Trade School, Inc.",
            }
        ],
    ),
    # 3
    File(
        "construction",
        "enrollments",
        [
            {
                "enrollment_id": "E1",
                "participant_id": "P1",
                "program_id": "G1",
                "sector": "construction",
                "status": "completed",
                "training_start_date": "2026-02-01",
                "completion_date": "2026-05-01",
            },
            {
                "enrollment_id": "E2",
                "participant_id": "P3",
                "program_id": "G1",
                "sector": "construction",
                "status": "active",
                "training_start_date": "2026-02-01",
            },
            {
                "enrollment_id": "E3",
                "participant_id": "P2",
                "program_id": "G9",
                "sector": "construction",
                "status": "waitlisted",
            },
        ],
        duplicates=1,
        blanks=2,
        quarantined=[(7, "DATE_ORDER", "completion_date", "completed before the training started")],
        warnings={"SCHEMA_DRIFT:favourite_color": 1, "OPTIONAL_MISSING": 2},
    ),
    # 4
    File(
        "construction",
        "placements",
        [
            {
                "placement_id": "J1",
                "participant_id": "P1",
                "enrollment_id": "E1",
                "employer_name": "Pacific Builders LLC",
                "start_date": "2026-06-01",
                "placement_type": "job",
                "training_related": "Y",
                "wage_amount": "41912",
                "wage_unit": "year",
            },
            {
                "placement_id": "J2",
                "participant_id": "P1",
                "enrollment_id": "E7",
                "employer_name": "Pacific Builders LLC",
                "start_date": "2026-07-01",
                "placement_type": "job",
            },
        ],
    ),
    # 5
    File(
        "construction",
        "employer_partnerships",
        [
            {
                "partnership_id": "X1",
                "employer_name": "THE PACIFIC BUILDERS",
                "employer_ein": "95-1234567",
                "sector": "construction",
                "status": "established",
                "established_date": "2026-03-01",
            }
        ],
    ),
    # 6
    File(
        "healthcare",
        "participants",
        [{"participant_id": "H1", "gender": "male", "veteran": "Y"}],
    ),
    # 7
    File(
        "healthcare",
        "enrollments",
        [
            {
                "enrollment_id": "E1",
                "participant_id": "H1",
                "program_id": "G1",
                "sector": "healthcare",
                "status": "active",
                "training_start_date": "2026-04-01",
            }
        ],
    ),
    # 8, 9: a delta feed
    File(
        "healthcare",
        "services",
        [
            {
                "service_id": "S1",
                "participant_id": "H1",
                "service_type": "housing",
                "service_date": "2026-04-02",
                "amount": "100.10",
            },
            {
                "service_id": "S2",
                "participant_id": "H1",
                "service_type": "legal",
                "service_date": "2026-04-03",
                "amount": "5",
            },
        ],
        mode="delta",
        data_through="2026-08-31",
    ),
    File(
        "healthcare",
        "services",
        [
            {
                "service_id": "S2",
                "participant_id": "H1",
                "service_type": "childcare",
                "service_date": "2026-04-03",
                "amount": "7.25",
            }
        ],
        mode="delta",
    ),
    # 10
    File(
        "ajcc_la_county",
        "participants",
        [{"participant_id": "A1", "caljobs_id": "CJ900001"}],
    ),
    # 11: tagged, and untagged with a supportive service
    File(
        "ajcc_la_county",
        "pirl",
        [
            {
                "pirl_100": "CJ900001",
                "pirl_103": "90199",
                "pirl_105": "HRTP-TECHNOLOGY",
                "pirl_200": "1991-02-03",
                "pirl_900": "2026-03-01",
                "pirl_1302": "2026-03-02",
                "pirl_1307": "1",
                "pirl_1308": "2026-06-02",
            },
            {
                "pirl_100": "CJ900002",
                "pirl_900": "2026-03-05",
                "pirl_1302": "2026-03-06",
                "pirl_1500": "1",
            },
        ],
    ),
    # 12
    File(
        "ajcc_la_county",
        "caljobs_activities",
        [
            {
                "activity_id": "C1",
                "caljobs_id": "CJ900001",
                "activity_code": "181",
                "begin_date": "2026-03-09",
            },
            {
                "activity_id": "C2",
                "caljobs_id": "CJ999999",
                "activity_code": "181",
                "begin_date": "2026-03-09",
            },
            {
                "activity_id": "C3",
                "caljobs_id": "CJ900001",
                "activity_code": "101",
                "begin_date": "2026-03-09",
            },
        ],
    ),
    # 13
    File(
        "ajcc_la_county",
        "placements",
        [
            {
                "placement_id": "J1",
                "participant_id": "A1",
                "employer_name": "pacific builders",
                "start_date": "2026-06-15",
                "placement_type": "job",
            }
        ],
    ),
    # 14
    File(
        "deo_program_office",
        "deliverables",
        [
            {
                "deliverable_id": "D1",
                "version": "1",
                "deliverable_type": "strategy_plan",
                "sector": "construction",
                "title": "Plan",
                "status": "final",
                "status_date": "2026-03-01",
            },
            {
                "deliverable_id": "D1",
                "version": "2",
                "deliverable_type": "strategy_plan",
                "sector": "construction",
                "title": "Plan",
                "status": "draft",
            },
        ],
    ),
    # 15
    File(
        "deo_program_office",
        "milestones",
        [{"milestone_key": "apprenticeship_portal_launch", "achieved_date": "2026-05-05"}],
    ),
    # 16
    File("technology", "participants", state="rejected", reason="NO_HEADER"),
]
# P1 of construction and A1 of the AJCC are one person.
PERSONS = {
    ("construction", "P1"): "zeb",
    ("ajcc_la_county", "A1"): "zeb",
    ("healthcare", "H1"): "hal",
}

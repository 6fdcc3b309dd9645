"""Two nights of small exports in which every fault of people, time and relations occurs once; each sector is one stage.

Everybody is made up. Who stands for which case is said beside them.
"""

from __future__ import annotations

from tests.faults.bad_bytes.records import Record, born, export, record

#: Another partner, whom nothing of all this concerns.
QUIET = "technology"
LOW, HIGH = "06037001600", "06037000200"
#: A name that means something to SQL, to a browser and to a spreadsheet.
HOSTILE = "Zqe33'); drop table marts.indicator_values;-- <script>alert(1)</script> =1+1"

Night = dict[tuple[str, str], str]


def _person(number: int, **values: str) -> Record:
    return record("participants", number, **values)


def _enrolled(number: int, **values: str) -> Record:
    """In training since January, not done."""
    plain = {"status": "active", "completion_date": "", "training_start_date": "2026-01-05"}
    return record("enrollments", number, **plain | values)


def _files(day: str, source: str, **entities: list[Record]) -> Night:
    return {(source, f"{entity}_{day}.csv"): export(entity, rows) for entity, rows in entities.items()}


def quiet_night(day: str) -> Night:
    """The bystander: two people, both enrolled, one placed; the later export has one more."""
    numbers = (91, 92, 93) if day == "20260930" else (91, 92)
    return _files(
        day,
        QUIET,
        participants=[_person(n) for n in numbers],
        enrollments=[_enrolled(n, sector=QUIET) for n in numbers],
        placements=[record("placements", 91, start_date="2026-06-01")],
        programs=[record("programs", 1, sector=QUIET)],
    )


def _beginnings() -> Night:
    """Every table that counts has begun by June: of a partner that begins later, its first export shows the past."""
    begun: Night = {}
    for number, source in enumerate(("construction", "healthcare", "aerospace", "creative_economy"), 81):
        applied = _enrolled(number, sector=source, status="applied", training_start_date="")
        own = _files("20260531", source, participants=[_person(number)], enrollments=[applied])
        begun |= _files("20260531", source, placements=[]) | ({} if source == "construction" else own)
    prospect = record("employer_partnerships", 1, status="prospective", established_date="")
    begun |= _files("20260531", "construction", employer_partnerships=[prospect])
    return begun | _files("20260531", "ajcc_la_county", participants=[_person(85)], pirl=[record("pirl", 85)])


def cut_export(day: str) -> Night:
    """S01: fifty services by June, ten by September."""
    count = 50 if day == "20260630" else 10
    return _files(day, "early_care_education", services=[record("services", n) for n in range(1, count + 1)])


def first_night() -> Night:
    """What has come by 30 June."""
    return _beginnings() | {
        # S07: person 7 is there in May and gone in June; S04: changes only, of persons 41 and 42
        **_files("20260531", "construction", participants=[*_always(), _person(6), _person(7)],
                 enrollments=[*_always_enrolled(), _enrolled(6), _enrolled(7)]),
        ("creative_economy", "participants_changes_20260601.csv"): export("participants", [_person(41), _person(42)]),
        # S06: person 6 is there; S16: the placement of person 16 comes a night before the person
        **_files("20260630", "construction",
                 participants=[*_always(), _person(6), _person(10)],
                 enrollments=[*_always_enrolled(), _enrolled(6), _enrolled(10, training_start_date="2026-05-04")],
                 placements=[record("placements", 5, start_date="2026-01-15"),
                             record("placements", 16, start_date="2026-06-15")]),
    }  # fmt: skip


def _always(state_id: str = "") -> list[Record]:
    """People of construction who are in every export; ``state_id`` is what of person 12 and 13 is known by then."""
    return [
        _person(1), _person(5), _person(8),
        # V20: one person under two ids
        _person(20), _person(20, participant_id="ZQP20B"),
        # V24: the same surname and birth date, and digits that prove nothing
        *(_person(n, date_of_birth="1984-03-24", ssn_last4=ssn) for n, ssn in ((24, "0000"), (25, "0000"), (26, "3333"),
                                                                             (23, "3333"))),
        # S13: nothing says before September that these two are one person
        _person(12, caljobs_id=state_id), _person(13, caljobs_id=state_id, date_of_birth=born(12)),
        # V27: twins
        *(_person(n, date_of_birth="1985-03-27", ssn_last4=ssn) for n, ssn in ((27, "2701"), (28, "2802"))),
    ]  # fmt: skip


def _always_enrolled() -> list[Record]:
    return [
        record("enrollments", 1),
        # V05: trained from February to May
        record("enrollments", 5, training_start_date="2026-02-02", completion_date="2026-05-29"),
        # S08: left in March
        _enrolled(8, status="withdrawn", withdrawal_date="2026-03-02"),
        _enrolled(202, participant_id="ZQP20B"),
        *(_enrolled(n) for n in (12, 13, 20, 23, 24, 25, 26, 27, 28)),
    ]


def second_night() -> Night:
    """What has come by 30 September."""
    return {**_construction(), **_healthcare(), **_aerospace(), **_creative_economy(), **_job_center()}


def _construction() -> Night:
    return _files(
        "20260930",
        "construction",
        participants=[
            *_always(state_id="ZQX12"), _person(7), _person(9), _person(10), _person(11), _person(16),
            # V30: outside of the County, and nobody knows
            _person(30, zip="94105"), _person(29, zip=""),
            # V33
            _person(33, first_name="Zqf33'); drop table people;--", last_name="<b>Quillfeather</b>"),
        ],
        enrollments=[
            *_always_enrolled(), _enrolled(7),
            # S09: completes here
            record("enrollments", 9, completion_date="2026-06-05"),
            # S10: told in September of a training that began in May, and of one that was never begun
            _enrolled(11, training_start_date="2026-05-18"), _enrolled(10, status="cancelled"),
            _enrolled(16), _enrolled(30), _enrolled(33),
            # V05: an end before its beginning
            record("enrollments", 105, participant_id="ZQP1", completion_date="2026-01-04"),
            record("enrollments", 106, participant_id="ZQP1", status="withdrawn", completion_date="",
                   withdrawal_date="2026-01-04"),
        ],
        placements=[
            record("placements", 5, start_date="2026-01-15"),
            record("placements", 16, start_date="2026-06-15"),
            # S15: nobody ever delivers this person, nor that enrollment
            record("placements", 15, participant_id="ZQP999"),
            record("placements", 150, participant_id="ZQP16", enrollment_id="ZQN999"),
            record("placements", 33, employer_name=HOSTILE),
        ],
        # S18: one employer in three spellings, a fourth by the alias seed, and another one
        employer_partnerships=[
            record("employer_partnerships", n, employer_name=name) for n, name in enumerate(
                ("Zqe18 Trades, Inc.", "ZQE18 TRADES", "The Zqe18 Trades Co", "Pacific Coast Bldg Trades",
                 "Pacific Coast Building Trades"), 180)
        ],
    )  # fmt: skip


def _healthcare() -> Night:
    return _files(
        "20260930",
        "healthcare",
        participants=[
            _person(8, participant_id="ZQH8"), _person(9, participant_id="ZQH9"),
            # V21: person 1 again, with another first name; and somebody who only bears the name of person 7
            _person(1, participant_id="ZQH1", first_name="Zqf1a"),
            _person(7, participant_id="ZQH7", date_of_birth="1991-11-11", ssn_last4="7171"),
            # V25: the three here are the three of the job center, folded; the fourth only looks like hers
            _person(51, participant_id="ZQH51", first_name="José", last_name="O'Quillfeather-Ruiz", ssn_last4=""),
            _person(52, participant_id="ZQH52", first_name="Zoe", last_name="Quillfeather Jr.", ssn_last4=""),
            _person(53, participant_id="ZQH53", first_name="Zqf53", last_name="Sukarnoputri", ssn_last4=""),
            _person(54, participant_id="ZQH54", first_name="Anna", last_name="Quillfeather", ssn_last4=""),
            # S14: the job center knows this one by the state id
            _person(14, participant_id="ZQH14", caljobs_id="ZQX14"),
        ],
        enrollments=[
            # S08: moved here in July
            _enrolled(8, participant_id="ZQH8", sector="healthcare", training_start_date="2026-07-06"),
            *(_enrolled(n, participant_id=f"ZQH{n}", sector="healthcare") for n in (1, 7, 14, 51, 52, 53, 54)),
        ],
        # S09: placed here
        placements=[record("placements", 9, participant_id="ZQH9", start_date="2026-07-01")],
    )  # fmt: skip


def _aerospace() -> Night:
    """V16: one person a way of writing a flag; whoever is not homeless is known to be nothing else either."""
    written = ("Y", "N", "1", "0", "True", "")
    known = {"systems_involved": "N", "systems_impacted": "N", "zip": "", "census_tract": LOW}
    people = [_person(61 + n, date_of_birth=f"1978-04-{1 + n:02d}", homeless=flag, **known)
              for n, flag in enumerate(written)]  # fmt: skip
    return _files(
        "20260930",
        "aerospace",
        participants=people,
        enrollments=[_enrolled(61 + n, sector="aerospace") for n in range(len(written))],
    )


def _creative_economy() -> Night:
    """V08 and V32: three placed, one without a wage, one whose wage is floating-point noise."""
    wages = ("22.499999999999996", "21.00", "")
    return {
        # S04: all three of them where only the third was expected
        ("creative_economy", "participants_changes_20260930.csv"): export(
            "participants", [_person(41), _person(42, zip="90013"), _person(43)]),
        ("creative_economy", "enrollments_changes_20260930.csv"): export(
            "enrollments", [_enrolled(n, sector="creative_economy") for n in (41, 42, 43)]),
        ("creative_economy", "placements_changes_20260930.csv"): export(
            "placements", [record("placements", 41 + n, wage_amount=wage, wage_unit="hour" if wage else "")
                           for n, wage in enumerate(wages)]),
    }  # fmt: skip


def _job_center() -> Night:
    return _files(
        "20260930",
        "ajcc_la_county",
        participants=[
            # V25: full-width letters and decomposed accents; a suffix less; one word for a name; a Cyrillic A
            _person(51, participant_id="ZQJ51", first_name="JOSÉ", last_name="\uff2fQUILLFEATHER RUIZ",
                    ssn_last4=""),
            _person(52, participant_id="ZQJ52", first_name="Zoé", last_name="Quillfeather", ssn_last4=""),
            _person(53, participant_id="ZQJ53", first_name="ZQF53", last_name="SUKARNOPUTRI", ssn_last4=""),
            _person(54, participant_id="ZQJ54", first_name="Аnna", last_name="Quillfeather", ssn_last4=""),
        ],
        # S14: the same person by the state id, with a training of ours
        pirl=[
            record("pirl", 14, pirl_105="HRTP-HEALTHCARE", pirl_1300="1", pirl_1302="20260202",
                   pirl_1303="06"),
            # V05: an exit before the entry
            record("pirl", 5, pirl_901="20251231"),
        ],
    )  # fmt: skip

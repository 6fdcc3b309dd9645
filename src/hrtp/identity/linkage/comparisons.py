"""What is compared, and in which steps of agreement: Splink settings as data, the same on every engine.

The number of a level is Splink's: the last one listed is 0, nulls are -1. ``LEVELS`` names them for the bands.
"""

from __future__ import annotations

from typing import Any, Final

#: Names that at least one in this many bears are established: two of them that are alike are two names, not a slip.
ESTABLISHED: Final = 1e-4
#: Years between births at which two people of one name are taken for parent and child. Beyond the last, a wrong digit
#: is likelier than a child.
GENERATION: Final = (12, 39)
#: Similarity (Jaro-Winkler) from which on two names may be one with a slip.
ALIKE: Final = 0.92
#: Similarity of a short form with a slip in it to the full name; of two names drawn at random, one pair in 200 is so
#: alike.
NOT_UNLIKE: Final = 0.8


def _comparison(name: str, levels: list[dict[str, Any]]) -> dict[str, Any]:
    return {"output_column_name": name, "comparison_levels": levels}


def _null(*columns: str) -> dict[str, Any]:
    either = " or ".join(f"{c}_l is null or {c}_r is null" for c in columns)
    return {"sql_condition": either, "label_for_charts": "unknown", "is_null_level": True}


def _level(label: str, condition: str, tf: str | None = None) -> dict[str, Any]:
    level: dict[str, Any] = {"sql_condition": condition, "label_for_charts": label}
    if tf:
        level |= {"tf_adjustment_column": tf, "tf_adjustment_weight": 1.0, "tf_minimum_u_value": 1e-6}
    return level


def _alike(column: str) -> str:
    left, right = f"{column}_l", f"{column}_r"
    return (
        f"(length({left}) > 2 and length({right}) > 2 and (damerau_levenshtein({left}, {right}) <= 1 "
        f"or jaro_winkler_similarity({left}, {right}) >= {ALIKE}))"
    )


_OTHER: Final = {"sql_condition": "ELSE", "label_for_charts": "other"}
_SWAPPED: Final = (
    "(first_l != first_r and ("
    "(first_l = last_r and (last_l = first_r or damerau_levenshtein(last_l, first_r) <= 1 "
    "or list_contains(first_full_r, last_l))) "
    "or (last_l = first_r and (damerau_levenshtein(first_l, last_r) <= 1 or list_contains(first_full_l, last_r)))))"
)
_YEARS: Final = "abs(cast(substr(born_l, 1, 4) as integer) - cast(substr(born_r, 1, 4) as integer))"
_GENERATION: Final = f"{_YEARS} between {GENERATION[0]} and {GENERATION[1]}"
_SAME_PARTS: Final = (
    "(cast(substr(born_l, 1, 4) = substr(born_r, 1, 4) as integer) "
    "+ cast(substr(born_l, 5, 2) = substr(born_r, 5, 2) as integer) "
    "+ cast(substr(born_l, 7, 2) = substr(born_r, 7, 2) as integer)) = 2"
)


def _digits(name: str, column: str) -> dict[str, Any]:
    near = f"damerau_levenshtein({column}_l, {column}_r) <= 1"
    same = _level("same", f"{column}_l = {column}_r")
    return _comparison(name, [_null(column), same, _level("one stroke off", near), dict(_OTHER)])


def comparisons() -> list[dict[str, Any]]:
    """The comparisons, without probabilities: training fills those in."""
    return [
        _comparison(
            "first_name",
            [
                _null("first"),
                _level("same", "first_l = first_r", tf="first"),
                _level("swapped with the last name", _SWAPPED),
                _level("alike", f"{_alike('first')} and not (is_known_first_l and is_known_first_r)"),
                _level("short form or spelling", "list_has_any(first_full_l, first_full_r)"),
                _level(
                    "part or initial",
                    "(list_has_all(first_tokens_l, first_tokens_r) or list_has_all(first_tokens_r, first_tokens_l) "
                    "or (list_has_any(first_tokens_l, first_tokens_r) and (starts_with(first_l, first_r) "
                    "or starts_with(first_r, first_l))) or ((length(first_l) = 1 or length(first_r) = 1) "
                    "and substr(first_l, 1, 1) = substr(first_r, 1, 1)))",
                ),
                _level(
                    "not unlike, and one is no known name",
                    f"jaro_winkler_similarity(first_l, first_r) >= {NOT_UNLIKE} "
                    "and not (is_known_first_l and is_known_first_r)",
                ),
                _level("alike, but both are names", _alike("first")),
                dict(_OTHER),
            ],
        ),
        _comparison(
            "last_name",
            [
                {**_null("last"), "sql_condition": f"last_l is null or last_r is null or {_SWAPPED}"},
                _level("same", "last_l = last_r", tf="last"),
                _level("a part of a compound", "list_has_any(last_parts_l, last_parts_r)"),
                _level("alike", _alike("last")),
                dict(_OTHER),
            ],
        ),
        _comparison("suffix", [_null("suffix"), _level("same", "suffix_l = suffix_r"), dict(_OTHER)]),
        _comparison(
            "birth_date",
            [
                _null("born"),
                _level("same", "born_l = born_r"),
                _level(
                    "day and month transposed",
                    "substr(born_l, 1, 4) = substr(born_r, 1, 4) and substr(born_l, 5, 2) = substr(born_r, 7, 2) "
                    "and substr(born_l, 7, 2) = substr(born_r, 5, 2)",
                ),
                _level("one stroke off", f"damerau_levenshtein(born_l, born_r) <= 1 and not {_GENERATION}"),
                _level("year, month or day differs", f"{_SAME_PARTS} and {_YEARS} < {GENERATION[0]}"),
                _level("one stroke off, a generation apart", "damerau_levenshtein(born_l, born_r) <= 1"),
                _level("near", f"{_YEARS} < {GENERATION[0]}"),
                dict(_OTHER),
            ],
        ),
        _digits("ssn_last4", "ssn"),
        _digits("caljobs_id", "caljobs"),
        _digits("phone", "phone"),
        _comparison(
            "email",
            [
                _null("email"),
                _level("same", "email_l = email_r"),
                _level(
                    "one stroke off, or another host",
                    "damerau_levenshtein(email_l, email_r) <= 1 "
                    "or (split_part(email_l, '@', 1) = split_part(email_r, '@', 1) and length(email_l) > 12)",
                ),
                dict(_OTHER),
            ],
        ),
        _comparison("zip", [_null("zip"), _level("same", "zip_l = zip_r"), dict(_OTHER)]),
    ]


#: Level numbers by comparison, as the bands name them.
LEVELS: Final = {
    "first_name": {
        "SAME": 7,
        "SWAPPED": 6,
        "ALIKE": 5,
        "NICKNAME": 4,
        "PART": 3,
        "NOT_UNLIKE": 2,
        "BOTH_NAMES": 1,
        "OTHER": 0,
    },
    "last_name": {"SAME": 3, "COMPOUND": 2, "ALIKE": 1, "OTHER": 0},
    "suffix": {"SAME": 1, "OTHER": 0},
    "birth_date": {"SAME": 6, "TRANSPOSED": 5, "ONE_OFF": 4, "ONE_PART": 3, "GENERATION": 2, "NEAR": 1, "OTHER": 0},
    "ssn_last4": {"SAME": 2, "ONE_OFF": 1, "OTHER": 0},
    "caljobs_id": {"SAME": 2, "ONE_OFF": 1, "OTHER": 0},
    "phone": {"SAME": 2, "ONE_OFF": 1, "OTHER": 0},
    "email": {"SAME": 2, "ONE_OFF": 1, "OTHER": 0},
    "zip": {"SAME": 1, "OTHER": 0},
}

#: Which pairs are looked at. Each value of one side meets those of the other that agree in all that a rule names.
BLOCKING: Final = (
    "l.caljobs = r.caljobs",
    "l.ssn = r.ssn and l.born = r.born",
    "l.born = r.born and l.last = r.last",
    "l.born = r.born and l.first = r.first",
    "l.ssn = r.ssn and l.last = r.last",
    "l.ssn = r.ssn and l.first = r.first",
    "l.born = r.born and l.zip = r.zip",
    "l.phone = r.phone and l.initial = r.initial",
    "l.email = r.email and l.initial = r.initial",
    "l.email = r.email and l.born = r.born",
    "l.email = r.email and l.last = r.last",
    "l.phone = r.phone and l.last = r.last",
    "l.phone = r.phone and l.born = r.born",
    "l.first = r.first and l.last = r.last and l.zip = r.zip",
    "l.first = r.first and l.last = r.last and l.turned = r.turned",
    "l.first = r.last and l.last = r.first",
    "l.born = r.born and l.initials = r.initials",
)


def settings(prior: float) -> dict[str, Any]:
    """Splink settings, untrained."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "position",
        "probability_two_random_records_match": prior,
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": False,
        "comparisons": comparisons(),
        "blocking_rules_to_generate_predictions": [{"blocking_rule": rule} for rule in BLOCKING],
    }

"""From weights to bands: which pairs merge, which a person looks at, which stay apart whatever they weigh.

The weight adds up what agrees as if nothing hung together; a family shares a roof, a telephone, a last name and, with
twins, a birthday. So a weight alone merges nobody: some pairs are barred from merging by what contradicts it.
"""

from __future__ import annotations

import re
from typing import Final

import duckdb

from hrtp.identity.clusters import Array
from hrtp.identity.linkage.arrays import fetch
from hrtp.identity.linkage.comparisons import LEVELS
from hrtp.identity.linkage.model import Thresholds

_GAMMA: Final = re.compile(r"\b([a-z_0-9]+)\.([A-Z_]+)\b")


def _sql(text: str) -> str:
    """``first_name.SAME`` stands for that level's number, ``{first_name}`` for the pair's."""
    named = _GAMMA.sub(lambda m: str(LEVELS[m[1]][m[2]]), text)
    return re.sub(r"\{([a-z_0-9]+)\}", r"s.gamma_\1", named)


_FACTS: Final = {
    "ssn_same": "{ssn_last4} = ssn_last4.SAME",
    "id_same": "{caljobs_id} = caljobs_id.SAME",
    "reached": "({phone} = phone.SAME or {email} = email.SAME)",
    "placed": "({phone} >= phone.ONE_OFF or {email} >= email.ONE_OFF or {zip} = zip.SAME)",
    "first_fits": "({first_name} >= first_name.PART or ({first_name} = first_name.NOT_UNLIKE "
    "and {birth_date} = birth_date.SAME and {last_name} >= last_name.ALIKE))",
    "first_unknown": "{first_name} = -1",
    "last_fits": "({last_name} >= last_name.ALIKE or {first_name} = first_name.SWAPPED)",
    "born_same": "{birth_date} = birth_date.SAME",
    "born_near": "{birth_date} between birth_date.ONE_PART and birth_date.TRANSPOSED",
    "born_other": "{birth_date} between 0 and birth_date.NEAR",
    "born_generation": "{birth_date} = birth_date.GENERATION",
    "nameless": "({first_name} = -1 and {last_name} = -1)",
}

#: Deterministic strong keys in the order in which they are named. The first two letters of each are an id's.
STRONG: Final = {
    "caljobs_id": "id_same",
    "ssn_birth_date_last_name": "ssn_same and born_same and {last_name} = last_name.SAME",
    "ssn_birth_date_first_name": "ssn_same and born_same and {first_name} >= first_name.NICKNAME",
    "ssn_name": "ssn_same and born_near and {first_name} = first_name.SAME and {last_name} = last_name.SAME",
    "name_birth_date": "{first_name} in (first_name.SAME, first_name.SWAPPED) and born_same "
    "and ({last_name} = last_name.SAME or {first_name} = first_name.SWAPPED)",
}

#: Why a pair must not be merged, in the order in which it is said. A pair for which one of them holds stays apart in
#: every count, whatever it weighs.
BLOCKED: Final = {
    # the state gives one id a person: two of them, and not by one stroke, are two persons or a matter for review
    "CALJOBS_ID_DIFFERS": "{caljobs_id} = caljobs_id.OTHER",
    # two numbers are two persons, unless all else says one: then the number was typed wrong
    "SSN_DIFFERS": "{ssn_last4} = ssn_last4.OTHER and not id_same "
    "and not (last_fits and born_same and (({first_name} >= first_name.SWAPPED and reached) "
    "or ({first_name} >= first_name.NICKNAME and {email} = email.SAME)))",
    # the key of an id under which somebody else stands: mistyped, or given away
    "ID_OF_ANOTHER": "id_same and born_other and not (first_fits and last_fits) "
    "and not (nameless and {zip} = zip.SAME)",
    # father and son, mother and daughter: one name, two birth dates; an id or the telephone must say that it is one
    "BIRTH_DATE_DIFFERS": "born_other and not id_same and not (ssn_same and first_fits and last_fits and placed)",
    "SUFFIX_DIFFERS": "{suffix} = suffix.OTHER and not (id_same or (ssn_same and born_same))",
    # twins and whoever shares a roof: a last name, a birthday, a telephone; never the first name and the number
    "FIRST_NAME_DIFFERS": "{first_name} >= 0 and not first_fits "
    "and not id_same and not (ssn_same and (born_same or born_near) and (last_fits or reached))",
}

#: Weight above that of a merge at which a name is rare enough to vouch for a slip in the birth date.
_RARE: Final = 3
#: Weight above that of a merge at which first name, birthday and ZIP vouch for another last name.
_SURE: Final = 6
#: Bits by which a chance agreement is rarer among fewer records than those the prior speaks of. In steps of ten, so
#: that a record that joins changes nothing but where it is the 50,000th or the 500,000th.
_FEWER: Final = ((50_000, 6.6), (500_000, 3.3))

#: What a merge by weight needs besides: never a name alone.
_SUPPORTED: Final = (
    "(id_same or (ssn_same and (first_fits or last_fits or born_same)) "
    "or (born_same and first_fits and (last_fits or reached)) "
    "or (born_near and first_fits and last_fits and placed) "
    "or ({birth_date} = birth_date.TRANSPOSED and first_fits and last_fits) "
    "or (born_near and {first_name} = first_name.SAME and {last_name} = last_name.SAME and is_rare) "
    "or (born_near and first_fits and {phone} = phone.SAME and {email} = email.SAME) "
    "or ({caljobs_id} = caljobs_id.ONE_OFF and born_same and placed) "
    "or (born_same and first_fits and placed and is_sure)) "
    # born a round number of years before, on the same day: a wrong digit, or the parent
    "and not (born_generation and not ssn_same and not id_same)"
)

#: What a person can judge: not a birthday and a ZIP without a name.
_REVIEWABLE: Final = "not nameless or {caljobs_id} >= caljobs_id.ONE_OFF"

#: What agrees, as told to a person: never a value.
REASONS: Final = {
    "SAME_CALJOBS_ID": "id_same",
    "CALJOBS_ID_ONE_OFF": "{caljobs_id} = caljobs_id.ONE_OFF",
    "SAME_SSN_LAST4": "ssn_same",
    "SSN_ONE_OFF": "{ssn_last4} = ssn_last4.ONE_OFF",
    "OTHER_SSN_LAST4": "{ssn_last4} = ssn_last4.OTHER",
    "SAME_FIRST_NAME": "{first_name} = first_name.SAME",
    "SWAPPED_NAMES": "{first_name} = first_name.SWAPPED",
    "NICKNAME": "{first_name} = first_name.NICKNAME",
    "PART_OF_FIRST_NAME": "{first_name} = first_name.PART",
    "FIRST_NAME_ALIKE": "{first_name} in (first_name.ALIKE, first_name.NOT_UNLIKE)",
    "OTHER_FIRST_NAME": "{first_name} in (first_name.OTHER, first_name.BOTH_NAMES)",
    "SAME_LAST_NAME": "{last_name} = last_name.SAME",
    "COMPOUND_LAST_NAME": "{last_name} = last_name.COMPOUND",
    "LAST_NAME_ALIKE": "{last_name} = last_name.ALIKE",
    "OTHER_LAST_NAME": "{last_name} = last_name.OTHER",
    "OTHER_SUFFIX": "{suffix} = suffix.OTHER",
    "SAME_BIRTH_DATE": "born_same",
    "DAY_MONTH_SWAPPED": "{birth_date} = birth_date.TRANSPOSED",
    "BIRTH_DATE_NEAR": "{birth_date} in (birth_date.ONE_OFF, birth_date.ONE_PART)",
    "OTHER_BIRTH_DATE": "born_other",
    "SAME_PHONE": "{phone} = phone.SAME",
    "SAME_EMAIL": "{email} = email.SAME",
    "SAME_ZIP": "{zip} = zip.SAME",
}


def _case(rules: dict[str, str]) -> str:
    return "case " + " ".join(f"when {_sql(rule)} then '{name}'" for name, rule in rules.items()) + " end"


def make_bands(connection: duckdb.DuckDBPyConnection, thresholds: Thresholds, records: int) -> None:
    """Make table ``banded`` from ``scored``: l, r, match_weight, strong (key or null), blocked (reason or null), band.

    Bands: 2 merge, 1 review, 0 apart. Only pairs that merge, want review, or were kept from merging are in it.
    """
    fewer = next((bits for least, bits in _FEWER if records < least), 0.0)
    facts = ", ".join(f"{_sql(rule)} as {name}" for name, rule in _FACTS.items())
    facts += f", s.match_weight >= {thresholds.merge + _RARE - fewer} as is_rare"
    facts += f", s.match_weight >= {thresholds.merge + _SURE - fewer} as is_sure"
    connection.execute(f"""
create or replace table banded as
with facts as (
    select s.*, {facts} from scored as s
),
judged as (
    select s.*, {_case(STRONG)} as strong, {_case(BLOCKED)} as blocked, {_sql(_SUPPORTED)} as is_supported,
        {_sql(_REVIEWABLE)} as is_reviewable,
    from facts as s
),
final as (
    select s.position_l as l, s.position_r as r, s.match_weight, s.match_probability, s.strong, s.blocked,
        case
            when s.blocked is not null then
                case when s.strong is not null then 1 else 0 end
            when s.strong is not null then 2
            when s.match_weight >= {thresholds.merge - fewer} and s.is_supported then 2
            when s.match_weight >= {thresholds.review} and s.is_reviewable then 1
            else 0
        end as band,
    from judged as s
)
from final
where band > 0 or (blocked is not null and match_weight >= {thresholds.review})
order by l, r
""")


def codes(connection: duckdb.DuckDBPyConnection) -> dict[str, Array]:
    """``banded`` as arrays, in its order: l, r, weight, band; strong and blocked by place in their lists, else -1."""
    strong, blocked = (
        f"coalesce(list_position([{', '.join(repr(n) for n in names)}], {column}) - 1, -1)::tinyint as {column}"
        for names, column in ((STRONG, "strong"), (BLOCKED, "blocked"))
    )
    return fetch(
        connection,
        f"select l, r, round(match_weight, 6) as weight, band::tinyint as band, {strong}, {blocked} "
        "from banded order by l, r",
    )


def reasons_sql() -> str:
    """What agrees in a row of ``scored`` (as ``s``), as codes joined by ``|``."""
    named = re.compile(r"\b(" + "|".join(_FACTS) + r")\b")
    parts = (named.sub(lambda m: f"({_FACTS[m[1]]})", rule) for rule in REASONS.values())
    codes = ", ".join(f"case when {_sql(rule)} then '{code}' end" for code, rule in zip(REASONS, parts, strict=True))
    return f"nullif(concat_ws('|', {codes}), '')"


#: Two records of one group that cannot be one person's, whatever links them in between: two state ids, two numbers.
#: Softer than ``BLOCKED``, since the records of one person need not all be alike.
HARD_CONFLICT: Final = """
(l.caljobs != r.caljobs and damerau_levenshtein(l.caljobs, r.caljobs) > 1)
or (
    coalesce(l.caljobs != r.caljobs, true)
    and l.ssn != r.ssn and damerau_levenshtein(l.ssn, r.ssn) > 1
    and not coalesce(
        l.born = r.born and (l.first = r.first or l.first = r.last or l.last = r.first
            or (l.email = r.email and list_has_any(l.first_full, r.first_full))), false
    )
)
"""
#: Two names, or two generations, without an id in common. Strong keys may bridge them (a person may go by another
#: name), weights may not.
SOFT_CONFLICT: Final = """
coalesce(l.caljobs != r.caljobs, true) and coalesce(l.ssn != r.ssn, true) and (
    (
        abs(cast(left(l.born, 4) as integer) - cast(left(r.born, 4) as integer)) between 12 and 39
        and damerau_levenshtein(l.born, r.born) > 1
    )
    or l.suffix != r.suffix
    or (
        l.is_known_first and r.is_known_first and l.first != r.last and l.last != r.first
        and not list_has_any(l.first_full, r.first_full)
        and not list_has_any(l.first_tokens, r.first_tokens)
        and jaro_winkler_similarity(l.first, r.first) < 0.85
    )
)
"""

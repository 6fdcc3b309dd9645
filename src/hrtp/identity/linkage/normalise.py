"""Records as they are compared: names without case, accents, look-alikes; parts, suffix, digits, dates."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import duckdb
import pyarrow as pa

from hrtp.identity.linkage.nicknames import full_names

#: Cyrillic and Greek letters that look like Latin ones: in a name that is otherwise Latin, they are a slip of a
#: keyboard or of a copied text. A name wholly in another script is transliterated instead.
_LOOK_ALIKES = str.maketrans(
    "авеёкмнорстухіїјѕԁɡαβεηικμνορτυχ",
    "abeekmhopctyxiijsdgabenikmvoptux",
)
_SUFFIX = {"jr": "jr", "junior": "jr", "sr": "sr", "senior": "sr", "ii": "ii", "iii": "iii", "iv": "iv", "2nd": "ii"}
_SUFFIX |= {"3rd": "iii"}
#: Words that belong to a last name and tell nobody apart.
_PARTICLES = {"de", "la", "las", "los", "del", "el", "al", "da", "do", "dos", "di", "van", "von", "der", "den", "y"}
_PARTICLES |= {"san", "santa", "st", "mc", "le", "du", "bin", "ibn", "ter"}
_APOSTROPHES = re.compile(r"['’‘`´ʼ]")
_OTHER = re.compile(r"[^a-z0-9]+")
_LATIN = re.compile(r"[a-z]")

#: Columns of table ``writing``, one row a record.
NORMAL_COLUMNS = (
    "first",
    "first_tokens",
    "first_full",
    "last",
    "last_parts",
    "suffix",
    "born",
    "ssn",
    "caljobs",
    "phone",
    "email",
    "zip",
)


def plain(name: str) -> str:
    """Case folded, Latin, without accents; punctuation becomes a space, an apostrophe nothing."""
    text = name.casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
        text = "".join(c for c in text if not unicodedata.combining(c))
    if not text.isascii():
        from anyascii import anyascii

        if _LATIN.search(text):
            text = text.translate(_LOOK_ALIKES)
        text = anyascii(text).casefold()
    if text.isalpha():
        return text
    return _OTHER.sub(" ", _APOSTROPHES.sub("", text)).strip()


def first_name(name: str) -> dict[str, Any]:
    """``first`` (letters run together), its tokens, and the full names that it may stand for."""
    tokens = plain(name).split()
    joined = "".join(tokens)
    if not joined:
        return {"first": None, "first_tokens": None, "first_full": None}
    return {"first": joined, "first_tokens": sorted(set(tokens)), "first_full": full_names(joined)}


def last_name(name: str) -> dict[str, Any]:
    """``last`` without a suffix, its parts without particles, and the suffix as a field of its own."""
    tokens = plain(name).split()
    suffix = None
    while len(tokens) > 1 and tokens[-1] in _SUFFIX:
        suffix = _SUFFIX[tokens.pop()]
    joined = "".join(tokens)
    if not joined:
        return {"last": None, "last_parts": None, "suffix": suffix}
    parts = sorted({token for token in tokens if token not in _PARTICLES and len(token) > 1} | {joined})
    return {"last": joined, "last_parts": parts, "suffix": suffix}


_NAME_SCHEMAS = {
    "first_name": pa.schema(
        [
            ("raw", pa.string()),
            ("first", pa.string()),
            ("first_tokens", pa.list_(pa.string())),
            ("first_full", pa.list_(pa.string())),
        ]
    ),
    "last_name": pa.schema(
        [("raw", pa.string()), ("last", pa.string()), ("last_parts", pa.list_(pa.string())), ("suffix", pa.string())]
    ),
}

# A birth date that stands for "unknown" tells nobody apart, nor do repeated digits, nor an address that nobody has.
_WRITING = r"""
create or replace table writing as
with digits as (
    select r.position, r.first_name, r.last_name,
        regexp_replace(coalesce(r.date_of_birth, ''), '\s', '', 'g') as born,
        regexp_replace(coalesce(r.ssn_last4, ''), '\D', '', 'g') as ssn,
        lower(regexp_replace(nfc_normalize(coalesce(r.caljobs_id, '')), '[\s-]', '', 'g')) as caljobs,
        right(regexp_replace(coalesce(r.phone, ''), '\D', '', 'g'), 10) as phone,
        lower(regexp_replace(coalesce(r.email, ''), '\s', '', 'g')) as email,
        left(regexp_replace(coalesce(r.zip, ''), '\D', '', 'g'), 5) as zip,
    from record as r
),
dates as (
    select * exclude (born),
        case
            when regexp_full_match(born, '\d{4}-\d\d-\d\d.*') then replace(left(born, 10), '-', '')
            when regexp_full_match(born, '\d{8}') then born
            when regexp_full_match(born, '\d{1,2}/\d{1,2}/\d{4}') then
                split_part(born, '/', 3) || lpad(split_part(born, '/', 1), 2, '0')
                || lpad(split_part(born, '/', 2), 2, '0')
        end as born,
    from digits
)
select d.position, f.first, f.first_tokens, f.first_full, l.last, l.last_parts, l.suffix,
    case when d.born not in ('19000101', '18000101', '19010101', '99991231', '11111111') then d.born end as born,
    case when length(d.ssn) = 4 and d.ssn != repeat(left(d.ssn, 1), 4) then d.ssn end as ssn,
    case when d.caljobs != '' and d.caljobs != repeat(left(d.caljobs, 1), length(d.caljobs)) then d.caljobs end
        as caljobs,
    case when length(d.phone) = 10 and d.phone != repeat(left(d.phone, 1), 10) then d.phone end as phone,
    case when regexp_full_match(d.email, '[^@]+@[^@]+\.[^@]+')
        and not regexp_matches(d.email, '^(no-?email|none|na|n/a|test|unknown|noreply|no-?reply)@') then d.email end
        as email,
    case when length(d.zip) = 5 and d.zip != repeat(left(d.zip, 1), 5) then d.zip end as zip,
from dates as d
left join first_name_form as f on d.first_name = f.raw
left join last_name_form as l on d.last_name = l.raw
order by d.position
"""


def write_normalised(connection: duckdb.DuckDBPyConnection) -> None:
    """Make table ``writing`` (position, ``NORMAL_COLUMNS``) from view ``record``; each distinct name is folded once."""
    for column, function in (("first_name", first_name), ("last_name", last_name)):
        names = [row[0] for row in connection.execute(f"select distinct {column} from record order by all").fetchall()]
        rows = [{"raw": name, **function(name)} for name in names if name is not None]
        connection.register("incoming", pa.Table.from_pylist(rows, schema=_NAME_SCHEMAS[column]))
        connection.execute(f"create or replace table {column}_form as select * from incoming")
        connection.unregister("incoming")
    connection.execute(_WRITING)

"""What can go wrong between us and PostgreSQL, said without its own words.

PostgreSQL's messages quote rows (``Key (person_key)=(...) already exists``), libpq's name hosts and logins. So an error
becomes the sentence of its SQLSTATE, and nothing of its text goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hrtp.errors import HrtpError, no_values_in_errors


class BiPublishFailed(HrtpError):
    """PostgreSQL does not carry the published night; it shows the one before, whole."""

    code = "BI_PUBLISH_FAILED"


_STAYS = "Dashboards keep the night before; the published files are not touched"
#: SQLSTATE, or its class of two letters -> what happened, and what to do.
_SENTENCES = {
    "28": "PostgreSQL refuses the login: check user and password in HRTP_POSTGRES_DSN",
    "3D": "PostgreSQL has no such database: check HRTP_POSTGRES_DSN, or create it and run `hrtp bi setup`",
    "42501": "the login may not do this: run `hrtp bi setup` once as an administrator",
    "42704": "roles or schemas are missing: run `hrtp bi setup` once as an administrator",
    "3F": "roles or schemas are missing: run `hrtp bi setup` once as an administrator",
    "42P01": "tables of the publisher are missing: run `hrtp bi setup` once as an administrator",
    "53100": "PostgreSQL's disk is full: free space there",
    "53": "PostgreSQL has no room left (memory, connections or disk): look at the server",
    "57014": "PostgreSQL cancelled the work (a timeout, or an administrator): look at the server's log",
    "57": "PostgreSQL shuts down or was stopped in the middle: see that it runs",
    "55P03": "somebody holds a lock on the marts for too long: end the session that is idle in a transaction",
    "40": "PostgreSQL broke off two that waited for each other: look at what else writes to schema marts",
    "25006": "PostgreSQL is read-only (a standby?): name the primary in HRTP_POSTGRES_DSN",
    "08": "the connection to PostgreSQL broke: see that it runs and can be reached",
    "23": "rows do not fit the keys of their mart: run `hrtp doctor`, then build and publish again",
    "22": "a value does not fit its column in PostgreSQL: run `hrtp doctor`, then build and publish again",
    "XX": "PostgreSQL reports damage of its own: look at the server's log",
    "58": "PostgreSQL's disk gives errors: look at the server's log",
}
#: Where the connection itself fails libpq knows no SQLSTATE; these words of its text are the only sign.
_WORDS = {
    "terminating connection": "57",
    "server closed the connection": "08",
    "no connection to the server": "08",
    "password": "28",
    "no pg_hba.conf entry": "28",
    "certificate": "28",
    "authentication": "28",
    "too many": "53",
    "remaining connection slots": "53",
    "starting up": "57",
    "shutting down": "57",
    "role ": "28",
    "database ": "3D",
}


def sentence(error: BaseException) -> str:
    """What happened and what to do, from the SQLSTATE of a driver's ``error``; nothing of its text."""
    state = str(getattr(error, "sqlstate", None) or "")
    if not state:
        text = str(error)
        state = next((code for words, code in _WORDS.items() if words in text), "")
    found = _SENTENCES.get(state) or _SENTENCES.get(state[:2])
    if found is None and not state:
        found = "PostgreSQL cannot be reached: see that it runs and that HRTP_POSTGRES_DSN names it"
    where = f" (SQLSTATE {state})" if len(state) == 5 else ""
    return f"{found or 'PostgreSQL refused'}{where}. {_STAYS}; then run `hrtp bi publish`"


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn errors of the drivers into ``BiPublishFailed``, and drop the text of every other one as well."""
    import adbc_driver_manager
    import psycopg

    with no_values_in_errors(BiPublishFailed, "publishing to PostgreSQL"):
        try:
            yield
        except (psycopg.Error, adbc_driver_manager.Error) as error:
            raise BiPublishFailed(sentence(error)) from None

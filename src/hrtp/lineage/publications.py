"""What a publish did: each mart, out of the warehouse to where readers open it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import SecretStr

from hrtp.lineage.datasets import table, written
from hrtp.lineage.events import Events, Work

#: Where a mart went: from its name to ``namespace|name`` of OpenLineage, for people and catalogues that look there.
Place = Callable[[str], str]


def published_files(folder: Path, marts: Mapping[str, int], content_id: str) -> Callable[[Events], Iterable[Work]]:
    """The files of a night: ``published.<mart>`` is the mart in ``marts.duckdb`` and its Parquet file, which are one.

    Args:
        folder: ``published/``.
        marts: rows of each.
        content_id: of the night.
    """
    return publications("published", marts, lambda mart: f"file|{folder / 'parquet' / mart}.parquet", content_id)


def publications(
    kind: str, marts: Mapping[str, int], place: Place, content_id: str | None = None
) -> Callable[[Events], Iterable[Work]]:
    """Marts that went to one kind of place.

    Args:
        kind: ``published`` for files, ``postgres`` for the BI endpoint: the first word of the dataset's name.
        marts: rows of each mart.
        place: where each is; without user or password.
        content_id: of the night that was published, where it is known.
    """

    def describe(_: Events) -> Iterator[Work]:
        for mart, n_rows in sorted(marts.items()):
            yield Work(
                job=f"publish.{kind}.{mart}",
                inputs=[table(f"marts.{mart}")],
                outputs=[written(f"{kind}.{mart}", n_rows=n_rows, places=[place(mart)])],
                kind="PUBLISH",
                facts={"content_id": content_id} if content_id else {},
                path="src/hrtp/publish.py",
            )

    return describe


def in_postgres(dsn: SecretStr, schema: str = "marts") -> Place:
    """Where a mart is in the PostgreSQL that a DSN names: host, port, database; no user and no password.

    Args:
        dsn: URI or ``key=value`` form.
        schema: that readers look into.
    """
    from psycopg.conninfo import conninfo_to_dict

    known = conninfo_to_dict(dsn.get_secret_value())
    server = f"postgres://{known.get('host') or 'localhost'}:{known.get('port') or 5432}"
    database = known.get("dbname") or known.get("user") or "postgres"
    return lambda mart: f"{server}|{database}.{schema}.{mart}"

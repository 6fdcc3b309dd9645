"""Publishing to PostgreSQL: the published night copied beside the one that is shown, and then shown in its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from hrtp.bi.connect import connected, dsn_of, one_publisher
from hrtp.bi.errors import BiPublishFailed, told_plainly
from hrtp.bi.layout import layout_digest, read_layout
from hrtp.bi.load import load
from hrtp.bi.nights import drop_unseen, is_whole, open_night, shown_night, sweep
from hrtp.bi.tables import attach, show
from hrtp.duck import open_duckdb
from hrtp.errors import HrtpError
from hrtp.lineage import observed
from hrtp.lineage.publications import in_postgres, publications
from hrtp.outcomes import PUBLISH_BI, recorded
from hrtp.publish import MARTS_FILE, current_content_id, damaged_files
from hrtp.settings import Settings
from hrtp.steps import step

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class BiResult:
    """What PostgreSQL shows now. ``changed`` is False where it showed that already, row for row.

    ``marts`` maps a mart to its rows; ``kept`` are earlier nights that still lie there, unseen.
    """

    changed: bool
    content_id: str
    marts: dict[str, int]
    kept: int

    @property
    def rows(self) -> int:
        """Rows of all marts."""
        return sum(self.marts.values())

    def summary(self) -> dict[str, object]:
        """Counts for logs and XComs."""
        return {
            "changed": self.changed,
            "content_id": self.content_id,
            "marts": len(self.marts),
            "rows": self.rows,
            "nights_kept": self.kept,
        }


def publish_to_postgres(settings: Settings) -> BiResult:
    """Let schema ``marts`` of ``HRTP_POSTGRES_DSN`` show the night that is published.

    Killed at any instant it leaves the night that was shown, and the next run begins anew.

    Raises:
        BiPublishFailed: the night before stays; the message says what to do.
        BusyError: another publisher is at it.
        SettingsError: no PostgreSQL is named, or in a way that cannot be used.
    """
    dsn = dsn_of(settings)
    version = _version(settings)
    with (
        observed(settings, "publish_bi") as seen,
        told_plainly(),
        open_duckdb(attached={"published": version / MARTS_FILE}) as source,
        one_publisher(dsn),
        connected(dsn) as connection,
    ):
        marts = read_layout(source, settings.project)
        layout = layout_digest(marts)
        sweep(connection)
        step("bi.swept")
        shown = shown_night(connection)
        expected = {mart.name: _count(source, mart.name) for mart in marts}
        changed = (
            shown is None
            or (shown.content_id, shown.layout, shown.marts) != (version.name, layout, expected)
            or not is_whole(connection, shown)
        )
        if changed:
            night = open_night(connection, version.name, layout, _as_of(source), expected)
            step("bi.night_opened")
            load(dsn, source, night, marts)
            attach(connection, night, marts)
            show(connection, night, marts)
            step("bi.swapped")
        kept = drop_unseen(connection, {path.name for path in version.parent.iterdir()})
        if settings.postgres_dsn is not None:
            seen.did(publications("postgres", expected, in_postgres(settings.postgres_dsn), version.name))
    return BiResult(changed, version.name, expected, kept)


def publish_also(settings: Settings, say: Callable[[str], None]) -> None:
    """For whoever publishes besides the nightly run: PostgreSQL follows where one is named.

    It raises nothing of PostgreSQL's: the files are published, the failure is said, and told to people as long as it
    stands.
    """
    if settings.postgres_dsn is None:
        return
    try:
        with recorded(settings, PUBLISH_BI):
            result = publish_to_postgres(settings)
    except HrtpError as error:
        say(f"PostgreSQL does not show it yet: {error}")
    else:
        say(f"PostgreSQL shows it, content {result.content_id}")


def _version(settings: Settings) -> Path:
    """The folder of the published night, whole."""
    content_id = current_content_id(settings)
    if content_id is None:
        raise BiPublishFailed("nothing is published yet; run `hrtp publish` first")
    version = settings.published / "versions" / content_id
    damaged = damaged_files(version)
    if damaged:
        raise BiPublishFailed(
            f"the published night is damaged ({', '.join(damaged)}); run `hrtp publish`, which puts it in place again"
        )
    return version


def _count(source: duckdb.DuckDBPyConnection, name: str) -> int:
    return int(source.execute(f'select count(*) from published.marts."{name}"').fetchall()[0][0])


def _as_of(source: duckdb.DuckDBPyConnection) -> date | None:
    """The day that the figures speak of."""
    has_it = source.execute(
        "select count(*) from duckdb_columns() where database_name = 'published' and table_name = 'indicator_values' "
        "and column_name = 'as_of_date'"
    ).fetchall()[0][0]
    if not has_it:
        return None
    day: date | None = source.execute("select max(as_of_date) from published.marts.indicator_values").fetchall()[0][0]
    return day

"""What surrounds the data: permissions, room, leftovers, the key, the clock, Airflow's database."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import shlex
import sqlite3
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hrtp.disk import megabytes, room_for, size_of
from hrtp.doctor.model import Finding, error, warn
from hrtp.identity.keys import MIN_BYTES, PersonKey
from hrtp.settings import RESTRICTED_ZONES, Settings

#: A log folder larger than this is no longer read by anybody.
LOG_BYTES = 1024**3
LEAST_INODES = 10_000
#: Clocks of one machine never differ by more.
CLOCK_TOLERANCE = timedelta(minutes=5)
_RESTORE_FOLDER = ".restore"


def examine_permissions(settings: Settings) -> Iterator[Finding]:
    """Every zone's mode; nothing that others may write, no zone that is a link."""
    modes = dict.fromkeys(RESTRICTED_ZONES, 0o700) | {"warehouse": 0o750, "staff": 0o750}
    modes |= {"published": 0o755, "data_docs": 0o755}
    if settings.home.is_dir() and settings.home.stat().st_mode & stat.S_IWOTH:
        yield error("PERMISSIONS", settings.home, "anybody may write here", f"chmod o-w {_quoted(settings.home)}")
    for zone, mode in modes.items():
        path = settings.home / zone
        if path.is_symlink():
            way_out = "move the folder itself to where the link is; for another disk mount it there"
            yield error("ZONE_LINK", zone, "a zone is a link", way_out)
        elif path.is_dir() and stat.S_IMODE(path.stat().st_mode) != mode:
            what = f"mode {stat.S_IMODE(path.stat().st_mode):04o} instead of {mode:04o}"
            yield error("PERMISSIONS", zone, what, f"chmod {mode:04o} {_quoted(path)}")
    for folder, names, files in os.walk(settings.published):
        for name in (*names, *files):
            path = Path(folder) / name
            if not path.is_symlink() and path.stat().st_mode & stat.S_IWOTH:
                where = path.relative_to(settings.home)
                yield error("PERMISSIONS", where, "anybody may write here", f"chmod o-w {_quoted(path)}")


def examine_room(settings: Settings) -> Iterator[Finding]:
    """Disk space and inodes for a night, and logs that nobody empties."""
    if not settings.home.is_dir():
        return
    room = room_for(settings.home, size_of([settings.warehouse, settings.published, settings.identity]))
    if not room.is_enough:
        what = f"{megabytes(room.free)} free, a night wants {megabytes(room.wanted)}"
        yield error("DISK_SPACE", settings.home, what, "free space, or move HRTP_HOME to a larger disk")
    disk = os.statvfs(settings.home)
    if disk.f_files and disk.f_favail < LEAST_INODES:  # some file systems count none
        what = f"{disk.f_favail} inodes are free, a night wants {LEAST_INODES}"
        yield error("INODES", settings.home, what, "remove many small files, or move HRTP_HOME to another file system")
    n_bytes = size_of([settings.logs])
    if n_bytes > LOG_BYTES:
        way_out = f"find {_quoted(settings.logs)} -type f -mtime +30 -delete; see docs/deploy.md for logrotate"
        yield warn("LOG_GROWTH", "logs", f"{megabytes(n_bytes)} of logs", way_out)


def examine_leftovers(settings: Settings) -> Iterator[Finding]:
    """What a run that was killed leaves behind; nothing is said while one is running."""
    workshop = settings.home / _RESTORE_FOLDER
    if workshop.is_dir() and not _is_held(settings.home / f"{_RESTORE_FOLDER}.lock"):
        yield error(
            "RESTORE_CUT_SHORT", _RESTORE_FOLDER, "a restore did not come to its end", "run `hrtp restore` again"
        )
    places = [settings.identity, settings.landing, settings.landing / ".claims"]
    places += [path for path in settings.landing.glob("*") if path.is_dir() and not path.name.startswith(".")]
    places += [path for path in settings.landing.glob("*/*") if path.is_dir()]
    found = [path for place in places if not _is_held(place / ".lock") for path in _parts(place)]
    if not _is_held(settings.warehouse / ".lock"):
        found += [*settings.warehouse.glob(".candidate"), *settings.warehouse.glob(".docs-*")]
        found += settings.published.glob(".candidate-*")
    for path in found:
        where = path.relative_to(settings.home)
        yield warn("LEFTOVER", where, "left by a run that was killed; of no use to anybody", f"rm -r {_quoted(path)}")


def _parts(folder: Path) -> Iterator[Path]:
    if folder.name == ".incoming":
        yield from folder.glob("*")
    else:
        yield from folder.glob("*.part")


def examine_key(settings: Settings) -> Iterator[Finding]:
    """Is the person key there, its owner's alone, and the one that the figures were made with?"""
    embedded, known = settings.identity / "person_key", settings.identity / "person_key.fingerprint"
    if settings.person_key is None and embedded.exists() and stat.S_IMODE(embedded.stat().st_mode) & 0o077:
        what = "others may read the secret of the pseudonyms"
        yield error("KEY_MODE", "identity/person_key", what, f"chmod 0600 {_quoted(embedded)}")
    if not known.exists():
        return  # no figure was ever made
    if settings.person_key is not None:
        secret = settings.person_key.get_secret_value().encode()
    elif embedded.exists():
        secret = embedded.read_bytes().strip()
    else:
        way_out = f"set HRTP_PERSON_KEY, or put the backup of the key at {embedded} (mode 0600)"
        yield error("KEY_MISSING", "identity/person_key", "figures were made with a key that is not here", way_out)
        return
    if len(secret) < MIN_BYTES or PersonKey(secret).fingerprint != known.read_text(encoding="utf-8").strip():
        what = "not the key that the figures were made with: everybody would count twice"
        yield error("KEY_WRONG", "identity/person_key", what, "set HRTP_PERSON_KEY to the old key, or restore its file")


def examine_clock(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Against what has landed: nothing can have arrived tomorrow, nor later files earlier."""
    newest: datetime | None = None
    for source in sorted(path for path in settings.landing.glob("*") if path.is_dir()):
        arrivals: list[tuple[int, datetime]] = []
        for path in source.glob("*.json"):
            try:
                document = json.loads(path.read_text(encoding="utf-8"))
                arrivals.append((int(document["source_sequence"]), datetime.fromisoformat(document["received_at"])))
            except (OSError, ValueError, KeyError, TypeError):
                continue  # the landing zone's own findings say so
        arrivals.sort()
        for (_, before), (_, after) in itertools.pairwise(arrivals):
            if after < before - CLOCK_TOLERANCE:
                what = f"the clock ran backwards between two arrivals, by {before - after}"
                yield warn("CLOCK_REGRESS", f"landing/{source.name}", what, "check that the machine keeps time (NTP)")
                break
        newest = max([newest, *(day for _, day in arrivals)], key=lambda day: day or datetime.min.replace(tzinfo=UTC))
    if newest is not None and newest > now + CLOCK_TOLERANCE:
        what = f"the newest file arrived {newest - now} from now"
        way_out = "set the clock (timedatectl set-ntp true) before the next night: days of arrival decide over files"
        yield error("CLOCK_BEHIND", "clock", what, way_out)


def examine_airflow(settings: Settings) -> Iterator[Finding]:
    """Can Airflow's metadata database be reached, and does it hold its tables?"""
    address = os.environ.get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "")
    embedded = settings.home / "airflow" / "airflow.db"
    if not address:
        if embedded.exists() and not _is_sound(embedded):
            shown = _quoted(embedded)
            way_out = f"mv {shown} {shown}.damaged; the next `hrtp nightly` makes a new one, runs are forgotten"
            yield error("AIRFLOW_DB", "airflow/airflow.db", "Airflow's database is damaged", way_out)
        return
    import sqlalchemy

    try:
        engine = sqlalchemy.create_engine(address, connect_args={})
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("select version_num from alembic_version")).fetchall()
        engine.dispose()
    except Exception as problem:  # any driver; its text quotes the address, and with it the password
        what = f"Airflow's metadata database cannot be reached ({type(problem).__name__})"
        way_out = "start the database, check AIRFLOW__DATABASE__SQL_ALCHEMY_CONN, then run `airflow db migrate`"
        yield error("AIRFLOW_DB", "airflow metadata", what, way_out)


def _is_sound(path: Path) -> bool:
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            sound = connection.execute("pragma quick_check(1)").fetchall() == [("ok",)]
            return sound and bool(connection.execute("select version_num from alembic_version").fetchall())
        finally:
            connection.close()
    except sqlite3.Error:
        return False


def _is_held(lock: Path) -> bool:
    if not lock.exists():
        return False
    with lock.open("rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))

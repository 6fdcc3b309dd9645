"""Pages for staff: they hold person-level evidence, so they are kept where nobody is served and only we can read."""

from __future__ import annotations

import shutil
from pathlib import Path

from hrtp.errors import HrtpError
from hrtp.landing import write_atomically
from hrtp.settings import Settings

_MODE = 0o600


class StaffOnly(HrtpError):
    """A page for staff was to be written where others look."""

    code = "STAFF_ONLY"


def write_for_staff(settings: Settings, page: bytes, target: Path) -> Path:
    """Write a page, mode 0600.

    Args:
        settings: the deployment.
        page: its bytes.
        target: the file, anywhere but in a zone that others read.

    Raises:
        StaffOnly: below ``published/`` (the site included), Data Docs or ``staff/``, also by way of a link; nothing is
            written.
    """
    settings.make_zones()
    # what the path leads to decides, not how it is spelled
    real = target.expanduser().absolute().parent.resolve() / target.name
    for zone in (settings.published, settings.data_docs, settings.staff):
        if real.is_relative_to(zone.resolve()):
            raise StaffOnly(
                f"{target} is below {zone.name}/, which others read, and the page holds person-level evidence; "
                f"write it below {settings.drilldowns}"
            )
    if real.is_dir():
        raise StaffOnly(f"{target} is a folder; name a file")
    if real.is_relative_to(settings.drilldowns.resolve()):
        real.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    elif not real.parent.is_dir():
        raise StaffOnly(f"there is no folder {target.parent}")
    write_atomically(real, page, _MODE)
    return real


def clear_drilldowns(settings: Settings) -> None:
    """Remove every page for staff: after somebody was forgotten, or all keys changed, none of them is right."""
    for path in settings.drilldowns.iterdir() if settings.drilldowns.is_dir() else ():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

"""What jobs and datasets are called. Names stay when a folder moves, and hold no password and no file's own name."""

from __future__ import annotations

import os
from pathlib import PurePath
from urllib.parse import urlsplit

from hrtp.raw import Manifest
from hrtp.settings import Settings
from hrtp.sources import SourceConfig

_INBOX = "${HRTP_INBOX}"


def namespace() -> str:
    """Namespace of our jobs and tables: ``OPENLINEAGE_NAMESPACE``, or ``hrtp``."""
    return os.environ.get("OPENLINEAGE_NAMESPACE") or "hrtp"


def partner_file(manifest: Manifest, source: SourceConfig, settings: Settings) -> tuple[str, str]:
    """Namespace and name of what a partner delivers again and again: its place, and the pattern of the name.

    One night's file is a version of it, known by its sha256. Of the place neither user nor password nor query is kept,
    and a ``${NAME}`` stays as it stands in ``sources/``: it may be a secret.
    """
    url = source.transport.url.replace(_INBOX, str(settings.inbox_root))
    if settings.exports is not None:
        url = f"file:{settings.exports / source.source}"
    pattern = _pattern(manifest, source)
    scheme, _, rest = url.partition(":")
    if scheme == "file":
        return "file", f"{rest.removeprefix('//').rstrip('/')}/{pattern}"
    if not rest.startswith("//"):
        return namespace(), f"partner.{source.source}/{pattern}"
    parts = urlsplit(url)
    path = f"{parts.path.rstrip('/')}/{pattern}"
    place = f"{scheme}://{parts.netloc.rpartition('@')[2]}"
    return place, path.lstrip("/") if scheme == "s3" else path


def _pattern(manifest: Manifest, source: SourceConfig) -> str:
    declared = source.mapping(manifest.entity).file
    if declared is not None:
        return declared
    path = PurePath(manifest.file_name)
    of_all = path.stem.strip().lower().startswith(f"{source.source}_") and path.suffix.lower() != ".csv"
    return f"{source.source if of_all else manifest.entity}_{{date}}{path.suffix.lower()}"

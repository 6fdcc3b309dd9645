"""A zip with some members changed; every other member keeps its name, place, time and content."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping


def rewrite(archive: bytes, changed: Mapping[str, bytes], comment: bytes = b"") -> bytes:
    """The archive with the content of the members in ``changed`` replaced; the same input gives the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(buffer, "w") as new:
        new.comment = comment
        for info in old.infolist():
            data = changed.get(info.filename)
            fresh = zipfile.ZipInfo(info.filename, info.date_time)
            fresh.compress_type = info.compress_type
            fresh.external_attr = info.external_attr
            fresh.create_system = info.create_system
            new.writestr(fresh, old.read(info) if data is None else data)
    return buffer.getvalue()

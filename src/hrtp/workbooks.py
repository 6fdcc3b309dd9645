"""Workbooks without any clock: the same content is the same bytes."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

from openpyxl import Workbook
from openpyxl.packaging.core import DocumentProperties
from openpyxl.xml.functions import tostring

_CREATOR = "HRTP warehouse"
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def fixed_bytes(book: Workbook, title: str, moment: datetime) -> bytes:
    """The workbook as bytes, dated ``moment``, every member of the zip dated by a fixed day."""
    at = moment.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    book.properties.creator = _CREATOR
    saved = io.BytesIO()
    book.save(saved)
    fixed = io.BytesIO()
    with zipfile.ZipFile(saved) as given, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in given.namelist():
            data = _properties(title, at) if name == "docProps/core.xml" else given.read(name)
            member = zipfile.ZipInfo(name, _ZIP_TIME)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o600 << 16
            archive.writestr(member, data, compresslevel=6)
    return fixed.getvalue()


def _properties(title: str, at: datetime) -> bytes:
    properties = DocumentProperties(creator=_CREATOR, title=title, created=at, modified=at)
    xml: str | bytes = tostring(properties.to_tree())
    return xml if isinstance(xml, bytes) else xml.encode()

"""What a file's name says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePath

from hrtp.sources import SourceConfig

#: A browser's number has one or two digits; a longer one may be anybody's.
_COPY_MARK = re.compile(r"(\s*\(\d{1,2}\)|[ _-]copy)$", re.IGNORECASE)


@dataclass(frozen=True)
class FileName:
    """What a file's name says: the entities it may hold, the day its data runs through, its number on that day."""

    entities: tuple[str, ...]
    data_through: date
    sequence: int


def parse_file_name(name: str, source: SourceConfig, entities: tuple[str, ...]) -> FileName | None:
    """Match ``name`` against the canonical names and those that the source declares; None where nothing fits.

    ``entities`` are those of the source's kind. Case, blanks and a browser's ``(1)`` are looked past (fault T27).
    """
    path = PurePath(name.strip())
    stem = _COPY_MARK.sub("", path.stem.strip())
    suffix = path.suffix.lower()
    if suffix not in {".csv", ".txt", ".xlsx", ".xlsm", ".xls", ".zip"}:
        return None
    declared: dict[str, tuple[str, ...]] = {}
    for entity in entities:
        pattern = source.mapping(entity).file
        if pattern is not None:
            declared[pattern] = (*declared.get(pattern, ()), entity)
    for pattern, holds in declared.items():
        found = _match(PurePath(pattern).stem, stem)
        if found is not None:
            return FileName(holds, *found)
    found = _match(f"{source.source}_{{date}}", stem)
    if found is not None and suffix != ".csv":
        return FileName(entities, *found)
    for entity in entities:
        found = _match(f"{entity}_{{date}}", stem)
        if found is not None:
            return FileName((entity,), *found)
    return None


def has_declared_name(name: str, source: SourceConfig, entity: str) -> bool:
    """Whether ``name`` is the source's own for ``entity``; always so where the source declares none."""
    pattern = source.mapping(entity).file
    stem = _COPY_MARK.sub("", PurePath(name.strip()).stem.strip())
    return pattern is None or _match(PurePath(pattern).stem, stem) is not None


def _match(pattern: str, stem: str) -> tuple[date, int] | None:
    before, after = (re.escape(part) for part in pattern.split("{date}"))
    match = re.fullmatch(rf"{before}(\d{{8}}){after}(?:[_-](\d{{1,3}}))?", stem, re.IGNORECASE)
    if match is None:
        return None
    try:
        return datetime.strptime(match[1], "%Y%m%d").date(), int(match[2] or 0)
    except ValueError:
        return None

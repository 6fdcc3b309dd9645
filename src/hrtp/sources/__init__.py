"""Partners as data."""

from hrtp.sources.load import load_source, load_sources
from hrtp.sources.model import EntityMapping, FileFormat, SourceConfig

__all__ = ["EntityMapping", "FileFormat", "SourceConfig", "load_source", "load_sources"]

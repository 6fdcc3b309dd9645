"""Strict reading: bytes in, one contract-shaped frame an entity out, or a rejection with its code."""

from hrtp.reading.read import EntityTable, read_file

__all__ = ["EntityTable", "read_file"]

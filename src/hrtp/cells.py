"""Text on its way into a cell that a spreadsheet will open: it must never start a formula.

Every file of ours that a person may open in a spreadsheet (XLSX, CSV) passes its texts through ``safe_cell``. Parquet
and DuckDB keep the text as it is: nothing there is ever evaluated.
"""

from __future__ import annotations

import re

#: What Excel, LibreOffice or Google Sheets take for the beginning of a formula, full-width forms included.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: Excel's own limit of a cell.
MAX_CELL_CHARACTERS = 32_767

_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def safe_cell(text: str) -> str:
    """``text`` such that a spreadsheet shows it and never computes it.

    A leading apostrophe makes a text of what would be a formula, also behind leading blanks. Characters that no
    workbook can hold become the replacement character; a text beyond Excel's limit is cut with an ellipsis.
    """
    clean = _NOT_IN_XML.sub("\ufffd", text)
    if clean.startswith(FORMULA_STARTS) or clean.lstrip(" \u00a0").startswith(FORMULA_STARTS):
        clean = "'" + clean
    return clean if len(clean) <= MAX_CELL_CHARACTERS else clean[: MAX_CELL_CHARACTERS - 1] + "…"

"""Everything behind one figure: its definition, how it was counted, its rows, and why others were left out."""

from hrtp.explain.collect import UnknownIndicator, explain, explain_all
from hrtp.explain.model import Explanation, Summaries, to_document

__all__ = ["Explanation", "Summaries", "UnknownIndicator", "explain", "explain_all", "to_document"]

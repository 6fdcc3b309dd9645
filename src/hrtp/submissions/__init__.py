"""Checks between submissions: a file against what the same partner sent before.

What is compared, and how far it may go, stands in ``between_submissions`` of ``expectations/<entity>.yml``.
"""

from hrtp.submissions.compare import Comparison, Hold
from hrtp.submissions.history import Submissions

__all__ = ["Comparison", "Hold", "Submissions"]

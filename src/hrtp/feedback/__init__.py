"""What a partner is told about its files: a workbook and a CSV a file, for a clerk, without a value of a person.

``write_feedback`` makes them from raw, quarantine and the landed headers; ``deliver_feedback`` puts them where the
source's YAML says. See docs/feedback.md for what a clerk sees.
"""

from hrtp.feedback.deliver import deliver_feedback
from hrtp.feedback.model import FeedbackResult
from hrtp.feedback.write import write_feedback

__all__ = ["FeedbackResult", "deliver_feedback", "write_feedback"]

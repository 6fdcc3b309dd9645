"""Where figures come from, told in OpenLineage: partner's file -> raw -> models -> marts -> what is published.

The steps say what they did (`observed`); an event is written to ``logs/lineage`` and sent to where ``OPENLINEAGE_*``
variables point. It names tables, columns, rules and counts, a file by its sha256, and never a value. That an event
could not be written or sent is logged and fails nothing.
"""

from hrtp.lineage.observe import Step, observed
from hrtp.lineage.parent import Parent, under

__all__ = ["Parent", "Step", "observed", "under"]

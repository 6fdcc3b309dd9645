"""The gate: every file's rows against the contract of its entity, by Great Expectations, in a fixed order.

file -> columns -> values -> duplicates -> logic. A row that fails an expectation goes to quarantine with the rule's
id; a file that fails one is rejected; the rest loads. Great Expectations is imported when the first file is checked,
never at module import.
"""

from hrtp.gate.errors import GateError
from hrtp.gate.result import Finding, GateResult
from hrtp.gate.run import run_gate
from hrtp.gate.sink import DocsSink

__all__ = ["DocsSink", "Finding", "GateError", "GateResult", "run_gate"]

"""The table of all fault cases, and which test proves which."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
#: Section, its letter, its title, and how many cases it has.
SECTIONS = (
    ("transport", "T", "Transport", 30),
    ("format", "F", "Format", 42),
    ("values", "V", "Values", 34),
    ("semantics", "S", "Semantics", 22),
    ("infrastructure", "I", "Infrastructure", 25),
)
OUTCOMES = {
    "LOAD": "the rows count",
    "WARN": "they count, and the code is counted with them",
    "QROW": "the row goes to quarantine with its reason, the rest of the file loads",
    "REJ": "the whole file is rejected with its reason, the last good data stays",
    "HOLD": "the file waits for an operator's word, the last good data stays",
    "SKIP": "nothing changes; it is counted",
    "WAIT": "left for the next run",
    "RETRY": "tried again, a bounded number of times",
    "ALERT": "a person is told",
    "RECOVER": "the next plain run brings the same result as if nothing had happened",
    "REFUSE": "nothing runs until a person mends it",
    "SAFE": "it cannot do harm, and that is shown",
}
_KEYS = {"id", "case", "outcome", "code", "result", "simulated"}
_TEST = re.compile(r"test_([TFVSI]\d\d)_[a-z0-9_]+")


class TableError(Exception):
    """The table of cases is not what it must be."""


@dataclass(frozen=True)
class Case:
    """One fault. ``simulated`` says what the test makes up and how close that is; None where all of it is real."""

    id: str
    section: str
    case: str
    outcome: tuple[str, ...]
    code: tuple[str, ...]
    result: str
    simulated: str | None


@dataclass(frozen=True)
class Proof:
    """A test function that bears a case's id."""

    case_id: str
    file: str
    name: str
    arguments: tuple[str, ...]


@cache
def cases() -> tuple[Case, ...]:
    """All 153 cases, in order.

    Raises:
        TableError: where a file of ``cases/`` is not complete, in order and well formed.
    """
    found: list[Case] = []
    for section, letter, _, count in SECTIONS:
        entries = yaml.safe_load((HERE / "cases" / f"{section}.yml").read_text(encoding="utf-8"))
        ids = [entry.get("id") for entry in entries]
        wanted = [f"{letter}{number:02d}" for number in range(1, count + 1)]
        if ids != wanted:
            odd = [f"{a} for {b}" for a, b in zip(ids, wanted, strict=False) if a != b] or [f"{len(ids)} entries"]
            raise TableError(f"{section}.yml must list {wanted[0]} to {wanted[-1]} in order; it has {odd[0]}")
        found += [_case(section, entry) for entry in entries]
    return tuple(found)


def _case(section: str, entry: dict[str, object]) -> Case:
    name = f"{section}.yml: {entry['id']}"
    if set(entry) != _KEYS:
        raise TableError(f"{name} must have exactly the keys {', '.join(sorted(_KEYS))}")
    outcome, code = entry["outcome"], entry["code"]
    if not isinstance(outcome, list) or not outcome or not set(outcome) <= set(OUTCOMES):
        raise TableError(f"{name}: outcome must be some of {', '.join(OUTCOMES)}")
    if not isinstance(code, list) or not all(re.fullmatch(r"[A-Z][A-Z0-9_]+", str(one)) for one in code):
        raise TableError(f"{name}: code must be a list of reason codes")
    for key in ("case", "result"):
        if not isinstance(entry[key], str) or not str(entry[key]).endswith("."):
            raise TableError(f"{name}: {key} must be a sentence")
    simulated = entry["simulated"]
    if simulated is not None and not (isinstance(simulated, str) and simulated.endswith(".")):
        raise TableError(f"{name}: simulated must be null or a sentence")
    return Case(
        id=str(entry["id"]),
        section=section,
        case=str(entry["case"]),
        outcome=tuple(outcome),
        code=tuple(code),
        result=str(entry["result"]),
        simulated=simulated,
    )


def case_of(test_name: str) -> str | None:
    """The id that a test function's name bears, if any."""
    match = _TEST.fullmatch(test_name.partition("[")[0])
    return match[1] if match else None


def proofs() -> list[Proof]:
    """Every test function of this folder that bears an id, read without running anything."""
    found: list[Proof] = []
    for path in sorted(HERE.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                case_id = case_of(node.name)
                if case_id is not None:
                    arguments = tuple(argument.arg for argument in node.args.args)
                    found.append(Proof(case_id, path.name, node.name, arguments))
    return found

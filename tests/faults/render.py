"""Write docs/faults.md from the table of cases: ``python -m tests.faults.render [--check]``."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.faults.table import OUTCOMES, SECTIONS, Case, TableError, cases, proofs

TARGET = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
_INTRO = """\
<!-- rendered from tests/faults/cases/*.yml by `python -m tests.faults.render`; edit there -->
# What goes wrong, and what then

A nightly loader of partner exports meets all of these: {n} cases, each with its one right outcome, each proven by a
test that bears its id and runs the real loader: from a folder, an SFTP or web server or an S3 bucket on this machine,
through landing, reader, gate and raw, and where it matters through the build. {n_simulated} of them are simulated in
part, because the real thing cannot be had in a test; what is made up is said beside them.

In every case, without exception, the same test also asserts that

- **the other sources go on**: another partner's rows, manifests and quarantine are what they were before the fault,
  and its next delivery loads as it would have without it,
- **nothing is lost**: the bytes that came are in the landing zone, and
  `rows in = loaded + quarantined + duplicate + blank` for every loaded file,
- **nothing leaks**: no value of a row stands in a log line, an error, a manifest, the quarantine or the Data Docs.

## Policy

- Doubt about where rows begin and end, or about whose file it is: the file is rejected.
- Doubt about a row: the row goes to quarantine.
- More than 5 % and at least three rows of a file in quarantine, or a jump against the last accepted export: the file
  is held; the figures stay at the last good data and say stale.
- No value is repaired silently: every automatic repair leaves a code that is counted.

Order of checks: file, columns, values, duplicates, logic between rows and between submissions. A row that fails one
stage does not reach the next.

| outcome | means |
|---|---|
"""


def page() -> str:
    """The page.

    Raises:
        TableError: a case has no test, or more than one, or a test has no case.
    """
    all_cases = cases()
    by_case: dict[str, list[str]] = {case.id: [] for case in all_cases}
    for proof in proofs():
        if proof.case_id not in by_case:
            raise TableError(f"{proof.file}::{proof.name} proves no case of the table")
        by_case[proof.case_id].append(f"[`{proof.file}::{proof.name}`](../tests/faults/{proof.file})")
    wrong = [case_id for case_id, tests in by_case.items() if len(tests) != 1]
    if wrong:
        raise TableError(f"not exactly one test for: {', '.join(wrong)}")
    simulated = [case for case in all_cases if case.simulated is not None]
    parts = [_INTRO.format(n=len(all_cases), n_simulated=len(simulated))]
    parts += [f"| {word} | {meaning} |\n" for word, meaning in OUTCOMES.items()]
    for section, letter, title, count in SECTIONS:
        parts.append(f"\n## {title}: {letter}01 to {letter}{count:02d}\n\n")
        parts.append("| id | case | outcome | reason code | what happens | test |\n|---|---|---|---|---|---|\n")
        own = [case for case in all_cases if case.section == section]
        parts += [_line(case, by_case[case.id][0]) for case in own]
        notes = [case for case in own if case.simulated is not None]
        if notes:
            parts.append("\nSimulated here:\n\n")
            parts += [f"- **{case.id}** {case.simulated}\n" for case in notes]
    return "".join(parts)


def _line(case: Case, test: str) -> str:
    codes = ", ".join(f"`{code}`" for code in case.code)
    mark = " (simulated)" if case.simulated else ""
    cells = (case.id + mark, _cell(case.case), ", ".join(case.outcome), codes, _cell(case.result), test)
    return f"| {' | '.join(cells)} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main(arguments: list[str]) -> int:
    """Write the page, or with ``--check`` say whether it has drifted."""
    try:
        text = page()
    except TableError as error:
        print(f"faults: {error}", file=sys.stderr)
        return 1
    if "--check" in arguments:
        is_current = TARGET.is_file() and TARGET.read_text(encoding="utf-8") == text
        if not is_current:
            print("faults: docs/faults.md has drifted; run python -m tests.faults.render", file=sys.stderr)
        return 0 if is_current else 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

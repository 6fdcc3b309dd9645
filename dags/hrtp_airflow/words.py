"""What the DAGs and tasks say about themselves on the web page, for a manager first and an operator second."""

from __future__ import annotations

INGEST = """
### {name}

Once a night it takes in what this partner has delivered:

1. **Fetch** what lies in the partner's folder, and keep the bytes as they came
2. **Check** every row
3. **Load**: good rows count, bad rows wait in quarantine
4. **Tell** the partner what to mend
5. **Ask** a person about a file that looks doubtful

| | |
|---|---|
| **Red** | A file was rejected or could not be fetched. All else is loaded; figures stay on the last good file and say so. The note beside the run says which file and why. What to do: **[runbook]({runbook})** |
| **Green** | Rows can still be in quarantine; the note counts them |
| Run it again | At any time: a file counts once, by its sha256 |
| Answers for the files | {owner} <{email}> |
| Kind | {kind}{sector} |
| When | `{schedule}` ({time_zone}), alert {deadline_minutes} minutes later |
| Announces | {asset} |
| Configured in | `sources/{source}.yml` |
"""  # noqa: E501 - a row of a table is one line

BROKEN = """
### `sources/{source}.yml` cannot be used

{problem}

Nothing of this source is taken in until that file is right. What to do: **[runbook]({runbook})**.
"""

INGEST_TASK = """
Fetch what the partner has put out, keep the bytes, read them strictly, check every row, append good rows to raw and
references to bad rows to quarantine. **Red:** the last line of the log names the table and the reason code;
[what to do]({runbook}).
"""

FEEDBACK_TASK = """
Write the workbook that tells the partner what to mend, by row and column and without a value of a person, and deliver
it where `sources/` says so. Runs whatever became of the step before it.
"""

ASK_TASK = """
Start a question to a person for each file that is held. The question waits under **Required Actions**; nothing else
waits for it.
"""

WAREHOUSE = """
### Warehouse: from the partners' data to the figures

1. **Count**: who is one person, then the 17 indicators, from all rows that have loaded; and test everything
2. **Publish** the figures as a whole, or not at all
3. **Tell** people what they must know

| | |
|---|---|
| **Red** | Counting or publishing the files failed: nothing was published, readers still see the last good figures. Any other task failed: the figures are out, and one way to them, or to people, is not; the note beside the run names it. What to do: **[runbook]({runbook})** |
| **Green** | The note says how the night ended, and which partner is late |
| When | When **all** partners are in; when a person has decided about a held file; at the cut-off `{cutoff}` ({time_zone}) with whatever has come: a partner that is missing keeps its last good data, marked stale |
| Day of the figures | The day of the run's slot in Los Angeles. Replay another: trigger with `{{"as_of": "2026-09-30"}}` |
| Run it again | At any time: the same data gives the same figures |
"""  # noqa: E501 - a row of a table is one line

BUILD_TASK = """
Decide which records are one person, run every model and every test into a candidate file, and put it in place if all
pass. **Red:** the log names what did not pass, with its owner and cure; [what to do]({runbook}).
"""

PUBLISH_TASK = """
Put the tested figures where people open them, DuckDB and Parquet, in one step: a reader sees the old night or the new
one. A night that changed nothing says so.
"""

PUBLISH_BI_TASK = """
Let PostgreSQL show the same night to dashboards; skipped where none is configured. Tried again alone for an hour and a
half. **Red:** the files are published, dashboards show the night before; [what to do]({runbook}).
"""

DOCS_TASK = """
Write dbt's documentation, with the lineage from partner to dashboard, and the semantic layer of these figures.
"""

PAGE_TASK = """
Make the scorecard page anew, for the public and for staff, in English and Spanish. **Red:** the page is still that of
the last night; the figures themselves are out.
"""

SCORECARD_TASK = """
Write the 17 figures against their targets into the log, and the night's summary beside the run.
"""

TELL_TASK = """
Send one message a source to those who must act, and call the monitor that notices when no night ended. **Red:** the
figures are out; a channel of the alerts is down, [what to do]({runbook}).
"""

"""`mf query` as an analyst runs it: in `published/semantic`, with nothing of the product."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from tests.county import PUBLISHED

from hrtp.docs import write_docs
from hrtp.settings import load_settings

MF = Path(sys.executable).parent / "mf"
PROJECT = Path(__file__).resolve().parents[2]


def mf_query(home: Path, metrics: Sequence[str], *arguments: str) -> list[dict[str, str]]:
    """One call (about 7 s); rows of its CSV, every cell as `mf` writes it."""
    semantic = home / "published" / "semantic"
    if not semantic.is_dir():
        write_docs(load_settings(home=home, project=PROJECT))
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.csv"
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("HRTP_", "DBT_"))}
        done = subprocess.run(
            [str(MF), "query", "--metrics", ",".join(metrics), *arguments, "--csv", str(answer)],
            cwd=semantic,
            env=environment | {"DBT_LOG_PATH": folder, "DBT_TARGET_PATH": folder, "DO_NOT_TRACK": "1"},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        with answer.open(newline="") as file:
            return list(csv.DictReader(file))


def totals(home: Path) -> dict[str, Decimal]:
    """The figure to date of each of the 17 indicators, as the semantic layer tells it."""
    (row,) = mf_query(home, list(PUBLISHED))
    return {key: Decimal(row[key]) for key in PUBLISHED}

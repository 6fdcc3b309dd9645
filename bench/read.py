"""Rows a second of the strict reader beside two readers that do less."""

from __future__ import annotations

import argparse
import csv
import io
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from hrtp.contracts import load_contracts
from hrtp.reading import read_file
from hrtp.sources import load_sources

PROJECT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Measure and print one line a reader."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=200_000)
    rows = parser.parse_args().rows
    text = "service_id,participant_id,service_type,service_date,amount\n" + "".join(
        f"S{i},P{i % 5000},housing,2026-{i % 9 + 1:02d}-{i % 28 + 1:02d},{i % 90}.50\n" for i in range(rows)
    )
    data = text.encode()
    contracts = load_contracts(PROJECT)
    source = load_sources(PROJECT)["construction"]

    def ours() -> int:
        (table,) = read_file(data, "services_20260930.csv", ("services",), source, contracts)
        return len(table.frame)

    def standard() -> int:
        return sum(1 for _ in csv.reader(io.StringIO(data.decode(), newline=""), strict=True)) - 1

    def pandas() -> int:
        return len(pd.read_csv(io.BytesIO(data), dtype=str))

    readers: dict[str, Callable[[], int]] = {"hrtp": ours, "csv (strict)": standard, "pandas": pandas}
    for name, reader in readers.items():
        started = time.process_time()
        assert reader() == rows
        seconds = time.process_time() - started
        print(f"{name:14} {rows / seconds:12,.0f} rows/s of CPU")


if __name__ == "__main__":
    main()

"""Precision, recall, count of persons, CPU and memory of linkage on invented truth, beside exact rules and Splink."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from hrtp.identity.evaluate import measure, read_truth
from hrtp.identity.linkage import link, load_model
from hrtp.identity.peers import exact_rules, plain_splink
from hrtp.identity.truth import make_truth
from hrtp.settings import load_settings

WAYS = ("exact rules", "plain Splink at 0.95", "strong keys", "this matcher")


def one(way: str, folder: Path) -> None:
    """Measure one way in this process, which does nothing else, and print the figures as JSON."""
    records = read_truth(folder)
    model = load_model(load_settings().project)
    before = resource.getrusage(resource.RUSAGE_SELF)
    if way == WAYS[0]:
        found = exact_rules(records)
    elif way == WAYS[1]:
        found = plain_splink(records)
    else:
        linkage = link(records, model)
        found = linkage.deterministic if way == WAYS[2] else linkage.person
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    quality = measure(records["true_person"], found)
    print(json.dumps({**quality.to_json(), "cpu": cpu, "mb": after.ru_maxrss / 1024}))


def main() -> None:
    """Print a row a way and size; each is measured in a fresh process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--seed", type=int, default=20_261)
    parser.add_argument("--one", nargs=2, metavar=("WAY", "FOLDER"))
    options = parser.parse_args()
    if options.one:
        one(options.one[0], Path(options.one[1]))
        return
    print("records    way                     precision    recall  persons   CPU s     MB")
    for records in options.records:
        with tempfile.TemporaryDirectory() as folder:
            make_truth(records, options.seed).to_parquet(Path(folder) / "records.parquet", index=False)
            for way in WAYS:
                command = [sys.executable, __file__, "--one", way, folder]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                q = json.loads(done.stdout.splitlines()[-1])
                print(
                    f"{records:<10} {way:22}  {q['precision']:.5f}   {q['recall']:.5f}  {q['count_error']:+.3%}"
                    f"  {q['cpu']:6.1f}  {q['mb']:5.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()

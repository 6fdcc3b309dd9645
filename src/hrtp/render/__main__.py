"""``python -m hrtp.render [--check]``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from hrtp.render.files import drifted, write_all
from hrtp.settings import load_settings


def main(arguments: list[str] | None = None) -> int:
    """Write the generated files, or with ``--check`` say which have drifted; the exit status is 1 if any has."""
    parser = argparse.ArgumentParser(prog="python -m hrtp.render", description="Write the generated files.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file has drifted")
    parser.add_argument("--project", type=Path, default=None, help="the checkout (default: the setting)")
    given = parser.parse_args(arguments)
    project = given.project or load_settings().project
    if given.check:
        stale = drifted(project)
        for path in stale:
            sys.stderr.write(f"{path} is not current; run: python -m hrtp.render\n")
        return 1 if stale else 0
    for path in write_all(project):
        sys.stdout.write(f"wrote {path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

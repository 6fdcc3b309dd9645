"""Whether a part of Airflow is alive, as the api-server's monitor sees it: `python health.py scheduler`.

Standard library only. `airflow jobs check` would say the same for the price of importing Airflow, three seconds of
CPU each time; this takes a twentieth of one.
"""

import json
import os
import sys
import urllib.error
import urllib.request

COMPONENTS = ("metadatabase", "scheduler", "dag_processor", "triggerer")
TIMEOUT_SECONDS = 5


def problem_of(component: str) -> str | None:
    """What is wrong with the component, or None when it is healthy."""
    api = os.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"].removesuffix("/").removesuffix("/execution")
    try:
        # the address is our own setting, no one else's text
        with urllib.request.urlopen(f"{api}/api/v2/monitor/health", timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            status = json.load(answer)[component]["status"]
    except (OSError, urllib.error.URLError, ValueError, KeyError) as error:
        return f"no answer from the api-server ({type(error).__name__})"
    return None if status == "healthy" else str(status)


def main() -> int:
    """Exit 0 healthy, 1 not, 2 wrong use."""
    if len(sys.argv) != 2 or sys.argv[1] not in COMPONENTS:
        sys.stderr.write(f"usage: health.py {'|'.join(COMPONENTS)}\n")
        return 2
    problem = problem_of(sys.argv[1])
    sys.stdout.write(f"{sys.argv[1]}: {problem or 'healthy'}\n")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())

"""What we ship and what is known of it: vulnerabilities of the lock file, a bill of materials, committed secrets.

Runs offline. What could not be checked for want of a network is said, and does not fail the run; a known vulnerability
that nobody has accepted, a new secret, or an environment that is not the locked one does.

``--online`` fails where the vulnerability service cannot be asked. ``--baseline`` accepts the secrets found now.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
BASELINE = ROOT / ".secrets.baseline"
ACCEPTED = ROOT / "tests" / "security" / "accepted_vulnerabilities.yml"
SBOM = ROOT / "dist" / "sbom.cdx.json"

#: A release that every working service knows to be vulnerable. One that does not say so would call anything clean.
CANARY = "pypi/jinja2/2.11.2/json"
#: Neither text of ours nor without thousands of hashes.
NOT_SCANNED = (".png", ".lock", ".secrets.baseline")


@dataclass(frozen=True)
class Verdict:
    """Lines that fail the run, and lines that only have to be read."""

    problems: list[str]
    notes: list[str]


def locked(lock: Path) -> list[tuple[str, str]]:
    """(name, version) of every package of a lock file that comes from a registry."""
    packages = tomllib.loads(lock.read_text(encoding="utf-8"))["package"]
    return sorted((p["name"], p["version"]) for p in packages if "registry" in p["source"])


def service_answers(fetch: Callable[[str], bytes]) -> bool:
    """Whether the vulnerability service knows what everybody knows."""
    try:
        return bool(json.loads(fetch(canary_url(ROOT / "uv.lock"))).get("vulnerabilities"))
    except (OSError, ValueError, AttributeError):
        return False


def canary_url(lock: Path) -> str:
    """Where the registry from which the packages come would say so."""
    registry = re.search(r'registry = "(https://[^/"]+)', lock.read_text(encoding="utf-8"))
    if registry is None:
        raise ValueError("the lock file names no registry")
    return f"{registry[1]}/{CANARY}"


def fetch(url: str) -> bytes:
    """One request, with little patience."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return bytes(answer.read())


def audit(packages: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """pip-audit's dependencies; a name that is locked in several versions is asked for once a version."""
    rounds: list[dict[str, str]] = []
    for name, version in packages:
        free = next((r for r in rounds if name not in r), None)
        if free is None:
            rounds.append(free := {})
        free[name] = version
    found: list[dict[str, Any]] = []
    for pins in rounds:
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("".join(f"{name}=={version}\n" for name, version in sorted(pins.items())))
            file.flush()
            command = [str(BIN / "pip-audit"), "-r", file.name, "--no-deps", "--disable-pip", "-f", "json"]
            done = subprocess.run([*command, "--progress-spinner", "off"], capture_output=True, text=True)
        found += json.loads(done.stdout)["dependencies"]
    return found


def judge(dependencies: Iterable[Mapping[str, Any]], accepted: Iterable[Mapping[str, Any]], today: date) -> Verdict:
    """Known vulnerabilities that nobody accepted, acceptances that ran out, packages that nothing is known of."""
    problems, notes = [], []
    standing = {(entry["package"], entry["id"]): entry for entry in accepted}
    for entry in standing.values():
        if not str(entry.get("reason", "")).strip():
            problems.append(f"{entry['id']} is accepted without a reason")
        if entry["until"] < today:
            problems.append(f"{entry['id']} in {entry['package']} was accepted until {entry['until']}; decide again")
    seen = set()
    for dependency in dependencies:
        name = dependency["name"]
        if "skip_reason" in dependency:
            notes.append(f"not checked: {name}: {dependency['skip_reason']}")
        for vulnerability in dependency.get("vulns", []):
            names = {vulnerability["id"], *vulnerability.get("aliases", [])}
            by = next(((name, i) for i in sorted(names) if (name, i) in standing), None)
            seen.add(by)
            if by is None:
                fixed = ", ".join(vulnerability.get("fix_versions", [])) or "no release yet"
                problems.append(
                    f"{name} {dependency['version']}: {vulnerability['id']}, mended in {fixed}. "
                    f"`uv lock --upgrade-package {name}`, or accept it in {ACCEPTED.relative_to(ROOT)}"
                )
    return Verdict(problems, notes)


def vulnerabilities(today: date, *, must_answer: bool) -> Verdict:
    """The lock file against the service, where there is one."""
    accepted = yaml.safe_load(ACCEPTED.read_text(encoding="utf-8"))
    packages = locked(ROOT / "uv.lock")
    if service_answers(fetch):
        return judge(audit(packages), accepted, today)
    said = (
        f"NOT CHECKED: known vulnerabilities of {len(packages)} locked packages; no vulnerability service can be "
        "reached from here (the registry gives no advisories). Run `make security` where one can"
    )
    verdict = judge([], accepted, today)
    return Verdict([*verdict.problems, *([said] if must_answer else [])], [] if must_answer else [said])


def bill_of_materials(target: Path, *, is_validated: bool) -> Verdict:
    """Write the CycloneDX bill of this environment and compare it with the lock file."""
    target.parent.mkdir(exist_ok=True)
    command = [str(BIN / "cyclonedx-py"), "environment", sys.executable, "--pyproject", str(ROOT / "pyproject.toml")]
    command += ["--output-reproducible", "--of", "JSON", "-o", str(target)]
    command += ["--validate" if is_validated else "--no-validate"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        return Verdict([f"cyclonedx-py failed: {done.stderr.strip().splitlines()[-1:]}"], [])
    components = json.loads(target.read_text(encoding="utf-8"))["components"]
    shown = target.relative_to(ROOT) if target.is_relative_to(ROOT) else target
    return Verdict(foreign(components, locked(ROOT / "uv.lock")), [f"{len(components)} components are in {shown}"])


def foreign(components: Iterable[Mapping[str, Any]], packages: Iterable[tuple[str, str]]) -> list[str]:
    """Installed packages that are not those of the lock file."""
    wanted = set(packages)
    return [
        f"{c['name']} {c['version']} is installed but not locked; run `uv sync --frozen`"
        for c in components
        if (c["name"].lower().replace("_", "-").replace(".", "-"), c["version"]) not in wanted
    ]


def our_files() -> list[str]:
    """Every file that is, or would be, committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return sorted(n for n in set(names) if n and not n.endswith(NOT_SCANNED) and (ROOT / n).is_file())


Secret = tuple[str, str, str, int]


def scan(names: list[str], root: Path = ROOT) -> list[Secret]:
    """(file, kind, hash of the secret, line); looks at the text alone, asks no service whether a secret is live."""
    from detect_secrets import SecretsCollection
    from detect_secrets.settings import default_settings

    with default_settings() as settings:
        settings.disable_filters("detect_secrets.filters.common.is_ignored_due_to_verification_policies")
        found = SecretsCollection(str(root))
        for name in names:
            found.scan_file(name)
        return sorted((str(f), s.type, s.secret_hash, s.line_number) for f, s in found)


def scan_all() -> list[Secret]:
    """All our files, on two processors."""
    names = our_files()
    with ProcessPoolExecutor(2) as pool:
        return sorted(secret for part in pool.map(scan, (names[::2], names[1::2])) for secret in part)


def new_secrets(found: Iterable[Secret], baseline: Mapping[str, Any]) -> list[str]:
    """What looks like a secret and is not in the baseline; a secret that merely moved is not new."""
    known = {(f, s["type"], s["hashed_secret"]) for f, all_ in baseline["results"].items() for s in all_}
    return [
        f"{name}:{line}: looks like a secret ({kind}). Take it out and change it; if it is none, say so with "
        "`python tests/supply_chain.py --baseline`"
        for name, kind, digest, line in found
        if (name, kind, digest) not in known
    ]


def write_baseline(found: Iterable[Secret]) -> None:
    """In detect-secrets' own form, so that its ``audit`` reads it."""
    results: dict[str, list[dict[str, object]]] = {}
    for name, kind, digest, line in found:
        secret = {"type": kind, "filename": name, "hashed_secret": digest, "is_verified": False, "line_number": line}
        results.setdefault(name, []).append(secret)
    document = {"version": "1.5.0", "plugins_used": [], "filters_used": [], "results": results}
    BASELINE.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """All checks; 1 where one of them fails."""
    found = scan_all()
    if "--baseline" in arguments:
        write_baseline(found)
        print(f"{len(found)} accepted in {BASELINE.name}; look at the difference before you commit it")
        return 0
    is_online = "--online" in arguments
    baseline = json.loads(BASELINE.read_text(encoding="utf-8"))
    verdicts = {
        "secrets": Verdict(new_secrets(found, baseline), [f"{len(our_files())} files scanned"]),
        "bill of materials": bill_of_materials(SBOM, is_validated=is_online),
        "vulnerabilities": vulnerabilities(date.today(), must_answer=is_online),
    }
    for name, verdict in verdicts.items():
        for line in verdict.notes:
            print(f"   {name}: {line}")
        for line in verdict.problems:
            print(f"!! {name}: {line}")
    return int(any(verdict.problems for verdict in verdicts.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Reads docker-compose.yml as Compose does: merge keys, then variables."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
ENV_EXAMPLE = ROOT / "docker" / "compose.env.example"

VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>[A-Z0-9_]+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\})")
ONE_SHOT = frozenset({"airflow-init", "bi-setup"})
AIRFLOW_SERVICES = (
    "airflow-apiserver",
    "airflow-scheduler",
    "airflow-dag-processor",
    "airflow-triggerer",
    "airflow-worker",
)


class MissingVariableError(Exception):
    """A variable that the compose file needs is not set."""


def raw() -> dict[str, Any]:
    """The file as written, merge keys resolved."""
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return loaded


def interpolated(environ: Mapping[str, str]) -> dict[str, Any]:
    """The file with its variables filled in."""
    filled: dict[str, Any] = _fill(raw(), environ)
    return filled


def _fill(value: Any, environ: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _fill(item, environ) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill(item, environ) for item in value]
    return VARIABLE.sub(lambda match: _value(match, environ), value) if isinstance(value, str) else value


def _value(match: re.Match[str], environ: Mapping[str, str]) -> str:
    if match["dollar"]:
        return "$"
    found = environ.get(match["name"], "")
    if found or match["kind"] is None:
        return found
    if match["kind"] == "?":
        raise MissingVariableError(f"{match['name']}: {match['rest']}")
    return match["rest"]


def strings(value: Any) -> Iterator[str]:
    """Every text in a tree, keys left out."""
    if isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


@dataclass(frozen=True)
class Variable:
    """One ${NAME} of the file; `default` is None where there is none."""

    name: str
    is_required: bool
    default: str | None


def variables(value: Any) -> set[Variable]:
    """Every variable that a part of the file uses."""
    return {
        Variable(match["name"], match["kind"] == "?", match["rest"] if match["kind"] == "-" else None)
        for text in strings(value)
        for match in VARIABLE.finditer(text)
        if match["name"]
    }


def example_settings() -> dict[str, str]:
    """NAME -> value of the example of an environment file."""
    text = ENV_EXAMPLE.read_text(encoding="utf-8")
    return {match["name"]: match["value"] for match in re.finditer(r"^(?P<name>[A-Z0-9_]+)=(?P<value>.*)$", text, re.M)}

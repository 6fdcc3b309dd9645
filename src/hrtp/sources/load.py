"""Reading ``sources/*.yml``; cheap enough for Airflow's parse loop."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import ValidationError

from hrtp.errors import SourceConfigError
from hrtp.sources.model import SourceConfig
from hrtp.yamlfiles import read_yaml


def load_source(path: Path) -> SourceConfig:
    """Read one source.

    Raises:
        SourceConfigError: naming the file, the field and what it must be.
    """
    try:
        document = read_yaml(path)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where is not None else ""
        raise SourceConfigError(
            f"{path.name}{line}: is not readable YAML; check it with `hrtp sources check`"
        ) from None
    if not isinstance(document, dict):
        raise SourceConfigError(f"{path.name}: must be a mapping; start one with `hrtp sources new {path.stem}`")
    try:
        config = SourceConfig.model_validate(document)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors())
        raise SourceConfigError(f"{path.name}: {problems}") from None
    if config.source != path.stem:
        raise SourceConfigError(f"{path.name}: source is '{config.source}' but the file's name says '{path.stem}'")
    return config


def load_sources(project: Path) -> dict[str, SourceConfig]:
    """All sources by id, in the order of their ids.

    Raises:
        SourceConfigError: for the first file that is wrong, or where there is none.
    """
    paths = sorted((project / "sources").glob("*.yml"))
    if not paths:
        raise SourceConfigError(f"{project / 'sources'} holds no source; make one with `hrtp sources new NAME`")
    return {path.stem: load_source(path) for path in paths}

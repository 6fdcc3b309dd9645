"""The reviewed artefact: what was learned, and what people decided about it. Read, never written, by a night."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hrtp.errors import SettingsError

#: The folder of the checkout that holds the artefact.
FOLDER = "identity"
MODEL_FILE, CONFIG_FILE = "model.json", "linkage.yml"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_T = TypeVar("_T", bound=_Strict)


class Trained(_Strict):
    """``identity/model.json``: Splink's settings with probabilities, and how common each established name is.

    A name stands here only if many bear it: the file names nobody. The weight of two records depends on nothing but
    the two and this file, so a record that joins changes no other pair.
    """

    version: Literal[1] = 1
    trained_on: str = Field(description="what it was trained on, with its seed; never a path or a person")
    seed: int
    records: int
    splink: dict[str, Any]
    first_names: dict[str, float]
    last_names: dict[str, float]
    other_first_name: float = Field(gt=0, lt=1, description="share of a first name that is not listed")
    other_last_name: float = Field(gt=0, lt=1, description="share of a last name that is not listed")


class Thresholds(_Strict):
    """Match weights (log2 of the odds) at which a band begins."""

    merge: float
    review: float

    @model_validator(mode="after")
    def _ordered(self) -> Thresholds:
        if self.review > self.merge:
            raise ValueError("review must not lie above merge: a pair that is merged needs no review")
        return self


class Config(_Strict):
    """``identity/linkage.yml``: what the data desk decides."""

    thresholds: Thresholds
    established_name_share: float = Field(gt=0, lt=1, description="a name that at least this share bears is a name")
    memory_limit: str = "1GB"


class Model(_Strict):
    """Both files."""

    trained: Trained
    config: Config

    @cached_property
    def splink(self) -> dict[str, Any]:
        """Splink settings."""
        return self.trained.splink


def load_model(project: Path, model_file: Path | None = None) -> Model:
    """Read the artefact of ``project``, or another model under its thresholds.

    Raises:
        SettingsError: where a file is missing or wrong; names the file and the field.
    """
    folder = project / FOLDER
    path = model_file or folder / MODEL_FILE
    trained = _read(path, Trained, json.loads)
    return Model(trained=trained, config=read_config(project))


def read_config(project: Path) -> Config:
    """What the data desk decided, alone."""
    return _read(project / FOLDER / CONFIG_FILE, Config, yaml.safe_load)


def _read(path: Path, kind: type[_T], parse: Any) -> _T:
    try:
        return kind.model_validate(parse(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise SettingsError(
            f"{path} is missing: restore it from the repository, or make one with `hrtp identity train`"
        ) from None
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
        raise SettingsError(f"{path}: " + "; ".join(lines)) from None
    except (ValueError, yaml.YAMLError):
        raise SettingsError(f"{path} is not readable; restore it from the repository") from None

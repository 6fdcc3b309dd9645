"""What a file in `superset/dashboards/` may say: title, filters, and rows of charts over marts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hrtp.errors import SettingsError

Kind = Literal["number", "table", "bars", "lines", "funnel", "trend"]
Colour = Literal["good", "bad"]
#: The columns of a row of Superset's grid.
GRID_COLUMNS = 12
_KEY = r"^[a-z][a-z0-9_]*$"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Filter(_Model):
    """A filter of the whole dashboard: one value of a column, or many."""

    name: str
    mart: str
    column: str
    default: str | None = None
    newest_first: bool = Field(default=False, description="start with the last value there is")
    many: bool = False


class Chart(_Model):
    """One chart. Figures are read from the mart and not computed: an aggregate only picks the one row that is left."""

    key: str = Field(pattern=_KEY)
    title: str
    kind: Kind
    mart: str
    width: int = Field(ge=1, le=GRID_COLUMNS)
    metric: str | None = Field(default=None, description="SQL of the one figure: number, funnel, trend")
    metrics: dict[str, str] = Field(default_factory=dict, description="SQL by label: bars, lines, grouped tables")
    columns: tuple[str, ...] = Field(default=(), description="of a table of rows")
    group: tuple[str, ...] = Field(default=(), description="of a table of figures")
    order: tuple[str, ...] = Field(default=(), description="rows of a table, or bars, from the top")
    right: tuple[str, ...] = Field(default=(), description="texts set to the right, as figures are")
    headings: dict[str, str] = Field(default_factory=dict, description="of columns that mean something special here")
    widths: dict[str, int] = Field(default_factory=dict, description="pixels that a column has at least")
    formats: dict[str, str] = Field(default_factory=dict)
    colours: dict[str, dict[str, Colour]] = Field(default_factory=dict)
    x: str | None = None
    series: str | None = None
    stage: str | None = None
    labels: tuple[str, ...] = Field(default=(), description="the values of series or stage")
    row: str | None = None
    where: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)
    where_not: dict[str, str] = Field(default_factory=dict)
    where_set: tuple[str, ...] = ()
    horizontal: bool = False
    stack: bool = False
    sort_by_value: bool = False
    values: bool = Field(default=False, description="write the figures on bars of several series")
    format: str = ",.0f"
    note: str = ""
    apart_from: tuple[str, ...] = Field(default=(), description="names of filters that do not touch it")

    @property
    def legend(self) -> tuple[str, ...]:
        """The names of everything that it draws in a colour of its own."""
        if self.kind in ("bars", "lines"):
            return self.labels if self.series else tuple(self.metrics)
        return self.labels

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        needs: Mapping[Kind, tuple[str, ...]] = {
            "number": ("metric",),
            "table": ("columns",) if self.columns else ("group", "metrics"),
            "bars": ("x", "metrics"),
            "lines": ("x", "metrics"),
            "funnel": ("stage", "metric", "order"),
            "trend": ("row", "x", "metric"),
        }
        missing = [name for name in needs[self.kind] if not getattr(self, name)]
        if (self.series or self.stage) and not self.labels:
            missing.append("labels")
        if missing:
            raise ValueError(f"{self.key}: a chart of kind {self.kind} needs {', '.join(missing)}")
        return self


class Row(_Model):
    """Charts side by side, of one height in grid units of 8 pixels."""

    height: int = Field(ge=10, le=200)
    charts: tuple[Chart, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _fits_the_grid(self) -> Self:
        if sum(chart.width for chart in self.charts) > GRID_COLUMNS:
            raise ValueError(f"the row of {self.charts[0].key} is wider than {GRID_COLUMNS} columns")
        return self


class Dashboard(_Model):
    """One dashboard; its name is that of its file."""

    name: str = Field(pattern=_KEY)
    title: str
    description: str
    filters: tuple[Filter, ...]
    rows: tuple[Row, ...] = Field(min_length=1)

    @property
    def charts(self) -> tuple[Chart, ...]:
        """Every chart, in reading order."""
        return tuple(chart for row in self.rows for chart in row.charts)

    @model_validator(mode="after")
    def _charts_are_told_apart(self) -> Self:
        keys = [chart.key for chart in self.charts]
        if len(keys) != len(set(keys)):
            raise ValueError("two charts have one key")
        known = {given.name for given in self.filters}
        wrong = sorted({name for chart in self.charts for name in chart.apart_from} - known)
        if wrong:
            raise ValueError(f"no filter is named {', '.join(wrong)}")
        return self


def load_dashboards(folder: Path) -> list[Dashboard]:
    """Every definition in `folder`, by file name.

    Raises:
        SettingsError: a file is no definition; names the file and the field.
    """
    return [_load(path) for path in sorted(folder.glob("*.yml"))]


def _load(path: Path) -> Dashboard:
    try:
        return Dashboard(name=path.stem, **yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, TypeError, yaml.YAMLError) as error:
        raise SettingsError(f"{path.name} is no dashboard: {error}") from error

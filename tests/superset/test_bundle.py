"""The bundle as it lies in the repository: what it may read, under whom, and that it comes from the definitions."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from hrtp.errors import SettingsError
from hrtp.render import drifted, write_all
from hrtp.render.superset import BUNDLE, superset_bundle
from hrtp.render.superset.definitions import load_dashboards
from tests.superset.screen import DASHBOARDS, ROOT

FILES = {path.relative_to(ROOT / BUNDLE).as_posix(): path for path in sorted((ROOT / BUNDLE).rglob("*.yaml"))}
CONTENT: dict[str, Any] = {name: yaml.safe_load(path.read_text(encoding="utf-8")) for name, path in FILES.items()}
HUSH = "hush"
#: Marts with a row a person, or a row that leads to one: none of them is for a dashboard.
OF_PERSONS = re.compile(r"person_key|subject_key|record_key|row_number|participant_id")


def of(folder: str) -> dict[str, Any]:
    return {name: content for name, content in CONTENT.items() if name.startswith(f"{folder}/")}


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_there_are_five_dashboards_under_their_addresses() -> None:
    assert {content["slug"] for content in of("dashboards").values()} == set(DASHBOARDS)
    assert all(content["published"] and content["is_managed_externally"] for content in of("dashboards").values())


def test_each_dashboard_can_be_filtered() -> None:
    filters = {
        content["slug"]: {given["name"] for given in content["metadata"]["native_filter_configuration"]}
        for content in of("dashboards").values()
    }
    data_quality = filters.pop("data-quality-by-partner")
    assert data_quality == {"Partner", "Delivered through", "As of"}
    assert all(names == {"Sector", "Period", "As of"} for names in filters.values())


def test_the_reader_is_the_only_database_user_and_no_password_is_written() -> None:
    (database,) = of("databases").values()
    assert database["sqlalchemy_uri"].startswith("postgresql+psycopg2://bi_reader@")
    addresses = [
        text for path in FILES.values() for text in re.findall(r"[\w+]+://\S+", path.read_text(encoding="utf-8"))
    ]
    assert addresses == [database["sqlalchemy_uri"]]
    assert not [name for name in CONTENT if re.search(r"password|secret|token", FILES[name].read_text().lower())]


def test_nobody_can_write_or_ask_freely_through_it() -> None:
    (database,) = of("databases").values()
    assert {database[name] for name in ("expose_in_sqllab", "allow_dml", "allow_ctas", "allow_cvas")} == {False}
    assert database["allow_csv_upload"] is False


def test_no_dashboard_reads_a_mart_of_persons() -> None:
    datasets = of("datasets")
    assert len(datasets) == 10
    for name, dataset in datasets.items():
        assert dataset["schema"] == "marts"
        assert "sql" not in dataset, f"{name} has its own SQL: figures are computed in the marts"
        assert [c["column_name"] for c in dataset["columns"] if OF_PERSONS.search(c["column_name"])] == []


def test_a_figure_is_picked_and_not_computed() -> None:
    """No median, no mean, no count of distinct; a sum only over the partners' rows, which do add up."""
    sql = {
        (name, metric["sqlExpression"])
        for name, chart in of("charts").items()
        for metric in [*chart["params"].get("metrics", []), chart["params"].get("metric")]
        if metric
    }
    assert len(sql) > 30
    assert [text for _, text in sql if re.search(r"avg|percentile|median|distinct", text.lower())] == []
    assert {name for name, text in sql if text.startswith("SUM")} <= {
        name for name in of("charts") if name.startswith("charts/data_quality")
    }


def test_every_chart_stands_on_one_dashboard_and_has_its_dataset() -> None:
    charts = {content["uuid"] for content in of("charts").values()}
    placed = [
        item["meta"]["uuid"]
        for dashboard in of("dashboards").values()
        for item in dashboard["position"].values()
        if isinstance(item, dict) and item["type"] == "CHART"
    ]
    assert sorted(placed) == sorted(charts)
    datasets = {content["uuid"] for content in of("datasets").values()}
    assert {content["dataset_uuid"] for content in of("charts").values()} == datasets
    identifiers = [content["uuid"] for content in CONTENT.values() if "uuid" in content]
    assert len(identifiers) == len(set(identifiers))


def test_the_bundle_is_current_and_a_file_too_many_is_drift(tmp_path: Path) -> None:
    assert [path for path in drifted(ROOT) if path.is_relative_to(BUNDLE)] == []
    for folder in ("superset", "dbt_project", "expectations", "seeds", "sources", "docs"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    (tmp_path / "superset").unlink()
    (tmp_path / "superset").mkdir()
    for name in ("dashboards", "marts.yml", "colours.json"):
        (tmp_path / "superset" / name).symlink_to(ROOT / "superset" / name)
    old = tmp_path / BUNDLE / "charts" / "gone.yaml"
    old.parent.mkdir(parents=True)
    old.write_text("uuid: 1\n")
    assert BUNDLE / "charts" / "gone.yaml" in drifted(tmp_path)
    write_all(tmp_path)
    assert not old.exists()
    assert drifted(tmp_path) == []


@pytest.mark.parametrize(
    ("was", "is_now", "says"),
    [
        ("mart: sector_funnel, width: 3", "mart: fct_placements, width: 3", "fct_placements"),
        ("columns: [stage, n_persons", "columns: [stage, n_dogs", "n_dogs"),
        ("kind: funnel", "kind: pie", "kind"),
        ("apart_from: [Sector]", "apart_from: [Weather]", "Weather"),
        ("width: 12", "width: 13", "width"),
    ],
)
def test_a_wrong_definition_is_named_with_what_is_wrong(tmp_path: Path, was: str, is_now: str, says: str) -> None:
    (tmp_path / "superset" / "dashboards").mkdir(parents=True)
    for name in ("marts.yml", "colours.json"):
        (tmp_path / "superset" / name).symlink_to(ROOT / "superset" / name)
    (tmp_path / "dbt_project").symlink_to(ROOT / "dbt_project")
    text = (ROOT / "superset" / "dashboards" / "sector_funnel.yml").read_text(encoding="utf-8")
    assert was in text
    (tmp_path / "superset" / "dashboards" / "sector_funnel.yml").write_text(text.replace(was, is_now, 1))
    with pytest.raises(SettingsError, match=says) as failure:
        superset_bundle(tmp_path)
    assert "sector_funnel" in str(failure.value)


def test_colours_can_be_told_from_white_and_carry_text() -> None:
    colours = json.loads((ROOT / "superset" / "colours.json").read_text(encoding="utf-8"))
    drawn = {*colours["scheme"], *colours["labels"].values()}
    assert {colour for colour in drawn if contrast(colour, "#FFFFFF") < 3} == set()
    assert {colour for colour in drawn if contrast(colour, "#000000") < 4.5} == set()
    assert {colour for colour in colours["cells"].values() if contrast(colour, "#000000") < 12} == set()


def test_a_name_is_coloured_under_the_column_that_it_is_the_heading_of_where_that_is_shown_too() -> None:
    colours = json.loads((ROOT / "superset" / "colours.json").read_text(encoding="utf-8"))["labels"]
    metadata = {content["slug"]: content["metadata"] for content in of("dashboards").values()}
    served = metadata["who-is-served"]["label_colors"]
    assert [served[column] for column in ("n_yes", "n_no", "n_unknown")] == [
        colours[name] for name in ("Yes", "No", "Not known")
    ]
    assert not {"Yes", "No", "Not known", "Persons"} & served.keys()
    # no chart shows the column n_rows, so Superset does not know that it has this heading
    assert metadata["data-quality-by-partner"]["label_colors"] == {"Rows kept back": colours["Rows kept back"]}
    assert metadata["sector-funnel"]["label_colors"]["Enrolled"] == colours["Enrolled"]


def test_two_columns_under_one_heading_are_refused(tmp_path: Path) -> None:
    (tmp_path / "superset").mkdir()
    for name in ("dashboards", "colours.json"):
        (tmp_path / "superset" / name).symlink_to(ROOT / "superset" / name)
    (tmp_path / "dbt_project").symlink_to(ROOT / "dbt_project")
    headings = (ROOT / "superset" / "marts.yml").read_text(encoding="utf-8")
    (tmp_path / "superset" / "marts.yml").write_text(headings.replace('  n_no: "No"\n', '  n_no: "Yes"\n', 1))
    with pytest.raises(SettingsError, match=r"job_quality has \['Yes'\] over several columns"):
        superset_bundle(tmp_path)


def test_the_definitions_explain_themselves() -> None:
    dashboards = load_dashboards(ROOT / "superset" / "dashboards")
    assert all(dashboard.description.endswith(".") for dashboard in dashboards)
    assert len({dashboard.title for dashboard in dashboards}) == 5


@pytest.fixture
def prepare() -> ModuleType:
    """superset/prepare.py, which imports nothing of Superset before it must."""
    spec = importlib.util.spec_from_file_location("prepare", ROOT / "superset" / "prepare.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert "superset.app" not in sys.modules
    return module


def test_the_address_of_the_marts_comes_from_the_environment_and_must_be_the_readers(prepare: ModuleType) -> None:
    uri = f"postgresql://bi_reader:{HUSH}@db.example.org:5432/bi"
    filled = prepare.bundle_contents(uri)
    database = yaml.safe_load(filled["databases/hrtp.yaml"])
    assert database["sqlalchemy_uri"] == uri
    assert filled.keys() == CONTENT.keys()
    others = [uri.replace("bi_reader", name) for name in ("marts_owner", "bi_reader_2", "")]
    for wrong in (*others, "sqlite:///x.db", ""):
        with pytest.raises(prepare.NotReadyError) as failure:
            prepare.bundle_contents(wrong)
        assert HUSH not in str(failure.value)

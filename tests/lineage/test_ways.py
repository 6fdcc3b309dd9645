"""From a partner's file to the page, from a list to the mart, from a header to the column: no way has a gap."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from openlineage.client.serde import Serde

from hrtp.build import WAREHOUSE_FILE
from hrtp.contracts import load_contracts
from hrtp.landing import Landing
from hrtp.lineage.aside import Aside, lists, other_identities, read_aside
from hrtp.marts import MartsOutdated
from hrtp.page.read import READS, read_facts
from hrtp.reading.headings import own_headings
from hrtp.reading.table import header_key
from hrtp.reference import create_reference
from hrtp.settings import Settings, load_settings
from hrtp.sources import load_sources
from hrtp.variants import create_variant_tables
from tests.lineage.told import Told, named
from tests.night_home import PROJECT

SOURCES = load_sources(PROJECT)
PAGES = {("hrtp", "site.scorecard_page"), ("hrtp", "staff.scorecard_page")}
#: What can be said of a column's way; a label or a value is nothing of it.
HOW = re.compile(
    r"(mapping of labels, )?(parse of (date \((%[A-Za-z][^)]*)\)|number|whole number|yes or no|EIN)"
    r"|trim(, numbers written as an SSN taken out)?|codes? of the contract's list(, sorted)?|check of (four )?digits"
    r"|ZIP code cut to five digits)"
)


def warehouse(told: Told, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(told.home / "warehouse" / WAREHOUSE_FILE), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_nothing_of_ours_is_read_that_no_job_wrote(told: Told) -> None:
    written = {named(output) for event in told.ends() for output in event.get("outputs", [])}
    read = {named(above) for event in told.ends() for above in event.get("inputs", [])}
    assert {name for name in read - written if name[0] != "file"} == set()
    assert len(read & written) > 150
    # and what is written is read by somebody, or is one of the ends
    assert {name for _, name in written - read if not name.startswith(("published.", "site.", "staff."))} == set()


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_a_way_leads_from_each_partner_s_file_to_the_public_page_and_to_the_staff_s(told: Told, source: str) -> None:
    for event in told.ends(f"ingest.{source}."):
        (file,) = event["inputs"]
        assert told.reached(named(file)) >= PAGES | {("hrtp", "site.dbt_docs"), ("hrtp", "published.semantic_layer")}


def test_the_pages_are_made_of_the_published_marts_and_lie_where_the_events_say(told: Told) -> None:
    for edition in ("public", "staff"):
        (event,) = told.ends(f"page.{edition}")
        assert {named(above) for above in event["inputs"]} == {("hrtp", f"published.{mart}") for mart in READS}
        (output,) = event["outputs"]
        files = [Path(one["name"]) for one in output["facets"]["symlinks"]["identifiers"]]
        assert [path.parent.name == "es" for path in files] == [False, True]
        assert all("HRTP" in path.read_text(encoding="utf-8") for path in files)
        assert all(path.is_relative_to(told.home / "staff") == (edition == "staff") for path in files)
        assert (
            event["run"]["facets"]["hrtp"]["facts"]["content_id"]
            == (told.home / "published" / "current").readlink().name
        )


def test_the_page_reads_the_marts_that_are_named_and_no_other(told: Told, tmp_path: Path) -> None:
    whole = (told.home / "published" / "marts.duckdb").resolve()
    settings = load_settings(home=tmp_path, project=PROJECT)
    settings.make_zones()

    def facts_of(*marts: str) -> Any:
        path = settings.published / "marts.duckdb"
        path.unlink(missing_ok=True)
        with duckdb.connect(str(path)) as connection:
            connection.execute(f"attach '{whole}' as whole (read_only)")
            connection.execute("create schema marts.marts")
            for mart in marts:
                connection.execute(f'create table marts.marts."{mart}" as from whole.marts."{mart}"')
        return read_facts(settings)

    known = read_facts(load_settings(home=told.home, project=PROJECT))
    found = facts_of(*READS)
    assert replace(found, content_id=known.content_id, n_samples=known.n_samples) == known
    for mart in READS:
        with pytest.raises(MartsOutdated):
            facts_of(*(set(READS) - {mart}))


def test_the_documentation_and_the_semantic_layer_name_what_they_are_made_of(told: Told) -> None:
    (docs,) = told.ends("docs.dbt")
    documented = {name for _, name in map(named, docs["inputs"])}
    tables = {
        f"{schema}.{table}"
        for schema, table in warehouse(
            told, "select distinct schema_name, table_name from duckdb_columns() where not internal"
        )
    }
    # made by the build itself and described in its own words; nothing of dbt's
    assert tables - documented <= {"marts.dbt_test_results", "identity.all_record_keys"}
    assert documented <= tables
    (semantic,) = told.ends("docs.semantic_layer")
    manifest = json.loads(
        (told.home / "published" / "semantic" / "target" / "semantic_manifest.json").read_text(encoding="utf-8")
    )
    spines = manifest["project_configuration"]["time_spines"]
    assert {name for _, name in map(named, semantic["inputs"])} == {
        f"published.{one['node_relation']['alias']}" for one in (*manifest["semantic_models"], *spines)
    }
    for event in (docs, semantic):
        (link,) = event["outputs"][0]["facets"]["symlinks"]["identifiers"]
        assert Path(link["name"]).is_file()


def test_other_identities_are_a_job_that_leads_to_the_marts_and_the_pages(told: Told) -> None:
    (event,) = told.ends("identity.variants")
    ran = [name for (name,) in warehouse(told, "select distinct variant from identity.indicator_variants order by 1")]
    assert event["run"]["facets"]["hrtp"]["facts"]["variants"] == ran
    assert ("hrtp", "identity.record_keys") in map(named, event["inputs"])
    assert told.reached(("hrtp", "identity.indicator_variants")) >= {
        ("hrtp", "marts.indicator_identity"), ("hrtp", "published.indicator_identity"), *PAGES,
    }  # fmt: skip


def test_other_identities_read_what_the_models_that_run_again_read_from_elsewhere(told: Told) -> None:
    reads = {
        output["name"]: [above["name"] for above in event["inputs"] if above["namespace"] != "file"]
        for event in told.ends("dbt.")
        for output in event["outputs"]
        if event["job"]["name"] != "dbt.test"
    }
    keys, values = ("hrtp", "identity.record_keys"), ("hrtp", "marts.indicator_values")
    again = {name for name in reads if ("hrtp", name) in told.reached(keys)}
    again = {name for name in again if name == values[1] or values in told.reached(("hrtp", name))}
    assert len(again) > 30
    work = other_identities(Aside({}, ["deterministic"]), reads, {})
    found = {one.name for one in work.inputs}
    assert found == {above for name in again for above in reads[name]} - again
    assert {keys[1], "raw.participants", "seeds.sectors", "marts.dim_indicator"} <= found
    assert work.facts == {"variants": ["deterministic"]}


def test_a_way_leads_from_each_seed_s_file_to_a_mart(told: Told) -> None:
    seeds = sorted((PROJECT / "seeds").glob("*.csv"))
    assert len(seeds) > 10
    for path in seeds:
        (event,) = (e for e in told.ends("dbt.seeds.") if e["job"]["name"] == f"dbt.seeds.{path.stem}")
        (file,) = event["inputs"]
        assert named(file) == ("file", str(path))
        assert file["facets"]["version"]["datasetVersion"] == hashlib.sha256(path.read_bytes()).hexdigest()
        reached = told.reached(named(file))
        assert any(name.startswith("published.") for _, name in reached), path.name
    assert told.reached(("file", str(PROJECT / "seeds" / "tract_priority.csv"))) >= {
        ("hrtp", "marts.priority_population"), ("hrtp", "marts.indicator_values"), *PAGES,
    }  # fmt: skip
    registry = told.reached(("file", str(PROJECT / "sources" / "healthcare.yml")))
    assert registry >= {("hrtp", "raw.source_registry"), ("hrtp", "marts.source_freshness"), *PAGES}


def test_a_list_that_is_not_dropped_in_has_a_job_without_a_file_and_leads_on(told: Told) -> None:
    for name in ("tract_priority", "zip_tract"):
        (event,) = told.ends(f"reference.{name}")
        assert event["inputs"] == []
        assert told.reached(("hrtp", f"reference.{name}")) >= {("hrtp", "marts.priority_population"), *PAGES}
    assert ("hrtp", "marts.reference_lists") in told.reached(("hrtp", "reference.lists"))


def test_a_list_that_is_dropped_in_is_the_input_by_its_place_and_sha256(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, project=PROJECT)
    settings.make_zones()
    offered = settings.reference_root / "tract_priority.csv"
    offered.parent.mkdir(parents=True, exist_ok=True)
    offered.write_text("tract_geoid,cvri_tier\n06037101110,high\n06037101122,low\n")
    offered.with_suffix(".yml").write_text("publisher: A county\nvintage: 2024\n")
    with duckdb.connect() as connection:
        connection.execute("create schema identity")
        create_variant_tables(connection, tmp_path / "none.parquet")
        create_reference(connection, settings, lambda _: None)
        aside = read_aside(connection)
    assert aside.variants == []
    jobs = {work.job: work for work in lists(settings, aside, ["lists", "tract_priority", "zip_tract"], {})}
    assert sorted(jobs) == ["reference.lists", "reference.tract_priority", "reference.zip_tract"]
    assert jobs["reference.zip_tract"].inputs == []
    for job, n_rows in (("reference.tract_priority", 2), ("reference.lists", 1)):
        (file,), (output,) = map(Serde.to_dict, jobs[job].inputs), map(Serde.to_dict, jobs[job].outputs)
        assert named(file) == ("file", str(offered))
        assert file["facets"]["version"]["datasetVersion"] == hashlib.sha256(offered.read_bytes()).hexdigest()
        assert (output["name"], output["outputFacets"]["outputStatistics"]["rowCount"]) == (job, n_rows)


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_each_column_of_raw_names_a_header_that_stands_in_the_partner_s_own_file(told: Told, source: str) -> None:
    settings, contracts, config = (
        load_settings(home=told.home, project=PROJECT),
        load_contracts(PROJECT),
        SOURCES[source],
    )
    zone = Landing(settings.landing, source)
    files = {landed.sha256: landed for landed in zone.files()}
    seen = 0
    for event in told.ends(f"ingest.{source}."):
        entity, facts = event["job"]["name"].rpartition(".")[2], event["run"]["facets"]["hrtp"]["facts"]
        raw = next(output for output in event["outputs"] if output["name"] == f"raw.{entity}")
        fields = raw["facets"]["columnLineage"]["fields"]
        assert set(fields) == set(contracts[entity].columns)
        landed = files[facts["file_sha256"]]
        own = own_headings(zone.read(landed), landed.file_name, (entity,), config, contracts).get(entity, {})
        (file,) = event["inputs"]
        known = {field["name"] for field in file["facets"]["schema"]["fields"]}
        mapping = config.mapping(entity)
        for column, field in fields.items():
            headers = [one["field"] for one in field["inputFields"]]
            assert {(one["namespace"], one["name"]) for one in field["inputFields"]} == {named(file)}
            assert set(headers) <= known
            if facts["form"] == "declared" and column in mapping.columns:
                assert tuple(headers) == mapping.columns[column]
            if column in own:
                spellings = {header_key(one) for one in (*headers, *contracts[entity].columns[column].header_names)}
                assert header_key(own[column]) in spellings, (entity, column)
                seen += 1
            (how,) = {json.dumps(one["transformations"]) for one in field["inputFields"]}
            (step,) = json.loads(how)
            assert (step["type"], step["subtype"]) == ("DIRECT", "TRANSFORMATION")
            assert HOW.fullmatch(step["description"]), step["description"]
            labels = mapping.values.get(column) if facts["form"] == "declared" else None
            assert step["description"].startswith("mapping of labels") == bool(labels)
    assert seen > 15


def test_a_date_and_a_label_are_told_as_the_source_s_yaml_has_them(told: Told) -> None:
    (load,) = told.ends("ingest.ajcc_la_county.participants")
    raw = next(output for output in load["outputs"] if output["name"] == "raw.participants")
    fields = raw["facets"]["columnLineage"]["fields"]
    told_of = {
        column: (one["field"], one["transformations"][0]["description"])
        for column, field in fields.items()
        for one in field["inputFields"][:1]
    }
    assert told_of["date_of_birth"] == ("Date of Birth", "parse of date (%m/%d/%Y)")
    assert told_of["gender"] == ("Gender", "mapping of labels, code of the contract's list")
    text = json.dumps(told.events)
    for label in ("Not in the labor force", "Unsuccessful Completion"):
        assert label not in text
    (load,) = told.ends("ingest.technology.participants")
    raw = next(output for output in load["outputs"] if output["name"] == "raw.participants")
    born = raw["facets"]["columnLineage"]["fields"]["date_of_birth"]["inputFields"]
    # the partner may use either
    assert [one["field"] for one in born] == ["DOB", "Birth Date"]

"""Shared fixtures of the dbt tests: the project is parsed once a run, each world is built once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
from tests.parsed import manifest
from warehouse_world import AS_OF, WAREHOUSE, File, Registered, World, run_dbt, write_raw

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

BuildWorld = Callable[..., World]


@pytest.fixture(scope="session")
def dbt_manifest() -> Manifest:
    """The parsed dbt project; whoever runs dbt starts from a copy."""
    return manifest(WAREHOUSE)


@pytest.fixture(scope="session")
def build_world(tmp_path_factory: pytest.TempPathFactory, dbt_manifest: Manifest) -> BuildWorld:
    """A function that writes a world and runs `dbt build` on it once (models, seeds, data tests; no unit tests).

    build_world(name, files, as_of=..., person_keys=..., caljobs_keys=..., registry=..., select=..., variables=...,
    tamper=..., expect_failures=False) -> World. `tamper` are statements run on the raw schema before the build.
    Use it in a module-scoped fixture: one fixture a world.
    """

    def build(
        name: str,
        files: Sequence[File] = (),
        *,
        as_of: str = AS_OF,
        person_keys: Mapping[tuple[str, str], str] | None = None,
        caljobs_keys: Mapping[tuple[str, str], str] | None = None,
        registry: Sequence[Registered] | None = None,
        select: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
        tamper: Sequence[str] = (),
        expect_failures: bool = False,
    ) -> World:
        folder = tmp_path_factory.mktemp(name)
        path: Path = folder / WAREHOUSE
        write_raw(path, files, person_keys=person_keys, caljobs_keys=caljobs_keys, registry=registry)
        if tamper:
            with duckdb.connect(str(path)) as connection:
                for statement in tamper:
                    connection.execute(statement)
        arguments = ["--exclude-resource-type", "unit_test"]
        if select:
            # a test that reads a mart outside of the choice has nothing to say
            arguments += ["--select", *select, "--indirect-selection", "cautious"]
        outcomes, seconds = run_dbt(folder, dbt_manifest, "build", as_of, *arguments, **(variables or {}))
        world = World(path, date.fromisoformat(as_of), outcomes, seconds)
        if not expect_failures:
            assert world.failed() == []
        return world

    return build

"""Superset's dashboards: short definitions in `superset/`, rendered into the bundle that its own importer takes."""

from hrtp.render.superset.bundle import BUNDLE, superset_bundle

__all__ = ["BUNDLE", "superset_bundle"]

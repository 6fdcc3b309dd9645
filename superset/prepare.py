"""Make a Superset ready to serve: migrate its metadata, roles, the administrator, and import the dashboards.

Run by `start.sh` before the server, and safe to run again: what is there is brought to what the repository says.
Everything secret comes from the environment; nothing secret is printed.

`SUPERSET_BI_URI`          SQLAlchemy address of the PostgreSQL with schema `marts`, as its reading user
`SUPERSET_ADMIN_USER`, `SUPERSET_ADMIN_PASSWORD`, `SUPERSET_ADMIN_EMAIL`   the administrator, made once
`SUPERSET_VIEWER_USER`, `SUPERSET_VIEWER_PASSWORD`                         one more person, who may only look (optional)
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
BUNDLE = HERE / "bundle"
VIEWER_ROLE = "HRTP viewer"
#: What somebody who looks at dashboards needs, by (permission, view). No SQL Lab, no chart of one's own, no download of
#: definitions, no list of databases.
VIEWER_MAY = {
    ("can_read", "Dashboard"),
    ("can_read", "Chart"),
    ("can_read", "Dataset"),
    ("can_get_embedded", "Dashboard"),
    ("can_dashboard", "Superset"),
    ("can_slice", "Superset"),
    ("can_explore_json", "Superset"),
    ("can_dashboard_permalink", "Superset"),
    ("can_read", "DashboardFilterStateRestApi"),
    ("can_write", "DashboardFilterStateRestApi"),
    ("can_read", "DashboardPermalinkRestApi"),
    ("can_csv", "Superset"),
    ("can_read", "CurrentUserRestApi"),
    ("can_read", "SecurityRestApi"),
    ("can_time_range", "Api"),
    ("can_query", "Api"),
    ("can_recent_activity", "Log"),
    ("can_read", "Theme"),
    ("can_read", "CssTemplate"),
    ("can_read", "Annotation"),
    ("can_userinfo", "UserDBModelView"),
    ("resetmypassword", "UserDBModelView"),
    ("can_this_form_get", "ResetMyPasswordView"),
    ("can_this_form_post", "ResetMyPasswordView"),
    ("menu_access", "Dashboards"),
}


class NotReadyError(RuntimeError):
    """The server cannot be made ready; says what to set."""


def required(name: str) -> str:
    """The environment variable `name`; raises NotReadyError where it is missing or empty."""
    value = os.environ.get(name, "")
    if not value:
        raise NotReadyError(f"set {name}")
    return value


def bundle_contents(uri: str) -> dict[str, str]:
    """The bundle's files by their path in it, with the database's address filled in.

    The reading user is part of the contract: an address under another name than the bundle's is refused, so that no
    dashboard can run with the rights of an owner.
    """
    contents = {
        path.relative_to(BUNDLE).as_posix(): path.read_text(encoding="utf-8") for path in sorted(BUNDLE.rglob("*.yaml"))
    }
    (database,) = [name for name in contents if name.startswith("databases/")]
    placeholder = re.search(r"^sqlalchemy_uri: (\S+)$", contents[database], re.MULTILINE)
    assert placeholder is not None
    reader = placeholder.group(1).partition("://")[2].partition("@")[0]
    if not re.match(rf"postgresql(\+psycopg2)?://{reader}(:[^@]*)?@", uri):
        raise NotReadyError(f"SUPERSET_BI_URI must be postgresql://{reader}:...@host:port/database")
    contents[database] = contents[database].replace(placeholder.group(1), f'"{uri}"')
    return contents


def import_bundle(admin: Any, uri: str) -> None:
    """Import the bundle over what is there, then drop the charts and dashboards that it no longer has."""
    import yaml
    from flask import g
    from superset.commands.importers.v1.assets import ImportAssetsCommand
    from superset.models.dashboard import Dashboard
    from superset.models.slice import Slice
    from superset.utils.core import override_user

    from superset import db

    contents = bundle_contents(uri)
    g.user = admin
    with override_user(admin):
        ImportAssetsCommand(contents).run()
    ours = {yaml.safe_load(text).get("uuid") for text in contents.values()}
    for model in (Dashboard, Slice):
        for thing in db.session.query(model).filter(model.is_managed_externally.is_(True)):
            if str(thing.uuid) not in ours:
                db.session.delete(thing)
    db.session.commit()


def viewer_role() -> Any:
    """The role of people who look: to see every dataset of the bundle through dashboards, and nothing else."""
    from superset.connectors.sqla.models import SqlaTable

    from superset import db, security_manager

    role = security_manager.add_role(VIEWER_ROLE)
    wanted = set(VIEWER_MAY) | {("datasource_access", table.perm) for table in db.session.query(SqlaTable)}
    found = [security_manager.find_permission_view_menu(*pair) for pair in sorted(wanted)]
    role.permissions = [permission for permission in found if permission is not None]
    db.session.commit()
    return role


def person(name: str, password: str, email: str, role: Any) -> Any:
    """The account of that name, made where it is not there; an account that is there keeps its password."""
    from superset import security_manager

    user = security_manager.find_user(username=name)
    if user is None:
        user = security_manager.add_user(name, name, "HRTP", email, role, password=password)
        if not user:
            raise NotReadyError(f"the account {name} cannot be made")
    return user


def main() -> int:
    """Make ready; exit status 0, or 1 with one line that says what to set."""
    try:
        uri, user, password = map(required, ("SUPERSET_BI_URI", "SUPERSET_ADMIN_USER", "SUPERSET_ADMIN_PASSWORD"))
        email = required("SUPERSET_ADMIN_EMAIL")
        bundle_contents(uri)
        from superset.app import create_app

        with create_app().app_context():
            import flask_migrate

            from superset import appbuilder, security_manager

            flask_migrate.upgrade()
            appbuilder.add_permissions(update_perms=True)
            security_manager.sync_role_definitions()
            admin = person(user, password, email, security_manager.find_role("Admin"))
            import_bundle(admin, uri)
            role = viewer_role()
            viewer = os.environ.get("SUPERSET_VIEWER_USER", "")
            if viewer:
                person(viewer, required("SUPERSET_VIEWER_PASSWORD"), f"{viewer}@localhost", role)
    except (NotReadyError, RuntimeError) as error:
        sys.stderr.write(f"superset: {error}\n")
        return 1
    sys.stdout.write("superset: ready\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Settings of the BI server. Every secret comes from the environment and has no default: without one it does not start.

Read by Superset from the path in `SUPERSET_CONFIG_PATH`; needs nothing of the `hrtp` package.
"""

from __future__ import annotations

import json
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, request


def _required(name: str) -> str:
    """The environment variable `name`; raises RuntimeError where it is missing or empty, and never shows a value."""
    value = os.environ.get(name, "")
    if not value:
        raise RuntimeError(f"set {name}: the BI server does not start without it")
    return value


#: Signs sessions and encrypts the database's password in the metadata.
SECRET_KEY = _required("SUPERSET_SECRET_KEY")
if len(SECRET_KEY) < 32:
    raise RuntimeError("SUPERSET_SECRET_KEY is shorter than 32 characters")

#: Users, roles and the imported dashboards: a PostgreSQL of its own. SQLite loses sessions under two workers.
SQLALCHEMY_DATABASE_URI = _required("SUPERSET_METADATA_URI")
if not SQLALCHEMY_DATABASE_URI.startswith("postgresql"):
    raise RuntimeError("SUPERSET_METADATA_URI does not name a PostgreSQL")

APP_NAME = "HRTP dashboards"
LOGO_TARGET_PATH = "/dashboard/list/"
SQLALCHEMY_TRACK_MODIFICATIONS = False

# --- who gets in
#: Nobody without an account: the public page is `published/site`, not this server.
AUTH_ROLE_PUBLIC = "Public"
PUBLIC_ROLE_LIKE: str | None = None
AUTH_USER_REGISTRATION = False
GUEST_ROLE_NAME = "Public"
WTF_CSRF_ENABLED = True
WTF_CSRF_TIME_LIMIT = int(timedelta(hours=8).total_seconds())
RATELIMIT_ENABLED = True
RATELIMIT_STORAGE_URI = "memory://"  # each worker counts for itself
AUTH_RATE_LIMITED = True
AUTH_RATE_LIMIT = "10 per minute"
#: Told only to a browser on TLS; on loopback there is none.
SESSION_COOKIE_SECURE = os.environ.get("SUPERSET_HTTPS", "") == "true"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
PERMANENT_SESSION_LIFETIME = timedelta(hours=8)
ENABLE_PROXY_FIX = os.environ.get("SUPERSET_HTTPS", "") == "true"

TALISMAN_ENABLED = True
TALISMAN_CONFIG: dict[str, Any] = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "frame-ancestors": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "script-src": ["'self'", "'strict-dynamic'", "'unsafe-eval'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,  # the proxy in front does that; the health check speaks plain HTTP inside the container
    "session_cookie_secure": SESSION_COOKIE_SECURE,
}

# --- what it may do
#: Dashboards that come from the repository, and no more: no embedding, no templates in SQL, no mail.
FEATURE_FLAGS = {
    "EMBEDDED_SUPERSET": False,
    "ENABLE_TEMPLATE_PROCESSING": False,
    "ALERT_REPORTS": False,
    "DASHBOARD_RBAC": False,
    "SSH_TUNNELING": False,
    "DRILL_TO_DETAIL": False,
    "DRILL_BY": False,
    "GLOBAL_ASYNC_QUERIES": False,
}
PREVENT_UNSAFE_DB_CONNECTIONS = True
ALLOW_FULL_CSV_EXPORT = False
#: More rows than the largest table that a dashboard reads; a chart that wants more is a wrong chart.
ROW_LIMIT = 10_000
SQL_MAX_ROW = 10_000
SAMPLES_ROW_LIMIT = 0
NATIVE_FILTER_DEFAULT_ROW_LIMIT = 1_000
SUPERSET_WEBSERVER_TIMEOUT = 60

# --- caching
#: Answers are kept for five minutes: a new night shows after that at the latest, without anybody's telling. They are
#: kept in the metadata database, which both workers share.
CACHE_SECONDS = 300
_CACHE = {
    "CACHE_TYPE": "SupersetMetastoreCache",
    "CACHE_DEFAULT_TIMEOUT": CACHE_SECONDS,
}
CACHE_CONFIG = _CACHE | {"CACHE_KEY_PREFIX": "hrtp"}
DATA_CACHE_CONFIG = _CACHE | {"CACHE_KEY_PREFIX": "hrtp_data"}
FILTER_STATE_CACHE_CONFIG = _CACHE | {"CACHE_KEY_PREFIX": "hrtp_filters", "CACHE_DEFAULT_TIMEOUT": 86_400}
EXPLORE_FORM_DATA_CACHE_CONFIG = _CACHE | {"CACHE_KEY_PREFIX": "hrtp_explore", "CACHE_DEFAULT_TIMEOUT": 86_400}

# --- nothing leaves
CHECK_VERSION = False
ENABLE_JAVASCRIPT_CONTROLS = False
MAPBOX_API_KEY = ""
#: The picture by which Superset's makers count their users. Their switch, SCARF_ANALYTICS, is read when the browser's
#: side is built, and the released package is built with it on.
_COUNTING = re.compile(rb"https://[a-z.]+\.scarf\.sh/pixel/[^`\"']*")
_NO_PICTURE = b"data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


def FLASK_APP_MUTATOR(app: Flask) -> None:
    """Give out the browser's side without the counting picture: a transparent one of its own stands in its place."""
    folder = Path(app.static_folder or "") / "assets"
    scripts = {f"{app.static_url_path}/assets/{path.name}": path.read_bytes() for path in sorted(folder.glob("*.js"))}
    cleaned = {name: _COUNTING.sub(_NO_PICTURE, text) for name, text in scripts.items() if _COUNTING.search(text)}

    @app.before_request
    def without_counting() -> Response | None:
        script = cleaned.get(request.path)
        return None if script is None else Response(script, mimetype="text/javascript")


# --- looks
#: The colours that charts take in turn. Each has a contrast of 3 to 1 and more on white, and 4.5 to 1 and more under
#: black text, since some charts write on their colours.
EXTRA_CATEGORICAL_COLOR_SCHEMES = [
    {
        "id": "hrtp",
        "label": "HRTP",
        "description": "",
        "isDefault": True,
        "colors": json.loads((Path(__file__).parent / "colours.json").read_text(encoding="utf-8"))["scheme"],
    },
]

#: One theme, and nobody else's: the dashboards' colours are chosen for white.
THEME_DARK = None
ENABLE_UI_THEME_ADMINISTRATION = False
THEME_DEFAULT = {
    "token": {
        "brandAppName": APP_NAME,
        "brandLogoAlt": APP_NAME,
        "brandLogoUrl": "/static/assets/images/superset-logo-horiz.png",
        "brandLogoHref": LOGO_TARGET_PATH,
        "brandLogoHeight": "24px",
        "brandLogoMargin": "18px 0",
        "brandIconMaxWidth": 37,
        # dark enough for white text on it
        "colorPrimary": "#1F6F8B",
        "colorLink": "#1F6F8B",
        "fontUrls": [],
        "fontFamily": "Inter, Helvetica, Arial, sans-serif",
        "fontWeightStrong": "500",
        "fontWeightBold": "700",
    },
    "algorithm": "default",
    # what no chart's own settings reach: legends without buttons, months that do not touch
    "echartsOptionsOverrides": {"legend": {"selector": False}},
    "echartsOptionsOverridesByChartType": {
        "echarts_timeseries_line": {"xAxis": {"splitNumber": 4}},
    },
}

#!/bin/sh
# The BI server, here and in its container: makes ready (metadata, roles, administrator, dashboards), then serves.
# Listens on loopback unless SUPERSET_BIND says otherwise. Its settings are explained in docs/how-to/dashboards.md.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
export SUPERSET_CONFIG_PATH="$here/superset_config.py"

python "$here/prepare.py"

# what only making ready needs is not left in the environment of a server that answers people
unset SUPERSET_ADMIN_PASSWORD SUPERSET_VIEWER_PASSWORD SUPERSET_BI_URI

exec gunicorn --bind "${SUPERSET_BIND:-127.0.0.1:8088}" --workers "${SUPERSET_WORKERS:-2}" --worker-class gthread \
    --threads 8 --timeout 90 --worker-tmp-dir "${SUPERSET_TMP:-/tmp}" "superset.app:create_app()"

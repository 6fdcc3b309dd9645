#!/bin/sh
# Runs before every start of the stack, and changes nothing the second time:
# brings the metadata database to this version, and gives the administrator the password of the environment.
set -eu

: "${AIRFLOW_ADMIN_USER:?}" "${AIRFLOW_ADMIN_PASSWORD:?}" "${AIRFLOW_ADMIN_EMAIL:?}"
if [ "${#AIRFLOW_ADMIN_PASSWORD}" -lt 16 ]; then
    echo "init: AIRFLOW_ADMIN_PASSWORD has fewer than 16 characters" >&2
    exit 1
fi

airflow db migrate

# asked for on standard input, twice: an argument could be read by everybody who sees the list of processes
twice() { printf '%s\n%s\n' "$AIRFLOW_ADMIN_PASSWORD" "$AIRFLOW_ADMIN_PASSWORD"; }

created=$(twice | airflow users create --role Admin --username "$AIRFLOW_ADMIN_USER" \
    --email "$AIRFLOW_ADMIN_EMAIL" --firstname HRTP --lastname Administrator 2>&1)
case "$created" in
*"already exist"*) twice | airflow users reset-password --username "$AIRFLOW_ADMIN_USER" >/dev/null 2>&1 ;;
esac
echo "init: database and administrator are ready"

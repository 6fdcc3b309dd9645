# The project image: every Airflow service and every hrtp command runs from it.
# No secret is needed to build it and none is inside: all of them come from the environment when it runs.

FROM python:3.11.13-slim-bookworm AS build
ENV UV_PROJECT_ENVIRONMENT=/opt/venv \
    UV_PYTHON_DOWNLOADS=never \
    UV_LINK_MODE=copy
RUN pip install --no-cache-dir --disable-pip-version-check uv==0.13.9
WORKDIR /opt/hrtp
# the dependencies are a layer of their own: a change of our code does not install them again
COPY pyproject.toml uv.lock README.md ./
RUN uv sync --frozen --no-dev --group cluster --compile-bytecode --no-install-project
COPY src/ src/
RUN uv sync --frozen --no-dev --group cluster --compile-bytecode --no-editable

FROM python:3.11.13-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HRTP_PROJECT=/opt/hrtp \
    HRTP_HOME=/srv/hrtp \
    HRTP_INBOX=/srv/inbox \
    AIRFLOW_HOME=/srv/airflow
# 10001 owns the zones and nothing else; the code belongs to root, so no task can change it.
# A new named volume takes owner and mode of the folder that it covers: these make the zones what they must be.
RUN groupadd --gid 10001 hrtp \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /srv/airflow --shell /usr/sbin/nologin hrtp \
    && install --directory --owner hrtp --group hrtp --mode 0750 /srv/hrtp /srv/hrtp/warehouse /srv/hrtp/staff /srv/airflow \
    && install --directory --owner hrtp --group hrtp --mode 0755 /srv/hrtp/published /srv/inbox \
    && install --directory --owner hrtp --group hrtp --mode 0700 /srv/hrtp/logs
COPY --from=build /opt/venv /opt/venv
WORKDIR /opt/hrtp
COPY pyproject.toml README.md ./
COPY sources/ sources/
COPY expectations/ expectations/
COPY identity/ identity/
COPY seeds/ seeds/
COPY dbt_project/ dbt_project/
COPY orchestration/ orchestration/
COPY dags/ dags/
COPY docs/ docs/
COPY docker/ docker/
USER 10001:10001
CMD ["hrtp", "--help"]

"""docker-compose.yml, Dockerfile and their settings, as far as they can be judged without Docker."""

import fnmatch
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from orchestration.environment import airflow_environment

from tests.compose.compose_file import (
    AIRFLOW_SERVICES,
    COMPOSE,
    ENV_EXAMPLE,
    ONE_SHOT,
    ROOT,
    VARIABLE,
    MissingVariableError,
    example_settings,
    interpolated,
    raw,
    strings,
    variables,
)

SERVICES = raw()["services"]
LONG_RUNNING = sorted(set(SERVICES) - ONE_SHOT)
SECRET_NAMES = re.compile(r"PASSWORD|SECRET|_KEY$|TOKEN")
#: Empty is a choice: no fixed day, nobody told outside the log.
OPTIONAL = {
    *{"HRTP_AS_OF", "HRTP_ALERT_URLS", "HRTP_ALERT_WEBHOOK", "HRTP_HEARTBEAT_URL"},
    *{"SUPERSET_VIEWER_USER", "SUPERSET_VIEWER_PASSWORD"},
}
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
BI_DOCKERFILE = (ROOT / "superset" / "Dockerfile").read_text(encoding="utf-8")
ZONES = {
    "restricted": "/srv/hrtp",
    "warehouse": "/srv/hrtp/warehouse",
    "staff": "/srv/hrtp/staff",
    "published": "/srv/hrtp/published",
    "logs": "/srv/hrtp/logs",
}


def filled() -> dict[str, str]:
    """Settings that satisfy the file, each secret recognisable."""
    return {name: value or f"secret-{name.lower()}" for name, value in example_settings().items()}


def mounts(service: str) -> dict[str, str]:
    """Source -> target of a service's named volumes."""
    return dict(item.split(":") for item in SERVICES[service].get("volumes", []) if isinstance(item, str))


def test_the_file_follows_the_compose_specification() -> None:
    command = [str(Path(sys.executable).with_name("check-jsonschema"))]
    run = subprocess.run(
        [*command, "--builtin-schema", "vendor.compose-spec", str(COMPOSE)], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout


def test_all_parts_of_the_stack_are_there() -> None:
    bi = {"bi-postgres", "superset-postgres", "superset"}
    assert set(SERVICES) == {"postgres", "redis", *bi, *ONE_SHOT, *AIRFLOW_SERVICES}


@pytest.mark.parametrize("service", LONG_RUNNING)
def test_every_service_has_a_health_check_with_limits(service: str) -> None:
    check = SERVICES[service]["healthcheck"]
    assert check["test"][0] in ("CMD", "CMD-SHELL")
    assert {"interval", "timeout", "retries", "start_period"} <= set(check)
    assert SERVICES[service]["restart"] == "unless-stopped"


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_service_is_shut_in(service: str) -> None:
    settings = SERVICES[service]
    user, group = settings["user"].split(":")
    assert int(user) > 0
    assert int(group) > 0
    assert settings["read_only"] is True
    assert settings["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in settings["security_opt"]
    assert "privileged" not in settings
    assert set(settings["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert settings["logging"]["options"]["max-size"]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_port_is_published_on_loopback_only(service: str) -> None:
    ports = SERVICES[service].get("ports", [])
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert bool(ports) == (service in {"airflow-apiserver", "bi-postgres", "superset"})


def test_the_database_and_the_queue_have_no_way_out() -> None:
    assert raw()["networks"]["backend"] == {"internal": True}
    for service in ("postgres", "redis", "superset-postgres"):
        assert SERVICES[service]["networks"] == ["backend"]


@pytest.mark.parametrize(
    "name", sorted(v.name for v in variables(raw()) if v.is_required and SECRET_NAMES.search(v.name))
)
def test_a_secret_that_is_not_set_stops_the_start(name: str) -> None:
    with pytest.raises(MissingVariableError, match=f"{name}: set it in docker/compose.env"):
        interpolated(filled() | {name: ""})


def test_no_secret_is_written_down() -> None:
    """Every setting whose name says secret is a variable, without a default; URLs take theirs from one too."""
    for settings in (*SERVICES.values(), raw()["x-airflow-control-environment"]):
        for name, value in settings.get("environment", {}).items():
            if SECRET_NAMES.search(name):
                assert re.fullmatch(r"\$\{[A-Z_]+:(\?[^}]+|-)\}", value), name
    texts = [VARIABLE.sub("VARIABLE", text) for text in strings(raw())]
    written = {match for text in texts for match in re.findall(r"://[^/\s]*:([^@/\s]+)@", text)}
    assert written == {"VARIABLE"}
    examples = {name: value for name, value in example_settings().items() if SECRET_NAMES.search(name)}
    assert set(examples.values()) == {""}


def test_every_variable_is_explained_and_none_is_left_over() -> None:
    assert {variable.name for variable in variables(raw())} == set(example_settings())
    for paragraph in re.split(r"\n\s*\n", ENV_EXAMPLE.read_text(encoding="utf-8")):
        if re.search(r"^[A-Z_]+=", paragraph, re.MULTILINE):
            assert paragraph.startswith("#"), paragraph
    required = {variable.name for variable in variables(raw()) if variable.is_required}
    assert required == {name for name, value in example_settings().items() if not value} - OPTIONAL


def test_defaults_are_the_same_in_the_file_and_in_the_example() -> None:
    defaults = {v.name: v.default for v in variables(raw()) if v.default is not None}
    assert defaults == {name: example_settings()[name] for name in defaults}


def test_each_zone_is_a_volume_and_only_the_worker_sees_people() -> None:
    assert set(raw()["volumes"]) == {*ZONES, "postgres", "bi-postgres", "superset-postgres"}
    assert mounts("airflow-worker") == ZONES
    for service in set(AIRFLOW_SERVICES) - {"airflow-worker"}:
        assert mounts(service) == {"logs": ZONES["logs"]}
    binds = [item for service in SERVICES.values() for item in service.get("volumes", []) if isinstance(item, dict)]
    assert [(item["target"], item["read_only"]) for item in binds] == [("/srv/inbox", True)]


def test_the_worker_knows_neither_the_database_nor_the_key_of_tokens() -> None:
    services = interpolated(filled())["services"]
    worker = " ".join(services["airflow-worker"]["environment"].values())
    for name in ("POSTGRES_PASSWORD", "AIRFLOW_JWT_SECRET", "AIRFLOW_FERNET_KEY", "AIRFLOW_ADMIN_PASSWORD"):
        assert f"secret-{name.lower()}" not in worker
    others = [" ".join(services[name].get("environment", {}).values()) for name in services if "worker" not in name]
    assert not [text for text in others if "secret-hrtp_person_key" in text]


def test_the_marts_have_a_server_and_a_network_of_their_own_and_only_the_setup_knows_its_administrator() -> None:
    assert {name for name, service in SERVICES.items() if "bi" in service["networks"]} == {
        "bi-postgres",
        "bi-setup",
        "airflow-worker",
        "superset",
    }
    assert SERVICES["bi-postgres"]["networks"] == ["bi"]
    services = interpolated(filled())["services"]
    knowing = {
        name
        for name, service in services.items()
        if "secret-hrtp_bi_admin_password" in " ".join(service.get("environment", {}).values())
    }
    assert knowing == {"bi-postgres", "bi-setup"}
    assert "secret-hrtp_bi_reader_password" not in " ".join(services["airflow-worker"]["environment"].values())


def test_the_bi_server_sees_no_zone_and_no_secret_but_its_own() -> None:
    services = interpolated(filled())["services"]
    assert mounts("superset") == {}
    known = " ".join(services["superset"]["environment"].values())
    secrets = set(re.findall(r"secret-[a-z_]+", known))
    assert {name for name in secrets if not name.startswith("secret-superset_")} == {"secret-hrtp_bi_reader_password"}
    others = [" ".join(services[name].get("environment", {}).values()) for name in services if "superset" not in name]
    assert not [text for text in others if "secret-superset_" in text]


def test_every_image_is_pinned() -> None:
    bases = re.findall(r"^FROM (\S+)", f"{DOCKERFILE}\n{BI_DOCKERFILE}", re.M)
    images = [SERVICES[name]["image"] for name in ("postgres", "bi-postgres", "redis", "superset-postgres")] + bases
    assert len(images) == 8
    assert all(re.search(r":\d+\.\d+[.\d]*(-\w+)+$", image) for image in images), images
    assert len({*re.findall(r"uv==\d+\.\d+\.\d+", DOCKERFILE), *re.findall(r"uv==\d+\.\d+\.\d+", BI_DOCKERFILE)}) == 1
    assert "uv pip sync --python /opt/venv/bin/python --require-hashes" in BI_DOCKERFILE


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What this version of Airflow knows, from a process of its own: its settings, and which commands it takes."""
    program = """
import json, sys
from airflow.cli.cli_parser import get_parser
from airflow.configuration import conf
described = conf.configuration_description
settings = [f"AIRFLOW__{s.upper()}__{k.upper()}" for s, content in described.items() for k in content["options"]]
commands = [c for c in json.load(sys.stdin) if get_parser().parse_args(c.split()[1:]).func]
print(json.dumps({"settings": settings, "commands": commands}))
"""
    run = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(airflow_commands()),
        env=os.environ | {"AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow"))},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    known: dict[str, list[str]] = json.loads(run.stdout.splitlines()[-1])
    return known


def airflow_commands() -> list[str]:
    commands = [" ".join(service.get("command", [])) for service in SERVICES.values()]
    return [command for command in commands if command.startswith("airflow ")]


def test_airflow_takes_every_command(airflow: dict[str, list[str]]) -> None:
    assert len(airflow["commands"]) == len(AIRFLOW_SERVICES)
    assert airflow["commands"] == airflow_commands()


def test_airflow_settings_exist_in_this_version(airflow: dict[str, list[str]]) -> None:
    used = {name for service in SERVICES.values() for name in service.get("environment", {}) if "__" in name}
    assert len(used) > 20
    assert used - set(airflow["settings"]) == set()


@pytest.mark.parametrize("service", ["redis", "airflow-init", "superset"])
def test_a_shell_can_read_the_other_commands(service: str) -> None:
    here = {"/opt/hrtp": str(ROOT), "/opt/superset": str(ROOT / "superset"), "$$": "$"}
    command = list(SERVICES[service]["command"])
    for theirs, ours in here.items():
        command = [part.replace(theirs, ours) for part in command]
    assert command[0] == "sh"
    run = subprocess.run(["sh", "-n", *command[1:]], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_the_stack_and_the_embedded_run_agree_wherever_both_speak(tmp_path: Path) -> None:
    embedded = airflow_environment(tmp_path, ROOT, port=8080)
    stack = {name: str(value) for name, value in raw()["x-airflow-control-environment"].items()}
    of_their_own = {
        "AIRFLOW__CORE__DAGS_FOLDER",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
        "AIRFLOW__CORE__EXECUTOR",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
        "AIRFLOW__API__BASE_URL",
        "AIRFLOW__API__HOST",
        "AIRFLOW__API__SECRET_KEY",
        "AIRFLOW__API_AUTH__JWT_SECRET",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER",
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY",
        "HRTP_PROJECT",
        "PYTHONPATH",
        "AIRFLOW__CORE__PLUGINS_FOLDER",
    }
    both = set(embedded) & set(stack)
    assert {"AIRFLOW__CORE__DEFAULT_TIMEZONE", "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL"} <= both
    assert {name: stack[name] for name in both - of_their_own} == {name: embedded[name] for name in both - of_their_own}


def test_the_image_takes_only_what_exists_and_what_the_builder_is_given() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    given = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert "*" in ignored
    copied = [
        source.rstrip("/")
        for line in re.findall(r"^COPY (.*)$", DOCKERFILE, re.M)
        if "--from" not in line
        for source in shlex.split(line)[:-1]
    ]
    assert set(copied) <= given
    assert all((ROOT / source).exists() for source in copied)
    for name in (".env", "docker/compose.env", "docker/partners.env", "var/landing/x", ".git/config", "tests/x.py"):
        top = name.split("/")[0]
        patterns = [line.removeprefix("**/") for line in ignored if not line.startswith(("!", "#")) and line != "*"]
        assert top not in given or any(fnmatch.fnmatch(Path(name).name, pattern) for pattern in patterns), name


def test_the_image_of_the_bi_server_takes_only_what_it_needs_and_runs_as_nobody_in_particular() -> None:
    folder = ROOT / SERVICES["superset"]["build"]["context"]
    ignored = (folder / ".dockerignore").read_text(encoding="utf-8").splitlines()
    given = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {
        source.rstrip("/")
        for line in re.findall(r"^COPY (.*)$", BI_DOCKERFILE, re.M)
        if "--from" not in line
        for source in shlex.split(line)[:-1]
    }
    assert copied == given
    assert all((folder / source).exists() for source in copied)
    assert re.findall(r"^USER (\S+)", BI_DOCKERFILE, re.M)[-1] == SERVICES["superset"]["user"]
    assert not re.search(r"^(ARG|ADD) ", BI_DOCKERFILE, re.M)
    assert not SECRET_NAMES.search(BI_DOCKERFILE.upper().split("FROM", 1)[1].replace("NO SECRET", ""))
    lock = (folder / "requirements.txt").read_text(encoding="utf-8")
    assert "://" not in lock
    pins = re.findall(r"^\S+==\S+", lock, re.M)
    assert len(pins) > 100
    assert len(re.findall(r"^\S+==\S+ \\\n    --hash=sha256:", lock, re.M)) == len(pins)


def test_the_image_runs_as_nobody_in_particular_and_holds_no_secret() -> None:
    lines = DOCKERFILE.splitlines()
    user = [line.split()[1] for line in lines if line.startswith("USER ")][-1]
    assert user == SERVICES["airflow-worker"]["user"]
    assert not [line for line in lines if line.startswith(("ARG ", "ADD "))]
    assert not SECRET_NAMES.search(DOCKERFILE.upper().split("FROM", 1)[1].replace("NO SECRET", ""))
    assert "HEALTHCHECK" not in DOCKERFILE
    assert DOCKERFILE.count("uv sync --frozen --no-dev --group cluster --compile-bytecode") == 2


def test_secrets_of_a_deployment_are_kept_out_of_the_repository() -> None:
    for name in ("docker/compose.env", "docker/partners.env", ".env"):
        run = subprocess.run(["git", "check-ignore", "--quiet", name], cwd=ROOT)
        assert run.returncode == 0, name


def test_the_health_check_says_what_is_wrong_without_a_server() -> None:
    url = "http://127.0.0.1:9/execution/"
    run = subprocess.run(
        [sys.executable, str(ROOT / "docker" / "health.py"), "scheduler"],
        env={"AIRFLOW__CORE__EXECUTION_API_SERVER_URL": url},
        capture_output=True,
        text=True,
    )
    assert (run.returncode, run.stdout) == (1, "scheduler: no answer from the api-server (URLError)\n")

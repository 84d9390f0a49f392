"""docker/docker-compose.yml, as both generations of Compose read it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values

from mwaa_local.docker.stack import COMPOSE_FILE
from mwaa_local.secrets import MAKERS
from mwaa_local.settings import ROOT

COMPOSE = {"v2": ["docker", "compose"], "1.29": ["docker-compose"]}
CLASSES = sorted(path.stem for path in (ROOT / "stack" / "classes").glob("*.env"))
SERVING = {"postgres": "DB", "localstack": "", "scheduler": "SCHEDULER", "worker": "WORKER", "webserver": "WEB"}
ONE_SHOTS = {"migrate", "seed", "seed-airflow"}
# Compose takes variables from its environment too; these are all that it may see.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME") or k.startswith("DOCKER_")}


def config(command: list[str], env_file: Path | None, *options: str) -> subprocess.CompletedProcess[str]:
    given = ["--env-file", str(env_file)] if env_file else []
    line = [*command, *given, "--file", str(COMPOSE_FILE), "config", *options]
    return subprocess.run(line, capture_output=True, text=True, env=ENVIRONMENT)


def env_file(folder: Path, env_class: str) -> Path:
    """One like the command line's: ports, a class with its limits, and every version."""
    values = {"COMPOSE_PROJECT_NAME": "mwaa-local-test", "MWAA_ENV_ID": "test", "ENV_CLASS": env_class}
    values |= {"WEB_PORT": "18080", "AWS_PORT": "14566", "POSTGRES_PORT": "15432"}
    for path in (ROOT / "stack" / "versions.env", ROOT / "stack" / "classes" / f"{env_class}.env"):
        values |= {name: value or "" for name, value in dotenv_values(path).items()}
    file = folder / "docker.env"
    file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    return file


@pytest.fixture(params=COMPOSE)
def compose(request: pytest.FixtureRequest) -> list[str]:
    command = COMPOSE[request.param]
    if subprocess.run([*command, "version"], capture_output=True).returncode if shutil.which(command[0]) else True:
        pytest.skip(f"Compose {request.param} is not installed")
    return command


def services(env: Path | None = None) -> dict[str, Any]:
    """Every service, completely resolved."""
    done = config(COMPOSE["v2"], env, "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["services"]


@pytest.mark.parametrize("env_class", ["", *CLASSES])
def test_it_is_valid_and_nothing_is_to_be_said_about_it(compose: list[str], env_class: str, tmp_path: Path) -> None:
    """Without any env file, and with that of each class."""
    done = config(compose, env_file(tmp_path, env_class) if env_class else None, "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_roles_of_the_stack_and_nothing_else() -> None:
    """Each is started and probed by the script that native mode has for it."""
    found = services()
    assert set(found) == {*SERVING} | ONE_SHOTS
    for name, service in found.items():
        assert service["command"] == [f"/opt/mwaa-local/stack/bin/{name}"]
        assert ("healthcheck" in service) == (name in SERVING)
        if name in SERVING:
            assert service["healthcheck"]["test"][:3] == ["CMD", "/opt/mwaa-local/stack/bin/health", name]


def test_spark_is_in_the_image_only_where_versions_are_named(tmp_path: Path) -> None:
    file = env_file(tmp_path, CLASSES[0])
    assert services(file)["localstack"]["build"]["target"] == "localstack"
    file.write_text(file.read_text() + "GLUE=5.1,4.0\nLOCALSTACK_TARGET=localstack-spark\n")
    build = services(file)["localstack"]["build"]
    assert (build["target"], build["args"]["GLUE"]) == ("localstack-spark", "5.1,4.0")


@pytest.mark.parametrize("given", [False, True])
def test_every_port_is_on_loopback(given: bool, tmp_path: Path) -> None:
    ports = [
        port
        for service in services(env_file(tmp_path, CLASSES[0]) if given else None).values()
        for port in service.get("ports", [])
    ]
    assert {port["host_ip"] for port in ports} == {"127.0.0.1"}
    assert {port["published"] for port in ports} == (
        {"18080", "14566", "15432"} if given else {"8080", "4566", "54320"}
    )


@pytest.mark.parametrize("env_class", CLASSES)
def test_containers_are_held_to_the_limits_of_the_class(env_class: str, tmp_path: Path) -> None:
    limits = dotenv_values(ROOT / "stack" / "classes" / f"{env_class}.env")
    found = services(env_file(tmp_path, env_class))
    for name, prefix in SERVING.items():
        if prefix:
            assert float(found[name]["cpus"]) == float(limits[f"{prefix}_CPUS"] or 0), name
            assert int(found[name]["mem_limit"]) == gigabytes(limits[f"{prefix}_MEMORY"]), name
    assert found["worker"]["environment"]["ENV_CLASS"] == env_class


def test_without_an_env_file_the_limits_are_those_of_the_smallest_class(tmp_path: Path) -> None:
    bare, small = services(), services(env_file(tmp_path, "mw1.small"))
    for name in SERVING:
        assert [bare[name].get(key) for key in ("cpus", "mem_limit")] == [
            small[name].get(key) for key in ("cpus", "mem_limit")
        ]


def test_secrets_come_as_a_file_and_in_no_other_way() -> None:
    for name, service in services().items():
        assert not {*MAKERS} & {*service["environment"]}, name
        assert [secret["source"] for secret in service["secrets"]] == ["mwaa-local.env", "airflow-options.env"], name


def test_nothing_can_write_into_the_project_or_reach_the_machine() -> None:
    for name, service in services().items():
        binds = [volume for volume in service.get("volumes", []) if volume["type"] == "bind"]
        assert all(bind.get("read_only") for bind in binds), name
        assert not any("docker.sock" in bind["source"] for bind in binds), name
        assert not {"privileged", "network_mode", "pid", "ipc", "cap_add", "devices"} & {*service}, name


def test_what_serves_comes_back_what_runs_once_does_not_and_no_log_grows_for_ever() -> None:
    for name, service in services().items():
        assert service["init"] is True, name
        assert (service["restart"] == "no") == (name in ONE_SHOTS), name
        assert service["logging"] == {"driver": "json-file", "options": {"max-file": "3", "max-size": "20m"}}, name


def gigabytes(text: str | None) -> int:
    assert text and text.endswith("g")
    return int(text[:-1]) * 2**30

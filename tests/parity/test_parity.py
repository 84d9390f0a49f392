"""The two modes are the same stack: whatever differs is in differences.py, with a reason."""

from __future__ import annotations

import json
import signal
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.parity.differences import ADDRESSES, LISTED, OF_THE_MACHINE
from tests.parity.sides import Side
from tests.support.stack import poll

Sides = tuple[Side, Side]

# The interpreter's version to its minor number: the last digit is that of the machine, or of the base image.
PACKAGES = """
import json, sys
try:
    from importlib import metadata
except ImportError:
    import importlib_metadata as metadata
found = {d.metadata["Name"].lower().replace("_", "-").replace(".", "-"): d.version for d in metadata.distributions()}
print(json.dumps(dict(found, python="%d.%d" % sys.version_info[:2])))
"""
OPTIONS = """
import json
from airflow.configuration import conf
shown = conf.as_dict(display_source=True, display_sensitive=True, raw=True)
print(json.dumps({s + "." + o: list(v) for s, options in shown.items() for o, v in options.items()}))
"""


def assert_listed(topic: str, native: Mapping[str, object], docker: Mapping[str, object]) -> None:
    """Exactly what the list names differs."""
    differ = {name for name in {*native, *docker} if native.get(name) != docker.get(name)}
    new = [
        f"{name}: native {native.get(name)!r}, docker {docker.get(name)!r}"
        for name in sorted(differ - {*LISTED[topic]})
    ]
    assert not new, "not in tests/parity/differences.py:\n" + "\n".join(new)
    gone = {*LISTED[topic]} - differ
    assert not gone, f"in tests/parity/differences.py, but the same in both modes: {sorted(gone)}"


def both(sides: Sides, question: Callable[[Side], dict[str, object]]) -> list[dict[str, object]]:
    """The answers of both sides, asked at once; each text with names in place of addresses and secrets."""
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(question, sides))
    return [
        {name: side.neutral(value) if isinstance(value, str) else value for name, value in answer.items()}
        for side, answer in zip(sides, answers)
    ]


@pytest.mark.parametrize(
    "topic, role, interpreter",
    [
        ("packages of Airflow", "scheduler", "AIRFLOW_PYTHON"),
        ("packages of LocalStack", "localstack", "LOCALSTACK_PYTHON"),
        ("packages of Glue's Python shell", "localstack", "GLUE_PYTHONSHELL_39_PYTHON"),
    ],
)
def test_packages(sides: Sides, topic: str, role: str, interpreter: str) -> None:
    native, docker = both(sides, lambda side: side.ask(role, interpreter, PACKAGES))
    assert len(native) > 5
    assert_listed(topic, native, docker)


def test_the_configuration_of_airflow(sides: Sides) -> None:
    """Every option: its value, and where it comes from."""

    def options(side: Side) -> dict[str, object]:
        found = side.ask("scheduler", "AIRFLOW_PYTHON", OPTIONS)
        return {name: f"{value} ({source})" for name, (value, source) in found.items()}

    native, docker = both(sides, options)
    assert len(native) > 200
    assert_listed("options of Airflow", native, docker)


def test_the_environment_of_a_task(sides: Sides) -> None:
    """As a task that a worker runs sees it."""

    def environment(side: Side) -> dict[str, object]:
        dag = "what_a_task_sees"
        side.stack.trigger(dag, "parity", "--exec-date", "2023-05-01T00:00:00+00:00")
        run = side.stack.wait_for_run(dag, "parity", 120)
        assert run and run["state"] == "success", side.stack.task_logs(dag)
        [seen] = [x["value"] for x in side.stack.airflow.xcoms(dag, "parity") if x["key"] == "return_value"]
        # two addresses can have one value: a variable of an address is that address
        own = {name: f"${name}" for name in seen if f"${name}" in ADDRESSES}
        return {name: value for name, value in (seen | own).items() if name not in OF_THE_MACHINE}

    native, docker = both(sides, environment)
    assert_listed("environment of a task", native, docker)


def test_the_services_of_localstack(sides: Sides) -> None:
    """By name, with version and edition; whether a service is loaded already is a matter of who has asked for it."""

    def services(side: Side) -> dict[str, object]:
        with urllib.request.urlopen(f"{side.stack.settings.endpoint}/_localstack/health") as answer:
            said = json.load(answer)
        names = {f"service {name}": "there" for name, state in said.pop("services").items() if state != "disabled"}
        return said | names

    native, docker = both(sides, services)
    assert "service glue" in native
    assert_listed("LocalStack", native, docker)


def test_postgresql(sides: Sides) -> None:
    """Its version and every setting."""

    def settings(side: Side) -> dict[str, object]:
        rows = side.stack.query("SELECT name, setting FROM pg_settings UNION ALL SELECT 'version', version()")
        return {str(name): str(value) for name, value in rows}

    native, docker = both(sides, settings)
    assert_listed("settings of PostgreSQL", native, docker)


def test_the_roles(sides: Sides) -> None:
    native, docker = both(sides, lambda side: dict.fromkeys(side.roles(), "there"))
    assert_listed("roles", native, docker)


@pytest.mark.parametrize("role", ["worker", "webserver", "localstack", "scheduler", "postgres"])
def test_health(sides: Sides, role: str) -> None:
    """The same words while it serves, the same while its processes stand still, and well again by itself."""

    def observe(side: Side) -> dict[str, object]:
        said: dict[str, object] = {f"{role} serves": side.health(role)}
        side.freeze(role, signal.SIGSTOP)
        try:
            assert poll(lambda: not side.health(role)[0], 60, every=1), f"{side.mode}: {side.health(role)}"
            said[f"{role} stands still"] = side.health(role)
        finally:
            side.freeze(role, signal.SIGCONT)
        assert poll(lambda: side.health(role)[0], 60, every=1), f"{side.mode}: {side.health(role)}"
        return said

    native, docker = both(sides, observe)
    listed = {name for name in LISTED["health"] if name.startswith(role)}
    assert {name for name in native if native[name] != docker[name]} == listed, f"native {native}, docker {docker}"


def test_the_addresses_differ(sides: Sides) -> None:
    """An address in the list is one that really differs."""
    native, docker = sides
    assert [name for name in ADDRESSES if native.addresses[name] == docker.addresses[name]] == []

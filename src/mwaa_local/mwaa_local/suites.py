"""The test suites, named by what must be running, and the checks of our own code."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from mwaa_local import glue_spark
from mwaa_local.console import err, out
from mwaa_local.docker.engine import Engine
from mwaa_local.environments import Installer, stack_environments, test_environments
from mwaa_local.errors import LocalError
from mwaa_local.settings import ROOT, SPARK_VERSIONS, Settings


@dataclass(frozen=True)
class Suite:
    """A folder below tests/ and the environment whose interpreter runs it.

    `mode` is the mode of the stacks that it starts; "" for one that starts none, or both. `workers` is the number of
    processes that share its files: its tests wait more than they compute.
    """

    name: str
    environment: str = "dev"
    mode: str = ""
    folder: str = ""
    workers: int = 1


SUITES = [
    Suite("unit", workers=2),
    Suite("airflow", "airflow", workers=2),
    Suite("dags", "airflow", workers=2),
    Suite("glue", workers=3),
    Suite("spark", workers=3),
    Suite("e2e", mode="native"),
    Suite("native", mode="native"),
    Suite("e2e-docker", mode="docker", folder="e2e"),
    Suite("docker", mode="docker"),
    Suite("parity"),
]
# Glue versions whose Spark is installed ahead; a job that the operator creates has 5.1, the sample jobs another.
NEED_SPARK = {"spark": SPARK_VERSIONS, "glue": ("5.1",), "e2e": ("5.1", glue_spark.SAMPLES)}
NEED_AN_ENGINE = ("e2e-docker", "docker", "parity")


def run(settings: Settings, wanted: str, pytest_arguments: list[str]) -> int:
    """Runs the suites wanted ("all": those of the mode, or names with commas), each to its end; returns 0 only if all passed.

    Raises LocalError for a suite that does not exist, or that needs an engine where none answers.
    """
    chosen = _choose(wanted, settings.mode)
    if any(suite.name in NEED_AN_ENGINE for suite in chosen):
        Engine().require()
    Installer(settings).install([*stack_environments(), *test_environments()])
    for suite in chosen:
        glue_spark.install(settings, NEED_SPARK.get(suite.name, ()))
    reports = settings.mwaa_state / "tests"
    reports.mkdir(exist_ok=True)
    results = []
    for suite in chosen:
        err.print(f"\n[bold]{suite.name}[/]")
        (reports / f"{suite.name}.xml").unlink(missing_ok=True)
        begun = time.monotonic()
        code = _run(settings, suite, [f"--junitxml={reports / suite.name}.xml", *pytest_arguments])
        results.append((suite.name, code, time.monotonic() - begun))
    out.print()
    for name, code, seconds in results:
        out.print(
            f"{name:<10} {'[green]passed[/]' if code == 0 else f'[red]failed[/] (exit code {code})'} in {seconds:.0f} s"
        )
    out.print(_total([reports / f"{suite.name}.xml" for suite in chosen]))
    return 0 if all(code == 0 for _, code, _ in results) else 1


def _total(reports: list[Path]) -> str:
    """The closing line over all suites; a suite that left no report counts as one failure."""
    counts = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for report in reports:
        try:
            root = ElementTree.parse(report).getroot()  # noqa: S314
        except (OSError, ElementTree.ParseError):
            counts["tests"] += 1
            counts["errors"] += 1
            continue
        for name in counts:
            counts[name] += sum(int(suite.get(name, 0)) for suite in root.iter("testsuite"))
    failed = counts["failures"] + counts["errors"]
    passed = counts["tests"] - failed - counts["skipped"]
    return f"{passed} passed, {failed} failed, {counts['skipped']} skipped"


def lint(settings: Settings) -> int:
    """ruff (lint and format), mypy, shellcheck, hadolint; returns 0 only if all are clean."""
    Installer(settings).install(test_environments()[:1])
    tools = settings.venv_python("dev").parent
    scripts = [str(path) for path in _shell_scripts()]
    commands: list[list[object]] = [
        [tools / "ruff", "check", "."],
        [tools / "ruff", "format", "--check", "."],
        [tools / "mypy", "-p", "mwaa_local"],
        [tools / "mypy", "-p", "localstack_glue"],
        [tools / "mypy", "-p", "localstack_mwaa"],
        [tools / "mypy", "-p", "glue_spark"],
        [tools / "shellcheck", "-x", *scripts],
        [tools / "hadolint", *sorted((ROOT / "docker").glob("*/Dockerfile"))],
    ]
    packages = [str(ROOT / "src" / name) for name in ("mwaa_local", "localstack_glue", "localstack_mwaa", "glue_spark")]
    environment = os.environ | {"MYPYPATH": os.pathsep.join(packages)}
    codes = [
        subprocess.run([str(part) for part in command], cwd=ROOT, env=environment).returncode for command in commands
    ]
    return 0 if not any(codes) else 1


def _choose(wanted: str, mode: str) -> list[Suite]:
    """The suites by name; `e2e` is that of the mode, and `all` leaves out what only the other mode has."""
    known = {suite.name: suite for suite in SUITES}
    other = "native" if mode == "docker" else "docker"
    of_mode = [s.name for s in SUITES if s.mode != other and (mode == "docker" or s.name not in NEED_AN_ENGINE)]
    names = of_mode if wanted == "all" else [name.strip() for name in wanted.split(",")]
    for name in names:
        if name not in known:
            raise LocalError(f"There is no suite {name!r}.", f"one of: all, {', '.join(known)}")
    return [known["e2e-docker" if name == "e2e" and mode == "docker" else name] for name in names]


def _run(settings: Settings, suite: Suite, pytest_arguments: list[str]) -> int:
    python = settings.venv_python(suite.environment)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"MWAA_STATE": str(settings.mwaa_state)} | ({"MODE": suite.mode} if suite.mode else {})
    paths = [str(ROOT)]
    if suite.environment == "airflow":
        paths += [str(settings.mwaa_state / "venvs" / "airflow-test")]
    else:
        paths += [str(ROOT / "src" / name) for name in ("mwaa_local", "localstack_glue", "localstack_mwaa")]
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    shared = ["-n", str(suite.workers), "--dist", "loadfile"] if suite.workers > 1 else []
    command = [str(python), "-m", "pytest", f"tests/{suite.folder or suite.name}", *shared, *pytest_arguments]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        return process.wait()
    except KeyboardInterrupt:
        # its fixtures end the stacks that the tests have started
        process.send_signal(signal.SIGINT)
        process.wait()
        raise


def _shell_scripts() -> list[Path]:
    """Every bash script that is ours, known by its first line or by being sourced."""
    folders = (ROOT / "stack" / "bin", ROOT / "startup", ROOT / ".ci", ROOT / "tests" / "support" / "engine")
    candidates = [path for folder in folders for path in folder.iterdir()]
    return [path for path in candidates if path.is_file() and "bash" in path.read_text().split("\n", 1)[0]]

"""A command through MWAA's CLI endpoint, token included, against the same `airflow` command in a shell."""

from __future__ import annotations

import base64
import json
import subprocess
import time
import urllib.request
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

from mwaa_local.bench.bench import Bench
from mwaa_local.bench.figures import Line, Report
from mwaa_local.bench.stage import OwnStack

TITLE = "Airflow's command line through /aws_mwaa/cli"
AT_MOST = 1.1
COMMANDS = ("version", "dags list", "dags state impressions 2022-01-01", "variables list")
CALLS_A_ROUND = 3


def measure(bench: Bench) -> Report:
    """Endpoint and shell take turns; a round's value is the median of three."""
    stack = bench.shared_stack()
    mwaa = stack.client("mwaa")
    name = mwaa.list_environments()["Environments"][0]
    environment = shell_environment(stack)
    lines = []
    for command in COMMANDS:
        bench.tell(command)
        through_endpoint = asker(mwaa, name, stack.settings.web_url, command)
        in_shell = runner(environment, command)
        if through_endpoint()[0] != 200 or in_shell() != 0:
            raise RuntimeError(f"`airflow {command}` failed")
        measured, compared = [], []
        for _ in bench.each_round():
            taken = [(seconds(through_endpoint), seconds(in_shell)) for _ in range(CALLS_A_ROUND)]
            ours, theirs = (median(values) * 1000 for values in zip(*taken))
            measured.append(ours)
            compared.append(theirs)
        shell = f"airflow {command}, in a shell"
        lines.append(Line(command, "ms", tuple(measured), shell, tuple(compared), AT_MOST))
    return Report("cli", TITLE, lines, load=bench.load)


def asker(mwaa: Any, name: str, web_url: str, command: str) -> Callable[[], tuple[int, str]]:
    """Calls create_cli_token and the endpoint; returns (status, standard output)."""

    def ask() -> tuple[int, str]:
        token = mwaa.create_cli_token(Name=name)["CliToken"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/plain"}
        request = urllib.request.Request(f"{web_url}/aws_mwaa/cli", command.encode(), headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return answer.status, base64.b64decode(json.load(answer)["stdout"]).decode()

    return ask


def runner(environment: Mapping[str, str], command: str) -> Callable[[], int]:
    words = ["airflow", *command.split()]
    program = f"{environment['PATH'].split(':')[0]}/airflow"

    def run() -> int:
        return subprocess.run(words, executable=program, env=environment, capture_output=True).returncode

    return run


def shell_environment(stack: OwnStack) -> dict[str, str]:
    """Airflow's environment as a shell of `make shell` has it, without the time that it takes to make it."""
    command = stack.airflow.command("env", "-0")
    done = subprocess.run(command, env=stack.airflow.environment(), capture_output=True, text=True, check=True)
    return dict(item.split("=", 1) for item in done.stdout.split("\0") if item)


def seconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun

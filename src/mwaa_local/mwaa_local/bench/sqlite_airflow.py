"""Airflow's own commands on an SQLite database, without anything of ours: what is faster than a whole stack to compare with."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from mwaa_local.bench.bench import Bench


def sqlite_airflow(bench: Bench, folder: Path) -> dict[str, str]:
    """The environment of an Airflow with an empty database of its own, without anything of ours."""
    home = folder / "airflow"
    home.mkdir()
    kept: Mapping[str, str] = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW_", "PYTHON"))}
    environment = dict(kept) | {
        "AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
    }  # fmt: skip
    bench.tell("preparing Airflow's database")
    command = [bench.installed.venv_python("airflow").with_name("airflow"), "db", "init"]
    subprocess.run([str(word) for word in command], env=environment, capture_output=True, check=True)
    return environment


def seconds_of(command: list[object], environment: Mapping[str, str]) -> float:
    """How long a command takes that must succeed."""
    begun = time.perf_counter()
    subprocess.run([str(word) for word in command], env=environment, capture_output=True, check=True)
    return time.perf_counter() - begun

"""`make lock`: every lock of stack/locks from its short input, the names that `make check` knows, and the dump of a freshly
migrated database.

Reproducible: exact versions where the input names them, a cut-off date where upstream sets no ceilings.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

from mwaa_local.console import note
from mwaa_local.environments import LOCKS, Installer, spark_python, stack_environments
from mwaa_local.errors import LocalError
from mwaa_local.settings import ROOT, SPARK_VERSIONS, Settings
from mwaa_local.versions import versions


@dataclass(frozen=True)
class Lock:
    """One lock: for which interpreter, up to which date, and whether it must hold for every later Python too."""

    name: str
    python: str
    cutoff: str = ""
    resolve: bool = True  # False: the input is the complete list already
    universal: bool = False
    constraint: str = ""


def locks() -> list[Lock]:
    """All locks; one that constrains another stands before it."""
    v = versions()
    airflow, tools = v["PYTHON_AIRFLOW"], v["LOCK_CUTOFF_TOOLS"]
    glue, old_glue = v["PYTHON_GLUE_PYTHONSHELL"], v["PYTHON_GLUE_PYTHONSHELL_OLD"]
    return [
        Lock("build", airflow, resolve=False, universal=True),
        Lock("airflow", airflow, resolve=False),
        Lock("airflow-compiled", airflow, resolve=False),
        Lock("airflow-test", airflow, constraint="airflow.in"),
        Lock("localstack", v["PYTHON_LOCALSTACK"], v["LOCK_CUTOFF_LOCALSTACK"]),
        Lock("bench", v["PYTHON_LOCALSTACK"], v["LOCK_CUTOFF_LOCALSTACK"], constraint="localstack.txt"),
        Lock(f"glue-pythonshell-{glue}", glue, v["LOCK_CUTOFF_GLUE_PYTHONSHELL"]),
        Lock(f"glue-pythonshell-{old_glue}", old_glue, resolve=False),
        *(Lock(f"glue-spark-{version}", spark_python(version), resolve=False) for version in SPARK_VERSIONS),
        Lock("jdbc", v["PYTHON_LOCALSTACK"], tools, resolve=False),
        Lock("postgres", v["PYTHON_LOCALSTACK"], tools, resolve=False),
        Lock("cli", v["PYTHON_CLI"], tools, universal=True),
        Lock("uv", v["PYTHON_CLI"], tools, universal=True, constraint="cli.txt"),
        Lock("dev", v["PYTHON_CLI"], tools, universal=True, constraint="cli.txt"),
    ]


def rebuild(settings: Settings) -> None:
    """Writes every lock and the dump. Raises LocalError with uv's words when one does not resolve."""
    installer = Installer(settings)
    for lock in locks():
        note(f"stack/locks/{lock.name}.txt")
        _resolve(lock, installer)
    installer.install(stack_environments())
    note("names for make check")
    _write_names(settings)
    note("stack/db")
    done = subprocess.run([ROOT / "stack" / "bin" / "dump-database"], capture_output=True, text=True)
    if done.returncode:
        raise LocalError(f"The database dump could not be made:\n{done.stderr.strip()}", "see the message above")


def _write_names(settings: Settings) -> None:
    """The names of Airflow's environment, as it now is."""
    target = ROOT / "src" / "mwaa_local" / "mwaa_local" / "check" / "data" / "names.json.gz"
    command = [settings.venv_python("airflow"), "-W", "ignore", "-m", "mwaa_airflow.names", target]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        raise LocalError(f"The names could not be collected:\n{done.stderr.strip()[-2000:]}", "see the message above")


def _resolve(lock: Lock, installer: Installer) -> None:
    source = LOCKS / f"{lock.name}.in"
    command = [
        installer.uv,
        "--no-config",
        "pip",
        "compile",
        "--quiet",
        "--generate-hashes",
        "--no-header",
        "--no-annotate",
    ]
    command += [source, "--output-file", LOCKS / f"{lock.name}.txt", "--upgrade"]
    command += (
        ["--universal", "--python-version", lock.python]
        if lock.universal
        else ["--python", installer.interpreter(lock.python).path]
    )
    command += [] if lock.resolve else ["--no-deps"]
    command += ["--exclude-newer", lock.cutoff] if lock.cutoff else []
    command += ["--constraints", LOCKS / lock.constraint] if lock.constraint else []
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        raise LocalError(f"{source.name} does not resolve:\n{done.stderr.strip()}", f"change stack/locks/{source.name}")

"""The images of this checkout: their tag is the hash of all they are made from, so that only a change builds anything."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from mwaa_local.console import err
from mwaa_local.docker.engine import Engine, caller_environment
from mwaa_local.errors import LocalError, tail
from mwaa_local.settings import ROOT

REPOSITORIES = ("mwaa-local/airflow", "mwaa-local/localstack", "mwaa-local/postgres")
MADE_FROM = (".dockerignore", "docker", "stack", "src")  # of the checkout; see .dockerignore
BASES = ("PYTHON_AIRFLOW_IMAGE", "PYTHON_LOCALSTACK_IMAGE", "PYTHON_GLUE_PYTHONSHELL_IMAGE")
SPARK_BASES = ("PYTHON_GLUE_SPARK_5_IMAGE", "PYTHON_GLUE_SPARK_4_IMAGE")  # of Spark jobs, where GLUE names any
# Of BuildKit's plain progress: "#12 [airflow 3/11] RUN ...", with the service's name before the stage's in Compose v2.
STEP = re.compile(r"^#\d+ \[(?:\S+ )?(\S+ +\d+/\d+\] .+)$")


def tag(values: Mapping[str, str]) -> str:
    """The tag of the images that this checkout makes: on these base images, with Spark for the versions of GLUE."""
    names = (*BASES, *SPARK_BASES, "GLUE") if values.get("GLUE") else BASES
    digest = hashlib.sha256("\n".join(values[name] for name in names).encode())
    for path in sorted(_sources()):
        digest.update(f"{path.relative_to(ROOT)} {path.stat().st_mode & 0o111:o}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _sources() -> Iterator[Path]:
    for name in MADE_FROM:
        place = ROOT / name
        for path in [place] if place.is_file() else place.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
                yield path


def are_built(engine: Engine, wanted: str) -> bool:
    names = [f"{repository}:{wanted}" for repository in REPOSITORIES]
    return engine.run("image", "inspect", "--format", "{{.Id}}", *names).returncode == 0


def build(command: list[str], values: Mapping[str, str], log: Path) -> None:
    """Runs Compose's build, showing each step. Raises LocalError with its last lines."""
    log.parent.mkdir(parents=True, exist_ok=True)
    err.print(f"Building the images (the first time: some minutes); all output is in {log}")
    with log.open("w") as file, err.status("") as status:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=caller_environment(values)
        )
        assert process.stdout
        for line in process.stdout:
            file.write(line)
            if step := STEP.match(line):
                _show(step.group(1), status)
        code = process.wait()
    if code:
        bases = ", ".join(values[name] for name in (*BASES, *(SPARK_BASES if values.get("GLUE") else ())))
        raise LocalError(
            f"The images could not be built (exit code {code}). The last lines ({log}):\n{tail(log, 20)}",
            f"check that the engine can get the base images ({bases}; others can be set in .env) and that the package "
            "index can be reached (docker/README.md), or go without Docker: make up MODE=native",
        )


def _show(step: str, status: object) -> None:
    text = "\\[" + step[:110]
    if err.is_terminal:
        status.update(text)  # type: ignore[attr-defined]
    else:
        err.print(text)


def delete_others(engine: Engine, kept: str, former: str) -> None:
    """Removes the images that this checkout used before, as far as no container uses them."""
    if former and former != kept:
        for repository in REPOSITORIES:
            engine.run("image", "rm", f"{repository}:{former}")

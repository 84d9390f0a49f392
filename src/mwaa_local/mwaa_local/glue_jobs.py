"""The Glue jobs of a project: glue/<folder>/job.yaml, checked against CreateJob's own model, and the script beside it.

    Name                    may be left out: the folder's name
    Role                    may be left out: the stack's execution role
    Command.ScriptLocation  may be left out: script.py beside job.yaml; a path relative to job.yaml, inside the project;
                            or s3://..., which is then taken as it is

A folder below glue/ without job.yaml and script.py (sample data) is not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import botocore.session
from botocore.model import Shape

from mwaa_local.checked_yaml import BadFile, CheckedYaml, where

SCRIPT = "script.py"


@dataclass(frozen=True)
class GlueJob:
    """One job: `definition` holds CreateJob's fields as written, `script` its local file (None: it lies in S3)."""

    name: str
    definition: dict[str, Any]
    script: Path | None
    source: Path

    def request(self, role: str, script_location: str) -> dict[str, Any]:
        """What CreateJob gets: the definition, completed."""
        command = self.definition["Command"] | ({"ScriptLocation": script_location} if self.script else {})
        return {"Role": role, **self.definition, "Name": self.name, "Command": command}


def load_jobs(project: Path, name: str = "glue") -> list[GlueJob]:
    """All jobs of a project, by name; none when it has no glue/ folder, or none of the `name` given.

    Raises BadFile with every mistake in every file: file, line, field, what is allowed.
    """
    complaints: list[str] = []
    jobs: dict[str, GlueJob] = {}
    folder = project / name
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        job = _load(path, project, complaints) if path.is_dir() else None
        if job is None:
            continue
        if job.name in jobs:
            complaints.append(where(job.source, 1, "Name", f"{job.name} is taken by {jobs[job.name].source}"))
        jobs[job.name] = job
    if complaints:
        raise BadFile(complaints)
    return [jobs[name] for name in sorted(jobs)]


@lru_cache(maxsize=1)
def create_job_shape() -> Shape:
    """The input of CreateJob, as the installed botocore has it."""
    return botocore.session.get_session().get_service_model("glue").operation_model("CreateJob").input_shape


def _load(folder: Path, project: Path, complaints: list[str]) -> GlueJob | None:
    source = folder / "job.yaml"
    if not source.is_file():
        if (folder / SCRIPT).is_file():
            complaints.append(where(source, 1, "", f"is missing: {SCRIPT} alone does not say which kind of job it is"))
        return None
    if not inside(source, project):
        complaints.append(where(source, 1, "", f"lies outside the project {project}"))
        return None
    document = CheckedYaml(source, create_job_shape(), filled_in=("Name", "Role"))
    script = _script(document, folder, project) if not document.complaints else None
    complaints.extend(document.complaints)
    if document.complaints:
        return None
    return GlueJob(document.value.get("Name", folder.name), document.value, script, source)


def _script(document: CheckedYaml, folder: Path, project: Path) -> Path | None:
    command = document.value["Command"]
    if not command.get("Name"):
        document.complain("Command", "Name is missing: pythonshell, glueetl or gluestreaming")
    location = command.get("ScriptLocation", SCRIPT)
    if location.startswith("s3://"):
        return None
    script: Path = folder / location
    field = "Command.ScriptLocation" if "ScriptLocation" in command else "Command"
    if not inside(script, project):
        document.complain(field, f"the script {script} lies outside the project {project}")
    elif not script.is_file():
        document.complain(field, f"there is no script {script}")
    elif not script.stat().st_size:
        document.complain(field, f"the script {script} is empty")
    return script


def inside(path: Path, project: Path) -> bool:
    """Whether a path, with every symbolic link followed, stays in the project."""
    try:
        return path.resolve().is_relative_to(project.resolve())
    except (OSError, RuntimeError):  # a loop of links
        return False

"""The project under test: its dags/ folder, its Glue jobs and what its seed.yaml declares."""

import ast
import os
from pathlib import Path
from typing import Any, Dict, List, Optional, Set

import yaml

CHECKOUT = Path(__file__).resolve().parents[4]
"""The checkout that this package is part of: stack/bin is there."""


class Job:
    """A job of glue/: its definition, and what its script asks getResolvedOptions for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.definition = yaml.safe_load((folder / "job.yaml").read_text(encoding="utf-8")) or {}
        self.name = self.definition.get("Name", folder.name)

    @property
    def defaults(self) -> Set[str]:
        """Names of the arguments that the definition itself gives, without the dashes."""
        given = dict(self.definition.get("DefaultArguments") or {})
        given.update(self.definition.get("NonOverridableArguments") or {})
        return {name[2:] for name in given if name.startswith("--")}

    def options(self) -> Optional[Set[str]]:
        """Names that the script cannot do without; None if that cannot be read from its source."""
        script = self.folder / "script.py"
        if not script.is_file():
            return None
        try:
            return options_in(script.read_text(encoding="utf-8")) - {"JOB_NAME"}
        except (SyntaxError, ValueError, UnicodeDecodeError):
            return None


def options_in(source: str) -> Set[str]:
    """What the calls of getResolvedOptions name. Raises ValueError where that is no literal."""
    tree = ast.parse(source)
    names = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found: Set[str] = set()
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        called = getattr(call.func, "id", getattr(call.func, "attr", ""))
        if called != "getResolvedOptions":
            continue
        asked = [keyword.value for keyword in call.keywords if keyword.arg == "options"] or call.args[1:2]
        for value in asked:
            literal = names.get(value.id) if isinstance(value, ast.Name) else value
            if literal is None:
                raise ValueError("the options are no literal")
            found |= set(ast.literal_eval(literal))
    return found


class Project:
    """`folder` holds dags/, glue/ and seed.yaml, as MWAA_PROJECT does; each may be missing but dags/, which may be elsewhere."""

    def __init__(
        self, folder: Path, external_jobs: Any = (), pools: Any = (), external: Any = (), dags: str = ""
    ) -> None:
        self.folder = Path(str(folder)).resolve()
        self.dags = Path(dags).resolve() if dags else self.folder / "dags"
        self.external_jobs = set(external_jobs)
        self.pools = {"default_pool"} | set(pools)
        self.external = set(external)
        if not self.dags.is_dir():
            raise FileNotFoundError("{} has no dags/ folder. Point MWAA_PROJECT at one that has.".format(self.folder))

    @property
    def seed_file(self) -> Path:
        """seed.yaml of the project; of the project that is shipped: stack/seed.yaml. In containers: below `requirements`."""
        places = [self.folder, self.folder / "requirements"]
        named = [place / name for place in places for name in ("seed.yaml", "stack/seed.yaml")]
        return next((file for file in named if file.is_file()), named[0])

    def seed(self) -> Dict[str, Any]:
        """What seed.yaml holds for Airflow: variables and connections, also those in Secrets Manager's default prefixes."""
        if not self.seed_file.is_file():
            return {"variables": {}, "connections": {}}
        content = yaml.safe_load(self.seed_file.read_text(encoding="utf-8")) or {}
        variables = dict(content.get("variables") or {})
        connections = dict(content.get("connections") or {})
        for name, value in (content.get("secrets") or {}).items():
            for prefix, kept in (("airflow/variables/", variables), ("airflow/connections/", connections)):
                if name.startswith(prefix):
                    kept.setdefault(name[len(prefix) :], {"uri": value} if kept is connections else value)
        return {"variables": variables, "connections": connections}

    def jobs(self) -> Dict[str, Job]:
        """The jobs of glue/, by the name that they have in AWS."""
        folders = sorted(file.parent for file in (self.folder / "glue").glob("*/job.yaml"))
        return {job.name: job for job in map(Job, folders)}

    def dag_files(self) -> List[Path]:
        """The files that Airflow's own rules (safe mode, .airflowignore) take for DAG files."""
        from airflow.utils.file import list_py_file_paths

        found = list_py_file_paths(str(self.dags), safe_mode=True, include_examples=False)
        return sorted(Path(file) for file in found)

    def name_of(self, file: Path) -> str:
        return os.path.relpath(str(file), str(self.dags))

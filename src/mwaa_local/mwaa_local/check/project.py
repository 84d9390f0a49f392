"""What a project has beside its DAGs: plugins, requirements, options. Read once, and small enough for each process."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from mwaa_local.check.folders import files_below
from mwaa_local.check.packaged import modules_in

# Packages whose module has another name, among those that DAGs use; any other is compared by its letters.
_MODULES = {
    "beautifulsoup4": "bs4", "pyyaml": "yaml", "python-dateutil": "dateutil", "scikit-learn": "sklearn", "pillow": "PIL",
    "psycopg2-binary": "psycopg2", "pyjwt": "jwt", "opencv-python": "cv2", "google-cloud-storage": "google",
    "google-cloud-bigquery": "google", "protobuf": "google", "pymysql": "pymysql", "mysqlclient": "MySQLdb",
    "snowflake-connector-python": "snowflake", "python-dotenv": "dotenv", "pycryptodome": "Crypto", "attrs": "attr",
    "setuptools": "pkg_resources", "great-expectations": "great_expectations", "dbt-core": "dbt", "gitpython": "git",
}  # fmt: skip


@dataclass(frozen=True)
class Project:
    """`modules`: top-level modules of dags/ and plugins/; `requirements`: package to version ("" if none is pinned);
    `lazy_plugins`: whether MWAA loads plugins only when they are asked for; `plugin_names`: file names without .py, repeated."""

    folder: Path
    modules: frozenset[str] = frozenset()
    requirements: tuple[tuple[str, str], ...] = ()
    lazy_plugins: bool = True
    plugin_names: tuple[str, ...] = ()

    def names(self, package: str) -> bool:
        """Whether requirements.txt names a package."""
        return any(name == package for name, _ in self.requirements)

    def other_version(self, package: str, version: str) -> bool:
        """Whether requirements.txt may bring another version of a package than MWAA's own."""
        return any(name == package and pinned != version for name, pinned in self.requirements)

    def may_have(self, module: str) -> bool:
        """Whether a package that requirements.txt names may bring a top-level module: a guess, in favour of the file."""
        bare = _bare(module)
        for name, _ in self.requirements:
            known = _MODULES.get(name)
            letters = _bare(name)
            if known == module or bare in letters or letters in bare:
                return True
            if letters.removeprefix("python") == bare or letters == "py" + bare:
                return True
        return False

    def fingerprint(self) -> str:
        """Changes with whatever a finding may depend on beside the file itself."""
        facts = (str(self.folder), sorted(self.modules), self.requirements, self.lazy_plugins, self.plugin_names)
        return hashlib.sha256(repr(facts).encode()).hexdigest()


def read(folder: Path) -> Project:
    """Never fails for what is missing or cannot be read: then nothing is known of it."""
    dags, plugins = folder / "dags", folder / "plugins"
    stems = tuple(sorted(path.stem for path in python_files(plugins)))
    modules = {_top(entry) for base in (dags, plugins, folder / "config") for entry in _entries(base)}
    return Project(
        folder,
        frozenset(modules | set(stems) | modules_in(dags)),
        tuple(sorted(_requirements(folder / "requirements.txt"))),
        _lazy(folder / "airflow-config.yaml"),
        stems,
    )


def nearest(path: Path) -> Path | None:
    """The folder at or above a path that has dags/ or requirements.txt."""
    for folder in (path, *path.parents):
        if (folder / "dags").is_dir() or (folder / "requirements.txt").is_file():
            return folder
    return None


def python_files(folder: Path) -> Iterator[Path]:
    return files_below(folder, ".py")


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _top(entry: Path) -> str:
    return entry.stem if entry.suffix in (".py", ".so", ".zip") else entry.name


def _requirements(path: Path, depth: int = 0) -> Iterator[tuple[str, str]]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        words = line.partition("#")[0].strip()
        included = re.match(r"(?:-r|--requirement)[\s=]+(\S+)", words)
        if included and depth < 5:
            yield from _requirements(path.parent / included[1].strip("\"'"), depth + 1)
        found = re.match(r"([A-Za-z0-9][\w.-]*)\s*(?:\[[^]]*\])?\s*(?:===?\s*([\w.!+*-]+)\s*(?:;.*)?$)?", words)
        if found and not words.startswith("-"):
            name = found[1][:-4] if found[1].endswith(".whl") else found[1]
            if found[1].endswith(".whl"):
                name = name.split("-")[0]
            yield re.sub(r"[-_.]+", "-", name).lower(), found[2] or ""


def _lazy(path: Path) -> bool:
    try:
        options = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return True
    value = options.get("core.lazy_load_plugins", True) if isinstance(options, dict) else True
    return str(value).lower() not in ("false", "f", "0")


def _bare(name: str) -> str:
    return re.sub(r"[-_.]", "", name).lower()

"""The folders and files of a project that are watched, and what a path is among them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

DECIDE_ALL = (
    "requirements.txt",
    "seed.yaml",
    "pytest.ini",
    "pyproject.toml",
    "setup.cfg",
    "tox.ini",
    "airflow-config.yaml",
)
"""Files of the project's folder that any test may depend on."""
_NOT_SAVED = ("~", ".swp", ".swx", ".swo", ".tmp", ".pyc", ".part", ".bak", ".orig")
_NOT_LOOKED_INTO = ("__pycache__", "node_modules")


@dataclass(frozen=True)
class Places:
    """`tests`: folders or files with the user's test modules; any of all these may be missing."""

    project: Path
    tests: tuple[Path, ...]

    @property
    def dags(self) -> Path:
        return self.project / "dags"

    @property
    def plugins(self) -> Path:
        return self.project / "plugins"

    @property
    def glue(self) -> Path:
        return self.project / "glue"

    def folders(self) -> list[Path]:
        """Those that exist and are watched with all that is in them."""
        tests = [place if place.is_dir() else place.parent for place in self.tests]
        return list(dict.fromkeys(place for place in (self.dags, self.plugins, self.glue, *tests) if place.is_dir()))

    def files(self) -> list[Path]:
        """Single files that are watched; they need not exist."""
        return [self.project / name for name in (*DECIDE_ALL, "conftest.py")] + [self.project / "stack" / "seed.yaml"]

    def is_of_interest(self, path: Path) -> bool:
        """Whether a path is a file that a person has saved: no editor's or Python's own."""
        name = path.name
        if name.startswith((".", "#")) or name.endswith(_NOT_SAVED) or name == "4913":  # vim tries whether it may write
            return False
        if path in self.files():
            return True
        for folder in self.folders():
            if path.is_relative_to(folder):
                inside = path.relative_to(folder).parts[:-1]
                return not any(part in _NOT_LOOKED_INTO or part.startswith(".") for part in inside)
        return False

    def in_code(self, path: Path) -> bool:
        """Whether it is below dags/ or plugins/."""
        return path.is_relative_to(self.dags) or path.is_relative_to(self.plugins)

    def in_tests(self, path: Path) -> bool:
        return any(path.is_relative_to(place) for place in self.tests)

    def test_modules(self) -> list[Path]:
        """By pytest's default names."""
        found: list[Path] = []
        for place in self.tests:
            found += (
                [place] if place.is_file() else sorted(each for each in place.rglob("*.py") if is_test_module(each))
            )
        return [path for path in dict.fromkeys(found) if not any(part.startswith(".") for part in path.parts[1:])]

    def job_of(self, path: Path) -> str:
        """The name that the Glue job of a file below glue/ has in AWS; "" for a file that belongs to none."""
        inside = path.relative_to(self.glue).parts
        if len(inside) < 2:  # a job's folder and a file
            return ""
        try:
            definition = yaml.safe_load((self.glue / inside[0] / "job.yaml").read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError):
            definition = None
        return str(definition.get("Name", inside[0])) if isinstance(definition, dict) else inside[0]


def is_test_module(path: Path) -> bool:
    return path.suffix == ".py" and (path.name.startswith("test_") or path.stem.endswith("_test"))

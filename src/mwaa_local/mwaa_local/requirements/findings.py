"""What is said of a requirements.txt."""

from __future__ import annotations

from dataclasses import dataclass

ERROR, WARNING, INFO = "error", "warning", "info"
SEVERITIES = (ERROR, WARNING, INFO)
GUIDE = "https://docs.aws.amazon.com/mwaa/latest/userguide/"
DEPENDENCIES = GUIDE + "working-dags-dependencies.html"
BEST_PRACTICES = GUIDE + "best-practices-dependencies.html"
PACKAGES = GUIDE + "connections-packages.html"
PIP_FILE = "https://pip.pypa.io/en/stable/reference/requirements-file-format/"
TAGS = "https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/"
CONSTRAINT = '--constraint "https://raw.githubusercontent.com/apache/airflow/constraints-2.2.2/constraints-3.7.txt"'


@dataclass(frozen=True)
class Finding:
    """`id` names the kind; `line` is that of the file, 0 for none; `fix` and `source` say what to do and where it is written."""

    id: str
    severity: str
    text: str
    line: int = 0
    fix: str = ""
    source: str = ""


def canonical(name: str) -> str:
    """PEP 503's way to write a project's name."""
    return "-".join(part for part in name.lower().replace("_", "-").replace(".", "-").split("-") if part)

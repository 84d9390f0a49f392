"""Configuration options that cannot be given: MWAA sets them itself, and puts its own value back.

Source: user guide, "Using a startup script", reserved variables; best-practices-tuning (worker_autoscale);
access-metrics-cw-202 (metrics). No complete public list exists, nor what the API answers; refusing at once is ours [?].
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

_FILE = Path(__file__).parents[3] / "stack" / "protected-options.yaml"
PROTECTED: dict[str, str] = {
    name: why for why, names in yaml.safe_load(_FILE.read_text(encoding="utf-8")).items() for name in names
}
"""Options that MWAA sets itself, and why; those of airflow-config.yaml as well."""
OPTION = re.compile(r"[a-z][a-z0-9_]*\.[a-z0-9_]+")


def problems(options: Mapping[str, str]) -> Iterator[str]:
    for name, value in options.items():
        if name in PROTECTED:
            yield f"{name} cannot be set: {PROTECTED[name]}"
        elif not OPTION.fullmatch(name):
            yield f"{name} is no option: it must be a section and an option, such as core.default_task_retries"
        elif name == "celery.worker_autoscale":
            numbers = [part.strip() for part in value.split(",")]
            if len(numbers) != 2 or numbers[0] != numbers[1] or not numbers[0].isdigit():
                yield f"celery.worker_autoscale must be two equal numbers, such as 5,5; found {value}"


def variable(option: str) -> str:
    """`foo.user` -> AIRFLOW__FOO__USER, as MWAA passes it on (user guide, configuring-env-variables)."""
    return f"AIRFLOW__{option.replace('.', '__', 1).upper()}"


def option(variable_name: str) -> str:
    """The way back."""
    section, _, name = variable_name.removeprefix("AIRFLOW__").partition("__")
    return f"{section}.{name}".lower()

"""Airflow configuration options as MWAA's console and its API take them: <project>/airflow-config.yaml.

    core.default_task_retries: 2          section.option: text, number or true/false

`make up` checks the file, and writes what is to be applied as environment variables (AIRFLOW__SECTION__OPTION) to
<state>/airflow-options.env, which stack/bin/environment reads last: the customer's options beat MWAA's own values, and those
that MWAA protects are refused before anything starts. docs/configuration-options.md has the facts and their sources.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from mwaa_local.checked_yaml import BadFile, where
from mwaa_local.settings import ROOT

NAME = "airflow-config.yaml"
KEY = re.compile(r"[a-z]+([a-z._]*[a-z]+)?")
"""The API's pattern for a key in the years of 2.2.2 (botocore 1.21.65, mwaa/2020-07-01): no digits."""
LONGEST_KEY, LONGEST_VALUE = 64, 256  # characters; the same model

PROTECTED: dict[str, str] = {
    option: why
    for why, names in yaml.safe_load((ROOT / "stack" / "protected-options.yaml").read_text()).items()
    for option in names
}
"""Options that are refused, and why."""
IGNORED = {
    "celery.worker_concurrency": "celery.worker_autoscale beats it; set that one",
    "core.dag_concurrency": "Airflow 2.2.2 calls it core.max_active_tasks_per_dag, for which MWAA has a value; set that one",
}
"""Options that are passed on and change nothing, as on MWAA."""


@dataclass(frozen=True)
class Options:
    """The options of one file: `{option: value as text}`, and a line for each that is applied in vain."""

    values: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "1 option" if len(self.values) == 1 else f"{len(self.values)} options"

    def as_environment(self) -> dict[str, str]:
        return {variable(option): value for option, value in self.values.items()}

    def render(self) -> str:
        """The file for stack/bin/environment, quoted for the shell."""
        lines = [f"{name}={shlex.quote(value)}\n" for name, value in self.as_environment().items()]
        return "".join(["# generated from airflow-config.yaml by make up and make restart\n", *lines])

    def write(self, state: Path) -> None:
        """Into the state folder, atomically, readable by whoever may read the secrets: values may be passwords."""
        path, allowed = applied_file(state), (state / "secrets.env").stat().st_mode & 0o777
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(self.render())
        fresh.chmod(allowed)
        fresh.replace(path)


def variable(option: str) -> str:
    """`foo.user` -> AIRFLOW__FOO__USER: any section is allowed."""
    return f"AIRFLOW__{option.replace('.', '__', 1).upper()}"


def applied_file(state: Path) -> Path:
    return state / "airflow-options.env"


def load(project: Path) -> Options:
    """The options of a project; none where there is no file. Raises BadFile: a line for each mistake."""
    path = project / NAME
    if not path.is_file():
        return Options()
    complaints: list[str] = []
    values: dict[str, str] = {}
    for key, node in _pairs(path, complaints):
        found = list(_problems(key, node, key in values))
        complaints += [where(path, node.start_mark.line + 1, key, problem) for problem in found]
        if not found:
            values[key] = _text(node)
    if complaints:
        raise BadFile(complaints)
    return Options(values, tuple(_warnings(values)))


def pending(project: Path, state: Path) -> str:
    """What the file says and the running stack has not: "" for nothing, else one line to show."""
    try:
        wanted = load(project).render()
    except BadFile as error:
        return f"{NAME} has mistakes and is not applied: {'; '.join(line.strip() for line in error.lines)}"
    try:
        applied = applied_file(state).read_text()
    except OSError:
        applied = Options().render()
    return "" if wanted == applied else f"{NAME} has changed, not applied yet: make restart"


def _pairs(path: Path, complaints: list[str]) -> Iterable[tuple[str, yaml.Node]]:
    """Keys and their nodes, as far as the file is a mapping of texts; what is wrong goes to `complaints`."""
    try:
        root = yaml.compose(path.read_bytes().decode(), yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        complaints.append(
            where(path, mark.line + 1 if mark else 1, "", f"no valid YAML: {error.problem or error.context}")
        )
        return
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        complaints.append(where(path, 1, "", f"no valid YAML: {' '.join(str(error).split())}"))
        return
    except OSError as error:
        complaints.append(where(path, 1, "", f"cannot be read: {error.strerror}"))
        return
    if root is None:
        return
    if not isinstance(root, yaml.MappingNode):
        complaints.append(where(path, root.start_mark.line + 1, "", "must be lines of the form section.option: value"))
        return
    for key, node in root.value:
        if isinstance(key, yaml.ScalarNode):
            yield key.value, node
        else:
            complaints.append(where(path, key.start_mark.line + 1, "", "a name must be text: section.option"))


def _problems(key: str, node: yaml.Node, given: bool) -> Iterable[str]:
    """The first thing that is wrong with an option, if any."""
    if given:
        yield "is given twice"
    elif key in PROTECTED:
        yield f"{variable(key)} cannot be set: {PROTECTED[key]}"
    elif len(key) > LONGEST_KEY:
        yield f"a name has at most {LONGEST_KEY} characters, this one {len(key)}"
    elif not KEY.fullmatch(key):
        yield f"MWAA's API takes only names that match ^{KEY.pattern}$: small letters, dots, underscores"
    elif key.count(".") != 1:
        yield "must be a section and an option with one dot between, such as core.default_task_retries"
    else:
        yield from _value_problems(key, node)


def _value_problems(key: str, node: yaml.Node) -> Iterable[str]:
    if not isinstance(node, yaml.ScalarNode):
        example = 'write JSON in single quotes: \'{"variables_prefix": "airflow/variables"}\''
        yield f"must be text, a number or true/false; {example}"
        return
    value = _text(node)
    if _tag(node) == "null" or not 1 <= len(value) <= LONGEST_VALUE:
        found = "nothing" if _tag(node) == "null" or not value else f"{len(value)} characters"
        yield f"a value has 1 to {LONGEST_VALUE} characters, found {found}"
    elif "\0" in value:
        yield "a value cannot hold a NUL character"
    elif key == "celery.worker_autoscale":
        numbers = re.fullmatch(r"\s*([1-9]\d*)\s*,\s*([1-9]\d*)\s*", value)
        if not numbers:
            yield f"must be two numbers, max,min, such as 5,5; found {value}"
        elif numbers[1] != numbers[2]:
            yield f"on MWAA the two numbers (max,min) must be equal, found {value}"


def _warnings(values: Mapping[str, str]) -> Iterable[str]:
    for key in values:
        if key in IGNORED:
            yield f"{key} is ignored: {IGNORED[key]}"
    try:
        readable = isinstance(json.loads(values.get("secrets.backend_kwargs", "{}")), dict)
    except ValueError:
        readable = False
    if not readable:
        yield "secrets.backend_kwargs is no JSON object: Airflow takes it for {} and says nothing"


def _text(node: yaml.Node) -> str:
    """A scalar as it is written; yes and no in all of YAML's spellings as Airflow writes them."""
    text = str(node.value)
    if _tag(node) == "bool":
        return "True" if text.lower() in ("true", "yes", "on") else "False"
    return text


def _tag(node: yaml.Node) -> str:
    return str(node.tag).rpartition(":")[2]

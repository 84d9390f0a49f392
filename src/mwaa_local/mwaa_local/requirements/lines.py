"""The file itself: its lines as pip reads them, and what is to be said of them before pip is asked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mwaa_local.requirements.findings import (
    BEST_PRACTICES,
    CONSTRAINT,
    DEPENDENCIES,
    ERROR,
    INFO,
    PACKAGES,
    PIP_FILE,
    WARNING,
    Finding,
    canonical,
)  # fmt: skip

HOME = "/usr/local/airflow"
SHARED = ("dags", "plugins")
"""Folders of the project that MWAA has, below HOME."""
AIRFLOW, PYTHON, WATCHTOWER = "2.2.2", "3.7", "2.0.1"
OFFICIAL = re.compile(r"constraints-([0-9][^/]*)/constraints-(?:[a-z-]+-)?([0-9.]+)\.txt")
_MADE_FOR = re.compile(r"\bapache-airflow==([0-9.]+[0-9a-z]*)")
_COMMENT = re.compile(r"(^|\s+)#.*$")
_OPTION = re.compile(r"(--?[a-zA-Z][a-z-]*)(?:\s*=\s*|\s+|(?<=^-[a-zA-Z])(?=\S)|$)(.*)$", re.S)
_LONG = {"-c": "--constraint", "-r": "--requirement", "-e": "--editable", "-i": "--index-url", "-f": "--find-links"}
_NAMED = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(\[[^]]*\])?\s*(.*)$", re.S)
_VERSION = re.compile(r"\(?\s*[<>=!~]")
_PIN = re.compile(r"\(?\s*===?\s*([^\s,*;)]+)\s*\)?$")
_VCS = re.compile(r"(git|hg|svn|bzr)\+")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.I)
_CREDENTIALS = re.compile(r"(://)([^/@\s\"']+)@")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_ARCHIVES = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz")


@dataclass(frozen=True)
class Line:
    """A logical line. `option` is its long name, "" for a requirement; `value` its value, or the requirement's URL or path;
    `name` a requirement's project, with its `extras` and `version` ("==1.0")."""

    number: int
    text: str
    option: str = ""
    value: str = ""
    name: str = ""
    extras: str = ""
    version: str = ""

    @property
    def pinned(self) -> str:
        """The one version that it allows, "" if it allows more."""
        found = _PIN.match(self.version)
        return found.group(1) if found else ""


def parse(text: str) -> list[Line]:
    """The lines that say something, joined where they end with a backslash."""
    found: list[Line] = []
    begun, pending = 0, ""
    for number, raw in enumerate([*text.splitlines(), ""], 1):
        begun = begun or number
        if raw.endswith("\\") and not raw.lstrip().startswith("#"):
            pending += raw[:-1]
            continue
        line = _COMMENT.sub("", pending + raw).strip()
        if line:
            found.append(_parsed(begun, line))
        begun, pending = 0, ""
    return found


def _parsed(number: int, text: str) -> Line:
    if text.startswith("-"):
        match = _OPTION.match(text)
        option, value = (match.group(1), match.group(2)) if match else (text, "")
        return Line(number, text, _LONG.get(option, option), value.strip().strip("\"'"))
    bare = re.split(r"\s+--[a-z]", text)[0].strip()  # --hash and the like
    match = _NAMED.match(re.split(r"\s*;\s*", bare)[0].strip())
    if match and not _URL.match(bare) and not _VCS.match(bare):
        name, extras, rest = match.groups()
        if rest.startswith("@"):
            return Line(number, text, value=rest[1:].strip(), name=name, extras=extras or "")
        if _VERSION.match(rest) or (not rest and not bare.endswith(_ARCHIVES)):
            return Line(number, text, name=name, extras=extras or "", version=rest)
    return Line(number, text, value=bare)


def masked(text: str) -> str:
    """The text without user names and passwords of URLs; variables say nothing and stay."""
    return _CREDENTIALS.sub(lambda m: m.group(0) if _only_variables(m.group(2)) else f"{m.group(1)}***@", text)


def _only_variables(user: str) -> bool:
    return all(not part or _VARIABLE.fullmatch(part) for part in user.split(":"))


def read(text: str, project: Path, constrained: Collection[str], variables: Mapping[str, str]) -> list[Finding]:
    """What is to be said of the file. `constrained` are the projects that its constraints name; `variables` those that pip
    would see."""
    lines = parse(text)
    found = [*_of_constraints(lines, project)]
    for line in lines:
        found += _of_option(line, project) if line.option else _of_requirement(line, project, constrained)
        for name in _VARIABLE.findall(line.text):
            if name not in variables:
                found.append(Finding(
                    "variable-not-set", WARNING, f"${{{name}}} is not set, and pip leaves it as it is", line.number,
                    "on MWAA it is an Airflow option: AIRFLOW__FOO__USER is foo.user, here in airflow-config.yaml",
                    BEST_PRACTICES,
                ))  # fmt: skip
    return found


def _of_constraints(lines: list[Line], project: Path) -> Iterator[Finding]:
    given = [line for line in lines if line.option == "--constraint"]
    if not given and any(not line.option for line in lines):
        yield Finding(
            "no-constraint", WARNING,
            "there is no constraint: pip may take any version, of MWAA's own packages too, and another one tomorrow", 0,
            f"add the line {CONSTRAINT}", DEPENDENCIES,
        )  # fmt: skip
    for line in given:
        match = OFFICIAL.search(line.value)
        if match and match.groups() != (AIRFLOW, PYTHON):
            yield Finding(
                "foreign-constraint", ERROR,
                f"the constraint is for Airflow {match.group(1)} and Python {match.group(2)}; MWAA has {AIRFLOW} and {PYTHON}",
                line.number, f"take {CONSTRAINT}", DEPENDENCIES,
            )  # fmt: skip
        elif not match and (version := _made_for(line.value, project)) not in ("", AIRFLOW):
            yield Finding(
                "foreign-constraint",
                ERROR,
                f"{line.value} was made for Airflow {version}; MWAA has {AIRFLOW}",
                line.number,
                f"take {CONSTRAINT}, or a copy of it",
                PACKAGES,
            )
        elif not match and _URL.match(line.value) and not line.value.startswith("file:"):
            yield Finding(
                "own-constraint", INFO, f"the constraint is not the official one: {masked(line.value)}", line.number,
                "a changed copy may lie in dags/: --constraint /usr/local/airflow/dags/constraints.txt", PACKAGES,
            )  # fmt: skip


def _made_for(path: str, project: Path) -> str:
    """The Airflow that a file of constraints names: the official ones do so in a comment at their head."""
    file = project / path[len(HOME) :].lstrip("/") if path.startswith(f"{HOME}/") else project / path
    try:
        found = _MADE_FOR.search(file.read_text(errors="replace"))
    except OSError:
        return ""
    return found.group(1) if found else ""


def _of_option(line: Line, project: Path) -> Iterator[Finding]:
    if line.option in ("--index-url", "--extra-index-url", "--find-links") and masked(line.text) != line.text:
        yield Finding(
            "credentials", WARNING, "a user name or a password stands in the file, readable in the bucket and in the logs",
            line.number, "take variables: https://${AIRFLOW__FOO__USER}:${AIRFLOW__FOO__PASS}@host/simple", BEST_PRACTICES,
        )  # fmt: skip
    if line.option in ("--constraint", "--requirement", "--find-links") and not _URL.match(line.value):
        yield from _of_path(line, line.value, project)
    elif line.value.startswith("file:"):
        yield from _of_path(line, re.sub(r"^file:(//(localhost)?(?=/))?", "", line.value), project)
    if line.option == "--editable":
        yield Finding(
            "editable", WARNING, "an editable requirement: pip needs its whole source tree, at every start of every container",
            line.number, "build a wheel and put it into plugins/ (make package WHEELS=1 does that)", BEST_PRACTICES,
        )  # fmt: skip
        yield from _of_place(line, line.value, project)


def _of_requirement(line: Line, project: Path, constrained: Collection[str]) -> Iterator[Finding]:
    key = canonical(line.name)
    if line.value:
        yield from _of_place(line, line.value, project)
    elif not line.pinned and key not in constrained:
        yield Finding(
            "unpinned", WARNING,
            f"{line.name} has no version: a worker that is added tomorrow may get another one than those of today",
            line.number, f"pin it: {line.name}==<version>", BEST_PRACTICES,
        )  # fmt: skip
    if key == "apache-airflow" and line.pinned != AIRFLOW:
        yield Finding(
            "airflow-itself", ERROR,
            f"{line.text}: MWAA runs Airflow {AIRFLOW}, and another one in the user site would lie over it", line.number,
            f"apache-airflow=={AIRFLOW}, or leave it out", DEPENDENCIES,
        )  # fmt: skip
    if key == "watchtower" and line.pinned != WATCHTOWER:
        yield Finding(
            "watchtower", WARNING, f"{line.text}: MWAA installs watchtower {WATCHTOWER} again after this file", line.number,
            "leave the line out", PACKAGES,
        )  # fmt: skip


def _of_place(line: Line, place: str, project: Path) -> Iterator[Finding]:
    """A requirement that names where it lies: a repository, a URL, a file."""
    if _VCS.match(place):
        yield Finding(
            "repository", WARNING, f"{masked(place)}: needs git in the container, and the network, at every start", line.number,
            "build a wheel and put it into plugins/ (make package WHEELS=1 does that)", BEST_PRACTICES,
        )  # fmt: skip
    elif _URL.match(place) and not place.startswith("file:"):
        yield Finding(
            "url", WARNING, f"{masked(place)}: a web server without internet access cannot fetch it", line.number,
            "put the wheel into plugins/ and name it there", BEST_PRACTICES,
        )  # fmt: skip
    else:
        yield from _of_path(line, re.sub(r"^file:(//(localhost)?(?=/))?", "", place), project)


def _of_path(line: Line, path: str, project: Path) -> Iterator[Finding]:
    path = path.partition("#")[0] or path
    path = re.sub(r"\[[^]]*\]$", "", path)
    below = path[len(HOME) :].strip("/").split("/") if path.startswith(f"{HOME}/") else []
    if below[:1] and below[0] in SHARED:
        here = project.joinpath(*below)
        packed = below[0] == "plugins" and (project / "plugins.zip").is_file()
        if not here.exists() and not packed:
            yield Finding(
                "missing-file", ERROR, f"{path} is not there: the project has no {'/'.join(below)}", line.number,
                "put it there, or correct the name", PIP_FILE,
            )  # fmt: skip
        return
    if path == f"{HOME}/requirements/requirements.txt" or "${" in path:
        return
    there = (project / path).exists()
    yield Finding(
        "local-path", ERROR, f"{path} {'exists here, not on MWAA' if there else 'is neither here nor on MWAA'}", line.number,
        f"MWAA has dags/ and plugins/ of the project: name {HOME}/plugins/... or {HOME}/dags/...", BEST_PRACTICES,
    )  # fmt: skip

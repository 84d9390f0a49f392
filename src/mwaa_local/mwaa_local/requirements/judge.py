"""pip's answer against MWAA's own packages: what would change in them, what cannot be had, and why."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from mwaa_local.requirements.findings import (
    BEST_PRACTICES,
    CONSTRAINT,
    DEPENDENCIES,
    ERROR,
    INFO,
    PACKAGES,
    TAGS,
    WARNING,
    Finding,
    canonical,
)  # fmt: skip
from mwaa_local.requirements.lines import masked

FROZEN = Path(__file__).parents[1] / "parity" / "packages.txt"
GLIBC = 26
SHOWN = 8  # names of what disappears, versions
PIN = "pin a version that has a wheel for cp37 and manylinux x86_64"
_OLD_MANYLINUX = ("manylinux1_x86_64", "manylinux2010_x86_64", "manylinux2014_x86_64", "linux_x86_64")
_SYSTEMS = (("macosx", "macOS"), ("win", "Windows"), ("musllinux", "Linux with musl"))
# What DAGs import most comes first.
_KINDS = (".operators", ".sensors", ".hooks", ".transfers", "")


def frozen() -> dict[str, str]:
    """MWAA's own packages: {canonical name: version}."""
    pins = (
        line.partition("==") for line in FROZEN.read_text().splitlines() if "==" in line and not line.startswith("#")
    )
    return {canonical(name): version for name, _, version in pins}


@dataclass(frozen=True)
class Change:
    """One of MWAA's own packages that would be another."""

    name: str
    old: str
    new: str
    asked_by: str
    gone_modules: Sequence[str] = ()
    gone_names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    imports: Sequence[Mapping[str, Any]] = ()

    @property
    def is_airflow(self) -> bool:
        return self.name.startswith("apache-airflow")

    def __str__(self) -> str:
        lost = self.disappears()
        return f"{self.name} {self.old} -> {self.new}{f': {lost}' if lost else ''}"

    def lost_imports(self, severity: str) -> Iterator[Finding]:
        """The lines of the project that would fail."""
        for use in self.imports:
            what = f"{use['module']}.{use['name']}" if use["name"] else use["module"]
            yield Finding(
                "import-disappears",
                severity,
                f"{use['file']}:{use['line']} uses {what}, which {self.name} {self.new} does not have",
                fix=f"stay with {self.name}=={self.old}, or change the file",
                source=PACKAGES,
            )

    def disappears(self, count: int = SHOWN) -> str:
        """The names that disappear, those first that the project uses; "" where nothing does that DAGs use."""
        used = list(dict.fromkeys(one["name"] or one["module"] for one in self.imports))
        others = [name for _, names in sorted(self.gone_names.items(), key=_by_kind) for name in names]
        names = list(dict.fromkeys([*used, *others]))
        if not names or not (self.is_airflow or used):
            return ""
        rest = len(names) - count
        said = f"{', '.join(names[:count])}{f' and {rest} more' if rest > 0 else ''}"
        return f"{said} {'disappears' if len(names) == 1 else 'disappear'}"


def _by_kind(item: tuple[str, Sequence[str]]) -> tuple[bool, int, str]:
    """Glue, then operators, sensors, hooks: what this replica is for, and what DAGs name."""
    module = item[0]
    return ".glue" not in module, next(i for i, kind in enumerate(_KINDS) if kind in module), module


class Judgement:
    """What a report of mwaa_airflow.check.resolve means; `official` are the versions of the official constraints, where pip had
    them: five of MWAA's packages have another one."""

    def __init__(self, report: Mapping[str, Any], official: Mapping[str, str] | None = None) -> None:
        self.report, self.official = report, official or {}
        self.own = frozen()

    @property
    def install(self) -> list[dict[str, Any]]:
        """What would be installed; watchtower, which MWAA puts back, is not."""
        found = [one for one in self.report["install"] if canonical(one["name"]) != "watchtower"]
        return sorted(found, key=lambda one: canonical(one["name"]))

    @property
    def failed(self) -> bool:
        return bool(self.report["error"])

    @cached_property
    def changes(self) -> list[Change]:
        return self._changes(self.install)

    @cached_property
    def refused(self) -> list[Change]:
        """What a conflict forbids: it would be a change without the constraint, or whatever is in its way."""
        return self._changes(self.report["refused"])

    def _changes(self, packages: Sequence[Mapping[str, Any]]) -> list[Change]:
        found = []
        for one in packages:
            key = canonical(one["name"])
            if key not in self.own:
                continue
            old = self.report["installed"].get(key, {}).get("version") or self.own[key]
            if old != one["version"]:
                change = Change(
                    key,
                    old,
                    one["version"],
                    one["asked_by"],
                    one.get("gone_modules", ()),
                    one.get("gone_names", {}),
                    one.get("broken_imports", ()),
                )
                found.append(change)
        return sorted(found, key=lambda change: (not change.is_airflow, change.name))

    def is_official(self, change: Change) -> bool:
        """Whether it is the official constraints that change it, and nothing that the project uses is lost by it."""
        return self.official.get(change.name) == change.new and not change.imports

    def findings(self, constrained: Collection[str] = ()) -> list[Finding]:
        """`constrained` are the projects that the file's constraints name."""
        found = [*self._of_failure()] if self.failed else []
        found += [*self._of_changes(), *self._of_installed(), *self._of_places(), *self._of_others(constrained)]
        return found

    def _of_changes(self) -> Iterator[Finding]:
        for change in self.changes:
            if self.is_official(change):
                yield Finding(
                    "official-version",
                    WARNING,
                    f"{change}, as the official constraints have it; MWAA's own list has it otherwise",
                    fix="nothing, if your DAGs do not mind: so it is on every MWAA 2.2.2 with this constraint",
                    source=DEPENDENCIES,
                )
            else:
                yield Finding(
                    "own-package-changed",
                    ERROR,
                    str(change),
                    fix=f"{change.name}=={change.old}, or the constraint; the other is asked for by {_asked_by(change.asked_by)}",
                    source=DEPENDENCIES,
                )
            yield from change.lost_imports(ERROR)
        for change in self.refused:
            yield Finding(
                "would-change",
                WARNING,
                f"where nothing forbade it: {change}",
                fix=f"stay with {change.name}=={change.old}",
                source=PACKAGES,
            )
            yield from change.lost_imports(WARNING)
        for said in self.report["broken"]:
            yield Finding(
                "requirement-broken", WARNING, said, fix="pin versions that fit together", source=BEST_PRACTICES
            )

    def _of_installed(self) -> Iterator[Finding]:
        for one in self.install:
            if one["kind"] == "source" and one["from_index"]:
                _, why = explained(one["name"], one["files"])
                yield Finding(
                    "no-wheel", WARNING,
                    f"{one['name']} {one['version']} would be built from source in every container: {why}",
                    fix=f"{PIN}, or make package WHEELS=1, which builds it once; what needs headers or a compiler may fail "
                    "on MWAA",
                    source=BEST_PRACTICES,
                )  # fmt: skip
            if one["yanked"]:
                yield Finding(
                    "yanked", WARNING, f"{one['name']} {one['version']} was withdrawn by its authors: {one['yanked']}",
                    fix="take another version", source=BEST_PRACTICES,
                )  # fmt: skip

    def _of_others(self, constrained: Collection[str]) -> Iterator[Finding]:
        names = _open(self.install, constrained)
        if names:
            yield Finding(
                "dependencies-open",
                INFO,
                f"no constraint pins what others ask for: {', '.join(names)}; tomorrow it may be another version",
                fix="pin them, or make package WHEELS=1, which keeps what was chosen",
                source=BEST_PRACTICES,
            )

    def _of_failure(self) -> Iterator[Finding]:
        unreachable = self.report["unreachable"]
        told = False
        if unreachable:
            url, why = unreachable[0]
            yield Finding(
                "index-unreachable", ERROR, f"{masked(url)} cannot be reached: {_short(masked(why))}",
                fix="check the network, the proxy, and --index-url", source=BEST_PRACTICES,
            )  # fmt: skip
            told = True
        conflict = _conflict(self.report["words"])
        if conflict:
            yield Finding(
                "conflict",
                ERROR,
                conflict,
                fix="drop one of the two; with the constraint, what it names stays as it is",
                source=BEST_PRACTICES,
            )
            told = True
        for cause in self.report["causes"]:
            id, why = _cause(cause)
            # of what a conflict, or an index out of reach, has kept pip from looking for, nothing is known
            if id and not (id.startswith("no-such") and told):
                told = True
                by = f" (for {cause['by']})" if cause["by"] else ""
                fix = "correct the name or the version" if id.startswith("no-such") else PIN
                yield Finding(id, ERROR, f"{cause['name']}{cause['wanted']}{by}: {why}", fix=fix, source=TAGS)
        for cause in () if told else self.report["causes"]:
            why = _fails(cause, self.report["words"])
            if why:
                told = True
                _, wheels = explained(cause["name"], cause["files"])
                yield Finding(
                    "source-fails",
                    ERROR,
                    f"{cause['name']}{cause['wanted']}: its source could not be asked what it requires: {why}; and {wheels}",
                    fix=f"{PIN}; a program that is missing here may be there on MWAA, or come by the startup script",
                    source=BEST_PRACTICES,
                )
        if not told:
            yield Finding("pip-failed", ERROR, masked(self.report["error"]), source=BEST_PRACTICES)

    def _of_places(self) -> Iterator[Finding]:
        if self.report["unreachable"] and not self.failed:
            url, why = self.report["unreachable"][0]
            yield Finding(
                "index-unreachable", WARNING, f"{masked(url)} cannot be reached, and pip went on without: {_short(masked(why))}",
                fix="check the network, the proxy, and --extra-index-url", source=BEST_PRACTICES,
            )  # fmt: skip
        if self.report.get("no_official"):
            yield Finding(
                "constraints-not-fetched", INFO,
                "the official constraints could not be fetched; MWAA's own list stands in for them, which names "
                f"{len(self.own)} packages and leaves all others open",
                fix=f"run it again with a network; once is enough ({CONSTRAINT.split()[1].split('/')[2]})", source=DEPENDENCIES,
            )  # fmt: skip


def _open(packages: Sequence[Mapping[str, Any]], constrained: Collection[str]) -> list[str]:
    """Those that other packages ask for, and nothing pins."""
    of_others = [one for one in packages if not one["asked_by"].startswith("-r ")]
    return [one["name"] for one in of_others if canonical(one["name"]) not in constrained]


def _asked_by(text: str) -> str:
    return "this file" + text[text.index(" (") :] if text.startswith("-r ") and " (" in text else text or "this file"


def _short(text: str) -> str:
    """The last, telling part of a chain of exceptions."""
    found = re.search(
        r"(Failed to establish a new connection: .*|Name or service not known|timed out|HTTP \d+.*)", text
    )
    return (found.group(1) if found else text).rstrip("')\"")[:200]


def _conflict(words: Sequence[str]) -> str:
    """pip's words on a conflict, without its advice; "" where there is none."""
    begun = [i for i, line in enumerate(words) if line.startswith("ERROR: Cannot install ")]
    causes = [i for i, line in enumerate(words) if line.startswith("The conflict is caused by:")]
    if not begun:
        return ""
    said = [words[begun[-1]].partition("ERROR: ")[2]]
    for line in words[causes[-1] + 1 :] if causes else ():
        if not line.startswith("    "):
            break
        said.append(line.strip())
    return "\n".join(masked(line) for line in said)


def _cause(cause: Mapping[str, Any]) -> tuple[str, str]:
    """(kind, why) of one thing that pip could not satisfy; ("", "") where there is a file that would do: a conflict."""
    if cause["python"]:
        return "python-too-new", f"it needs Python {cause['python']}; MWAA has 3.7"
    files = cause["files"]
    if any(one["usable"] for one in files):
        return "", ""
    if files:
        return explained(cause["name"], files)
    others = [version for version in cause["others"] if re.fullmatch(r"[0-9.]+(\.post\d+)?", version)]
    if not others:
        return "no-such-package", "no index has a file of it that MWAA could use"
    known = sorted(others, key=_version)[-SHOWN:]
    return "no-such-version", f"there is no such version for Python 3.7; the last ones are {', '.join(known)}"


def _fails(cause: Mapping[str, Any], words: Sequence[str]) -> str:
    """The last error of a source distribution that pip has given up on, "" where it has not."""
    for one in cause["files"]:
        given_up = [i for i, line in enumerate(words) if "Discarding " in line and f"/{one['file']}" in line]
        if given_up:
            said = [line.strip() for line in words[: given_up[-1]] if re.match(r"\s*(error: |\w*Error: )", line)]
            return masked(said[-1]) if said else "it does not say why"
    return ""


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))


def explained(name: str, files: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """(kind, why) MWAA cannot use the wheels among the files of one version, or has none."""
    wheels = [one for one in files if one["wheel"]]
    needed = sorted({one["python"] for one in files if not one["python_fits"]})
    if needed and not any(one["usable"] for one in files):
        return "python-too-new", f"it needs Python {', '.join(needed)}; MWAA has 3.7"
    if not wheels:
        return "no-wheel", "there is no wheel of it at all"
    reasons = {reason for one in wheels for reason in _unfit(one)}
    for kind, id in (
        ("machine", "wrong-architecture"),
        ("glibc", "wrong-architecture"),
        ("system", "wrong-architecture"),
    ):
        of_kind = sorted({what for which, what in reasons if which == kind})
        if of_kind:
            return (
                id,
                f"its wheels for Python 3.7 are for {', '.join(of_kind)}; MWAA is Linux x86_64 with glibc 2.{GLIBC}",
            )
    pythons = sorted({what for which, what in reasons if which == "python"}, key=_version)
    return (
        "no-wheel",
        f"its wheels are for Python {', '.join(pythons)}; MWAA has 3.7" if pythons else "no wheel of it fits",
    )


def _unfit(wheel: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Why each of its tags does not fit: ("python" | "machine" | "glibc" | "system", what it is for). Where the Python does not
    fit, nothing else matters."""
    for tag in wheel["tags"]:
        python, abi, platform = (*tag.split("-", 2), "", "")[:3]
        if not _python_fits(python, abi):
            yield "python", re.sub(r"^(?:cp|py|pp)(\d)(\d*)$", lambda m: f"{m[1]}.{m[2]}".rstrip("."), python)
        elif platform != "any" and platform not in _OLD_MANYLINUX:
            match = re.fullmatch(r"(?:manylinux_2_(\d+)|manylinux\d+|linux)_(.+)", platform)
            if match and match.group(2) != "x86_64":
                yield "machine", match.group(2)
            elif match and match.group(1) and int(match.group(1)) > GLIBC:
                yield "glibc", f"glibc 2.{match.group(1)}"
            elif not match:
                yield "system", next((said for start, said in _SYSTEMS if platform.startswith(start)), platform)


def _python_fits(python: str, abi: str) -> bool:
    if python.startswith("py"):
        return re.fullmatch(r"py3[0-7]?", python) is not None
    match = re.fullmatch(r"cp3(\d+)", python)
    if not match:
        return False
    return int(match.group(1)) == 7 or (abi == "abi3" and int(match.group(1)) <= 7)

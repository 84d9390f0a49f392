"""`make package`: plugins.zip, and with WHEELS=1 a set with which MWAA installs requirements.txt without any index.

    plugins.zip        the project's plugins; with the wheels: these and constraints.txt beside them, where MWAA extracts it flat
    requirements.txt   --no-index, --find-links /usr/local/airflow/plugins, and the lines of the project's file
    wheels.txt         SHA-256 of each wheel
    SHA256SUMS         of these files; what is listed there is ours, and may be replaced

Wheels are those that pip 21.3.1 would install over MWAA's own packages; what has none for MWAA is built by it, in Airflow's
interpreter. The set is then resolved again with nothing but itself, before it is given out.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mwaa_local import plugins_zip
from mwaa_local.console import err, out
from mwaa_local.errors import LocalError
from mwaa_local.requirements import ask, judge, lines, report
from mwaa_local.requirements.findings import ERROR, canonical
from mwaa_local.settings import Settings

LARGEST = 1024**3
"""Bytes, packed and extracted: the guide says to keep plugins below 1 GB."""
SUMS, WHEELS, CONSTRAINTS = "SHA256SUMS", "wheels.txt", "constraints.txt"
_GLIBC = re.compile(rb"GLIBC_2\.(\d+)\b")
_ON_LINE = re.compile(r"-r requirements\.txt \(line (\d+)\)$")


class _Refused(LocalError):
    """What is not packed, and why."""


def run(settings: Settings, folder: str, wheels: bool) -> int:
    """Writes the package into `folder` ("": dist/ of the project); returns 0. Raises LocalError, and leaves it as it was."""
    place = Path(folder).expanduser().resolve() if folder else settings.mwaa_project / "dist"
    _require_ours(place)
    with tempfile.TemporaryDirectory(prefix="mwaa-local-") as work:
        new = Path(work, "new")
        new.mkdir()
        if wheels:
            packages = _pack_with_wheels(settings, Path(work), new)
            _require_small(new / "plugins.zip")
            _try_alone(settings, Path(work), new, packages)
        else:
            _pack(settings, new / "plugins.zip", {})
            _require_small(new / "plugins.zip")
        _deliver(new, place, ignored=not folder)
    for line in (place / SUMS).read_text().splitlines():
        digest, _, name = line.partition("  ")
        out.print(f"{place / name}: {(place / name).stat().st_size} bytes, sha256 {digest}", markup=False)
    return 0


def _pack(settings: Settings, target: Path, more: Mapping[str, Path]) -> None:
    """plugins.zip of the project, or its plugins/ packed, and `more` beside them: {path in the zip: file}."""
    archive, folder = settings.mwaa_project / "plugins.zip", settings.mwaa_project / "plugins"
    with err.status("Packing plugins.zip ..."):
        if archive.is_file():
            shutil.copyfile(archive, target)
        else:
            target.write_bytes(plugins_zip.packed(folder))
        with zipfile.ZipFile(target) as opened:
            there = {name: opened.read(name) for name in more.keys() & set(opened.namelist())}
        for name, content in there.items():
            # a wheel that lies in plugins/ already, as the guide has it, is the same or a mistake
            if content != more[name].read_bytes():
                raise _Refused(f"plugins has another {name} than the one that is to be packed.", "move it away")
        added = sorted((name, file) for name, file in more.items() if name not in there)
        if added:
            with open(target, "r+b") as file:
                plugins_zip.write(file, added, "a")


def _pack_with_wheels(settings: Settings, work: Path, new: Path) -> list[dict[str, Any]]:
    """Returns what is in the set."""
    file = settings.mwaa_project / "requirements.txt"
    if not file.is_file():
        raise _Refused(f"There is no {file}, and so there are no wheels.", "make package")
    asked = work / "asked"
    asked.mkdir()
    judgement, findings = report.check(settings, asked, "--build", str(ask.tools(settings)))
    if judgement is None or judgement.failed:
        report.show(settings, judgement, report.in_order(findings))
        raise _Refused("requirements.txt does not resolve, so there is nothing to pack.", "make check-requirements")
    for one in report.in_order(findings):
        # what is in the set need not be on MWAA by another way
        if one.severity == ERROR and one.id not in ("local-path", "missing-file"):
            err.print(f"{one.id}: {one.text}", markup=False)
    packages: list[dict[str, Any]] = judgement.report["install"]
    paths = [Path(one.get("path", "")) for one in packages]
    _require_usable(paths, judgement.report["platform"])
    more = {path.name: path for path in paths}
    more[CONSTRAINTS] = work / CONSTRAINTS
    more[CONSTRAINTS].write_text(constraints(packages))
    _pack(settings, new / "plugins.zip", more)
    (new / "requirements.txt").write_text(offline(file.read_text(), packages))
    (new / WHEELS).write_text("".join(f"{_sha256(path)}  {path.name}\n" for path in sorted(paths)))
    return packages


def constraints(packages: Sequence[Mapping[str, Any]]) -> str:
    """MWAA's own versions, but for those that the set brings."""
    pins = judge.frozen() | {canonical(one["name"]): one["version"] for one in packages}
    head = "# MWAA 2.2.2's own packages, and those of this set\n"
    return head + "".join(f"{name}=={version}\n" for name, version in sorted(pins.items()))


def offline(text: str, packages: Sequence[Mapping[str, Any]]) -> str:
    """The file that MWAA gets: its requirements, where they are to be looked for, and nowhere else."""
    plugins = f"{lines.HOME}/plugins"
    wanted = [
        "# Made by make package WHEELS=1: everything that it needs is in plugins.zip.",
        "--no-index",
        f"--find-links {plugins}",
        f"--constraint {plugins}/{CONSTRAINTS}",
    ]
    return "\n".join([*wanted, *_requirements(text, packages)]) + "\n"


def _requirements(text: str, packages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The lines of the file; what names a place is named by its version instead, and what other files ask for, too."""
    by_line = {}
    for one in packages:
        match = _ON_LINE.search(one["asked_by"])
        if match:
            by_line[int(match.group(1))] = one
    for line in lines.parse(text):
        if not line.option and not line.value:
            yield re.split(r"\s+--[a-z]", line.text)[0]
        elif line.number in by_line and (line.value or line.option == "--editable"):
            yield f"{by_line[line.number]['name']}{line.extras}=={by_line[line.number]['version']}"
    for one in packages:
        if one["asked_by"].startswith("-r ") and not _ON_LINE.search(one["asked_by"]):
            yield f"{one['name']}=={one['version']}"


def _require_usable(paths: Sequence[Path], platform: str) -> None:
    """Raises _Refused for what is no wheel, and for compiled code that MWAA cannot load."""
    for path in paths:
        if path.suffix != ".whl":
            raise _Refused(f"{path.name or 'A package'} could not be made a wheel.", "make check-requirements")
        if path.stem.endswith(("-linux_x86_64", "-any")) or "manylinux" in path.stem:
            needed = _needed_glibc(path) if path.stem.endswith("-linux_x86_64") else 0
            if needed <= judge.GLIBC:
                continue
            what = f"was compiled here and needs glibc 2.{needed}"
        else:
            what = f"was compiled on {platform}"
        raise _Refused(
            f"{path.name} {what}; MWAA has Linux x86_64 with glibc 2.{judge.GLIBC}.",
            "pin a version that has a wheel for cp37 and manylinux x86_64, or build it on Amazon Linux 2, into plugins/",
        )


def _needed_glibc(wheel: Path) -> int:
    """The newest glibc 2.x whose symbols its compiled modules name."""
    with zipfile.ZipFile(wheel) as archive:
        libraries = [name for name in archive.namelist() if ".so" in name]
        return max((int(minor) for name in libraries for minor in _GLIBC.findall(archive.read(name))), default=0)


def _require_small(archive: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        extracted = sum(entry.file_size for entry in opened.infolist())
    size = max(extracted, archive.stat().st_size)
    if size > LARGEST:
        raise _Refused(
            f"plugins.zip would have {size / LARGEST:.2f} GB; MWAA asks for less than 1 GB.",
            "leave large packages to requirements.txt, or large files to S3",
        )


def _try_alone(settings: Settings, work: Path, new: Path, packages: Sequence[Mapping[str, Any]]) -> None:
    """Resolves the set with nothing but itself. Raises _Refused where that gives anything else."""
    project, tried = work / "project", work / "tried"
    (project / "dags").mkdir(parents=True)
    tried.mkdir()
    for name in ("plugins.zip", "requirements.txt"):
        shutil.copyfile(new / name, project / name)
    answer = ask.ask(settings, tried, alone=project)
    if answer["error"]:
        raise _Refused(f"The set does not resolve by itself: {answer['error']}", "make check-requirements")
    count = len((new / WHEELS).read_text().splitlines())
    again = {(canonical(one["name"]), one["version"]) for one in answer["install"]}
    if again != {(canonical(one["name"]), one["version"]) for one in packages}:
        found = ", ".join(sorted(f"{name} {version}" for name, version in again)) or "nothing"
        raise _Refused(f"By itself the set installs something else than with an index: {found}.", "pin what differs")
    out.print(f"{count} wheel{'' if count == 1 else 's'}: pip finds all that it needs in the set, without an index.")


def _require_ours(place: Path) -> None:
    """Raises _Refused where a file would be replaced that `make package` has not made."""
    made = _listed(place)
    for name in ("plugins.zip", "requirements.txt", WHEELS):
        there = place / name
        if there.exists() and not (there.is_file() and (name, _sha256(there)) in made):
            raise _Refused(
                f"{there} is not what make package has made, and would be replaced.",
                "move it away, or give another folder: make package OUT=folder",
            )
    if (place / SUMS).exists() and not made:
        raise _Refused(f"{place / SUMS} is not what make package has made.", "move it away")


def _listed(place: Path) -> set[tuple[str, str]]:
    """(file, SHA-256) of what `make package` has put there."""
    try:
        pairs = [line.split("  ", 1) for line in (place / SUMS).read_text().splitlines()]
    except (OSError, UnicodeDecodeError):
        return set()
    return {(pair[1], pair[0]) for pair in pairs if len(pair) == 2}


def _deliver(new: Path, place: Path, ignored: bool) -> None:
    """Puts the files into their folder, each whole. The list has old and new ones meanwhile: an interruption leaves nothing that
    would count as foreign."""
    place.mkdir(parents=True, exist_ok=True)
    if ignored and not (place / ".gitignore").exists():
        (place / ".gitignore").write_text("*\n")
    before, files = _listed(place), sorted(new.iterdir())
    after = {(file.name, _sha256(file)) for file in files}
    _write_list(place, before | after)
    for file in files:
        _put(file, place)
    for name in ("requirements.txt", WHEELS):
        if not (new / name).exists():
            (place / name).unlink(missing_ok=True)
    _write_list(place, after)


def _write_list(place: Path, made: set[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as work:
        fresh = Path(work, SUMS)
        fresh.write_text("".join(f"{digest}  {name}\n" for name, digest in sorted(made)))
        _put(fresh, place)


def _put(file: Path, place: Path) -> None:
    fresh = place / f".{file.name}.{os.getpid()}"
    try:
        shutil.copyfile(file, fresh)
        fresh.replace(place / file.name)
    finally:
        fresh.unlink(missing_ok=True)


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with open(file, "rb") as opened:
        for chunk in iter(lambda: opened.read(plugins_zip.CHUNK), b""):
            digest.update(chunk)
    return digest.hexdigest()

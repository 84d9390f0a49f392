"""Environments above or beside those that AWS preinstalls, each made once and kept below `<kept>/modules`:

    none-<key>     library-set none: the same interpreter without the analytics packages
    pip-<key>      modules that a job installs, in front of the environment that it has else

The key is the hash of all that goes into it, so that the second run with the same wishes finds it there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from dataclasses import dataclass, replace
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import install_modules
from .interpreters import Interpreter

if TYPE_CHECKING:
    from ..runs import Run
    from ..settings import Settings

# What is there with library-set none: the AWS client with what it rests on, pip, and our own redirection.
BASELINE = (
    *("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"),
    *("pip", "setuptools", "aws-local"),
)
FAILED = "modules-failed"


@dataclass(frozen=True)
class Wishes:
    """What pip shall install. `words` may name files; `content` says the same by hashes of their contents. `pinned`: it
    will be the same whenever it is asked for."""

    words: tuple[str, ...] = ()
    content: tuple[str, ...] = ()
    pinned: bool = True

    def __add__(self, other: Wishes) -> Wishes:
        return Wishes(self.words + other.words, self.content + other.content, self.pinned and other.pinned)


def without_analytics(interpreter: Interpreter, settings: Settings) -> Interpreter:
    """`interpreter` as it is with library-set none. Raises OSError."""
    layer = settings.kept / "modules" / f"none-{_hash(_made_of(interpreter), BASELINE)}"
    if not (layer / install_modules.STAMP).is_file():
        layer.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".none-", dir=layer.parent))
        try:
            site = install_modules.skeleton(str(made), os.path.realpath(interpreter.path), interpreter.version)
            _link_baseline(interpreter.packages, Path(site))
            install_modules.write_stamp(str(made), "", {})
            with contextlib.suppress(OSError):  # another run was quicker
                made.rename(layer)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    os.utime(layer / install_modules.STAMP)
    return replace(interpreter, path=str(layer / "bin" / "python"))


def with_modules(
    run: Run, interpreter: Interpreter, wishes: Wishes, settings: Settings
) -> tuple[list[str], dict[str, str]]:
    """The words that start a Python which has `wishes` installed, and the variables it needs.

    If they are not installed yet, the words install them first: in the run's own process."""
    index = {"PIP_RETRIES": "1", "PIP_CACHE_DIR": str(settings.kept / "modules" / "pip-cache")}
    index |= {name: value for name, value in (*settings.index, *settings.network)}
    # the index may have something newer tomorrow
    day = "" if wishes.pinned else time.strftime("%Y-%m-%d", time.gmtime())
    key = _hash(_made_of(interpreter), wishes.content, settings.index, day)
    layer = settings.kept / "modules" / f"pip-{key}"
    python = str(layer / "bin" / "python")
    stamp = install_modules.read_stamp(str(layer))
    if stamp and stamp["endpoint"] == settings.endpoint:
        os.utime(layer / install_modules.STAMP)
        return [python], stamp["environment"]
    order = {
        "layer": str(layer),
        "python": os.path.realpath(interpreter.path),
        "version": interpreter.version,
        "packages": str(interpreter.packages),
        "pip": list(wishes.words),
        "index": index,
        "endpoint": settings.endpoint,
        "failed": str(run.folder / FAILED),
    }
    ordered = run.folder / "modules.json"
    with os.fdopen(
        os.open(ordered, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w"
    ) as file:  # an index may have a password
        json.dump(order, file)
    return [interpreter.path, "-I", install_modules.__file__, str(ordered), python], {}


def _made_of(interpreter: Interpreter) -> list[str]:
    """What tells one state of an environment from another: it is made anew when its lock changes."""
    made_from = interpreter.folder / ".made-from"
    text = made_from.read_text() if made_from.is_file() else ""
    return [interpreter.path, os.path.realpath(interpreter.path), text]


def _hash(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _link_baseline(packages: Path, site: Path) -> None:
    for found in distributions(path=[str(packages)]):
        if found.metadata["Name"].lower().replace("_", "-") in BASELINE:
            for name in {file.parts[0] for file in found.files or []} - {"..", "__pycache__"}:
                _link(packages / name, site / name)
    for start_up in packages.glob("*.pth"):
        _link(start_up, site / start_up.name)


def _link(existing: Path, link: Path) -> None:
    if existing.exists() and not link.exists():
        link.symlink_to(existing)

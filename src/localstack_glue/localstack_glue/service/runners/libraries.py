"""What a job brings along: --extra-py-files, --additional-python-modules, library-set.

Source: AWS Glue guide, "Providing your own Python library" and "Using job parameters". Files go on the module path in
the order in which they are named. Wheels are installed by pip, as AWS does it, with what they require.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from . import CannotStart, Fetch
from .layers import Wishes

if TYPE_CHECKING:
    from ..runs import Run

EXTRA_FILES = "--extra-py-files"
MODULES = "--additional-python-modules"
INSTALLER_OPTIONS = "--python-modules-installer-option"
# The guide writes it without dashes; arguments usually have them.
LIBRARY_SET = ("--library-set", "library-set")
_ENDINGS, _ENDINGS_39 = (".py", ".zip", ".egg", ".whl"), (".py", ".zip", ".whl")
_LONGEST_NAME = 200  # bytes: a key of S3 may be longer than a file's name


def library_set(arguments: Mapping[str, str], version: str) -> str:
    """`analytics` or `none`. Python 3.6 has but one set. Raises CannotStart."""
    if version != "3.9":
        return "analytics"
    chosen = next((arguments[name] for name in LIBRARY_SET if arguments.get(name)), "analytics")
    if chosen not in ("analytics", "none"):
        raise CannotStart(f"library-set is {chosen}; wanted: analytics or none. Nothing was run.")
    return chosen


def extra_files(run: Run, version: str, fetch: Fetch) -> tuple[list[str], Wishes]:
    """--extra-py-files: what goes on the module path, and the wheels that are to be installed. Raises CannotStart."""
    path, wheels = [], Wishes()
    for number, uri in enumerate(listed(run.local["Arguments"].get(EXTRA_FILES, ""))):
        name = file_name(uri)
        if not name.endswith(_endings(version)):
            raise CannotStart(_not_a_library(uri, version))
        file = fetched(run, f"libraries/{number}", uri, fetch)
        if name.endswith(".whl"):
            wheels += _of_file(file)
        else:
            path.append(str(file.parent if name.endswith(".py") else file))
    return path, wheels


def additional_modules(run: Run, version: str, fetch: Fetch) -> Wishes:
    """--additional-python-modules and --python-modules-installer-option. Raises CannotStart."""
    arguments = run.local["Arguments"]
    wishes = Wishes()
    for number, entry in enumerate(listed(arguments.get(MODULES, ""))):
        if version == "3.6":
            raise CannotStart(
                f"{MODULES} ({arguments[MODULES]}) needs Python 3.9, and this job has PythonVersion 3, which is Python "
                f'{version}. Nothing was run. Set PythonVersion to "3.9", or give a wheel by {EXTRA_FILES}.'
            )
        if re.match(r"s3[an]?://", entry):
            wishes += _of_file(fetched(run, f"modules/{number}", entry, fetch))
        else:
            wishes += _of_words(entry, MODULES)
    if wishes.words and (options := arguments.get(INSTALLER_OPTIONS)):
        wishes = _of_words(options, INSTALLER_OPTIONS, pinned=True) + wishes
    return wishes


def file_name(uri: str) -> str:
    """The name that the file of `s3://bucket/key` gets on disk: the key's last part, as far as a file can have it."""
    name = PurePosixPath(uri).name.replace("\0", "")
    if name in ("", ".", ".."):
        return "script.py"
    return name.encode("utf-8", "replace")[-_LONGEST_NAME:].decode("utf-8", "ignore")


def listed(text: str) -> list[str]:
    """The items of a list with commas; those within brackets (`module[extra,extra]`) belong to an item."""
    return [item.strip() for item in re.split(r",(?![^\[]*\])", text) if item.strip()]


def fetched(run: Run, folder: str, uri: str, fetch: Fetch) -> Path:
    """The file at `uri`, in a folder of the run. Raises CannotStart."""
    place = run.folder / folder
    place.mkdir(parents=True, exist_ok=True)
    file = place / file_name(uri)
    file.write_bytes(fetch(run.local["Account"], run.local["Region"], uri))
    return file


def _of_file(file: Path) -> Wishes:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return Wishes((str(file),), (f"{file.name} {digest}",))


def _of_words(text: str, argument: str, pinned: bool = False) -> Wishes:
    """A requirement, or options of pip, which AWS allows behind a requirement too: `boto3>=1.34 --upgrade`."""
    try:
        words = tuple(shlex.split(text))
    except ValueError as problem:
        raise CannotStart(f"{argument} has {text!r}, which cannot be read: {problem}. Nothing was run.") from None
    return Wishes(words, words, pinned or bool(re.fullmatch(r"[\w.\-\[\],]+==[\w.+!\-]+", text)))


def _endings(version: str) -> tuple[str, ...]:
    return _ENDINGS_39 if version == "3.9" else _ENDINGS


def _not_a_library(uri: str, version: str) -> str:
    why = ""
    if uri.endswith(".egg"):
        why = " Python 3.9 takes no .egg files, on AWS neither: make it a wheel."
    return f"{EXTRA_FILES} names {uri}; wanted: files ending in {', '.join(_endings(version))}.{why} Nothing was run."

"""Does once, at install, what LocalStack would do in its first request: `python -m localstack_glue.prepare [--check]`.

Builds the index of all AWS services below `$FILESYSTEM_ROOT/usr/lib/localstack`. Without it the first call parses every
model of botocore: 6 s, and 390 MiB that are never given back.

What was done is noted in `$FILESYSTEM_ROOT/prepared.json`, with the versions it was done for; as long as that note is
right, nothing is done again. `--check` does nothing and exits with 1 if there is something to do.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import version
from pathlib import Path

from localstack_glue import serve  # noqa: F401 - refuses a Python that is too old

INDEX_FOLDER = "usr/lib/localstack"


def main(arguments: list[str]) -> int:
    root = Path(os.environ["FILESYSTEM_ROOT"])
    if is_prepared(root):
        return 0
    if arguments == ["--check"]:
        return 1
    build_index(root / INDEX_FOLDER)
    note = root / "prepared.json"
    partial = note.with_suffix(".partial")
    partial.write_text(json.dumps(inputs()), encoding="utf-8")
    partial.replace(note)
    return 0


def is_prepared(root: Path) -> bool:
    try:
        note = json.loads((root / "prepared.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    return note == inputs() and any((root / INDEX_FOLDER).glob("service-catalog-*.dill"))


def inputs() -> dict[str, str]:
    """What the index depends on."""
    return {"localstack": version("localstack-core"), "botocore": version("botocore")}


def build_index(folder: Path) -> None:
    from localstack.aws import spec

    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("service-catalog-*"):
        old.unlink()
    target = folder / spec._get_catalog_filename()
    partial = target.with_suffix(".partial")
    spec.build_service_index_cache(str(partial))
    partial.replace(target)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The images: what must not be in them, who runs them, and that the same sources make the same image."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import pytest

from mwaa_local import secrets
from mwaa_local.docker.engine import Engine
from mwaa_local.docker.images import MADE_FROM, REPOSITORIES
from mwaa_local.docker.stack import COMPOSE_FILE
from mwaa_local.settings import ROOT
from tests.support.stack import StackUnderTest

CHUNK = 2**22
BUILD_TOOLS = [
    "gcc",
    "cc",
    "g++",
    "c++",
    "make",
    "cmake",
    "ld",
    "as",
    "cpp",
    "clang",
    "rustc",
    "cargo",
    "git",
    "uv",
    "pg_config",
]


@pytest.fixture(params=REPOSITORIES)
def image(request: pytest.FixtureRequest, images: list[str]) -> str:
    return next(name for name in images if name.startswith(request.param + ":"))


def inside(engine: Engine, image: str, script: str) -> str:
    done = engine.run("run", "--rm", "--network", "none", "--entrypoint", "sh", image, "-c", script)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_runs_as_somebody_who_is_not_root(engine: Engine, image: str) -> None:
    assert int(inside(engine, image, "id -u")) != 0


def test_it_has_no_build_tools(engine: Engine, image: str) -> None:
    assert inside(engine, image, f"command -v sh {' '.join(BUILD_TOOLS)} || :").split() == ["/usr/bin/sh"]
    assert inside(engine, image, r"dpkg-query -W -f '${Package}\n' | grep -- '-dev$' || :") == ""


def test_no_secret_and_no_index_is_in_it(engine: Engine, image: str, stack: StackUnderTest) -> None:
    """In no layer, deleted files among them, and in nothing that Docker tells about the image."""
    # the id of the install is no secret, but no image may depend on it either
    forbidden = [value.encode() for value in secrets.ensure(stack.state).values()]
    forbidden += [os.environ["PIP_INDEX_URL"].encode()] if os.environ.get("PIP_INDEX_URL") else []
    history = engine.run("history", "--no-trunc", "--format", "{{json .}}", image).stdout
    told = history + engine.run("image", "inspect", image).stdout
    assert [word for word in forbidden if word in told.encode()] == []
    assert "PIP_INDEX_URL=" not in told and "index-url" not in told
    with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as saved:
        assert saved.stdout
        found = {word for layer in layers(saved.stdout) for word in words_in(layer, forbidden)}
    assert saved.returncode == 0
    assert found == set()


def test_a_word_is_found_in_an_image_where_there_is_one(engine: Engine, images: list[str]) -> None:
    """So that the search above is known to search: a word of our own sources, which lie in every image."""
    word = b"MWAA_SECRETS"
    with subprocess.Popen(["docker", "save", images[-1]], stdout=subprocess.PIPE) as saved:
        assert saved.stdout
        assert {found for layer in layers(saved.stdout) for found in words_in(layer, [word])} == {word}


def layers(saved: IO[bytes]) -> Iterator[Iterable[bytes]]:
    """Each file of a saved image, in pieces; a layer is a tar of its own, compressed by newer engines."""
    with tarfile.open(fileobj=saved, mode="r|") as archive:
        for member in archive:
            # a layer that the image has twice is saved once, and linked
            file = archive.extractfile(member) if member.isfile() else None
            if file is None:
                continue
            first = file.read(CHUNK)
            yield (gzip.decompress(first + file.read()),) if first[:2] == b"\x1f\x8b" else pieces(first, file)


def pieces(first: bytes, file: IO[bytes]) -> Iterator[bytes]:
    while first:
        yield first
        first = file.read(CHUNK)


def words_in(pieces: Iterable[bytes], words: list[bytes]) -> set[bytes]:
    """The words that stand in the pieces, or across two of them. A file in a tar is not broken up."""
    longest = max(map(len, words))
    found: set[bytes] = set()
    before = b""
    for piece in pieces:
        text = before + piece
        found |= {word for word in words if word in text}
        before = text[-longest:]
    return found


def test_a_fresh_checkout_without_network_makes_the_same_images(
    stack: StackUnderTest, images: list[str], tmp_path: Path
) -> None:
    """In another folder, with new time stamps: only what the files say counts, and nothing has to be fetched."""
    for name in MADE_FROM:
        source = ROOT / name
        if source.is_file():
            shutil.copyfile(source, tmp_path / name)
        else:
            leave_out = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(source, tmp_path / name, copy_function=shutil.copy, ignore=leave_out)
    before = made_of(stack.docker.engine, images)
    # a proxy is no part of what a layer is made from; through this one nothing gets out
    nowhere = [
        f"--build-arg={name}=http://127.0.0.1:9" for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
    ]
    compose(stack, tmp_path / "docker" / COMPOSE_FILE.name, "build", *nowhere)
    assert made_of(stack.docker.engine, images) == before


def compose(stack: StackUnderTest, file: Path, *arguments: str) -> str:
    line = ["docker", "compose", "--env-file", str(stack.docker.env_file), "--file", str(file), *arguments]
    done = subprocess.run(line, capture_output=True, text=True, env=stack.docker.environment())
    assert done.returncode == 0, done.stderr
    return done.stdout


def made_of(engine: Engine, images: list[str]) -> list[object]:
    """The layers and the configuration of each; not the labels, in which Compose writes the name of the project."""
    facts = json.loads(engine.run("image", "inspect", *images).stdout)
    return [(fact["Created"], fact["RootFS"], fact["Config"] | {"Labels": None}) for fact in facts]

"""The generator of the sample events: what is shipped is what it makes."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from mwaa_local.settings import ROOT

DATA = ROOT / "glue" / "data"


def generate(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(DATA / "generate.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def lines(folder: Path) -> list[str]:
    return [line for file in sorted(folder.rglob("*.gz")) for line in gzip.open(file, "rt").read().splitlines()]


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    done = generate("--sample", "--out", folder / "events", "--truth", folder / "truth.json")
    assert done.returncode == 0, done.stderr
    return folder


def test_the_shipped_files_are_what_the_generator_makes(sample):
    shipped = {file.relative_to(DATA): file for file in (DATA / "events").rglob("*.gz")}
    made = {file.relative_to(sample): file for file in (sample / "events").rglob("*.gz")}
    assert len(shipped) == 12 and shipped.keys() == made.keys()
    for name, file in shipped.items():
        assert gzip.decompress(file.read_bytes()) == gzip.decompress(made[name].read_bytes()), name
    assert (DATA / "truth.json").read_text() == (sample / "truth.json").read_text()


@pytest.mark.skipif("ng" in zlib.ZLIB_RUNTIME_VERSION, reason="zlib-ng packs the same text into other bytes")
def test_the_shipped_files_are_the_same_to_the_byte(sample):
    for file in (DATA / "events").rglob("*.gz"):
        assert file.read_bytes() == (sample / file.relative_to(DATA)).read_bytes(), file


def test_the_truth_agrees_with_the_files(sample):
    truth = json.loads((sample / "truth.json").read_text())
    for day, found in truth.items():
        assert found["lines"] == len(lines(sample / "events" / f"dt={day}"))
        assert found["lines"] == found["accepted"] + sum(found["rejected"].values())
        assert all(found["rejected"].values()), "a kind of bad line that never occurs tests nothing"


def test_days_seeds_and_ratios_change_the_events(tmp_path):
    def made(name, *arguments):
        assert generate("--rows", 200, "--out", tmp_path / name, *arguments).returncode == 0
        return lines(tmp_path / name)

    first = made("first", "--date", "2024-02-29")
    assert first == made("again", "--date", "2024-02-29")
    assert first != made("other-seed", "--date", "2024-02-29", "--seed", 1)
    assert len(made("clean", "--date", "2024-02-29", "--bad-ratio", 0)) == 200
    assert len(made("all-bad", "--date", "2024-02-29", "--bad-ratio", 1)) == 400


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--out", "x"], "which days?"),
        (["--out", "x", "--date", "2023-02-30"], "'2023-02-30' is no date"),
        (["--out", "x", "--date", "2023-05-01", "--rows", "0"], "0 is not at least 1"),
        (["--out", "x", "--date", "2023-05-01", "--bad-ratio", "2"], "2 is not between 0 and 1"),
        (["--date", "2023-05-01"], "--out"),
    ],
)
def test_wrong_options_are_refused(tmp_path, arguments, complaint):
    done = generate(*arguments)
    assert done.returncode == 2
    assert complaint in done.stderr

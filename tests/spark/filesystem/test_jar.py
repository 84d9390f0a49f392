"""The jar: made once, by any of the versions, whole or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.localstack import ROOT
from tests.support.spark import EVERY, jars

from glue_spark import jar  # isort: skip  (tests.support.spark puts it on the path)


ENDS = (EVERY[0], EVERY[-1])


def test_all_versions_make_the_same_jar(tmp_path: Path) -> None:
    """Which is used with all of them: see `spark`, which makes it of 3.0."""
    made = {jar.build(jars(version), tmp_path / version / "s3.jar").read_bytes() for version in ENDS}
    assert len(made) == 1
    assert [file.name for file in (tmp_path / ENDS[0]).iterdir()] == ["s3.jar"]


def test_it_is_kept_until_its_sources_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources, out = tmp_path / "sources", tmp_path / "s3.jar"
    shutil.copytree(jar.SOURCES[0], sources)
    monkeypatch.setattr(jar, "SOURCES", [sources])
    jar.build(jars("3.0"), out)
    first = out.stat().st_ino
    jar.build(jars("3.0"), out)
    assert out.stat().st_ino == first
    with open(sources / "Key.java", "a") as file:
        file.write("// changed\n")
    jar.build(jars("3.0"), out)
    assert out.stat().st_ino != first


def test_broken_sources_leave_the_old_jar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources, out = tmp_path / "sources", tmp_path / "s3.jar"
    shutil.copytree(jar.SOURCES[0], sources)
    monkeypatch.setattr(jar, "SOURCES", [sources])
    out.write_bytes(b"no jar of ours")
    (sources / "Key.java").write_text("package mwaalocal.s3; class Key { nonsense }")
    with pytest.raises(jar.JarError, match=r"Key\.java:1: error"):
        jar.build(jars("3.0"), out)
    assert out.read_bytes() == b"no jar of ours"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["s3.jar", "sources"]


def test_the_command_line(tmp_path: Path) -> None:
    """Without javac, and with what is no folder of Spark's jars, it says what is missing."""
    out = tmp_path / "s3.jar"
    without = {"PATH": "/nowhere", "PYTHONPATH": str(ROOT / "src/glue_spark")}
    command = [sys.executable, "-m", "glue_spark.jar", "--out", out, "--jars"]
    done = subprocess.run([*command, jars("3.0")], env=without, capture_output=True, text=True)
    assert done.returncode == 1 and "No javac" in done.stderr and "openjdk" in done.stderr
    done = subprocess.run([*command, tmp_path], env=without, capture_output=True, text=True)
    assert done.returncode == 1 and "no hadoop-*.jar" in done.stderr
    assert not out.exists()
    done = subprocess.run(
        [*command, jars("3.0")], env=without | {"PATH": os.environ["PATH"]}, capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stdout.strip() == str(out)
    assert out.exists()

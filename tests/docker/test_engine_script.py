"""tests/support/engine/engine on a machine where no engine can run: one line that says why, and an exit code of its own."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from mwaa_local.settings import ROOT

CANNOT = 3
TOOLS = ("bash", "cat", "dirname", "dpkg", "id", "mkdir", "realpath", "timeout")


def test_without_an_engine_and_without_a_way_to_get_one(tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for tool in TOOLS:
        if found := shutil.which(tool):
            (programs / tool).symlink_to(found)
    script = ROOT / "tests" / "support" / "engine" / "engine"
    line = ["bash", str(script), "start", str(tmp_path / "engine")]
    done = subprocess.run(line, capture_output=True, text=True, env={"PATH": str(programs)})
    assert (done.returncode, done.stdout) == (CANNOT, "")
    assert done.stderr == (
        "No Docker engine can run on this machine: none answers, and there is no apt-get to install one with.\n"
    )


def test_to_stop_what_does_not_run_is_no_error(tmp_path: Path) -> None:
    script = ROOT / "tests" / "support" / "engine" / "engine"
    done = subprocess.run([str(script), "stop", str(tmp_path)], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

"""The front door: plain make, help everywhere, exit codes a script can trust."""

import os
import re
import subprocess
import sys

import pytest

from mwaa_local.cli import cli
from mwaa_local.settings import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = re.findall(r"^([a-z-]+):.*## (.+)$", MAKEFILE, re.M)


def mwaa_local(*arguments, state, **environment):
    command = [sys.executable, "-m", "mwaa_local", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"MWAA_STATE": str(state)} | environment
    )


def test_plain_make_prints_every_target_with_its_sentence():
    printed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert TARGETS
    for target, sentence in TARGETS:
        assert re.search(rf"^\s+make {target}\s+{re.escape(sentence)}$", printed, re.M), target


def test_every_target_is_phony_and_every_phony_is_a_target():
    phony = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.M).group(1).split()
    assert sorted(phony) == sorted(target for target, _ in TARGETS)


def test_every_command_has_a_target_and_every_target_a_command():
    assert sorted(cli.commands) == sorted(target for target, _ in TARGETS if target != "help")


@pytest.mark.parametrize("command", sorted(cli.commands))
def test_every_command_has_help(command, tmp_path):
    done = mwaa_local(command, "--help", state=tmp_path)
    assert done.returncode == 0 and cli.commands[command].help.split(".")[0].split("\n")[0] in done.stdout.replace(
        "\n  ", " "
    )


@pytest.mark.parametrize("command", ["down", "demo", "status", "seed", "airflow", "aws", "spark-history"])
def test_a_command_that_needs_the_stack_says_so_when_it_is_down(command, tmp_path):
    done = mwaa_local(command, state=tmp_path)
    assert done.returncode == 1
    assert re.search(r"not running|is running|is down", done.stderr + done.stdout)
    assert "Traceback" not in done.stderr


def test_a_known_error_is_one_clear_text_and_exit_code_1(tmp_path):
    done = mwaa_local("up", state=tmp_path, EXECUTOR="kubernetes")
    assert done.returncode == 1
    assert "EXECUTOR=kubernetes" in done.stderr and "Next:" in done.stderr and "Traceback" not in done.stderr


def test_an_unknown_command_ends_with_exit_code_2(tmp_path):
    assert mwaa_local("upp", state=tmp_path).returncode == 2


def test_an_unknown_suite_names_those_that_exist(tmp_path):
    done = mwaa_local("test", "--suite", "nothing", state=tmp_path)
    assert done.returncode == 1 and "unit" in done.stderr and "e2e" in done.stderr


def test_the_launcher_runs_on_the_standard_library_alone():
    source = (ROOT / "stack" / "bin" / "mwaa-local").read_text()
    imported = set(re.findall(r"^import (\w+)", source, re.M))
    assert imported <= set(sys.stdlib_module_names if sys.version_info >= (3, 10) else imported)


def test_a_state_folder_that_cannot_be_written_is_one_clear_text(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = subprocess.run(
        [sys.executable, ROOT / "stack" / "bin" / "mwaa-local", "up"],
        capture_output=True, text=True, env=os.environ | {"MWAA_STATE": str(blocked / "state")},
    )  # fmt: skip
    assert done.returncode == 1 and "Next:" in done.stderr and "Traceback" not in done.stderr

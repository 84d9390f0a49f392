"""Docker mode's side of the command line, as far as it needs no engine: which mode, which images, what is said without one."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mwaa_local.docker import images
from mwaa_local.docker.engine import Container, Engine
from mwaa_local.docker.keeper import killed
from mwaa_local.docker.stack import DockerStack, _megabytes, readable
from mwaa_local.errors import LocalError
from mwaa_local.settings import ROOT, load
from mwaa_local.stack import with_mode
from mwaa_local.versions import versions

NO_FILE = Path("/nonexistent")


@pytest.fixture
def no_docker(tmp_path, monkeypatch):
    """A PATH with nothing of Docker's."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.fixture
def silent_engine(no_docker):
    """A `docker` command that reaches no engine, with its words on stderr."""
    script = no_docker / "docker"
    script.write_text("#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n")
    script.chmod(0o755)


@pytest.fixture
def settings(tmp_path):
    return load({"MWAA_STATE": str(tmp_path / "state")}, NO_FILE)


def test_without_docker_auto_is_native(no_docker, settings, monkeypatch):
    monkeypatch.setenv("MWAA_STATE", str(settings.mwaa_state))
    monkeypatch.delenv("MODE", raising=False)
    assert with_mode(settings).mode == "native"


def test_auto_is_the_mode_of_the_last_start_whatever_answers_now(no_docker, settings, monkeypatch):
    monkeypatch.setenv("MWAA_STATE", str(settings.mwaa_state))
    monkeypatch.delenv("MODE", raising=False)
    settings.mwaa_state.mkdir()
    replace(settings, mode="docker").write()
    assert with_mode(settings).mode == "docker"


def test_a_chosen_mode_stays(no_docker, settings):
    assert with_mode(replace(settings, mode="docker")).mode == "docker"


def test_without_the_docker_command_the_message_says_so_and_what_else_there_is(no_docker):
    with pytest.raises(LocalError, match=r"(?s)none in PATH.*MODE=native"):
        Engine().require()


def test_a_stack_of_docker_mode_without_docker_is_a_clear_message_and_no_traceback(no_docker, settings):
    with pytest.raises(LocalError, match="none in PATH"):
        DockerStack(settings, "0" * 8).is_running()


def test_without_an_answering_engine_the_message_has_dockers_own_words(silent_engine):
    assert not Engine().answers()
    with pytest.raises(LocalError, match=r"(?s)Cannot connect to the Docker daemon.*MODE=native"):
        Engine().require()


def test_the_tag_follows_from_sources_and_base_images(tmp_path, monkeypatch):
    for name in images.MADE_FROM:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    monkeypatch.setattr(images, "ROOT", tmp_path)
    pinned = versions()
    first = images.tag(pinned)
    assert images.tag(pinned) == first
    (tmp_path / "src" / "aws_local" / "__pycache__").mkdir(exist_ok=True)
    (tmp_path / "src" / "aws_local" / "__pycache__" / "x.pyc").write_bytes(b"made by running it")
    assert images.tag(pinned) == first
    assert images.tag(pinned | {"PYTHON_AIRFLOW_IMAGE": "mirror/python:3.7"}) != first
    assert images.tag(pinned | {"GLUE": "", "PYTHON_GLUE_SPARK_5_IMAGE": "mirror/python:3.11"}) == first
    with_spark = {images.tag(pinned | {"GLUE": glue}) for glue in ("5.1", "4.0")}
    assert len(with_spark | {first}) == 3
    (tmp_path / "stack" / "airflow.env").write_text("changed")
    assert images.tag(pinned) != first


def test_the_exit_code_of_a_container_is_read_from_dockers_line():
    assert Container("id", "seed", "exited", "Exited (137) 3 seconds ago").exit_code == 137
    assert Container("id", "seed", "running", "Up 3 seconds (healthy)").exit_code is None


@pytest.mark.parametrize(("text", "megabytes"), [("1.5GiB", 1611), ("300.2MiB", 315), ("12kB", 0), ("0B", 0)])
def test_memory_is_read_in_dockers_units(text, megabytes):
    assert _megabytes(text) == megabytes


def test_native_mode_keeps_the_secrets_to_their_owner_and_docker_mode_opens_them_to_roots_group_only(settings):
    settings.mwaa_state.mkdir()
    path = settings.mwaa_state / "secrets.env"
    path.write_text("A=b\n")
    path.chmod(0o600)
    DockerStack(settings, "0" * 8)._open_secrets()
    assert path.stat().st_mode & 0o777 == (0o640 if os.getuid() == 0 else 0o600)


def events(*parts):
    """("a kill 9", "a die") as the keeper reads them from the engine."""
    rows = [(*part.split(), "")[:3] for part in parts]
    return [{"id": id, "action": action, "signal": signal} for id, action, signal in rows]


@pytest.mark.parametrize(
    ("seen", "brought_back"),
    [
        (("a kill 9", "a die"), ["a"]),
        (("a kill 15", "a die"), []),
        (("a kill 15", "a kill 9", "a die"), []),  # `docker stop` of one that did not go
        (("a die",), []),  # by itself: the restart policy's work
        (("a kill 15", "a die", "a kill 9", "a die"), ["a"]),  # restarted, then killed
        (("a kill 9", "b kill 15", "a die", "b die"), ["a"]),
    ],
)
def test_only_a_container_killed_out_of_the_blue_is_brought_back(seen, brought_back):
    assert list(killed(events(*seen))) == brought_back


@pytest.mark.parametrize(
    ("mode", "mine", "others", "roots"),
    [(0o700, True, False, True), (0o755, True, True, True), (0o704, True, False, True)],
)
def test_what_the_containers_user_may_read_is_judged_as_the_kernel_does(tmp_path, mode, mine, others, roots):
    """Entering a folder takes more than reading it. (As root the folder's group is 0, which the containers have too.)"""
    folder = tmp_path / "dags"
    folder.mkdir()
    if os.getuid() == 0:
        os.chown(folder, 4711, 4711)
    folder.chmod(mode)
    owner = folder.stat().st_uid
    assert (readable(folder, owner), readable(folder, owner + 1), readable(folder, 0)) == (mine, others, roots)

"""What stack/ and docker/ say twice, because two kinds of program read it, is the same."""

from __future__ import annotations

import re

import pytest
from dotenv import dotenv_values

from mwaa_local.environments import stack_environments
from mwaa_local.settings import ROOT, Settings

CLASSES = sorted((ROOT / "stack" / "classes").glob("*.env"))
# MWAA's: tasks for each worker, parsing processes; CPUs and GB of worker, scheduler, web server and database.
FACTS = {
    "mw1.small": ("5", "1", "1", "2g", "1", "2g", "1", "2g", "2", "4g"),
    "mw1.medium": ("10", "3", "2", "4g", "2", "4g", "1", "2g", "2", "8g"),
    "mw1.large": ("20", "7", "4", "8g", "4", "8g", "2", "4g", "2", "8g"),
}
DOCKERFILES = sorted((ROOT / "docker").glob("*/Dockerfile"))


def test_both_modes_have_the_same_addresses_and_paths():
    native, docker = (
        dotenv_values(ROOT / "stack" / f"hosts.{mode}.env", interpolate=False) for mode in ("native", "docker")
    )
    assert list(native) == list(docker)
    assert len(native) > 15


@pytest.mark.parametrize("path", CLASSES, ids=lambda path: path.stem)
def test_an_environment_class_has_mwaas_figures(path):
    assert tuple(dotenv_values(path).values()) == FACTS[path.stem]


def test_there_is_a_file_for_every_environment_class_of_the_settings():
    allowed = Settings.__dataclass_fields__["env_class"].metadata["choices"]
    assert sorted(allowed) == [path.stem for path in CLASSES]


@pytest.mark.parametrize("image, name", [("airflow", "airflow"), ("localstack", "glue-pythonshell-3.9")])
def test_an_image_starts_its_interpreter_as_native_mode_does(image, name):
    (environment,) = (one for one in stack_environments() if one.name == name)
    assert (ROOT / "docker" / image / "zz_mwaa_local.pth").read_text() == environment.startup + "\n"


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_a_dockerfiles_own_defaults_are_the_tags_of_the_pinned_base_images(path):
    pinned = dotenv_values(ROOT / "stack" / "versions.env")
    defaults = dict(re.findall(r"^ARG (PYTHON_\w+_IMAGE)=(.*)$", path.read_text(), re.M))
    assert defaults and defaults == {name: (pinned[name] or "").split("@")[0] for name in defaults}


def test_every_base_image_is_pinned_by_its_digest():
    images = {k: v for k, v in dotenv_values(ROOT / "stack" / "versions.env").items() if k.endswith("_IMAGE")}
    assert len(images) == 5
    assert all(
        re.fullmatch(r"python:\d+\.\d+\.\d+-slim-bookworm@sha256:[0-9a-f]{64}", v or "") for v in images.values()
    )

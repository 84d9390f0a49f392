"""Settings: precedence, refusals by name, and the page that documents them."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from mwaa_local.errors import SettingsError
from mwaa_local.settings import ROOT, Settings, load

NO_FILE = Path("/nonexistent")


def test_environment_beats_env_file_beats_default(tmp_path):
    env_file = tmp_path / ".env"
    env_file.write_text("WEB_PORT=8081\nAWS_PORT=4600\n")
    settings = load({"AWS_PORT": "4700"}, env_file)
    assert (settings.web_port, settings.aws_port, settings.postgres_port) == (8081, 4700, 54320)


def test_empty_variable_means_the_default():
    assert load({"WEB_PORT": ""}, NO_FILE).web_port == 8080


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("WEB_PORT", "eighty", "not a whole number"),
        ("WEB_PORT", "70000", "no port"),
        ("EXECUTOR", "kubernetes", "celery, local"),
        ("ALLOW_REAL_AWS", "yes", "0 or 1"),
        ("AWS_DEFAULT_REGION", "seoul", "no region"),
        ("MWAA_PROJECT", "/nonexistent", "no dags/ folder"),
        ("AWS_PORT", "8080", "the same"),
        ("GLUE", "4.0,6.0", "names 6.0"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(name, value, part):
    with pytest.raises(SettingsError) as refusal:
        load({name: value}, NO_FILE)
    assert name.lower() in str(refusal.value).lower() and value in str(refusal.value) and part in str(refusal.value)


def test_a_bad_value_of_the_env_file_names_the_file(tmp_path):
    env_file = tmp_path / ".env"
    env_file.write_text("EXECUTOR=dask\n")
    with pytest.raises(SettingsError, match=str(env_file)):
        load({}, env_file)


def test_every_setting_is_documented_with_its_default_and_choices():
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (.+) \|$", (ROOT / "docs" / "settings.md").read_text(), re.M))
    for field in fields(Settings):
        row = rows[field.name.upper()]
        for choice in field.metadata["choices"]:
            assert f"`{choice}`" in row, field.name
        assert field.metadata["doc"].rstrip(".").split(";")[0].split(".")[0] in row, field.name
        if isinstance(field.default, (int, str)) and field.default != "":
            assert f"`{int(field.default) if isinstance(field.default, bool) else field.default}`" in row, field.name


def test_no_documented_setting_is_unknown():
    table = (ROOT / "docs" / "settings.md").read_text().split("Not settings")[0]
    documented = re.findall(r"^\| `([A-Z_]+)`", table, re.M)
    assert sorted(documented) == sorted(field.name.upper() for field in fields(Settings))


def test_resolved_settings_read_back_as_they_were():
    settings = load({"WEB_PORT": "8099", "ALLOW_REAL_AWS": "1", "EXECUTOR": "local"}, NO_FILE)
    assert load(settings.as_environment(), NO_FILE) == settings

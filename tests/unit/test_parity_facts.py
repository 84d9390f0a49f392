"""The facts of `make parity`, and what it makes of an environment that is not as they say."""

from __future__ import annotations

import ast
import copy

import pytest

from mwaa_local.parity import comparison, facts, report
from mwaa_local.settings import ROOT


@pytest.fixture(scope="module")
def known():
    return facts.read()


@pytest.fixture
def seen(known):
    """An environment that is as MWAA in all that is looked at."""
    variables = {"AIRFLOW_HOME": "/usr/local/airflow", "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}
    for name, entry in known["variables"].items():
        variables.setdefault(name, entry.get("mwaa", "something"))
    variables |= {
        "AWS_REGION": "eu-west-1",
        "MWAA_ENV_ID": "id",
        "AIRFLOW__OPERATORS__DEFAULT_QUEUE": "airflow-celery-id",
    }
    variables["CELERY_QUEUE_URL"] = "queue"
    options = {fact.name: fact.mwaa for fact in facts.named("option", known["options"], variables)}
    same = {
        "webserver.web_server_port": "8080",
        "metrics.statsd_port": "8125",
        "scheduler.scheduler_zombie_task_threshold": "300",
    }
    stock = {"core.simple": "%%(x)s", "core.folder": "/usr/local/airflow/x", "core.parallelism": "32", **same}
    return {
        "packages": {fact.name: fact.mwaa for fact in facts.packages()},
        "options": options | {"core.simple": "%(x)s", "core.folder": "/usr/local/airflow/x", **same},
        "stock": stock,
        "variables": variables,
        "values": {name: copy.deepcopy(entry["mwaa"]) for name, entry in known["values"].items()},
        "customer": [],
    }


def of(items, name):
    return next(item for item in items if item.name == name)


def test_every_fact_has_a_source_that_is_known_and_a_mark(known):
    for part in ("options", "variables", "values", "behaviours"):
        for name, entry in known[part].items():
            assert entry["mark"] in facts.MARKS, name
            assert any(key in entry["source"] for key in [*known["sources"], "LR", "commit", "watchtower"]), name


def test_the_freeze_is_whole():
    assert len(list(facts.packages())) == 139


def test_every_behaviour_is_shown_by_a_test_that_exists_or_says_what_is_different(known):
    for name, entry in known["behaviours"].items():
        if "shown_by" not in entry:
            assert entry["here"] and entry["why"], name
            continue
        path, test = entry["shown_by"].split("::")
        functions = {
            node.name for node in ast.walk(ast.parse((ROOT / path).read_text())) if isinstance(node, ast.FunctionDef)
        }
        assert test in functions, f"{name}: {entry['shown_by']}"


def test_every_reason_is_one_of_an_item(known, seen):
    items = {f"{item.kind} {item.name}" for item in comparison.compare(seen, "native")}
    here_only = {"package setuptools", "package mwaa-airflow", "package aws-local"}
    assert set(known["differences"]) - items == here_only


def test_an_environment_as_mwaas_is_the_same_in_everything(seen):
    items = comparison.compare(seen, "docker")
    different = [item for item in items if item.verdict != comparison.SAME and item.kind != "behaviour"]
    assert different == []


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("packages", "flask", "2.0.0"),
        ("packages", "left-pad", "1.0"),
        ("options", "core.parallelism", "32"),
        ("options", "core.new_option", "1"),
        ("values", "providers", ["apache-airflow-providers-amazon"]),
        ("variables", "PYTHONUNBUFFERED", "0"),
    ],
)
def test_a_difference_without_a_reason_is_told(seen, part, name, value):
    before = comparison.score(comparison.compare(seen, "docker"))
    seen[part][name] = value
    items = comparison.compare(seen, "docker")
    assert of(items, name).unexplained and comparison.score(items) < before
    assert report.document(items)["unexplained"] == 1


def test_what_is_missing_is_told(seen):
    del seen["packages"]["flask"], seen["options"]["core.simple"]
    items = comparison.compare(seen, "docker")
    assert {item.name for item in items if item.unexplained} == {"flask", "core.simple"}
    assert of(items, "flask").here == comparison.ABSENT


def test_a_reason_holds_only_in_its_mode(seen):
    del seen["packages"]["pycurl"]
    assert of(comparison.compare(seen, "native"), "pycurl").why
    assert of(comparison.compare(seen, "docker"), "pycurl").unexplained


def test_a_reason_holds_only_with_its_setting(seen):
    seen["options"]["core.parallelism"] = "5"
    seen["variables"]["EXECUTOR"] = "local"
    assert of(comparison.compare(seen, "docker"), "core.parallelism").why
    seen["variables"]["EXECUTOR"] = "celery"
    assert of(comparison.compare(seen, "docker"), "core.parallelism").unexplained


def test_what_the_customer_has_set_has_a_reason_and_nothing_else(seen):
    seen["options"] |= {"core.simple": "mine", "core.folder": "/other"}
    seen["customer"] = ["AIRFLOW__CORE__SIMPLE"]
    items = comparison.compare(seen, "docker")
    assert "airflow-config.yaml" in of(items, "core.simple").why
    assert of(items, "core.folder").unexplained


def test_the_class_decides_what_is_expected(seen):
    seen["variables"]["ENV_CLASS"] = "mw1.large"
    assert of(comparison.compare(seen, "docker"), "celery.worker_autoscale").mwaa == "20,20"


def test_the_reasons_of_the_environment_file_hold_for_option_and_variable():
    found = facts.reasons("native", {})
    assert found["option webserver.workers"] == found["variable AIRFLOW__WEBSERVER__WORKERS"] != ""


def test_the_page_stands_alone_and_escapes(seen):
    seen["packages"]["flask"] = "<script>"
    page = report.as_page(comparison.compare(seen, "docker"))
    assert "<script>" not in page and "&lt;script&gt;" in page and "http" not in page.split("<table>")[0]

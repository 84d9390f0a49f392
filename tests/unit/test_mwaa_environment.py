"""The MWAA API's record of the environment: what it shows, what it writes for the stack, what it takes back."""

import json
import subprocess

import pytest

from localstack_mwaa import identity, options, updates
from localstack_mwaa.environment import Environment

VARIABLES = {
    "ENV_NAME": "here",
    "MWAA_ENV_ID": "id",
    "AIRFLOW_VERSION": "2.2.2",
    "ENV_CLASS": "mw1.small",
    "WEB_URL": "http://127.0.0.1:8080",
    "CELERY_QUEUE": "airflow-celery-id",
    "TASK_LOGS": "WARNING",
    "WORKER_LOGS": "off",
}


@pytest.fixture
def made(tmp_path):
    return lambda **more: Environment(VARIABLES | {"MWAA_STATE": str(tmp_path)} | more, "000000000000", "us-east-1")


def updating(environment, **values):
    record = environment.record
    record.update(status="UPDATING", previous=dict(record["values"]), values=record["values"] | values)
    record["update"] = {"Status": "PENDING", "CreatedAt": 1.0}


def sourced(folder):
    """What a shell makes of the two files, in the order of stack/bin/environment."""
    script = f"set -a; . {folder}/settings.env; . {folder}/options.env; env -0"
    done = subprocess.run(
        ["bash", "-ec", script], capture_output=True, text=True, check=True, env={"AIRFLOW__A__B": "old"}
    )
    return dict(item.split("=", 1) for item in done.stdout.split("\0") if item)


def test_it_shows_what_the_stack_runs_with(made):
    shown = made().shown()
    assert (shown["EnvironmentClass"], shown["WebserverUrl"], shown["Status"]) == (
        "mw1.small",
        "127.0.0.1:8080",
        "AVAILABLE",
    )
    logs = {kind: (one["Enabled"], one["LogLevel"]) for kind, one in shown["LoggingConfiguration"].items()}
    assert logs["TaskLogs"] == (True, "WARNING")
    assert logs["WorkerLogs"] == logs["SchedulerLogs"] == (False, "INFO")
    assert made(MODE="docker").shown()["MaxWorkers"] == 25 and shown["MaxWorkers"] == 1


def test_an_update_is_kept_for_the_next_process_and_for_nobody_else(made):
    environment = made()
    updating(environment, EnvironmentClass="mw1.large")
    updates.ended(environment, "")
    again = made().shown()
    assert (again["EnvironmentClass"], again["Status"], again["LastUpdate"]["Status"]) == (
        "mw1.large",
        "AVAILABLE",
        "SUCCESS",
    )
    assert (environment.folder / "environment.json").stat().st_mode & 0o777 == 0o600


def test_a_failed_update_leaves_the_values_of_before_and_says_why(made):
    environment = made()
    updating(environment, AirflowConfigurationOptions={"core.default_task_retries": "2"})
    updates.ended(environment, "")
    updating(environment, AirflowConfigurationOptions={"core.default_task_retries": "x"})
    updates.ended(environment, "Airflow said no " + "x" * 5000 + " at the end")
    shown = made().shown()
    assert shown["AirflowConfigurationOptions"] == {"core.default_task_retries": "2"}
    assert (shown["Status"], shown["LastUpdate"]["Status"]) == ("UPDATE_FAILED", "FAILED")
    message = shown["LastUpdate"]["Error"]["ErrorMessage"]
    assert len(message) <= 1024 and message.startswith("Airflow said no") and message.endswith("at the end")


def test_a_shell_reads_options_and_class_as_they_were_given(made, tmp_path):
    environment = made()
    value = f'it\'s "quoted" $(touch {tmp_path}/x) `touch {tmp_path}/x`; a=b'
    given = {"EnvironmentClass": "mw1.medium", "AirflowConfigurationOptions": {"foo.user": value}}
    logs = {"TaskLogs": {"Enabled": True, "LogLevel": "DEBUG"}, "WorkerLogs": {"Enabled": False, "LogLevel": "INFO"}}
    updating(environment, LoggingConfiguration=logs, **given)
    updates.write_files(environment)
    seen = sourced(environment.folder)
    assert seen["AIRFLOW__FOO__USER"] == value and not (tmp_path / "x").exists()
    assert (seen["ENV_CLASS"], seen["TASK_LOGS"], seen["WORKER_LOGS"]) == ("mw1.medium", "DEBUG", "off")
    assert (environment.folder / "options.env").stat().st_mode & 0o777 == 0o600


def test_an_update_names_all_options_that_there_are(made, tmp_path):
    (tmp_path / "airflow-options.env").write_text("AIRFLOW__A__B=old\n")
    environment = made(AIRFLOW__A__B="old")
    assert environment.shown()["AirflowConfigurationOptions"] == {"a.b": "old"}
    updating(environment, AirflowConfigurationOptions={"c.d": "new"})
    updates.write_files(environment)
    seen = sourced(environment.folder)
    assert seen["AIRFLOW__C__D"] == "new" and "AIRFLOW__A__B" not in seen


def test_only_what_airflow_runs_with_needs_a_restart(made):
    environment = made()
    updating(environment, MaxWorkers=5, WeeklyMaintenanceWindowStart="SUN:01:00")
    assert not updates.changes(environment, environment.record["previous"])
    updating(environment, RequirementsS3ObjectVersion="v2")
    assert updates.changes(environment, environment.record["previous"])


def test_where_nobody_can_restart_airflow_it_says_so(made, monkeypatch):
    assert "make up" in updates.restart(made(MODE="native"))
    monkeypatch.setattr(updates, "TAKEN_WITHIN", 0.1)
    environment = made(MODE="docker")
    environment.folder.mkdir(parents=True, exist_ok=True)
    assert "make up" in updates.restart(environment)
    assert not (environment.folder / "restart.json").exists()


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("core.executor", "LocalExecutor", "MWAA sets it itself"),
        ("webserver.secret_key", "x", "MWAA sets it itself"),
        ("nosection", "x", "no option"),
        ("celery.worker_autoscale", "5,1", "equal"),
        ("celery.worker_autoscale", "five,five", "equal"),
    ],
)
def test_options_that_mwaa_protects_are_refused(option, value, told):
    [problem] = options.problems({option: value, "core.default_task_retries": "2"})
    assert told in problem


def test_an_option_and_its_variable_are_one_name():
    assert options.variable("celery.worker_autoscale") == "AIRFLOW__CELERY__WORKER_AUTOSCALE"
    assert options.option("AIRFLOW__CELERY__WORKER_AUTOSCALE") == "celery.worker_autoscale"


@pytest.mark.parametrize(
    ("action", "resource", "roles"),
    [
        ("airflow:CreateWebLoginToken", "arn:aws:airflow:us-east-1:0:role/here/Viewer", {"Viewer"}),
        ("airflow:*", ["arn:aws:airflow:*:*:role/*/Op", "arn:aws:airflow:*:*:role/here/User"], {"Op", "User"}),
        ("airflow:CreateCliToken", "arn:aws:airflow:us-east-1:0:role/here/Viewer", set()),
        ("airflow:CreateWebLoginToken", "arn:aws:airflow:us-east-1:0:role/elsewhere/Viewer", set()),
        ("*", "*", set()),
    ],
)
def test_a_policy_names_roles_of_this_environment(action, resource, roles):
    document = json.loads(json.dumps({"Statement": {"Effect": "Allow", "Action": action, "Resource": resource}}))
    found = {role for named in identity._resources(document) for role in identity._named(named, "here")}
    assert found == roles

"""airflow-config.yaml on a running stack: pending, applied, seen by tasks; and the secrets backend that it switches on."""

from __future__ import annotations

import pytest

from mwaa_local.configuration_options import NAME

OPTIONS = """
foo.user: "somebody's"
secrets.backend: airflow.contrib.secrets.aws_secrets_manager.SecretsManagerBackend
secrets.backend_kwargs: '{"connections_prefix": "airflow/connections", "variables_prefix": "airflow/variables"}'
"""


@pytest.fixture(scope="module")
def applied(stack, project):
    """The stack with the options applied; what `make status` and `make restart` said on the way."""
    stack.wait_until_healthy(240)
    secrets, file = stack.client("secretsmanager"), project / NAME
    secrets.create_secret(Name="airflow/variables/sees_options", SecretString="from Secrets Manager")
    file.write_text("core.executor: LocalExecutor\n")
    told = {"refused": stack.command("restart")}
    file.write_text(OPTIONS)
    told["before"] = stack.command("status")
    told["restart"] = stack.command("restart")
    stack.wait_until_healthy(240)
    told["after"] = stack.command("status")
    yield told
    file.unlink()
    stack.command("restart")
    stack.wait_until_healthy(240)


def test_a_changed_file_is_pending_until_make_restart(applied):
    assert "not applied yet: make restart" in applied["before"].stdout
    assert (
        applied["restart"].returncode == 0 and "3 options of airflow-config.yaml applied" in applied["restart"].stdout
    )
    assert applied["after"].returncode == 0 and "not applied" not in applied["after"].stdout


def test_a_protected_option_is_refused_and_restarts_nothing(applied):
    refused = applied["refused"]
    assert refused.returncode == 1 and "AIRFLOW__CORE__EXECUTOR cannot be set" in refused.stderr
    assert "restart" not in refused.stdout


def test_a_task_sees_the_options_and_the_secret(applied, stack, run_id):
    stack.trigger("sees_options", run_id)
    run = stack.wait_for_run("sees_options", run_id, 240)
    assert run and run["state"] == "success", stack.task_logs("sees_options")
    [seen] = [x["value"] for x in stack.airflow.xcoms("sees_options", run_id)]
    assert seen == {"variable": "somebody's", "option": "somebody's", "secret": "from Secrets Manager"}


@pytest.mark.usefixtures("applied")
@pytest.mark.parametrize(
    ("wanted", "answers", "shown"),
    [
        (("--var", "sees_options", "--show"), "SecretsManagerBackend", "from Secrets Manager"),
        (("--conn", "aws_default"), "EnvironmentVariablesBackend", "aws://***"),
        (("--conn", "postgres_default"), "MetastoreBackend", "postgres://***"),
        (("--var", "nobody_has_this"), "No backend", "has none"),
    ],
)
def test_trace_lookup_tells_in_airflows_order_who_answers(stack, wanted, answers, shown):
    done = stack.command("trace-lookup", *wanted)
    assert done.returncode == int(answers == "No backend"), done.stdout + done.stderr
    rows = [line for line in done.stdout.splitlines() if line.split()[:1] in (["1"], ["2"], ["3"])]
    order = ["SecretsManagerBackend", "EnvironmentVariablesBackend", "MetastoreBackend"]
    assert [row.split()[1] for row in rows] == order
    assert done.stdout.splitlines()[-1].startswith(answers) and shown in done.stdout
    asked = order.index(answers) + 1 if answers in order else 3
    assert ["not asked" not in row for row in rows] == [number < asked for number in range(3)]
    assert ("from Secrets Manager" in done.stdout) == ("--show" in wanted)

"""The stack's life: down leaves nothing running, up finds everything again, Ctrl-C cleans up, two stacks live side by side."""

import os
import signal
import uuid

import pytest

from mwaa_local.ports import is_free
from tests.support.stack import poll


@pytest.mark.slow
def test_two_stacks_run_side_by_side_without_touching_each_other(stack, new_stack):
    other = new_stack(EXECUTOR="local")
    other.up()
    mine, theirs = stack.settings, other.settings
    assert not {mine.web_port, mine.aws_port, mine.postgres_port} & {
        theirs.web_port,
        theirs.aws_port,
        theirs.postgres_port,
    }

    bucket = f"only-here-{uuid.uuid4().hex[:8]}"
    other.client("s3").create_bucket(Bucket=bucket)
    assert bucket not in [b["Name"] for b in stack.client("s3").list_buckets()["Buckets"]]

    done = other.command("demo", timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
    assert other.command("down").returncode == 0
    assert other.what_runs() == []
    stack.wait_until_healthy()


def test_down_leaves_nothing_and_up_finds_everything_again(new_stack, run_id):
    one = new_stack(EXECUTOR="local")
    one.up()
    name = f"kept-{uuid.uuid4().hex[:8]}"
    one.client("s3").create_bucket(Bucket=name)
    one.client("s3").put_object(Bucket=name, Key="a/b", Body=b"kept")
    one.client("secretsmanager").create_secret(Name=name, SecretString="kept")
    one.client("logs").create_log_group(logGroupName=name)
    one.trigger("always_fails", run_id)
    assert one.wait_for_run("always_fails", run_id, 240)["state"] == "failed"
    settings = one.settings

    assert one.command("down").returncode == 0
    assert one.what_runs() == []
    assert all(is_free(port) for port in (settings.web_port, settings.aws_port, settings.postgres_port))
    again = one.command("down")
    assert again.returncode == 1 and "Nothing of this stack is running" in again.stderr

    one.up()
    assert one.client("s3").get_object(Bucket=name, Key="a/b")["Body"].read() == b"kept"
    assert one.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"] == "kept"
    assert name in [g["logGroupName"] for g in one.client("logs").describe_log_groups()["logGroups"]]
    assert one.run_state("always_fails", run_id)["state"] == "failed"
    [glue_run] = one.client("glue").get_job_runs(JobName="always_fails")["JobRuns"]
    assert glue_run["JobRunState"] == "FAILED"

    assert one.command("reset", "--yes").returncode == 0
    assert one.what_runs() == []
    one.up()
    assert name not in [b["Name"] for b in one.client("s3").list_buckets()["Buckets"]]


@pytest.mark.parametrize(
    "role", ["localstack", *(pytest.param(one, marks=pytest.mark.slow) for one in ("postgres", "webserver"))]
)
def test_ctrl_c_while_a_role_starts_leaves_nothing(new_stack, role):
    one = new_stack()
    begun = one.begin("up")
    assert poll(lambda: one.has_begun(role), 60, 0.02)
    os.killpg(begun.pid, signal.SIGINT)
    output, _ = begun.communicate(timeout=90)
    assert begun.returncode == 130, output
    assert "Traceback" not in output
    assert one.what_runs() == []


def test_a_read_only_state_folder_is_one_clear_message(new_stack, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    one = new_stack()
    one.environment["MWAA_STATE"] = str(blocked / "state")
    done = one.command("up")
    assert done.returncode == 1
    assert str(blocked) in done.stderr and "Next:" in done.stderr and "Traceback" not in done.stderr

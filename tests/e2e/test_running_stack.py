"""A running stack: healthy, on loopback only, and clear about what it refuses."""

import socket
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from mwaa_local.airflow import Airflow
from mwaa_local.errors import LocalError
from mwaa_local.ports import free_ports
from tests.support.stack import poll


def test_status_is_healthy(stack):
    stack.wait_until_healthy()
    assert {role["name"] for role in stack.status()["roles"]} == {
        "postgres",
        "localstack",
        "scheduler",
        "worker",
        "webserver",
    }
    assert stack.command("status").returncode == 0


def test_nothing_listens_on_anything_but_loopback(stack):
    addresses, settings = stack.listening(), stack.settings
    assert {settings.web_port, settings.aws_port, settings.postgres_port} <= {port for _, port in addresses}
    assert {ip for ip, _ in addresses} == {"127.0.0.1"}


def test_airflow_is_mwaas_release_with_mwaas_provider(stack):
    assert stack.airflow.run("version").stdout.strip().splitlines()[-1] == "2.2.2"
    providers = stack.airflow.run("providers", "list", "--output", "plain").stdout
    assert ["apache-airflow-providers-amazon", "2.4.0"] in [
        [line.split()[0], line.split()[-1]] for line in providers.splitlines() if line.startswith("apache-")
    ]


def test_a_second_up_is_refused_and_harms_nothing(stack):
    done = stack.command("up")
    assert done.returncode == 1
    assert "up already" in done.stderr and stack.settings.web_url in done.stderr
    stack.wait_until_healthy()


def test_a_taken_port_is_named_with_its_holder_and_nothing_is_started(new_stack):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        web, aws, postgres = taken.getsockname()[1], *free_ports(2)
        other = new_stack(PORTS="fixed", WEB_PORT=str(web), AWS_PORT=str(aws), POSTGRES_PORT=str(postgres))
        done = other.command("up")
    assert done.returncode == 1
    assert f"WEB_PORT={web} is in use by" in done.stderr and "pid" in done.stderr
    assert other.what_runs() == []


def test_the_aws_command_line_talks_to_the_local_account(stack):
    done = stack.command("aws", "glue list-jobs --query JobNames")
    assert done.returncode == 0, done.stderr
    assert "impressions_sessionise" in done.stdout


def test_who_stops_following_a_run_leaves_no_process_behind(stack, run_id):
    following = stack.airflow.follow("impressions", run_id)  # of a run that never begins, and so never ends
    assert next(following)["state"] is None
    assert observers(run_id)
    following.close()
    assert poll(lambda: not observers(run_id), 10)


def observers(run_id):
    """The processes that look at the run, of the host or of containers."""
    found = psutil.process_iter(["cmdline"])
    return [p.info["cmdline"] for p in found if run_id in (p.info["cmdline"] or [])]


def test_a_dag_file_with_a_syntax_error_is_shown_and_the_rest_works_on(stack, project):
    broken = project / "dags" / "broken_dag.py"
    broken.write_text("# airflow dag\ndef broken(:\n")
    try:
        errors = poll(lambda: stack.status()["import_errors"], 120, every=2)
        assert [Path(e["filename"]).name for e in errors] == [broken.name]
        shown = stack.command("status")
        assert shown.returncode == 1
        assert "broken_dag.py" in shown.stdout and "SyntaxError" in shown.stdout
        assert all(role["healthy"] for role in stack.status()["roles"])
        with pytest.raises(LocalError, match=r"cannot read broken_dag\.py: .*SyntaxError"):
            stack.airflow.await_dag("broken_dag")
    finally:
        broken.unlink()
    assert poll(lambda: not stack.status()["import_errors"], 120, every=2)


def test_a_dag_that_does_not_come_is_not_waited_for_for_ever(stack):
    impatient = type(stack.running)(replace(stack.settings, up_timeout=1), stack.env_id)
    with pytest.raises(LocalError, match="has no DAG nowhere, after 1 s"):
        Airflow(impatient).await_dag("nowhere")


def test_a_changed_job_yaml_takes_effect_with_make_seed(stack, project):
    definition = project / "glue" / "show_arguments" / "job.yaml"
    before = definition.read_text()
    definition.write_text(before.replace("Timeout: 5", "Timeout: 7"))
    try:
        assert stack.command("seed").returncode == 0
        assert stack.client("glue").get_job(JobName="show_arguments")["Job"]["Timeout"] == 7
    finally:
        definition.write_text(before)
        stack.command("seed")


@pytest.mark.parametrize(("wrong", "told"), [("Timeoutt: 5", "Timeout"), ("Command: [", "line")])
def test_a_wrong_job_yaml_is_refused_with_file_line_and_field(stack, project, wrong, told):
    definition = project / "glue" / "show_arguments" / "job.yaml"
    before = definition.read_text()
    definition.write_text(before + wrong + "\n")
    try:
        done = stack.command("seed")
    finally:
        definition.write_text(before)
    assert done.returncode == 1
    assert "job.yaml" in done.stderr and told in done.stderr and "Traceback" not in done.stderr

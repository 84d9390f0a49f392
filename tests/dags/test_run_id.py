"""The run id's way through Airflow's own code, on a real database, and the document about it."""

import re
from datetime import datetime
from pathlib import Path

import airflow
import boto3
import pytest
from botocore.exceptions import ParamValidationError
from conftest import ROOT

SITE_PACKAGES = Path(airflow.__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "how-the-run-id-travels.md"
CITATION = re.compile(r"^`(\S+\.py):(\d+)`\n\n```python\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
RUN = "run_glue_job"
SENSOR = "get_glue_job_status"


def citations():
    found = CITATION.findall(DOCUMENT.read_text())
    if len(found) < 20:
        raise pytest.UsageError("{} cites {} places; the pattern has lost them".format(DOCUMENT, len(found)))
    return found


@pytest.mark.parametrize(("path", "line", "quoted"), citations(), ids=lambda value: str(value).split("\n", 1)[0][:60])
def test_a_citation_is_what_stands_in_the_installed_code(path, line, quoted):
    quoted = [text.strip() for text in quoted.split("\n")]
    start = int(line) - 1
    installed = (SITE_PACKAGES / path).read_text().split("\n")[start : start + len(quoted)]
    assert [text.strip() for text in installed] == quoted


def test_every_file_and_line_named_in_the_document_is_one_of_the_citations():
    named = re.findall(r"`\S+\.py:\d+`", DOCUMENT.read_text())
    assert named == ["`{}:{}`".format(path, line) for path, line, _ in citations()]


@pytest.fixture
def walk(new_run, task_instance):
    """(operator's and sensor's task instance) of a run of run_id_walkthrough."""
    run = new_run("run_id_walkthrough")
    return [task_instance(run, "show_arguments." + name) for name in (RUN, SENSOR)]


def test_the_sensor_is_rendered_with_the_id_that_the_operators_task_instance_has_pushed(walk):
    from airflow.models import XCom
    from airflow.utils.session import create_session

    operator, sensor = walk
    operator.task.execute = lambda context: "jr_0123"
    operator.task.prepare_for_execution = lambda: operator.task
    operator._execute_task(operator.get_template_context(), operator.task)
    with create_session() as session:
        rows = session.query(XCom.task_id, XCom.key, XCom.value).all()
    assert rows == [("show_arguments.run_glue_job", "return_value", b'"jr_0123"')]
    sensor.render_templates()
    assert sensor.task.run_id == "jr_0123"
    assert sensor.task.job_name == "show_arguments"


def test_without_an_xcom_the_run_id_becomes_none_and_botocore_refuses_it(walk):
    _, sensor = walk
    sensor.render_templates()
    assert sensor.task.run_id is None
    with pytest.raises(ParamValidationError, match="Invalid type for parameter RunId, value: None"):
        boto3.client("glue").get_job_run(JobName="show_arguments", RunId=sensor.task.run_id)


def test_an_item_of_the_output_is_another_key_so_it_is_none(walk):
    operator, sensor = walk
    operator.xcom_push("return_value", "jr_0123")
    sensor.task.run_id = sensor.task.run_id["JobRunId"]
    sensor.render_templates()
    assert sensor.task.run_id is None


def test_the_output_in_a_text_renders_but_makes_no_dependency():
    from airflow import DAG
    from airflow.operators.bash import BashOperator

    with DAG("any", start_date=datetime(2023, 4, 1)):
        first = BashOperator(task_id="first", bash_command="true")
        text = BashOperator(task_id="text", bash_command="echo {}".format(first.output))
        real = BashOperator(task_id="real", bash_command=first.output)
    assert "task_instance.xcom_pull(task_ids='first'" in text.bash_command
    assert text.upstream_task_ids == set()
    assert real.upstream_task_ids == {"first"}


def test_glue_refuses_numbers_as_arguments_and_rendering_leaves_them_numbers(walk):
    operator, _ = walk
    operator.task.script_args = {"--limit": 5}
    operator.render_templates()
    assert operator.task.script_args == {"--limit": 5}
    with pytest.raises(ParamValidationError, match=r"Arguments\.--limit, value: 5"):
        boto3.client("glue").start_job_run(JobName="a", Arguments=operator.task.script_args)


def test_a_job_cannot_be_created_with_the_operators_default_retry_limit():
    from airflow.providers.amazon.aws.operators.glue import AwsGlueJobOperator

    limit = AwsGlueJobOperator(task_id="a").retry_limit
    with pytest.raises(ParamValidationError, match="MaxRetries, value: None"):
        boto3.client("glue").create_job(Name="a", Role="r", Command={"Name": "glueetl"}, MaxRetries=limit)


@pytest.mark.parametrize(
    ("trigger", "target_date"),
    [
        (("impressions", "2023-05-01"), "2023-04-30T00:00:00+00:00"),
        (("impressions", "2023-05-02"), "2023-05-01T00:00:00+00:00"),
        (("impressions", "2023-05-02T12:00"), "2023-05-02T00:00:00+00:00"),
        (("impressions_lost_worker", "2023-05-02T12:00"), "2023-05-02T00:00:00+00:00"),
        (("impressions_lost_worker", "2024-01-01", {"target_date": "2023-05-01"}), "2023-05-01"),
    ],
)
def test_a_run_triggered_for_a_date_hands_the_end_of_its_interval_to_glue(new_run, task_instance, trigger, target_date):
    run = new_run(*trigger)
    for job, source in (("impressions_sessionise", "raw"), ("impressions_daily_aggregate", "processed")):
        ti = task_instance(run, "{}.{}".format(job, RUN))
        ti.render_templates()
        assert ti.task.script_args == {
            "--target_date": target_date,
            "--s3_input_bucket": "impressions-" + source,
            "--s3_output_bucket": "impressions-processed",
        }


def test_airflow_variables_choose_the_buckets(new_run, task_instance):
    from airflow.models import Variable

    run = new_run("impressions")
    Variable.set("impressions_raw_bucket", "acme-raw")
    Variable.set("impressions_processed_bucket", "acme-processed")
    try:
        ti = task_instance(run, "impressions_sessionise." + RUN)
        ti.render_templates()
    finally:
        Variable.delete("impressions_raw_bucket")
        Variable.delete("impressions_processed_bucket")
    assert ti.task.script_args["--s3_input_bucket"] == "acme-raw"
    assert ti.task.script_args["--s3_output_bucket"] == "acme-processed"

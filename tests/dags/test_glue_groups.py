"""The task group of a Glue job: its two tasks, how they are wired, and that it fits the job it starts."""

import ast

import pytest
import yaml
from conftest import ROOT

GLUE_DAGS = {
    "impressions": ["impressions_sessionise", "impressions_daily_aggregate"],
    "impressions_lost_worker": ["impressions_sessionise", "impressions_daily_aggregate"],
    "impressions_spark": ["impressions_spark_events", "impressions_spark_sessionise", "impressions_spark_report"],
    "run_id_walkthrough": ["show_arguments"],
}
GROUPS = [(dag_id, job) for dag_id, jobs in sorted(GLUE_DAGS.items()) for job in jobs]
BOTH = pytest.mark.parametrize(("dag_id", "job"), GROUPS)


@pytest.fixture
def pair(dag_bag):
    """pair(dag_id, job): the operator and the sensor of one group."""

    def find(dag_id, job):
        dag = dag_bag.dags[dag_id]
        return dag.get_task(job + ".run_glue_job"), dag.get_task(job + ".get_glue_job_status")

    return find


def options_of(job):
    """What the job's script asks getResolvedOptions for, read from its source. AWS gives JOB_NAME to Spark jobs itself."""
    tree = ast.parse((ROOT / "glue" / job / "script.py").read_text())
    asked = [
        call.args[1]
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "getResolvedOptions"
    ]
    assert len(asked) == 1, "{} asks {} times".format(job, len(asked))
    return set(ast.literal_eval(asked[0])) - {"JOB_NAME"}


def test_every_glue_task_of_every_dag_is_covered_here(dag_bag):
    found = {
        (dag.dag_id, task.job_name) for dag in dag_bag.dags.values() for task in dag.tasks if hasattr(task, "job_name")
    }
    assert found == set(GROUPS)


@BOTH
def test_a_group_is_named_after_its_job_and_holds_the_two_tasks(dag_bag, dag_id, job):
    group = dag_bag.dags[dag_id].task_group.children[job]
    assert list(group.children) == [job + ".run_glue_job", job + ".get_glue_job_status"]


@BOTH
def test_a_group_is_made_of_the_providers_own_classes(pair, dag_id, job):
    from airflow.providers.amazon.aws.operators.glue import AwsGlueJobOperator
    from airflow.providers.amazon.aws.sensors.glue import AwsGlueJobSensor

    operator, sensor = pair(dag_id, job)
    assert type(operator) is AwsGlueJobOperator and type(sensor) is AwsGlueJobSensor
    assert operator.job_name == sensor.job_name == job


@BOTH
def test_the_sensors_run_id_is_what_the_operator_will_return_and_that_alone_makes_the_dependency(pair, dag_id, job):
    from airflow.models.xcom_arg import XComArg

    operator, sensor = pair(dag_id, job)
    assert isinstance(sensor.run_id, XComArg)
    assert sensor.run_id.operator is operator and sensor.run_id.key == "return_value"
    assert sensor.upstream_task_ids == {operator.task_id}
    source = ast.parse((ROOT / "dags" / "common" / "glue.py").read_text())
    assert not [node for node in ast.walk(source) if isinstance(node, (ast.RShift, ast.LShift))]


@BOTH
def test_the_operator_gets_a_retry_limit_and_only_strings_for_glue(pair, dag_id, job):
    operator, _ = pair(dag_id, job)
    assert operator.retry_limit == 1
    assert all(isinstance(part, str) for item in operator.script_args.items() for part in item)


@BOTH
def test_the_script_gets_exactly_the_arguments_it_asks_for(pair, dag_id, job):
    operator, _ = pair(dag_id, job)
    assert set(operator.script_args) == {"--" + name for name in options_of(job)}


@BOTH
def test_the_job_exists_and_leaves_retries_to_airflow(dag_id, job):
    definition = yaml.safe_load((ROOT / "glue" / job / "job.yaml").read_text())
    assert definition.get("Name", job) == job
    assert definition["MaxRetries"] == 0
    assert definition["ExecutionProperty"]["MaxConcurrentRuns"] > 1


@pytest.mark.parametrize("dag_id", ["impressions", "impressions_lost_worker"])
def test_the_second_job_starts_after_the_first_has_succeeded(dag_bag, dag_id):
    second = dag_bag.dags[dag_id].get_task("impressions_daily_aggregate.run_glue_job")
    assert second.upstream_task_ids == {"impressions_sessionise.get_glue_job_status"}
    assert second.trigger_rule == "all_success"


def test_the_spark_sample_crawls_what_was_sessionised_and_reports_what_was_crawled(dag_bag):
    dag = dag_bag.dags["impressions_spark"]
    assert dag.get_task("crawl").upstream_task_ids == {"impressions_spark_sessionise.get_glue_job_status"}
    assert dag.get_task("impressions_spark_report.run_glue_job").upstream_task_ids == {"crawl"}
    assert dag.get_task("impressions_spark_sessionise.run_glue_job").upstream_task_ids == {
        "impressions_spark_events.get_glue_job_status"
    }
    assert dag.max_active_runs == 1, "a crawler runs once at a time"


def test_the_crawler_is_made_of_the_providers_own_operator_and_its_config_is_rendered(new_run, task_instance):
    from airflow.models import Variable
    from airflow.providers.amazon.aws.operators.glue_crawler import AwsGlueCrawlerOperator

    Variable.set("impressions_processed_bucket", "elsewhere")
    crawl = task_instance(new_run("impressions_spark"), "crawl")
    crawl.render_templates()
    assert type(crawl.task).execute is AwsGlueCrawlerOperator.execute
    paths = [target["Path"] for target in crawl.task.config["Targets"]["S3Targets"]]
    assert paths == ["s3://elsewhere/spark/sessionised", "s3://elsewhere/spark/rejected"]
    assert crawl.task.config["Role"] == "AWSGlueServiceRole-impressions"


def test_the_spark_jobs_are_spark_jobs_of_one_version():
    for job in ("impressions_spark_sessionise", "impressions_spark_report"):
        definition = yaml.safe_load((ROOT / "glue" / job / "job.yaml").read_text())
        assert definition["Command"] == {"Name": "glueetl", "PythonVersion": "3"}
        assert definition["GlueVersion"] == "4.0"


@pytest.mark.parametrize(("dag_id", "waits"), [("impressions", True), ("impressions_lost_worker", False)])
def test_only_the_lost_worker_dag_leaves_the_waiting_to_the_sensor(pair, dag_id, waits):
    for job in GLUE_DAGS[dag_id]:
        operator, sensor = pair(dag_id, job)
        assert operator.wait_for_completion is waits
        assert sensor.mode == "reschedule" and sensor.reschedule
        assert sensor.timeout > sensor.poke_interval


def test_other_keyword_arguments_reach_the_operator_and_the_sensor_asks_the_same_account():
    from datetime import datetime

    from airflow import DAG

    from common.glue import create_glue_job_task_group

    with DAG("any", start_date=datetime(2023, 4, 1)) as dag:
        create_glue_job_task_group(
            job_name="a_job",
            script_args={},
            retry_limit=0,
            aws_conn_id="other_account",
            run_job_kwargs={"Timeout": 5},
        )
    operator, sensor = dag.get_task("a_job.run_glue_job"), dag.get_task("a_job.get_glue_job_status")
    assert operator.run_job_kwargs == {"Timeout": 5}
    assert operator.aws_conn_id == sensor.aws_conn_id == "other_account"


def test_a_job_name_and_arguments_are_given_by_name_only():
    from common.glue import create_glue_job_task_group

    with pytest.raises(TypeError):
        create_glue_job_task_group("a_job", {})

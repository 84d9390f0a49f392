"""AWS Glue from an Airflow DAG: run a job and know how it ended, run a crawler.

Works unchanged with Amazon MWAA 2.2.2 (apache-airflow-providers-amazon 2.4.0).
"""

from datetime import timedelta
from typing import Any, Dict

from airflow.providers.amazon.aws.operators.glue import AwsGlueJobOperator
from airflow.providers.amazon.aws.operators.glue_crawler import AwsGlueCrawlerOperator
from airflow.providers.amazon.aws.sensors.glue import AwsGlueJobSensor
from airflow.utils.task_group import TaskGroup


def create_glue_job_task_group(*, job_name: str, script_args: Dict[str, str], **kwargs: Any) -> TaskGroup:
    """
    A task group named after the job, of two tasks: run_glue_job starts a run of the job and returns its run id,
    get_glue_job_status succeeds only if that very run ended in SUCCEEDED.

    :param job_name: name of a job that exists in AWS Glue. (Were it missing, the operator would try to create it,
        always as a Spark job, "glueetl".)
    :param script_args: the arguments of the run, {"--name": "value"}, templated. Glue takes strings only: an int or
        None fails botocore's parameter validation.
    :param kwargs: passed to AwsGlueJobOperator; for example retry_limit=1, wait_for_completion=False, aws_conn_id=...
    """
    with TaskGroup(group_id=job_name) as group:
        run_glue_job = AwsGlueJobOperator(
            task_id="run_glue_job",
            job_name=job_name,
            script_args=script_args,
            **kwargs,
        )
        # .output stands for what run_glue_job will have returned: the run id, a string. Giving it to a template field
        # also makes run_glue_job the upstream task, so there is no >> here.
        #
        # With wait_for_completion (the default) run_glue_job has waited already and fails on FAILED and TIMEOUT. The
        # sensor is still needed: the operator ends green on a run that somebody STOPPED, the sensor does not.
        # Without it the sensor does all the waiting. "reschedule" gives the worker's slot back between two looks.
        AwsGlueJobSensor(
            task_id="get_glue_job_status",
            job_name=job_name,
            run_id=run_glue_job.output,
            aws_conn_id=run_glue_job.aws_conn_id,
            mode="reschedule",
            poke_interval=15,
            timeout=timedelta(hours=2).total_seconds(),
        )
    return group


class GlueCrawlerOperator(AwsGlueCrawlerOperator):
    """
    Makes or updates a crawler, runs it and waits for its end. Provider 2.4.0 does not template the crawler's `config`
    (later ones do); here it may hold templates, such as a bucket's name from a variable.
    """

    template_fields = ("config",)

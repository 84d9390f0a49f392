"""
### How the run id travels

Starts a tiny Glue job the usual way, then looks at every place its run id has passed, and fails if one of them differs:

1. XCom: what `run_glue_job` returned
2. the sensor's `run_id`, a template field, as it was rendered before the sensor ran
3. Glue's own list of runs

The text with files and lines: docs/how-the-run-id-travels.md.
"""

from datetime import datetime

from airflow import DAG
from airflow.exceptions import AirflowException
from airflow.models.renderedtifields import RenderedTaskInstanceFields
from airflow.operators.python import PythonOperator
from airflow.providers.amazon.aws.hooks.glue import AwsGlueJobHook

from common.glue import create_glue_job_task_group

JOB_NAME = "show_arguments"


def compare_run_ids(dag_run, ti, **_):
    """Logs the run id at each step of its way; raises AirflowException unless all are the same."""
    sensor = dag_run.get_task_instance(f"{JOB_NAME}.get_glue_job_status")
    runs = AwsGlueJobHook().get_conn().get_job_runs(JobName=JOB_NAME)["JobRuns"]

    returned = ti.xcom_pull(task_ids=f"{JOB_NAME}.run_glue_job")
    rendered = (RenderedTaskInstanceFields.get_templated_fields(sensor) or {}).get("run_id")
    known_to_glue = next((run["Id"] for run in runs if run["Id"] == returned), None)

    ti.log.info("1. XCom return_value of run_glue_job: %s", returned)
    ti.log.info("2. rendered run_id of the sensor:     %s", rendered)
    ti.log.info("3. among the runs Glue knows:         %s", known_to_glue)
    if not returned or not returned == rendered == known_to_glue:
        raise AirflowException(f"The run id changed on its way: {returned} -> {rendered} -> {known_to_glue}")
    return returned


with DAG(
    dag_id="run_id_walkthrough",
    description="Follows a Glue run id from StartJobRun to GetJobRun",
    doc_md=__doc__,
    schedule_interval=None,
    start_date=datetime(2023, 4, 1),
    catchup=False,
    default_args={"owner": "data-platform", "retries": 0},
    tags=["sample", "glue"],
) as dag:
    show_arguments = create_glue_job_task_group(
        job_name=JOB_NAME,
        script_args={"--target_date": "{{ data_interval_end }}", "--greeting": "Hello from {{ run_id }}"},
        retry_limit=1,
    )
    show_arguments >> PythonOperator(task_id="compare_run_ids", python_callable=compare_run_ids)

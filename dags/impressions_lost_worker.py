"""
### Impressions, when a worker is lost

The same two jobs as in `impressions`, written so that the loss of an Airflow worker (scale-in, out of memory, an update
of the environment) does not matter:

* `wait_for_completion=False`: `run_glue_job` only starts the run, stores its id in XCom, and is done within a second
  or two. In `impressions` it waits as long as the job runs: lose the worker then, and Airflow's retry starts a *second*
  run of the job while the first one is still at work.
* `get_glue_job_status` waits, looking for a moment every 15 s (`mode="reschedule"`). Lose a worker, and the next look,
  on any other worker, asks for the same run id.

What remains is the moment between StartJobRun and the row in XCom: milliseconds instead of the length of the job. The
jobs replace their partitions, so that even then nothing is counted twice.

The sensor's retries only look again. They cannot turn a failed job green: for that, clear the whole task group, which
starts a new run.

A certain day: `airflow dags trigger -c '{"target_date": "2023-05-01"}' impressions_lost_worker`.
"""

from datetime import datetime, timedelta

from airflow import DAG

from common.glue import create_glue_job_task_group

RAW_BUCKET = "{{ var.value.get('impressions_raw_bucket', 'impressions-raw') }}"
PROCESSED_BUCKET = "{{ var.value.get('impressions_processed_bucket', 'impressions-processed') }}"
# A run triggered with {"target_date": ...} processes that day, every other run the day before data_interval_end.
TARGET_DATE = "{{ dag_run.conf.get('target_date') or data_interval_end }}"

with DAG(
    dag_id="impressions_lost_worker",
    description="The same Glue jobs, in the form that survives the loss of a worker",
    doc_md=__doc__,
    schedule_interval="@daily",
    start_date=datetime(2023, 4, 1),
    catchup=False,
    default_args={"owner": "data-platform", "retries": 3, "retry_delay": timedelta(seconds=30)},
    tags=["sample", "glue"],
) as dag:
    sessionise = create_glue_job_task_group(
        job_name="impressions_sessionise",
        script_args={
            "--target_date": TARGET_DATE,
            "--s3_input_bucket": RAW_BUCKET,
            "--s3_output_bucket": PROCESSED_BUCKET,
        },
        retry_limit=1,
        wait_for_completion=False,
    )
    aggregate = create_glue_job_task_group(
        job_name="impressions_daily_aggregate",
        script_args={
            "--target_date": TARGET_DATE,
            "--s3_input_bucket": PROCESSED_BUCKET,
            "--s3_output_bucket": PROCESSED_BUCKET,
        },
        retry_limit=1,
        wait_for_completion=False,
    )

    sessionise >> aggregate

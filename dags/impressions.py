"""
### Impressions, every day

Two Glue jobs in a row on the impression events of one day:

1. `impressions_sessionise`: raw events -> valid events with a session each; what was rejected is kept with its reason
2. `impressions_daily_aggregate`: those -> one row per campaign, publisher and country

The day is the one that ends at `data_interval_end`. A run at its regular time processes the day before. A run triggered
by hand for any moment of a day (`airflow dags trigger -e 2023-05-02T12:00:00 impressions`) processes the last full day
before it, 2023-05-01. For *exactly* midnight, Airflow 2.2.2 goes back one day more: `-e 2023-05-02` means 2023-04-30.

Buckets come from the Airflow variables `impressions_raw_bucket` and `impressions_processed_bucket`; their defaults are
`impressions-raw` and `impressions-processed`.
"""

from datetime import datetime, timedelta

from airflow import DAG

from common.glue import create_glue_job_task_group

# Templates: read when a task runs. Variable.get() here would be a query every time the scheduler reads this file.
RAW_BUCKET = "{{ var.value.get('impressions_raw_bucket', 'impressions-raw') }}"
PROCESSED_BUCKET = "{{ var.value.get('impressions_processed_bucket', 'impressions-processed') }}"

with DAG(
    dag_id="impressions",
    description="Raw impression events -> sessions -> daily numbers, by two Glue jobs",
    doc_md=__doc__,
    schedule_interval="@daily",
    start_date=datetime(2023, 4, 1),
    catchup=False,
    default_args={"owner": "data-platform", "retries": 1, "retry_delay": timedelta(minutes=1)},
    tags=["sample", "glue"],
) as dag:
    sessionise = create_glue_job_task_group(
        job_name="impressions_sessionise",
        script_args={
            "--target_date": "{{ data_interval_end }}",
            "--s3_input_bucket": RAW_BUCKET,
            "--s3_output_bucket": PROCESSED_BUCKET,
        },
        retry_limit=1,
    )
    aggregate = create_glue_job_task_group(
        job_name="impressions_daily_aggregate",
        script_args={
            "--target_date": "{{ data_interval_end }}",
            "--s3_input_bucket": PROCESSED_BUCKET,
            "--s3_output_bucket": PROCESSED_BUCKET,
        },
        retry_limit=1,
    )

    sessionise >> aggregate

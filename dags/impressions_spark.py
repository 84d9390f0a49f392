"""
### Impressions with Spark, and the Data Catalog

Three days of impression events, 100,000 a day, by Spark jobs and a crawler:

1. `impressions_spark_events`: stands in for the ad servers and makes their events (a Python shell job)
2. `impressions_spark_sessionise`: raw events -> valid events with a session each, and rejected lines, as Parquet by day (Spark)
3. `crawl`: finds both in S3 and makes them tables of the Data Catalog, `sessionised` and `rejected`
4. `impressions_spark_report`: reads the tables with SQL, fails if not all is there, and writes a report (Spark)

The last of the days is the one before `data_interval_end`, or that of
`airflow dags trigger -c '{"target_date": "2023-05-01"}' impressions_spark`. A second run for the same days replaces them.

Buckets come from the Airflow variables `impressions_raw_bucket` and `impressions_processed_bucket`, as in `impressions`; the
crawler's role from `impressions_crawler_role`.
"""

from datetime import datetime, timedelta

from airflow import DAG

from common.glue import GlueCrawlerOperator, create_glue_job_task_group

RAW_BUCKET = "{{ var.value.get('impressions_raw_bucket', 'impressions-raw') }}"
PROCESSED_BUCKET = "{{ var.value.get('impressions_processed_bucket', 'impressions-processed') }}"
CRAWLER_ROLE = "{{ var.value.get('impressions_crawler_role', 'AWSGlueServiceRole-impressions') }}"
DATABASE = "impressions_spark"
DAYS = {"--target_date": "{{ dag_run.conf.get('target_date') or data_interval_end }}", "--days": "3"}

with DAG(
    dag_id="impressions_spark",
    description="Raw impression events -> sessions by Spark -> tables by a crawler -> a report by SQL",
    doc_md=__doc__,
    schedule_interval=None,
    start_date=datetime(2023, 4, 1),
    catchup=False,
    max_active_runs=1,  # a crawler runs once at a time
    default_args={"owner": "data-platform", "retries": 1, "retry_delay": timedelta(minutes=1)},
    tags=["sample", "glue", "spark"],
) as dag:
    events = create_glue_job_task_group(
        job_name="impressions_spark_events",
        script_args={**DAYS, "--s3_output_bucket": RAW_BUCKET},
        retry_limit=1,
    )
    sessionise = create_glue_job_task_group(
        job_name="impressions_spark_sessionise",
        script_args={**DAYS, "--s3_input_bucket": RAW_BUCKET, "--s3_output_bucket": PROCESSED_BUCKET},
        retry_limit=1,
    )
    crawl = GlueCrawlerOperator(
        task_id="crawl",
        config={
            "Name": "impressions_spark",
            "Role": CRAWLER_ROLE,
            "DatabaseName": DATABASE,
            "Targets": {
                "S3Targets": [
                    {"Path": "s3://{}/spark/{}".format(PROCESSED_BUCKET, name)} for name in ("sessionised", "rejected")
                ]
            },
        },
    )
    report = create_glue_job_task_group(
        job_name="impressions_spark_report",
        script_args={
            **DAYS,
            "--database": DATABASE,
            "--s3_input_bucket": RAW_BUCKET,
            "--s3_output_bucket": PROCESSED_BUCKET,
        },
        retry_limit=1,
    )

    events >> sessionise >> crawl >> report

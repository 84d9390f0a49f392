"""DAG tests and `make run`: Airflow's own code on a throw-away database, without a scheduler (Python 3.7, Airflow 2.2.2).

project      the folders under test: dags/, glue/, seed.yaml
environment  what Airflow must find in os.environ before it is imported
database     an SQLite file per process, copied from a migrated template
parsing      reads DAG files in child processes, which may hang, exit or crash (reader: those processes)
run          one DAG run in this process; waiting: its clock; mocks: tasks that are replaced; verdict: what came out
templates    every template of a DAG, rendered with a real context
checks       ready-made integrity checks
plugin       all of it as pytest fixtures
__main__     all of it as `make run`

Tests on a stack that runs, with its scheduler:
end_to_end   the plugin's part for them
remote       the stack's Airflow, asked through one process (mwaa_airflow.attendant)
deployed     a DAG in the stack for the time of a test; shared_use: by several tests at once
live_run     a run there; s3_client: what it has written; attachments: what a failed test leaves
"""

# expect: ok
# in Airflow 2.2.2: no DAG
BUCKET = "b"

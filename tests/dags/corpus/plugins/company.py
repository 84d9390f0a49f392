# expect: ok
from airflow.plugins_manager import AirflowPlugin


class Company(AirflowPlugin):
    name = "company"
    macros = [len]

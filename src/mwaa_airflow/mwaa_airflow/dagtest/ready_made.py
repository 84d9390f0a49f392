"""The ready-made checks as a test module of their own, for a project that has none: `make watch` runs it."""

from mwaa_airflow.dagtest.checks import test_dag_file  # noqa: F401

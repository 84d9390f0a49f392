"""Ready-made integrity checks of DAG files. In a test module of the user's:

    from mwaa_airflow.dagtest.checks import test_dag_file  # noqa: F401

makes one test per check and file. Each check can be switched off (plugin: mwaa_checks_off), for all or for one DAG.

registry   what a check is, and the list of them
reading    what the file does while it is read
structure  cycles, ids, policy, dates, schedules, operators, templates, XComs
glue       jobs and their arguments
seeded     pools, queues, variables, connections
"""

from typing import Any

from mwaa_airflow.dagtest.checks import glue, reading, seeded, structure  # noqa: F401  they register
from mwaa_airflow.dagtest.checks.registry import CHECKS, Check, Subject  # noqa: F401


def test_dag_file(dag_check: Any) -> None:
    """One check on one DAG file."""
    problems = dag_check()
    if problems:
        import pytest

        pytest.fail("\n".join(problems), pytrace=False)

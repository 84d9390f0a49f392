"""Names that a DAG takes for granted: pools, queues, variables, connections. What is missing is reported by name."""

import ast
import os
from typing import Any, Iterator, Set

from mwaa_airflow.dagtest.checks.registry import Problem, Subject, check


@check("its pools exist")
def pools(subject: Subject) -> Iterator[Problem]:
    for dag in subject.dags:
        for task in dag.tasks:
            if task.pool not in subject.project.pools:
                yield dag.dag_id, "{}: there is no pool {!r}; it would stay scheduled".format(task.task_id, task.pool)


@check("its queue is the environment's: MWAA has no other")
def queues(subject: Subject) -> Iterator[Problem]:
    from airflow.configuration import conf

    default = conf.get("operators", "default_queue")
    for dag in subject.dags:
        for task in dag.tasks:
            if task.queue != default:
                yield dag.dag_id, "{}: queue={!r}; MWAA fails it without a log".format(task.task_id, task.queue)


@check("its variables are in seed.yaml (or given by AIRFLOW_VAR_, or declared external)")
def variables(subject: Subject) -> Iterator[Problem]:
    known = set(subject.project.seed()["variables"]) | subject.project.external
    for dag in subject.dags:
        wanted = set(subject.render(dag).missing["variable"]) | _looked_up(subject, "Variable")
        for name in sorted(wanted - known):
            if "AIRFLOW_VAR_" + name.upper() not in os.environ:
                yield dag.dag_id, "the variable {!r} is nowhere; its place is seed.yaml".format(name)


@check("its connections are in seed.yaml (or Airflow's own, or given by AIRFLOW_CONN_, or declared external)")
def connections(subject: Subject) -> Iterator[Problem]:
    known = set(subject.project.seed()["connections"]) | subject.project.external
    for dag in subject.dags:
        wanted = {(task.task_id, conn_id) for task in dag.tasks for conn_id in _conn_ids(task)}
        wanted |= {("a template", conn_id) for conn_id in subject.render(dag).missing["connection"]}
        for task_id, conn_id in sorted(wanted):
            if conn_id not in known and not _exists(conn_id):
                yield dag.dag_id, "{}: the connection {!r} is nowhere; its place is seed.yaml".format(task_id, conn_id)


def _conn_ids(task: Any) -> Set[str]:
    found = {value for name, value in vars(task).items() if name.endswith("conn_id") and isinstance(value, str)}
    return {value for value in found if value and "{{" not in value}


def _exists(conn_id: str) -> bool:
    from airflow.exceptions import AirflowNotFoundException
    from airflow.models import Connection

    try:
        return Connection.get_connection_from_secrets(conn_id) is not None
    except AirflowNotFoundException:
        return False


def _looked_up(subject: Subject, owner: str) -> Set[str]:
    """Names in calls such as Variable.get("name") without a default, anywhere in the file."""
    try:
        tree = ast.parse(subject.file.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError, ValueError):
        return set()
    found = set()
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        is_get = call.func.attr == "get" and getattr(call.func.value, "id", "") == owner
        literal = call.args[0].s if call.args and isinstance(call.args[0], ast.Str) else None
        optional = len(call.args) > 1 or any(keyword.arg == "default_var" for keyword in call.keywords)
        if is_get and literal and not optional:
            found.add(literal)
    return found

"""A DAG as such: ids, policy, dates, schedule, operators, templates, XComs."""

import inspect
import re
from typing import Any, Dict, Iterator, List

from mwaa_airflow.dagtest.checks.registry import Problem, Subject, check
from mwaa_airflow.dagtest.reader import moving_start_dates
from mwaa_airflow.dagtest.templates import texts

XCOM_PULL = re.compile(r"xcom_pull\(\s*(?:task_ids\s*=\s*)?(\[[^\]]*\]|\(?['\"][^'\"]+['\"])")


@check("no task depends on itself")
def no_cycles(subject: Subject) -> Iterator[Problem]:
    from airflow.exceptions import AirflowDagCycleException
    from airflow.utils.dag_cycle_tester import check_cycle

    for dag in subject.dags:
        try:
            check_cycle(dag)
        except AirflowDagCycleException as error:
            yield dag.dag_id, str(error)


@check("its DAG ids are in no other file")
def unique_ids(subject: Subject) -> Iterator[Problem]:
    for other, report in subject.all_reports.items():
        if other != subject.file:
            for dag_id in sorted(set(report.dags) & set(subject.report.dags)):
                yield dag_id, "is in {}, too: one of the two hides the other".format(subject.project.name_of(other))


@check("every task has an owner who is not the default")
def owners(subject: Subject) -> Iterator[Problem]:
    for dag in subject.dags:
        ownerless = [task.task_id for task in dag.tasks if task.owner.strip().lower() in subject.policy.no_owners]
        if ownerless:
            yield dag.dag_id, "tasks without an owner: {}".format(", ".join(ownerless[:10]))


@check("it has tags")
def tags(subject: Subject) -> Iterator[Problem]:
    for dag in subject.dags:
        if not dag.tags:
            yield dag.dag_id, "has no tags"


@check("retries are set on purpose, in default_args or for each task, and are not too many")
def retries(subject: Subject) -> Iterator[Problem]:
    for dag in subject.dags:
        for task in dag.tasks:
            most = subject.policy.most_retries
            if "retries" not in (dag.default_args or {}) and not task.retries and not task.inherits_from_dummy_operator:
                yield dag.dag_id, "{} has no retries, and default_args do not say so".format(task.task_id)
            elif task.retries > most:
                yield dag.dag_id, "{} has {} retries, more than {}".format(task.task_id, task.retries, most)


@check("start_date does not move with the clock, and there is one")
def start_date_static(subject: Subject) -> Iterator[Problem]:
    for what, where in subject.report.moving:
        yield "", "a date moves with the clock: {} at {}".format(what, where)
    try:
        for line, name in moving_start_dates(subject.file.read_text(encoding="utf-8")):
            yield "", "start_date is made with {} in line {}: no schedule ever comes due".format(name, line)
    except (UnicodeDecodeError, SyntaxError):
        pass  # a zip
    for dag in subject.dags:
        before = subject.report.dags.get(dag.dag_id, {}).get("start_dates")
        now = sorted({str(task.start_date) for task in dag.tasks} | {str(dag.start_date)})[:50]
        if before is not None and before != now:
            yield dag.dag_id, "read twice, its start dates differ: {} and {}".format(before[:3], now[:3])
        if any(task.start_date is None for task in dag.tasks):
            yield dag.dag_id, "has no start_date"


@check("its schedule parses and comes due")
def schedule_parses(subject: Subject) -> Iterator[Problem]:
    for dag in subject.dags:
        if dag.schedule_interval is None:
            continue
        try:
            dag.timetable.validate()
            if dag.start_date and not dag.end_date and dag.next_dagrun_info(None) is None:
                yield dag.dag_id, "its schedule {} never comes due".format(dag.schedule_interval)
        except Exception as error:
            yield dag.dag_id, "its schedule {!r} cannot be used: {}".format(dag.schedule_interval, error)


@check("task ids are plain, and every template renders with a real context")
def templates(subject: Subject) -> Iterator[Problem]:
    for dag in subject.dags:
        for task in dag.tasks:
            if "{" in task.task_id:
                yield dag.dag_id, "the task id {!r} is never rendered".format(task.task_id)
        for problem in subject.render(dag).problems:
            yield dag.dag_id, problem


@check("operators and sensors are given what the installed provider (MWAA: 2.4.0) takes")
def operators_legal(subject: Subject) -> Iterator[Problem]:
    for dag in subject.dags:
        for task in dag.tasks:
            for problem in [*_mistyped(task), *_sensor(task)]:
                yield dag.dag_id, "{} ({}): {}".format(task.task_id, type(task).__name__, problem)


def _sensor(task: Any) -> Iterator[str]:
    from airflow.sensors.base import BaseSensorOperator

    if not isinstance(task, BaseSensorOperator):
        return
    if task.poke_interval > task.timeout:
        yield "poke_interval {:g} s is longer than timeout {:g} s".format(task.poke_interval, task.timeout)
    # the worker's slot is taken for all the time that a sensor in mode poke waits
    if task.mode == "poke" and task.execution_timeout and task.execution_timeout.total_seconds() < task.timeout:
        yield "execution_timeout ends it before its timeout does"


def _mistyped(task: Any) -> Iterator[str]:
    """Values that are not of the plain type that the operator's own signature names; a template is a text first."""
    from airflow.models.xcom_arg import XComArg

    plain: Dict[Any, Any] = {str: str, bool: bool, int: int, float: (int, float), dict: dict, list: (list, tuple)}
    if not type(task).__module__.startswith("airflow.providers.amazon"):
        return
    try:
        signature = inspect.signature(type(task).__init__)
    except (TypeError, ValueError):
        return
    for name, parameter in signature.parameters.items():
        value, wanted = getattr(task, name, None), parameter.annotation
        inner = [t for t in getattr(wanted, "__args__", ()) or () if t is not type(None)]
        if getattr(wanted, "__origin__", None) is not None and len(inner) == 1:
            wanted = inner[0]
        if value is None or isinstance(value, XComArg) or wanted not in plain or value == parameter.default:
            continue
        if not isinstance(value, plain[wanted]) or (wanted in (int, float) and isinstance(value, bool)):
            yield "{}={!r} is no {}".format(name, value, wanted.__name__)


@check("what a task takes from another (XComArg, xcom_pull) is upstream of it and is pushed")
def xcom_wiring(subject: Subject) -> Iterator[Problem]:
    for dag in subject.dags:
        for task in dag.tasks:
            upstream = {one.task_id for one in task.get_flat_relatives(upstream=True)}
            for source, how in _sources(task):
                if not dag.has_task(source):
                    yield dag.dag_id, "{} takes {} of {}, which is no task of it".format(task.task_id, how, source)
                elif source not in upstream:
                    yield dag.dag_id, "{} takes {} of {}, which is not upstream".format(task.task_id, how, source)
                elif not dag.get_task(source).do_xcom_push:
                    yield dag.dag_id, "{} takes {} of {}, which pushes none".format(task.task_id, how, source)


def _sources(task: Any) -> Iterator[Any]:
    for field in task.template_fields:
        value = getattr(task, field, None)
        for arg in _xcom_args(value):
            yield arg.operator.task_id, "the XCom {}".format(arg.key)
        for text in texts(value):
            for match in XCOM_PULL.findall(text):
                for source in re.findall(r"['\"]([^'\"]+)['\"]", match):
                    yield source, "an XCom"


def _xcom_args(value: Any) -> List[Any]:
    from airflow.models.xcom_arg import XComArg

    if isinstance(value, XComArg):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple, set)) else []
    return [arg for part in parts for arg in _xcom_args(part)]

"""Glue jobs that a DAG starts: that they are there, and that they get what they ask for."""

from functools import lru_cache
from typing import Any, Dict, Iterator, Tuple

from mwaa_airflow.dagtest.checks.registry import Problem, Subject, check

OF_GLUE = {
    "additional-python-modules", "class", "conf", "continuous-log-conversionPattern", "continuous-log-logGroup",
    "continuous-log-logStreamPrefix", "customer-driver-env-vars", "customer-executor-env-vars", "datalake-formats",
    "disable-proxy-v2", "enable-auto-scaling", "enable-continuous-cloudwatch-log", "enable-continuous-log-filter",
    "enable-glue-datacatalog", "enable-job-insights", "enable-metrics", "enable-observability-metrics",
    "enable-s3-parquet-optimized-committer", "enable-rename-algorithm-v2", "enable-spark-ui", "executor-cores",
    "extra-files", "extra-jars", "extra-py-files", "job-bookmark-from", "job-bookmark-option", "job-bookmark-to",
    "job-language", "python-modules-installer-option", "scriptLocation", "spark-event-logs-path", "TempDir",
    "use-postgres-driver", "user-jars-first", "write-shuffle-files-to-s3", "write-shuffle-spills-to-s3",
}  # fmt: skip
"""Arguments that Glue itself takes; no script needs to ask for them."""


def _tasks(subject: Subject) -> Iterator[Tuple[Any, Any]]:
    """(DAG, task) of each operator and sensor that names a job."""
    for dag in subject.dags:
        for task in dag.tasks:
            if isinstance(getattr(task, "job_name", None), str) and "glue" in type(task).__module__ + repr(
                [base.__name__ for base in type(task).__mro__]
            ):
                yield dag, task


@check("every job_name is a job of glue/, or declared external, or made by the operator itself")
def glue_jobs(subject: Subject) -> Iterator[Problem]:
    known = subject.project.jobs()
    for dag, task in _tasks(subject):
        made = getattr(task, "script_location", None) is not None
        if "{{" in task.job_name or made or task.job_name in known or task.job_name in subject.project.external_jobs:
            continue
        yield (
            dag.dag_id,
            "{} names the Glue job {!r}, of which there is no glue/{}/job.yaml; there are: {}".format(
                task.task_id, task.job_name, task.job_name, ", ".join(sorted(known)) or "none"
            ),
        )


@check("script_args are texts that Glue takes, and what the script asks for (getResolvedOptions)")
def glue_arguments(subject: Subject) -> Iterator[Problem]:
    known = subject.project.jobs()
    for dag, task in _tasks(subject):
        arguments: Dict[Any, Any] = getattr(task, "script_args", None) or {}
        for problem in _refused(task, arguments):
            yield dag.dag_id, "{}: {}".format(task.task_id, problem)
        job = known.get(task.job_name)
        options = job.options() if job and hasattr(task, "script_args") else None
        if job is None or options is None:
            continue
        given = {str(name)[2:] for name in arguments if str(name).startswith("--")}
        for name in sorted(options - given - job.defaults):
            yield dag.dag_id, "{} does not give --{}, which {}'s script asks for".format(task.task_id, name, job.name)
        for name in sorted(given - options - OF_GLUE):
            yield dag.dag_id, "{} gives --{}, which {}'s script does not ask for".format(task.task_id, name, job.name)


@lru_cache(maxsize=1)
def start_job_run() -> Any:
    """botocore's shape of the request; a large file is read for it."""
    import botocore.session

    return botocore.session.Session().get_service_model("glue").operation_model("StartJobRun").input_shape


def _refused(task: Any, arguments: Dict[Any, Any]) -> Iterator[str]:
    """What botocore would refuse before anything is sent, by its own model of StartJobRun."""
    from airflow.models.xcom_arg import XComArg
    from botocore.validate import ParamValidator

    for name in arguments:
        if isinstance(name, str) and not name.startswith("--"):
            yield "the argument {!r} does not begin with --".format(name)
    if not hasattr(task, "script_args"):
        return
    # rendering makes texts of these
    plain = {name: "" if isinstance(value, XComArg) else value for name, value in arguments.items()}
    request = dict({"JobName": task.job_name, "Arguments": plain}, **(getattr(task, "run_job_kwargs", None) or {}))
    report = ParamValidator().validate(request, start_job_run())
    if report.has_errors():
        yield from report.generate_report().splitlines()

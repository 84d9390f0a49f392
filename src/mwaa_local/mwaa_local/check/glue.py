"""Rules MW3: traps of AwsGlueJobOperator and AwsGlueJobSensor as Amazon provider 2.4.0 has them. docs/glue-outcomes.md has seen
most of them happen."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from mwaa_local.check.finding import Finding, at
from mwaa_local.check.project import Project
from mwaa_local.check.scopes import XCOM_ARG, File, Item, Scope, Value
from mwaa_local.check.tasks import Task, tasks

OPERATOR = "airflow.providers.amazon.aws.operators.glue:AwsGlueJobOperator"
SENSOR = "airflow.providers.amazon.aws.sensors.glue:AwsGlueJobSensor"
_PACKAGE = "apache-airflow-providers-amazon"
_CREATING = ("script_location", "s3_bucket", "iam_role_name", "create_job_kwargs")
_GIVEN_ON_CREATE = {
    "Name", "Description", "LogUri", "Role", "ExecutionProperty", "Command", "MaxRetries", "AllocatedCapacity",
}  # fmt: skip
_GIVEN_ON_RUN = {"JobName", "Arguments"}
_CAPACITY = {"WorkerType", "NumberOfWorkers", "MaxCapacity"}
_PULLED = re.compile(
    r"xcom_pull\((?P<inside>[^)]*)\)\s*(\[\s*['\"]JobRunId['\"]\s*\]|\.JobRunId\b|\.get\(\s*['\"]JobRunId)"
)


def check(file: File, project: Project) -> Iterator[Finding]:
    if project.other_version(_PACKAGE, file.index.versions[_PACKAGE]):
        return
    all_tasks = list(tasks(file))
    operators = [task for task in all_tasks if task.ref == OPERATOR]
    sensors = [task for task in all_tasks if task.ref == SENSOR]
    followed = bool(sensors) or _names_a_sensor(file)
    by_default = _given_by_default(file)
    for task in operators:
        yield from _operator(file, task, by_default)
        yield from _waiting(file, task, followed)
    for task in sensors:
        yield from _sensor(file, task, by_default)
    if operators:
        yield from _run_id(file, operators)


def _operator(file: File, task: Task, by_default: set[str] | None) -> Iterator[Finding]:
    yield from _retry_limit(task, by_default)
    yield from _create(file, task)
    yield from _arguments(file, task)
    role, bucket = task.argument("iam_role_name"), task.argument("s3_bucket")
    text = file.constant(role, task.scope)
    if role is not None and isinstance(text, str) and text.startswith("arn:"):
        hint = repr(text.rpartition("/")[2]) if "/" in text and "{" not in text else ""
        yield at(
            role, "MW307", "iam_role_name is an ARN: IAM has no role of that name", hint and f"iam_role_name={hint}"
        )
    text = file.constant(bucket, task.scope)
    if bucket is not None and isinstance(text, str) and re.match(r"(s3[an]?:|arn:|https?:)|[^{]*/", text):
        name = re.sub(r"^(s3[an]?://|arn:aws:s3:::)", "", text).partition("/")[0]
        yield at(
            bucket, "MW308", f"s3_bucket={text!r} is no bucket's name: the script would go to s3://{text}/artifacts/...",
            f"s3_bucket={name!r}",
        )  # fmt: skip


def _retry_limit(task: Task, by_default: set[str] | None) -> Iterator[Finding]:
    if task.is_open or by_default is None or "retry_limit" in by_default:
        return
    given = task.argument("retry_limit")
    creates = [name for name in _CREATING if task.argument(name) is not None]
    if given is None and creates:
        yield at(
            task.node, "MW301", f"{' and '.join(creates)} is for a job that is created, and then retry_limit None is sent, "
            "which botocore refuses",
        )  # fmt: skip
    elif isinstance(given, ast.Constant) and given.value is None:
        yield at(given, "MW301", "retry_limit=None: if the job has to be created, botocore refuses it")


def _create(file: File, task: Task) -> Iterator[Finding]:
    for name, repeated in (("create_job_kwargs", _GIVEN_ON_CREATE), ("run_job_kwargs", _GIVEN_ON_RUN)):
        found, _ = file.literal(task.argument(name), task.scope)
        if not isinstance(found, ast.Dict):
            continue
        keys: dict[object, ast.Constant] = {key.value: key for key in found.keys if isinstance(key, ast.Constant)}
        for key, node in keys.items():
            if key in repeated:
                yield at(node, "MW304", f"{name} has {key}, which the hook gives itself: TypeError (multiple values)")
            elif name == "create_job_kwargs" and key in _CAPACITY:
                yield at(
                    node, "MW303", f"{key} together with AllocatedCapacity (num_of_dpus), which the hook always sends: Glue "
                    "refuses the job",
                )  # fmt: skip
            elif name == "run_job_kwargs" and key in _CAPACITY and _clash(keys, str(key)):
                yield at(node, "MW303", f"{key} together with {_clash(keys, str(key))}: Glue refuses the run")


def _clash(keys: dict[object, ast.Constant], key: str) -> str:
    others = {"MaxCapacity": ("AllocatedCapacity", "WorkerType", "NumberOfWorkers")}.get(key, ("AllocatedCapacity",))
    return next((other for other in others if other in keys), "")


def _arguments(file: File, task: Task) -> Iterator[Finding]:
    """MW305, MW306."""
    found, scope = file.literal(task.argument("script_args"), task.scope)
    if not isinstance(found, ast.Dict):
        return
    for key, value in zip(found.keys, found.values):
        name = key.value if isinstance(key, ast.Constant) else None
        held, _ = file.literal(value, scope)
        if isinstance(held, ast.UnaryOp) and isinstance(held.operand, ast.Constant):
            held = held.operand
        number = isinstance(held, ast.Constant) and not isinstance(held.value, str)
        if number or isinstance(held, (ast.List, ast.Tuple, ast.Dict, ast.Set, ast.Compare)):
            what = type(held.value).__name__ if isinstance(held, ast.Constant) else type(held).__name__.lower()
            written = file.segment(value) or "..."
            where = name if isinstance(name, str) else "a key"
            yield at(
                value, "MW305", f"script_args has {what} for {where}, and botocore takes only text",
                f'"{written}"' if isinstance(held, ast.Constant) and len(written) < 30 else "json.dumps(...) or str(...)",
            )  # fmt: skip
        if key is not None and isinstance(name, str) and not name.startswith(("--", "{")):
            yield at(
                key,
                "MW306",
                f"script_args has the key {name!r} without --: the job does not find it",
                f'"--{name.lstrip("-")}"',
            )
        elif key is not None and isinstance(key, ast.Constant) and not isinstance(name, str):
            yield at(key, "MW305", "script_args has a key that is no text, and botocore takes only text")


def _waiting(file: File, task: Task, has_sensor: bool) -> Iterator[Finding]:
    """MW302, MW311, for a file that has no sensor at all: with one, who follows whom is not to be seen for certain."""
    if has_sensor or task.is_open:
        return
    waits = task.argument("wait_for_completion")
    if waits is None or (isinstance(waits, ast.Constant) and waits.value is True):
        yield at(task.node, "MW302", "If somebody stops the run, this task is green, and no AwsGlueJobSensor follows")
    elif isinstance(waits, ast.Constant) and waits.value is False:
        yield at(task.node, "MW311", "The run is started and not waited for: the task is green whatever becomes of it")


def _names_a_sensor(file: File) -> bool:
    """Whether anything in the file may be a sensor for Glue: a subclass, a helper, a sensor of one's own."""
    return any(
        (isinstance(item.node, ast.Name) and "sensor" in item.node.id.lower())
        or (isinstance(item.node, ast.alias) and "sensor" in item.node.name.lower())
        for item in file.of_type(ast.Name, ast.alias)
    )


def _sensor(file: File, task: Task, by_default: set[str] | None) -> Iterator[Finding]:
    given = task.argument("run_id")
    if given is None and not task.is_open and by_default is not None and "run_id" not in by_default:
        yield at(task.node, "MW310", "AwsGlueJobSensor needs run_id: Airflow refuses it without")
    elif isinstance(given, ast.Constant) and given.value in (None, ""):
        yield at(given, "MW310", f"run_id={given.value!r}: botocore refuses it")


def _given_by_default(file: File) -> set[str] | None:
    """The arguments that default_args give in this file; None if that is not to be seen."""
    given: set[str] = set()
    for item in file.of_type(ast.keyword):
        assert isinstance(item.node, ast.keyword)
        if item.node.arg == "default_args":
            found, _ = file.literal(item.node.value, item.scope)
            if not isinstance(found, ast.Dict) or not all(isinstance(key, ast.Constant) for key in found.keys):
                return None
            given |= {str(key.value) for key in found.keys if isinstance(key, ast.Constant)}
    return given


def _run_id(file: File, operators: list[Task]) -> Iterator[Finding]:
    """MW309, MW312."""
    ids = {str(file.constant(task.argument("task_id"), task.scope)) for task in operators}
    used = _outputs(file)
    for task in operators:
        pushes = task.argument("do_xcom_push")
        if isinstance(pushes, ast.Constant) and pushes.value is False and _name_of(task.item) in used:
            yield at(pushes, "MW312", "do_xcom_push=False, and the output is used: it is None")
    for item in file.of_type(ast.Subscript, ast.Constant):
        node = item.node
        if isinstance(node, ast.Subscript) and _key(node) == "JobRunId":
            if _is_output(file, node.value, item.scope) or _pulls(file, node.value, item.scope, ids):
                yield at(node, "MW309", "['JobRunId'] on the run id itself: the operator returns a string")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "JobRunId" in node.value:
            for found in _PULLED.finditer(node.value[:20000]):
                if any(re.search(rf"['\"]([\w.-]+\.)?{re.escape(each)}['\"]", found["inside"]) for each in ids):
                    yield at(node, "MW309", "['JobRunId'] on the run id itself: the operator returns a string")


def _key(node: ast.Subscript) -> object:
    inner = node.slice
    return inner.value if isinstance(inner, ast.Constant) else None


def _is_output(file: File, node: ast.expr, scope: Scope) -> bool:
    """`run.output` of a Glue operator."""
    found, scope = file.literal(node, scope)
    if isinstance(found, ast.Attribute) and found.attr == "output":
        return file.resolve(found.value, scope) == Value("instance", OPERATOR)
    if isinstance(found, ast.Call):
        value = file.resolve(found.func, scope)
        if value is not None and value.name == XCOM_ARG and found.args:
            return file.resolve(found.args[0], scope) == Value("instance", OPERATOR)
    return False


def _pulls(file: File, node: ast.expr, scope: Scope, ids: set[str]) -> bool:
    """`ti.xcom_pull(task_ids="run")` of a Glue operator."""
    found, scope = file.literal(node, scope)
    if not isinstance(found, ast.Call) or not isinstance(found.func, ast.Attribute) or found.func.attr != "xcom_pull":
        return False
    given = next(
        (each.value for each in found.keywords if each.arg == "task_ids"), found.args[0] if found.args else None
    )
    return any(each.arg == "key" for each in found.keywords) is False and file.constant(given, scope) in ids


def _outputs(file: File) -> set[str]:
    """The names whose `.output` is used."""
    return {
        item.node.value.id
        for item in file.of_type(ast.Attribute)
        if isinstance(item.node, ast.Attribute) and item.node.attr == "output" and isinstance(item.node.value, ast.Name)
    }


def _name_of(item: Item) -> str:
    """The name that a call is assigned to."""
    around = item.parent.node if item.parent else None
    if isinstance(around, ast.Assign) and len(around.targets) == 1 and isinstance(around.targets[0], ast.Name):
        return around.targets[0].id
    return ""

"""Rules MW2: what Airflow can do and MWAA 2.2.2 does not."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from mwaa_local.check.finding import Finding, at
from mwaa_local.check.index import DAG
from mwaa_local.check.project import Project
from mwaa_local.check.scopes import GUARDED, LATER, File, Item, Scope
from mwaa_local.check.tasks import Task, defaults, seconds, tasks

HOURS_12 = 12 * 3600
"""SQS's longest visibility timeout, and MWAA's."""
_SENSOR = "airflow.sensors.base:BaseSensorOperator"
_BASH = "airflow.operators.bash:BashOperator"
_VIRTUALENV = "airflow.operators.python:PythonVirtualenvOperator"
_REST = re.compile(
    r"/api/(v1/(dags|dagRuns|pools|variables|connections|config|health|importErrors|taskInstances)|experimental/)\b"
)
_IN_DAGS = re.compile(r"/usr/local/airflow/(dags|plugins)\b|\$\{?AIRFLOW_HOME\}?/(dags|plugins)\b")
_SHELL_WRITES = re.compile(
    r"(>>?\s*|\btee\s+(-a\s+)?|\b(touch|mkdir)\s+(-p\s+)?|\b(cp|mv)\s+(-\w+\s+)*[^\s-]\S*\s+|\s-[oO]\s+)[\"']?"
    r"(/usr/local/airflow/(dags|plugins)\b|\$\{?AIRFLOW_HOME\}?/(dags|plugins)\b)"
)
_TEMPORARY = re.compile(r"/tmp/[\w./{} -]*\w")  # noqa: S108
_AIRFLOW = re.compile(r"(?:^|[\s;&|(`])airflow\s+([a-z][\w-]*)(?:\s+([a-z][\w-]*))?")
_WORDS = re.compile(r"^\s*([a-z][\w-]*)(?:\s+([a-z][\w-]*))?(?=\s|$)")
_OLD_COMMANDS = {
    "trigger_dag", "list_dags", "list_tasks", "backfill", "run", "test", "clear", "pause", "unpause", "initdb", "upgradedb",
    "resetdb", "checkdb", "create_user", "delete_user", "list_users", "task_state", "dag_state", "delete_dag", "list_dag_runs",
    "next_execution", "render", "show_dag", "worker", "flower", "sync_perm", "pool", "task_failed_deps",
}  # fmt: skip
_QUERIES = {
    "airflow.models.variable:Variable": {"get", "set", "setdefault"},
    "airflow.models.connection:Connection": {"get_connection_from_secrets"},
}
_HOOK = "airflow.hooks.base:BaseHook"


def check(file: File, project: Project) -> Iterator[Finding]:
    all_tasks = list(tasks(file))
    yield from _arguments(file, all_tasks)
    yield from _classes(file, all_tasks)
    yield from _strings(file)
    yield from _writes(file, all_tasks)
    yield from _handed_over(file, all_tasks)
    if file.kind == "plugins":
        yield from _plugin(file, project)
    else:
        yield from _unnamed_dags(file)
        yield from _queries(file)


def _arguments(file: File, all_tasks: list[Task]) -> Iterator[Finding]:
    """MW201, MW202: in the call, or in default_args."""
    for task in all_tasks:
        yield from _queue(file, task.argument("queue"), task.scope)
        yield from _long(file, task.argument("execution_timeout"), task.scope)
        if task.ref and file.index.is_a(task.ref, _SENSOR) and not task.is_open:
            yield from _long_poke(file, task)
    for key, value, scope in defaults(file):
        name = key.value if isinstance(key, ast.Constant) else None
        if name == "queue":
            yield from _queue(file, value, scope)
        elif name == "execution_timeout":
            yield from _long(file, value, scope)


def _long_poke(file: File, task: Task) -> Iterator[Finding]:
    """A sensor that holds its slot (mode="poke", the default) for longer than 12 hours."""
    mode, timeout = task.argument("mode"), task.argument("timeout")
    length = seconds(file, timeout, task.scope)
    pokes = mode is None or file.constant(mode, task.scope) == "poke"
    if pokes and timeout is not None and length is not None and length > HOURS_12:
        hours = f"{length / 3600:.0f} hours"
        message = f"A sensor that waits {hours} in one go: after 12 hours SQS hands its message to another worker"
        yield at(timeout, "MW202", message, "mode='reschedule'")


def _queue(file: File, node: ast.expr | None, scope: Scope) -> Iterator[Finding]:
    name = file.constant(node, scope)
    if node is not None and isinstance(name, str):
        yield at(node, "MW201", f"queue={name!r}: MWAA has one queue; a task sent to another fails, and without a log")


def _long(file: File, node: ast.expr | None, scope: Scope) -> Iterator[Finding]:
    length = seconds(file, node, scope)
    if node is not None and length is not None and length > HOURS_12:
        yield at(
            node,
            "MW202",
            f"A task of up to {length / 3600:.0f} hours: after 12 hours SQS hands its message to another worker",
        )


def _classes(file: File, all_tasks: list[Task]) -> Iterator[Finding]:
    """MW210, MW213."""
    for task in all_tasks:
        name = task.ref.rpartition(":")[2]
        if task.item.flags & GUARDED:
            continue
        if name.endswith("Async"):
            yield at(
                task.node, "MW210", f"{name} waits in a triggerer, and MWAA 2.2.2 has none: the task stays deferred",
                f"{name[: -len('Async')]}(mode='reschedule')",
            )  # fmt: skip
        elif task.ref and file.index.is_a(task.ref, _VIRTUALENV):
            yield at(
                task.node, "MW213", "PythonVirtualenvOperator fails on MWAA unless a plugin puts virtualenv on its path"
            )
        elif not task.ref and isinstance(task.node.func, ast.Attribute) and task.node.func.attr == "virtualenv":
            yield at(task.node, "MW213", "@task.virtualenv fails on MWAA unless a plugin puts virtualenv on its path")
    for item in file.of_type(ast.Call):
        assert isinstance(item.node, ast.Call)
        called = item.node.func
        if isinstance(called, ast.Attribute) and called.attr == "defer" and _in_operator(file, item):
            yield at(item.node, "MW210", "self.defer(): MWAA 2.2.2 has no triggerer, so the task stays deferred")


def _in_operator(file: File, item: Item) -> bool:
    called = item.node.func if isinstance(item.node, ast.Call) else None
    if not isinstance(called, ast.Attribute) or not isinstance(called.value, ast.Name) or called.value.id != "self":
        return False
    scope: Scope | None = item.scope
    while scope is not None and scope.kind != "class":
        scope = scope.parent
    if scope is None or not isinstance(scope.node, ast.ClassDef) or scope.parent is None:
        return False
    for base in scope.node.bases:
        value = file.resolve(base, scope.parent)
        if value is not None and value.kind == "class" and file.index.is_operator(value.name):
            return True
    return False


def _strings(file: File) -> Iterator[Finding]:
    """MW205, MW206, MW207."""
    speaks_to_cli = "aws_mwaa/cli" in file.text
    docs = _docstrings(file)
    for item in file.items:
        node = item.node
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            if any(name.partition(".")[0] == "airflow_client" for name in names):
                yield at(node, "MW205", "airflow_client speaks to Airflow's REST API, which MWAA 2.2.2 refuses")
        if (
            not isinstance(node, ast.Constant)
            or not isinstance(node.value, str)
            or id(node) in docs
            or len(node.value) > 20000
        ):
            continue
        if _REST.search(node.value):
            yield at(node, "MW205", "A path of Airflow's REST API: MWAA 2.2.2 refuses every request to it")
        if speaks_to_cli and not _is_key(item):
            yield from _for_the_cli(file, node)
        if "airflow" in node.value and _runs_a_shell(file, item):
            yield from _for_the_shell(file, node)


def _for_the_cli(file: File, node: ast.Constant) -> Iterator[Finding]:
    """A text that begins as a command of Airflow does; anything else in the file is not judged."""
    found = _WORDS.match(str(node.value))
    if not found or len(str(node.value)) > 2000:
        return
    first, two = found[1], f"{found[1]} {found[2]}" if found[2] else found[1]
    groups = {name.partition(" ")[0] for name in file.index.commands}
    if first in file.index.commands_supported or two in file.index.commands_supported:
        return
    known = two in file.index.commands or (first in file.index.commands and first not in ("version", "info", "plugins"))
    if known and found[2]:
        yield at(node, "MW206", f"MWAA does not take the command `{two}`", _commands_like(file, first))
    elif (
        found[2]
        and first in groups - {"version"}
        and first in ("dags", "tasks", "db", "pools", "roles", "users", "variables", "connections")
    ):
        yield at(node, "MW206", f"Airflow 2.2.2 has no command `{two}`", _commands_like(file, first))
    elif first in _OLD_COMMANDS and "_" in first:
        yield at(node, "MW206", f"`{first}` is a command of Airflow 1.10", _commands_like(file, "dags"))


def _commands_like(file: File, first: str) -> str:
    alike = sorted(name for name in file.index.commands_supported if name.partition(" ")[0] == first)
    return f"MWAA takes: {', '.join(alike)}" if alike else ""


def _for_the_shell(file: File, node: ast.Constant) -> Iterator[Finding]:
    groups = {name.partition(" ")[0] for name in file.index.commands if " " in name}
    for found in _AIRFLOW.finditer(str(node.value)):
        first, two = found[1], f"{found[1]} {found[2]}" if found[2] else found[1]
        if first in file.index.commands_supported or two in file.index.commands_supported:
            continue
        if two in file.index.commands or first in file.index.commands:
            yield at(
                node,
                "MW207",
                f"`airflow {two}` is not among the commands that MWAA supports",
                _commands_like(file, first),
            )
        elif first in _OLD_COMMANDS:
            yield at(node, "MW207", f"`airflow {first}` is a command of Airflow 1.10", _commands_like(file, "dags"))
        elif first in groups and found[2]:
            yield at(node, "MW207", f"Airflow 2.2.2 has no command `airflow {two}`", _commands_like(file, first))


def _runs_a_shell(file: File, item: Item) -> bool:
    """Whether a text is handed to a BashOperator, to subprocess or to os.system; a few nodes up, not further."""
    around, steps = item.parent, 0
    while around is not None and steps < 6:
        node = around.node
        if isinstance(node, ast.keyword) and node.arg not in ("bash_command", "args", "cmd"):
            return False
        if isinstance(node, ast.Call):
            value = file.resolve(node.func, around.scope)
            if value is not None and (
                value.name == _BASH or value.name.startswith(("subprocess.", "os.system", "os.popen"))
            ):
                return True
        if isinstance(node, ast.stmt):
            return isinstance(node, ast.Assign) and any(
                isinstance(t, ast.Name) and "command" in t.id for t in node.targets
            )
        around, steps = around.parent, steps + 1
    return False


def _is_key(item: Item) -> bool:
    return (
        item.parent is not None
        and isinstance(item.parent.node, (ast.Subscript, ast.keyword, ast.Compare))
        and not (isinstance(item.parent.node, ast.keyword) and item.parent.node.arg in ("data", "body"))
    )


def _docstrings(file: File) -> set[int]:
    found = set()
    for item in file.of_type(ast.Expr):
        value = item.node.value if isinstance(item.node, ast.Expr) else None
        if isinstance(value, ast.Constant):
            found.add(id(value))
    return found


def _writes(file: File, all_tasks: list[Task]) -> Iterator[Finding]:
    """MW203."""
    for item in file.of_type(ast.Call):
        node = item.node
        assert isinstance(node, ast.Call)
        where = _written(file, node, item.scope)
        if where is not None and _below_dags(file, where, item.scope):
            yield at(node, "MW203", "A file is written below dags/ or plugins/: the next synchronisation takes it away")
    for task in all_tasks:
        command = file.constant(task.argument("bash_command"), task.scope)
        if isinstance(command, str) and _SHELL_WRITES.search(command):
            yield at(
                task.node, "MW203", "The command writes below dags/ or plugins/: the next synchronisation takes it away"
            )


def _written(file: File, node: ast.Call, scope: Scope) -> ast.expr | None:
    """The path that a call writes to: open(path, "w"), Path(...).write_text()."""
    called = node.func
    if isinstance(called, ast.Name) and called.id == "open" and not file.is_bound("open", scope) and node.args:
        mode = node.args[1] if len(node.args) > 1 else next((k.value for k in node.keywords if k.arg == "mode"), None)
        text = file.constant(mode, scope)
        return node.args[0] if isinstance(text, str) and set(text) & set("wax+") else None
    if isinstance(called, ast.Attribute) and called.attr in ("write_text", "write_bytes", "mkdir", "touch"):
        return called.value
    return None


def _below_dags(file: File, node: ast.expr, scope: Scope) -> bool:
    found, _ = file.literal(node, scope)
    for each in ast.walk(found) if found is not None else ():
        if isinstance(each, ast.Name) and each.id == "__file__":
            return True
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and _IN_DAGS.match(each.value):
            return True
        if isinstance(each, ast.Name) and each is not found:
            inner, _ = file.literal(each, scope)
            if (
                inner is not None
                and inner is not each
                and any(
                    (isinstance(one, ast.Name) and one.id == "__file__")
                    or (
                        isinstance(one, ast.Constant) and isinstance(one.value, str) and bool(_IN_DAGS.match(one.value))
                    )
                    for one in ast.walk(inner)
                )
            ):
                return True
    return False


def _handed_over(file: File, all_tasks: list[Task]) -> Iterator[Finding]:
    """MW204: the same path below /tmp in two tasks, one of which writes it."""
    if "/tmp/" not in file.text:  # noqa: S108
        return
    callables = _callables(file, all_tasks)
    calls = {id(task.node): task for task in all_tasks}
    seen: dict[str, list[tuple[int, ast.AST, bool]]] = {}
    for item in file.of_type(ast.Constant, ast.Name):
        node = item.node
        value = file.constant(node, item.scope)
        if (
            not isinstance(value, str)
            or "/tmp/" not in value  # noqa: S108
            or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
        ):
            continue
        owner = _owner(item, callables, calls)
        if owner:
            for path in _TEMPORARY.findall(value):
                seen.setdefault(path.split(" ")[0], []).append((owner, node, _is_written(file, item, value, path)))
    for path, uses in seen.items():
        owners = list(dict.fromkeys(owner for owner, _, _ in uses))
        writers = {owner for owner, _, written in uses if written}
        if len(owners) > 1 and writers:
            reader = next((node for owner, node, _ in uses if owner not in writers), None)
            if reader is not None:
                yield at(reader, "MW204", f"{path} is written by another task, which may have run on another worker")


def _callables(file: File, all_tasks: list[Task]) -> dict[int, int]:
    """id of a function's node to a number, for the functions that are tasks."""
    found: dict[int, int] = {}
    for item in file.of_type(ast.FunctionDef):
        value = file.resolve(ast.Name(id=getattr(item.node, "name", ""), ctx=ast.Load()), item.scope)
        if value is not None and value.kind == "task":
            found[id(item.node)] = len(found) + 1
    for task in all_tasks:
        given = task.argument("python_callable")
        definition = file.definition(given, task.scope) if given is not None else None
        if definition is not None:
            found.setdefault(id(definition), len(found) + 1)
    return found


def _owner(item: Item, callables: dict[int, int], calls: dict[int, Task]) -> int:
    """The task that a node belongs to: a number, 0 for none."""
    around = item.parent
    while around is not None:
        if id(around.node) in callables:
            return callables[id(around.node)]
        if id(around.node) in calls and calls[id(around.node)].ref == _BASH:
            return -id(around.node)
        around = around.parent
    return 0


def _is_written(file: File, item: Item, value: str, path: str) -> bool:
    if re.search(
        r"(>>?\s*|\btee\s+(-a\s+)?|\btouch\s+|\s-[oO]\s+|\b(cp|mv)\s+\S+\s+)"
        + re.escape(path.split(" ", maxsplit=1)[0]),
        value,
    ):
        return True
    around = item.parent
    steps = 0
    while around is not None and steps < 4:
        if isinstance(around.node, ast.Call):
            called = around.node.func
            name = called.attr if isinstance(called, ast.Attribute) else ""
            if _written(file, around.node, around.scope) is not None:
                return True
            if name.startswith("to_") or name in (
                "download_file",
                "download_fileobj",
                "dump",
                "savetxt",
                "urlretrieve",
            ):
                return True
        around, steps = around.parent, steps + 1
    return False


def _unnamed_dags(file: File) -> Iterator[Finding]:
    """MW211."""
    for item in file.items:
        node = item.node
        if item.flags & LATER or item.scope.kind != "module":
            continue
        if (
            isinstance(node, ast.withitem)
            and node.optional_vars is None
            and _makes_a_dag(file, node.context_expr, item.scope)
        ):
            yield at(
                node.context_expr,
                "MW211",
                "This DAG has no name: Airflow 2.2.2 does not find it",
                "with DAG(...) as dag:",
            )
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            if _makes_a_dag(file, node.value, item.scope) and not item.flags & GUARDED:
                yield at(node, "MW211", "This DAG has no name: Airflow 2.2.2 does not find it", "dag = DAG(...)")
            else:
                value = file.resolve(node.value.func, item.scope)
                if value is not None and value.kind == "dag":
                    yield at(
                        node, "MW211", f"{value.name}() makes a DAG that has no name: Airflow 2.2.2 does not find it",
                        f"dag = {value.name}()",
                    )  # fmt: skip


def _makes_a_dag(file: File, node: ast.expr, scope: Scope) -> bool:
    if not isinstance(node, ast.Call):
        return False
    value = file.resolve(node.func, scope)
    return value is not None and value.kind == "class" and value.name == DAG


def _queries(file: File) -> Iterator[Finding]:
    """MW212: calls that run whenever the file is read."""
    for item in file.of_type(ast.Call):
        node = item.node
        assert isinstance(node, ast.Call)
        if item.flags & (LATER | GUARDED) or not isinstance(node.func, ast.Attribute):
            continue
        if _main_only(item):
            continue
        base = file.resolve(node.func.value, item.scope)
        if base is None:
            # boto3.client("s3").list_buckets()
            inner, _ = file.literal(node.func.value, item.scope)
            made = file.resolve(inner.func, item.scope) if isinstance(inner, ast.Call) else None
            if made is not None and made.name in ("boto3.client", "boto3.resource"):
                yield at(node, "MW212", f"A request to AWS ({node.func.attr}) at the top of the file, every 30 seconds")
            continue
        if base.kind == "class" and node.func.attr in _QUERIES.get(base.name, ()):
            yield at(
                node,
                "MW212",
                f"{base.name.rpartition(':')[2]}.{node.func.attr}() at the top of the file, every 30 seconds",
            )
        elif (
            base.kind in ("class", "instance")
            and file.index.is_a(base.name, _HOOK)
            and not node.func.attr.startswith("_")
        ):
            if node.func.attr not in ("get_connection_form_widgets", "get_ui_field_behaviour"):
                yield at(node, "MW212", f"A hook is used ({node.func.attr}) at the top of the file, every 30 seconds")
        elif base == _requests(base) and node.func.attr in ("get", "post", "put", "request", "head"):
            yield at(node, "MW212", "An HTTP request at the top of the file, every 30 seconds")


def _requests(base: object) -> object:
    return (
        base if getattr(base, "kind", "") == "module" and getattr(base, "name", "") in ("requests", "httpx") else None
    )


def _main_only(item: Item) -> bool:
    """Below `if __name__ == "__main__"`: Airflow never runs it."""
    around = item.parent
    while around is not None:
        if isinstance(around.node, ast.If) and any(
            isinstance(each, ast.Name) and each.id == "__name__" for each in ast.walk(around.node.test)
        ):
            return True
        around = around.parent
    return False


def _plugin(file: File, project: Project) -> Iterator[Finding]:
    """MW208, MW209."""
    if project.lazy_plugins:
        for item in file.items:
            node = item.node
            if not item.flags & LATER and _sets_the_environment(file, node, item.scope):
                yield at(
                    node,
                    "MW208",
                    "MWAA loads plugins only when something asks for them: this is set too late, or never",
                )
    stem = file.name
    if stem and stem != "__init__":
        if Counter(project.plugin_names)[stem] > 1:
            yield Finding(
                1, 1, "MW209", f"Another plugin file is called {stem}.py, too: each becomes the module {stem!r}",
                "give the file a name of its own",
            )  # fmt: skip
        elif stem in file.index.standard or stem in file.index.packages:
            yield Finding(
                1,
                1,
                "MW209",
                f"{stem} is an installed module: this plugin takes its place",
                "give the file a name of its own",
            )


def _sets_the_environment(file: File, node: ast.AST, scope: Scope) -> bool:
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
        value = file.resolve(node.value, scope)
        return value is not None and value.name == "os.environ"
    if isinstance(node, ast.Call):
        value = file.resolve(node.func, scope)
        return value is not None and value.name in (
            "os.environ.update",
            "os.environ.setdefault",
            "os.putenv",
            "time.tzset",
        )
    return False

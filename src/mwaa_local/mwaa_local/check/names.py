"""Rules MW1: names that are not there. What is there, index.py knows; since when later versions have it, too."""

from __future__ import annotations

import ast
import difflib
import sys
from collections.abc import Iterator

from mwaa_local.check.finding import Finding, at
from mwaa_local.check.index import DAG, TASK, Index, Signature
from mwaa_local.check.project import Project
from mwaa_local.check.scopes import GUARDED, File, Item, Scope, Value

_TASK_GROUP = "airflow.utils.task_group:TaskGroup"
_PYTHON = "airflow.operators.python:PythonOperator"
_VIRTUALENV = "airflow.operators.python:PythonVirtualenvOperator"
_SENSOR_OF_GLUE = "airflow.providers.amazon.aws.sensors.glue:AwsGlueJobSensor"
# Of the standard library, later than 3.7; Pythons before 3.10 do not know their own modules' names.
_LATER_MODULES = {"zoneinfo": "3.9", "graphlib": "3.9", "tomllib": "3.11"}
_OF_WINDOWS = {"msvcrt", "nt", "winreg", "winsound"}
_LATER_NAMES = {
    "importlib.metadata": "3.8", "functools.cache": "3.9", "functools.cached_property": "3.8", "math.prod": "3.8",
    "functools.singledispatchmethod": "3.8", "typing.Literal": "3.8", "typing.Final": "3.8", "typing.Protocol": "3.8",
    "typing.TypedDict": "3.8", "typing.Annotated": "3.9", "typing.TypeAlias": "3.10", "typing.ParamSpec": "3.10",
    "typing.Self": "3.11", "typing.runtime_checkable": "3.8", "typing.get_args": "3.8", "typing.get_origin": "3.8",
    "datetime.UTC": "3.11", "enum.StrEnum": "3.11", "itertools.pairwise": "3.10", "itertools.batched": "3.12",
    "math.dist": "3.8", "math.comb": "3.8", "shlex.join": "3.8", "contextlib.chdir": "3.11",
    "unittest.mock.AsyncMock": "3.8", "importlib.resources.files": "3.9",
}  # fmt: skip
_INSTEAD_OF_STANDARD = {
    "zoneinfo": "pendulum.timezone, which Airflow itself uses", "importlib.metadata": "import importlib_metadata",
    "functools.cache": "functools.lru_cache(maxsize=None)",
    "functools.cached_property": "from cached_property import cached_property",
    "datetime.UTC": "datetime.timezone.utc", "importlib.resources.files": "import importlib_resources",
}  # fmt: skip
_INSTEAD_OF_ARGUMENT = {
    "schedule": "schedule_interval= (or timetable=)",
    "deferrable": "leave it out: MWAA 2.2.2 has no triggerer; a sensor with mode='reschedule' holds no slot either",
    "verbose": "leave it out; the job's log is in CloudWatch, /aws-glue/",
    "region_name": "a connection whose extra names the region, as aws_conn_id=",
    "max_active_tis_per_dagrun": "max_active_tis_per_dag=",
    "default": "default_var=",
}
_INSTEAD_OF_DECORATOR = {
    "branch": "BranchPythonOperator", "short_circuit": "ShortCircuitOperator", "sensor": "PythonSensor",
    "bash": "BashOperator", "external_python": "@task.virtualenv, or a BashOperator that calls that Python",
    "branch_virtualenv": "BranchPythonOperator", "branch_external_python": "BranchPythonOperator",
    "docker": "DockerOperator, with apache-airflow-providers-docker in requirements.txt",
    "kubernetes": "KubernetesPodOperator, with apache-airflow-providers-cncf-kubernetes in requirements.txt",
}  # fmt: skip
_INSTEAD_OF_MODULE = {
    "airflow.datasets": "ExternalTaskSensor or TriggerDagRunOperator, and schedule_interval=",
    "airflow.sdk": "from airflow import DAG; from airflow.decorators import dag, task",
    "airflow.timetables.trigger": "schedule_interval= with a cron expression",
    "airflow.notifications": "on_failure_callback= with a function",
    "airflow.io": "S3Hook",
    "airflow.providers.standard": "airflow.operators and airflow.sensors, which hold these operators in 2.2.2",
    "airflow.providers.common.sql": "the operator of the database's own provider: PostgresOperator",
}
_MAPPING = ("expand", "partial", "expand_kwargs", "map")
_TWO_PARTS = {"apache", "microsoft", "cncf", "common", "dbt", "atlassian"}


def check(file: File, project: Project) -> Iterator[Finding]:
    if project.other_version("apache-airflow", file.index.versions["airflow"]):
        return
    yield from Names(file, project).check()


class Names:
    """The rules over one file."""

    def __init__(self, file: File, project: Project) -> None:
        self.file, self.project, self.index = file, project, file.index
        self._defaults: list[set[str] | None] = []

    def check(self) -> Iterator[Finding]:
        for item in self.file.items:
            node = item.node
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                if not item.flags & GUARDED:
                    yield from self._import(node)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                if not item.flags & GUARDED:
                    yield from self._attribute(node, item)
            elif isinstance(node, ast.Call) and not item.flags & GUARDED:
                yield from self._call(node, item)

    def _import(self, node: ast.Import | ast.ImportFrom) -> Iterator[Finding]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from self._module(alias.name, node)
        elif not node.level and node.module:
            found = list(self._module(node.module, node, [alias.name for alias in node.names]))
            yield from found
            if not found:
                for alias in node.names:
                    yield from self._name(node.module, alias.name, _alias(alias, node))

    def _module(self, module: str, node: ast.AST, names: list[str] | None = None) -> Iterator[Finding]:
        """MW101, MW103, MW109, MW110, MW111 for an imported module; `names` are what is imported from it."""
        top = module.partition(".")[0]
        if module.startswith("airflow.providers.") and self._brought(module):
            return
        if top in self.project.modules and top not in ("airflow", *self.index.standard):
            return
        if top == "airflow":
            yield from self._airflow_module(module, node, names or [])
        elif top in self.index.standard:
            if not self.index.has_module(module):
                yield self._later_standard(module, node)
        elif top in self.index.packages:
            package = self.index.packages[top]
            if not self.index.has_module(module) and not self.project.names(package):
                yield at(node, "MW110", f"{package}, as MWAA 2.2.2 has it, has no module {module}")
        elif top.startswith("_") or top in _OF_WINDOWS:
            return
        elif top in _LATER_MODULES or top in getattr(sys, "stdlib_module_names", ()):
            yield self._later_standard(module, node)
        elif not self.project.may_have(top):
            yield at(
                node, "MW109", f"Neither MWAA 2.2.2, nor dags/ and plugins/, nor requirements.txt has a module {top}"
            )

    def _airflow_module(self, module: str, node: ast.AST, names: list[str]) -> Iterator[Finding]:
        index = self.index
        if module in index.broken:
            yield from self._needs(module, node)
        elif not index.has_module(module):
            provider = _provider(module)
            if provider and provider not in index.providers and provider.partition("-")[0] not in index.providers:
                yield self._not_installed(module, provider, node)
            else:
                wanted = names[0] if names else ""
                since = index.since(f"{module}.{wanted}", *_parents(module))
                instead = index.instead(f"{module}.{wanted}")
                hint = f"from {instead.rpartition('.')[0]} import {instead.rpartition('.')[2]}" if instead else ""
                hint = hint or _instead_of_module(module)
                yield at(node, "MW101", f"There is no module {module} in {_where(module, index)}{_came(since)}", hint)

    def _needs(self, module: str, node: ast.AST) -> Iterator[Finding]:
        needed = self.index.broken[module]
        provider = _provider(needed)
        brought = self._brought(needed) if provider else self.project.may_have(needed.partition(".")[0])
        if not brought:
            what = f"apache-airflow-providers-{provider}" if provider else needed.partition(".")[0]
            yield at(
                node, "MW103", f"{module} needs {what}, which MWAA 2.2.2 does not install and requirements.txt does not name",
                f"{what} in requirements.txt, with the version of constraints-2.2.2",
            )  # fmt: skip

    def _not_installed(self, module: str, provider: str, node: ast.AST) -> Finding:
        package = f"apache-airflow-providers-{provider}"
        if package not in self.index.known_providers:
            return at(
                node,
                "MW101",
                f"There is no provider {provider} for Airflow 2.2.2: it came later",
                _instead_of_module(module),
            )
        return at(
            node, "MW103", f"MWAA 2.2.2 does not install the provider of {module}, and requirements.txt does not name it",
            f"{package} in requirements.txt, with the version of constraints-2.2.2",
        )  # fmt: skip

    def _brought(self, module: str) -> bool:
        """Whether requirements.txt brings the provider of a module, or another version of it than MWAA's."""
        parts = module.split(".")[2:]
        for length in (1, 2, 3):
            package = "apache-airflow-providers-" + "-".join(parts[:length]).replace("_", "-")
            if package in self.index.versions:
                return self.project.other_version(package, self.index.versions[package])
            if self.project.names(package):
                return True
        return False

    def _name(self, module: str, name: str, node: ast.AST) -> Iterator[Finding]:
        """MW102, MW110, MW111 for a name out of a module that is there."""
        index, top = self.index, module.partition(".")[0]
        if name == "*" or not index.has_module(module) or (top in self.project.modules and top != "airflow"):
            return
        if module.startswith("airflow.providers.") and self._brought(module):
            return
        if f"{module}.{name}" in index.broken:
            yield from self._needs(f"{module}.{name}", node)
        elif not index.has_name(module, name):
            if top == "airflow":
                yield self._later_name(module, name, node)
            elif name.startswith("_"):
                return
            elif top in index.standard:
                yield self._later_standard(f"{module}.{name}", node)
            elif not self.project.names(index.packages.get(top, "")):
                yield at(node, "MW110", f"{module}, as MWAA 2.2.2 has it, has no {name}")

    def _later_name(self, module: str, name: str, node: ast.AST) -> Finding:
        whole = f"{module}.{name}"
        instead = self.index.instead(whole)
        hint = ""
        if instead:
            place, _, old = instead.rpartition(".")
            hint = old if place == module else f"from {place} import {old}"
        elif self.index.alike(module, name):
            hint = " or ".join(self.index.alike(module, name))
        return at(
            node,
            "MW102",
            f"{module} has no {name} in {_where(module, self.index)}{_came(self.index.since(whole))}",
            hint,
        )

    def _later_standard(self, whole: str, node: ast.AST) -> Finding:
        version = _LATER_NAMES.get(whole) or _LATER_MODULES.get(whole.partition(".")[0], "")
        came = f"; it came with Python {version}" if version else ""
        hint = _INSTEAD_OF_STANDARD.get(whole) or _INSTEAD_OF_STANDARD.get(whole.partition(".")[0], "")
        if not hint and whole.startswith("typing."):
            hint = f"from typing_extensions import {whole.partition('.')[2]}"
        return at(node, "MW111", f"Python 3.7 has no {whole}{came}", hint)

    def _attribute(self, node: ast.Attribute, item: Item) -> Iterator[Finding]:
        base = self.file.resolve(node.value, item.scope)
        if base is None or node.attr.startswith("__") or node.attr in self.file.stored_attributes:
            return
        if base.kind == "module":
            top = base.name.partition(".")[0]
            if top == "airflow" or (top in self.index.standard and top not in self.project.modules):
                yield from self._name(base.name, node.attr, node)
        elif base == Value("instance", TASK):
            yield from self._decorator(node)
        elif base.kind in ("class", "instance"):
            if not self._changed(base.name) and not self.index.has_attribute(base.name, node.attr):
                yield self._later_attribute(base, node)
        elif base.kind == "task" and node.attr not in dir(_a_function):
            since = self.index.since(
                f"airflow.decorators.base.Task.{node.attr}", f"airflow.decorators.base.TaskDecorator.{node.attr}"
            )
            yield at(
                node, "MW107", f"A function with @task has no .{node.attr}() in Airflow 2.2.2{_came(since)}",
                _without_mapping(node.attr),
            )  # fmt: skip

    def _changed(self, ref: str) -> bool:
        """Whether requirements.txt brings another version of the provider that a class is of."""
        return ref.startswith("airflow.providers.") and self._brought(ref.partition(":")[0])

    def _later_attribute(self, base: Value, node: ast.Attribute) -> Finding:
        name = base.name.rpartition(":")[2]
        since = self.index.attribute_since(base.name, node.attr)
        if not since and self.index.is_operator(base.name):
            since = self.index.since(f"airflow.models.mappedoperator.OperatorPartial.{node.attr}")
        hint = _without_mapping(node.attr) if self.index.is_operator(base.name) else ""
        hint = hint or " or ".join(difflib.get_close_matches(node.attr, self.index.attributes(base.name), 2))
        if name == "TriggerRule":
            rules = ", ".join(sorted(self.index.trigger_rules))
            return at(node, "MW112", f"Airflow 2.2.2 has no TriggerRule.{node.attr}{_came(since)}", f"one of: {rules}")
        return at(node, "MW107", f"{name} has no {node.attr} in {_where(base.name, self.index)}{_came(since)}", hint)

    def _decorator(self, node: ast.Attribute) -> Iterator[Finding]:
        if node.attr in self.index.task_decorators:
            return
        if any(
            name.startswith("apache-airflow-providers-") and node.attr in name for name, _ in self.project.requirements
        ):
            return
        since = self.index.since(f"airflow.decorators.TaskDecoratorCollection.{node.attr}")
        yield at(
            node, "MW108", f"Airflow 2.2.2 has no @task.{node.attr}{_came(since)}",
            _INSTEAD_OF_DECORATOR.get(node.attr, "@task, or the operator that does it"),
        )  # fmt: skip

    def _call(self, node: ast.Call, item: Item) -> Iterator[Finding]:
        called, name, operator = self._called(node, item.scope)
        if called is None:
            return
        signature, ref = called
        for keyword in node.keywords:
            if keyword.arg is None:
                continue
            if not signature.anything and keyword.arg not in signature.names:
                yield self._later_argument(keyword, name, ref)
            elif operator and keyword.arg == "trigger_rule":
                yield from self._trigger_rule(keyword.value, item.scope)
            elif keyword.arg == "default_args":
                yield from self._trigger_rule_of(keyword.value, item.scope)
        if operator == "operator" and node.args and not any(isinstance(each, ast.Starred) for each in node.args):
            yield at(node.args[0], "MW106", f"{name} takes no positional arguments: Airflow 2.2.2 refuses them")
        elif operator != "decorator":
            yield from self._required(node, signature, name=name, ref=ref, operator=operator)

    def _called(  # noqa: PLR0911 -- a kind of callee each
        self, node: ast.Call, scope: Scope
    ) -> tuple[tuple[Signature, str] | None, str, str]:
        """((signature, ref of the class or ""), name, "operator", "decorator" or "")."""
        file, index = self.file, self.index
        value = file.resolve(node.func, scope)
        if value is not None and value.kind == "class" and not self._changed(value.name):
            constructor = index.constructor(value.name)
            operator = "operator" if index.is_operator(value.name) else ""
            return (constructor, value.name) if constructor else None, value.name.rpartition(":")[2], operator
        if value is not None and value.kind == "function" and not self._changed(value.name):
            if value.name in ("airflow.decorators.dag", "airflow.models.dag.dag"):
                return self._as_decorator(DAG), "@dag", "decorator"
            if value.name in ("airflow.decorators.task_group", "airflow.decorators.task_group.task_group"):
                return self._as_decorator(_TASK_GROUP), "@task_group", "decorator"
            signature = file.signature_of(value)
            return (signature, "") if signature else None, value.name.rpartition(".")[2], ""
        if value == Value("instance", TASK):
            return self._as_decorator(_PYTHON), "@task", "decorator"
        if isinstance(node.func, ast.Attribute):
            base = file.resolve(node.func.value, scope)
            if base == Value("instance", TASK) and node.func.attr in ("python", "virtualenv"):
                of = _VIRTUALENV if node.func.attr == "virtualenv" else _PYTHON
                return self._as_decorator(of), f"@task.{node.func.attr}", "decorator"
            if base is not None and base.kind in ("class", "instance") and not self._changed(base.name):
                method = index.method(base.name, node.func.attr)
                name = f"{base.name.rpartition(':')[2]}.{node.func.attr}"
                return (method, f"{base.name}.{node.func.attr}") if method else None, name, "decorator"
        return None, "", ""

    def _as_decorator(self, ref: str) -> tuple[Signature, str] | None:
        found = self.index.constructor(ref)
        if found is None:
            return None
        return Signature((), found.names | {"multiple_outputs", "python_callable"}, (), found.anything, True), ref

    def _later_argument(self, keyword: ast.keyword, name: str, ref: str) -> Finding:
        argument = str(keyword.arg)
        since = self.index.argument_since(ref, argument) if ref else ""
        hint = _INSTEAD_OF_ARGUMENT.get(argument, "")
        if argument == "default" and not name.endswith("Variable.get"):
            hint = ""
        if argument == "region_name" and ref != _SENSOR_OF_GLUE:
            hint = ""
        return at(
            keyword.value,
            "MW104",
            f"{name} has no argument {argument} in {_where(ref, self.index)}{_came(since)}",
            hint,
        )

    def _required(
        self, node: ast.Call, signature: Signature, *, name: str, ref: str, operator: str
    ) -> Iterator[Finding]:
        if any(each.arg is None for each in node.keywords) or any(isinstance(each, ast.Starred) for each in node.args):
            return
        given = {each.arg for each in node.keywords} | set(signature.positional[: len(node.args)])
        missing = [each for each in signature.required if each not in given]
        if ref == _SENSOR_OF_GLUE:
            missing = [each for each in missing if each != "run_id"]  # MW310
        if missing and operator:
            self._defaults = self._defaults or [self.default_arguments()]
            defaults = self._defaults[0]
            if defaults is None:
                return
            missing = [each for each in missing if each not in defaults]
        if missing and signature.required:
            yield at(node, "MW105", f"{name} needs {' and '.join(missing)}")

    def default_arguments(self) -> set[str] | None:
        """What default_args may give to the operators of this file; None if that is not known."""
        keys: set[str] = set()
        has_dag = False
        for item in self.file.of_type(ast.Call):
            assert isinstance(item.node, ast.Call)
            value = self.file.resolve(item.node.func, item.scope)
            is_dag = value is not None and (value.name == DAG or value.name.endswith(".dag"))
            has_dag = has_dag or is_dag
            if any(keyword.arg is None for keyword in item.node.keywords) and is_dag:
                return None
            for keyword in item.node.keywords:
                if keyword.arg == "default_args":
                    node, _ = self.file.literal(keyword.value, item.scope)
                    if not isinstance(node, ast.Dict) or not all(isinstance(key, ast.Constant) for key in node.keys):
                        return None
                    keys |= {str(key.value) for key in node.keys if isinstance(key, ast.Constant)}
        if any(item.node.attr in ("default_args", "update") for item in self.file.of_type(ast.Attribute)
               if isinstance(item.node, ast.Attribute) and _of_default_args(item.node)):  # fmt: skip
            return None
        return keys if has_dag else None

    def _trigger_rule(self, node: ast.expr, scope: Scope) -> Iterator[Finding]:
        rule = self.file.constant(node, scope)
        if (
            isinstance(rule, str)
            and isinstance(node, (ast.Constant, ast.Name))
            and rule not in self.index.trigger_rules
        ):
            since = self.index.since(f"airflow.utils.trigger_rule.TriggerRule.{rule.upper()}")
            rules = ", ".join(sorted(self.index.trigger_rules))
            yield at(node, "MW112", f"Airflow 2.2.2 has no trigger rule {rule!r}{_came(since)}", f"one of: {rules}")

    def _trigger_rule_of(self, node: ast.expr, scope: Scope) -> Iterator[Finding]:
        found, inner = self.file.literal(node, scope)
        if isinstance(found, ast.Dict):
            for key, value in zip(found.keys, found.values):
                if isinstance(key, ast.Constant) and key.value == "trigger_rule":
                    yield from self._trigger_rule(value, inner)


def _a_function() -> None:
    """What a function has, a function with @task has, too."""


def _of_default_args(node: ast.Attribute) -> bool:
    return node.attr == "default_args" or (isinstance(node.value, ast.Name) and "default" in node.value.id)


def _alias(alias: ast.alias, node: ast.AST) -> ast.AST:
    """Where a name stands; Python 3.9 knows only where its statement does."""
    return alias if hasattr(alias, "lineno") else node


def _provider(module: str) -> str:
    """The provider of a module, as its package calls it: "google", "apache-hive"; "" for what is of none."""
    parts = module.split(".")
    if parts[:2] != ["airflow", "providers"] or len(parts) < 3:
        return ""
    return "-".join(parts[2 : 4 if parts[2] in _TWO_PARTS else 3]).replace("_", "-")


def _instead_of_module(module: str) -> str:
    return next((_INSTEAD_OF_MODULE[name] for name in _parents(module) if name in _INSTEAD_OF_MODULE), "")


def _parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:length]) for length in range(len(parts), 1, -1)]


def _where(name: str, index: Index) -> str:
    provider = _provider(name.partition(":")[0])
    version = index.versions.get(f"apache-airflow-providers-{provider}")
    return f"{provider} provider {version}" if version else f"Airflow {index.versions['airflow']}"


def _came(since: str) -> str:
    return f"; it came with {since}" if since else ""


def _without_mapping(attribute: str) -> str:
    if attribute in _MAPPING:
        return "a loop over what is known when the file is read: for day in DAYS: ...(task_id=f'run_{day}')"
    return "the arguments where the task is made" if attribute == "override" else ""

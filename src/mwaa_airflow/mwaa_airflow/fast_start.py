"""Shortens every start of an Airflow process by 0.4 to 2 CPU seconds, without changing what it does.

    import mwaa_airflow.fast_start        (a .pth line of the environment); FAST_START=0 switches it off

Airflow 2.2.2 reads YAML with the parser written in Python where the one in C gives the same, and checks its own REST API
description at every start. And every process imports a web framework for the sake of one exception class. These places are
changed, each when its module is imported and not before:

    openapi_spec_validator.loaders      two JSON schemas, parsed at every `import airflow`: parser in C
    airflow._vendor.connexion.spec      the REST API's description: parser in C, and no validation of the file that Airflow
                                        ships; any other description (a plugin's) is validated as before
    airflow._vendor.connexion           loads itself when first used; `airflow.exceptions` needs one class of it, in every
                                        process, and no more (0.5 s)
    airflow.utils.log.file_task_handler its HTTP client is imported when it is first used: to fetch a log from elsewhere
    celery.bin.celery                   in `airflow celery worker` only: no plugins of Celery's command line (Flower's web
                                        server among them)

A role's own process ($MWAA_STARTING names it, which is taken away from what it starts) looks for garbage only after its imports:
nearly all that they make stays.

`yaml` itself stays as it is: code of DAGs may subclass its loaders.
"""

import gc
import importlib
import os
import sys
from types import SimpleNamespace

from aws_local.imports import after_import, run_import

LAST_IMPORTS = {
    "scheduler": "airflow.jobs.scheduler_job",
    "worker": "celery.bin.celery",
    "webserver": "airflow.www.views",
}


def _parse_schemas_in_c(module):
    import yaml

    if not hasattr(yaml, "CSafeLoader"):  # PyYAML built without libyaml
        return

    class ExtendedSafeLoader(yaml.cyaml.CParser, module.ExtendedSafeConstructor, module.Resolver):
        def __init__(self, stream):
            yaml.cyaml.CParser.__init__(self, stream)
            module.ExtendedSafeConstructor.__init__(self)
            module.Resolver.__init__(self)

    module.ExtendedSafeLoader = ExtendedSafeLoader


def _trust_the_shipped_description(module):
    yaml = module.yaml
    if hasattr(yaml, "CSafeLoader"):
        module.yaml = SimpleNamespace(safe_load=lambda text: yaml.load(text, Loader=yaml.CSafeLoader))

    import airflow

    shipped = os.path.join(os.path.dirname(airflow.__file__), "")
    specification = module.Specification
    from_file = specification.from_file.__func__

    def trusting_from_file(cls, spec, arguments=None):
        if not os.path.abspath(str(spec)).startswith(shipped):
            return from_file(cls, spec, arguments)
        kinds = (module.Swagger2Specification, module.OpenAPISpecification)
        validators = [kind.__dict__["_validate_spec"] for kind in kinds]
        for kind in kinds:
            kind._validate_spec = classmethod(lambda cls, spec: None)
        try:
            return from_file(cls, spec, arguments)
        finally:
            for kind, validator in zip(kinds, validators):
                kind._validate_spec = validator

    specification.from_file = classmethod(trusting_from_file)


class _Later:
    """Stands for something that is imported when it is first used: Later(load).name is load().name."""

    def __init__(self, load):
        self._load = load

    def __getattr__(self, name):
        return getattr(self._load(), name)


def _load_when_used(module, loader):
    """Gives the package the three names that `airflow.exceptions` asks for; its own code runs at the first other one."""

    def load(name):
        if name.startswith("__"):  # what Python itself asks of any module
            raise AttributeError(name)
        if vars(module).pop("__getattr__", None):
            loader.exec_module(module)
        try:
            return vars(module)[name]
        except KeyError:
            raise AttributeError("module {!r} has no attribute {!r}".format(module.__name__, name)) from None

    module.ProblemException = importlib.import_module(module.__name__ + ".exceptions").ProblemException
    module.problem = importlib.import_module(module.__name__ + ".problem").problem
    module.FlaskApi = _Later(lambda: importlib.import_module(module.__name__ + ".apis.flask_api").FlaskApi)
    module.__getattr__ = load


def _with_httpx_later(module, loader):
    if "httpx" in sys.modules:
        loader.exec_module(module)
        return
    sys.modules["httpx"] = _Later(lambda: importlib.import_module("httpx"))
    try:
        loader.exec_module(module)
    finally:
        del sys.modules["httpx"]


def _without_plugins(module, loader):
    import click_plugins

    original = click_plugins.with_plugins
    if sys.argv[1:3] == ["celery", "worker"]:
        click_plugins.with_plugins = lambda plugins: lambda group: group
    try:
        loader.exec_module(module)
    finally:
        click_plugins.with_plugins = original


def _collect_after_imports(role):
    """Switches the collector off until the last large module of the role's start is there; all of that stays for good."""

    def settle(module):
        gc.freeze()
        gc.enable()

    gc.disable()
    after_import(LAST_IMPORTS[role], settle)


_STARTING = os.environ.pop("MWAA_STARTING", "")
if os.environ.get("FAST_START") != "0":
    if _STARTING:
        _collect_after_imports(_STARTING)
    after_import("openapi_spec_validator.loaders", _parse_schemas_in_c)
    after_import("airflow._vendor.connexion.spec", _trust_the_shipped_description)
    run_import("airflow._vendor.connexion", _load_when_used)
    run_import("airflow.utils.log.file_task_handler", _with_httpx_later)
    run_import("celery.bin.celery", _without_plugins)

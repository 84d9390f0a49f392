"""The shortened start changes the time, not the outcome."""

import json

import pytest
from conftest import Replica

CODE = """
import mwaa_airflow.fast_start, hashlib, json, os, sys
import openapi_spec_validator as validator, yaml
from airflow._vendor.connexion.exceptions import InvalidSpecification
from airflow._vendor.connexion.spec import Specification
import airflow
own = os.path.join(os.path.dirname(airflow.__file__), "api_connexion", "openapi", "v1.yaml")
def digest(value):
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
with open(sys.argv[1], "w") as file:
    file.write("openapi: 3.0.0\\ninfo: {title: no version}\\npaths: {}\\n")
try:
    Specification.load(sys.argv[1])
    foreign = "accepted"
except InvalidSpecification:
    foreign = "rejected"
print(json.dumps([digest([validator.schema_v2, validator.schema_v3]), digest(Specification.load(own).raw), foreign,
                  validator.schemas.ExtendedSafeLoader.__mro__[1].__name__, yaml.SafeLoader.__module__]))
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    replica = Replica(tmp_path_factory.mktemp("fast"))
    (replica.folder / "airflow").mkdir()
    (replica.folder / "airflow" / "airflow.cfg").write_text("")
    foreign = replica.folder / "foreign.yaml"
    return {value: json.loads(replica.python(CODE, foreign, FAST_START=value).splitlines()[-1]) for value in "10"}


def test_schemas_and_description_are_the_same_with_and_without(outcomes):
    assert outcomes["1"][:2] == outcomes["0"][:2]


def test_the_parser_in_c_is_used_only_when_wanted(outcomes):
    assert (outcomes["1"][3], outcomes["0"][3]) == ("CParser", "Reader")


def test_a_description_that_is_not_airflows_is_still_validated(outcomes):
    assert (outcomes["1"][2], outcomes["0"][2]) == ("rejected", "rejected")


def test_yaml_itself_is_left_alone(outcomes):
    assert outcomes["1"][4] == "yaml.loader"


LAZY = """
import mwaa_airflow.fast_start, json, sys
from airflow.api_connexion import exceptions
from airflow.exceptions import AirflowNotFoundException
from airflow.utils.log import file_task_handler
at_first = [name in sys.modules for name in ("airflow._vendor.connexion.apps", "httpx")]
import flask, httpx
import airflow._vendor.connexion as connexion
with flask.Flask("test").test_request_context():
    response = exceptions.common_error_handler(exceptions.NotFound("gone"))
print(json.dumps([at_first, response.status_code, response.content_type, json.loads(response.data),
                  issubclass(AirflowNotFoundException, connexion.ProblemException), connexion.App.__name__,
                  connexion.FlaskApi.get_response.__qualname__, hasattr(connexion, "no such name"),
                  file_task_handler.httpx.get is httpx.get]))
"""

PLUGINS = """
import mwaa_airflow.fast_start, json, sys
sys.argv = ["airflow", "celery", sys.argv[1]]
from celery.bin.celery import celery
print(json.dumps(sorted(celery.commands)))
"""


@pytest.fixture(scope="module")
def replica(tmp_path_factory):
    replica = Replica(tmp_path_factory.mktemp("lazy"))
    (replica.folder / "airflow").mkdir()
    (replica.folder / "airflow" / "airflow.cfg").write_text("")
    return replica


def _printed(replica, code, *arguments, fast):
    return json.loads(replica.python(code, *arguments, FAST_START=fast).splitlines()[-1])


def test_the_web_framework_and_the_http_client_wait_until_they_are_used_and_are_the_same_then(replica):
    fast, plain = _printed(replica, LAZY, fast="1"), _printed(replica, LAZY, fast="0")
    assert (fast[0], plain[0]) == ([False, False], [True, True])
    assert fast[1:] == plain[1:]
    assert fast[1] == 404


def test_only_the_worker_goes_without_the_plugins_of_celerys_command_line(replica):
    worker = _printed(replica, PLUGINS, "worker", fast="1")
    assert "worker" in worker and "flower" not in worker
    assert _printed(replica, PLUGINS, "flower", fast="1") == _printed(replica, PLUGINS, "worker", fast="0")

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

"""Every operation of the model: it does what the coverage page says, or is refused by name. Nothing else."""

from __future__ import annotations

import json
import subprocess
from functools import cache

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from tests.glue.contract import minimal
from tests.glue.contract.conftest import refused
from tests.support.localstack import ROOT, VENVS

PAGE = ROOT / "docs/glue-coverage.md"
PYTHON = VENVS / "localstack/bin/python"
# A method of moto's for every operation that moto has; and those that this service uses.
MOTOS = """
import json
from botocore import xform_name
from botocore.session import Session
from moto.glue.responses import GlueResponse
from localstack_glue.service.catalog.moto_operations import USED
names = Session().get_service_model("glue").operation_names
print(json.dumps([[name for name in names if xform_name(name) in vars(GlueResponse)], sorted(USED)]))
"""
CLIENTS = {"boto3": VENVS / "dev", "boto3 1.18.65": VENVS / "airflow"}


def printed(*arguments):
    """By LocalStack's interpreter."""
    environment = {"PYTHONPATH": str(ROOT / "src/localstack_glue")}
    return subprocess.run([PYTHON, *arguments], env=environment, check=True, capture_output=True, text=True).stdout


def coverage(*arguments):
    return printed("-m", "localstack_glue.service.coverage", *arguments)


@cache
def covered():
    return json.loads(coverage("--json"))


@pytest.fixture(scope="session")
def models():
    return {client: minimal.model(environment) for client, environment in CLIENTS.items()}


@pytest.fixture
def model(models, request):
    return models[request.node.callspec.params["api"]]


def call(api, model, operation):
    return getattr(api.glue, xform_name(operation))(**minimal.request(model, operation))


def test_every_operation_that_is_not_here_is_refused_by_name(api, model):
    names = [one["operation"] for one in covered() if one["done"] == "refused"]
    known = [name for name in names if name in model.operation_names]
    assert len(known) > 20
    for name in known:
        with refused("InternalFailure", status=501) as refusal:
            call(api, model, name)
        assert refusal.message.startswith(f"The operation {name} of AWS Glue is not implemented"), refusal
        assert "nothing was done" in refusal.message


def test_every_other_operation_answers_as_aws_would(api, model):
    """With success, or an error of the caller's: for most there is nothing by the names of a smallest request."""
    names = [one["operation"] for one in covered() if one["done"] != "refused"]
    others = {}
    for name in [name for name in names if name in model.operation_names]:
        try:
            call(api, model, name)
        except ClientError as error:
            answer = error.response
            known = {shape.error_code or shape.name for shape in model.operation_model(name).error_shapes}
            known.add("ValidationException")
            if answer["ResponseMetadata"]["HTTPStatusCode"] != 400 or answer["Error"]["Code"] not in known:
                others[name] = answer["Error"]
    assert others == {}


def test_every_operation_of_moto_was_judged():
    """Used, replaced, or refused for a reason: an operation that a later moto has is none of these."""
    motos, used = json.loads(printed("-c", MOTOS))
    assert len(motos) > 90
    judged = {one["operation"]: one for one in covered()}
    assert [name for name in motos if judged[name]["done"] == "refused" and not judged[name]["note"]] == []
    assert set(used) <= set(motos)
    assert used == [one["operation"] for one in covered() if one["by"] == "moto"], "one that has a handler here is used"


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == coverage(), (
        "docs/glue-coverage.md is out of date: "
        "python -m localstack_glue.service.coverage > docs/glue-coverage.md (with LocalStack's interpreter)"
    )


def test_every_operation_has_its_place_on_the_page():
    page = PAGE.read_text(encoding="utf-8")
    assert [one["operation"] for one in covered() if f"| {one['operation']} |" not in page] == []

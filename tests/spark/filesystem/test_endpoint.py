"""Talking to S3: what is signed, what is tried again, and where nothing ever goes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.support.faulty_proxy import CUT, SHORT, Call, Fault, FaultyProxy
from tests.support.localstack import REGION, LocalStack
from tests.support.spark import Spark, SparkError


@pytest.fixture(scope="module")
def proxy(localstack: LocalStack) -> Iterator[FaultyProxy]:
    with FaultyProxy(localstack.endpoint) as instance:
        yield instance


@pytest.fixture
def through(spark: Spark, proxy: FaultyProxy) -> Callable[..., Any]:
    """`through(function, ...)` calls it with a session whose S3 is the proxy. The proxy has no faults at first."""
    proxy.fault, proxy.redirect = (lambda call: None), ""
    proxy.calls.clear()

    def call(function: str, **arguments: Any) -> Any:
        return spark.call("with_settings", function=function, settings={"fs.s3a.endpoint": proxy.endpoint}, **arguments)

    return call


def test_signatures_are_those_of_botocore(through: Callable[..., Any], proxy: FaultyProxy, bucket: str) -> None:
    url = f"s3://{bucket}/odd +=%/한국어&.txt"
    through("create", url=url, text="x")
    through("text_of", url=url)
    through("rename", source=url, target=f"s3://{bucket}/plain")
    through("listing", url=f"s3://{bucket}/")
    assert {call.method for call in proxy.calls} == {"GET", "PUT", "POST"}
    for call in proxy.calls:
        headers = {name.lower(): value for name, value in call.headers.items()}
        assert headers["authorization"] == signed_by_botocore(call, headers, proxy.endpoint)
        assert headers["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"


def signed_by_botocore(call: Call, headers: dict[str, str], endpoint: str) -> str:
    names = str(re.search("SignedHeaders=([^,]+)", headers["authorization"])[1]).split(";")  # type: ignore[index]
    path, _, query = call.path.partition("?")
    parameters = {
        unquote(name): unquote(value) for name, _, value in (one.partition("=") for one in query.split("&") if one)
    }
    request = AWSRequest(call.method, endpoint + path, {name: headers[name] for name in names}, params=parameters)
    request.context["timestamp"] = headers["x-amz-date"]
    signer = S3SigV4Auth(Credentials("test", "test"), "s3", REGION)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    signature = signer.signature(text, request)
    scope = signer.scope(request)
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={';'.join(names)}, Signature={signature}"


@pytest.mark.parametrize("fault", [500, 503, 429, CUT, SHORT])
def test_what_may_pass_is_tried_again(
    fault: Fault, through: Callable[..., Any], proxy: FaultyProxy, bucket: str
) -> None:
    """Every request fails twice at first."""
    tries: dict[str, int] = {}

    def twice(call: Call) -> Fault:
        tries[call.method + call.path] = tries.get(call.method + call.path, 0) + 1
        return fault if tries[call.method + call.path] <= 2 else None

    proxy.fault = twice
    text = "0123456789" * 100
    through("create", url=f"s3://{bucket}/a", text=text)
    assert through("text_of", url=f"s3://{bucket}/a") == text
    assert through("listing", url=f"s3://{bucket}/") == [f"s3://{bucket}/a"]
    assert max(tries.values()) >= 3


def test_it_ends_with_the_last_error(through: Callable[..., Any], proxy: FaultyProxy, bucket: str) -> None:
    proxy.fault = lambda call: 503
    with pytest.raises(SparkError, match=r"failed 7 times at .*503"):
        through("exists", url=f"s3://{bucket}/a")
    assert len(proxy.calls) == 7


def test_what_is_refused_is_not_tried_again(through: Callable[..., Any], proxy: FaultyProxy, bucket: str) -> None:
    proxy.fault = lambda call: 403
    with pytest.raises(SparkError, match=r"AccessControlException.*403"):
        through("exists", url=f"s3://{bucket}/a")
    assert len(proxy.calls) == 1


def test_redirects_are_not_followed(
    through: Callable[..., Any], proxy: FaultyProxy, localstack: LocalStack, bucket: str
) -> None:
    with FaultyProxy(localstack.endpoint) as elsewhere:
        proxy.redirect = f"{elsewhere.endpoint}/{bucket}/a"
        proxy.fault = lambda call: 307
        with pytest.raises(SparkError, match="307"):
            through("text_of", url=f"s3://{bucket}/a")
        assert elsewhere.calls == []


def test_no_endpoint_is_an_error(spark: Spark, bucket: str) -> None:
    """The session's environment has no AWS_ENDPOINT_URL. Nothing goes to real AWS instead."""
    with pytest.raises(SparkError, match="No S3 endpoint"):
        spark.call("file_system_with", url=f"s3://{bucket}/", settings={"fs.s3a.endpoint": ""})


@pytest.mark.parametrize(
    "endpoint",
    ["s3.amazonaws.com", "https://s3.eu-central-1.amazonaws.com", "https://bucket.s3.cn-north-1.amazonaws.com.cn."],
)
def test_real_aws_is_refused(endpoint: str, spark: Spark, bucket: str) -> None:
    with pytest.raises(SparkError, match="is real AWS, and was refused"):
        spark.call("file_system_with", url=f"s3://{bucket}/", settings={"fs.s3a.endpoint": endpoint})


@pytest.mark.parametrize("endpoint", ["http://", "http://127.0.0.1:1/path", "http://a b"])
def test_what_is_no_endpoint(endpoint: str, spark: Spark, bucket: str) -> None:
    with pytest.raises(SparkError, match="is no address"):
        spark.call("file_system_with", url=f"s3://{bucket}/", settings={"fs.s3a.endpoint": endpoint})


def test_no_credentials_are_an_error(spark: Spark, bucket: str) -> None:
    with pytest.raises(SparkError, match=r"No S3 credentials: set fs\.s3a\.secret\.key or AWS_SECRET_ACCESS_KEY"):
        spark.call("file_system_with", url=f"s3://{bucket}/", settings={"fs.s3a.secret.key": ""})


def test_an_endpoint_without_a_scheme(spark: Spark, localstack: LocalStack, bucket: str) -> None:
    settings = {"fs.s3a.endpoint": localstack.endpoint.replace("http://", ""), "fs.s3a.connection.ssl.enabled": "false"}
    assert spark.call("file_system_with", url=f"s3://{bucket}/", settings=settings) == "mwaalocal.s3.S3FileSystem"


@pytest.mark.parametrize(
    "name", ["org.apache.hadoop.fs.s3a.S3AFileSystem", "com.amazon.ws.emr.hadoop.fs.EmrFileSystem"]
)
def test_names_that_scripts_set(name: str, spark: Spark, bucket: str) -> None:
    assert spark.call("file_system_with", url=f"s3://{bucket}/", settings={"fs.s3.impl": name}) == name


def test_the_environment(new_spark: Callable[..., Spark], localstack: LocalStack, bucket: str) -> None:
    """What every AWS client reads is enough, and the account is the one of the key."""
    empty = dict.fromkeys(("fs.s3a.endpoint", "fs.s3a.endpoint.region", "fs.s3a.access.key", "fs.s3a.secret.key"), "")
    environment = {
        "AWS_ENDPOINT_URL": localstack.endpoint,
        "AWS_ACCESS_KEY_ID": "111111111111",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "token",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }
    with FaultyProxy(localstack.endpoint) as proxy:
        environment["AWS_ENDPOINT_URL"] = proxy.endpoint
        settings = {f"spark.hadoop.{name}": value for name, value in empty.items()}
        spark = new_spark(environment=environment, **settings)
        spark.call("create", url=f"s3://{bucket}/a", text="x")
        headers = {name.lower(): value for name, value in proxy.calls[-1].headers.items()}
    assert "Credential=111111111111/" in headers["authorization"] and "/eu-central-1/s3/" in headers["authorization"]
    assert headers["x-amz-security-token"] == "token"

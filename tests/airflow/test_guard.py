"""The guard refuses real AWS from every kind of Python client, and nothing else."""

import json
import pickle
import subprocess
import sys

import pytest

GUARDED = "import aws_local.guard; aws_local.guard.install()\n"
ATTEMPT = """
try:
    {call}
except Exception as error:
    chain = error
    seen = []
    while chain is not None:
        seen.append(str(chain))
        chain = chain.__cause__ or chain.__context__
    print("REFUSED" if any("refused" in text and "ALLOW_REAL_AWS=1" in text for text in seen) else "OTHER " + repr(error))
else:
    print("REACHED")
"""
KEYS = "region_name='us-east-1', aws_access_key_id='a', aws_secret_access_key='b'"
CALLS = {
    "boto3 glue": "import boto3; boto3.client('glue', {}).get_jobs()".format(KEYS),
    "boto3 s3 access point": (
        "import boto3; boto3.client('s3', {}).get_object(Key='k', "
        "Bucket='arn:aws:s3:us-east-1:123456789012:accesspoint/mine')".format(KEYS)
    ),
    "requests": "import requests; requests.get('https://sts.amazonaws.com/')",
    "requests by proxy": (
        "import requests; requests.get('https://sts.amazonaws.com/', proxies={'https': 'http://127.0.0.1:9'})"
    ),
    "plain http by proxy": (
        "import http.client; c = http.client.HTTPConnection('127.0.0.1', PORT); c.request('GET', 'http://s3.amazonaws.com/x')"
    ),
    "urllib": "import urllib.request; urllib.request.urlopen('https://glue.us-east-1.api.aws/')",
    "httpx": "import httpx; httpx.get('https://s3.cn-north-1.amazonaws.com.cn/')",
    "asyncio": (
        "import asyncio; asyncio.get_event_loop().run_until_complete("
        "asyncio.open_connection('sqs.us-east-1.amazonaws.com', 443))"
    ),
    "socket by name": "import socket; socket.socket().connect(('s3.amazonaws.com', 443))",
    "tls": "import socket, ssl; ssl.create_default_context().wrap_socket(socket.socket(), "
    "server_hostname='s3.amazonaws.com').connect(('s3.amazonaws.com', 443))",
    "instance metadata": "import socket; socket.create_connection(('169.254.169.254', 80), 2)",
    "container credentials": "import urllib.request; urllib.request.urlopen('http://169.254.170.2/v2', timeout=2)",
    "kombu's curl": (
        "from kombu.asynchronous import Hub; from kombu.asynchronous.http.curl import CurlClient; "
        "CurlClient(Hub()).perform('https://sqs.us-east-1.amazonaws.com/')"
    ),
}


def attempt(call, port=9, **environment):
    code = GUARDED + ATTEMPT.format(call=call.replace("PORT", str(port)))
    variables = {"AWS_EC2_METADATA_DISABLED": "true", "PATH": "/usr/bin:/bin", "NO_PROXY": ""}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=dict(variables, **environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("client", sorted(CALLS))
def test_a_call_to_real_aws_is_refused_and_noted(client, tmp_path, recorder):
    if client == "kombu's curl":
        pytest.importorskip("pycurl")
    log = tmp_path / "deep" / "refused.jsonl"
    assert attempt(CALLS[client], recorder.port, AWS_GUARD_LOG=str(log)) == "REFUSED"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert lines and all(line["host"] and line["what"] and line["pid"] for line in lines)
    assert recorder.requests == []


def test_the_refusal_names_the_operation_the_host_and_the_way_out():
    from aws_local.guard import AwsCallRefused

    code = (
        GUARDED
        + "import boto3\ntry: boto3.client('glue', {}).get_jobs()\nexcept Exception as e: print(type(e).__name__, e)"
    )
    done = subprocess.run([sys.executable, "-c", code.format(KEYS)], stdout=subprocess.PIPE, env={"PATH": "/bin"})
    said = done.stdout.decode()
    assert said.startswith("AwsCallRefused The AWS call AWSGlue.GetJobs")
    assert "glue.us-east-1.amazonaws.com" in said and "ALLOW_REAL_AWS=1" in said
    assert str(pickle.loads(pickle.dumps(AwsCallRefused("x", "y")))) == str(AwsCallRefused("x", "y"))


def test_other_hosts_stay_reachable(recorder):
    call = "import requests; assert requests.get('{}/hook').status_code == 200".format(recorder.url)
    assert attempt(call) == "REACHED"
    assert [path for _, path, _, _ in recorder.requests] == ["/hook"]


def test_the_opt_out_lets_a_real_call_through_to_the_network():
    # A name of AWS's that does not exist: the resolver answers, not the guard.
    call = "import socket; socket.getaddrinfo('no-such-host-at-all.invalid.amazonaws.com', 443)"
    assert attempt(call) == "REFUSED"
    assert "gaierror" in attempt(call, ALLOW_REAL_AWS="1")


@pytest.mark.parametrize(
    "host", ["notamazonaws.com", "amazonaws.com.example.org", "hooks.slack.com", "127.0.0.1", None]
)
def test_hosts_that_only_look_like_aws_are_not_aws(host):
    from aws_local.guard import is_real_aws

    assert not is_real_aws(host)


@pytest.mark.parametrize("host", ["S3.AmazonAWS.com.", b"sts.amazonaws.com", "amazonaws.com", "[fd00:ec2::254]"])
def test_spellings_of_an_aws_host_do_not_matter(host):
    from aws_local.guard import is_real_aws

    assert is_real_aws(host)


def test_every_domain_botocore_knows_is_guarded():
    import botocore.loaders

    from aws_local.guard import is_real_aws

    loader = botocore.loaders.Loader(extra_search_paths=None, include_default_search_paths=False)
    loader.search_paths.append(loader.BUILTIN_DATA_PATH)
    partitions = loader.load_data("endpoints")["partitions"]
    assert len(partitions) >= 5
    assert [one["dnsSuffix"] for one in partitions if not is_real_aws("s3.x." + one["dnsSuffix"])] == []


def test_a_pth_line_installs_it_for_less_than_a_millisecond(tmp_path):
    (tmp_path / "guard.pth").write_text(GUARDED)
    code = (
        "import site, sys, time; before = set(sys.modules); t = time.process_time(); site.addsitedir({!r});"
        "t = time.process_time() - t; import aws_local.guard as g; assert g.installed();"
        "new = set(sys.modules) - before - {{'aws_local', 'aws_local.guard', 'aws_local.imports'}}; assert not new, new;"
        "print(t)"
    ).format(str(tmp_path))
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)  # writes the bytecode
    times = [float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(7)]
    assert min(times) < 0.001, times

"""The boto3 of Airflow (1.18.65, Python 3.7) as a client in this process: what is called here is called there.

    with OldBoto3(endpoint) as old:
        glue = old.client("glue")
        glue.get_job(JobName="x")          raises botocore's ClientError with the response as that boto3 parsed it

The other side is this file again, run by Airflow's interpreter: a request a line on standard input, an answer a line.
"""

import base64
import datetime
import json
import os
import subprocess
import sys
import threading

CODECS = {
    "datetime": (datetime.datetime, lambda v: v.isoformat(), lambda v: datetime.datetime.strptime(v, "%Y-%m-%dT%H:%M:%S.%f%z")),
    "bytes": (bytes, lambda v: base64.b64encode(v).decode(), base64.b64decode),
}  # fmt: skip


def encode(value):
    """Dates and bytes as JSON; whatever has `read` as the bytes it gives."""
    if isinstance(value, datetime.datetime):
        value = value.astimezone(datetime.timezone.utc)
        return {"__datetime__": value.strftime("%Y-%m-%dT%H:%M:%S.%f+0000")}
    if hasattr(value, "read"):
        value = value.read()
    if isinstance(value, bytes):
        return {"__bytes__": CODECS["bytes"][1](value)}
    raise TypeError(f"not JSON: {value!r}")


def decode(document):
    for name, (_, _, back) in CODECS.items():
        key = f"__{name}__"
        if key in document:
            return back(document[key])
    return document


class OldBoto3:
    def __init__(self, python, endpoint, region="us-east-1"):
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PYTHON"))}
        self._process = subprocess.Popen(
            [str(python), __file__, endpoint, region],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(
                environment, AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_EC2_METADATA_DISABLED="true"
            ),
            universal_newlines=True,
        )
        self._lock = threading.Lock()
        self.version = self._ask("boto3", "version", {})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(20)

    def client(self, service):
        return _Client(self, service)

    def call(self, service, operation, arguments):
        return self._ask(service, operation, arguments)

    def _ask(self, service, operation, arguments):
        from botocore.exceptions import ClientError, ParamValidationError

        with self._lock:
            line = json.dumps([service, operation, arguments], default=encode)
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
            answer = json.loads(self._process.stdout.readline(), object_hook=decode)
        if "refused" in answer:
            raise ParamValidationError(report=answer["refused"])
        if "error" in answer:
            raise ClientError(answer["error"], operation)
        return answer["result"]


class _Client:
    """Every method is an operation in boto3's spelling."""

    def __init__(self, old, service):
        self._old, self._service = old, service

    def __getattr__(self, operation):
        return lambda **arguments: self._old.call(self._service, operation, arguments)


def serve(endpoint, region):
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError, ParamValidationError

    clients = {}
    for line in sys.stdin:
        service, operation, arguments = json.loads(line, object_hook=decode)
        try:
            if service == "boto3":
                answer = {"result": boto3.__version__}
            else:
                if service not in clients:
                    options = Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"})
                    clients[service] = boto3.client(service, endpoint_url=endpoint, region_name=region, config=options)
                answer = {"result": getattr(clients[service], operation)(**arguments)}
        except ClientError as error:
            answer = {"error": error.response}
        except ParamValidationError as error:
            answer = {"refused": error.kwargs["report"]}
        print(json.dumps(answer, default=encode), flush=True)


if __name__ == "__main__":
    serve(*sys.argv[1:])

"""Functions called in a Spark interpreter, in one Spark session, driven from another process.

    with Spark(python, environment, jvm_options) as spark:
        spark.call(file, "test_x")      the text of what went wrong, or None

The other side is this file again, run by the Spark interpreter, which needs no pytest. A function is given, by the names of its
arguments: `glue` (a GlueContext), `folder` (new, empty), `database` (a new one in the Data Catalog) and `s3` (a new bucket).
"""

import importlib.util
import inspect
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import traceback
import uuid

START_S, CALL_S = 120, 180


class Spark:
    def __init__(self, python, environment):
        self._python, self._environment = str(python), environment
        self._log = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115

    def __enter__(self):
        self._process = subprocess.Popen(
            [self._python, "-W", "ignore", __file__],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            universal_newlines=True,
        )
        assert self._answer(START_S) == "ready"
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        try:
            self._process.wait(30)
        finally:
            self._process.kill()

    def call(self, file, name):
        assert self._process.poll() is None, "The Spark interpreter has ended"
        self._process.stdin.write(json.dumps([str(file), name]) + "\n")
        self._process.stdin.flush()
        return self._answer(CALL_S)

    def _answer(self, seconds):
        late = threading.Timer(seconds, self._process.kill)
        late.start()
        line = self._process.stdout.readline()
        late.cancel()
        if not line:
            self._log.seek(0)
            raise AssertionError("The Spark interpreter ended:\n" + self._log.read()[-6000:])
        return json.loads(line)


def serve():
    # Spark's JVM and workers write to this process's standard output.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(found):
        answers.write(json.dumps(found) + "\n")
        answers.flush()

    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").appName("awsglue")
    for key, value in json.loads(os.environ["SPARK_SETTINGS"]).items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    answer("ready")
    for line in sys.stdin:
        file, name = json.loads(line)
        answer(_called(session, file, name))
    session.stop()


def _called(session, file, name):
    given = Given(session)
    try:
        function = getattr(_module(file), name)
        function(**{argument: getattr(given, argument)() for argument in inspect.signature(function).parameters})
    except Exception as problem:
        frames = inspect.getinnerframes(problem.__traceback__)
        inner = [one for one in frames if one.filename == file][-1:]
        names = {key: repr(value)[:2000] for one in inner for key, value in one.frame.f_locals.items()}
        return traceback.format_exc() + "\n" + "\n".join(f"{key} = {value}" for key, value in names.items())
    finally:
        given.clean()
    return None


def _module(file):
    found = importlib.util.spec_from_file_location("cases", file)
    module = importlib.util.module_from_spec(found)
    sys.modules["cases"] = module
    found.loader.exec_module(module)
    return module


class Given:
    """What a function may ask for."""

    def __init__(self, session):
        self._session, self._undo = session, []

    def glue(self):
        from awsglue.context import GlueContext

        return GlueContext(self._session.sparkContext)

    def folder(self):
        made = tempfile.mkdtemp()
        self._undo.append(lambda: shutil.rmtree(made))
        return made

    def database(self):
        client, name = _client("glue"), "db_" + uuid.uuid4().hex[:8]
        client.create_database(DatabaseInput={"Name": name})
        self._undo.append(lambda: client.delete_database(Name=name))
        return name

    def s3(self):
        client, name = _client("s3"), "bucket-" + uuid.uuid4().hex[:8]
        client.create_bucket(Bucket=name)
        client.bucket = name
        self._undo.append(lambda: _emptied(client, name))
        return client

    def clean(self):
        for undo in reversed(self._undo):
            undo()


def _client(service):
    import boto3

    return boto3.client(service, endpoint_url=os.environ["AWS_ENDPOINT_URL"])


def _emptied(client, bucket):
    for one in client.list_objects_v2(Bucket=bucket).get("Contents", []):
        client.delete_object(Bucket=bucket, Key=one["Key"])
    client.delete_bucket(Bucket=bucket)


if __name__ == "__main__":
    serve()

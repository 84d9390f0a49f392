"""Delivery by S3 (SOURCE=s3): a container's files come from the environment's bucket, as on MWAA.

    python -m mwaa_airflow.delivery fetch     before a role of Airflow starts: plugins.zip, requirements.txt and startup.sh in the
                                              environment's object versions, and the DAGs as they are
    python -m mwaa_airflow.delivery sync      the DAGs again and again, also what was deleted

The user guide: dags/ is synchronised every 30 s, all file types, deletions too; the other three have no effect until the
environment is updated (working-dags-dependencies, configuring-dag-folder, working-dags-delete).
What to fetch is what GetEnvironment says. Files appear whole or not at all.
"""

import argparse
import contextlib
import fcntl
import json
import os
import signal
import sys
import tempfile
import threading
import time

SKIPPED = "__pycache__"  # made beside the DAGs by the processes that read them
FILES = {
    # part of GetEnvironment's names: (variable of the file's place)
    "Plugins": "MWAA_PLUGINS_ZIP",
    "Requirements": "MWAA__CORE__REQUIREMENTS_PATH",
    "StartupScript": "MWAA__CORE__STARTUP_SCRIPT_PATH",
}
PATIENCE = 120.0  # seconds for LocalStack to start
LOOK_EVERY = 0.3
MANIFEST = ".delivered.json"  # beside the folder of DAGs


class NotDelivered(Exception):
    """The text says what could not be had, and why."""


def environment():
    """The Environment of GetEnvironment. By plain HTTP: botocore 1.21.65 does not know all of its members."""
    import botocore.session
    import requests
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    url = "{}/environments/{}".format(os.environ["AWS_ENDPOINT"], os.environ["AIRFLOW_ENV_NAME"])
    request = AWSRequest("GET", url)
    SigV4Auth(botocore.session.get_session().get_credentials(), "airflow", os.environ["AWS_REGION"]).add_auth(request)
    try:
        answer = requests.get(url, headers=dict(request.headers.items()), timeout=30)
        answer.raise_for_status()
        return answer.json()["Environment"]
    except (requests.RequestException, ValueError, KeyError) as problem:
        raise NotDelivered("GetEnvironment at {}: {}".format(url, problem)) from None


def environment_when_there():
    """The same, once the endpoint answers. Raises NotDelivered."""
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            return environment()
        except NotDelivered:
            if time.monotonic() > give_up:
                raise
            time.sleep(LOOK_EVERY)


def fetch(described, s3):
    """Puts the three files in their places; one that the environment does not name is away."""
    bucket = described["SourceBucketArn"].rpartition(":")[2]
    for part, variable in FILES.items():
        place, key = os.environ[variable], described.get(part + "S3Path")
        version = described.get(part + "S3ObjectVersion")
        if not key:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(place)
        elif not _has(place, version):
            _download(s3, bucket, key, version, place)
            _write(place + ".version", version.encode() if version else b"")


def sync(described, s3):
    """One pass over the DAGs; returns (files that came, files that went)."""
    folder, prefix = os.environ["AIRFLOW__CORE__DAGS_FOLDER"], described["DagS3Path"].strip("/") + "/"
    bucket = described["SourceBucketArn"].rpartition(":")[2]
    os.makedirs(folder, exist_ok=True)
    with _alone(folder):
        manifest = os.path.join(os.path.dirname(folder), MANIFEST)
        there, had = dict(_listed(s3, bucket, prefix)), _read(manifest)
        came = [
            path
            for path, tag in there.items()
            if had.get(path) != tag or not os.path.isfile(os.path.join(folder, path))
        ]
        for path in came:
            _download(s3, bucket, prefix + path, None, os.path.join(folder, path))
        went = [path for path in _local(folder) if path not in there]
        for path in went:
            os.unlink(os.path.join(folder, path))
        _remove_empty_folders(folder)
        _write(manifest, json.dumps(there).encode())
    return came, went


def follow(s3, seconds, is_wanted):
    """A pass every so many seconds while it is wanted. A pass that fails is told, once, and the next one tries again."""
    said = ""
    while is_wanted(seconds):
        try:
            came, went = sync(environment(), s3)
        except Exception as problem:  # LocalStack may be away for a while
            if str(problem) != said:
                said = str(problem)
                print("dags: not synchronised: {}".format(said), file=sys.stderr, flush=True)
            continue
        said = ""
        if came or went:
            print("dags: {} came, {} went: {}".format(len(came), len(went), ", ".join([*came, *went][:5])), flush=True)


def _listed(s3, bucket, prefix):
    """(path below the prefix, tag) of each object that can be a file below a folder."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for found in page.get("Contents", []):
            path = found["Key"][len(prefix) :]
            parts = path.split("/")
            if not path or path.endswith("/"):
                continue
            if path.startswith("/") or ".." in parts or "" in parts:
                print(
                    "dags: the key {!r} is no path below the folder: left out".format(found["Key"]),
                    file=sys.stderr,
                    flush=True,
                )
                continue
            if SKIPPED not in parts:
                yield path, found["ETag"]


def _local(folder):
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != SKIPPED]
        for name in files:
            yield os.path.relpath(os.path.join(place, name), folder)


def _remove_empty_folders(folder):
    for place, _, _ in os.walk(folder, topdown=False):
        if place != folder and (os.path.basename(place) != SKIPPED):
            with contextlib.suppress(OSError):  # not empty
                os.rmdir(place)


def _download(s3, bucket, key, version, place):
    """Raises NotDelivered."""
    from botocore.exceptions import BotoCoreError, ClientError

    which = {"VersionId": version} if version else {}
    try:
        content = s3.get_object(Bucket=bucket, Key=key, **which)["Body"].read()
    except (BotoCoreError, ClientError) as problem:
        raise NotDelivered("s3://{}/{}: {}".format(bucket, key, problem)) from None
    os.makedirs(os.path.dirname(place), exist_ok=True)
    _write(place, content)


def _write(place, content):
    descriptor, new = tempfile.mkstemp(dir=os.path.dirname(place), prefix=".new-")
    with open(descriptor, "wb") as file:
        file.write(content)
    os.chmod(new, 0o644)
    os.replace(new, place)


def _has(place, version):
    """Whether the file was fetched in this version."""
    try:
        with open(place + ".version") as file:
            return bool(version) and os.path.isfile(place) and file.read() == version
    except OSError:
        return False


def _read(manifest):
    try:
        with open(manifest) as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


@contextlib.contextmanager
def _alone(folder):
    """Roles of native mode share the folder."""
    with open(folder.rstrip("/") + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _end_with_parent():
    """At once on Linux; elsewhere with the next look at it."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["fetch", "sync"])
    parser.add_argument("--every", type=float, default=30.0, metavar="SECONDS", help="MWAA's is 30")
    parser.add_argument("--while", dest="master", type=int, default=0, metavar="PID", help="ends with this parent")
    arguments = parser.parse_args()
    import boto3

    s3 = boto3.client("s3")
    if arguments.what == "fetch":
        try:
            described = environment_when_there()
            fetch(described, s3)
            sync(described, s3)
        except NotDelivered as problem:
            sys.exit("delivery: {}".format(problem))
        return
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())

    def is_wanted(seconds):
        return not ended.wait(seconds) and arguments.master in (0, os.getppid())

    _end_with_parent()
    follow(s3, arguments.every, is_wanted)


if __name__ == "__main__":
    main()

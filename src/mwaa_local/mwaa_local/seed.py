"""What the local AWS account and Airflow hold when the stack comes up. Run again at any time: only differences are written.

    execution role             mwaa-local-glue-role
    bucket mwaa-local-assets   the scripts of the jobs, at scripts/<job>/<file>
    every glue/*/job.yaml      created or updated
    <project>/seed.yaml        buckets, objects, generated objects, secrets, Airflow variables and connections (all
                               optional; for the project that is shipped: stack/seed.yaml)

All files are read and checked before anything is written. `python -m mwaa_local.seed` seeds the running stack.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from mwaa_local.checked_yaml import BadFile
from mwaa_local.errors import LocalError
from mwaa_local.glue_jobs import GlueJob, load_jobs
from mwaa_local.seed_file import Generated, SeedFile, load_seed_file

ASSETS_BUCKET = "mwaa-local-assets"
ROLE = "mwaa-local-glue-role"
GLUE_POLICY = "arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole"
TRUST = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
ALL_BUCKETS = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
Log = Callable[[str], None]


class SeedFailed(LocalError):
    """AWS's answer to one step of the seeding was an error."""


@dataclass
class Seeded:
    """What was written in this run, and what is left for Airflow: {"variables": {...}, "connections": {...}}."""

    buckets: list[str] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)
    objects: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    unchanged: int = 0
    airflow: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __str__(self) -> str:
        written = f"{len(self.buckets)} buckets, {len(self.objects)} objects, {len(self.jobs)} Glue jobs"
        secrets = f", {len(self.secrets)} secrets" if self.secrets else ""
        return f"Seeded {written}{secrets} ({self.unchanged} objects and jobs were up to date)"


def seed(*, endpoint: str, region: str, project: Path, seed_file: Path | None = None, log: Log = print) -> Seeded:
    """Brings the AWS account behind `endpoint` to what the project's files say; Airflow's part is only returned.

    Raises BadFile when a file of the project is wrong (nothing is written then), SeedFailed when AWS refuses a step.
    """
    jobs, wanted = _checked(project, seed_file)
    account = Account(endpoint, region, log)
    try:
        account.create_buckets({ASSETS_BUCKET, *wanted.bucket_names()})
        role = account.create_role()
        scripts = {(ASSETS_BUCKET, script_key(job)): job.script for job in jobs if job.script}
        account.upload(scripts | wanted.files())
        for generated in wanted.generate:
            account.generate(generated)
        for name, value in wanted.secrets.items():
            account.put_secret(name, value)
        for job in jobs:
            account.put_job(job, job.request(role, f"s3://{ASSETS_BUCKET}/{script_key(job)}"))
    except (ConnectionError, HTTPClientError) as error:
        raise SeedFailed(f"The local AWS at {endpoint} does not answer: {error}", "make status") from error
    account.seeded.airflow = {"variables": wanted.variables, "connections": wanted.connections}
    return account.seeded


def script_key(job: GlueJob) -> str:
    return f"scripts/{job.name}/{job.script.name}" if job.script else ""


def seed_file_of(project: Path) -> Path:
    """A project's own seed.yaml; the project that is shipped has its in stack/, apart from what a user deploys."""
    own, shipped = project / "seed.yaml", project / "stack" / "seed.yaml"
    return shipped if shipped.is_file() and not own.is_file() else own


def hand_over(airflow: dict[str, dict[str, Any]], *, state: Path) -> Path | None:
    """Writes Airflow's part to a file, for Airflow's own interpreter; None, and no file, when there is nothing to set."""
    file = state / "seed" / "airflow.json"
    file.unlink(missing_ok=True)
    if not any(airflow.values()):
        return None
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # connections hold passwords
    with open(descriptor, "w") as out:
        json.dump(airflow, out)
    return file


def apply_to_airflow(file: Path, *, root: Path, state: Path) -> str:
    """Sets variables and connections, in one process of Airflow's interpreter.

    Returns what that process printed; raises SeedFailed with its last lines.
    """
    command = [str(root / "stack" / "bin" / "seed-airflow"), str(file)]
    done = subprocess.run(command, env=os.environ | {"MWAA_STATE": str(state)}, capture_output=True, text=True)
    if done.returncode:
        last = "\n".join(f"  {line}" for line in done.stderr.strip().splitlines()[-5:])
        raise SeedFailed(f"Airflow's variables and connections could not be set:\n{last}", "make logs, then make seed")
    return done.stdout.strip()


class Account:
    """The AWS account behind one endpoint; each method brings one kind of thing to what is wanted."""

    def __init__(self, endpoint: str, region: str, log: Log) -> None:
        if (urlsplit(endpoint).hostname or "").endswith((".amazonaws.com", ".amazonaws.com.cn")):
            raise SeedFailed(f"{endpoint} is real AWS: only a local account is seeded.", "check AWS_PORT and MODE")
        keys = dict.fromkeys(("aws_access_key_id", "aws_secret_access_key"), "test")
        session = boto3.Session(region_name=region, **keys)
        config = Config(s3={"addressing_style": "path"}, connect_timeout=5, max_pool_connections=16)
        self.s3, self.iam, self.glue = (
            session.client(name, endpoint_url=endpoint, config=config) for name in ("s3", "iam", "glue")
        )
        self.new_client = partial(session.client, endpoint_url=endpoint, config=config)
        self.region, self.log, self.seeded = region, log, Seeded()

    def create_buckets(self, names: Iterable[str]) -> None:
        there = {bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"]}
        place = {} if self.region == "us-east-1" else {"LocationConstraint": self.region}
        for name in sorted(set(names) - there):
            options = {"CreateBucketConfiguration": place} if place else {}
            _told(f"bucket {name}", self.s3.create_bucket, Bucket=name, **options)
            self.seeded.buckets.append(name)
            self.log(f"bucket {name}: created")

    def create_role(self) -> str:
        """The ARN of the role that jobs run with. Its policies are set every time: an interrupted run heals."""
        document = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
        try:
            role = self.iam.get_role(RoleName=ROLE)
        except self.iam.exceptions.NoSuchEntityException:
            role = _told(f"role {ROLE}", self.iam.create_role, RoleName=ROLE, AssumeRolePolicyDocument=document)
            self.log(f"role {ROLE}: created")
        buckets = json.dumps({"Version": "2012-10-17", "Statement": [ALL_BUCKETS]})
        _told(f"role {ROLE}", self.iam.attach_role_policy, RoleName=ROLE, PolicyArn=GLUE_POLICY)
        _told(f"role {ROLE}", self.iam.put_role_policy, RoleName=ROLE, PolicyName="buckets", PolicyDocument=buckets)
        return str(role["Role"]["Arn"])

    def upload(self, files: dict[tuple[str, str], Path]) -> None:
        """Uploads {(bucket, key): file}, several at a time, leaving out what is there with the same content."""
        with ThreadPoolExecutor(max_workers=8) as pool:
            done = pool.map(self._upload_one, files.keys(), files.values())
            for (bucket, key), written in zip(files, done):
                if written:
                    self.seeded.objects.append(f"s3://{bucket}/{key}")
                    self.log(f"s3://{bucket}/{key}: uploaded")
                else:
                    self.seeded.unchanged += 1

    def _upload_one(self, place: tuple[str, str], file: Path) -> bool:
        bucket, key = place
        # An ETag is the content's MD5 only for objects sent in one piece, so the sum goes along as metadata.
        digest = hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()
        if (self._head(bucket, key) or {}).get("Metadata", {}).get("md5") == digest:
            return False
        extra = {"Metadata": {"md5": digest}}
        _told(f"s3://{bucket}/{key}", self.s3.upload_file, str(file), bucket, key, ExtraArgs=extra)
        return True

    def _head(self, bucket: str, key: str) -> dict[str, Any] | None:
        try:
            return dict(self.s3.head_object(Bucket=bucket, Key=key))
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return None
            raise

    def generate(self, wanted: Generated) -> None:
        """Runs a generator and uploads what it wrote: once a day, as long as script and arguments stay the same."""
        today = datetime.now(timezone.utc).date().isoformat()
        identity = [wanted.script.read_text(), *wanted.arguments, wanted.bucket, wanted.prefix, today]
        marker = f"generated/{hashlib.sha256(json.dumps(identity).encode()).hexdigest()}"
        if self._head(ASSETS_BUCKET, marker):
            self.seeded.unchanged += 1
            return
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, str(wanted.script), "--out", folder, *wanted.arguments]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                last = (done.stderr.strip().splitlines() or ["(nothing was printed)"])[-1]
                raise SeedFailed(f"{wanted.script} ended with exit code {done.returncode}: {last}", " ".join(command))
            self.upload(wanted.files(Path(folder)))
        self.s3.put_object(Bucket=ASSETS_BUCKET, Key=marker, Body=b"")

    def put_secret(self, name: str, value: str) -> None:
        """Creates the secret, or gives it a new value if it has another. Values are never told."""
        try:
            there = self.secrets.get_secret_value(SecretId=name).get("SecretString")
        except self.secrets.exceptions.ResourceNotFoundException:
            _told(f"secret {name}", self.secrets.create_secret, Name=name, SecretString=value)
            return self._secret_written(name, "created")
        if there == value:
            self.seeded.unchanged += 1
            return None
        _told(f"secret {name}", self.secrets.put_secret_value, SecretId=name, SecretString=value)
        return self._secret_written(name, "updated")

    @cached_property
    def secrets(self) -> Any:
        """Made when it is needed: most projects have no secret, and a client costs the start some time."""
        return self.new_client("secretsmanager")

    def _secret_written(self, name: str, how: str) -> None:
        self.seeded.secrets.append(name)
        self.log(f"secret {name}: {how}")

    def put_job(self, job: GlueJob, request: dict[str, Any]) -> None:
        """Creates the job, or updates it if it differs from what is wanted."""
        try:
            there = self.glue.get_job(JobName=job.name)["Job"]
        except self.glue.exceptions.EntityNotFoundException:
            _told(f"{job.source}: job {job.name}", self.glue.create_job, **request)
            self._job_written(job, "created")
            return
        update = {name: value for name, value in request.items() if name not in ("Name", "Tags")}
        if all(there.get(name) == value for name, value in update.items()):
            self.seeded.unchanged += 1
            return
        _told(f"{job.source}: job {job.name}", self.glue.update_job, JobName=job.name, JobUpdate=update)
        self._job_written(job, "updated")

    def _job_written(self, job: GlueJob, how: str) -> None:
        self.seeded.jobs.append(job.name)
        self.log(f"Glue job {job.name}: {how}")


def _checked(project: Path, seed_file: Path | None) -> tuple[list[GlueJob], SeedFile]:
    """Reads jobs and seed file; raises BadFile with the mistakes of both."""
    mistakes: list[str] = []
    jobs: list[GlueJob] = []
    wanted = SeedFile()
    try:
        jobs = load_jobs(project)
    except BadFile as error:
        mistakes += error.lines
    try:
        wanted = load_seed_file(seed_file or project / "seed.yaml", project)
    except BadFile as error:
        mistakes += error.lines
    if mistakes:
        raise BadFile(mistakes)
    return jobs, wanted


def _told(what: str, call: Callable[..., Any], *positional: Any, **parameters: Any) -> Any:
    """The answer of an AWS call; raises SeedFailed that names the thing and carries AWS's own code and text."""
    try:
        return call(*positional, **parameters)
    except ClientError as error:
        code, text = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        raise SeedFailed(f"{what} was refused, {code}: {text}", "correct it, then make seed") from error


def main() -> int:
    from mwaa_local import settings as all_settings

    settings, root = all_settings.of_running_stack(), all_settings.ROOT
    endpoint = os.environ.get("AWS_ENDPOINT") or settings.endpoint
    project = settings.mwaa_project
    try:
        seeded = seed(
            endpoint=endpoint,
            region=settings.aws_default_region,
            project=project,
            seed_file=seed_file_of(project),
        )
        file = hand_over(seeded.airflow, state=settings.mwaa_state)
        printed = ""
        # in Docker mode the one-shot seed-airflow does the rest, in a container that has Airflow
        if file and settings.mode != "docker":
            printed = apply_to_airflow(file, root=root, state=settings.mwaa_state)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(filter(None, [printed, str(seeded)])))
    return 0


if __name__ == "__main__":
    sys.exit(main())

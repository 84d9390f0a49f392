"""`make deploy`: what the project deploys goes to the environment's bucket, as a deploy to real MWAA does it.

    dags/              to s3://<bucket>/<DagS3Path>/: changed files up, deleted ones away; the environment looks every 30 s
    plugins.zip        the project's, or its plugins/ packed
    requirements.txt   and startup/startup.sh: an empty object where the project has none, since MWAA cannot let go of one
    UpdateEnvironment  when one of the three has another object version than the environment: Airflow is restarted with it

Each deploy is noted with the object versions of all its files; a rollback goes to those of the one before. DAG files have no
version in the environment, so a rollback makes older versions of the objects the latest again.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from mwaa_local import plugins_zip, update
from mwaa_local.console import err, out
from mwaa_local.errors import LocalError
from mwaa_local.settings import Settings
from mwaa_local.stack import Stack

NOTES = "deploys.json"
LONGEST = 900.0  # seconds for an update
ASK_EVERY = 0.5
FILES = {"Plugins": "plugins.zip", "Requirements": "requirements.txt", "StartupScript": "startup.sh"}
"""Part of the API's names, and the key in the bucket."""


@dataclass(frozen=True)
class Bucket:
    """The environment's bucket, and what is done to it."""

    s3: Any
    name: str

    def tags(self, prefix: str) -> dict[str, str]:
        """Key to MD5, of what is there."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return {one["Key"]: one["ETag"].strip('"') for page in pages for one in page.get("Contents", [])}

    def version(self, key: str) -> str:
        """Of the latest object, "" if there is none."""
        try:
            return str(self.s3.head_object(Bucket=self.name, Key=key)["VersionId"])
        except ClientError as refused:
            if refused.response["Error"]["Code"] in ("404", "NoSuchKey"):
                return ""
            raise

    def put(self, key: str, content: bytes) -> str:
        return str(self.s3.put_object(Bucket=self.name, Key=key, Body=content)["VersionId"])

    def put_if_other(self, key: str, content: bytes, tag: str | None) -> str:
        """The version that has this content."""
        return self.version(key) if tag == hashlib.md5(content).hexdigest() else self.put(key, content)  # noqa: S324

    def bring_back(self, key: str, version: str) -> None:
        """Makes an older version the latest. Raises LocalError if it is gone."""
        try:
            old = self.s3.get_object(Bucket=self.name, Key=key, VersionId=version)["Body"].read()
        except ClientError as refused:
            raise LocalError(
                f"s3://{self.name}/{key} has no version {version} any more: {refused.response['Error']['Code']}.",
                "deploy the older files themselves: make deploy",
            ) from None
        self.put(key, old)

    def delete(self, key: str) -> None:
        self.s3.delete_object(Bucket=self.name, Key=key)


class Deployment:
    """One deploy to the environment of a running stack."""

    def __init__(self, stack: Stack) -> None:
        self.settings = stack.settings
        self.mwaa = _client(stack.settings, "mwaa")
        self.name = stack.settings.env_name
        environment = self.environment()
        self.prefix = environment["DagS3Path"].strip("/") + "/"
        self.bucket = Bucket(_client(stack.settings, "s3"), environment["SourceBucketArn"].rpartition(":")[2])
        self._notes = update.folder(stack) / NOTES

    def environment(self) -> dict[str, Any]:
        found: dict[str, Any] = self.mwaa.get_environment(Name=self.name)["Environment"]
        return found

    def deploy(self) -> dict[str, Any]:
        """Uploads and, where need be, updates; returns the note of it."""
        project, there = self.settings.mwaa_project, self.bucket.tags("")
        wanted = {self.prefix + path: file for path, file in plugins_zip.files(project / "dags")}
        gone = [key for key in there if key.startswith(self.prefix) and key not in wanted]
        dags = {key: self.bucket.put_if_other(key, file.read_bytes(), there.get(key)) for key, file in wanted.items()}
        for key in gone:
            self.bucket.delete(key)
        changed = sum(there.get(key) != _md5(file) for key, file in wanted.items())
        out.print(
            f"dags: {len(dags)} files, {changed} uploaded, {len(gone)} deleted in s3://{self.bucket.name}/{self.prefix}"
        )
        versions = {}
        for part, content in self._files(project).items():
            versions[part] = self.bucket.put_if_other(FILES[part], content, there.get(FILES[part]))
            out.print(f"{FILES[part]}: {len(content)} bytes, version {versions[part]}")
        note = {"at": time.time(), "dags": dags, "versions": versions, "failed": True}
        before = self.notes()
        if before and (before[-1]["dags"], before[-1]["versions"]) == (dags, versions):
            before.pop()  # the same again is no step on the way back
        self._write([*before, note])  # first: what is uploaded can be taken back, even if the update fails
        self.update(versions)
        note["failed"] = False
        self._write([*before, note])
        return note

    def roll_back(self) -> dict[str, Any]:
        """To the last deploy before this one that did not fail. Raises LocalError if there is none."""
        notes = self.notes()
        earlier = [note for note in notes[:-1] if not note["failed"]]
        if not earlier:
            seen = "no deploy is noted" if not notes else "none before the last one has succeeded"
            raise LocalError(f"There is no deploy to go back to: {seen}.", "make deploy")
        target = earlier[-1]
        there = [key for key in self.bucket.tags(self.prefix) if key not in target["dags"]]
        restored = [key for key, version in target["dags"].items() if not self._is_latest(notes[-1], key, version)]
        for key in restored:
            self.bucket.bring_back(key, target["dags"][key])
        for key in there:
            self.bucket.delete(key)
        out.print(f"dags: {len(restored)} restored, {len(there)} deleted in s3://{self.bucket.name}/{self.prefix}")
        target = {**target, "dags": {key: self.bucket.version(key) for key in target["dags"]}}
        self.update(target["versions"])
        self._write([*earlier[:-1], target])
        return target

    def update(self, versions: dict[str, str]) -> None:
        """Gives the environment these object versions, if it has others, and waits. Raises LocalError if it goes wrong."""
        now = self.environment()
        asked: dict[str, str] = {}
        for part, version in versions.items():
            if now.get(f"{part}S3ObjectVersion") != version:
                asked |= {f"{part}S3Path": FILES[part], f"{part}S3ObjectVersion": version}
        if not asked:
            out.print("The environment has these versions already: nothing to update.")
            return
        self.mwaa.update_environment(Name=self.name, **asked)
        with err.status("The environment is UPDATING: Airflow starts again ..."):
            status, last = self._wait()
        if status != "AVAILABLE":
            error = last.get("Error", {}).get("ErrorMessage", "")
            raise LocalError(
                f"The update ended {status} and was rolled back: {error}",
                "make status shows what failed, make deploy tries again",
            )
        out.print("The environment is AVAILABLE, with these versions.")

    def notes(self) -> list[dict[str, Any]]:
        try:
            found: list[dict[str, Any]] = json.loads(self._notes.read_text())
        except (OSError, ValueError):
            return []
        return found

    def _write(self, notes: list[dict[str, Any]]) -> None:
        fresh = self._notes.with_name(f"{NOTES}.new")
        fresh.write_text(json.dumps(notes, indent=1))
        fresh.replace(self._notes)

    def _is_latest(self, note: dict[str, Any], key: str, version: str) -> bool:
        return bool(note["dags"].get(key) == version == self.bucket.version(key))

    def _wait(self) -> tuple[str, dict[str, Any]]:
        give_up = time.monotonic() + LONGEST
        while (found := self.environment())["Status"] == "UPDATING":
            if time.monotonic() > give_up:
                raise LocalError(f"The environment is still UPDATING after {LONGEST:.0f} s.", "make status")
            time.sleep(ASK_EVERY)
        return found["Status"], found.get("LastUpdate", {})

    @staticmethod
    def _files(project: Path) -> dict[str, bytes]:
        archive = project / "plugins.zip"
        return {
            "Plugins": archive.read_bytes() if archive.is_file() else plugins_zip.packed(project / "plugins"),
            "Requirements": _content(project / "requirements.txt"),
            "StartupScript": _content(project / "startup" / "startup.sh"),
        }


def run(stack: Stack, rollback: bool) -> None:
    """Raises LocalError."""
    begun = time.monotonic()
    deployment = Deployment(stack)
    deployment.roll_back() if rollback else deployment.deploy()
    out.print(f"{'Rolled back' if rollback else 'Deployed'} in {time.monotonic() - begun:.1f} s.")
    if stack.settings.source != "s3":
        out.print(
            "This stack reads the folders of the project and not the bucket (SOURCE=mount). To rehearse a deploy: make down, "
            "then make up SOURCE=s3"
        )


def _content(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""


def _md5(file: Path) -> str:
    return hashlib.md5(file.read_bytes()).hexdigest()  # noqa: S324


def _client(settings: Settings, service: str) -> Any:
    """Of the local account; the API's host prefixes (api., env.) cannot stand before an address of loopback."""
    session = boto3.session.Session("test", "test", region_name=settings.aws_default_region)
    config = Config(s3={"addressing_style": "path"}, inject_host_prefix=False)
    return session.client(service, endpoint_url=settings.endpoint, config=config)

"""What each operation of the MWAA API does here. Requests and answers are dicts in AWS's shape."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from . import identity, tokens, updates
from .environment import UPDATING, Environment
from .errors import Invalid, NotFound, NotHere

LOG = logging.getLogger(__name__)
Request = dict[str, Any]
MOST_TAGS = 50


class Operations:
    """`client(service, access_key)` gives a boto3 client; access_key "" is the environment's own."""

    def __init__(self, environment: Environment, client: Callable[[str, str], Any]) -> None:
        self.environment, self._client = environment, client
        self._lock = threading.RLock()
        self._has_bucket = False

    def start(self) -> None:
        """Notes when the environment came to be; goes on with an update that an earlier process had begun."""
        self.environment.save()
        if self.environment.record["status"] == UPDATING:
            self._apply_in_background()

    # environments

    def get_environment(self, request: Request, key: str) -> Request:
        with self._lock:
            self._named(request["Name"])
            self._make_bucket()
            return {"Environment": self.environment.shown()}

    def list_environments(self, request: Request, key: str) -> Request:
        if request.get("NextToken"):
            raise Invalid("Invalid NextToken: there is one page")
        return {"Environments": [self.environment.name]}

    def create_environment(self, request: Request, key: str) -> Request:
        if request["Name"] == self.environment.name:
            raise Invalid(f"The environment {request['Name']} exists already")
        raise NotHere(
            f"CreateEnvironment is not implemented: this replica is one environment, {self.environment.name}. "
            "A second one is a second checkout: make up PORTS=auto ENV_NAME=... there. Nothing was made."
        )

    def delete_environment(self, request: Request, key: str) -> Request:
        self._named(request["Name"])
        raise NotHere(
            "DeleteEnvironment is not implemented: this replica is its one environment. `make down` stops it, `make reset` "
            "deletes its state. Nothing was deleted."
        )

    def update_environment(self, request: Request, key: str) -> Request:
        with self._lock:
            self._named(request["Name"])
            record = self.environment.record
            if record["status"] == UPDATING:
                raise Invalid(f"The environment {self.environment.name} is being updated: wait until it is AVAILABLE")
            self._make_bucket()
            values = updates.wanted(self.environment, request, self._client("s3", ""))
            record.update(status=UPDATING, previous=dict(record["values"]), values=record["values"] | values)
            record["update"] = {"Status": "PENDING", "CreatedAt": time.time()}
            if "WorkerReplacementStrategy" in request:
                record["update"]["WorkerReplacementStrategy"] = request["WorkerReplacementStrategy"]
            self.environment.save()
            self._apply_in_background()
            return {"Arn": self.environment.arn}

    # tokens

    def create_cli_token(self, request: Request, key: str) -> Request:
        self._named(request["Name"])
        token = tokens.make(tokens.CLI, self._caller(key), [], self.environment.variables)
        return {"CliToken": token, "WebServerHostname": self.environment.host}

    def create_web_login_token(self, request: Request, key: str) -> Request:
        self._named(request["Name"])
        arn = self._caller(key)
        roles = identity.roles(lambda service: self._client(service, ""), arn, self.environment.name)
        token = tokens.make(tokens.WEB, arn, roles, self.environment.variables)
        who = arn.split(":", 5)[-1]
        return {
            "WebToken": token,
            "WebServerHostname": self.environment.host,
            "IamIdentity": who,
            "AirflowIdentity": who,
        }

    # tags and metrics

    def list_tags_for_resource(self, request: Request, key: str) -> Request:
        self._of_arn(request["ResourceArn"])
        return {"Tags": dict(self.environment.record["tags"])}

    def tag_resource(self, request: Request, key: str) -> Request:
        self._of_arn(request["ResourceArn"])
        with self._lock:
            tags = self.environment.record["tags"] | request["Tags"]
            if len(tags) > MOST_TAGS:
                raise Invalid(f"An environment has at most {MOST_TAGS} tags")
            self.environment.record["tags"] = tags
            self.environment.save()
        return {}

    def untag_resource(self, request: Request, key: str) -> Request:
        self._of_arn(request["ResourceArn"])
        with self._lock:
            for name in request["tagKeys"]:
                self.environment.record["tags"].pop(name, None)
            self.environment.save()
        return {}

    def publish_metrics(self, request: Request, key: str) -> Request:
        """Taken and ignored, as AWS says of its own: "Data set for this type will be ignored" (botocore's model)."""
        self._named(request["EnvironmentName"])
        return {}

    def _named(self, name: str) -> None:
        if name != self.environment.name:
            raise NotFound(f"There is no environment {name} here: the one that there is, is {self.environment.name}")

    def _of_arn(self, arn: str) -> None:
        if arn != self.environment.arn:
            raise NotFound(f"There is no {arn} here: the one environment is {self.environment.arn}")

    def _caller(self, key: str) -> str:
        return identity.caller(lambda service: self._client(service, key))

    def _make_bucket(self) -> None:
        """The environment's own, versioned as MWAA demands. A bucket that an update has named was there."""
        if self._has_bucket or "SourceBucketArn" in self.environment.record["values"]:
            return
        s3, name, region = self._client("s3", ""), self.environment.bucket, self.environment.region
        if name not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
            place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            s3.create_bucket(Bucket=name, **place)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        self._has_bucket = True

    def _apply_in_background(self) -> None:
        threading.Thread(target=self._apply, name="mwaa-update", daemon=True).start()

    def _apply(self) -> None:
        environment, error = self.environment, ""
        try:
            if updates.changes(environment, environment.record["previous"]):
                updates.write_files(environment)
                error = updates.restart(environment)
        except Exception as problem:
            LOG.exception("the update failed")
            error = str(problem)
        if not error:
            with self._lock:
                updates.ended(environment, "")
            return
        LOG.warning("The update failed and is rolled back: %s", error)
        kept = environment.record["values"]
        environment.record["values"] = environment.record["previous"]
        try:
            updates.write_files(environment)
            updates.restart(environment)
        except OSError as problem:
            LOG.error("The rollback failed: %s", problem)
        environment.record["values"] = kept
        with self._lock:
            updates.ended(environment, error)


def handlers(operations: Operations) -> Mapping[str, Callable[[Request, str], Request]]:
    """By the operation's name: CreateCliToken -> operations.create_cli_token."""
    return {
        "".join(part.capitalize() for part in name.split("_")): getattr(operations, name)
        for name in vars(Operations)
        if not name.startswith("_") and name != "start"
    }

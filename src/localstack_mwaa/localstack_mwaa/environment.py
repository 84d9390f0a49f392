"""The environment, as GetEnvironment shows it.

What runs here comes from the variables of the stack (stack/bin/environment); over it lies what was updated through the API.
That is kept in <state>/mwaa/environment.json, mode 0600, since options may be passwords:

    {"created": s, "status": ..., "values": {field: value}, "previous": {...} or null, "tags": {...}, "update": {...} or null}
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .options import option

CLASSES = ("mw1.small", "mw1.medium", "mw1.large")
AVAILABLE, UPDATING, UPDATE_FAILED = "AVAILABLE", "UPDATING", "UPDATE_FAILED"
LOGS = {
    "DagProcessingLogs": ("DAG_PROCESSING_LOGS", "DAGProcessing"),
    "SchedulerLogs": ("SCHEDULER_LOGS", "Scheduler"),
    "TaskLogs": ("TASK_LOGS", "Task"),
    "WebserverLogs": ("WEBSERVER_LOGS", "WebServer"),
    "WorkerLogs": ("WORKER_LOGS", "Worker"),
}
"""Log type of the API: setting of the stack, end of the log group's name."""
OFF = "off"
# Members that the model demands and that mean nothing here; the names say so.
NETWORK = {"SubnetIds": ["subnet-loopback-1", "subnet-loopback-2"], "SecurityGroupIds": ["sg-loopback"]}
EXECUTION_ROLE = "mwaa-local-glue-role"  # src/mwaa_local/mwaa_local/seed.py


class Environment:
    """The one of this account. Not for several threads at once: operations.py holds a lock."""

    def __init__(self, variables: Mapping[str, str], account: str, region: str) -> None:
        self.variables, self.account, self.region = variables, account, region
        self.name = variables["ENV_NAME"]
        self.folder = Path(variables.get("MWAA_STATE") or variables["LOCALSTACK_HOME"]) / "mwaa"
        self.record = self._load()

    @property
    def arn(self) -> str:
        return f"arn:aws:airflow:{self.region}:{self.account}:environment/{self.name}"

    @property
    def host(self) -> str:
        """Of the web server, as WebServerHostname: no scheme, and a port, for clients put https:// before it."""
        return urlsplit(self.variables["WEB_URL"]).netloc

    @property
    def bucket(self) -> str:
        return str(self.value("SourceBucketArn")).rpartition(":")[2]

    def value(self, field: str) -> Any:
        return self.shown().get(field)

    def shown(self) -> dict[str, Any]:
        """Every member of the model's Environment that has a value here."""
        record = self.record
        shown: dict[str, Any] = self._running() | record["values"]
        shown |= {"Status": record["status"], "Tags": record["tags"]}
        shown["LoggingConfiguration"] = self._logging(record["values"].get("LoggingConfiguration", {}))
        if record["update"]:
            shown["LastUpdate"] = record["update"]
        return shown

    def save(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        write_private(self.folder / "environment.json", json.dumps(self.record, indent=1))

    def _running(self) -> dict[str, Any]:
        there, iam = self.variables, f"arn:aws:iam::{self.account}:role"
        return {
            "Name": self.name,
            "Arn": self.arn,
            "CreatedAt": self.record["created"],
            "AirflowVersion": there["AIRFLOW_VERSION"],
            "EnvironmentClass": there["ENV_CLASS"],
            "AirflowConfigurationOptions": self._declared_options(),
            "WebserverUrl": self.host,
            "WebserverAccessMode": "PUBLIC_ONLY",
            "SourceBucketArn": f"arn:aws:s3:::{there.get('MWAA_BUCKET') or f'mwaa-{self.name.lower()}-source'}",
            "DagS3Path": "dags",
            "ExecutionRoleArn": f"{iam}/{EXECUTION_ROLE}",
            "ServiceRoleArn": f"{iam}/aws-service-role/airflow.amazonaws.com/AWSServiceRoleForAmazonMWAA",
            "MinWorkers": 1,
            "MaxWorkers": 25 if there.get("MODE") == "docker" else 1,  # `make worker` adds them in Docker mode only
            "Schedulers": 1,
            "MinWebservers": 1,
            "MaxWebservers": 1,
            "NetworkConfiguration": NETWORK,
            "WeeklyMaintenanceWindowStart": "SUN:00:00",
            "CeleryExecutorQueue": self._queue(),
            "EndpointManagement": "SERVICE",
        }

    def _queue(self) -> str:
        return f"arn:aws:sqs:{self.region}:{self.account}:{self.variables.get('CELERY_QUEUE', '')}"

    def _declared_options(self) -> dict[str, str]:
        """Those of the project's airflow-config.yaml, as `make up` has applied them."""
        try:
            options = self.variables.get("MWAA_OPTIONS") or self.folder.parent / "airflow-options.env"
            text = Path(options).read_text(encoding="utf-8")
        except OSError:
            return {}
        names = re.findall(r"^(AIRFLOW__\w+)=", text, re.M)
        return {option(name): self.variables[name] for name in names if name in self.variables}

    def _logging(self, updated: Mapping[str, Any]) -> dict[str, Any]:
        shown = {}
        for kind, (setting, end) in LOGS.items():
            level = self.variables.get(setting, OFF)
            default = {"Enabled": level != OFF, "LogLevel": "INFO" if level == OFF else level}
            group = f"arn:aws:logs:{self.region}:{self.account}:log-group:airflow-{self.name}-{end}"
            shown[kind] = default | updated.get(kind, {}) | {"CloudWatchLogGroupArn": group}
        return shown

    def _load(self) -> dict[str, Any]:
        try:
            return dict(json.loads((self.folder / "environment.json").read_text(encoding="utf-8")))
        except (OSError, ValueError):  # none yet
            return {
                "created": time.time(),
                "status": AVAILABLE,
                "values": {},
                "previous": None,
                "tags": {},
                "update": None,
            }


def write_private(path: Path, text: str) -> None:
    """Atomically, for its owner alone."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)

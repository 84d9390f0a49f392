"""UpdateEnvironment: what is asked for is checked, written for the stack, applied by a restart of Airflow.

    <state>/mwaa/settings.env    class and log levels      read by stack/bin/environment before Airflow's configuration
    <state>/mwaa/options.env     configuration options     read after it, so that they win, as on MWAA
    <state>/mwaa/restart.json    {"id": ...}: asks for a restart of scheduler, worker and web server
    <state>/mwaa/restarted.json  {"id": ..., "error": "" or why}: the answer, once all are healthy or one is not

The stack's keeper does the restart (mwaa_local.update); in Docker mode the folder is one of the host. A failed update is
rolled back, as on MWAA.
"""

from __future__ import annotations

import json
import logging
import shlex
import time
import uuid
from typing import Any

from . import options
from .environment import AVAILABLE, CLASSES, LOGS, OFF, UPDATE_FAILED, Environment, write_private
from .errors import Invalid

LOG = logging.getLogger(__name__)
LONGEST = 900.0  # seconds for a restart
TAKEN_WITHIN = 30.0  # seconds: whoever does it looks each second
LOOK_EVERY = 0.2  # seconds
NOBODY = "nobody here restarts Airflow for it; a stack that was started by make up is restarted"
LONGEST_MESSAGE = 1024  # characters
NEED_A_RESTART = (
    *("AirflowConfigurationOptions", "EnvironmentClass", "LoggingConfiguration"),
    *("PluginsS3Path", "PluginsS3ObjectVersion", "RequirementsS3Path", "RequirementsS3ObjectVersion"),
    *("StartupScriptS3Path", "StartupScriptS3ObjectVersion"),
)
FILES = ("Plugins", "Requirements", "StartupScript")


def wanted(environment: Environment, request: dict[str, Any], s3: Any) -> dict[str, Any]:
    """The fields to be changed, with their new values. Raises Invalid."""
    asked = {name: value for name, value in request.items() if name not in ("Name", "WorkerReplacementStrategy")}
    shown = environment.shown()
    if asked.get("EnvironmentClass", CLASSES[0]) not in CLASSES:
        raise Invalid(f"EnvironmentClass {asked['EnvironmentClass']} is not one of: {', '.join(CLASSES)}")
    if asked.get("AirflowVersion", shown["AirflowVersion"]) != shown["AirflowVersion"]:
        raise Invalid(f"This environment runs Airflow {shown['AirflowVersion']} and no other version")
    problems = list(options.problems(asked.get("AirflowConfigurationOptions", {})))
    if problems:
        raise Invalid(f"Invalid AirflowConfigurationOptions: {'; '.join(problems)}")
    both = shown | asked
    for least, most in (("MinWorkers", "MaxWorkers"), ("MinWebservers", "MaxWebservers")):
        if both[least] > both[most] and (least in asked or most in asked):
            raise Invalid(f"{least} ({both[least]}) must not be greater than {most} ({both[most]})")
    if "LoggingConfiguration" in asked:
        before = environment.record["values"].get("LoggingConfiguration", {})
        asked["LoggingConfiguration"] = before | asked["LoggingConfiguration"]
    if "NetworkConfiguration" in asked:
        asked["NetworkConfiguration"] = shown["NetworkConfiguration"] | asked["NetworkConfiguration"]
    return asked | _objects(both, asked, s3)


def _objects(both: dict[str, Any], asked: dict[str, Any], s3: Any) -> dict[str, Any]:
    """The object versions of the files that are asked for: they must be there; without one it is the latest."""
    found: dict[str, Any] = {}
    bucket = str(both["SourceBucketArn"]).rpartition(":")[2]
    if "SourceBucketArn" in asked:
        _there(lambda: s3.head_bucket(Bucket=bucket), f"The bucket {bucket}")
    for file in FILES:
        path, version = f"{file}S3Path", f"{file}S3ObjectVersion"
        if version in asked and path not in both:
            raise Invalid(f"{version} needs {path}, which is not set")
        if path in asked or version in asked:
            which = {"VersionId": asked[version]} if version in asked else {}
            what = f"s3://{bucket}/{both[path]}" + (f", version {asked[version]}" if which else "")
            head = _there(lambda key=both[path], which=which: s3.head_object(Bucket=bucket, Key=key, **which), what)
            if head.get("VersionId"):
                found[version] = head["VersionId"]
    return found


def _there(ask: Any, what: str) -> Any:
    from botocore.exceptions import ClientError

    try:
        return ask()
    except ClientError as refused:
        status = refused.response["ResponseMetadata"]["HTTPStatusCode"]
        raise Invalid(f"{what} cannot be read: S3 answers {status}") from None


def changes(environment: Environment, before: dict[str, Any]) -> bool:
    """Whether what Airflow runs with is another than before (the values of the record)."""
    now = environment.record["values"]
    return any(now.get(name) != before.get(name) for name in NEED_A_RESTART)


def write_files(environment: Environment) -> None:
    """What stack/bin/environment reads. None for what was never updated."""
    values = environment.record["values"]
    settings = {"ENV_CLASS": values["EnvironmentClass"]} if "EnvironmentClass" in values else {}
    for kind, given in values.get("LoggingConfiguration", {}).items():
        settings[LOGS[kind][0]] = given.get("LogLevel", "INFO") if given.get("Enabled") else OFF
    given = values.get("AirflowConfigurationOptions", {})
    # What airflow-config.yaml had and the update has not is gone: the update names all options that there are.
    gone = environment._declared_options() if "AirflowConfigurationOptions" in values else {}
    lines = [f"unset {options.variable(name)}\n" for name in gone if name not in given]
    lines += [f"{options.variable(name)}={shlex.quote(value)}\n" for name, value in given.items()]
    environment.folder.mkdir(parents=True, exist_ok=True)
    write_private(environment.folder / "settings.env", "".join(f"{k}={shlex.quote(v)}\n" for k, v in settings.items()))
    write_private(environment.folder / "options.env", "".join(lines))


def restart(environment: Environment) -> str:
    """Has Airflow restarted; returns "" once it is healthy, or what went wrong."""
    if (
        environment.variables.get("MODE") != "docker"
        and not (environment.folder.parent / "run" / "supervisord.pid").is_file()
    ):
        return NOBODY
    number, asked = uuid.uuid4().hex, environment.folder / "restart.json"
    write_private(asked, json.dumps({"id": number}))
    begun = time.monotonic()
    while time.monotonic() < begun + LONGEST:
        if time.monotonic() > begun + TAKEN_WITHIN and asked.exists():
            asked.unlink(missing_ok=True)
            return NOBODY
        try:
            answer = json.loads((environment.folder / "restarted.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            answer = {}
        if answer.get("id") == number:
            return str(answer["error"])
        time.sleep(LOOK_EVERY)
    return f"Airflow was not restarted within {LONGEST:.0f} s"


def shortened(error: str) -> str:
    """As long as the model allows; what is last in a log is what was wrong."""
    return error if len(error) <= LONGEST_MESSAGE else f"{error[:200]} ... {error[-800:]}"


def ended(environment: Environment, error: str) -> None:
    """Notes how the update went; a failed one leaves the values as they were before."""
    record = environment.record
    update = dict(record["update"], Status="FAILED" if error else "SUCCESS")
    if error:
        update["Error"] = {"ErrorCode": "INCORRECT_CONFIGURATION", "ErrorMessage": shortened(error)}
        record["values"] = record["previous"]
    record.update(status=UPDATE_FAILED if error else AVAILABLE, update=update, previous=None)
    environment.save()

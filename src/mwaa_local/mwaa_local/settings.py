"""Everything a user may change, read once into one typed value.

Precedence, high to low: environment (so also `make up WEB_PORT=8081`), the checkout's `.env`, the default here.
docs/settings.md is the user's page of this table; a test holds the two together.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from mwaa_local.errors import SettingsError

ROOT = Path(__file__).resolve().parents[3]
SPARK_VERSIONS = ("5.1", "5.0", "4.0", "3.0")
"""The Glue versions whose Spark jobs can be run, newest first."""
LOG_LEVELS = ("off", "CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG")
PORTS = ("web_port", "aws_port", "postgres_port", "statsd_port")
"""The settings that PORTS=auto chooses; statsd_port is a UDP port."""
ENV_NAME = re.compile(r"^[a-zA-Z][0-9a-zA-Z_-]{0,79}$")
"""As MWAA's API wants a name (mwaa/2020-07-01, EnvironmentName)."""
REGION = re.compile(r"^[a-z]{2}(-[a-z]+)+-\d$")


def setting(default: Any, doc: str, choices: tuple[str, ...] = ()) -> Any:
    """A field of Settings: its default, its sentence for the docs, the values allowed (none: any)."""
    return field(default=default, metadata={"doc": doc, "choices": choices})


@dataclass(frozen=True)
class Settings:
    """One resolved set of settings. Field names are the variables' names in lower case."""

    mode: str = setting(
        "auto",
        "How the stack runs: `docker` (Compose) or `native` (processes, no container engine). `auto` is the way of the last "
        "`make up`; the first time `docker` if an engine answers, else `native`.",
        ("auto", "docker", "native"),
    )
    executor: str = setting("celery", "`celery` is MWAA's own (on SQS); `local` is lighter.", ("celery", "local"))
    env_class: str = setting(
        "mw1.small",
        "MWAA's environment class: how many tasks a worker takes.",
        ("mw1.small", "mw1.medium", "mw1.large"),
    )
    mwaa_project: Path = setting(
        ROOT, "Folder with `dags/ plugins/ requirements.txt glue/ startup/`; default: this checkout."
    )
    source: str = setting(
        "mount",
        "Where Airflow's files come from: `mount` reads the project's folders; `s3` the environment's bucket, as MWAA does, "
        "so that `make deploy` brings them (native mode).",
        ("mount", "s3"),
    )
    clock: str = setting(
        "true",
        "With `SOURCE=s3`: `true` has MWAA's waits (DAGs synchronised every 30 s, new files noticed after up to 300 s), `fast` a "
        "thirtieth of them.",
        ("true", "fast"),
    )
    mwaa_state: Path = setting(ROOT / ".local", "Folder for everything the stack writes.")
    web_port: int = setting(8080, "Port of Airflow's web server, on 127.0.0.1.")
    aws_port: int = setting(4566, "Port of the local AWS endpoint, on 127.0.0.1.")
    postgres_port: int = setting(54320, "Port of Airflow's metadata database, on 127.0.0.1.")
    ports: str = setting(
        "fixed",
        "`auto` takes free ports instead of those above and of STATSD_PORT, once per checkout.",
        ("fixed", "auto"),
    )
    aws_default_region: str = setting("us-east-1", "Region of the local AWS account.")
    env_name: str = setting("local", "Name of the MWAA environment: part of its log groups, dimension of its metrics.")
    task_logs: str = setting("INFO", "Level of the log group `airflow-<ENV_NAME>-Task`; `off`: not sent.", LOG_LEVELS)
    scheduler_logs: str = setting("INFO", "The same for `-Scheduler`.", LOG_LEVELS)
    worker_logs: str = setting("INFO", "The same for `-Worker`.", LOG_LEVELS)
    webserver_logs: str = setting("INFO", "The same for `-WebServer`.", LOG_LEVELS)
    dag_processing_logs: str = setting("INFO", "The same for `-DAGProcessing`.", LOG_LEVELS)
    log_send_interval: int = setting(
        1, "Seconds that log lines gather before they are sent to CloudWatch; MWAA has 60."
    )
    statsd_port: int = setting(8125, "UDP port on 127.0.0.1 at which Airflow's metrics are received; MWAA's is 8125.")
    statsd_allow_list: str = setting(
        "", "Airflow's `metrics.statsd_allow_list`: prefixes, with commas, of the metrics that are sent; empty: all."
    )
    metrics_interval: int = setting(10, "Seconds that metrics gather before they are put into CloudWatch; at least 1.")
    dag_dir_list_interval: int = setting(30, "Seconds until a new DAG file is noticed; MWAA has 300.")
    scheduler_zombie_task_threshold: int = setting(
        300, "Seconds of silence after which a running task counts as lost; MWAA's default, and an option there too."
    )
    sqs_visibility_timeout: int = setting(
        43200,
        "Seconds after which SQS hands a task's message to another worker while the task still runs; MWAA's 12 hours.",
    )
    worker_stop_timeout: int = setting(
        120, "Seconds that `make scale-in` gives a worker's tasks to end, before SIGKILL; MWAA's."
    )
    allow_real_aws: bool = setting(False, "`1` lets DAGs and jobs reach real AWS: the guard is off.")
    glue_logs_in_task_log: bool = setting(
        True, "`1` shows in a task's log what the Glue job prints that it waits for; `0` shows only what MWAA shows."
    )
    glue_memory_limits: bool = setting(
        True,
        "`1` ends a job that takes more memory than its capacity or its worker gives it; `0` lets it.",
    )
    glue_max_concurrent_runs: int = setting(
        2000,
        "The account's quota of Glue job runs at once; AWS's default. Beyond it: ResourceNumberLimitExceededException.",
    )
    glue_max_dpus: int = setting(1000, "The account's quota of DPUs in use by Glue job runs at once; AWS's default.")
    glue: str = setting(
        "",
        "Glue versions whose Spark `make up` installs ahead, with commas; others are installed when a job first needs "
        "them. In Docker mode: those that are in the image, and no others can be run.",
    )
    glue_runtime: str = setting(
        "native",
        "`image` runs Spark jobs in AWS's own Glue images, where the Glue service finds an engine that has or gets them: in "
        "native mode. Else they run as with `native`, and their log says why.",
        ("native", "image"),
    )
    spark_history_port: int = setting(18080, "Port of `make spark-history`, on 127.0.0.1; `0` takes a free one.")
    glue_warm: str = setting(
        "",
        "Glue versions, with commas, of which a warm worker waits for the next Spark job: some 700 MB of memory each.",
    )
    watch_tests: str = setting(
        "",
        "Folders or modules with the tests that `make watch` runs, with commas, seen from the project; empty: its "
        "`tests/` (of this checkout those in `tests/dags` that are on its sample DAGs).",
    )
    amazon_provider_version: str = setting(
        "", "Another version of the Amazon provider, for example a private build; empty: the pinned one."
    )
    startup_timeout: int = setting(300, "Seconds that the startup script may take; MWAA's limit.")
    requirements_timeout: int = setting(600, "Seconds that pip may take for `requirements.txt`; MWAA's limit.")
    up_timeout: int = setting(
        180,
        "Seconds that `make up` waits for a role to become healthy (what it does before Airflow starts does not count), and "
        "`make demo` for its DAG to be read.",
    )

    @property
    def endpoint(self) -> str:
        """The one URL of every local AWS service."""
        return f"http://127.0.0.1:{self.aws_port}"

    @property
    def web_url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def spark_versions(self) -> list[str]:
        """The Glue versions that GLUE names."""
        return _listed(self.glue)

    @property
    def run_folder(self) -> Path:
        return self.mwaa_state / "run"

    @property
    def log_folder(self) -> Path:
        return self.mwaa_state / "logs"

    def log(self, role: str) -> Path:
        return self.log_folder / f"{role}.log"

    def venv_python(self, environment: str) -> Path:
        return self.mwaa_state / "venvs" / environment / "bin" / "python"

    def as_environment(self) -> dict[str, str]:
        """The variables that stack/bin/environment reads: `settings.env`."""
        values = {f.name.upper(): _as_text(getattr(self, f.name)) for f in fields(self)}
        if not self.amazon_provider_version:
            del values["AMAZON_PROVIDER_VERSION"]
        return values | {"MWAA_ROOT": str(ROOT)}

    def write(self, more: Mapping[str, str] | None = None) -> None:
        """Writes `settings.env`, quoted for the shell, for stack/bin/environment and for the commands after this one."""
        values = self.as_environment() | dict(more or {})
        (self.mwaa_state / "settings.env").write_text("".join(f"{name}='{value}'\n" for name, value in values.items()))


def load(environment: Mapping[str, str] | None = None, env_file: Path = ROOT / ".env") -> Settings:
    """Reads the settings.

    Raises SettingsError naming the variable, its value, where it came from and what is allowed.
    """
    environment = os.environ if environment is None else environment
    from_file = {k: v for k, v in dotenv_values(env_file).items() if v is not None} if env_file.is_file() else {}
    values: dict[str, Any] = {}
    for f in fields(Settings):
        name = f.name.upper()
        source, text = next(
            (
                (where, given[name])
                for where, given in (("the environment", environment), (str(env_file), from_file))
                if given.get(name)
            ),
            ("", ""),
        )
        if text:
            values[f.name] = _parse(name, text, source, str(f.type), f.metadata["choices"])
    return _checked(Settings(**values))


def of_running_stack() -> Settings:
    """The settings that the stack was last started with; without one, those of now.

    So `make status` after `make up WEB_PORT=8081` asks the right port.
    """
    now = load()
    kept = now.mwaa_state / "settings.env"
    if not kept.is_file():
        return now
    return load({k: v or "" for k, v in dotenv_values(kept).items()}, env_file=Path("/nonexistent"))


def _parse(name: str, text: str, source: str, kind: str, choices: tuple[str, ...]) -> Any:
    problem = f"{name}={text} (from {source}) cannot be used"
    if choices and text not in choices:
        raise SettingsError(f"{problem}.", f"set it to one of: {', '.join(choices)}")
    if kind == "int":
        if not text.isdigit():
            raise SettingsError(f"{problem}: not a whole number.", "give a number, or leave it out for the default")
        return int(text)
    if kind == "bool":
        if text not in ("0", "1"):
            raise SettingsError(f"{problem}.", "set it to 0 or 1")
        return text == "1"
    return Path(text).expanduser().resolve() if kind == "Path" else text


def _checked(settings: Settings) -> Settings:
    ports = {name: getattr(settings, name) for name in PORTS}
    for name, port in ports.items():
        if not 1 <= port <= 65535:
            raise SettingsError(f"{name.upper()}={port} is no port.", "give a number from 1 to 65535")
    if len(set(ports.values())) < len(ports):
        raise SettingsError(f"Two of the ports are the same: {ports}.", "give each its own, or set PORTS=auto")
    if not 1 <= settings.sqs_visibility_timeout <= 43200:
        raise SettingsError(
            f"SQS_VISIBILITY_TIMEOUT={settings.sqs_visibility_timeout} is not what SQS takes.",
            "give 1 to 43200 seconds",
        )
    if not REGION.match(settings.aws_default_region):
        raise SettingsError(
            f"AWS_DEFAULT_REGION={settings.aws_default_region} is no region.", "give one like us-east-1"
        )
    if not ENV_NAME.match(settings.env_name):
        raise SettingsError(
            f"ENV_NAME={settings.env_name} is no name of an MWAA environment.",
            "give one that begins with a letter and has letters, digits, - and _ only, 80 at most",
        )
    for name in ("log_send_interval", "metrics_interval"):
        if getattr(settings, name) < 1:
            raise SettingsError(f"{name.upper()}={getattr(settings, name)} is too short.", "give 1 or more seconds")
    for name, text in (("GLUE", settings.glue), ("GLUE_WARM", settings.glue_warm)):
        for version in _listed(text):
            if version not in SPARK_VERSIONS:
                raise SettingsError(
                    f"{name}={text} names {version}, whose Spark is not to be had here.",
                    f"one or more of: {', '.join(SPARK_VERSIONS)}",
                )
    if not (settings.mwaa_project / "dags").is_dir():
        raise SettingsError(
            f"MWAA_PROJECT={settings.mwaa_project} has no dags/ folder.", "point it at a folder that has one"
        )
    return settings


def _listed(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _as_text(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)

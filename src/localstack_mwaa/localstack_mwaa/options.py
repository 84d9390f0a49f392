"""Configuration options that cannot be given: MWAA sets them itself, and puts its own value back.

Source: user guide, "Using a startup script", reserved variables; best-practices-tuning (worker_autoscale);
access-metrics-cw-202 (metrics). No complete public list exists, nor what the API answers; refusing at once is ours [?].
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

RESERVED = frozenset(
    [
        "core.executor",
        "core.fernet_key",
        "core.load_examples",
        "core.sql_alchemy_conn",
        "core.dags_folder",
        "core.plugins_folder",
        "webserver.secret_key",
        "webserver.base_url",
        "webserver.web_server_host",
        "webserver.web_server_port",
        "celery.broker_url",
        "celery.result_backend",
        "celery.default_queue",
        "celery.celery_config_options",
        "operators.default_queue",
        "celery_broker_transport_options.visibility_timeout",
        "celery_broker_transport_options.region",
        "celery_broker_transport_options.predefined_queues",
        "celery_broker_transport_options.is_secure",
        "metrics.statsd_on",
        "metrics.statsd_host",
        "metrics.statsd_port",
        "metrics.statsd_prefix",
        "logging.logging_config_class",
        "logging.remote_logging",
        "logging.remote_base_log_folder",
        "logging.remote_log_conn_id",
        "aws_mwaa.redirect_url",
    ]
)
OPTION = re.compile(r"[a-z][a-z0-9_]*\.[a-z0-9_]+")


def problems(options: Mapping[str, str]) -> Iterator[str]:
    for name, value in options.items():
        if name in RESERVED:
            yield f"{name} is set by MWAA itself and cannot be given"
        elif not OPTION.fullmatch(name):
            yield f"{name} is no option: it must be a section and an option, such as core.default_task_retries"
        elif name == "celery.worker_autoscale":
            numbers = [part.strip() for part in value.split(",")]
            if len(numbers) != 2 or numbers[0] != numbers[1] or not numbers[0].isdigit():
                yield f"celery.worker_autoscale must be two equal numbers, such as 5,5; found {value}"


def variable(option: str) -> str:
    """`foo.user` -> AIRFLOW__FOO__USER, as MWAA passes it on (user guide, configuring-env-variables)."""
    return f"AIRFLOW__{option.replace('.', '__', 1).upper()}"


def option(variable_name: str) -> str:
    """The way back."""
    section, _, name = variable_name.removeprefix("AIRFLOW__").partition("__")
    return f"{section}.{name}".lower()

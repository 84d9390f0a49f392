"""The roles of the stack and what each waits for.

Start commands and health checks are not here: they are `stack/bin/<role>` and `stack/bin/health`, for every mode.
"""

from __future__ import annotations

from dataclasses import dataclass

from mwaa_local.settings import Settings


@dataclass(frozen=True)
class Role:
    """A long-lived process, or a one-shot (`once`) that must end with exit code 0.

    `after`: roles that must be healthy (one-shots: done) first. `stop_seconds`: from the polite signal to SIGKILL.
    `sign`: a file or port whose appearance says that a real health check is worth its cost.
    """

    name: str
    after: tuple[str, ...] = ()
    once: bool = False
    stop_signal: str = "TERM"
    stop_seconds: int = 10
    port: str = ""
    sign_file: str = ""


def roles(settings: Settings) -> list[Role]:
    """All roles for these settings, in an order that respects `after`."""
    return [
        # INT is PostgreSQL's fast shutdown: it ends sessions instead of waiting for them
        Role("postgres", stop_signal="INT", port="postgres_port"),
        Role("localstack", stop_seconds=20, port="aws_port", sign_file="localstack/run.json"),
        Role("migrate", after=("postgres",), once=True),
        Role("seed", after=("localstack", "migrate"), once=True),
        Role("scheduler", after=("migrate",)),
        Role("webserver", after=("migrate",), port="web_port"),
        # starts beside LocalStack and waits for its queue itself: importing Airflow takes as long as LocalStack's start
        *([Role("worker", after=("migrate",), sign_file="run/worker.ready")] if settings.executor == "celery" else []),
    ]

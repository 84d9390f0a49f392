"""What LocalStack finds through its entry points: two services and three hooks.

    glue, s3_on_disk          services (group `localstack.aws.provider`)
    start, ready, shutdown    hooks (groups `localstack.hooks.*`)

Everything they put together is in `platform/`, `service/` and `console/`.
"""

from __future__ import annotations

import gc
import logging
import os
import threading
from functools import cached_property
from pathlib import Path

from localstack import config
from localstack.runtime import events, hooks
from localstack.services.plugins import Service, aws_provider
from localstack.utils.aws import aws_stack

LOG = logging.getLogger(__name__)
AFTER_LOCALSTACKS_OWN = -50
AFTER_THE_SERVICES_STOPPED = -15
SETTLE_AFTER = 20.0  # seconds


class Platform:
    """The parts of `platform/`, wired. One per process; settings come from the environment:

    LOCALSTACK_HOME        where everything is kept; default: FILESYSTEM_ROOT
    SERVICES               comma-separated; these are started in the background
    CELERY_QUEUE           a queue of that name is made if it is missing
    SQS_VISIBILITY_TIMEOUT of that queue, in seconds; default: 12 hours
    AWS_DEFAULT_REGION     its region; default us-east-1
    """

    @cached_property
    def home(self) -> Path:
        return Path(os.environ.get("LOCALSTACK_HOME") or os.environ["FILESYSTEM_ROOT"]).resolve()

    @cached_property
    def folder(self) -> Path:
        from localstack_glue.platform import persistence

        return persistence.prepare(self.home)

    @cached_property
    def objects(self):  # type: ignore[no-untyped-def]
        from localstack_glue.platform.s3_disk import DiskObjectStore

        return DiskObjectStore(self.folder / "s3")

    @cached_property
    def persistence(self):  # type: ignore[no-untyped-def]
        from localstack_glue.platform.persistence import Persistence

        return Persistence(self.folder, self.objects)

    @cached_property
    def database(self):  # type: ignore[no-untyped-def]
        from localstack_glue.platform.sqs_database import SqsDatabase

        return SqsDatabase(self.folder / "sqs.db")

    @cached_property
    def log_database(self):  # type: ignore[no-untyped-def]
        from localstack_glue.platform.log_database import LogDatabase

        return LogDatabase(self.folder / "logs.db")

    @cached_property
    def services(self):  # type: ignore[no-untyped-def]
        from localstack_glue.platform.services import Services

        return Services(self.restore, self.prepare)

    def prepare(self, name: str) -> None:
        if name == "cloudwatch":
            from localstack_glue.platform import metric_database

            metric_database.install(self.folder / "cloudwatch")

    def restore(self, name: str, service: Service) -> None:
        if name == "logs":
            self.log_database.install()
            self.persistence.restore(name, service)
            self.log_database.restore()
            return
        if name != "sqs":
            self.persistence.restore(name, service)
            return
        from localstack_glue.platform.queue import VISIBILITY_TIMEOUT_S, create_queue

        messages = self.database.load()
        LOG.info("SQS has %d saved messages", messages)
        if celery_queue := os.environ.get("CELERY_QUEUE"):
            region, timeout = (
                os.environ.get("AWS_DEFAULT_REGION", "us-east-1"),
                os.environ.get("SQS_VISIBILITY_TIMEOUT"),
            )
            self.database.save(create_queue(celery_queue, region, timeout or VISIBILITY_TIMEOUT_S))

    def start(self) -> None:
        from localstack_glue.console import routes
        from localstack_glue.platform import deliveries, loopback, ownership
        from localstack_glue.platform.handlers import Handlers

        ownership.claim(self.home)
        # A look-up of "s3.127.0.0.1" would go to the machine's name server, and take 10 s where none answers.
        aws_stack.CACHE_S3_HOSTNAME_DNS_STATUS = False
        loopback.install()
        if events.infra_stopping.is_set():
            loopback.give_up("told to stop while starting")
        deliveries.install()
        routes.install(self.glue_runs)
        Handlers(self.services, self.persistence, self.database).install()
        self.services.open("sqs")
        self.persistence.start()
        loopback.when_listening(self.open_services)
        ownership.serve_run_file(self.home)

    def glue_runs(self):  # type: ignore[no-untyped-def]
        """As the service has them once it has gone on with what an earlier LocalStack left."""
        self.services.open("glue")
        from localstack_glue.service.provider import engine

        return engine().runs

    def open_services(self) -> None:
        names = [name.strip() for name in os.environ.get("SERVICES", "").split(",")]
        self.services.open_in_background([name for name in names if name], then=_settle_later)


def _settle_later() -> None:
    """Not at once: half a second of work is better done when those who waited for this start are served."""
    timer = threading.Timer(SETTLE_AFTER, _settle)
    timer.daemon = True
    timer.start()


def _settle() -> None:
    """What was loaded stays for good: the collector need not look at it again."""
    gc.collect()
    gc.freeze()
    gc.enable()


PLATFORM = Platform()


@aws_provider()  # type: ignore[untyped-decorator]
def glue() -> Service:
    from localstack_glue.service.provider import create_service

    return create_service()


@aws_provider(api="s3", name="on-disk")  # type: ignore[untyped-decorator]
def s3_on_disk() -> Service:
    from localstack.services.s3.provider import S3Provider

    return Service.for_provider(S3Provider(storage_backend=PLATFORM.objects))


@hooks.on_infra_start(priority=AFTER_LOCALSTACKS_OWN, name="localstack_glue_start")  # type: ignore[untyped-decorator]
def start() -> None:
    PLATFORM.start()


@hooks.on_infra_ready(name="localstack_glue_ready")  # type: ignore[untyped-decorator]
def ready() -> None:
    from localstack_glue.platform import ownership

    ownership.announce(PLATFORM.home)
    LOG.info("Listening on %s", config.GATEWAY_LISTEN[0])


@hooks.on_infra_shutdown(priority=AFTER_THE_SERVICES_STOPPED, name="localstack_glue_shutdown")  # type: ignore[untyped-decorator]
def shutdown() -> None:
    from localstack_glue.platform import ownership

    PLATFORM.persistence.stop()
    PLATFORM.database.save_all()
    ownership.retire(PLATFORM.home)

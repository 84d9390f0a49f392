"""MWAA's Celery settings: Airflow's defaults, with the environment's one SQS queue predefined.

`celery_config.CUSTOM_CELERY_CONFIG` is the name that MWAA's airflow.cfg gives (its module is not public); the top-level module
`celery_config` beside this package hands this one out. Importing it also gives the worker two habits:

* at start it waits up to a minute for the queue, and says so if it does not come
* from its event loop it touches $MWAA_STATE/run/worker.ready every 2 s, which the health check looks at
"""

import json
import os
import sys

from airflow.config_templates.default_celery import DEFAULT_CELERY_CONFIG
from airflow.configuration import conf
from celery import bootsteps
from celery.signals import celeryd_init
from celery.worker.consumer import Tasks

# Now, not when the first task is sent: Airflow gives that one second and then raises wherever it is. In the midst of
# importing boto3, on a slow machine, that left a boto3 without half of its modules, for as long as the scheduler lived.
import mwaa_airflow.sqs  # noqa: F401

SECTION = "celery_broker_transport_options"
READY_EVERY = 2.0  # seconds


def predefined_queues():
    """{queue name: {"url": ...}} from the environment, where it is JSON, as MWAA gives it."""
    return json.loads(conf.get(SECTION, "predefined_queues"))


def _custom_config():
    options = dict(DEFAULT_CELERY_CONFIG["broker_transport_options"])
    options.update(
        # Airflow reads every option of this section by guess; these would stay text or be missing.
        predefined_queues=predefined_queues(),
        visibility_timeout=conf.getint(SECTION, "visibility_timeout"),
        is_secure=conf.getboolean(SECTION, "is_secure"),
        region=conf.get(SECTION, "region"),
    )
    return dict(
        DEFAULT_CELERY_CONFIG,
        broker_transport="mwaa_airflow.sqs:Transport",
        broker_transport_options=options,
        # SQS has no broadcast, which remote control needs; Celery would try to make a queue for it.
        worker_enable_remote_control=False,
    )


CUSTOM_CELERY_CONFIG = _custom_config()


class Ready(bootsteps.StartStopStep):
    """The last step of the consumer: it consumes, and its event loop turns."""

    requires = (Tasks,)

    def register_with_event_loop(self, parent, hub):
        # Registered anew each time the loop starts over after a lost connection, which clears all timers.
        touch_ready_file()
        hub.call_repeatedly(READY_EVERY, touch_ready_file)


def touch_ready_file():
    folder = os.path.join(os.environ["MWAA_STATE"], "run")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "worker.ready"), "a"):
        os.utime(os.path.join(folder, "worker.ready"))


@celeryd_init.connect
def _prepare_worker(sender=None, instance=None, **_):
    from mwaa_airflow.sqs import QueueMissing, wait_for_queue

    instance.app.steps["consumer"].add(Ready)
    for queue in predefined_queues().values():
        try:
            wait_for_queue(queue["url"])
        except QueueMissing as missing:
            sys.exit("worker: {}".format(missing))

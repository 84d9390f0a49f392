"""The queue of the Celery executor.

MWAA makes it with the environment; here it has to be there before the first worker asks, because kombu gives up with
NonExistentQueue. Created once, then part of SQS's saved state; its visibility timeout is set at each start.
"""

from __future__ import annotations

import logging

from localstack.constants import DEFAULT_AWS_ACCOUNT_ID
from localstack.services.sqs.models import StandardQueue, sqs_stores

LOG = logging.getLogger(__name__)

VISIBILITY_TIMEOUT_S = "43200"
"""12 hours, as MWAA sets it: a task that runs longer than the timeout would be handed to a second worker."""


def create_queue(name: str, region: str, visibility_timeout_s: str = VISIBILITY_TIMEOUT_S) -> StandardQueue:
    """The queue `name`, made if it is missing. Of an existing one only the visibility timeout changes, for messages that
    are received from now on."""
    queues = sqs_stores[DEFAULT_AWS_ACCOUNT_ID][region].queues
    if name not in queues:
        queues[name] = StandardQueue(name, region, DEFAULT_AWS_ACCOUNT_ID)
        LOG.info("Created queue %s", name)
    queues[name].attributes["VisibilityTimeout"] = visibility_timeout_s
    return queues[name]

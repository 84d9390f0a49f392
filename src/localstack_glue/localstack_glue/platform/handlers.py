"""The handlers in LocalStack's request chain that tie the platform to the calls it serves."""

from __future__ import annotations

import logging
from typing import Any

from localstack.aws import handlers
from localstack.http import Response
from localstack.services.sqs.models import SqsQueue, sqs_stores
from localstack.services.sqs.utils import parse_queue_url
from localstack.utils.aws.arns import parse_arn

from . import deliveries
from .activity import may_change
from .persistence import Persistence
from .services import Services
from .sqs_database import SqsDatabase

LOG = logging.getLogger(__name__)
UNDER_WAY = "localstack_glue_under_way"
NAMES_CHANGE = {"CreateQueue", "DeleteQueue", "TagQueue", "UntagQueue"}


class Handlers:
    def __init__(self, services: Services, persistence: Persistence, database: SqsDatabase) -> None:
        self._services = services
        self._activity = persistence.activity
        self._database = database

    def install(self) -> None:
        handlers.serve_custom_service_request_handlers.append(self.before_call)
        handlers.run_custom_response_handlers.append(self.before_answer)
        handlers.run_custom_finalizers.append(self.after_answer)

    def before_call(self, _chain: Any, context: Any, _response: Response) -> None:
        """The service is there with its state, and the call counts as under way."""
        if not context.service or not context.operation:
            return
        service = context.service.service_name
        self._services.open(service)
        if service != "sqs" and may_change(context.operation.name):
            self._activity.enter(service)
            setattr(context, UNDER_WAY, service)

    def before_answer(self, _chain: Any, context: Any, response: Response) -> None:
        """SQS's changes are on the disk before the caller hears of them."""
        try:
            for queue in deliveries.take_back(context, response):
                self._database.save(queue)
            if context.operation and context.service.service_name == "sqs" and may_change(context.operation.name):
                self._save_sqs(context)
        except Exception:
            LOG.exception("A change in SQS could not be saved: it will not survive a restart")

    def after_answer(self, _chain: Any, context: Any, _response: Response) -> None:
        if service := getattr(context, UNDER_WAY, None):
            self._activity.leave(service)
            delattr(context, UNDER_WAY)

    def _save_sqs(self, context: Any) -> None:
        operation = context.operation.name
        if operation in NAMES_CHANGE:
            self._database.save_names()
        elif (queue := _queue(context)) and _changed(context, queue):
            for dead_letters in _dead_letter_queues(queue):
                self._database.save(dead_letters)
            if operation == "PurgeQueue":
                self._database.purge(queue)
            else:
                self._database.save(queue)


def _queue(context: Any) -> SqsQueue | None:
    url = (context.service_request or {}).get("QueueUrl")
    if not url:
        return None
    account, region, name = parse_queue_url(url)
    return sqs_stores[account or context.account_id][region or context.region].queues.get(name)


def _changed(context: Any, queue: SqsQueue) -> bool:
    """A poll that found nothing changed nothing, unless what it found went to the dead letter queue."""
    found = (context.service_response or {}).get("Messages")
    return context.operation.name != "ReceiveMessage" or bool(found) or queue.max_receive_count is not None


def _dead_letter_queues(queue: SqsQueue) -> list[SqsQueue]:
    if not queue.redrive_policy:
        return []
    arn = parse_arn(queue.redrive_policy["deadLetterTargetArn"])
    target = sqs_stores[arn["account"]][arn["region"]].queues.get(arn["resource"])
    return [target] if target else []

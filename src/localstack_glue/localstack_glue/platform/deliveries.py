"""What long polls need so that a queue with a visibility timeout of 12 hours, as Celery's is, loses nothing.

- A worker that dies in the middle of a long poll leaves the poll behind: LocalStack waits on for it, and the next message
  would be handed to nobody and stay invisible for the visibility timeout. So before ReceiveMessage is answered, the
  client's connection is looked at, and a message for a client that is gone returns to its queue at once.
- LocalStack notes the visibility timeout when a poll begins. A queue whose timeout is changed meanwhile would hand out its
  next message with the old one. Here a change holds at once; AWS allows itself up to 60 seconds (API_SetQueueAttributes).
"""

from __future__ import annotations

import logging
import re
from html import unescape
from typing import Any

import rolo.serving.twisted
from localstack.http import Response
from localstack.services.sqs.exceptions import InvalidParameterValueException
from localstack.services.sqs.models import ReceiveMessageResult, SqsQueue, StandardQueue, sqs_stores
from localstack.services.sqs.utils import extract_receipt_handle_info
from localstack.utils.aws.arns import parse_arn

LOG = logging.getLogger(__name__)
CONNECTION = "localstack_glue.twisted_request"
RECEIPT_HANDLE = re.compile(r'"ReceiptHandle": ?"([^"]+)"|<ReceiptHandle>([^<]+)</ReceiptHandle>')


def install() -> None:
    _show_connections()
    _note_timeouts_late()


def _show_connections() -> None:
    """Lets handlers see the connection a request came by."""
    original = rolo.serving.twisted.update_wsgi_environment

    def update(environ: dict[str, Any], request: Any) -> None:
        original(environ, request)
        environ[CONNECTION] = request

    rolo.serving.twisted.update_wsgi_environment = update


def _note_timeouts_late() -> None:
    original = StandardQueue.receive

    def receive(
        queue: StandardQueue,
        num_messages: int = 1,
        wait_time_seconds: int | None = None,
        visibility_timeout: int | None = None,
        **options: Any,
    ) -> ReceiveMessageResult:
        noted = queue.visibility_timeout
        result = original(queue, num_messages, wait_time_seconds, visibility_timeout, **options)
        if visibility_timeout is None and queue.visibility_timeout != noted:
            for handle in result.receipt_handles:
                queue.update_visibility_timeout(handle, queue.visibility_timeout)
        return result

    StandardQueue.receive = receive


def take_back(context: Any, response: Response) -> list[SqsQueue]:
    """Makes the messages of `response` visible again if its client is gone. Returns the queues concerned.

    Works on the text of the response, because a call to a queue's URL is answered without being parsed as a call of
    SQS (`localstack/services/sqs/query_api.py`)."""
    request = context.request.environ.get(CONNECTION)
    if request is None or not request._disconnected or response.direct_passthrough or response.is_streamed:
        return []
    queues = []
    for json_handle, xml_handle in RECEIPT_HANDLE.findall(response.get_data(as_text=True)):
        if queue := _release(json_handle or unescape(xml_handle)):
            queues.append(queue)
    return queues


def _release(handle: str) -> SqsQueue | None:
    arn = parse_arn(extract_receipt_handle_info(handle).queue_arn)
    queue = sqs_stores[arn["account"]][arn["region"]].queues.get(arn["resource"])
    if queue is None:
        return None
    try:
        queue.update_visibility_timeout(handle, 0)
    except InvalidParameterValueException:
        return None
    LOG.info("A client of %s went away while it waited: its message is visible again", queue.arn)
    return queue

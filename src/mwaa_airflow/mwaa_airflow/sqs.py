"""Celery's SQS transport for a queue service that may be away for a while. Used through celery_config.

Four differences from kombu 5.2.1's own transport, which on AWS never sees its service restart:

* a receive that fails (no connection, or an answer other than 200, as LocalStack gives while it starts) is repeated, after
  0.2 s at first and 5 s at last; kombu repeats it at once (a busy loop), or lets the exception end the worker
* a finished task whose message cannot be deleted gives its slot back; kombu counts it as running for ever
* an error answer of the service counts as a connection error, from which Celery's consumer recovers by itself
* without pycurl, whose wheels do not exist for this interpreter, receiving goes through threads (see http_client)
"""

import time

from botocore.exceptions import BotoCoreError, ClientError
from kombu.asynchronous.aws.sqs.connection import AsyncSQSConnection
from kombu.log import get_logger
from kombu.transport import SQS, virtual

logger = get_logger(__name__)

FIRST_DELAY = 0.2
LAST_DELAY = 5.0


class QueueMissing(RuntimeError):
    """The queue did not appear."""


class Backoff:
    """How long to wait before the next receive: nothing after a success, twice as long after each failure in a row."""

    def __init__(self):
        self.delay = 0.0

    def failed(self, why):
        if not self.delay:
            logger.warning("SQS does not answer (%s): polling on.", why)
        self.delay = min(max(FIRST_DELAY, self.delay * 2), LAST_DELAY)

    def succeeded(self):
        if self.delay:
            logger.warning("SQS answers again.")
        self.delay = 0.0


class Connection(AsyncSQSConnection):
    """Receives without ever raising into the event loop."""

    def __init__(self, *args, **kwargs):
        self.backoff = kwargs.pop("backoff")
        super().__init__(*args, **kwargs)

    def _on_list_ready(self, parent, markers, operation, response):
        if response.status == self.STATUS_CODE_OK:
            self.backoff.succeeded()
            return super()._on_list_ready(parent, markers, operation, response)
        body = response.read() or b""
        self.backoff.failed(
            "HTTP {} {}".format(response.status, body[:200].decode("utf-8", "replace") or response.reason)
        )
        return []


class Channel(SQS.Channel):
    """One connection per queue and channel: kombu's are shared by all channels for ever, also by closed ones."""

    def __init__(self, *args, **kwargs):
        self._connections = {}
        self._http_client = None
        self._backoff = Backoff()
        super().__init__(*args, **kwargs)

    def asynsqs(self, queue=None):
        if queue not in self._connections:
            if self._http_client is None:
                self._http_client = new_http_client(self.hub)
            self._connections[queue] = Connection(
                sqs_connection=self.sqs(queue=queue),
                http_client=self._http_client,
                region=self.region,
                backoff=self._backoff,
            )
        return self._connections[queue]

    def basic_ack(self, delivery_tag, multiple=False):
        try:
            super().basic_ack(delivery_tag, multiple)
        except BotoCoreError as error:
            # The task is done, its message could not be deleted. Unless given back here, its prefetch slot stays taken
            # for ever: as many such tasks as the worker has slots, and it receives nothing any more.
            logger.warning("A finished task's message could not be deleted (%s).", error)
            virtual.Channel.basic_ack(self, delivery_tag, multiple)

    def _loop1(self, queue, _=None):
        if self._backoff.delay:
            self.hub.call_later(self._backoff.delay, self._schedule_queue, queue)
        else:
            super()._loop1(queue, _)


class Transport(SQS.Transport):
    Channel = Channel
    # ClientError: the queue is not there (yet).
    connection_errors = SQS.Transport.connection_errors + (BotoCoreError, ClientError)


def new_http_client(hub):
    """kombu's asynchronous HTTP client, by pycurl where it is installed, else by threads."""
    try:
        import pycurl  # noqa: F401
    except ImportError:
        from mwaa_airflow.http_client import ThreadClient

        return ThreadClient(hub)
    from kombu.asynchronous.http.curl import CurlClient

    return CurlClient(hub)


def wait_for_queue(url, seconds=60.0):
    """Returns when the queue at `url` exists. Raises QueueMissing with the last answer after `seconds`."""
    import boto3
    from botocore.config import Config

    patience = Config(connect_timeout=2, read_timeout=5, retries={"max_attempts": 0})
    client = boto3.session.Session().client("sqs", endpoint_url=url.split("/queue/")[0], config=patience)
    deadline = time.monotonic() + seconds
    while True:
        try:
            client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
            return
        except (BotoCoreError, ClientError) as error:
            if time.monotonic() > deadline:
                raise QueueMissing(
                    "The queue {} did not appear within {:.0f} s. Last answer: {}\n"
                    "LocalStack makes it when it starts: see the log of the localstack role.".format(
                        url, seconds, error
                    )
                ) from error
        time.sleep(0.2)

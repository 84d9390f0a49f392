"""kombu's asynchronous HTTP client in plain Python, for machines without pycurl (it has no wheel for this interpreter).

A request runs in a thread of its own; a byte through a socket pair wakes the event loop, which hands out the response.
Threads are enough: a worker has one long poll under way, and one short request per finished task.
"""

import socket
import threading
from collections import deque
from contextlib import suppress
from io import BytesIO

import urllib3
from kombu.asynchronous.http.base import BaseClient
from kombu.exceptions import HttpError

# What curl says of a POST by itself; kombu's SQS requests rely on it.
FORM = "application/x-www-form-urlencoded"


class ThreadClient(BaseClient):
    """Same interface and same outcome as kombu's CurlClient: a response with code 599 when there was no answer."""

    def __init__(self, hub):
        super().__init__(hub)
        self._pool = urllib3.PoolManager(maxsize=4, retries=False)
        self._answers = deque()  # of (request, response or exception), in the order of arrival
        self._wake, self._awake = socket.socketpair()
        self._wake.setblocking(False)
        self._awake.setblocking(False)
        self._watched_by = None

    def add_request(self, request):
        if self._watched_by is not self.hub.poller:  # the hub forgets its readers when a lost connection resets it
            self.hub.add_reader(self._awake, self._on_answers)
            self._watched_by = self.hub.poller
        # A daemon: a long poll under way must not hold up the end of the worker.
        threading.Thread(target=self._perform, args=(request,), name="sqs-request", daemon=True).start()
        return request

    def close(self):
        self.hub.remove_reader(self._awake)
        self._wake.close()
        self._awake.close()
        self._pool.clear()

    def _perform(self, request):
        """In the thread: one HTTP exchange. Whatever goes wrong becomes the answer."""
        try:
            body = request.body.encode("utf-8") if isinstance(request.body, str) else request.body
            timeout = urllib3.Timeout(connect=request.connect_timeout, read=request.request_timeout)
            headers = dict(request.headers)
            headers.setdefault("Content-Type", FORM)
            answer = self._pool.request(
                request.method, request.url, body=body, headers=headers, timeout=timeout, redirect=False
            )
        except Exception as error:  # the event loop is the one to judge it
            answer = error
        self._answers.append((request, answer))
        with suppress(OSError):  # full: the loop is about to wake anyway; closed: nobody waits any more
            self._wake.send(b"!")

    def _on_answers(self):
        """In the event loop."""
        with suppress(BlockingIOError):
            self._awake.recv(4096)
        while self._answers:
            request, answer = self._answers.popleft()
            request.on_ready(self._response(request, answer))

    def _response(self, request, answer):
        if isinstance(answer, Exception):
            return self.Response(request, 599, error=HttpError(599, str(answer)))
        headers = self.Headers(answer.headers)
        headers.complete = True
        return self.Response(request, answer.status, headers=headers, buffer=BytesIO(answer.data))

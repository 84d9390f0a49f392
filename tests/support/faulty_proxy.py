"""A real HTTP server in front of another one, which can lose, cut, hold and refuse what goes through it.

with FaultyProxy(localstack.endpoint) as proxy:
    proxy.fault = lambda call: 503 if call.method == "PUT" else None
    ... proxy.endpoint ..., proxy.calls
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Union
from urllib.parse import urlsplit

CUT, SHORT, HOLD = "cut", "short", "hold"


@dataclass
class Call:
    """A request as it arrived. `number` counts from 1."""

    number: int
    method: str
    path: str
    headers: dict[str, str]
    size: int


# A status to answer with instead; CUT: no answer; SHORT: half of the answer; HOLD: the request never gets through.
Fault = Union[int, str, None]


@dataclass
class FaultyProxy:
    target: str
    fault: Callable[[Call], Fault] = lambda call: None
    redirect: str = ""  # where a 307 points to
    calls: list[Call] = field(default_factory=list)

    def __enter__(self) -> FaultyProxy:
        self._lock, self._end = threading.Lock(), threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._server.shutdown()
        self._server.server_close()

    def _note(self, method: str, path: str, headers: dict[str, str], size: int) -> Call:
        with self._lock:
            self.calls.append(Call(len(self.calls) + 1, method, path, headers, size))
            return self.calls[-1]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                call = proxy._note(self.command, self.path, dict(self.headers), len(body))
                fault = proxy.fault(call)
                if fault == HOLD:
                    proxy._end.wait(300)
                if fault in (CUT, HOLD):
                    self.close_connection = True
                elif isinstance(fault, int):
                    self._answer(fault, {"Location": proxy.redirect} if fault in (301, 307) else {}, b"")
                else:
                    self._forward(body, short=fault == SHORT)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any

            def _forward(self, body: bytes, short: bool) -> None:
                address = urlsplit(proxy.target)
                connection = http.client.HTTPConnection(str(address.hostname), address.port or 80, timeout=60)
                headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
                connection.request(self.command, self.path, body=body, headers=headers)
                answer = connection.getresponse()
                content = answer.read()
                kept = ("transfer-encoding", "content-length", "connection", "date", "server")
                self._answer(
                    answer.status, {k: v for k, v in answer.getheaders() if k.lower() not in kept}, content, short=short
                )
                connection.close()

            def _answer(self, status: int, headers: dict[str, str], content: bytes, short: bool = False) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2] if short else content)
                self.close_connection = self.close_connection or short

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler

"""gunicorn's worker for Airflow's web server: threads, and http and https on the one port.

MWAA runs four processes that answer one request each. One process with threads answers as many, in a quarter of the memory,
and lets four commands run (/aws_mwaa/cli) while the pages are there. Clients of MWAA write https://; people on their own
machine http://. The first byte of a connection tells which it is. A connection that says nothing takes no thread.
"""

import contextlib
import ssl
from functools import partial
from selectors import EVENT_READ
from socket import MSG_PEEK

from gunicorn import http
from gunicorn.workers.gthread import TConn, ThreadWorker

TLS_HANDSHAKE = b"\x16"
HANDSHAKE_S = 10


class Worker(ThreadWorker):
    """`--worker-class mwaa_airflow.web.worker.Worker`"""

    def load_wsgi(self):
        super().load_wsgi()
        from mwaa_airflow.web import certificates, running

        # Before the first thread: a fork of several would copy locks that nobody frees.
        running.prepare()
        self.tls = certificates.context()

    def accept(self, server, listener):
        try:
            sock, client = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        sock.setblocking(False)
        conn = TConn(self.cfg, sock, client, server)
        conn.is_new = True
        self.nr_conns += 1
        conn.set_timeout()
        with self._lock:
            self._keep.append(conn)
            self.poller.register(sock, EVENT_READ, partial(self.reuse_connection, conn))

    def handle(self, conn):
        if conn.is_new:
            conn.is_new = False
            try:
                self._speak_tls_if_asked(conn)
            except OSError as problem:  # of TLS, too
                self.log.debug("Closing connection: %s", problem)
                with contextlib.suppress(OSError):
                    conn.sock.close()
                return (False, conn)
        return super().handle(conn)

    def _speak_tls_if_asked(self, conn):
        if conn.sock.recv(1, MSG_PEEK) != TLS_HANDSHAKE:
            return
        conn.sock.settimeout(HANDSHAKE_S)
        conn.sock = self.tls.wrap_socket(conn.sock, server_side=True, suppress_ragged_eofs=True)
        conn.sock.setblocking(True)
        conn.parser = http.RequestParser(self.cfg, conn.sock, conn.client)

    def handle_request(self, req, conn):
        if isinstance(conn.sock, ssl.SSLSocket):
            req.scheme = "https"
        return super().handle_request(req, conn)

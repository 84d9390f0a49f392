"""gunicorn's worker for Airflow's web server: as MWAA's, but for commands, and http and https on the one port.

Pages are answered one after the other in the main thread, as by the `sync` workers of MWAA: what a plugin's page may do there,
it may do here. A command (/aws_mwaa/cli) waits in a thread, so that four of them leave the pages be. Clients of MWAA write
https://, people on their own machine http://: the first byte of a connection tells which it is; https has threads as well. A
connection that says nothing takes nobody's time.
"""

import contextlib
import ssl
from concurrent.futures import Future
from functools import partial
from selectors import EVENT_READ
from socket import MSG_PEEK

from gunicorn import http
from gunicorn.workers.gthread import TConn, ThreadWorker

COMMAND = b"POST /aws_mwaa/cli"
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
        conn.is_new, conn.wants_tls = True, False
        self.nr_conns += 1
        conn.set_timeout()
        with self._lock:
            self._keep.append(conn)
            self.poller.register(sock, EVENT_READ, partial(self.reuse_connection, conn))

    def enqueue_req(self, conn):
        """There is something to read."""
        conn.init()
        if self._is_for_a_thread(conn):
            future = self.tpool.submit(self.handle, conn)
        else:
            future = Future()
            future.set_result(self.handle(conn))
        self._wrap_future(future, conn)

    @staticmethod
    def _is_for_a_thread(conn):
        if isinstance(conn.sock, ssl.SSLSocket):
            return True
        try:
            begin = conn.sock.recv(len(COMMAND), MSG_PEEK)
        except OSError:  # reset meanwhile
            return False
        conn.wants_tls = conn.is_new and begin.startswith(TLS_HANDSHAKE)
        conn.is_new = False
        return conn.wants_tls or begin == COMMAND

    def handle(self, conn):
        if conn.wants_tls:
            conn.wants_tls = False
            try:
                self._begin_tls(conn)
            except OSError as problem:  # of TLS, too
                self.log.debug("Closing connection: %s", problem)
                with contextlib.suppress(OSError):
                    conn.sock.close()
                return (False, conn)
        return super().handle(conn)

    def _begin_tls(self, conn):
        conn.sock.settimeout(HANDSHAKE_S)
        conn.sock = self.tls.wrap_socket(conn.sock, server_side=True, suppress_ragged_eofs=True)
        conn.sock.setblocking(True)
        conn.parser = http.RequestParser(self.cfg, conn.sock, conn.client)

    def handle_request(self, req, conn):
        if isinstance(conn.sock, ssl.SSLSocket):
            req.scheme = "https"
        return super().handle_request(req, conn)

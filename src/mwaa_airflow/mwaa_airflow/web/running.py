"""Runs a command for a request: at most four at once, ended when its client goes or after ten minutes."""

import contextlib
import fcntl
import os
import selectors
import socket
import threading
import time

from mwaa_airflow.web import warm

AT_ONCE = 4
"""User guide, t-apache-airflow-202: "503 error when triggering a DAG in the CLI"."""
LONGEST = 600.0  # seconds; ours: what MWAA's is, is not known
LARGEST_OUTPUT = 32 * 1024 * 1024  # bytes of each stream; what goes beyond is dropped, and said
LOOK_EVERY = 1.0  # seconds

_lock = threading.Lock()
_warm = []


class Busy(Exception):
    """Four commands run already."""


class ClientGone(Exception):
    """Nobody waits for the answer."""


class TookTooLong(Exception):
    """It was ended after LONGEST seconds."""


def prepare():
    """In the web server's worker, while it has one thread."""
    _warm[:] = [warm.fork()]


def run(words, client):
    """(exit code, stdout, stderr) of a command of Airflow; `client` is the socket of who waits for it.

    Raises Busy, ClientGone, TookTooLong.
    """
    with _slot():
        out, out_end = os.pipe()
        err, err_end = os.pipe()
        try:
            connection = _begin(words, out_end, err_end)
        finally:
            os.close(out_end)
            os.close(err_end)
        try:
            return _follow(connection, out, err, client)
        finally:
            connection.close()  # ends it, if it still runs
            os.close(out)
            os.close(err)


def _begin(words, out, err):
    with _lock:
        if not _warm:
            _warm.append(warm.start())
        try:
            return _warm[0].run(words, out, err)
        except warm.Gone:
            _warm.pop().close()
            _warm.append(warm.start())
            return _warm[0].run(words, out, err)


def _follow(connection, out, err, client):
    output, code = {out: _Output(), err: _Output()}, b""
    deadline = time.monotonic() + LONGEST
    with selectors.DefaultSelector() as selector:
        for each in (connection, out, err, *([client] if client else [])):
            selector.register(each, selectors.EVENT_READ)
        waiting = {connection, out, err}
        while waiting:
            if time.monotonic() > deadline:
                raise TookTooLong
            for key, _ in selector.select(LOOK_EVERY):
                if key.fileobj is client:
                    if _has_gone(client):
                        raise ClientGone
                    selector.unregister(client)  # has sent more than a request; it is there
                elif key.fileobj is connection:
                    code = code + connection.recv(16)
                    # The output's end follows; a warm process that was killed gives no code.
                    selector.unregister(connection)
                    waiting.discard(connection)
                elif not output[key.fileobj].add(os.read(key.fd, 1 << 16)):
                    selector.unregister(key.fileobj)
                    waiting.discard(key.fileobj)
    return int(code or -9), output[out].content(), output[err].content()


class _Output:
    def __init__(self):
        self._parts, self._size, self._dropped = [], 0, 0

    def add(self, part):
        """False at the end."""
        if self._size + len(part) <= LARGEST_OUTPUT:
            self._parts.append(part)
            self._size += len(part)
        else:
            self._dropped += len(part)
        return bool(part)

    def content(self):
        note = "\n[{} more bytes were dropped]\n".format(self._dropped).encode() if self._dropped else b""
        return b"".join(self._parts) + note


def _has_gone(client):
    """Whether the other side has closed. With TLS its first byte then is that of an alert (0x15)."""
    try:
        return socket.socket.recv(client, 1, socket.MSG_PEEK | socket.MSG_DONTWAIT) in (b"", b"\x15")
    except BlockingIOError:
        return False
    except OSError:
        return True


@contextlib.contextmanager
def _slot():
    """One of the four: locked files, for all workers of the web server; the kernel frees what a killed one held."""
    folder = os.path.join(os.environ["MWAA_STATE"], "run")
    os.makedirs(folder, exist_ok=True)
    for number in range(AT_ONCE):
        file = open(os.path.join(folder, "cli-{}.lock".format(number)), "w")  # noqa: SIM115 - closed below
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            continue
        with file:
            yield
            return
    raise Busy

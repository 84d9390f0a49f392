"""A process with Airflow imported, of which every command is a fork: a command costs its work and not Python's start.

    fork()            made by the web server's worker while it has one thread: shares its memory
    start()           made anew by `python -m mwaa_airflow.web.warm <fd>`, when the first one has died
    Warm.run(...)     runs a command; returns the connection that stands for it

Each command is a process of its own, in a session of its own, with nothing of the others: it ends with its work. What a DAG
file imports from the dags folder is read as it is now. The warm process itself never runs a command, and ends when the web
server's worker does; a command ends when the warm process does.

Protocol, on a stream socket: 4 bytes length, then JSON [word, ...], with three descriptors: connection, stdout, stderr. On
the connection the warm process writes "+" when it has taken the command, and the exit code as text when that has ended; who
closes it before has the command ended (SIGTERM, 3 s later SIGKILL).
"""

import array
import contextlib
import json
import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback

HEADER = struct.Struct("!I")
IDLE_BEFORE_IMPORTS = 5.0  # seconds: a start of the stack has more urgent work
PATIENCE = 3.0  # seconds from SIGTERM to SIGKILL
TAKEN, TAKEN_WITHIN = b"+", 60.0  # seconds: the first command may have to wait for the imports
IMPORTS = (
    *("airflow.cli.commands." + name for name in (
        "cheat_sheet_command", "connection_command", "dag_command", "provider_command", "role_command", "task_command",
        "variable_command", "version_command",
    )),
    "airflow.models.dagbag",
    "airflow.providers.amazon.aws.hooks.base_aws",
)  # fmt: skip
_kept = []


class Gone(Exception):
    """The warm process does not answer."""


class Warm:
    """The web server's end. Any thread may use it."""

    def __init__(self, control, pid):
        self._control, self._pid = control, pid
        self._lock = threading.Lock()

    def run(self, words, stdout, stderr):
        """Begins a command whose output goes to the two descriptors; returns a connection (see above). Raises Gone."""
        ours, theirs = socket.socketpair()
        message = json.dumps(words).encode()
        descriptors = array.array("i", [theirs.fileno(), stdout, stderr])
        try:
            with self._lock:
                self._control.sendmsg(
                    [HEADER.pack(len(message))], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)]
                )
                self._control.sendall(message)
            theirs.close()
            ours.settimeout(TAKEN_WITHIN)
            if ours.recv(len(TAKEN)) != TAKEN:
                raise Gone("it ended before it took the command")
            ours.settimeout(None)
        except (OSError, Gone) as problem:
            ours.close()
            raise Gone(str(problem)) from None
        finally:
            theirs.close()
        return ours

    def close(self):
        self._control.close()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._pid, os.WNOHANG)


def fork():
    """Only while this process has one thread."""
    from airflow import settings

    settings.Session.remove()
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            _leave_web_server(theirs.fileno())
            serve(theirs)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    theirs.close()
    return Warm(ours, pid)


def start():
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-m", "mwaa_airflow.web.warm", str(theirs.fileno())]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
    _kept.append(process)  # not to be waited for by its destructor
    theirs.close()
    return Warm(ours, process.pid)


def serve(control):
    """Until the other end closes."""
    from airflow import settings

    # The web server's connections, if it keeps any: neither used nor closed here.
    _kept.append(settings.engine.pool)
    settings.engine.pool = settings.engine.pool.recreate()
    _Server(control).run()


class _Command:
    def __init__(self, pid, connection):
        self.pid, self.connection, self.kill_at = pid, connection, None


class _Server:
    def __init__(self, control):
        self._control, self._commands = control, {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ, self._begin)
        self._ended, wake = os.pipe()
        for end in (self._ended, wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(self._ended, selectors.EVENT_READ, self._reap)
        self._parser = None

    def run(self):
        while True:
            events = self._selector.select(self._longest_wait())
            if not events and self._parser is None:
                self._import()
            for key, _ in events:
                key.data(key.fileobj)
            self._kill_the_stubborn()

    def _longest_wait(self):
        deadlines = [command.kill_at for command in self._commands.values() if command.kill_at]
        if deadlines:
            return max(0.0, min(deadlines) - time.monotonic())
        return IDLE_BEFORE_IMPORTS if self._parser is None else None

    def _import(self):
        import gc
        import importlib

        from airflow.cli import cli_parser

        for name in IMPORTS:
            with contextlib.suppress(ImportError):  # another provider than MWAA's
                importlib.import_module(name)
        self._parser = cli_parser.get_parser()
        gc.collect()
        gc.freeze()  # the forks share it

    def _begin(self, control):
        received = _receive(control)
        if received is None:
            self._end_all()
        words, (connection, stdout, stderr) = received
        if self._parser is None:
            self._import()
        with contextlib.suppress(OSError):  # its client has gone: found below, as for any command
            os.write(connection, TAKEN)
        pid = os.fork()
        if pid == 0:
            _become(self._parser, words, stdout, stderr)
        os.close(stdout)
        os.close(stderr)
        command = _Command(pid, socket.socket(fileno=connection))
        self._commands[pid] = command
        self._selector.register(command.connection, selectors.EVENT_READ, lambda _: self._terminate(command))

    def _terminate(self, command):
        """Its client has gone."""
        self._selector.unregister(command.connection)
        command.kill_at = time.monotonic() + PATIENCE
        _signal(command.pid, signal.SIGTERM)

    def _kill_the_stubborn(self):
        for command in self._commands.values():
            if command.kill_at and time.monotonic() >= command.kill_at:
                _kill_tree(command.pid)
                command.kill_at = time.monotonic() + PATIENCE

    def _reap(self, pipe):
        with contextlib.suppress(BlockingIOError):
            while os.read(pipe, 4096):
                pass
        for command in list(self._commands.values()):
            pid, status = os.waitpid(command.pid, os.WNOHANG)
            if pid:
                self._has_ended(command, status)

    def _has_ended(self, command, status):
        del self._commands[command.pid]
        _signal(command.pid, signal.SIGKILL)  # what it left in its session, which would hold the output open
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
        with contextlib.suppress(KeyError):
            self._selector.unregister(command.connection)
        with contextlib.suppress(OSError):
            command.connection.sendall(str(code).encode())
        command.connection.close()

    def _end_all(self):
        for pid in self._commands:
            _kill_tree(pid)
        os._exit(0)


def _receive(control):
    """(words, descriptors), or None at the end."""
    head, ancillary, _, _ = control.recvmsg(HEADER.size, socket.CMSG_SPACE(3 * 4), socket.MSG_WAITALL)
    if len(head) < HEADER.size:
        return None
    descriptors = array.array("i")
    for _, _, data in ancillary:
        descriptors.frombytes(data)
    length, message = HEADER.unpack(head)[0], b""
    while len(message) < length:
        part = control.recv(length - len(message))
        if not part:
            return None
        message += part
    return json.loads(message.decode()), list(descriptors)


def _become(parser, words, stdout, stderr):
    """In the fork: runs the command as `airflow` would, and never returns."""
    code = 1
    try:
        os.setsid()
        _end_with_parent()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _give_descriptors(stdout, stderr)
        sys.argv = [os.path.join(os.path.dirname(sys.executable), "airflow")] + words
        _forget_modules_of_dags()
        code = _run(parser, words)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(BaseException):
            _flush()
        os._exit(code)


def _run(parser, words):
    """The exit code that a shell would see."""
    try:
        arguments = parser.parse_args(words)
        arguments.func(arguments)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return (end.code or 0) & 0xFF
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _flush():
    import logging

    sys.stdout.flush()
    sys.stderr.flush()
    logging.shutdown()


def _give_descriptors(stdout, stderr):
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (stdout, 1), (stderr, 2)):
        os.dup2(source, target)
    _close_all_but(0, 1, 2)
    sys.stdin, sys.stdout, sys.stderr = _text(0, "r"), _text(1, "w"), _text(2, "w", buffering=1)


def _text(descriptor, mode, buffering=-1):
    return open(descriptor, mode, buffering, encoding="utf-8", errors="backslashreplace", closefd=False)


def _forget_modules_of_dags():
    """What a plugin has imported from the dags folder would be as old as the web server."""
    from airflow import settings

    folder = os.path.join(settings.DAGS_FOLDER, "")
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(folder):
            del sys.modules[name]


def _leave_web_server(control):
    """In the first fork: nothing of gunicorn's worker is left, no signal handler and no descriptor."""
    signal.set_wakeup_fd(-1)
    for number in (*range(1, signal.SIGSYS), signal.SIGWINCH):
        if number not in (signal.SIGKILL, signal.SIGSTOP, signal.SIGPIPE):
            with contextlib.suppress(OSError, ValueError, RuntimeError):
                signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: it is the web server's to say when
    _close_all_but(0, 1, 2, control)


def _close_all_but(*kept):
    for name in os.listdir("/dev/fd"):
        if int(name) not in kept:
            with contextlib.suppress(OSError):
                os.close(int(name))


def _end_with_parent():
    """Linux only; elsewhere the sweep of `make down` finds what is left."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _signal(group, number):
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _kill_tree(pid):
    """Also what has made a session of its own, as Airflow's task runners do."""
    import psutil

    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()
    _signal(pid, signal.SIGKILL)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))

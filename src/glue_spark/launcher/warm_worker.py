"""A warm worker: a JVM of Spark that has been exercised and waits for one run of a job.

    python warm_worker.py <seconds> <MB>

starts the JVM, exercises it, and then only holds it: as a smaller process, with a socket beside its working folder that is there
when the worker is ready. Who connects first has the JVM: gets {"port", "secret"} and, when the JVM has ended, its exit code. The
JVM ends when that one hangs up, or when nobody has come within so many seconds, or when less than so many MB of memory are
available. Python 3.7 or later, Linux.
"""

import contextlib
import json
import os
import shutil
import socket
import sys
import threading
import time

SOCKET = "../socket"  # relative: the path of a socket must be short
LOOK_EVERY = 2.0  # seconds
TIMES = 3  # that the jobs of the exercise are done
COLLECTIONS = 4  # in so many steps a heap shrinks to what it needs
VARIABLE = "WARM_WORKER_SECRET"


def warm(seconds, megabytes):
    """Never returns."""
    from exercise import exercise
    from pyspark import SparkContext

    os.mkdir("exercise")
    exercise("exercise", TIMES)
    gateway = SparkContext._gateway
    _forget(gateway.jvm)
    for name in ("exercise", "s3-scratch", "spark-warehouse"):
        shutil.rmtree(name, ignore_errors=True)
    jvm, parameters = gateway.proc, gateway.gateway_parameters
    os.set_inheritable(jvm.stdin.fileno(), True)
    os.environ[VARIABLE] = parameters.auth_token
    holding = [seconds, megabytes, jvm.pid, jvm.stdin.fileno(), parameters.port]
    # without what Spark's Python has loaded
    os.execv(sys.executable, [sys.executable, "-I", "-S", os.path.abspath(__file__), *map(str, holding)])


def _forget(jvm):
    """What the exercise has left: sessions, file systems, settings."""
    jvm.org.apache.spark.sql.SparkSession.clearDefaultSession()
    jvm.org.apache.hadoop.fs.FileSystem.closeAll()
    with open(os.path.join(os.environ["SPARK_CONF_DIR"], "spark-defaults.conf")) as settings:
        for line in settings:
            jvm.System.clearProperty(line.split(None, 1)[0])
    for _ in range(COLLECTIONS):
        jvm.System.gc()


def hold(seconds, megabytes, pid, stdin, port):
    """Until the JVM has ended, `pid`, which reads from `stdin`."""
    user = _wait_for_user(seconds, megabytes)
    if user is not None:
        user.sendall(json.dumps({"port": port, "secret": os.environ[VARIABLE]}).encode() + b"\n")
        threading.Thread(target=_wait_for_hanging_up, args=(user, stdin)).start()
    else:
        os.close(stdin)
    _, status = os.waitpid(pid, 0)
    code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    if user is not None:
        with contextlib.suppress(OSError):
            user.sendall(b"%d\n" % code)
            user.shutdown(socket.SHUT_RDWR)


def _wait_for_user(seconds, megabytes):
    """The connection, or None if there is none to wait for any more."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(SOCKET + ".new")
    listener.listen(1)
    listener.settimeout(LOOK_EVERY)
    os.rename(SOCKET + ".new", SOCKET)
    end = time.monotonic() + seconds
    while time.monotonic() < end and available() >= megabytes:
        with contextlib.suppress(socket.timeout):
            user = listener.accept()[0]
            user.settimeout(None)
            listener.close()  # there is no second one
            return user
    with contextlib.suppress(OSError):
        os.unlink(SOCKET)
    return None


def _wait_for_hanging_up(user, stdin):
    with contextlib.suppress(OSError):
        while user.recv(64):
            pass
    os.close(stdin)


def available():
    """MB of memory that could be had at once."""
    with open("/proc/meminfo") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")) // 1024


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    if len(numbers) == 2:
        warm(*numbers)
    else:
        hold(*numbers)

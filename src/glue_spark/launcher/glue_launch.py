"""Runs the script of a Spark job in this interpreter, as `__main__`, and says how it ended.

    python glue_launch.py <script> <argv...>

The file named in GLUE_LAUNCH says {"arguments": the job's, "error": a file to be written if the script fails, "jvm": of the
JVM that was begun for this run {"pid", "stdin": a descriptor, "connection": a file to come}, or of that in a warm worker
{"connection": a descriptor, "port", "secret"}}. Python 3.7 or later, standard library and pyspark alone until the script runs.

However the script ends, Spark is stopped in an orderly way, so that its event log is whole and no JVM is left.
"""

import contextlib
import json
import os
import runpy
import socket
import socketserver
import struct
import subprocess
import sys
import threading
import time
import traceback

JVM_PATIENCE = 20  # seconds for a JVM to end
LOOK_EVERY = 0.005  # seconds, for a JVM that starts or ends
END_OF_JVM = 2  # seconds for one that does not answer any more to be gone
POLL_OF_SERVERS = 0.02  # seconds in which one of Python's socket servers sees that it is to end
OUT_OF_MEMORY = 3  # exit code of a JVM with -XX:+ExitOnOutOfMemoryError


def main(words):
    with open(os.environ.pop("GLUE_LAUNCH")) as file:
        order = json.load(file)
    sys.argv = words
    # as it is for a script that is started by its name, and no trace of this file
    sys.path[0] = os.path.dirname(os.path.abspath(words[0]))
    # pyspark has one, for whose end a SparkContext that is stopped waits: up to half a second by default
    socketserver.BaseServer.serve_forever.__defaults__ = (POLL_OF_SERVERS,)
    _take(order["jvm"])
    status, message = _run(words[0], order["arguments"])
    _wait_for_threads()
    died = _how_the_jvm_died()
    if died:
        status, message = status or 1, died
    _stop_spark()
    if status:
        with open(order["error"], "w") as file:
            json.dump({"message": message}, file)
    return status


class OwnJvm:
    """The process of the JVM that was begun for this run, a child of this one, as far as Popen is used here."""

    def __init__(self, pid, stdin):
        os.set_inheritable(stdin, False)
        self._pid = pid
        self.returncode = None
        self.stdin = open(stdin, "wb")  # noqa: SIM115

    def wait(self, seconds):
        """Raises subprocess.TimeoutExpired."""
        end = time.monotonic() + seconds
        while self.poll() is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("java", seconds)
            time.sleep(LOOK_EVERY)
        return self.returncode

    def poll(self):
        if self.returncode is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self.returncode = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        return self.returncode

    def connection(self, path):
        """(port, secret) of its gateway, which it writes into that file; None if it has ended without."""
        while not os.path.isfile(path):
            if self.poll() is not None:
                return None
            time.sleep(LOOK_EVERY)
        with open(path, "rb") as file:
            port, length = struct.unpack("!ii", file.read(8))
            secret = file.read(length).decode()
        os.unlink(path)
        return port, secret


class WarmJvm:
    """The process of a JVM that somebody else has started, as far as Popen is used here."""

    def __init__(self, descriptor):
        os.set_inheritable(descriptor, False)
        self._connection = socket.socket(fileno=descriptor)
        self.returncode = None
        self.stdin = self

    def wait(self, seconds):
        """Raises socket.timeout."""
        self._connection.settimeout(seconds)
        if self.returncode is None:
            self.returncode = int(self._connection.recv(64) or -9)  # with its holder it is killed as well
        return self.returncode

    def poll(self):
        with contextlib.suppress(socket.timeout, BlockingIOError):
            return self.wait(0)

    def close(self):
        self._connection.shutdown(socket.SHUT_WR)


def _take(jvm):
    """Gives the JVM to pyspark. One that does not start is pyspark's to complain of, when it tries the same."""
    if "pid" not in jvm:
        _connect(WarmJvm(jvm["connection"]), {}, jvm["port"], jvm["secret"])
        _hand_over()
        return
    import pyspark  # noqa: F401  while the JVM starts

    process = OwnJvm(jvm["pid"], jvm["stdin"])
    found = process.connection(jvm["connection"])
    if found:
        _connect(process, dict(os.environ), *found)


def _connect(process, environment, port, secret):
    """`environment` is that of the JVM, as far as it is the run's."""
    here = {"PYSPARK_GATEWAY_PORT": str(port), "PYSPARK_GATEWAY_SECRET": secret}
    os.environ.update(here)
    from pyspark import SparkContext

    SparkContext._ensure_initialized()
    for name in here:
        del os.environ[name]
    SparkContext._gateway.proc = process
    _give_environment(SparkContext, environment)


def _hand_over():
    """Gives this run's settings and folder to the JVM of a warm worker."""
    jvm = _gateway().jvm
    file = jvm.java.io.FileInputStream(os.path.join(os.environ["SPARK_CONF_DIR"], "spark-defaults.conf"))
    settings = jvm.java.util.Properties()
    settings.load(jvm.java.io.InputStreamReader(file, "UTF-8"))
    file.close()
    of_hadoop = jvm.org.apache.spark.deploy.SparkHadoopUtil.get().conf()  # made once in the life of a JVM
    for name in settings.stringPropertyNames():
        value = settings.getProperty(name).strip()
        jvm.System.setProperty(name, value)
        if name.startswith("spark.hadoop."):
            of_hadoop.set(name[len("spark.hadoop.") :], value)
    jvm.System.setProperty("user.dir", os.getcwd())
    jvm.System.setProperty("spark.app.submitTime", str(int(time.time() * 1000)))


def _give_environment(context, known):
    """A JVM hands its environment on to its Python workers; that of a warm one is not the run's, and none knows what the script
    has added to its own."""
    plain = context._do_init

    def with_environment(self, *given):
        plain(self, *given)
        new = {name: value for name, value in os.environ.items() if known.get(name) != value}
        self.environment = {**new, **self.environment}

    context._do_init = with_environment


def _run(script, arguments):
    """The script's exit status, and the message of what ended it."""
    try:
        _install_hooks(arguments)
        runpy.run_path(script, run_name="__main__")
        return 0, ""
    except SystemExit as end:
        return _status_of(end)
    except BaseException as problem:
        # the frames of this file and of runpy are of no interest
        trace = problem.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename != script:
            trace = trace.tb_next
        with contextlib.suppress(OSError, ValueError):  # the script may have closed stderr
            traceback.print_exception(type(problem), problem, trace or problem.__traceback__)
        return 1, describe(problem)
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()


def _wait_for_threads():
    """Those that the script has started, as Python itself does before it ends."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()


def _install_hooks(arguments):
    import awsglue_hooks

    awsglue_hooks.install(arguments)


def _status_of(end):
    """As Python itself does it: a number is the status, nothing is 0, anything else is printed and is 1. But no number other
    than 0 is a success, 256 for one, of which the kernel would keep a 0."""
    if end.code is None:
        return 0, ""
    if not isinstance(end.code, int):
        sys.stderr.write("{}\n".format(end.code))
        return 1, "SystemExit: {}".format(end.code)
    return end.code and (end.code & 0xFF or 1), "SystemExit: {}".format(end.code)


def describe(problem):
    """One exception as AWS shows it in ErrorMessage."""
    from_java = getattr(problem, "java_exception", None)
    if from_java is not None and type(problem).__name__ == "Py4JJavaError":
        begin = str(getattr(problem, "errmsg", "")).strip().rstrip(".:").strip()
        with contextlib.suppress(Exception):  # the JVM may be gone
            return "{}. {}".format(begin, _root_of(from_java))
    text = ""
    with contextlib.suppress(Exception):  # an exception of the script's own may not even have a text
        text = str(problem).strip().rstrip(";").strip()
    return "{}: {}".format(type(problem).__name__, text) if text else type(problem).__name__


def _root_of(throwable):
    while throwable.getCause() is not None:
        throwable = throwable.getCause()
    return throwable.getMessage() or throwable.toString()


def _gateway():
    """The way to the JVM, if the script has started one."""
    pyspark = sys.modules.get("pyspark")
    return pyspark.SparkContext._gateway if pyspark else None


def _how_the_jvm_died():
    """What is to be said about a JVM that has ended by itself; "" for one that lives, or was never there."""
    gateway = _gateway()
    process = getattr(gateway, "proc", None)
    if process is None or _answers(gateway):
        return ""
    with contextlib.suppress(Exception):
        process.wait(END_OF_JVM)
    if process.poll() is None:
        return ""
    if process.returncode == OUT_OF_MEMORY:
        heap = next((word[4:] for word in _command_of_jvm() if word.startswith("-Xmx")), "?")
        return (
            "Command failed with exit code 1 (out of memory: the JVM of Spark had {} for its heap, java.lang.OutOfMemoryError "
            "is in the error log)".format(heap)
        )
    how = "was killed by signal {}".format(-process.returncode) if process.returncode < 0 else ""
    return "Command failed with exit code 1 (the JVM of Spark {})".format(
        how or "ended with exit code {}".format(process.returncode)
    )


def _answers(gateway):
    """The quickest way to know of a JVM that it lives."""
    with contextlib.suppress(Exception):
        return gateway.jvm.System.nanoTime() is not None
    return False


def _command_of_jvm():
    try:
        with open(os.path.join(os.environ["SPARK_HOME"], "bin", "spark-submit")) as file:
            return file.read().split()
    except OSError:
        return []


def _stop_spark():
    gateway = _gateway()
    if gateway is None:
        return
    import pyspark

    process = getattr(gateway, "proc", None)
    if process is None or process.poll() is None:
        with contextlib.suppress(Exception):
            if pyspark.SparkContext._active_spark_context is not None:
                pyspark.SparkContext._active_spark_context.stop()
        with contextlib.suppress(Exception):
            gateway.shutdown()
    if process is not None:
        with contextlib.suppress(Exception):
            process.stdin.close()
            process.wait(JVM_PATIENCE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Reads DAG files, each in a process of its own: `python -m mwaa_airflow.dagtest.reader` (started by parsing).

Standard input: {"files": [...], "limit": 30, "workers": 2}; standard output: a JSON report per line, as files are done. Airflow
is imported once; for each file the process forks. What a file can do then, it does to that child: sleep, exit, crash, fork,
print megabytes. Internet sockets are blocked in it, and each attempt is noted, as are looks at variables, connections and the
metadata database.
"""

import ast
import json
import os
import select
import signal
import sys
import time
import traceback
from contextlib import suppress
from typing import Any, Dict, Iterator, List, Optional, Tuple

KEPT_OUTPUT = 4000  # bytes of a file's output that are shown
GRACE = 20  # seconds from the import timeout, which a file can swallow, to SIGKILL; MWAA's processor has the same


class NetworkBlocked(OSError):
    """Raised where a DAG file opens a connection while it is read."""


class Probe:
    """Notes in this process what a DAG file does while it is read."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.network: List[List[str]] = []
        self.lookups: List[List[str]] = []
        self.queries: List[List[str]] = []
        self.processes: List[List[str]] = []
        self.moving: List[List[str]] = []
        self._inside = 0

    def install(self) -> None:
        self._block_sockets()
        self._count_lookups()
        self._count_queries()
        self._note_processes()
        self._note_moving_dates()

    def where(self) -> str:
        """The innermost line of the user's own files that led here."""
        for frame in reversed(traceback.extract_stack()):
            if frame.filename.startswith(self.folder):
                return "{}:{}".format(os.path.relpath(frame.filename, self.folder), frame.lineno)
        return ""

    def _block_sockets(self) -> None:
        import socket

        def refuse(what: str) -> None:
            self.network.append([what, self.where()])
            raise NetworkBlocked("a DAG file must not use the network while it is read: {}".format(what))

        def guarded(name: str) -> Any:
            true = getattr(socket.socket, name)

            def method(sock: Any, *arguments: Any) -> Any:
                if sock.family in (socket.AF_INET, socket.AF_INET6):
                    refuse("{} {}".format(name, arguments[-1]))
                return true(sock, *arguments)

            return method

        for name in ("connect", "connect_ex", "sendto"):
            setattr(socket.socket, name, guarded(name))
        for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
            setattr(socket, name, lambda *a, _name=name, **k: refuse("{} {}".format(_name, a[0] if a else k)))
        try:
            import psycopg2  # speaks to its server in C, past Python's sockets

            psycopg2.connect = lambda dsn=None, *a, **k: refuse("psycopg2.connect {}".format(k.get("host") or dsn))
        except ImportError:
            pass

    def _count_lookups(self) -> None:
        from airflow.models import Connection, Variable

        def counted(owner: Any, method: str, kind: str) -> None:
            true = getattr(owner, method)

            def look(*arguments: Any, **named: Any) -> Any:
                name = arguments[0] if arguments else next(iter(named.values()))
                self.lookups.append([kind, str(name), self.where()])
                self._inside += 1
                try:
                    return true(*arguments, **named)
                finally:
                    self._inside -= 1

            setattr(owner, method, staticmethod(look))

        counted(Variable, "get_variable_from_secrets", "variable")
        counted(Connection, "get_connection_from_secrets", "connection")

    def _count_queries(self) -> None:
        from airflow import settings
        from sqlalchemy import event

        def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
            if not self._inside:
                self.queries.append([" ".join(statement.split())[:80], self.where()])

        event.listen(settings.engine, "before_cursor_execute", note)

    def _note_processes(self) -> None:
        import subprocess

        true = subprocess.Popen.__init__

        def begin(popen: Any, args: Any, *more: Any, **options: Any) -> None:
            self.processes.append([str(args)[:80], self.where()])
            true(popen, args, *more, **options)

        subprocess.Popen.__init__ = begin  # type: ignore[assignment]
        reader = os.getpid()
        os.register_at_fork(before=lambda: os.getpid() == reader and self.processes.append(["fork", self.where()]))

    def _note_moving_dates(self) -> None:
        from airflow.utils import dates

        true = dates.days_ago

        def days_ago(*arguments: Any, **more: Any) -> Any:
            self.moving.append(["days_ago", self.where()])
            return true(*arguments, **more)

        dates.days_ago = days_ago


def read(file: str, folder: str) -> Dict[str, Any]:
    """The report on one file; runs in its child."""
    from airflow.configuration import conf
    from airflow.models import DagBag

    DagBag.DAGBAG_IMPORT_TIMEOUT = conf.getfloat("core", "dagbag_import_timeout")  # Airflow's is that of its import
    probe = Probe(folder)
    probe.install()
    report: Dict[str, Any] = {"dags": {}, "errors": [], "serialization": {}}
    begun = time.monotonic()
    try:
        bag = DagBag(file, include_examples=False, read_dags_from_db=False, safe_mode=True)
    except SystemExit as end:
        report["errors"].append("calls sys.exit({!r}) while it is read: its DAGs never show up".format(end.code))
    except BaseException as error:
        # DagBag lets through what is no Exception, and its own timeout when that rings outside of its try
        report["errors"].append("{}: {}".format(type(error).__name__, error))
    else:
        report["errors"] += list(bag.import_errors.values())
        report["dags"] = {dag_id: _about(dag) for dag_id, dag in bag.dags.items() if not dag.is_subdag}
    report["seconds"] = round(time.monotonic() - begun, 3)
    for name in ("network", "lookups", "queries", "processes", "moving"):
        report[name] = getattr(probe, name)[:20]
    report["modules"] = _modules(folder)
    if not report["errors"]:
        report["serialization"] = _serialization_errors(bag)
    return report


def _about(dag: Any) -> Dict[str, Any]:
    starts = {str(task.start_date) for task in dag.tasks} | {str(dag.start_date)}
    jobs = {getattr(task, "job_name", None) for task in dag.tasks}
    jobs_named = sorted(job for job in jobs if isinstance(job, str))
    return {"tasks": len(dag.tasks), "start_dates": sorted(starts)[:50], "jobs": jobs_named}


def _modules(folder: str) -> List[str]:
    """The user's own modules that were imported: files below dags/ and plugins/."""
    roots = [
        os.path.realpath(root) + os.sep for root in (folder, os.environ.get("AIRFLOW__CORE__PLUGINS_FOLDER")) if root
    ]
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    real = {os.path.realpath(file) for file in files if isinstance(file, str)}
    return sorted(file for file in real if file.startswith(tuple(roots)))[:1000]


def _serialization_errors(bag: Any) -> Dict[str, str]:
    from airflow.serialization.serialized_objects import SerializedDAG

    found = {}
    for dag_id, dag in bag.dags.items():
        try:
            SerializedDAG.to_dict(dag)
        except Exception as error:
            found[dag_id] = "{}: {}".format(type(error).__name__, error)
    return found


class _Child:
    """A file that is being read."""

    def __init__(self, file: str, folder: str, hard_limit: float, environment: Dict[str, str]) -> None:
        self.environment = environment
        self.file, self.deadline, self.begun = file, time.monotonic() + hard_limit, time.monotonic()
        self.report, self.output, self.printed = b"", b"", 0
        report_in, report_out = os.pipe()
        output_in, output_out = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self._read(folder, report_out, output_out)
        os.close(report_out)
        os.close(output_out)
        self.open = {report_in: "report", output_in: "output"}

    def _read(self, folder: str, report_out: int, output_out: int) -> None:
        """In the child; never returns."""
        me = os.getpid()
        try:
            os.setsid()
            end_with_parent()
            os.environ.update(self.environment)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(output_out, 1)
            os.dup2(output_out, 2)
            sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
            report = json.dumps(read(self.file, folder)).encode()
            if os.getpid() == me:  # a fork of the file comes out here, too
                with os.fdopen(report_out, "wb") as pipe:
                    pipe.write(report)
            sys.stdout.flush()
        except BaseException:
            if os.getpid() == me:
                traceback.print_exc()
                sys.stderr.flush()
        finally:
            os._exit(0)

    def take(self, descriptor: int) -> None:
        data = os.read(descriptor, 65536)
        if not data:
            os.close(descriptor)
            del self.open[descriptor]
        elif self.open[descriptor] == "report":
            self.report += data
        else:
            self.printed += len(data)
            self.output = (self.output + data)[-KEPT_OUTPUT:]

    def end(self, status: Optional[int]) -> Dict[str, Any]:
        """The report; `status` as waitpid has it, None if the process had to be killed."""
        for descriptor in self.open:
            os.close(descriptor)
        with suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)  # what the file has started
        seconds = round(time.monotonic() - self.begun, 3)
        output = self.output.decode("utf-8", "replace")
        try:
            report = json.loads(self.report.decode())
        except ValueError:
            if status is None:
                why = "was not read after {:.0f} s and ignored its timeout: MWAA kills the processor".format(seconds)
            else:
                signalled = os.WIFSIGNALED(status)
                code = "exit code {}, without a word".format(os.WEXITSTATUS(status))
                how = "signal {}".format(os.WTERMSIG(status)) if signalled else code
                why = "ended the process that read it ({})".format(how)
            report = {"dags": {}, "errors": [why], "serialization": {}, "seconds": seconds, "modules": []}
            report.update({name: [] for name in ("network", "lookups", "queries", "processes", "moving")})
        report.update(file=self.file, printed=self.printed, output=output)
        return report


def read_each(
    files: List[str], folder: str, workers: int, hard_limit: float, environment: Optional[Dict[str, str]] = None
) -> Iterator[Dict[str, Any]]:
    """A report per file, in the order in which they are done; `environment` is what their processes find on top."""
    waiting, running = list(files), {}  # type: Tuple[List[str], Dict[int, _Child]]
    while waiting or running:
        while waiting and len(running) < workers:
            child = _Child(waiting.pop(0), folder, hard_limit, environment or {})
            running[child.pid] = child
        descriptors = {fd: child for child in running.values() for fd in child.open}
        ready = select.select(list(descriptors), [], [], 0.02)[0] if descriptors else time.sleep(0.02) or []
        for descriptor in ready:
            descriptors[descriptor].take(descriptor)
        for pid, child in list(running.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            late = time.monotonic() > child.deadline
            if not ended and not late:
                continue
            if ended:
                _drain(child)
            else:
                os.killpg(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            yield child.end(status if ended else None)
            del running[pid]


def end_with_parent() -> None:
    """This process is killed as soon as the one that forked it has ended, however that ended. Linux only."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _drain(child: _Child) -> None:
    """What the ended process has left in its pipes; a process that it started may hold them open for ever."""
    while child.open:
        ready = select.select(list(child.open), [], [], 0)[0]
        if not ready:
            return
        for descriptor in ready:
            child.take(descriptor)


def moving_start_dates(source: str) -> List[Tuple[int, str]]:
    """(line, expression) of each start_date in the source that is computed from the clock."""
    found = []
    for node in ast.walk(ast.parse(source)):
        values = []
        if isinstance(node, ast.Call):
            values = [keyword.value for keyword in node.keywords if keyword.arg == "start_date"]
        elif isinstance(node, ast.Dict):
            values = [v for k, v in zip(node.keys, node.values) if getattr(k, "s", None) == "start_date"]
        for value in values:
            names = [getattr(n, "attr", getattr(n, "id", "")) for n in ast.walk(value)]
            clock = [name for name in names if name in ("now", "utcnow", "today", "days_ago", "time", "yesterday")]
            found += [(value.lineno, name) for name in clock[:1]]
    return found


def main() -> None:
    asked = json.load(sys.stdin)
    sys.stdin.close()
    warm_up()
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nothing else gets between the reports
    hard_limit = asked["limit"] + asked.get("grace", GRACE)
    for report in read_each(asked["files"], asked["folder"], asked["workers"], hard_limit):
        out.write(json.dumps(report) + "\n")
        out.flush()


def warm_up() -> None:
    """Imports, once for all children, most of what reading a file costs."""
    import airflow.models.dagbag
    import airflow.operators.python
    import airflow.serialization.serialized_objects
    import airflow.utils.dates

    try:
        import airflow.providers.amazon.aws.operators.glue
        import airflow.providers.amazon.aws.sensors.glue  # noqa: F401
    except ImportError:
        pass


if __name__ == "__main__":
    main()

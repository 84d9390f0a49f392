"""The warm process of `make watch`: `python -m mwaa_airflow.dagtest.warm PROJECT TESTS`, started by mwaa_local.watch.

It has imported Airflow, the provider, pytest and the plugin, never anything of the user's, and forks a child for each round, so
that a round starts at once and finds nothing of the one before. One JSON object a line: on standard input
{"do": "round", "id": 1, ...} (see watching) and {"do": "cancel"}, on standard output events with the round's id: ready,
collected, report, running, test, end. When standard input ends, so does it. What a child leaves behind is killed with it.
"""

import gc
import json
import os
import select
import signal
import sys
import tempfile
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, Dict, List, Optional

from mwaa_airflow.dagtest import environment

TAIL = 2000  # bytes of a child's output that are shown when it ends without a word


class Round:
    """A child that runs, and the pipe through which it tells."""

    def __init__(self, asked: Dict[str, Any], warm: "Warm") -> None:
        self.id, self.cancelled, self.said_end = asked["id"], False, False
        self.output = warm.home / "output"
        self.results, out = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.results)
            _child(asked, warm, out, self.output)
        os.close(out)
        self._rest = b""

    def lines(self) -> List[Dict[str, Any]]:
        """What has come since the last time; must be asked only when there is something, or the end."""
        data = os.read(self.results, 1 << 20)
        parts = (self._rest + data).split(b"\n")
        self._rest = parts.pop()
        return [json.loads(part.decode()) for part in parts]

    def last_words(self) -> str:
        with suppress(OSError):
            return self.output.read_bytes()[-TAIL:].decode("utf-8", "replace").strip()
        return ""


class Warm:
    """`reports`: what is known of the DAG files, by path; plain data."""

    def __init__(self, project: Path, tests: List[str], home: Path, out: int) -> None:
        self.project, self.tests, self.home, self._out = project, tests, home, out
        self.reports: Dict[str, Any] = {}
        self._round: Optional[Round] = None
        self._rest = b""

    def serve(self) -> None:
        """Until standard input ends."""
        while True:
            mine = [self._round.results] if self._round else []
            ready = select.select([0, *mine], [], [], 0.05 if self._round else None)[0]
            if self._round and self._round.results in ready:
                self._pass_on(self._round)
            elif self._round:
                self._look_for_its_end(self._round)
            if 0 in ready:
                data = os.read(0, 1 << 20)
                if not data:
                    self._end_round()
                    return
                lines = (self._rest + data).split(b"\n")
                self._rest = lines.pop()
                for line in lines:
                    self._do(json.loads(line.decode()))

    def tell(self, event: Dict[str, Any]) -> None:
        line = json.dumps(event).encode() + b"\n"
        while line:
            line = line[os.write(self._out, line) :]

    def _do(self, asked: Dict[str, Any]) -> None:
        self._end_round()
        if asked["do"] == "round":
            for file in asked.get("gone") or ():
                self.reports.pop(file, None)
            self._round = Round(asked, self)

    def _pass_on(self, running: Round) -> None:
        for event in running.lines():
            self._pass_on_one(running, event)
            if running.said_end:
                self._end_round()
                return
        self._look_for_its_end(running)

    def _pass_on_one(self, running: Round, event: Dict[str, Any]) -> None:
        """The command line gets of a report what it needs; all of it stays here."""
        running.said_end = running.said_end or event["event"] == "end"
        if event["event"] == "report":
            found = event["found"]
            self.reports[found["file"]] = found
            about = {name: found.get(name, []) for name in ("file", "modules", "seconds")}
            dags = {dag_id: one.get("jobs", []) for dag_id, one in found["dags"].items()}
            self.tell(dict(about, event="report", round=running.id, dags=dags, failed=bool(found["errors"])))
        else:
            self.tell(dict(event, round=running.id))

    def _look_for_its_end(self, running: Round) -> None:
        ended, status = os.waitpid(running.pid, os.WNOHANG)
        if not ended or self._round is not running:
            return
        while select.select([running.results], [], [], 0)[0]:
            events = running.lines()
            if not events:
                break
            for event in events:
                self._pass_on_one(running, event)
        if not running.said_end:
            signalled = os.WIFSIGNALED(status)
            how = (
                "signal {}".format(os.WTERMSIG(status)) if signalled else "exit code {}".format(os.WEXITSTATUS(status))
            )
            self.tell({"event": "end", "round": running.id, "died": how, "words": running.last_words()})
        self._end_round()

    def _end_round(self) -> None:
        """Kills the child's group, then whatever it has left: orphans become children of this process."""
        if self._round is None:
            return
        running, self._round = self._round, None
        with suppress(OSError):
            os.killpg(running.pid, signal.SIGKILL)
        os.close(running.results)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            try:
                ended, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not ended:
                for pid in _children():
                    with suppress(OSError):
                        os.kill(pid, signal.SIGKILL)
                time.sleep(0.002)


def _children() -> List[int]:
    """The processes whose parent is this one; Linux's /proc, elsewhere none are found."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == os.getpid():
                found.append(int(entry.name))
    return found


def _child(asked: Dict[str, Any], warm: Warm, out: int, output: Path) -> None:
    """One round, in the child; never returns."""
    me, code = os.getpid(), 70
    try:
        os.setsid()
        from mwaa_airflow.dagtest.reader import end_with_parent

        end_with_parent()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)
        os.close(warm._out)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        log = os.open(str(output), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        sys.stdout, sys.stderr = os.fdopen(1, "w", 1, closefd=False), os.fdopen(2, "w", 1, closefd=False)
        sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr
        # two saves within a second may leave a file of the same size: byte code goes by second and size
        sys.dont_write_bytecode = True

        def tell(event: Dict[str, Any]) -> None:
            if os.getpid() == me:  # not a fork that a DAG or a test has made
                line = json.dumps(event).encode() + b"\n"
                while line:
                    line = line[os.write(out, line) :]

        code = _pytest(asked, warm, tell)
        tell({"event": "end", "code": code, "words": "" if code in (0, 1, 5) else _last_words(output)})
    except BaseException:
        if os.getpid() == me:
            traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stderr.flush()
        os._exit(code)


def _pytest(asked: Dict[str, Any], warm: Warm, tell: Any) -> int:
    import pytest
    from _pytest.config.findpaths import locate_config

    from mwaa_airflow.dagtest import ready_made
    from mwaa_airflow.dagtest.watching import Watching

    os.chdir(str(warm.project))
    folders = [Path(folder) for folder in warm.tests if Path(folder).exists()]
    root, ini, _ = locate_config([str(folder) for folder in folders] or [str(warm.project)])
    words = ["-p", "mwaa_airflow.dagtest.plugin", "-p", "no:cacheprovider", "-n0"]
    words += ["-W", "ignore::pytest.PytestAssertRewriteWarning", "--continue-on-collection-errors"]
    words += ["--rootdir", str(root or warm.project), "--mwaa-project", str(warm.project)]
    words += ["-c", str(ini)] if ini else []
    words += [ready_made.__file__] if asked["files"] != [] else []
    words += asked["modules"]
    if words[-1] == str(ini) or not (asked["files"] != [] or asked["modules"]):
        words += [ready_made.__file__]  # nothing to run, but files may have gone
    watching = Watching(asked, warm.home, warm.reports, tell)
    return int(pytest.main(words, plugins=[watching]))


def _last_words(output: Path) -> str:
    sys.stdout.flush()
    return output.read_bytes()[-TAIL:].decode("utf-8", "replace").strip()


def _import_all() -> None:
    """Everything that a round imports of ours and Airflow's."""
    import airflow.api.common.experimental.trigger_dag
    import airflow.models.serialized_dag
    import airflow.providers.amazon.aws.hooks.s3  # noqa: F401
    import pendulum  # noqa: F401
    import pytest  # noqa: F401
    from importlib_metadata import entry_points
    from sqlalchemy.orm import configure_mappers

    from mwaa_airflow import seed  # noqa: F401
    from mwaa_airflow.dagtest import checks, plugin, reader, run, templates, verdict, waiting, watching  # noqa: F401
    from mwaa_airflow.dagtest.checks.glue import start_job_run
    from mwaa_airflow.dagtest.database import template

    reader.warm_up()
    start_job_run()
    template()
    configure_mappers()
    for plugin_of_pytest in entry_points(group="pytest11"):  # else each round compiles them anew
        with suppress(Exception):
            plugin_of_pytest.load()


def main() -> None:
    begun = time.monotonic()
    project, tests = Path(sys.argv[1]).resolve(), sys.argv[2:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C is the command line's, which ends our input
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: orphans of a round become ours
    out = os.dup(1)
    os.dup2(2, 1)
    with tempfile.TemporaryDirectory(prefix="dag-watch-") as folder:
        environment.for_tests(Path(folder), project / "dags")
        warm = Warm(project, tests, Path(folder), out)
        _import_all()
        gc.collect()
        gc.freeze()  # what is there now is not looked at again: its pages stay shared
        warm.tell({"event": "ready", "seconds": round(time.monotonic() - begun, 3)})
        warm.serve()


if __name__ == "__main__":
    main()

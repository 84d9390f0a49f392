"""`make watch` itself on a small project: saves, a file that hangs, a process that dies, Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import zipfile

import psutil
import pytest

from tests.support.polling import wait_until

DAG = """
from datetime import datetime
from airflow import DAG
from airflow.operators.python import PythonOperator
{head}
with DAG("{name}", start_date=datetime(2023, 1, 1), schedule_interval=None, catchup=False, tags=["t"],
         default_args={{"owner": "me", "retries": 1}}) as dag:
    PythonOperator(task_id="hello", python_callable=greet)
"""
GOOD = DAG.format(name="good", head="from common.helper import greet")
OTHER = DAG.format(name="other", head="greet = print")
TESTS = """
def test_hello(run_dag):
    assert run_dag("good", logical_date="2023-05-01").xcom("hello") == "hello"

def test_tags(dag):
    assert dag("other").tags == ["t"]
"""
FORKS = "import os, time\nif os.fork() == 0:\n    time.sleep(300)\nprint('x' * 5000000)\n"
PATIENCE = 60.0  # seconds for a verdict


class Watch:
    """The command, without a terminal; its verdicts are the blocks of its output."""

    def __init__(self, project, *arguments):
        self.project = project
        environment = os.environ | {"MWAA_PROJECT": str(project)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mwaa_local", "watch", *arguments], env=environment, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        self.verdicts, self.lines = [], []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        block = []
        for line in self.process.stdout:
            self.lines.append(line)
            if line.startswith(("passed ", "FAILED ")):
                block = []
            block.append(line.rstrip())
            if line.startswith("  tests: "):
                self.verdicts.append("\n".join(block))

    def next(self, number):
        wait_until(lambda: len(self.verdicts) >= number, PATIENCE, f"verdict {number} after {''.join(self.lines)}")
        return self.verdicts[number - 1]

    def save(self, name, text):
        """As an editor does it: a temporary file and a rename. Returns the verdict."""
        number = len(self.verdicts) + 1
        path = self.project / name
        temporary = path.with_name(f".{path.name}.tmp")
        temporary.write_text(text)
        temporary.replace(path)
        return self.next(number)

    def processes(self):
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture
def project(tmp_path):
    files = {
        "dags/good.py": GOOD,
        "dags/other.py": OTHER,
        "dags/common/__init__.py": "",
        "dags/common/helper.py": "def greet():\n    return 'hello'\n",
        "tests/conftest.py": 'pytest_plugins = ["mwaa_airflow.dagtest.plugin"]\n',
        "tests/test_mine.py": TESTS,
        "pytest.ini": "[pytest]\nmwaa_import_seconds = 2\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def watch(project):
    watch = Watch(project)
    yield watch
    if watch.process.poll() is None:
        watch.process.send_signal(signal.SIGINT)
        watch.process.wait(30)


def test_each_save_gets_its_verdict_whatever_is_saved_and_ctrl_c_leaves_nothing(watch):
    first = watch.next(1)
    assert first.startswith("passed all files") and first.endswith("  tests: 42 passed"), "20 checks a file, two tests"

    assert watch.save("dags/good.py", GOOD + "# more\n").endswith("  tests: 21 passed"), (
        "the checks of one file, one test"
    )

    broken = watch.save("dags/good.py", GOOD + "import nothing_like_this\n")
    assert broken.startswith("FAILED dags/good.py") and f"dags/good.py:{len(GOOD.splitlines()) + 1} " in broken
    assert "MW109" in broken and "No module named 'nothing_like_this'" in broken and "tests: 2 failed" in broken
    assert watch.save("dags/good.py", GOOD).startswith("passed dags/good.py")

    broken = watch.save("dags/common/helper.py", "def greet():\n    return 'other'\n")
    assert broken.startswith("FAILED dags/common/helper.py") and "tests/test_mine.py:3 " in broken
    assert broken.endswith("  tests: 1 failed, 20 passed")
    fixed = watch.save("dags/common/helper.py", "def greet():\n    return 'hello'\n")
    assert fixed.endswith("  tests: 21 passed"), (
        "the same size and second as before: byte code must not be taken for it"
    )

    hanging = watch.save("dags/other.py", OTHER + "import time\ntime.sleep(60)\n")
    assert "DagBag import timeout" in hanging
    forking = watch.save("dags/other.py", OTHER + FORKS)
    assert "forks while it is read" in forking and "prints 5,000," in forking
    assert watch.save("dags/other.py", OTHER).startswith("passed dags/other.py")

    (warm,) = psutil.Process(watch.process.pid).children()
    wait_until(lambda: not warm.children(recursive=True), 10, "nothing is left of the rounds")
    warm.kill()
    assert watch.save("dags/other.py", OTHER + "# again\n").endswith("  tests: 21 passed"), (
        "a process that died is started anew"
    )

    (watch.project / "dags" / "other.py").unlink()
    gone = watch.next(len(watch.verdicts) + 1)
    assert gone.startswith("FAILED dags/other.py") and "There is no DAG 'other'" in gone and "tests: 1 failed" in gone
    assert watch.save("dags/unused.py", "X = 1\n").startswith("FAILED"), "the test that failed is tried again"
    assert watch.save("dags/other.py", OTHER).endswith("  tests: 21 passed")

    slow = "import time\n\ndef test_slow():\n    time.sleep(600)\n"
    (watch.project / "tests" / "test_slow.py").write_text(slow)
    wait_until(lambda: "tests/test_slow.py::test_slow" in "".join(watch.lines), PATIENCE, "the test runs")
    left = watch.processes()
    fast = watch.save("tests/test_slow.py", slow.replace("600", "0"))
    assert fast.endswith("  tests: 1 passed"), "the save cancels the test that runs"

    (watch.project / "tests" / "test_slow.py").write_text(slow)
    wait_until(lambda: "".join(watch.lines).count("test_slow.py::test_slow") > 1, PATIENCE, "it runs again")
    left += watch.processes()
    watch.process.send_signal(signal.SIGINT)
    assert watch.process.wait(30) == 130
    wait_until(lambda: not any(process.is_running() for process in left), 10, "every process has ended")


def test_once_ends_with_the_verdict(project):
    (project / "dags" / "common" / "helper.py").write_text("def greet():\n    return 'other'\n")
    watch = Watch(project, "--once")
    assert watch.process.wait(PATIENCE) == 1
    assert watch.next(1).startswith("FAILED all files")


def test_the_dags_of_a_zip_are_checked_too(project):
    with zipfile.ZipFile(project / "dags" / "team.zip", "w") as archive:
        archive.writestr("report.py", "from airflow.operators.empty import EmptyOperator  # a dag\n")
    watch = Watch(project, "--once")
    assert watch.process.wait(PATIENCE) == 1
    verdict = watch.next(1)
    assert "dags/team.zip/report.py:1 MW101" in verdict and "No module named 'airflow.operators.empty'" in verdict

"""Whatever a DAG file does while it is read, there is a verdict on it, and the others are read all the same."""

import time

import pytest

from mwaa_airflow.dagtest.parsing import reports
from mwaa_airflow.dagtest.project import Project

LIMIT, GRACE = 6.0, 3.0  # seconds
HEAD = "from datetime import datetime\nfrom airflow import DAG\nS = datetime(2023, 1, 1)\n"
FILES = {
    "sleeps": "import time\ntime.sleep(60)",
    "sleeps_and_ignores_the_alarm": "import time\nwhile True:\n    try:\n        time.sleep(60)\n"
    "    except BaseException:\n        pass",
    "exits": "import sys\nsys.exit(3)",
    "ends_the_process": "import os\nos._exit(4)",
    "kills_itself": "import os\nos.kill(os.getpid(), 9)",
    "forks": "import os\nos.fork()\nd = DAG('forks', start_date=S)",
    "forks_and_stays": "import os, time\nif os.fork() == 0:\n    time.sleep(300)\nd = DAG('forks_and_stays', start_date=S)",
    "prints": "print('x' * 5000000)\nd = DAG('prints', start_date=S)",
    "not_utf8": "text = '\udcff\udcfe'",
    "nul": "# \0",
    "imports_what_is_missing": "import nothing_like_this",
    "wrong": "d = DAG('wrong', start_date=S, no_such_argument=1)",
    "good": "d = DAG('good', start_date=S)",
}
MANY = (
    "from airflow.operators.dummy import DummyOperator\nwith DAG('many', start_date=S) as d:\n"
    "    for n in range(10000):\n        DummyOperator(task_id='t{}'.format(n))"
)
SAID = {
    "sleeps": "DagBag import timeout",
    "sleeps_and_ignores_the_alarm": "ignored its timeout",
    "exits": "calls sys.exit(3)",
    "ends_the_process": "ended the process that read it (exit code 4",
    "kills_itself": "ended the process that read it (signal 9)",
    "forks": "forks while it is read, at forks.py:5",
    "forks_and_stays": "forks while it is read",
    "prints": "prints 5,000,",
    "not_utf8": "'utf-8' codec can't decode byte 0xff",
    "nul": "null bytes",
    "imports_what_is_missing": "No module named 'nothing_like_this'",
    "wrong": "unexpected keyword argument 'no_such_argument'",
}


def write(folder, files):
    (folder / "dags").mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / "dags" / (name + ".py")).write_bytes((HEAD + text + "\n").encode("utf-8", "surrogateescape"))
    return Project(folder)


@pytest.fixture(scope="module")
def read(tmp_path_factory, _database):
    """{name: report} of all files above, read together; and how long it took."""
    project = write(tmp_path_factory.mktemp("bad"), FILES)
    begun = time.monotonic()
    found = {file.stem: report for file, report in reports(project, LIMIT, GRACE).items()}
    found["seconds"] = time.monotonic() - begun
    return found


@pytest.mark.parametrize("name", sorted(SAID))
def test_a_bad_file_gets_its_verdict(read, name):
    assert SAID[name] in "\n".join(read[name].problems())


def test_a_good_file_beside_them_is_read(read):
    assert read["good"].problems() == []
    assert list(read["good"].dags) == ["good"]


def test_ten_thousand_tasks_are_read_within_mwaas_own_limit(tmp_path, _database):
    [report] = reports(write(tmp_path, {"many": MANY})).values()
    assert report.problems() == []
    assert report.dags["many"]["tasks"] == 10000


def test_no_file_holds_up_the_rest_for_longer_than_its_limit(read):
    """Two of them use up their time; each may have all of it."""
    assert read["sleeps_and_ignores_the_alarm"].seconds >= LIMIT + GRACE
    assert read["seconds"] < 60, "no file was waited for that sleeps for a minute or more"


def test_what_a_bad_file_printed_is_kept_but_not_all_of_it(read):
    assert read["prints"].printed > 5000000 and len(read["prints"].output) <= 4000


WATCHED = """
import socket, subprocess, urllib.request
from airflow.hooks.base import BaseHook
from airflow.models import DagRun, Variable
from airflow.utils.dates import days_ago
from airflow.utils.session import create_session
Variable.get("seeded")
Variable.get("missing", default_var=1)
try:
    BaseHook.get_connection("nowhere")
except Exception:
    pass
for use in (lambda: socket.socket().connect(("192.0.2.1", 80)), lambda: urllib.request.urlopen("http://example.com/")):
    try:
        use()
    except OSError:
        pass
with create_session() as session:
    session.query(DagRun).count()
subprocess.run(["true"])
d = DAG("watched", start_date=days_ago(2))
"""


def test_the_network_is_blocked_and_looks_at_the_database_are_counted(tmp_path, _database):
    (tmp_path / "seed.yaml").write_text("variables: {seeded: value}\n")
    [report] = reports(write(tmp_path, {"watched": WATCHED})).values()
    assert report.problems() == []
    at = {name: [line[-1].split(":")[0] for line in getattr(report, name)] for name in ("network", "queries", "moving")}
    assert at == {"network": ["watched.py"] * 2, "queries": ["watched.py"], "moving": ["watched.py"]}
    assert [what.split()[0] for what, _ in report.network] == ["connect", "getaddrinfo"]
    assert [look[:2] for look in report.lookups] == [
        ["variable", "seeded"], ["variable", "missing"], ["connection", "nowhere"],
    ]  # fmt: skip
    assert "['true']" in [what for what, _ in report.processes]


def test_only_what_changed_is_read_again(tmp_path, _database):
    text = "import time\nd = DAG('a', start_date=S, description=str(time.time_ns()))"
    project = write(tmp_path, {"a": text})
    [first] = reports(project).values()
    [again] = reports(project).values()
    assert again.found == first.found
    project = write(tmp_path, {"a": text + "\nDAG('b', start_date=S)\nc = DAG('c', start_date=S)"})
    [changed] = reports(project).values()
    assert set(changed.dags) == {"a", "c"}


def test_a_file_that_failed_is_tried_again(tmp_path, _database):
    marker = tmp_path / "now"
    project = write(
        tmp_path, {"a": "import os\nassert os.path.exists({!r})\nd = DAG('a', start_date=S)".format(str(marker))}
    )
    [failed] = reports(project).values()
    marker.touch()
    [read] = reports(project).values()
    assert "AssertionError" in failed.problems()[0] and read.problems() == []

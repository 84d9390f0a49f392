"""The plugin's fixture `deployed`, as users have it: their test modules, run by stack/bin/dag-tests against the suite's stack.

The test that must pass is the one in docs/dag-tests.md, word for word.
"""

import re
import uuid
from xml.etree import ElementTree

import pytest

from mwaa_local.settings import ROOT
from tests.support import users_tests
from tests.support.stack import INSTALLED

PAGE = (ROOT / "docs/dag-tests.md").read_text()
[EXAMPLE] = re.findall(r"^```python\n(def test_the_run_id.*?)^```$", PAGE, re.M | re.S)
TESTS = """
import gzip
from pathlib import Path

HERE = Path(__file__).parent


def test_fails(deployed, s3):
    s3.create_bucket(Bucket="kit-bucket")
    s3.put_object(Bucket="kit-bucket", Key="rows/part-0.json.gz", Body=gzip.compress(b'{"n": 1}\\n'))
    s3.put_object(Bucket="kit-bucket", Key="rows/part-1.json", Body=b'{"n": 2}\\n\\n{"n": 3}')
    s3.put_object(Bucket="kit-bucket", Key="rows/_SUCCESS", Body=b"no JSON")
    s3.put_object(Bucket="kit-bucket", Key="table.csv", Body=b'a,b\\n1,"x\\ny"\\n')
    assert [row["n"] for row in s3.read_json_lines("kit-bucket", "rows/")] == [1, 2, 3]
    assert s3.read_csv("kit-bucket", "table.csv") == [{"a": "1", "b": "x\\ny"}]
    with deployed("always_fails") as d:
        d.trigger().wait(limit=200)
        assert d.runs[0].glue_runs[0].ErrorMessage == "no such message"


def test_broken(deployed):
    with deployed(HERE / "broken.py"):
        pass


def test_not_there(deployed):
    with deployed("nowhere_to_be_found"):
        pass


def test_never_ends(deployed):
    with deployed("drill_sleeps") as d:
        d.trigger().wait(limit=4)
"""
USED = ("drill_sleeps", "always_fails", "run_id_walkthrough")
FAILING = {"test_fails", "test_broken", "test_not_there", "test_never_ends"}
TESTS_THAT_BRING = """
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize(("word", "minute"), [("one", 1), ("two", 2)])
def test_brought(deployed, s3, glue, word, minute):
    with deployed(HERE / "brought.py", glue=HERE / "jobs") as d:
        assert glue.get_job(JobName="kit_job")["Job"]["Command"]["Name"] == "pythonshell"
        run = d.trigger(conf={"word": word}, logical_date="2023-05-02T12:0{}".format(minute))
        run.wait(limit=200)
        assert run.logical_date.minute == minute
        say = run.tasks["say"]
        assert (run.state, say.state, say.try_number) == ("success", "success", 1)
        assert (say.xcom(), say.rendered()["bash_command"]) == (word, "echo " + word)
        assert say.start < say.end and say.duration == (say.end - say.start).total_seconds()
        assert word in say.log() and len(say.logs()) == 1


def test_taken(deployed):
    with pytest.raises(AssertionError, match="Glue jobs of these names already: always_fails"):
        deployed("always_fails", glue=HERE / "taken").__enter__()
"""
BROUGHT = """
from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG("kit_brought", schedule_interval=None, start_date=datetime(2023, 4, 1), default_args={"owner": "t"}) as dag:
    BashOperator(task_id="say", bash_command="echo {{ dag_run.conf['word'] }}")
"""
TEST_OF_A_SCHEDULE = """
def test_scheduled(dag, deployed):
    with deployed(dag("kit_scheduled")) as d:
        run = d.trigger()
        run.wait(limit=100)
        assert run.state == "success"
        raise ValueError("the schedule's own run still goes on")
"""
SCHEDULED = """
from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator

WAIT = "touch {here}; sleep 500"
MEET = "for i in $(seq 300); do [ -e {here} ] && exit; sleep 0.2; done; exit 1"

with DAG("kit_scheduled", schedule_interval="@once", start_date=datetime(2023, 4, 1), default_args={"owner": "t"}) as dag:
    BashOperator(
        task_id="meet", bash_command="{% if dag_run.run_type == 'scheduled' %}" + WAIT + "{% else %}" + MEET + "{% endif %}"
    )
"""
JOB = 'Command: {Name: pythonshell, PythonVersion: "3.9"}\nMaxCapacity: 0.0625\n'


def run_in_two_processes(stack, folder):
    """(what pytest printed, {test: its case in JUnit's file})."""
    done = users_tests.run(stack.state, folder, "--junitxml=report.xml", "-n", "2")
    cases = ElementTree.parse(folder / "report.xml").iter("testcase")
    return done.stdout + done.stderr, {case.get("name"): case for case in cases}


def failed(cases):
    return {name for name, case in cases.items() if case.find("failure") is not None or case.find("error") is not None}


@pytest.fixture(scope="module")
def users_run(stack, tmp_path_factory):
    """As run_in_two_processes gives it, and the folder of attachments."""
    for dag_id in USED:  # other tests may have unpaused them
        stack.airflow.await_dag(dag_id)
        assert stack.airflow.run("dags", "pause", dag_id).returncode == 0
    folder = tmp_path_factory.mktemp("users")
    users_tests.write(folder, TESTS + "\n\n" + EXAMPLE)
    (folder / "broken.py").write_text("from airflow import DAG\nimport no_such_package\n")
    return (*run_in_two_processes(stack, folder), stack.state / "tests" / "attachments")


def test_what_is_right_passes_and_what_is_wrong_fails(users_run):
    said, cases, _ = users_run
    assert failed(cases) == FAILING, said
    assert set(cases) == FAILING | {"test_the_run_id_reaches_glue"}


def test_a_failed_test_leaves_logs_templates_glue_runs_and_a_listing(users_run):
    said, cases, attachments = users_run
    folder = attachments / "test_of_user.py_test_fails"
    [run] = folder.glob("always_fails.e2e__*")
    [log] = (run / "logs").glob("always_fails.run_glue_job.1.log")
    assert "the input was empty" in log.read_text()
    [error] = (run / "glue").glob("always_fails.jr_*.error.log")
    assert "ValueError: the input was empty" in error.read_text()
    assert '"upstream_failed"' in (run / "run.json").read_text()
    assert "always_fails.run_glue_job" in (run / "rendered.json").read_text()
    listing = (folder / "s3.txt").read_text()
    assert "rows/part-1.json" in listing and "mwaa-local-assets" not in listing
    summary = (folder / "summary.txt").read_text()
    assert "failed first: always_fails.run_glue_job" in summary and "could not be had" not in summary, summary
    assert f"Files: {folder}" in said
    named = {one.get("value") for one in cases["test_fails"].iter("property")}
    assert {str(folder), str(log), str(error)} <= named
    assert cases["test_fails"].findtext("system-out") == summary.rstrip("\n")


def test_a_broken_file_and_an_unknown_id_are_named(users_run):
    said, cases, _ = users_run
    assert "No module named 'no_such_package'" in cases["test_broken"].find("failure").text
    assert "There is no DAG 'nowhere_to_be_found'" in cases["test_not_there"].find("failure").text
    assert "remote.py" not in said, "the traceback ends at the user's line"


def test_a_run_that_does_not_end_is_told_with_its_tasks_and_ended(stack, users_run):
    text = users_run[1]["test_never_ends"].find("failure").text
    assert "has not ended within 4 s" in text and "sleep " in text
    [run] = (users_run[2] / "test_of_user.py_test_never_ends").glob("drill_sleeps.e2e__*")
    assert '"state": "failed"' not in (run / "run.json").read_text(), "as it was when the test failed"
    query = "SELECT state FROM dag_run WHERE dag_id = 'drill_sleeps' AND run_id LIKE %s"
    assert stack.query(query, "e2e__%") == [["failed"]]


def test_what_was_paused_is_paused(stack, users_run):
    for dag_id in USED:
        assert stack.query("SELECT is_paused FROM dag WHERE dag_id = %s", dag_id) == [[True]]


def test_two_tests_at_once_bring_the_same_file_and_job_and_the_last_one_takes_them_away(stack, project, tmp_path):
    users_tests.write(tmp_path, TESTS_THAT_BRING)
    (tmp_path / "brought.py").write_text(BROUGHT)
    for job in (tmp_path / "jobs" / "kit_job", tmp_path / "taken" / "always_fails"):
        job.mkdir(parents=True)
        (job / "job.yaml").write_text(JOB)
        (job / "script.py").write_text("print('kit')\n")
    said, cases = run_in_two_processes(stack, tmp_path)
    assert len(cases) == 3 and failed(cases) == set(), said
    assert list((project / "dags").glob("*e2e_*")) == []
    assert stack.query("SELECT count(*) FROM dag WHERE dag_id = 'kit_brought' AND is_active") == [[0]]
    assert stack.query("SELECT count(*) FROM dag_run WHERE dag_id = 'kit_brought'") == [[0]]
    assert "kit_job" not in [job["Name"] for job in stack.client("glue").get_jobs()["Jobs"]]


@pytest.mark.slow
def test_a_run_of_the_schedule_ends_with_a_dag_that_was_paused(stack, project, tmp_path):
    users_tests.write(tmp_path, TEST_OF_A_SCHEDULE)
    (tmp_path / "pytest.ini").write_text(f"[pytest]\nmwaa_project = {project}\n")
    file = project / "dags" / "kit_scheduled.py"
    file.write_text(SCHEDULED.replace("{here}", f"/tmp/kit-{uuid.uuid4().hex}"))
    try:
        done = users_tests.run(stack.state, tmp_path, "--mwaa-attachments", "kept")
        assert "ValueError: the schedule's own run" in done.stdout and "1 failed" in done.stdout, (
            done.stdout + done.stderr
        )
        runs = stack.query("SELECT run_type, state FROM dag_run WHERE dag_id = 'kit_scheduled' ORDER BY run_type")
        assert runs == [["manual", "success"], ["scheduled", "failed"]]
        assert stack.query("SELECT is_paused FROM dag WHERE dag_id = 'kit_scheduled'") == [[True]]
        still = (
            "SELECT count(*) FROM job JOIN task_instance t ON t.job_id = job.id WHERE t.dag_id = %s AND job.state = %s"
        )
        assert stack.query(still, "kit_scheduled", "running") == [[0]]
        assert (tmp_path / "kept" / "test_of_user.py_test_scheduled" / "summary.txt").is_file()
    finally:
        file.unlink()
        stack.airflow.run("dags", "delete", "--yes", "kit_scheduled")


def test_without_a_stack_one_line_says_what_to_do(tmp_path):
    users, state = tmp_path / "users", tmp_path / "state"
    users.mkdir()
    state.mkdir()
    (state / "venvs").symlink_to(INSTALLED / "venvs")
    users_tests.write(users, 'def test_it(deployed):\n    with deployed("impressions"):\n        pass\n')
    done = users_tests.run(state, users)
    assert done.returncode == 1 and "Next: make up" in done.stdout and "Traceback" not in done.stdout, done.stdout
    assert not (state / "alone").exists(), "LocalStack alone would not help"

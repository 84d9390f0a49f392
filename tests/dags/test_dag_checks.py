"""The plugin as a team has it in a repository of its own: each check finds what it is for, and can be switched off."""

import os
import re
import subprocess
import sys

import pytest
from conftest import ROOT

from mwaa_airflow.dagtest.checks import CHECKS
from mwaa_airflow.dagtest.project import options_in

HEAD = """from datetime import datetime, timedelta
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.dummy import DummyOperator
from airflow.operators.python import PythonOperator
from airflow.providers.amazon.aws.operators.glue import AwsGlueJobOperator
from airflow.providers.amazon.aws.sensors.glue import AwsGlueJobSensor
def GlueKnown(**more):
    return AwsGlueJobOperator(task_id="a", job_name="known", **more)
GOOD = dict(start_date=datetime(2023, 1, 1), schedule_interval="@daily", tags=["t"], default_args={"owner": "me", "retries": 1})
"""
# {check: [(a DAG file that it finds fault with, what it says)]}
DAG = "with DAG('d', **GOOD):\n    "
BAD = {
    "imports": [("import nothing_like_this", "No module named 'nothing_like_this'")],
    "no_network": [
        ("import socket\nsocket.socket().connect_ex", ""),
        ("import socket\ntry:\n    socket.create_connection(('example.com', 80))\nexcept OSError:\n    pass", "getaddrinfo"),
        ("import subprocess\nsubprocess.run(['true'])", "starts a process"),
    ],
    "no_lookups": [("from airflow.models import Variable\nVariable.get('v', 1)", "looks up the variable 'v'")],
    "serializes": [
        ("from airflow.timetables.interval import CronDataIntervalTimetable\nclass Own(CronDataIntervalTimetable):\n    pass\n"
         "d = DAG('d', timetable=Own('@daily', 'UTC'), start_date=datetime(2023, 1, 1))", "cannot be serialized"),
    ],
    "no_cycles": [],  # Airflow's DagBag refuses them itself, which is an import error: a test of its own below
    "unique_ids": [("d = DAG('same', **GOOD)", "is in other.py, too")],
    "owners": [
        ("with DAG('d', **dict(GOOD, default_args={'retries': 1})):\n    DummyOperator(task_id='a')", "without an owner: a"),
    ],
    "tags": [("d = DAG('d', **dict(GOOD, tags=[]))", "has no tags")],
    "retries": [
        ("with DAG('d', **dict(GOOD, default_args={'owner': 'me'})):\n    BashOperator(task_id='a', bash_command='x')",
         "a has no"),
        (DAG + "DummyOperator(task_id='a', retries=99)", "99 retries, more than 5"),
    ],
    "start_date_static": [
        ("d = DAG('d', **dict(GOOD, start_date=datetime.now()))", "now in line"),
        ("from airflow.utils.dates import days_ago\nd = DAG('d', **dict(GOOD, start_date=days_ago(1)))", "days_ago at bad.py"),
        ("import time\nd = DAG('d', **dict(GOOD, start_date=datetime.fromtimestamp(time.time())))", "its start dates differ"),
        ("with DAG('d', tags=['t']):\n    DummyOperator(task_id='a')", ""),
    ],
    "schedule_parses": [("d = DAG('d', **dict(GOOD, schedule_interval='0 0 30 2 *'))", "never comes due")],
    "templates": [
        (DAG + "BashOperator(task_id='a', bash_command='{{ ds | nothing }}')", "does not render"),
        (DAG + "BashOperator(task_id='a', bash_command='missing.sh')", "missing.sh"),
    ],
    "operators_legal": [
        (DAG + "GlueKnown(retry_limit='1')", "retry_limit='1' is no int"),
        (DAG + "AwsGlueJobSensor(task_id='a', job_name='known', run_id='x', poke_interval=60, timeout=30)",
         "poke_interval 60 s is longer"),
    ],
    "xcom_wiring": [
        (DAG + "a = BashOperator(task_id='a', bash_command='x', do_xcom_push=False)\n"
         "    BashOperator(task_id='b', bash_command=a.output)", "of a, which pushes none"),
        (DAG + "BashOperator(task_id='a', bash_command='x')\n"
         "    BashOperator(task_id='b', bash_command=\"{{ ti.xcom_pull(task_ids='a') }}\")", "of a, which is not upstream"),
        (DAG + "BashOperator(task_id='b', bash_command=\"{{ ti.xcom_pull('typo') }}\")", "which is no task"),
    ],
    "glue_jobs": [(DAG + "AwsGlueJobOperator(task_id='a', job_name='typo')", "there are: known")],
    "glue_arguments": [
        (DAG + "GlueKnown(script_args={'--day': 1})",
         "Invalid type for parameter Arguments.--day"),
        (DAG + "GlueKnown()", "does not give --day"),
        (DAG + "GlueKnown(script_args={'--day': 'x', '--more': 'y'})",
         "gives --more, which known's script does not ask for"),
        (DAG + "GlueKnown(script_args={'day': 'x'})",
         "does not begin with --"),
    ],
    "pools": [(DAG + "DummyOperator(task_id='a', pool='gone')", "there is no pool 'gone'")],
    "queues": [(DAG + "DummyOperator(task_id='a', queue='other')", "queue='other'")],
    "variables": [
        (DAG + "BashOperator(task_id='a', bash_command='{{ var.value.gone }}')", "the variable 'gone'"),
        ("from airflow.models import Variable\nwith DAG('d', **GOOD):\n"
         "    PythonOperator(task_id='a', python_callable=lambda: Variable.get('gone'))", "the variable 'gone'"),
    ],
    "connections": [
        (DAG + "BashOperator(task_id='a', bash_command='{{ conn.gone.host }}')", "the connection 'gone'"),
        (DAG + "GlueKnown(script_args={'--day': 'x'}, aws_conn_id='gone')",
         "the connection 'gone'"),
    ],
}  # fmt: skip
CASES = [(name, text, said) for name, cases in BAD.items() for text, said in cases if said]
GOOD = """
with DAG("good", **GOOD):
    arguments = {"--day": "{{ ds }}", "--TempDir": "s3://b/t"}
    run = AwsGlueJobOperator(task_id="run", job_name="known", script_args=arguments, retry_limit=1)
    AwsGlueJobSensor(task_id="wait", job_name="known", run_id=run.output)
    BashOperator(task_id="says", bash_command="{{ var.value.here }} {{ var.value.get('gone', 1) }} {{ conn.mine.host }}")
    BashOperator(task_id="takes", bash_command="{{ ti.xcom_pull(task_ids='run')['x'] }}") << run
"""


class Repository:
    """A team's repository: dags/, glue/, seed.yaml, tests/."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("dags", "tests", "glue/known"):
            (folder / name).mkdir(parents=True)
        (folder / "conftest.py").write_text('pytest_plugins = ["mwaa_airflow.dagtest.plugin"]\n')
        (folder / "tests" / "test_ready_made.py").write_text("from mwaa_airflow.dagtest.checks import test_dag_file\n")
        (folder / "seed.yaml").write_text("variables: {here: x}\nconnections: {mine: {uri: 'http://example.com'}}\n")
        (folder / "glue" / "known" / "job.yaml").write_text(
            "Command: {Name: glueetl}\nDefaultArguments: {--given: x}\n"
        )
        (folder / "glue" / "known" / "script.py").write_text(
            "import sys\nfrom awsglue.utils import getResolvedOptions\n"
            "getResolvedOptions(sys.argv, ['JOB_NAME', 'day', 'given'])\n"
        )

    def dag(self, name, text):
        # only a DAG that a name of the module stands for is found
        text = re.sub(r"^(with DAG\(.*\)):$", r"\1 as dag:", text, flags=re.M)
        (self.folder / "dags" / name).write_text(HEAD + text + "\n")

    def pytest(self, *arguments, ini=""):
        (self.folder / "pytest.ini").write_text("[pytest]\n" + ini)
        environment = {k: v for k, v in os.environ.items() if k != "MWAA_PROJECT"}
        paths = [str(ROOT / "src" / "mwaa_airflow"), *(path for path in sys.path if path)]
        environment["PYTHONPATH"] = os.pathsep.join(paths)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--show-capture=no", *arguments],
            cwd=str(self.folder), env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            universal_newlines=True,
        )  # fmt: skip
        return done.returncode, done.stdout


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path)


def failed(output):
    """{(file, check)} of the tests that failed."""
    return set(re.findall(r"FAILED \S*::test_dag_file\[(\S+\.py)-(\w+)\]", output))


def test_there_is_a_bad_file_for_every_check():
    assert set(BAD) == set(CHECKS)


def test_a_repository_without_a_fault_passes_every_check(repository):
    repository.dag("good.py", GOOD)
    code, output = repository.pytest()
    assert code == 0, output
    assert "{} passed".format(len(CHECKS)) in output


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    """What pytest says of a repository that has every bad file at once, and who failed."""
    repository = Repository(tmp_path_factory.mktemp("team"))
    for number, (_, text, _) in enumerate(CASES):
        repository.dag("bad_{}.py".format(number), text.replace("DAG('d'", "DAG('d{}'".format(number)))
    repository.dag("other.py", "d = DAG('same', **GOOD)")
    _, output = repository.pytest("-rf")
    return output, failed(output)


@pytest.mark.parametrize("number", range(len(CASES)), ids=["{}-{}".format(n, case[0]) for n, case in enumerate(CASES)])
def test_a_check_finds_what_it_is_for(verdicts, number):
    name, _, said = CASES[number]
    output, found = verdicts
    file = "bad_{}.py".format(number)
    assert (file, name) in found
    [section] = re.findall(r"_+ test_dag_file\[{}-{}\] _+\n(.*?)(?=\n_{{4,}}|\n=====)".format(file, name), output, re.S)
    assert said.replace("bad.py", file) in section


def test_a_cycle_is_an_import_error_of_its_file(repository):
    repository.dag("cycle.py", DAG + "a = DummyOperator(task_id='a')\n    a >> DummyOperator(task_id='b') >> a")
    _, output = repository.pytest("-rf")
    assert failed(output) == {("cycle.py", "imports")}
    assert "Cycle detected" in output


@pytest.mark.parametrize(
    ("ini", "arguments"),
    [("mwaa_checks_off = tags", []), ("mwaa_checks_off = tags:d", []), ("", ["--mwaa-check-off", "tags"])],
    ids=["all", "one DAG", "command line"],
)
def test_a_check_can_be_switched_off(repository, ini, arguments):
    repository.dag("bad.py", "d = DAG('d', **dict(GOOD, tags=[]))")
    assert failed(repository.pytest("-rf")[1]) == {("bad.py", "tags")}
    code, output = repository.pytest("-rf", *arguments, ini=ini)
    assert code == 0, output


def test_a_check_that_is_not_there_cannot_be_switched_off(repository):
    code, output = repository.pytest(ini="mwaa_checks_off = typo")
    assert code != 0 and "There is no check typo; there are: connections" in output


def test_what_is_elsewhere_can_be_declared(repository):
    repository.dag(
        "far.py",
        "with DAG('d', **GOOD):\n    AwsGlueJobOperator(task_id='a', job_name='far', aws_conn_id='far_conn')\n"
        "    BashOperator(task_id='b', pool='far_pool', bash_command='{{ var.value.far_var }}')",
    )
    _, output = repository.pytest("-rf")
    assert failed(output) == {("far.py", name) for name in ("glue_jobs", "connections", "pools", "variables")}
    ini = "mwaa_external_jobs = far\nmwaa_external = far_conn far_var\nmwaa_pools = far_pool\n"
    code, output = repository.pytest(ini=ini)
    assert code == 0, output


def test_no_dag_file_at_all_is_an_error(repository):
    code, output = repository.pytest()
    assert code != 0 and "nothing to check" in output


USERS_TEST = """
def test_mine(run_dag):
    result = run_dag("good", logical_date="2023-05-01", mocks={"run": {"x": 1}, "wait": True, "takes": None})
    assert result.success, result.table()
    assert result.xcom("says") == "x 1 example.com"
    assert result.order[0] == "run"

def test_the_dag_is_named_if_it_is_not_there(dag):
    dag("typo")
"""


def test_a_team_writes_its_own_tests(repository):
    repository.dag("good.py", GOOD.replace('bash_command="{{ var', 'bash_command="echo {{ var'))
    (repository.folder / "tests" / "test_own.py").write_text(USERS_TEST)
    _, output = repository.pytest("-rf", "tests/test_own.py")
    assert "1 failed, 1 passed" in output
    assert "There is no DAG 'typo'; there are: good" in output


@pytest.mark.parametrize(
    ("source", "options"),
    [("getResolvedOptions(sys.argv, ['a', 'b'])", {"a", "b"}),
     ("utils.getResolvedOptions(args=sys.argv, options=('a',))", {"a"}),
     ("NAMES = ['a']\ngetResolvedOptions(sys.argv, NAMES)", {"a"}),
     ("if x:\n    getResolvedOptions(sys.argv, ['a'])\ngetResolvedOptions(sys.argv, ['b'])", {"a", "b"}),
     ("print('nothing')", set())],
)  # fmt: skip
def test_what_a_script_asks_for_is_read_from_its_source(source, options):
    assert options_in(source) == options


def test_every_check_is_in_the_document_with_its_own_words():
    page = (ROOT / "docs" / "dag-tests.md").read_text(encoding="utf-8")
    section = page.split("### Checks")[1].split("| setting |")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|$", section, re.M)
    assert rows == [(check.name, check.says) for check in CHECKS.values()]


def test_every_fixture_and_setting_is_in_the_document():
    from mwaa_airflow.dagtest import end_to_end, plugin

    page = (ROOT / "docs" / "dag-tests.md").read_text(encoding="utf-8")
    fixtures = [
        "dag_bag", "dag", "airflow_db", "run_dag", "stack", "deployed", "glue", "s3", "frozen_time", "dag_reports",
    ]  # fmt: skip
    assert [name for name in fixtures if not (hasattr(plugin, name) or hasattr(end_to_end, name))] == []
    assert [name for name in [*fixtures, *plugin.INI] if "`{}`".format(name) not in page] == []


def test_a_folder_without_dags_is_refused_in_a_sentence(repository):
    code, output = repository.pytest("--mwaa-project", "tests")
    assert code != 0 and "has no dags/ folder" in output and "Traceback" not in output

"""The output of Glue jobs in the task log: unmodified operator and sensor, real runs, in the environment of a worker."""

import json
import re
import subprocess
import textwrap

import boto3
import pytest
from conftest import VENVS, Replica, eventually

MARK = "[local only]"
# Runs what it is given and prints {"outcome": ..., "log": [[seconds, message], ...]}.
OBSERVE = """
import json, logging, sys, time
arguments = json.loads(sys.argv[1])
from airflow.providers.amazon.aws.hooks.glue import AwsGlueJobHook
from airflow.providers.amazon.aws.operators.glue import AwsGlueJobOperator
from airflow.providers.amazon.aws.sensors.glue import AwsGlueJobSensor
AwsGlueJobHook.JOB_POLL_INTERVAL = 0.3
seen = []
class Note(logging.Handler):
    def emit(self, record):
        seen.append([time.time(), record.getMessage(), record.levelname])
logging.getLogger().handlers[:] = [Note()]
logging.getLogger().setLevel(logging.INFO)
logging.getLogger("airflow.task").propagate = True
kind = {"operator": AwsGlueJobOperator, "sensor": AwsGlueJobSensor}[arguments.pop("kind")]
exec(arguments.pop("before", ""))
begun = time.time()
try:
    outcome = [kind(task_id="t", **arguments).execute({})]
except Exception as error:
    outcome = [type(error).__name__, str(error)]
print(json.dumps({"outcome": outcome, "log": seen, "took": time.time() - begun}))
"""
STREAMING = "import time\nfor n in range(6):\n    print('line', n, flush=True); time.sleep(0.5)\n"
FAILING = "import sys\nprint('before')\nprint('on stderr', file=sys.stderr)\nraise ValueError('the input was empty')\n"


class Glue:
    """The account of one LocalStack, and tasks that use it as a worker would."""

    def __init__(self, replica):
        self.replica = replica
        options = dict(region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        self.glue, self.s3 = (boto3.client(name, endpoint_url=replica.endpoint, **options) for name in ("glue", "s3"))
        self.s3.create_bucket(Bucket="scripts")

    def job(self, name, script, **definition):
        self.s3.put_object(Bucket="scripts", Key=name + ".py", Body=script.encode())
        command = dict(Name="pythonshell", PythonVersion="3.9", ScriptLocation="s3://scripts/{}.py".format(name))
        self.glue.create_job(**dict(dict(Name=name, Role="r", Command=command, Timeout=5), **definition))
        return name

    def task(self, kind, **arguments):
        settings = arguments.pop("settings", {})
        return Seen(
            json.loads(
                self.replica.python(OBSERVE, json.dumps(dict(arguments, kind=kind)), **settings).splitlines()[-1]
            )
        )

    def ended_run(self, name):
        run_id = self.glue.start_job_run(JobName=name)["JobRunId"]
        state = lambda: self.glue.get_job_run(JobName=name, RunId=run_id)["JobRun"]["JobRunState"]  # noqa: E731
        eventually(lambda: state() in ("SUCCEEDED", "FAILED"), 60, "the run ends")
        return run_id


class Seen:
    def __init__(self, printed):
        self.outcome, self.took = printed["outcome"], printed["took"]
        self.log = [message for _, message, _ in printed["log"]]
        self.warnings = [message for _, message, level in printed["log"] if level == "WARNING"]
        self.times = {message: moment for moment, message, _ in printed["log"]}
        self.local = [message for message in self.log if message.startswith(MARK)]

    def output(self, title="Glue output"):
        start = "{} {}: ".format(MARK, title)
        return [message[len(start) :] for message in self.local if message.startswith(start)]


def begun(line, rest=""):
    """Whether it is the line that tells of a run which has just been started, or is at work."""
    known = ("(not started yet) ", "(how it runs: real) ")
    return any(line.startswith("{} Glue run {}{}".format(MARK, how, rest)) for how in known)


def write_tables(replica):
    """What sends the boto3 of jobs to this endpoint; without it Glue starts none."""
    jobs = "glue-pythonshell-3.9"
    command = [str(VENVS / jobs / "bin" / "python"), "-m", "aws_local.endpoints", "--endpoint", replica.endpoint]
    subprocess.run(command + ["--out", str(replica.folder / "aws" / jobs)], check=True, stdout=subprocess.DEVNULL)
    replica.redirect()


@pytest.fixture(scope="module")
def glue(tmp_path_factory):
    replica = Replica(tmp_path_factory.mktemp("glue"))
    write_tables(replica)
    home = replica.folder / "airflow"
    home.mkdir()
    (home / "airflow.cfg").write_text("")
    replica.start("localstack")
    replica.wait("localstack")
    yield Glue(replica)
    replica.close()


def test_the_operator_shows_lines_while_the_job_runs_and_all_of_them_before_it_is_done(glue):
    glue.job("streaming", STREAMING)
    seen = glue.task("operator", job_name="streaming")
    [run_id] = seen.outcome
    assert seen.output() == ["line {}".format(n) for n in range(6)]
    first, last = (seen.times["{} Glue output: line {}".format(MARK, n)] for n in (0, 5))
    assert last - first > 1, "all came at once, at the end"
    begin, end = seen.local[0], seen.local[-1]
    groups = "log groups /aws-glue/python-jobs/output and /aws-glue/python-jobs/error"
    page = "page {}/_aws/glue/runs/{}".format(glue.replica.endpoint, run_id)
    assert begun(begin, "of job streaming: {}, {}, {}".format(run_id, page, groups))
    told = r"\[local only\] Glue run \(how it ran: real\) is SUCCEEDED after \d+ s: {}, {}$"
    assert re.match(told.format(run_id, groups), end)
    assert seen.log.index(end) < seen.log.index("Exiting Job {} Run State: SUCCEEDED".format(run_id))


def test_a_run_that_fails_shows_its_traceback_before_the_operator_raises(glue):
    glue.job("failing", FAILING)
    seen = glue.task("operator", job_name="failing")
    run_id = re.search(r"jr_\w+", seen.local[0]).group()
    assert seen.outcome == ["AirflowException", "Exiting Job {} Run State: FAILED".format(run_id)]
    assert seen.output() == ["before"]
    errors = seen.output("Glue error")
    assert errors[0] == "on stderr" and errors[-1] == "ValueError: the input was empty"
    assert "(how it ran: real) is FAILED after" in seen.local[-1] and run_id in seen.local[-1]
    assert seen.local[-1].endswith(", error: ValueError: the input was empty")


def test_without_waiting_the_operator_says_which_run_it_has_started_and_the_sensor_shows_all(glue):
    glue.job("later", "print('a'); print('b')")
    started = glue.task("operator", job_name="later", wait_for_completion=False)
    [run_id] = started.outcome
    assert len(started.local) == 1 and run_id in started.local[0] and begun(started.local[0])
    waited = glue.task("sensor", job_name="later", run_id=run_id, poke_interval=0.3)
    assert waited.outcome == [None] and waited.output() == ["a", "b"]
    assert "SUCCEEDED" in waited.local[-1]


@pytest.mark.parametrize("settings", [{"GLUE_LOGS_IN_TASK_LOG": "0"}, {"ALLOW_REAL_AWS": "1"}])
def test_switched_off_the_log_is_the_providers_own(glue, settings):
    name = "off-" + "-".join(settings).lower()
    glue.job(name, FAILING)
    glue.replica.settings.update(settings)
    glue.replica.write()
    try:
        seen = glue.task("operator", job_name=name)
    finally:
        glue.replica.settings.update(GLUE_LOGS_IN_TASK_LOG="1", ALLOW_REAL_AWS="0")
        glue.replica.write()
    assert seen.outcome[0] == "AirflowException" and seen.local == []


def test_apart_from_the_marked_lines_the_log_and_the_outcome_are_the_same_as_without(glue):
    glue.job("twice", "print('x')")
    run_id = glue.ended_run("twice")
    shown = glue.task("sensor", job_name="twice", run_id=run_id)
    off = "import os; os.environ['GLUE_LOGS_IN_TASK_LOG'] = '0'"
    plain = glue.task("sensor", job_name="twice", run_id=run_id, before=off)
    assert shown.local and not plain.local
    assert [line for line in shown.log if line not in shown.local] == plain.log
    assert shown.outcome == plain.outcome


BROKEN = {
    "the page is not there": "import mwaa_airflow.glue_logs as g; g.quote = lambda *a, **k: 'nothing/here'",
    "the logs do not answer": "import boto3; boto3.session.Session.client = lambda *a, **k: 1 / 0",
    "no context": "import airflow.operators.python as p; p.get_current_context = None",
}


@pytest.mark.parametrize("what", sorted(BROKEN))
def test_what_goes_wrong_in_here_is_one_warning_and_the_task_goes_on(glue, what):
    name = what.replace(" ", "-")
    glue.job(name, "import time; print('x', flush=True); time.sleep(1)")
    # the hook's own client is made before anything breaks, as in a task that breaks later
    before = "AwsGlueJobHook().get_conn()\nmade = AwsGlueJobHook.get_conn\nclient = AwsGlueJobHook().get_conn()\n"
    before += "AwsGlueJobHook.get_conn = lambda self: client\n"
    seen = glue.task("operator", job_name=name, before=before + BROKEN[what])
    assert len(seen.outcome) == 1 and seen.outcome[0].startswith("jr_")
    own = [line for line in seen.warnings if line.startswith(MARK)]
    assert own and len(set(own)) == 1 and "is not shown" in own[0] and not seen.output()
    assert len(own) == 1 or what == "no context", own


def test_of_a_flood_the_end_is_shown_with_how_many_lines_are_left_out_and_where_they_are(glue):
    glue.job("flood", "for n in range(5000): print('line', n)")
    run_id = glue.ended_run("flood")
    seen = glue.task("sensor", job_name="flood", run_id=run_id)
    assert seen.output()[1:] == ["line {}".format(n) for n in range(4000, 5000)]
    assert seen.output()[0] == (
        '4000 lines are left out here. All of it: make aws CMD="logs get-log-events --start-from-head '
        '--log-group-name /aws-glue/python-jobs/output --log-stream-name {}"'.format(run_id)
    )


def test_of_sixty_megabytes_the_end_is_shown_soon(glue):
    glue.job("huge", "for n in range(600000): print('%09d' % n + 'x' * 90)\nprint('the very end')")
    run_id = glue.ended_run("huge")
    seen = glue.task("sensor", job_name="huge", run_id=run_id)
    assert "more than" in seen.output()[0] and seen.output()[-1] == "the very end"
    assert len(seen.output()) <= 1001 and seen.took < 30


def test_long_lines_are_cut_and_control_characters_move_nothing(glue):
    glue.job("odd", "print('a\\rb\\x1b[2Jc\\td'); print('é' * 3000); print(); print('%s %d {}')")
    seen = glue.task("sensor", job_name="odd", run_id=glue.ended_run("odd"))
    assert seen.output() == ["a", "b\\x1b[2Jc\td", "é" * 2000 + "... (3000 characters)", " ", "%s %d {}"]


def test_a_run_that_glue_retries_says_that_nobody_waits_for_the_retry(glue):
    glue.job("retried", "raise SystemExit(1)", MaxRetries=1)
    run_id = glue.ended_run("retried")
    seen = glue.task("sensor", job_name="retried", run_id=run_id)
    assert "Glue retries it as {}_attempt_1, for which this task does not wait".format(run_id) in seen.local[-1]


DAG = """
from datetime import datetime
from airflow import DAG
from airflow.providers.amazon.aws.sensors.glue import AwsGlueJobSensor

with DAG("{dag_id}", start_date=datetime(2022, 1, 1), schedule_interval=None) as dag:
    AwsGlueJobSensor(task_id="wait", job_name="{job}", run_id="{run_id}", mode="reschedule", poke_interval=1)
"""
# One look, as Celery's worker begins it; in which state it leaves the task.
LOOK = """
import sys
from airflow.models import DagBag
from airflow.models.dagrun import DagRun
from airflow.cli import cli_parser
from airflow.utils import timezone
from airflow.utils.session import create_session
folder, dag_id = sys.argv[1:]
dag = DagBag(folder, include_examples=False).dags[dag_id]
moment = timezone.datetime(2022, 1, 2)
with create_session() as session:
    if not session.query(DagRun).filter(DagRun.dag_id == dag_id).count():
        dag.sync_to_db(session=session)
        dag.create_dagrun(run_id="r", run_type="manual", execution_date=moment, state="running", session=session)
options = ["--local", "--force", "--ignore-all-dependencies", "--subdir", folder]
arguments = cli_parser.get_parser().parse_args(["tasks", "run", dag_id, "wait", "r"] + options)
arguments.func(arguments)
with create_session() as session:
    print(session.query(DagRun).filter(DagRun.dag_id == dag_id).one().get_task_instance("wait", session=session).state)
"""


@pytest.fixture(scope="module")
def database(glue):
    glue.replica.start("postgres")
    code, said = glue.replica.run("migrate")
    assert code == 0, said


# In two halves: the second when somebody has looked often enough.
HALVES = """
import os, time
print(*("line %d" % n for n in range(20)), sep="\\n", flush=True)
while not os.path.exists({path!r}):
    time.sleep(0.1)
print(*("line %d" % n for n in range(20, 40)), sep="\\n", flush=True)
"""


@pytest.mark.parametrize("how", ["succeeds", "fails"])
def test_a_sensor_that_looks_from_ever_new_processes_shows_each_line_once(glue, database, tmp_path, how):
    enough = tmp_path / "enough"
    script = HALVES.format(path=str(enough)) + ("" if how == "succeeds" else "raise ValueError('at last')")
    name = glue.job("reschedule-" + how, script)
    run_id = glue.glue.start_job_run(JobName=name)["JobRunId"]
    logs = glue.replica.folder / "airflow" / "logs" / name
    (tmp_path / "waits.py").write_text(DAG.format(dag_id=name, job=name, run_id=run_id))
    looks = []

    def look():
        printed = glue.replica.python(LOOK, tmp_path, name).splitlines()
        looks.append(list(shown(logs)))
        if len([seen for seen in looks if "Glue output: line 19" in seen]) == 2:
            enough.touch()
        return printed[-1] if printed[-1] != "up_for_reschedule" else None

    assert eventually(look, 120, "the sensor is done") == ("success" if how == "succeeds" else "failed")
    assert len(looks) > 2, "the run was over too soon to show anything"
    wanted = ["Glue output: line {}".format(n) for n in range(40)]
    assert [line for line in looks[-1] if line.startswith("Glue output")] == wanted
    assert any(0 < len([line for line in look if line.startswith("Glue output")]) < 40 for look in looks), (
        "no streaming"
    )
    assert [line for line in looks[-1] if begun("{} {}".format(MARK, line))] == looks[-1][:1]
    assert "how it ran: real" in looks[-1][-1]
    if how == "fails":
        assert "Glue error: ValueError: at last" in looks[-1]


def shown(logs):
    """The marked lines of the one task log, without time and place."""
    [log] = logs.rglob("*.log") if list(logs.rglob("*.log")) else [None]
    for line in log.read_text().splitlines() if log else []:
        if MARK in line:
            assert "{{glue_logs.py:" in line
            yield line.split(MARK + " ", 1)[1]


def test_nothing_is_imported_for_it_until_the_hook_is(glue):
    code = textwrap.dedent("""
        import sys
        import mwaa_airflow.glue_logs
        before = [name for name in ("airflow", "boto3", "urllib.request") if name in sys.modules]
        from airflow.providers.amazon.aws.hooks.glue import AwsGlueJobHook
        print(before, hasattr(AwsGlueJobHook.get_job_state, "__wrapped__"), AwsGlueJobHook.get_job_state.__name__)
    """)
    assert glue.replica.python(code).splitlines()[-1] == "[] True get_job_state"

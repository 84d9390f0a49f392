"""Logs and metrics in CloudWatch: the task handler and the agent, against a LocalStack, in the environment of a worker."""

import json
import signal
import socket
import subprocess
import threading
import time
from datetime import datetime, timedelta, timezone

import boto3
import pytest
from conftest import Replica, eventually, free_port

TASK_GROUP = "airflow-tests-Task"
# What a task's process does: Airflow's own configuration of logging, the handler's context, lines, the end.
TASK = """
import json, logging, os, sys, time
from datetime import datetime, timezone
from types import SimpleNamespace
arguments = json.loads(sys.argv[1])
os.environ.update(arguments.get("environment", {}))
import airflow
log = logging.getLogger("airflow.task")
[handler] = log.handlers
ti = SimpleNamespace(dag_id="d", task_id=arguments["task"], try_number=1,
                     execution_date=datetime(2022, 1, 1, tzinfo=timezone.utc))
def say(text):
    log.info("%s", text)
exec(arguments["code"])
"""
RUN = "handler.set_context(ti)\n"
FORKING = """
handler.set_context(ti)
say("before")
child = os.fork()
if not child:                      # as StandardTaskRunner does it
    handler.set_context(ti)
    say("in the fork")
    logging.shutdown()
    os._exit(0)
os.waitpid(child, 0)
say("after")
logging.shutdown()
"""


class Account:
    """A replica with a LocalStack, tasks that log to it, and what has arrived there."""

    def __init__(self, replica):
        self.replica = replica
        options = dict(region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        self.logs, self.cloudwatch = (
            boto3.client(name, endpoint_url=replica.endpoint, **options) for name in ("logs", "cloudwatch")
        )

    def run(self, task, code, **environment):
        argument = json.dumps({"task": task, "code": code, "environment": environment})
        return self.replica.python(TASK, argument, MWAA_AIRFLOW_COMPONENT="worker")

    @staticmethod
    def stream(task):
        return "d/{}/2022-01-01T00_00_00+00_00/1.log".format(task)

    def file(self, task):
        path = self.replica.folder / "airflow" / "logs" / "d" / task / "2022-01-01T00:00:00+00:00" / "1.log"
        return path.read_text().splitlines()

    def lines(self, stream, group=TASK_GROUP):
        """The events of a stream; none if there is no such stream yet."""
        found, token = [], None
        while True:
            more = {"nextToken": token} if token else {}
            try:
                page = self.logs.get_log_events(
                    logGroupName=group, logStreamName=stream, startFromHead=True, **more
                )  # fmt: skip
            except self.logs.exceptions.ResourceNotFoundException:
                return []
            found += [event["message"] for event in page["events"]]
            if page["nextForwardToken"] == token:
                return found
            token = page["nextForwardToken"]


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    replica = Replica(
        tmp_path_factory.mktemp("cloudwatch"), ENV_NAME="tests", STATSD_PORT=free_port(), METRICS_INTERVAL=1
    )
    (replica.folder / "airflow").mkdir()
    (replica.folder / "airflow" / "airflow.cfg").write_text("")
    (replica.folder / "logs").mkdir()
    replica.redirect()
    replica.start("localstack")
    replica.wait("localstack")
    yield Account(replica)
    for role in list(replica.processes):
        replica.kill(role)


@pytest.fixture
def agent(account):
    """Starts the agent anew, and ends it after the test."""

    def start():
        account.replica.start("cloudwatch-agent")

    yield start
    if "cloudwatch-agent" in account.replica.processes:
        account.replica.kill("cloudwatch-agent")


def said(lines):
    return [line.rsplit(" - ", 1)[-1] for line in lines]


def test_a_line_arrives_while_the_task_still_runs_and_the_rest_at_its_end(account):
    code = RUN + "say('early')\ntime.sleep(4)\nprint(time.time())\nsay('late')\nlogging.shutdown()"
    seen = []

    def watch():
        eventually(lambda: account.lines(account.stream("prompt")), 30, "the first line arrives")
        seen.append(time.time())

    watcher = threading.Thread(target=watch)
    watcher.start()
    ended = float(account.run("prompt", code).split()[-1])
    watcher.join()
    assert seen and seen[0] < ended
    lines = account.lines(account.stream("prompt"))
    assert said(lines) == ["early", "late"] and lines == account.file("prompt")
    assert "{{<string>:" in lines[0] and "}} INFO - early" in lines[0]


def test_a_forked_task_writes_into_the_same_stream_and_neither_process_hangs(account):
    begun = time.monotonic()
    account.run("forked", FORKING)
    assert time.monotonic() - begun < 60, "watchtower's threads do not survive a fork"
    assert said(account.lines(account.stream("forked"))) == ["before", "in the fork", "after"]


def test_a_killed_task_loses_what_was_not_sent_yet_and_no_more(account, agent):
    code = RUN + "say('sent')\nhandler.flush()\nsay('not sent')\nos.kill(os.getpid(), 9)"
    with pytest.raises(AssertionError):
        account.run("killed", code, LOG_SEND_INTERVAL="60")  # MWAA's
    agent()  # on a busy machine, the answer may have come too late for the task
    eventually(lambda: account.lines(account.stream("killed")), 20, "what was sent arrives")
    assert said(account.lines(account.stream("killed"))) == ["sent"]
    assert said(account.file("killed")) == ["sent", "not sent"]


def test_the_web_page_gets_the_stream_under_mwaas_heading_and_mwaas_words_for_one_that_is_not_there(account, agent):
    read = "print(handler._read(ti, 1)[0])\nti.task_id = 'never_ran'\nprint(handler._read(ti, 1)[0])"
    account.run("shown", RUN + "say('shown')\nlogging.shutdown()")
    agent()
    eventually(lambda: account.lines(account.stream("shown")), 20, "the log arrives")
    text = account.run("shown", read).splitlines()
    heading = "*** Reading remote log from Cloudwatch log_group: {} log_stream: {}."
    assert text[0] == heading.format(TASK_GROUP, account.stream("shown")) and said(text[1:2]) == ["shown"]
    failed = "Could not read remote logs from log_group: {} log_stream: {}."
    assert failed.format(TASK_GROUP, account.stream("never_ran")) in text


def test_without_an_endpoint_the_task_goes_on_its_log_is_shown_from_the_file_and_arrives_later(account, agent):
    nobody = "http://127.0.0.1:{}".format(free_port())
    code = RUN + "begun = time.time()\nfor n in range(50): say(n)\nlogging.shutdown()\nprint(time.time() - begun)"
    took = float(account.run("offline", code, AWS_ENDPOINT=nobody).split()[-1])
    assert took < 5, "a task waits for CloudWatch"
    shown = account.run("offline", "print(handler._read(ti, 1)[0])", AWS_ENDPOINT=nobody)
    assert "Could not read remote logs" in shown and "[local only]" in shown and " INFO - 49" in shown
    assert account.lines(account.stream("offline")) == []
    agent()
    eventually(lambda: account.lines(account.stream("offline")), 30, "the log arrives")
    assert account.lines(account.stream("offline")) == account.file("offline")
    unsent = account.replica.folder / "airflow" / "logs" / ".cloudwatch" / "unsent"
    eventually(lambda: not list(unsent.iterdir()), 10, "nothing is left to send")


def test_groups_are_switched_and_levelled_one_by_one(account):
    code = "print(json.dumps([type(handler).__name__, log.level, logging.getLogger().level]))"
    answer = json.loads(account.replica.python(
        TASK, json.dumps({"task": "t", "code": code}), MWAA_AIRFLOW_COMPONENT="worker"
    ).splitlines()[-1])  # fmt: skip
    assert answer == ["CloudWatchTaskHandler", 20, 20]
    settings = dict(account.replica.settings)
    try:
        account.replica.settings.update(TASK_LOGS="off", WORKER_LOGS="ERROR")
        account.replica.write()
        assert json.loads(account.run("t", code).splitlines()[-1]) == ["FileTaskHandler", 20, 40]
        account.replica.settings.update(TASK_LOGS="WARNING")
        account.replica.write()
        assert json.loads(account.run("t", code).splitlines()[-1]) == ["CloudWatchTaskHandler", 30, 40]
    finally:
        account.replica.settings = settings
        account.replica.write()


def test_the_providers_own_handler_cannot_work_with_mwaas_watchtower(account):
    """Why there is a handler of our own."""
    code = """
from airflow.providers.amazon.aws.log.cloudwatch_task_handler import CloudwatchTaskHandler
stock = CloudwatchTaskHandler("/tmp", "arn:aws:logs:us-east-1:000000000000:log-group:g", "{{ ti.dag_id }}")
stock.local_base = os.environ["MWAA_STATE"]
try:
    stock.set_context(ti)
except TypeError as error:
    print(error)
"""
    assert "boto3_session" in account.run("stock", code)


def test_every_line_of_a_component_arrives_once_over_kills_and_rotations(account, agent):
    log = account.replica.folder / "logs" / "scheduler.log"
    expected = ["line {}".format(n) for n in range(3000)]
    done = threading.Event()

    def write():
        """As the supervisor does: appends, and from time to time moves the file away."""
        for begin in range(0, len(expected), 100):
            with open(str(log), "a") as file:
                for line in expected[begin : begin + 100]:
                    file.write(line + "\n")
                    file.flush()
            if begin % 700 == 600:
                older = log.with_name("scheduler.log.1")
                if older.exists():
                    older.rename(log.with_name("scheduler.log.2"))
                log.rename(older)
            time.sleep(0.2)
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        agent()
        done.wait(1.1)
        account.replica.kill("cloudwatch-agent")
    writer.join()
    agent()
    stream = "scheduler_{}.log".format(socket.gethostname())
    arrived = lambda: account.lines(stream, "airflow-tests-Scheduler")  # noqa: E731
    eventually(lambda: len(arrived()) >= len(expected), 30, "all lines arrive")
    assert sorted(arrived()) == sorted(expected)


def test_other_streams_are_taken_from_their_folders_and_all_groups_are_there(account, agent):
    logs = account.replica.folder / "airflow" / "logs"
    files = {
        "streams/Worker/requirements_install_ip-10-0-0-1.log": ("Worker", "requirements_install_ip-10-0-0-1.log"),
        "scheduler/2022-01-01/sub/my_dag.py.log": ("DAGProcessing", "scheduler_sub/my_dag.py.log"),
        "dag_processor_manager/dag_processor_manager.log": ("DAGProcessing", "dag_processor_manager.log"),
    }
    for path in files:
        (logs / path).parent.mkdir(parents=True, exist_ok=True)
        (logs / path).write_text("a\n\nlast of {}\nnot whole".format(path))
    agent()
    for path, (kind, stream) in files.items():
        group = "airflow-tests-" + kind
        eventually(lambda group=group, stream=stream: account.lines(stream, group), 20, stream)
        assert account.lines(stream, group) == ["a", " ", "last of " + path]
    groups = account.logs.describe_log_groups(logGroupNamePrefix="airflow-tests-")["logGroups"]
    kinds = ("DAGProcessing", "Scheduler", "Task", "WebServer", "Worker")
    assert {group["logGroupName"] for group in groups} >= {"airflow-tests-" + kind for kind in kinds}


def test_airflows_metrics_are_in_the_namespace_of_mwaa_and_the_allow_list_holds(account, agent):
    agent()
    code = """
import time
from airflow.stats import Stats
for _ in range(int(__import__("sys").argv[1])):
    Stats.incr("ti_failures", 2)
    Stats.gauge("executor.open_slots", 7)
    Stats.timing("dagrun.duration.success.load", 1500)
    Stats.timing("dagrun.duration.success.load_all", 500)
    Stats.incr("scheduler_heartbeat")
    time.sleep(0.2)
"""

    def statistic(name, which, **dimensions):
        now = datetime.now(timezone.utc)
        found = account.cloudwatch.get_metric_statistics(
            Namespace="AmazonMWAA", MetricName=name, Statistics=[which], Period=3600,
            StartTime=now - timedelta(minutes=50), EndTime=now + timedelta(minutes=10),
            Dimensions=[{"Name": key.replace("_", " "), "Value": value} for key, value in dimensions.items()],
        )["Datapoints"]  # fmt: skip
        return sum(point[which] for point in found)

    # not the heartbeat: no prefix of the list is the beginning of its name
    allowed = {"AIRFLOW__METRICS__STATSD_ALLOW_LIST": "", "STATSD_ALLOW_LIST": "ti_,executor,dagrun"}
    assert "statsd" not in account.replica.python(code, 5, **allowed)
    failures = dict(DAG="All", Task="All", Environment="tests")
    eventually(lambda: statistic("TaskInstanceFailures", "Sum", **failures) == 10, 20, "the counter arrives")
    assert statistic("OpenSlots", "Average", Function="Executor", Environment="tests") == 7
    assert statistic("DAGDurationSuccess", "Average", DAG="load", Environment="tests") == 1500
    assert statistic("DAGDurationSuccess", "SampleCount", DAG="load_all", Environment="tests") == 5
    listed = account.cloudwatch.list_metrics(Namespace="AmazonMWAA")["Metrics"]
    assert "SchedulerHeartbeat" not in {metric["MetricName"] for metric in listed}


def test_only_one_of_several_agents_ships(account, agent):
    agent()
    second = subprocess.Popen(
        ["{}/stack/bin/cloudwatch-agent".format(account.replica.settings["MWAA_ROOT"])],
        env=account.replica._outside(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        path = account.replica.folder / "airflow" / "logs" / "streams" / "Worker" / "shared.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        for n in range(20):
            with open(str(path), "a") as file:
                file.write("{}\n".format(n))
            time.sleep(0.1)
        arrived = lambda: account.lines("shared.log", "airflow-tests-Worker")  # noqa: E731
        eventually(lambda: len(arrived()) >= 20, 20, "the lines arrive")
        # whoever held the lock is gone: the other goes on where it was
        account.replica.kill("cloudwatch-agent")
        with open(str(path), "a") as file:
            file.write("last\n")
        eventually(lambda: "last" in arrived(), 20, "the other one ships")
        assert arrived() == [str(n) for n in range(20)] + ["last"]
    finally:
        second.send_signal(signal.SIGKILL)
        second.wait()

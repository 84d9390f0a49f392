"""What a Glue job prints, in the log of the Airflow task that waits for it. Local only: MWAA has nothing of the kind.

    import mwaa_airflow.glue_logs         (a .pth line of the environment); GLUE_LOGS_IN_TASK_LOG=0 switches it off

Two methods of the provider's AwsGlueJobHook are wrapped as soon as its module is imported: `initialize_job` says which run
was started, `get_job_state`, which operator and sensor call again and again, shows what the run has printed since. Their
results and exceptions are passed on as they are. Glue ships all output before a terminal state shows, so that the log is
complete before operator or sensor succeed or raise. Whatever fails in here is one warning in the log, and then silence.

Each look asks CloudWatch Logs for the run's two streams, as a person would, through a client with the hook's own endpoint,
region and credentials; and the local Glue service (/_aws/glue/runs/<id>) for how the run ran. Where it goes on:

    operator, sensor with mode="poke"     at the token of the last look, kept in the process
    sensor with mode="reschedule"         each look is a process of its own. It shows what arrived between the times for
                                          which the last look and this one were scheduled; both are in Airflow's database,
                                          the same for every process, so no line is shown twice and none is left out.
"""

import collections
import json
import os
from urllib.parse import quote, urlsplit

from aws_local.imports import after_import

MARK = "[local only]"
LINES = 1000  # of each stream in one look, at most; more than these are a flood, of which the last ones are shown
LINE = 2000  # characters of a line
PAGE = 1 << 20  # bytes that a request for events should bring; AWS's own limit
LOOK = 8 << 20  # bytes of a stream in one look, then its end is shown and the rest left out
PATIENCE = 5  # seconds for an answer
SETTLED = 2000  # milliseconds, after which what a run has printed is surely in CloudWatch Logs
FOLLOWED = 100  # runs that one process remembers
ENDED = ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED")
# The states after which provider 2.4.0 stops asking; the operator does so after every one of these, the sensor too.
UNDERSTOOD = ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT")
STREAMS = (("output", "Glue output"), ("error", "Glue error"))

_followers = {}  # (task instance, run id) -> Follower, for the looks of this process


def wrap(module):
    """Makes the hook of the module `airflow.providers.amazon.aws.hooks.glue` tell what it waits for."""
    kind = module.AwsGlueJobHook
    initialize_job, get_job_state = kind.initialize_job, kind.get_job_state

    def telling_initialize_job(self, *args, **kwargs):
        started = initialize_job(self, *args, **kwargs)
        if wanted():
            follower = _follower(self, started, None)
            if follower:
                follower.guarded(follower.begin)
        return started

    def telling_get_job_state(self, *args, **kwargs):
        state = get_job_state(self, *args, **kwargs)
        if wanted():
            follower = _follower(self, None, _argument(args, kwargs, 1, "run_id"))
            if follower:
                follower.guarded(follower.look, state)
        return state

    for telling, original in ((telling_initialize_job, initialize_job), (telling_get_job_state, get_job_state)):
        telling.__name__, telling.__doc__, telling.__wrapped__ = original.__name__, original.__doc__, original
        telling.__qualname__ = original.__qualname__
        setattr(kind, original.__name__, telling)


def wanted():
    """Read at each call: a task may have changed its environment, and a call is rare."""
    return os.environ.get("GLUE_LOGS_IN_TASK_LOG") != "0" and os.environ.get("ALLOW_REAL_AWS") != "1"


def _argument(args, kwargs, position, name):
    return kwargs.get(name, args[position] if len(args) > position else None)


def _follower(hook, started, run_id):
    """The one that follows this run for this task instance. None, with a warning, if there can be none."""
    try:
        run_id = started["JobRunId"] if started else run_id
        task_instance = _task_instance()
        key = (getattr(task_instance, "key", None), run_id)
        if key not in _followers:
            if len(_followers) >= FOLLOWED:
                _followers.clear()
            _followers[key] = Follower(hook, run_id, task_instance)
        return _followers[key]
    except Exception as problem:  # of whatever kind: the task goes on
        hook.log.warning("%s The output of the Glue run is not shown: %r", MARK, problem)
        return None


def _task_instance():
    """The one that this process executes, or None."""
    from airflow.exceptions import AirflowException
    from airflow.operators.python import get_current_context

    try:
        return get_current_context()["ti"]
    except AirflowException:  # called from outside a task
        return None


class Follower:
    """Follows one run for one task instance, in this process."""

    def __init__(self, hook, run_id, task_instance):
        self.log, self.run_id, self.task_instance = hook.log, run_id, task_instance
        self.glue = hook.get_conn()
        self.streams = None
        self.told = set()
        self.silent = False

    def guarded(self, step, *arguments):
        """Runs a step; the first failure is told, and the last thing told."""
        if self.silent:
            return
        try:
            # A client that sends its calls elsewhere is none of ours: neither this page nor these logs are there.
            if urlsplit(self.glue.meta.endpoint_url).netloc == urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).netloc:
                step(*arguments)
        except Exception as problem:
            self.silent = True
            self.log.warning("%s The output of Glue run %s is not shown: %r", MARK, self.run_id, problem)

    def begin(self):
        """One line, the first time."""
        if "begin" in self.told:
            return
        self.told.add("begin")
        about = self.about()
        how = about["Provenance"]
        how = "not started yet" if how == "none" and not about["Ended"] else "how it runs: " + how
        self.log.info(
            "%s Glue run (%s) of job %s: %s, page %s, log groups %s",
            MARK, how, about["JobRun"]["JobName"], self.run_id, page_of(self.run_id), _groups(about),
        )  # fmt: skip

    def look(self, state):
        """Shows what the run has printed since the last look; at its end all of it, and how it ended."""
        ended = state in ENDED
        former = self._former_looks()
        if not former:
            self.begin()
        if former is None or former or ended:
            self._show(ended, former or ())
        if ended and "end" not in self.told:
            self.told.add("end")
            self._say_how_it_ended(state)

    def about(self):
        """What the local Glue service says of the run."""
        from urllib.request import ProxyHandler, build_opener

        url = "{}/_aws/glue/runs/{}".format(self.glue.meta.endpoint_url, quote(self.run_id, safe=""))
        with build_opener(ProxyHandler({})).open(url, timeout=PATIENCE) as answer:  # never through a proxy
            return json.loads(answer.read().decode("utf-8"))

    def _say_how_it_ended(self, state):
        about = self.about()
        error = about["JobRun"].get("ErrorMessage")
        self.log.info(
            "%s Glue run (how it ran: %s) is %s after %s s: %s, log groups %s%s",
            MARK, about["Provenance"], state, about["JobRun"].get("ExecutionTime", 0), self.run_id, _groups(about),
            ", error: {}".format(" ".join(error.split())) if error else "",
        )  # fmt: skip
        if about.get("RetriedAs"):
            self.log.info("%s Glue retries it as %s, for which this task does not wait", MARK, about["RetriedAs"])
        if state not in UNDERSTOOD:
            self.log.info("%s This provider does not know the state %s and goes on asking for ever", MARK, state)

    def _former_looks(self):
        """For each look that a sensor in mode="reschedule" has had, the time for which it scheduled the next, in
        milliseconds; None for all else, whose looks are those of this process."""
        if not getattr(getattr(self.task_instance, "task", None), "reschedule", False):
            return None
        from airflow.models.taskreschedule import TaskReschedule

        rows = TaskReschedule.find_for_task_instance(self.task_instance)
        return [int(row.reschedule_date.timestamp() * 1000) - SETTLED for row in rows]

    def _show(self, ended, former):
        """A look after others shows what arrived between the times for which the last one and it were scheduled; the
        first one cannot know its own as the next will know it, and leaves all to that, unless the run has ended."""
        if self.streams is None:
            since = former[-2] if len(former) > 1 else None
            until = former[-1] if former and not ended else None
            self.streams = self._open_streams(since, until)
        for stream in self.streams:
            stream.show(self.log)

    def _open_streams(self, since, until):
        import boto3
        from botocore.config import Config

        glue, credentials = self.glue, self.glue._request_signer._credentials.get_frozen_credentials()
        client = boto3.session.Session().client(
            "logs",
            endpoint_url=glue.meta.endpoint_url,
            region_name=glue.meta.region_name,
            aws_access_key_id=credentials.access_key,
            aws_secret_access_key=credentials.secret_key,
            aws_session_token=credentials.token,
            config=Config(connect_timeout=PATIENCE, read_timeout=PATIENCE, retries={"max_attempts": 0}, proxies={}),
        )
        groups = self.about()["Logs"]
        return [Stream(client, groups[kind], title, since, until) for kind, title in STREAMS]


class Stream:
    """One log stream of a run, from where the last look ended."""

    def __init__(self, client, place, title, since=None, until=None):
        self.client, self.title = client, title
        self.where = {"logGroupName": place["LogGroup"], "logStreamName": place["LogStream"]}
        self.request = dict(self.where)
        if since:
            self.request["startTime"] = since
        if until is not None:
            self.request["endTime"] = until - 1  # AWS leaves the end time itself out, LocalStack does not
        self.token = None
        self.limit = 1000

    def show(self, log):
        """Logs what is new, a record a line; of a flood its end, and how to see the rest."""
        lines, left_out, more = self._new_lines()
        if left_out or more:
            command = 'make aws CMD="logs get-log-events --start-from-head --log-group-name {} --log-stream-name {}"'
            log.info(
                "%s %s: %s%s lines are left out here. All of it: %s",
                MARK, self.title, "more than " if more else "", left_out, command.format(*self.where.values()),
            )  # fmt: skip
        for line in lines:
            log.info("%s %s: %s", MARK, self.title, line)

    def _new_lines(self):
        """(the last LINES lines, how many before them are left out, whether there are even more)."""
        lines, seen, size = collections.deque(maxlen=LINES), 0, 0
        while size < LOOK:
            events, token = self._ask(startFromHead=True, **({"nextToken": self.token} if self.token else {}))
            for event in events:
                new = _printable(event["message"])
                lines.extend(new)
                seen += len(new)
            brought = sum(len(event["message"]) for event in events)
            size += brought
            if events:  # about a page of the size that these had
                self.limit = max(20, min(10000, len(events) * PAGE // max(1, brought)))
            if not events or token == self.token:
                return list(lines), seen - len(lines), False
            self.token = token
        events, self.token = self._ask(startFromHead=False)
        lines.extend(line for event in events for line in _printable(event["message"]))
        return list(lines), seen - len(lines), True

    def _ask(self, **more):
        try:
            answer = self.client.get_log_events(limit=self.limit, **dict(self.request, **more))
        except self.client.exceptions.ResourceNotFoundException:  # nothing was printed yet
            return [], self.token
        return answer["events"], answer["nextForwardToken"]


def _groups(about):
    return " and ".join(about["Logs"][kind]["LogGroup"] for kind, _ in STREAMS)


def _printable(message):
    """A message as lines for a log: no control character moves what was written before."""
    return [_shortened("".join(map(_visible, line))) for line in message.splitlines() or [""]]


def _visible(character):
    kept = character.isprintable() or character == "\t"
    return character if kept else character.encode("unicode_escape").decode()


def _shortened(line):
    return line if len(line) <= LINE else "{}... ({} characters)".format(line[:LINE], len(line))


def page_of(run_id):
    """The run's page, at the address that a browser on this machine reaches."""
    return "{}/_aws/glue/runs/{}".format(os.environ.get("AWS_URL", ""), quote(run_id, safe=""))


if os.environ.get("GLUE_LOGS_IN_TASK_LOG") != "0" and os.environ.get("ALLOW_REAL_AWS") != "1":
    after_import("airflow.providers.amazon.aws.hooks.glue", wrap)

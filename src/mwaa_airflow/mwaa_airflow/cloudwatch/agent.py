"""The CloudWatch agent of the stack: ships log files, receives statsd. `stack/bin/cloudwatch-agent` runs it.

Files                                                  group            stream
    AIRFLOW_HOME/logs/streams/<kind>/<name>.log        <kind>           <name>.log
    AIRFLOW_HOME/logs/scheduler/<day>/<file>.py.log    DAGProcessing    scheduler_<file>.py.log
    AIRFLOW_HOME/logs/dag_processor_manager/...log     DAGProcessing    dag_processor_manager.log
    MWAA_STATE/logs/<component>.log, in native mode    the component's  <component>_<host>.log
    AIRFLOW_HOME/logs/.cloudwatch/unsent/              what tasks could not send themselves

Several may run on the same logs, as in Docker mode, one a container: each receives its own statsd, and the one that holds
the lock ships. What it has taken and not delivered yet is in the journal: killed, it goes on where it was.
"""

import fcntl
import json
import os
import re
import socket
import sys
import threading
import time
from contextlib import suppress

from mwaa_airflow.cloudwatch import api, follow, names, unsent
from mwaa_airflow.cloudwatch.journal import Journal
from mwaa_airflow.cloudwatch.metrics import Publisher
from mwaa_airflow.cloudwatch.statsd import Statsd

PAUSE = 2.0  # seconds until the next try when CloudWatch does not answer
DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")
RECENT_DAYS = 2  # folders of DAG processing logs that may still grow
NEED_INFO = ("requirements_install", "startup_script_execution")  # streams that MWAA fills from INFO on


def say(*words):
    print(time.strftime("[%Y-%m-%d %H:%M:%S]"), *words, flush=True)


class Shipper:
    """Log files into CloudWatch Logs."""

    def __init__(self, logs, component_logs, cloudwatch, host):
        """`component_logs`: the folder of the files <component>.log, None if there are none; `host`: part of their streams."""
        self._logs, self._component_logs, self._host = logs, component_logs, host
        self._cloudwatch = cloudwatch
        self._folder = os.path.join(logs, ".cloudwatch")
        self._journal = self._lock = None
        self._groups_made = self._all_days = False
        self._sizes = {}  # path: (inode, size) when there was nothing more to take

    def ship(self):
        """All that is new. Raises api.Unreachable."""
        if not self._holds_lock():
            return
        if not self._groups_made:
            for kind in filter(names.is_on, names.KINDS):
                self._cloudwatch.create_group(names.group(kind))
            self._groups_made = True
        self._take_unsent()
        self._journal.deliver(self._cloudwatch, say)
        for path, kind, stream in self._sources():
            while self._take(path, kind, stream):
                self._journal.deliver(self._cloudwatch, say)

    def _take(self, path, kind, stream):
        """One reading of a file into the journal; False if there was nothing."""
        try:
            facts = os.stat(path)
        except OSError:
            return False
        seen = facts.st_ino, facts.st_size
        if self._sizes.get(path) == seen:
            return False
        taken = follow.take(path, self._journal.position(path))
        if taken is None:
            self._sizes[path] = seen
            return False
        lines, position = taken
        self._journal.take(names.group(kind), stream, follow.events(lines, path), path, position)
        return True

    def _take_unsent(self):
        for path in unsent.waiting(self._logs):
            try:
                with open(path) as file:
                    batch = json.load(file)
                self._journal.take(batch["group"], batch["stream"], batch["events"])
            except (ValueError, KeyError, TypeError) as problem:
                os.rename(path, path + ".broken")
                say("{} is no batch of events and is set aside: {!r}".format(path, problem))
                continue
            os.remove(path)

    def _sources(self):
        """(path, kind, stream) of every file that may have grown."""
        return [source for source in self._files() if names.is_on(source[1])]

    def _files(self):
        for kind in names.KINDS:
            for entry in _entries(os.path.join(self._logs, "streams", kind)):
                if entry.name.endswith(".log") and not (_below_info(kind) and entry.name.startswith(NEED_INFO)):
                    yield entry.path, kind, names.stream_name(entry.name)
        manager = os.path.join(self._logs, "dag_processor_manager", "dag_processor_manager.log")
        yield manager, "DAGProcessing", "dag_processor_manager.log"
        for path, name in self._dag_processing():
            yield path, "DAGProcessing", names.stream_name("scheduler_" + name)
        if self._component_logs:
            for component, kind in names.COMPONENTS.items():
                path = os.path.join(self._component_logs, component + ".log")
                yield path, kind, names.component_stream(component, self._host)

    def _dag_processing(self):
        top = os.path.join(self._logs, "scheduler")
        days = sorted(entry.path for entry in _entries(top) if DAY.match(entry.name))
        for day in days if not self._all_days else days[-RECENT_DAYS:]:
            for folder, _, files in os.walk(day):
                for file in files:
                    path = os.path.join(folder, file)
                    if file.endswith(".log"):
                        yield path, os.path.relpath(path, day)
        self._all_days = True

    def _holds_lock(self):
        if self._journal:
            return True
        os.makedirs(self._folder, exist_ok=True)
        if self._lock is None:
            self._lock = os.open(os.path.join(self._folder, "agent.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        self._journal = Journal(os.path.join(self._folder, "journal.sqlite"))
        return True


def _entries(folder):
    try:
        return sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return []


def _below_info(kind):
    return names.level(kind) not in ("INFO", "DEBUG")


def receive(port, publisher, interval):
    """Statsd at 127.0.0.1:`port`, put into CloudWatch every `interval` seconds. Never returns."""
    statsd, listener = Statsd(), _listener(port)
    due, silent = time.monotonic() + interval, False
    while True:
        listener.settimeout(max(due - time.monotonic(), 0.001))
        with suppress(socket.timeout):
            bad = statsd.receive(listener.recv(65535))
            if bad:
                say("{} lines that are no statsd came to port {}".format(bad, port))
        if time.monotonic() >= due:
            due = time.monotonic() + interval
            try:
                publisher.publish(statsd)
                silent = False
            except (api.Unreachable, api.Refused) as problem:
                silent or say("Metrics wait: {}".format(problem))
                silent = True


def _listener(port):
    told = False
    while True:
        listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            listener.bind(("127.0.0.1", port))
            return listener
        except OSError as problem:
            listener.close()
            told or say("Port {} for statsd cannot be had, so there are no metrics yet: {}".format(port, problem))
            told = True
            time.sleep(PAUSE)


def ship(shipper, interval):
    """Ships every `interval` seconds. Never returns."""
    silent = False
    while True:
        try:
            shipper.ship()
            silent = False
        except (api.Unreachable, api.Refused) as problem:
            silent or say("Logs wait in their files: {}".format(problem))
            silent = True
        time.sleep(PAUSE if silent else interval)


def main():
    environment = os.environ
    publisher = Publisher(api.CloudWatch(), environment["ENV_NAME"])
    arguments = int(environment["STATSD_PORT"]), publisher, float(environment["METRICS_INTERVAL"])
    threading.Thread(target=_or_die, args=(receive,) + arguments, daemon=True).start()
    component_logs = os.path.join(environment["MWAA_STATE"], "logs") if environment.get("MODE") != "docker" else None
    logs = os.path.join(environment["AIRFLOW_HOME"], "logs")
    shipper = Shipper(logs, component_logs, api.CloudWatch(), socket.gethostname())
    _or_die(ship, shipper, float(environment["LOG_SEND_INTERVAL"]))


def _or_die(work, *arguments):
    """An agent of which one half is gone would look well: whoever keeps it starts it again."""
    try:
        work(*arguments)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)


if __name__ == "__main__":
    main()

"""Whether a role of Airflow serves: one line, exit code 0 for yes. Fast (no Airflow is imported): it is asked often.

    python -m mwaa_airflow.health scheduler|worker|webserver|database [SECONDS to go on asking]

A role counts as healthy only by a sign of its own process, which its script names in $MWAA_STATE/run/<role>.pid: a
heartbeat left behind by the scheduler before it, or another program on the web server's port, is no such sign.
"""

import glob
import os
import sys
import time

from mwaa_airflow.start import record

# Airflow's scheduler_health_check_threshold: it reports heartbeats older than this as unhealthy itself.
HEARTBEAT_LIMIT = 30.0
# The worker touches its file every 2 s from its event loop.
WORKER_LIMIT = 15.0


ASK_EVERY = 0.1
# What a role says that is at one of the steps before Airflow; `make up` then goes on waiting.
BEFORE_AIRFLOW = "starting: at the step "


class NotHealthy(Exception):
    """The message is the line to print."""


def database():
    """PostgreSQL accepts a connection and a query."""
    import psycopg2

    from mwaa_airflow.database import connected

    try:
        with connected(timeout=2) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except psycopg2.Error as error:
        raise NotHealthy("no connection: {}".format(str(error).strip().splitlines()[0])) from error
    return "accepts connections"


def scheduler():
    """The newest scheduler's heartbeat is fresh and younger than the process."""
    import psycopg2

    from mwaa_airflow.database import connected

    _, started = _process("scheduler")
    try:
        with connected(timeout=2) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT extract(epoch FROM latest_heartbeat), extract(epoch FROM start_date), extract(epoch FROM now())"
                " FROM job WHERE job_type = 'SchedulerJob' AND state = 'running' ORDER BY latest_heartbeat DESC LIMIT 1"
            )
            row = cursor.fetchone()
    except psycopg2.Error as error:
        raise NotHealthy("cannot ask the database: {}".format(str(error).strip().splitlines()[0])) from error
    if row is None or row[1] < started - 1:
        raise NotHealthy("starting: no heartbeat yet")
    age = row[2] - row[0]
    if age > HEARTBEAT_LIMIT:
        raise NotHealthy("its last heartbeat is {:.0f} s old, at most {:.0f} s is healthy".format(age, HEARTBEAT_LIMIT))
    return "heartbeat {:.0f} s ago".format(age)


def worker():
    """The worker's event loop touched its file since the process started, and lately."""
    _, started = _process("worker")
    try:
        touched = os.stat(os.path.join(_run(), "worker.ready")).st_mtime
    except OSError:
        touched = 0.0
    if touched < started - 1:
        raise NotHealthy("starting: not consuming from the queue yet")
    age = time.time() - touched
    if age > WORKER_LIMIT:
        raise NotHealthy("its event loop has stood still for {:.0f} s".format(age))
    return "consumes from {}".format(os.environ.get("CELERY_QUEUE", "the queue"))


def webserver():
    """Airflow's /health answers on the port, and it is our process that listens there."""
    from http.client import HTTPConnection, HTTPException

    pid, _ = _process("webserver")
    host, port = os.environ["WEB_LISTEN"], int(os.environ["WEB_PORT"])
    if _listens(pid, port) is False:
        raise NotHealthy("starting: does not listen on port {} yet".format(port))
    everywhere = host == "0.0.0.0"  # noqa: S104 (a container's web server listens there)
    connection = HTTPConnection("127.0.0.1" if everywhere else host, port, timeout=10)
    try:
        connection.request("GET", "/health")
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise NotHealthy("no answer on port {}: {}".format(port, error)) from error
    finally:
        connection.close()
    if status != 200:
        raise NotHealthy("/health answers {}".format(status))
    return "answers on port {}".format(port)


def _run():
    return os.path.join(os.environ["MWAA_STATE"], "run")


def _process(role):
    """(pid, start as seconds since 1970) of a role's process. Raises NotHealthy if it does not run."""
    path = os.path.join(_run(), role + ".pid")
    try:
        with open(path) as file:
            pid = int(file.read())
        os.kill(pid, 0)
        started = os.stat(path).st_mtime
    except (OSError, ValueError) as error:
        raise NotHealthy("does not run") from error
    content = record.read(os.path.join(_run(), role + ".start.json"))
    steps = [step["step"] for step in content.get("steps", ()) if step["state"] == record.RUNNING]
    if steps and content["pid"] == pid:
        raise NotHealthy("{}{}".format(BEFORE_AIRFLOW, steps[0]))
    return pid, started


def _listens(pid, port):
    """Whether `pid` holds a listening TCP socket on `port`; None where the system does not tell (no /proc)."""
    wanted = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table) as file:
                rows = [line.split() for line in file.readlines()[1:]]
        except OSError:
            continue
        wanted.update("socket:[{}]".format(row[9]) for row in rows if row[3] == "0A" and int(row[1][-4:], 16) == port)
    if not os.path.exists("/proc/net/tcp"):
        return None
    for descriptor in glob.glob("/proc/{}/fd/*".format(pid)):
        try:
            if os.readlink(descriptor) in wanted:
                return True
        except OSError:
            continue
    return False


CHECKS = {"database": database, "scheduler": scheduler, "worker": worker, "webserver": webserver}


def main(arguments):
    if not 1 <= len(arguments) <= 2 or arguments[0] not in CHECKS:
        sys.exit("usage: python -m mwaa_airflow.health {} [SECONDS]".format("|".join(sorted(CHECKS))))
    deadline = time.monotonic() + float(arguments[1] if len(arguments) > 1 else 0)
    while True:
        try:
            print(CHECKS[arguments[0]]())
            return
        except NotHealthy as reason:
            if time.monotonic() >= deadline:
                print(reason)
                sys.exit(1)
        time.sleep(ASK_EVERY)


if __name__ == "__main__":
    main(sys.argv[1:])

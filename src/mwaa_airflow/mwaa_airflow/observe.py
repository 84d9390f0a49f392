"""Looks into Airflow's database without importing Airflow: fast, and the same in every mode.

    python -m mwaa_airflow.observe import-errors
    python -m mwaa_airflow.observe await-dag <dag_id> <seconds>
    python -m mwaa_airflow.observe state <dag_id> <run_id>
    python -m mwaa_airflow.observe follow <dag_id> <run_id>     a line at each change, until the run or standard input ends
    python -m mwaa_airflow.observe xcoms <dag_id> <run_id>
    python -m mwaa_airflow.observe tasks         a line at each change in what tasks are queued or run, until standard input ends

Prints JSON, one document a line. Table and column names are those of Airflow 2.2.2 (airflow/models).
"""

import argparse
import json
import os
import select
import sys
import time

import psycopg2
import psycopg2.extras

LOOK_EVERY = 0.2  # seconds; the database has no event for a changed task instance


def connect():
    """A connection to the metadata database, from the variables of the stack's environment."""
    return psycopg2.connect(
        host=os.environ["POSTGRES_HOST"],
        port=os.environ["POSTGRES_PORT"],
        user="airflow",
        password=os.environ["POSTGRES_PASSWORD"],
        dbname="airflow",
        connect_timeout=5,
    )


def reconnect(patience=60):
    """A new connection when the old one broke; psycopg2.OperationalError when there is none for `patience` seconds."""
    give_up = time.monotonic() + patience
    while True:
        try:
            connection = connect()
            connection.autocommit = True
            return connection
        except psycopg2.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(LOOK_EVERY)


def import_errors(connection):
    """[{"filename", "stacktrace"}]: DAG files that could not be parsed."""
    return _rows(connection, "SELECT filename, stacktrace FROM import_error ORDER BY filename")


def await_dag(connection, dag_id, seconds):
    """Waits until Airflow has read the DAG, a file of its name is broken, the time is over, or standard input ends.

    Returns {"known": whether Airflow has it, "stacktrace": why dag_id.py could not be read, or None}.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            known = bool(_rows(connection, "SELECT 1 FROM dag WHERE dag_id = %s AND is_active", dag_id))
            broken = [one for one in import_errors(connection) if os.path.basename(one["filename"]) == dag_id + ".py"]
        except psycopg2.OperationalError:
            connection, known, broken = reconnect(), False, []
        if known or broken or time.monotonic() > deadline or _asker_is_gone(LOOK_EVERY):
            return {"known": known, "stacktrace": broken[0]["stacktrace"] if broken else None}


def run_state(connection, dag_id, run_id):
    """{"state", "logical_date", "tasks": [{"task_id", "state", "try_number", "seconds", "start", "end"}]}.

    State is None while there is no such run; the logical date, start and end are ISO timestamps, or None.
    """
    query = "SELECT state, execution_date FROM dag_run WHERE dag_id = %s AND run_id = %s"
    runs = _rows(connection, query, dag_id, run_id)
    tasks = _rows(
        connection,
        "SELECT task_id, state, try_number, EXTRACT(EPOCH FROM COALESCE(end_date, now()) - start_date)::float AS seconds,"
        " start_date, end_date FROM task_instance WHERE dag_id = %s AND run_id = %s ORDER BY start_date NULLS LAST, task_id",
        dag_id,
        run_id,
    )
    for task in tasks:
        task["start"], task["end"] = _iso(task.pop("start_date")), _iso(task.pop("end_date"))
    run = runs[0] if runs else {"state": None, "execution_date": None}
    return {"state": run["state"], "logical_date": _iso(run["execution_date"]), "tasks": tasks}


def xcoms(connection, dag_id, run_id):
    """[{"task_id", "key", "value"}], values as their JSON."""
    rows = _rows(
        connection,
        "SELECT x.task_id, x.key, x.value FROM xcom x JOIN dag_run r"
        " ON r.dag_id = x.dag_id AND r.execution_date = x.execution_date"
        " WHERE r.dag_id = %s AND r.run_id = %s ORDER BY x.timestamp",
        dag_id,
        run_id,
    )
    return [dict(row, value=json.loads(bytes(row["value"]).decode())) for row in rows]


def follow(connection, dag_id, run_id, stop=None):
    """Yields run_state() at each change of a state, the last time when the run has ended. Survives a database restart.

    Stops early when standard input ends: hold it open as long as you want to hear more. `stop(seconds)`, if given, decides
    instead: it waits so long at most, and says whether to stop.
    """
    stop = stop or _asker_is_gone
    seen = None
    while True:
        try:
            now = run_state(connection, dag_id, run_id)
        except psycopg2.OperationalError:
            connection = reconnect()
            continue
        states = (now["state"], [(t["task_id"], t["state"], t["try_number"]) for t in now["tasks"]])
        if states != seen:
            seen = states
            yield now
        if now["state"] in ("success", "failed"):
            return
        if stop(LOOK_EVERY):
            return


def tasks(connection):
    """Yields, at each change, {"now": seconds since 1970, "tasks": [...]}: every task instance that is queued or running, and
    those that were since the first look. Survives a database restart.

    A task is {"dag_id", "task_id", "run_id", "state", "try_number", "hostname", "job_id"}. The job is that of the worker's
    process that looks after the task; a message delivered once more brings another job, be the task running or not.
    """
    seen, last = set(), None
    while True:
        try:
            found = _tasks(connection, seen)
        except psycopg2.OperationalError:
            connection = reconnect()
            continue
        seen.update((task["dag_id"], task["task_id"], task["run_id"]) for task in found)
        if found != last:
            last = found
            yield {"now": time.time(), "tasks": found}
        if _asker_is_gone(LOOK_EVERY):
            return


def _tasks(connection, seen):
    query = (
        "SELECT dag_id, task_id, run_id, state, try_number, hostname, job_id FROM task_instance"
        " WHERE state IN ('queued', 'running'){} ORDER BY dag_id, task_id, run_id"
    )
    known = " OR (dag_id, task_id, run_id) IN %s" if seen else ""
    return _rows(connection, query.format(known), *([tuple(seen)] if seen else []))


def _asker_is_gone(seconds):
    """Whether standard input ended within so many seconds. Of whoever asks through `docker exec`, nothing else is heard
    here: killing that command does not kill what it runs in the container."""
    readable, _, _ = select.select([sys.stdin], [], [], seconds)
    return bool(readable) and not os.read(sys.stdin.fileno(), 1)


def _iso(moment):
    return moment.isoformat() if moment else None


def _rows(connection, query, *values):
    with connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
        cursor.execute(query, values)
        return [dict(row) for row in cursor.fetchall()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["import-errors", "await-dag", "state", "follow", "xcoms", "tasks"])
    parser.add_argument("run", nargs="*", help="<dag_id> <run_id>, or <dag_id> <seconds>")
    arguments = parser.parse_args()
    connection = reconnect(patience=60)
    if arguments.what == "import-errors":
        documents = import_errors(connection)
    elif arguments.what == "await-dag":
        documents = [await_dag(connection, arguments.run[0], float(arguments.run[1]))]
    elif arguments.what == "xcoms":
        documents = xcoms(connection, *arguments.run)
    elif arguments.what == "tasks":
        documents = tasks(connection)
    elif arguments.what == "state":
        documents = [run_state(connection, *arguments.run)]
    else:
        documents = follow(connection, *arguments.run)
    for document in documents:
        print(json.dumps(document), flush=True)


if __name__ == "__main__":
    main()

"""What end-to-end tests ask of a running stack's Airflow, in one process for all of a test run: JSON lines in, JSON lines out.

    {"id": 1, "do": "trigger", "dag_id": "impressions", ...}  ->  {"id": 1, "answer": ...} or {"id": 1, "error": "..."}

It runs in Airflow's environment, in Docker mode in the scheduler's container; mwaa_local.attendant starts it. It ends when its
standard input does. A request that comes while it waits for a run ends the waiting.
"""

import json
import multiprocessing
import os
import select
import sys
import time
import traceback

HANGS = 15  # seconds after Airflow's own limit for reading a file, after which the process that reads it is killed
TASKS_END = 20  # seconds for the processes of tasks whose state was set from outside; they look every 5
OURS = "e2e__"
"""How the ids of runs begin that tests have triggered: these may be replaced."""
UNFINISHED = (
    None,
    "scheduled",
    "queued",
    "running",
    "up_for_retry",
    "up_for_reschedule",
    "sensing",
    "restarting",
    "deferred",
)


class Refused(Exception):
    """What cannot be done as asked; says why and what to do."""


def read(file):
    """Reads a DAG file as the scheduler's parser does, and writes its DAGs to the database: the scheduler needs not notice it.

    In a process of its own, for a file may hang or exit. Returns {"dags": [ids], "changed": [ids whose definition is another
    one now]}; raises Refused with the file's import error.
    """
    from airflow.configuration import conf

    limit = conf.getfloat("core", "dagbag_import_timeout") + HANGS
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_read, args=(file, there), daemon=True)
    child.start()
    there.close()
    try:
        found = here.recv() if here.poll(limit) else {"error": "it was still being read after {:.0f} s".format(limit)}
    except EOFError:
        child.join(HANGS)
        found = {"error": "the process that read it ended with exit code {}".format(child.exitcode)}
    finally:
        child.kill()
        child.join()
    if "error" in found:
        raise Refused(found["error"])
    return found


def _read(file, answer):
    try:
        answer.send(_read_here(file))
    except Exception:
        answer.send({"error": traceback.format_exc()})


def _read_here(file):
    from airflow import settings
    from airflow.models import DAG, DagBag, DagModel
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.utils.file import correct_maybe_zipped
    from airflow.utils.session import create_session

    settings.engine.dispose()  # connections of the process that this one was forked from
    bag = DagBag(os.devnull, include_examples=False, read_dags_from_db=False)
    bag.process_file(correct_maybe_zipped(file), only_if_updated=False)
    if bag.import_errors:
        return {"error": "\n".join(bag.import_errors.values())}
    if not bag.dags:
        return {
            "error": "there is no DAG in it (Airflow only looks at files with the words `dag` and `airflow` in them)"
        }
    with create_session() as session:
        for model in session.query(DagModel).filter(DagModel.dag_id.in_(list(bag.dags)), DagModel.is_active):
            if model.fileloc != file and os.path.isfile(model.fileloc):
                text = "its DAG {} is in the stack already, from {}. Next: deployed({!r}), or give it another id"
                return {"error": text.format(model.dag_id, model.fileloc, model.dag_id)}
        changed = [dag for dag in bag.dags.values() if SerializedDagModel.write_dag(dag, session=session)]
        for dag in changed:
            bag._sync_perm_for_dag(dag, session=session)  # as Airflow's parser does
        DAG.bulk_write_to_db(bag.dags.values(), session=session)
    return {"dags": sorted(bag.dags), "changed": [dag.dag_id for dag in changed]}


def dag(dag_id):
    """{"file", "is_paused"} of a DAG that the stack has, or that a file has which the scheduler has not noticed yet. Raises
    Refused that names those that there are."""
    from airflow.models import DagModel
    from airflow.utils.session import create_session

    found = _dag(dag_id)
    broken = {} if found else _read_those_that_name(dag_id)
    found = found or _dag(dag_id)
    if found:
        return found
    with create_session() as session:
        there_are = [row.dag_id for row in session.query(DagModel.dag_id).filter(DagModel.is_active)]
    text = "There is no DAG {!r} in the stack. There are: {}.".format(dag_id, ", ".join(sorted(there_are)) or "none")
    raise Refused(text + "".join("\n{} cannot be read:\n{}".format(file, error) for file, error in broken.items()))


def _dag(dag_id):
    from airflow.models import DagModel
    from airflow.utils.session import create_session

    with create_session() as session:
        found = session.query(DagModel).filter(DagModel.dag_id == dag_id, DagModel.is_active).first()
        return found and {"file": found.fileloc, "is_paused": found.is_paused}


def _read_those_that_name(dag_id):
    """Reads the DAG files with the DAG's id in them; returns {file: why it cannot be read}."""
    from airflow.configuration import conf
    from airflow.utils.file import list_py_file_paths

    broken = {}
    for file in list_py_file_paths(conf.get("core", "dags_folder"), safe_mode=True, include_examples=False):
        if dag_id in _text(file):
            try:
                read(file)
            except Refused as error:
                broken[file] = str(error)
    return broken


def pause(dag_id, paused):
    from airflow.models import DagModel
    from airflow.utils.session import create_session

    with create_session() as session:
        session.query(DagModel).filter(DagModel.dag_id == dag_id).update({DagModel.is_paused: paused})


def trigger(dag_id, run_id, conf=None, logical_date=None):
    """Returns {"logical_date"}. An earlier run of tests for the same logical date that has ended gives way."""
    from airflow.api.common.experimental.trigger_dag import trigger_dag
    from airflow.exceptions import AirflowException
    from airflow.utils import timezone

    moment = timezone.parse(logical_date) if logical_date else timezone.utcnow()
    _make_room(dag_id, moment)
    try:
        run = trigger_dag(dag_id, run_id=run_id, conf=conf, execution_date=moment, replace_microseconds=False)
    except (AirflowException, ValueError) as error:
        raise Refused(str(error)) from None
    return {"logical_date": run.execution_date.isoformat()}


def _make_room(dag_id, moment):
    from airflow.models import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        there = session.query(DagRun).filter_by(dag_id=dag_id, execution_date=moment).first()
        found = None if there is None else (there.run_id, str(getattr(there.state, "value", there.state)))
    if found is None:
        return
    if not found[0].startswith(OURS) or found[1] not in ("success", "failed"):
        text = (
            "{} has a run for the logical date {} already: {} ({}). Next: give another logical_date, or delete that run"
        )
        raise Refused(text.format(dag_id, moment.isoformat(), *found))
    delete_run(dag_id, found[0])


def wait(dag_id, run_id, limit):
    """The run's state (mwaa_airflow.observe.run_state) when it has ended, or as it is after `limit` seconds."""
    from mwaa_airflow import observe

    deadline = time.monotonic() + limit

    def stop(seconds):
        asked, _, _ = select.select([sys.stdin], [], [], max(0.0, min(seconds, deadline - time.monotonic())))
        return bool(asked) or time.monotonic() >= deadline

    connection = observe.reconnect()
    *_, last = observe.follow(connection, dag_id, run_id, stop)
    connection.close()
    return last


def state(dag_id, run_id):
    return wait(dag_id, run_id, 0)


def details(dag_id, run_id):
    """{"conf", "rendered": {task_id: {field: value}}, "xcoms": [{"task_id", "key", "value"}]}."""
    from airflow.models import DagRun
    from airflow.models.renderedtifields import RenderedTaskInstanceFields
    from airflow.utils.session import create_session

    from mwaa_airflow import observe

    with create_session() as session:
        run = session.query(DagRun).filter_by(dag_id=dag_id, run_id=run_id).one()
        rows = session.query(RenderedTaskInstanceFields).filter_by(dag_id=dag_id, execution_date=run.execution_date)
        found = {"conf": run.conf or {}, "rendered": {row.task_id: row.rendered_fields for row in rows}}
    connection = observe.reconnect()
    found["xcoms"] = observe.xcoms(connection, dag_id, run_id)
    connection.close()
    return found


def logs(dag_id, run_id, task_id=None):
    """{task_id: [the text of each try, in order]}, of one task or of all that have begun."""
    from airflow.configuration import conf
    from airflow.models import TaskInstance
    from airflow.utils.log.file_task_handler import FileTaskHandler
    from airflow.utils.session import create_session

    folder = conf.get("logging", "base_log_folder")
    handler = FileTaskHandler(folder, conf.get("logging", "log_filename_template"))
    found = {}
    with create_session() as session:
        tis = session.query(TaskInstance).filter_by(dag_id=dag_id, run_id=run_id)
        for ti in tis.filter_by(task_id=task_id) if task_id else tis:
            # a task that waits for its next look or try has been counted on already
            files = [os.path.join(folder, handler._render_filename(ti, one)) for one in range(1, ti._try_number + 2)]
            found[ti.task_id] = [_text(file) for file in files if os.path.isfile(file)]
    return found


def _text(file):
    with open(file, errors="replace") as log:
        return log.read()


def end_runs(dag_id, run_ids, scheduled_since=None):
    """Fails those of these runs that still go on, and waits for their tasks' processes to end; returns their ids. With
    `scheduled_since`, also runs that the scheduler has made since that time, in seconds since 1970."""
    ended = set(_fail(dag_id, run_ids, scheduled_since))
    deadline = time.monotonic() + TASKS_END
    # looked at again: what the scheduler had in hand at that moment, it may have written after us
    while ended and (_fail(dag_id, ended) or _processes(dag_id, ended)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return sorted(ended)


def _fail(dag_id, run_ids, scheduled_since=None):
    """Sets runs that go on, and their tasks, to failed; returns their ids. The scheduler holds a lock on a run that it looks at:
    this waits for it."""
    from datetime import datetime, timezone

    from airflow.models import DagRun, TaskInstance
    from airflow.utils.session import create_session
    from airflow.utils.state import State

    ended = []
    with create_session() as session:
        going_on = session.query(DagRun).filter(DagRun.dag_id == dag_id, DagRun.state.in_(("queued", "running")))
        for run in going_on.with_for_update(of=DagRun):
            made = scheduled_since and run.run_type == "scheduled" and run.queued_at
            late = made and run.queued_at >= datetime.fromtimestamp(scheduled_since, timezone.utc)
            if run.run_id not in run_ids and not late:
                continue
            ended.append(run.run_id)
            run.set_state(State.FAILED)
            for ti in session.query(TaskInstance).filter_by(dag_id=dag_id, run_id=run.run_id):
                if ti.state in UNFINISHED:
                    ti.set_state(State.FAILED, session=session)
    return ended


def _processes(dag_id, run_ids):
    from airflow.jobs.base_job import BaseJob
    from airflow.models import TaskInstance
    from airflow.utils.session import create_session

    with create_session() as session:
        jobs = session.query(BaseJob.id).join(TaskInstance, TaskInstance.job_id == BaseJob.id)
        mine = jobs.filter(TaskInstance.dag_id == dag_id, TaskInstance.run_id.in_(run_ids))
        return mine.filter(BaseJob.state == "running").count()


def delete_run(dag_id, run_id):
    """The run and all that the database has of it."""
    from airflow.models import DagRun, TaskFail, TaskInstance, TaskReschedule, XCom
    from airflow.models.renderedtifields import RenderedTaskInstanceFields
    from airflow.utils.session import create_session

    with create_session() as session:
        run = session.query(DagRun).filter_by(dag_id=dag_id, run_id=run_id).first()
        if run is None:
            return
        for model in (XCom, TaskFail, RenderedTaskInstanceFields):
            session.query(model).filter_by(dag_id=dag_id, execution_date=run.execution_date).delete()
        for model in (TaskReschedule, TaskInstance, DagRun):
            session.query(model).filter_by(dag_id=dag_id, run_id=run_id).delete()


def forget(file):
    """All that the database has of the DAGs of a file that is gone. Call after end_runs()."""
    from airflow.api.common.experimental.delete_dag import delete_dag
    from airflow.models import DagModel, errors
    from airflow.utils.session import create_session

    with create_session() as session:
        dag_ids = [row.dag_id for row in session.query(DagModel.dag_id).filter(DagModel.fileloc == file)]
        session.query(errors.ImportError).filter(errors.ImportError.filename == file).delete()
    for dag_id in dag_ids:
        delete_dag(dag_id)
    return dag_ids


def about():
    """{"dags_folder", "dag_cache": seconds for which the scheduler may hold an older definition of a DAG}."""
    from airflow.configuration import conf

    return {
        "dags_folder": conf.get("core", "dags_folder"),
        "dag_cache": conf.getfloat("core", "min_serialized_dag_fetch_interval"),
    }


REQUESTS = {
    one.__name__: one
    for one in (about, dag, delete_run, details, end_runs, forget, logs, pause, read, state, trigger, wait)
}


def serve(requests, answers):
    """Answers until the requests end."""
    while True:
        line = requests.readline()
        if not line:
            return
        asked = json.loads(line)
        number, what = asked.pop("id"), asked.pop("do")
        try:
            answer = {"id": number, "answer": REQUESTS[what](**asked)}
        except Refused as error:
            answer = {"id": number, "error": str(error)}
        except Exception:
            answer = {"id": number, "error": "{} failed:\n{}".format(what, traceback.format_exc())}
        answers.write(json.dumps(answer, default=str) + "\n")
        answers.flush()


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # Airflow and DAG files print what they like
    # Unbuffered: select() in wait() must see what has not been read yet.
    sys.stdin = os.fdopen(os.dup(0), "rb", buffering=0)
    serve(sys.stdin, answers)


if __name__ == "__main__":
    main()

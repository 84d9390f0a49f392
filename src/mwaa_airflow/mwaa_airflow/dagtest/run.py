"""One DAG run in this process: what the scheduler decides and the worker does, by their own code, without them.

The scheduler's part is DagRun.update_state and DagRun.schedule_tis (trigger rules, skips, retries that are due, the end of the
run). The worker's part is TaskInstance.check_and_change_state_before_execution, _run_raw_task and the callback afterwards. What
is here is the loop between them, the waits (waiting), and a word about what would not end on MWAA.

Tasks run one after another in the main thread, so breakpoints work and a module's globals are shared by all tasks; on MWAA each
task has a process of its own. os.environ and the working directory are put back after each task.
"""

import os
import pdb
import signal
import sys
import threading
import time
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, List, Optional

from mwaa_airflow.dagtest.mocks import replaced
from mwaa_airflow.dagtest.verdict import RunResult, TaskResult
from mwaa_airflow.dagtest.waiting import Clock

Tell = Callable[[str, str], None]
"""Called with a task's id and what happens to it."""


class Interrupted(Exception):
    """Ctrl-C, or SIGTERM, while a task ran; `result` is what there is of the run."""

    def __init__(self, result: RunResult) -> None:
        super().__init__("The run was interrupted.")
        self.result = result


def run(
    dag: Any,
    *,
    logical_date: Any = None,
    conf: Optional[Dict[str, Any]] = None,
    mocks: Optional[Dict[str, Any]] = None,
    task: str = "",
    retry_delays: str = "skip",
    sensors: str = "real",
    poke_every: float = 1.0,
    limit: float = 3600.0,
    debug: bool = False,
    tell: Optional[Tell] = None,
) -> RunResult:
    """Runs the DAG as `airflow dags trigger` would for this logical date, to its end.

    `task`: only this task, or this group. `limit`: seconds after which it is given up. `debug`: a debugger where a task fails,
    and no execution_timeout. Raises Interrupted; ValueError for a task that is not there or not in the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        raise ValueError("A DAG is run in the main thread: Airflow sets signal handlers for each task.")
    runner = _Run(_part(dag, task), Clock(retry_delays, sensors, poke_every), time.monotonic() + limit, debug, tell)
    with replaced(runner.dag, mocks or {}), runner.clock.of_sensors(), _signals_kept(), _timeouts(not debug):
        return runner.to_its_end(_moment(logical_date), conf, limit)


def _part(dag: Any, task: str) -> Any:
    if not task:
        return dag
    chosen = [task_id for task_id in dag.task_ids if task_id == task or task_id.startswith(task + ".")]
    if not chosen:
        raise ValueError("{} has no task {!r}; it has: {}".format(dag.dag_id, task, ", ".join(dag.task_ids)))
    return dag.partial_subset(chosen, include_upstream=False, include_downstream=False)


def _moment(logical_date: Any) -> Any:
    import pendulum
    from airflow.utils import timezone

    if logical_date is None:
        return timezone.coerce_datetime(timezone.utcnow())
    if isinstance(logical_date, str):
        logical_date = pendulum.parse(logical_date)
    elif not hasattr(logical_date, "hour"):  # a date
        logical_date = pendulum.datetime(logical_date.year, logical_date.month, logical_date.day)
    return timezone.coerce_datetime(timezone.make_aware(logical_date) if logical_date.tzinfo is None else logical_date)


class _Run:
    def __init__(self, dag: Any, clock: Clock, deadline: float, debug: bool, tell: Optional[Tell]) -> None:
        self.dag, self.clock, self.deadline, self.debug = dag, clock, deadline, debug
        self.tell: Tell = tell or (lambda task_id, what: None)
        self.result = RunResult(dag.dag_id, "")
        self._pools: Dict[str, int] = {}
        self._states: Dict[str, Optional[str]] = {}

    def to_its_end(self, logical_date: Any, conf: Optional[Dict[str, Any]], limit: float) -> RunResult:
        begun = time.monotonic()
        dag_run_id = self._create(logical_date, conf)
        try:
            while True:
                if time.monotonic() > self.deadline:
                    self._give_up(dag_run_id, "The run was given up after {:.0f} s.".format(limit))
                    break
                ready = self._decide(dag_run_id)
                if ready is None:
                    break
                for task_id in ready:
                    self._run_task(dag_run_id, task_id)
                if not ready and not self._wait(dag_run_id):
                    break
        except KeyboardInterrupt:
            self._give_up(dag_run_id, "The run was interrupted; tasks that had not begun did not run.")
            raise Interrupted(self.result) from None
        finally:
            self._collect(dag_run_id, begun)
        return self.result

    def _create(self, logical_date: Any, conf: Optional[Dict[str, Any]]) -> int:
        from airflow.models import Pool
        from airflow.utils.session import create_session
        from airflow.utils.state import DagRunState
        from airflow.utils.types import DagRunType

        with create_session() as session:
            self.dag.sync_to_db(session=session)
        with create_session() as session:
            dag_run = self.dag.create_dagrun(
                run_type=DagRunType.MANUAL,
                execution_date=logical_date,
                data_interval=self.dag.timetable.infer_manual_data_interval(run_after=logical_date),
                start_date=_now(),
                state=DagRunState.RUNNING,
                conf=conf,
                external_trigger=True,
                session=session,
            )
            session.commit()
            self.result.run_id = dag_run.run_id
            self._pools = dict(session.query(Pool.pool, Pool.slots).all())
            return dag_run.id

    def _decide(self, dag_run_id: int) -> Optional[List[str]]:
        """The tasks to run now, most important first; None when the run has ended."""
        from airflow.utils.session import create_session
        from airflow.utils.state import State

        with create_session() as session:
            dag_run = self._dag_run(dag_run_id, session)
            if self._timed_out(dag_run, session):
                return None
            schedulable, callback = dag_run.update_state(session=session, execute_callbacks=False)
            ended = dag_run.state in State.finished
            if not ended:
                dag_run.schedule_tis(schedulable, session)
        # outside of that transaction: the callback may want to write, and SQLite has one writer
        if callback is not None:
            self._call_back(dag_run_id, not callback.is_failure_callback, callback.msg)
        if ended:
            return None
        order = sorted(schedulable, key=lambda ti: -ti.task.priority_weight_total)
        return [ti.task_id for ti in order if not self._is_empty(ti.task)]

    @staticmethod
    def _is_empty(task: Any) -> bool:
        """What the scheduler itself marks as done."""
        return task.inherits_from_dummy_operator and not task.on_execute_callback and not task.on_success_callback

    def _timed_out(self, dag_run: Any, session: Any) -> bool:
        """As SchedulerJob._schedule_dag_run does it."""
        from airflow.models import TaskInstance
        from airflow.utils.state import State

        limit = self.dag.dagrun_timeout
        if not limit or dag_run.start_date >= _now() - limit:
            return False
        dag_run.set_state(State.FAILED)
        for ti in session.query(TaskInstance).filter_by(dag_id=dag_run.dag_id, run_id=dag_run.run_id):
            if ti.state in State.unfinished:
                ti.state = State.SKIPPED
        session.commit()
        self.result.notes.append("dagrun_timeout of {} is over".format(limit))
        if self.dag.has_on_failure_callback:
            self._call_back(dag_run.id, False, "timed_out")
        return True

    def _call_back(self, dag_run_id: int, success: bool, reason: str) -> None:
        from airflow.utils.session import create_session

        with create_session() as session:
            dag_run = self._dag_run(dag_run_id, session)
            self.dag.handle_callback(dag_run, success=success, reason=reason, session=session)

    def _run_task(self, dag_run_id: int, task_id: str) -> None:
        from airflow.utils.session import create_session
        from airflow.utils.state import State

        task = self.dag.get_task(task_id)
        noted = self._noted(task_id)
        never = self._never_starts(task)
        with create_session() as session:
            ti = self._task_instance(dag_run_id, task, session)
            if ti.state != State.SCHEDULED:
                return  # a task before it in this round has skipped it
            if never:
                session.expunge_all()
            else:
                ti.state = State.QUEUED
        if never:
            self._fail(ti, noted, never)
            return
        if not ti.check_and_change_state_before_execution(verbose=False):
            return
        self.result.order.append(task_id)
        noted.looks += 1
        self.tell(task_id, "started, attempt {} of {}".format(ti.try_number, ti.max_tries + 1))
        begun = time.monotonic()
        error: Optional[BaseException] = None
        try:
            with _process_state_kept():
                ti._run_raw_task()
        except KeyboardInterrupt as interrupt:
            noted.error = interrupt
            self._killed(task, noted)
            raise
        except (Exception, SystemExit) as raised:
            error = raised
        finally:
            noted.seconds += time.monotonic() - begun
        ti.task = task  # _run_raw_task has put a rendered copy there; on MWAA the callback's process never sees it
        ti.refresh_from_db()
        if ti.state == State.RUNNING:
            # sys.exit: the worker sees its process end without a word
            ti.handle_failure(error=None)
            noted.notes.append("ended its process: {!r}".format(error))
        noted.error = None if ti.state in State.success_states else error or noted.error
        if self.debug and error is not None:
            self._post_mortem(task_id, error)
        if ti.state == State.DEFERRED:
            self._fail(ti, noted, "deferred itself: MWAA 2.2.2 has no triggerer, it would stay deferred for ever")
            return
        ti._run_finished_callback(error=error if isinstance(error, Exception) else None)
        self.tell(task_id, str(ti.state))

    def _never_starts(self, task: Any) -> str:
        """Why the scheduler would never queue this task, or ""."""
        slots = self._pools.get(task.pool)
        if slots is None:
            return "its pool {!r} does not exist: on MWAA it would stay scheduled for ever".format(task.pool)
        if task.pool_slots > slots:
            return "it wants {} slots of pool {!r}, which has {}: it would stay scheduled for ever".format(
                task.pool_slots, task.pool, slots
            )
        return ""

    def _fail(self, ti: Any, noted: TaskResult, why: str) -> None:
        from airflow.exceptions import AirflowException

        noted.error = AirflowException(why)
        ti.handle_failure(error=noted.error, test_mode=False, force_fail=True, session=_session())
        _session().commit()
        self.tell(ti.task_id, "failed: " + why)

    def _killed(self, task: Any, noted: TaskResult) -> None:
        """As Airflow kills a task: on_kill, and what that leaves behind is left behind."""
        from airflow.models import BaseOperator

        try:
            task.on_kill()
        except Exception as error:
            noted.notes.append("on_kill failed: {!r}".format(error))
        if type(task).on_kill is BaseOperator.on_kill:
            said = "interrupted; {} has no on_kill: what it started, such as a Glue run, goes on as on MWAA"
            noted.notes.append(said.format(type(task).__name__))
        else:
            noted.notes.append("interrupted; its on_kill was called")

    def _post_mortem(self, task_id: str, error: BaseException) -> None:
        sys.stderr.write("{} failed: {!r}. A debugger, where it was raised; q goes on.\n".format(task_id, error))
        trace = error.__traceback__
        pdb.post_mortem(trace)

    def _wait(self, dag_run_id: int) -> bool:
        """Lets time pass until a task is due. False when nothing will ever be: then the run was given up."""
        from airflow.models import TaskInstance
        from airflow.utils.session import create_session
        from airflow.utils.state import State

        with create_session() as session:
            dag_run = self._dag_run(dag_run_id, session)
            tis = session.query(TaskInstance).filter_by(dag_id=dag_run.dag_id, run_id=dag_run.run_id).all()
            for ti in tis:
                ti.task = self.dag.get_task(ti.task_id)
            states = {ti.task_id: ti.state for ti in tis}
            if states != self._states:
                # the decision itself has skipped, failed or ended some, so that others may be ready
                self._states = states
                return True
            waiting = [ti for ti in tis if ti.state in (State.UP_FOR_RETRY, State.UP_FOR_RESCHEDULE)]
            if waiting:
                self.clock.pass_until_due(waiting, session, self.deadline)
                return True
            reasons = {
                ti.task_id: "; ".join(status.reason for status in ti.get_failed_dep_statuses(session=session))
                for ti in tis
                if ti.state not in State.finished
            }
        for task_id, reason in reasons.items():
            self._noted(task_id).notes.append("never became ready: {}".format(reason))
        self._give_up(dag_run_id, "Nothing can run any more, and the run would not end on MWAA.")
        return False

    def _give_up(self, dag_run_id: int, why: str) -> None:
        from airflow.utils.session import create_session
        from airflow.utils.state import State

        self.result.notes.append(why)
        with create_session() as session:
            self._dag_run(dag_run_id, session).set_state(State.FAILED)

    def _collect(self, dag_run_id: int, begun: float) -> None:
        from airflow.models import TaskInstance, XCom
        from airflow.utils.session import create_session

        with create_session() as session:
            dag_run = self._dag_run(dag_run_id, session)
            self.result.state = str(getattr(dag_run.state, "value", dag_run.state))
            found = session.query(TaskInstance).filter_by(dag_id=dag_run.dag_id, run_id=dag_run.run_id)
            states = {ti.task_id: (ti.state, ti._try_number) for ti in found}
            for row in session.query(XCom).filter_by(dag_id=dag_run.dag_id, execution_date=dag_run.execution_date):
                self.result.xcoms.setdefault(row.task_id, {})[row.key] = row.value
        for task in self.dag.topological_sort():
            noted = self._noted(task.task_id)
            noted.state, noted.tries = states.get(task.task_id, (None, 0))
        self.result.tasks = {t.task_id: self.result.tasks[t.task_id] for t in self.dag.topological_sort()}
        self.result.seconds = time.monotonic() - begun
        if self.clock.skipped >= 1:
            said = "{:.0f} s of waiting (retry_delay, poke_interval) were not waited: time was moved on"
            self.result.notes.append(said.format(self.clock.skipped))

    def _noted(self, task_id: str) -> TaskResult:
        return self.result.tasks.setdefault(task_id, TaskResult(task_id))

    def _dag_run(self, dag_run_id: int, session: Any) -> Any:
        from airflow.models import DagRun

        dag_run = session.query(DagRun).get(dag_run_id)
        dag_run.dag = self.dag
        return dag_run

    def _task_instance(self, dag_run_id: int, task: Any, session: Any) -> Any:
        from airflow.models import TaskInstance

        dag_run = self._dag_run(dag_run_id, session)
        key = dict(dag_id=dag_run.dag_id, run_id=dag_run.run_id, task_id=task.task_id)
        ti = session.query(TaskInstance).filter_by(**key).one()
        ti.task = task
        return ti


def _session() -> Any:
    from airflow import settings

    return settings.Session()


def _now() -> Any:
    from airflow.utils import timezone

    return timezone.utcnow()


@contextmanager
def _process_state_kept() -> Iterator[None]:
    """What a task's own process would have taken with it: environment variables and working directory."""
    environment, folder = dict(os.environ), os.getcwd()
    try:
        yield
    finally:
        if dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)
        if os.getcwd() != folder:
            os.chdir(folder)


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Airflow sets a handler of SIGTERM for each task and leaves it."""
    handler = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, handler)


@contextmanager
def _timeouts(kept: bool) -> Iterator[None]:
    """Without, no alarm rings while a person looks around in the debugger."""
    from airflow.models import taskinstance

    true_timeout = taskinstance.timeout

    @contextmanager
    def endless(*_: Any, **__: Any) -> Iterator[None]:
        yield

    if not kept:
        taskinstance.timeout = endless  # type: ignore[assignment]
    try:
        yield
    finally:
        taskinstance.timeout = true_timeout

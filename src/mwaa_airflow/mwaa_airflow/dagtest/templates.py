"""Every template of a task, rendered as the worker renders it: with the context of a run that is in the database."""

from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Set


class Rendering:
    """What rendering one DAG's templates has shown."""

    def __init__(self) -> None:
        self.problems: List[str] = []
        self.missing: Dict[str, Set[str]] = {"variable": set(), "connection": set()}
        """Names that templates ask for and nobody has."""


def render(dag: Any, logical_date: Any, conf: Any = None) -> Rendering:
    """Renders all template fields of all tasks. Values of XComs are None, so what only fails because of that does not count."""
    from airflow.models import TaskInstance
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunType

    found = Rendering()
    with create_session() as session:
        dag.sync_to_db(session=session)
    with create_session() as session:
        dag_run = dag.create_dagrun(
            run_type=DagRunType.MANUAL,
            execution_date=logical_date,
            data_interval=dag.timetable.infer_manual_data_interval(run_after=logical_date),
            start_date=logical_date,
            state=DagRunState.RUNNING,
            conf=conf,
            external_trigger=True,
            session=session,
        )
        run_id = dag_run.run_id
        session.commit()
        tis = {ti.task_id: ti for ti in session.query(TaskInstance).filter_by(dag_id=dag.dag_id, run_id=run_id)}
        with _missing_variables_named():
            for task in dag.tasks:
                _render_task(task, tis[task.task_id], found)
        for ti in tis.values():
            session.delete(ti)
        session.flush()
        session.delete(dag_run)
    return found


def texts(value: Any) -> Iterator[str]:
    """Every text in a template field, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.items():
            yield from texts(part)
    elif isinstance(value, (list, tuple, set)):
        for part in value:
            yield from texts(part)


def _render_task(task: Any, ti: Any, found: Rendering) -> None:
    ti.task = copy = task.prepare_for_execution()
    context = ti.get_template_context()
    environment = copy.get_template_env()
    from airflow.exceptions import AirflowNotFoundException

    for field in copy.template_fields:
        value = getattr(copy, field)
        if not value:
            continue
        try:
            copy.render_template(value, context, environment)
        except _MissingVariable as missing:
            found.missing["variable"].add(missing.name)
        except AirflowNotFoundException as missing:
            found.missing["connection"].add(str(missing).split("`")[1] if "`" in str(missing) else str(missing))
        except Exception as error:
            if any("xcom_pull" in text for text in texts(value)):
                continue
            found.problems.append(
                "{}.{} does not render: {}: {}".format(task.task_id, field, type(error).__name__, error)
            )


class _MissingVariable(KeyError):
    def __init__(self, name: str) -> None:
        super().__init__("Variable {} does not exist".format(name))
        self.name = name


@contextmanager
def _missing_variables_named() -> Iterator[None]:
    """Airflow's KeyError has the name in a sentence only."""
    from airflow.models import Variable

    true = Variable.__dict__["get"]

    def get(cls: Any, key: str, *arguments: Any, **named: Any) -> Any:
        try:
            return true.__func__(cls, key, *arguments, **named)
        except KeyError:
            raise _MissingVariable(key) from None

    Variable.get = classmethod(get)
    try:
        yield
    finally:
        Variable.get = true

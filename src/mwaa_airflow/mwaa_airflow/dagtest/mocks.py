"""Tasks that are replaced in a run: {"task_id": what it does instead of execute()}.

an exception, or its class    is raised: AirflowSkipException skips, AirflowFailException fails without a retry
something to call             is called with the context; what it returns is the task's XCom
anything else                 is what the task returns
"""

from contextlib import contextmanager
from typing import Any, Dict, Iterator


@contextmanager
def replaced(dag: Any, mocks: Dict[str, Any]) -> Iterator[None]:
    """In it, the tasks named in `mocks` do that. Raises KeyError with the tasks there are, for a name that is none."""
    unknown = sorted(set(mocks) - set(dag.task_ids))
    if unknown:
        raise KeyError(
            "{} has no task {}; it has: {}".format(dag.dag_id, ", ".join(unknown), ", ".join(sorted(dag.task_ids)))
        )
    tasks = {task_id: dag.get_task(task_id) for task_id in mocks}
    try:
        for task_id, instead in mocks.items():
            tasks[task_id].execute = _execute(instead)
        yield
    finally:
        for task in tasks.values():
            task.__dict__.pop("execute", None)


def _execute(instead: Any) -> Any:
    def execute(context: Any) -> Any:
        if isinstance(instead, BaseException) or (isinstance(instead, type) and issubclass(instead, BaseException)):
            raise instead
        return instead(context) if callable(instead) else instead

    return execute

"""What came out of a run: the state of each task, how long it took, why it failed, and every XCom."""

from typing import Any, Dict, List, Optional


class TaskResult:
    """One task of a run. `seconds` are those of its attempts, without the waits between them."""

    def __init__(self, task_id: str) -> None:
        self.task_id = task_id
        self.state: Optional[str] = None
        self.tries = 0
        self.looks = 0
        self.seconds = 0.0
        self.error: Optional[BaseException] = None
        self.notes: List[str] = []

    def as_dict(self) -> Dict[str, Any]:
        return {
            "task_id": self.task_id,
            "state": self.state,
            "tries": self.tries,
            "seconds": round(self.seconds, 3),
            "error": None if self.error is None else "{}: {}".format(type(self.error).__name__, self.error),
            "notes": self.notes,
        }


class RunResult:
    """One run of a DAG."""

    def __init__(self, dag_id: str, run_id: str) -> None:
        self.dag_id, self.run_id = dag_id, run_id
        self.state = "running"
        self.tasks: Dict[str, TaskResult] = {}
        self.order: List[str] = []
        """The tasks in the order in which they were started, each attempt once."""
        self.xcoms: Dict[str, Dict[str, Any]] = {}
        self.notes: List[str] = []
        """What a person should know of this run that its states do not say."""
        self.seconds = 0.0

    @property
    def success(self) -> bool:
        return self.state == "success"

    @property
    def states(self) -> Dict[str, Optional[str]]:
        """The state of each task by its id; None: not reached."""
        return {task_id: task.state for task_id, task in self.tasks.items()}

    def xcom(self, task_id: str, key: str = "return_value") -> Any:
        """What a task has left there; None if nothing."""
        return self.xcoms.get(task_id, {}).get(key)

    def as_dict(self) -> Dict[str, Any]:
        return {
            "dag_id": self.dag_id,
            "run_id": self.run_id,
            "state": self.state,
            "seconds": round(self.seconds, 3),
            "tasks": [task.as_dict() for task in self.tasks.values()],
            "notes": self.notes,
        }

    def table(self) -> str:
        """A line per task, then the notes, then the verdict."""
        width = max([len(task_id) for task_id in self.tasks] or [4])
        lines = ["{:<{}}  {:<16} {:>5} {:>9}".format("task", width, "state", "tries", "seconds")]
        for task in self.tasks.values():
            lines.append(
                "{:<{}}  {:<16} {:>5} {:>9.2f}".format(
                    task.task_id, width, task.state or "not reached", task.tries, task.seconds
                )
            )
            if task.error is not None:
                first = (str(task.error).splitlines() or [""])[0][:200]
                lines.append("{:<{}}    {}: {}".format("", width, type(task.error).__name__, first))
            lines += ["{:<{}}    {}".format("", width, note) for note in task.notes]
        lines += ["note: {}".format(note) for note in self.notes]
        lines.append("{} {}: {} after {:.1f} s".format(self.dag_id, self.run_id, self.state, self.seconds))
        return "\n".join(lines)

    def __repr__(self) -> str:
        return "<RunResult {} {} {}>".format(self.dag_id, self.state, self.states)

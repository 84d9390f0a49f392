"""What a check is: a name, a sentence, and a function that says what is wrong with the DAGs of one file."""

from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Tuple

Problem = Tuple[str, str]
"""A DAG's id ("" for the file as a whole) and what is wrong."""


class Subject(NamedTuple):
    """One DAG file and all that a check may ask about."""

    file: Path
    report: Any
    dags: List[Any]
    all_reports: Dict[Path, Any]
    project: Any
    policy: Any
    render: Callable[[Any], Any]
    """templates.Rendering of a DAG, made once."""


class Check(NamedTuple):
    name: str
    says: str
    find: Callable[[Subject], Iterator[Problem]]
    needs_dags: bool


CHECKS: Dict[str, Check] = {}


def check(says: str, needs_dags: bool = True) -> Callable[[Any], Any]:
    """Registers a function under its own name. `needs_dags`: is left out for a file that cannot be read."""

    def register(find: Any) -> Any:
        CHECKS[find.__name__] = Check(find.__name__, says, find, needs_dags)
        return find

    return register


def problems(name: str, subject: Subject, off: List[str]) -> List[str]:
    """What one check has to say, without what is switched off: `name` or `name:dag_id`."""
    if name in off:
        return []
    found = []
    for dag_id, text in CHECKS[name].find(subject):
        if "{}:{}".format(name, dag_id) not in off:
            found.append("{}: {}".format(dag_id or subject.project.name_of(subject.file), text))
    return found

"""The record of outcomes: {dag_id: {"state", "tasks": {task_id: {"state", "tries", "xcoms": {key: value}}}}}."""

import json
from pathlib import Path

FILE = Path(__file__).with_name("expected.json")
CHOSEN = "skipmixin_key"
"""XCom of operators that choose among tasks. Airflow makes its lists from sets of texts: another order in each process."""


def comparable(outcome):
    """The outcome of one run in the form of the record, as JSON gives it back, without what changes from run to run."""
    outcome = json.loads(json.dumps(outcome))
    for task in outcome["tasks"].values():
        for name, task_ids in task.get("xcoms", {}).get(CHOSEN, {}).items():
            task["xcoms"][CHOSEN][name] = sorted(task_ids)
    return outcome


def recorded():
    return json.loads(FILE.read_text())


def write(outcomes):
    FILE.write_text(json.dumps(outcomes, indent=1, sort_keys=True) + "\n")

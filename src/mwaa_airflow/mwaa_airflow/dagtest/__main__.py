"""`make run`: one DAG in this process, in the environment of the stack, with its log on the terminal and a verdict at the end.

    python -m mwaa_airflow.dagtest impressions --date 2023-05-01

Exit codes: 0 the run succeeded, 1 it did not, 2 there is no such DAG or the request makes no sense, 130 interrupted.
"""

import argparse
import json
import logging
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Optional

from mwaa_airflow.dagtest import environment

VERDICT = 9
"""The file descriptor that the JSON goes to."""


class Unusable(Exception):
    """The request, or the DAG's file, cannot be used; says why."""


NOISE = ("Dependencies all met", "Starting attempt", "\n-----")
"""How lines begin that Airflow writes for each task and that say nothing here."""


class TaskLabel(logging.Filter):
    """Puts the task that runs in front of each line; leaves noise out."""

    def __init__(self) -> None:
        super().__init__()
        self.label = ""

    def filter(self, record: logging.LogRecord) -> bool:
        record.task_label = self.label
        return not str(record.msg).startswith(NOISE)


def main(words: Optional[List[str]] = None) -> int:
    asked = _arguments(words)
    for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT also where a shell's `&` has switched it off
        signal.signal(number, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="dag-run-") as folder:
        environment.for_run(Path(folder))
        try:
            return _run(asked)
        except Unusable as error:
            print("error: {}".format(error), file=sys.stderr)
            return 2


def _arguments(words: Optional[List[str]]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mwaa-local run", description="Run a DAG in one process.")
    parser.add_argument("dag_id")
    parser.add_argument("--date", default="")
    parser.add_argument("--conf", default="")
    parser.add_argument("--task", default="")
    parser.add_argument("--pdb", action="store_true")
    parser.add_argument("--wait", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--limit", type=float, default=3600.0)
    return parser.parse_args(words)


def _run(asked: argparse.Namespace) -> int:
    from mwaa_airflow.dagtest import run as runner
    from mwaa_airflow.dagtest.database import Database
    from mwaa_airflow.dagtest.project import CHECKOUT, Project

    label = _log_to_terminal()
    if asked.json:
        os.dup2(1, VERDICT)
        os.dup2(2, 1)  # what tasks print must not get into the JSON
    try:
        project = Project(
            Path(os.environ.get("MWAA_PROJECT") or str(CHECKOUT)), dags=os.environ["AIRFLOW__CORE__DAGS_FOLDER"]
        )
    except FileNotFoundError as error:
        raise Unusable(str(error)) from None
    Database().reset(project.seed())
    dag = _dag(project, asked.dag_id)

    def tell(task_id: str, what: str) -> None:
        label.label = task_id
        logging.getLogger("mwaa").info(what)
        if not what.startswith("started"):
            label.label = ""

    try:
        result = runner.run(
            dag,
            logical_date=asked.date or None,
            conf=_conf(asked.conf),
            task=asked.task,
            retry_delays="sleep" if asked.wait else "skip",
            limit=asked.limit,
            debug=asked.pdb,
            tell=tell,
        )
    except ValueError as error:
        raise Unusable(str(error)) from None
    except runner.Interrupted as interrupted:
        _show(interrupted.result, asked.json)
        return 130
    _show(result, asked.json)
    return 0 if result.success else 1


def _show(result: Any, as_json: bool) -> None:
    sys.stdout.flush()
    if as_json:
        with os.fdopen(VERDICT, "w") as out:
            out.write(json.dumps(result.as_dict(), default=str) + "\n")
    else:
        print("\n" + result.table())


def _conf(text: str) -> Optional[Dict[str, Any]]:
    if not text:
        return None
    try:
        conf = json.loads(text)
    except ValueError as error:
        raise Unusable("CONF is no JSON: {}. For example: CONF='{{\"day\": 1}}'".format(error)) from None
    if not isinstance(conf, dict):
        raise Unusable('CONF must be an object, for example {"day": 1}')
    return conf


def _dag(project: Any, dag_id: str) -> Any:
    """The DAG, from a file that has been read in a child process first: it may hang or crash."""
    from airflow.models import DagBag

    from mwaa_airflow.dagtest.parsing import reports

    found = reports(project)
    broken = {file: report.problems() for file, report in found.items() if not report.can_be_read}
    having = [file for file, report in found.items() if dag_id in report.dags]
    if not having:
        lines = ["There is no DAG {!r}.".format(dag_id)]
        there_are = sorted(one for report in found.values() for one in report.dags)
        lines.append("There are: {}".format(", ".join(there_are) or "none"))
        for file, problems in broken.items():
            lines.append("{} cannot be read: {}".format(project.name_of(file), "\n".join(problems)))
        raise Unusable("\n".join(lines))
    bag = DagBag(os.devnull, include_examples=False, read_dags_from_db=False)
    bag.process_file(str(having[0]), only_if_updated=False)
    if dag_id not in bag.dags:
        raise Unusable("{} gave {!r} only the first time it was read".format(having[0], dag_id))
    return bag.dags[dag_id]


def _log_to_terminal() -> TaskLabel:
    """All of Airflow's loggers write to standard error; passwords are masked as Airflow masks them."""
    import airflow  # noqa: F401  sets its own handlers, which are replaced
    from airflow.utils.log.secrets_masker import _secrets_masker

    label = TaskLabel()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(task_label)-20s %(levelname)-7s %(message)s", "%H:%M:%S"))
    handler.addFilter(label)
    handler.addFilter(_secrets_masker())
    for name in ("airflow.task", "airflow.processor", "flask_appbuilder"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("airflow.models.dag").setLevel(logging.WARNING)
    logging.getLogger("airflow.models.dagbag").setLevel(logging.WARNING)
    return label


if __name__ == "__main__":
    sys.exit(main())

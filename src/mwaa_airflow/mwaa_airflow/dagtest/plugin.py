"""The pytest plugin. stack/bin/dag-tests loads it; elsewhere `-p mwaa_airflow.dagtest.plugin`, or `pytest_plugins` does.

It sets Airflow's environment before anything imports Airflow; nothing of the shell's AIRFLOW_ and AWS_ is left.

dag_bag       every DAG of the project, as Airflow's DagBag; files that hang or crash are its import errors
dag           dag("impressions"): one of them
airflow_db    the database, empty but for seed.yaml; each test has its own
run_dag       run_dag("impressions", logical_date="2023-05-01", conf={...}, mocks={...}): a RunResult
stack         the local AWS account, for the session; in a test that has it, every AWS client goes there
glue, s3      its boto3 clients; s3 with readers for JSON lines and CSV
deployed      deployed("impressions"): a DAG of the stack that runs, for real runs (end_to_end.py)
frozen_time   frozen_time("2023-05-01T12:00"): the clock stands still until the test ends
dag_check     a ready-made check on a file: from mwaa_airflow.dagtest.checks import test_dag_file
"""

import os
import tempfile
from pathlib import Path
from typing import Any, Callable, Dict, FrozenSet, Iterator, List, NamedTuple

import pytest

from mwaa_airflow.dagtest import environment
from mwaa_airflow.dagtest.project import Project

INI = {
    "mwaa_project": ("string", "folder with dags/, glue/, seed.yaml; default: MWAA_PROJECT, else pytest's root"),
    "mwaa_checks_off": ("args", "checks that are switched off: `name`, or `name:dag_id`"),
    "mwaa_external_jobs": ("args", "Glue jobs that exist elsewhere"),
    "mwaa_external": ("args", "variables and connections that exist elsewhere"),
    "mwaa_pools": ("args", "pools that exist beside default_pool"),
    "mwaa_import_seconds": ("string", "seconds in which a file must be read; default: MWAA's 30"),
    "mwaa_most_retries": ("string", "most retries of a task; default: 5"),
    "mwaa_attachments": (
        "string",
        "folder for what failed tests on the stack leave; default: tests/attachments in the state folder",
    ),
}
pytest_plugins = ["mwaa_airflow.dagtest.end_to_end"]
KEY = pytest.StashKey["Session"]()


class Policy(NamedTuple):
    """What a team decides for its DAGs."""

    import_seconds: float = 30.0
    most_retries: int = 5
    no_owners: FrozenSet[str] = frozenset(("", "airflow"))


class Session:
    """What one pytest process has of it all; `watch`: the round of `make watch` that it is."""

    def __init__(self, config: Any, watch: Any = None) -> None:
        self.watch = watch
        self._own_home = None if watch else tempfile.TemporaryDirectory(prefix="dag-tests-")
        home = Path(self._own_home.name) if self._own_home else watch.home
        folder = config.getoption("mwaa_project") or config.getini("mwaa_project") or os.environ.get("MWAA_PROJECT")
        base = config.inipath.parent if config.inipath else config.rootpath
        self.project = Project(
            Path(base, folder or "."),
            external_jobs=config.getini("mwaa_external_jobs"),
            pools=config.getini("mwaa_pools"),
            external=config.getini("mwaa_external"),
        )
        self.off: List[str] = list(config.getini("mwaa_checks_off")) + list(config.getoption("mwaa_check_off"))
        self.policy = Policy(
            float(config.getini("mwaa_import_seconds") or Policy().import_seconds),
            int(config.getini("mwaa_most_retries") or Policy().most_retries),
        )
        environment.for_tests(home, self.project.dags)

    def cleanup(self) -> None:
        if self._own_home:
            self._own_home.cleanup()

    def files_to_check(self) -> List[Path]:
        """The DAG files that the ready-made checks are for."""
        files = self.project.dag_files()
        return self.watch.of_these(files) if self.watch else files


def pytest_addoption(parser: Any) -> None:
    group = parser.getgroup("mwaa", "DAGs as on MWAA 2.2.2")
    group.addoption("--mwaa-project", default="", help=INI["mwaa_project"][1])
    group.addoption("--mwaa-attachments", default="", help=INI["mwaa_attachments"][1])
    group.addoption("--mwaa-check-off", action="append", default=[], help=INI["mwaa_checks_off"][1])
    for name, (kind, text) in INI.items():
        parser.addini(name, text, type=kind, default=[] if kind == "args" else "")


def pytest_configure(config: Any) -> None:
    if KEY not in config.stash:
        try:
            config.stash[KEY] = Session(config)
        except FileNotFoundError as error:
            raise pytest.UsageError(str(error)) from None
        _refuse_unknown(config.stash[KEY].off)


def pytest_unconfigure(config: Any) -> None:
    if KEY in config.stash:
        config.stash[KEY].cleanup()


def _refuse_unknown(off: List[str]) -> None:
    from mwaa_airflow.dagtest.checks import CHECKS

    unknown = sorted(name for name in off if name.split(":")[0] not in CHECKS)
    if unknown:
        raise pytest.UsageError(
            "There is no check {}; there are: {}".format(", ".join(unknown), ", ".join(sorted(CHECKS)))
        )


def pytest_generate_tests(metafunc: Any) -> None:
    if "dag_check" not in metafunc.fixturenames:
        return
    from mwaa_airflow.dagtest.checks import CHECKS

    session = metafunc.config.stash[KEY]
    files = session.files_to_check()
    if not files and not session.watch:
        raise pytest.UsageError("No DAG file found below {}: nothing to check.".format(session.project.dags))
    pairs = [(name, file) for file in files for name in CHECKS if name not in session.off]
    ids = ["{}-{}".format(session.project.name_of(file), name) for name, file in pairs]
    metafunc.parametrize("dag_check", pairs, ids=ids, indirect=True)


@pytest.fixture(scope="session")
def mwaa_project(request: Any) -> Project:
    """The project under test."""
    return request.config.stash[KEY].project


@pytest.fixture(scope="session")
def _database(request: Any) -> Any:
    import logging

    from mwaa_airflow.dagtest.database import Database

    logging.getLogger("airflow.task").propagate = True  # so that caplog has what tasks log
    database = Database()
    database.reset(request.config.stash[KEY].project.seed())
    return database


@pytest.fixture(scope="session")
def dag_reports(request: Any) -> Any:
    """{file: what it did while it was read}, each read in a process of its own: see mwaa_airflow.dagtest.parsing.Report."""
    from mwaa_airflow.dagtest.parsing import reports

    session = request.config.stash[KEY]
    if session.watch:
        return session.watch.reports
    return reports(session.project, session.policy.import_seconds)


@pytest.fixture(scope="session")
def dag_bag(request: Any, _database: Any, dag_reports: Any) -> Any:
    """Every DAG of the project, as Airflow's DagBag, read once. A file that fails, hangs or crashes is an import error."""
    from airflow.models import DagBag

    bag = DagBag(os.devnull, include_examples=False, read_dags_from_db=False)
    watch = request.config.stash[KEY].watch
    if watch:
        return watch.filled(bag)
    for file, report in dag_reports.items():
        if report.can_be_read:
            bag.process_file(str(file), only_if_updated=False)
        else:
            bag.import_errors[str(file)] = "\n".join(report.problems())
    return bag


@pytest.fixture
def dag(dag_bag: Any) -> Callable[[str], Any]:
    """dag(dag_id): the DAG; a text that names those that there are, if it is not there."""

    def find(dag_id: str) -> Any:
        if dag_id not in dag_bag.dags:
            errors = "".join("\n{}: {}".format(file, text) for file, text in dag_bag.import_errors.items())
            pytest.fail("There is no DAG {!r}; there are: {}{}".format(dag_id, ", ".join(sorted(dag_bag.dags)), errors))
        return dag_bag.dags[dag_id]

    return find


@pytest.fixture
def airflow_db(_database: Any, mwaa_project: Project) -> Any:
    """Airflow's database: Airflow's own defaults and the variables and connections of seed.yaml, nothing else."""
    return _database.reset(mwaa_project.seed())


@pytest.fixture
def run_dag(airflow_db: Any, dag: Callable[[str], Any]) -> Callable[..., Any]:
    """run_dag(dag or its id, logical_date=..., conf=..., mocks=...): runs it here and now; see mwaa_airflow.dagtest.run."""
    from mwaa_airflow.dagtest import run as runner

    def go(which: Any, **options: Any) -> Any:
        given: Dict[str, Any] = {"poke_every": 0.2, "limit": 600.0}
        given.update(options)
        return runner.run(dag(which) if isinstance(which, str) else which, **given)

    return go


@pytest.fixture(scope="session")
def _local_aws(request: Any) -> Iterator[Any]:
    from mwaa_airflow.dagtest.stack import find_or_start

    watch = request.config.stash[KEY].watch
    found = find_or_start(watch.aws_state if watch else None)
    yield found
    found.stop()


@pytest.fixture
def stack(_local_aws: Any, monkeypatch: Any) -> Any:
    """The local AWS account; started if it does not run."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in _local_aws.environment.items():
        monkeypatch.setenv(name, value)
    return _local_aws


@pytest.fixture
def glue(stack: Any) -> Any:
    """boto3's Glue, at the stack."""
    return stack.client("glue")


@pytest.fixture
def frozen_time() -> Iterator[Callable[[Any], None]]:
    """frozen_time(moment): every clock of this process but the monotonic one stands there; a text is UTC."""
    import time_machine

    travels = []

    def stop_at(moment: Any) -> None:
        travels.append(time_machine.travel(moment, tick=False))
        travels[-1].start()

    yield stop_at
    for travel in reversed(travels):
        travel.stop()


@pytest.fixture(scope="session")
def _renderings() -> Dict[str, Any]:
    return {}


@pytest.fixture
def dag_check(
    request: Any, dag_reports: Any, dag_bag: Any, mwaa_project: Project, _renderings: Any
) -> Callable[[], List[str]]:
    """dag_check(): what one ready-made check has to say about one file. Parametrized by the plugin."""
    from mwaa_airflow.dagtest.checks import CHECKS, Subject
    from mwaa_airflow.dagtest.checks.registry import problems

    name, file = request.param
    report = dag_reports[file]
    if CHECKS[name].needs_dags and not report.can_be_read:
        pytest.skip("{} cannot be read: see the check imports".format(file.name))
    session = request.config.stash[KEY]
    there = [dag_bag.dags[dag_id] for dag_id in sorted(report.dags) if dag_id in dag_bag.dags]
    dags = [one for one in there if one.fileloc == str(file)]

    def rendered(one: Any) -> Any:
        if one.dag_id not in _renderings:
            import pendulum

            from mwaa_airflow.dagtest.templates import render

            request.getfixturevalue("airflow_db")
            _renderings[one.dag_id] = render(one, pendulum.datetime(2023, 5, 2, 12))
        return _renderings[one.dag_id]

    subject = Subject(file, report, dags, dag_reports, mwaa_project, session.policy, rendered)
    return lambda: problems(name, subject, session.off)

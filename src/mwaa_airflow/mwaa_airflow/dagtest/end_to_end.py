"""The plugin's part for tests on the running stack (plugin.py brings it in): `deployed`, `s3`, and what a failed test leaves.

deployed      with deployed("impressions") as d: run = d.trigger(conf={...}); run.wait(limit=300)
s3            boto3's S3 client, with read_json_lines, read_csv and list_keys
"""

from pathlib import Path
from typing import Any, Iterator, List, Set
from xml.etree import ElementTree

import pytest

from mwaa_airflow.dagtest.attachments import Attachments
from mwaa_airflow.dagtest.deployed import Kit
from mwaa_airflow.dagtest.remote import NoStack, RemoteAirflow, StackError, state_folder

ATTACHMENTS = pytest.StashKey[Attachments]()
BUCKETS = pytest.StashKey[Set[str]]()
KIT = pytest.StashKey[Kit]()
SECTION = "What failed first, on the stack"
MOST_PROPERTIES = 200  # files that a JUnit report names


@pytest.fixture(scope="session")
def _remote_airflow() -> Iterator[Any]:
    """The running stack's Airflow; or why there is none, so that every test says so and none starts anything."""
    try:
        remote = RemoteAirflow()
    except NoStack as problem:
        yield problem
        return
    yield remote
    remote.close()


@pytest.fixture
def deployed(request: Any, _remote_airflow: Any) -> Iterator[Any]:
    """deployed(DAG id, path of a DAG file, or DAG; dag_id=, glue=): see mwaa_airflow.dagtest.deployed."""
    if isinstance(_remote_airflow, NoStack):
        pytest.fail(str(_remote_airflow), pytrace=False)
    aws = request.getfixturevalue("_local_aws")
    if aws.started_here or aws.endpoint != _remote_airflow.stack["endpoint"]:
        pytest.fail("The stack's AWS endpoint does not answer. Next: make status", pytrace=False)
    kit = request.node.stash[KIT] = Kit(_remote_airflow, lambda: aws)
    attachments = request.node.stash[ATTACHMENTS] = Attachments(_base(request.config), request.node.nodeid, aws)
    attachments.discard()
    kit.on_failure(attachments.add_runs)
    yield kit.deployed
    kit.remove()


@pytest.fixture
def s3(request: Any, stack: Any) -> Any:
    """boto3's S3 client, at the stack, with read_json_lines, read_csv, list_keys: see mwaa_airflow.dagtest.s3_client."""
    from mwaa_airflow.dagtest.s3_client import extend

    buckets = request.node.stash.setdefault(BUCKETS, set())
    return stack.client("s3", lambda session: extend(session, buckets.add))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: Any, call: Any) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()
    if not report.failed or KIT not in item.stash:
        return
    try:
        text, names = _attach(item)
    except Exception as problem:  # of whatever kind: the test's failure is what counts
        text, names = "Nothing could be kept of this test: {!r}".format(problem), []
    report.sections.append((SECTION, text))
    item.user_properties += [("attachment", name) for name in names]


def _attach(item: Any) -> Any:
    attachments = item.stash[ATTACHMENTS]
    attachments.buckets = item.stash.get(BUCKETS, set())
    attachments.add_runs(item.stash[KIT].runs)
    text = attachments.finish()
    names: List[str] = [str(file) for file in attachments.files()]
    return text, [str(attachments.folder), *names[:MOST_PROPERTIES]]


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: Any) -> None:
    """In JUnit's file the short text is the system-out of the test, whatever junit_logging says of captured output."""
    texts = [text for title, text in report.sections if title == SECTION]
    if _Junit.file is None or not texts:
        return
    element = ElementTree.Element("system-out")
    element.text = "\n".join(texts)
    _Junit.file.node_reporter(report).append(element)


class _Junit:
    """pytest's writer of --junitxml; None without it. With pytest-xdist the first process has it, the others have not."""

    file: Any = None


def pytest_sessionstart(session: Any) -> None:
    from _pytest.junitxml import xml_key

    _Junit.file = session.config.stash.get(xml_key, None)


def _base(config: Any) -> Path:
    given = config.getoption("mwaa_attachments") or config.getini("mwaa_attachments")
    base = config.inipath.parent if config.inipath else config.rootpath
    return Path(base, given) if given else state_folder() / "tests" / "attachments"


__all__ = ["StackError", "deployed", "s3"]

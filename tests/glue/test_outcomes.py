"""What unmodified operator and sensor make of every end of a Glue run: observed, and compared with docs/glue-outcomes.md."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.glue import outcomes_page
from tests.glue.outcomes_page import Row
from tests.glue.service.conftest import BUCKET, FOREVER, Account, prepared
from tests.support.localstack import VENVS, LocalStack
from tests.support.polling import wait_until
from tests.support.provider import Provider

OK, FAILING = "print('done')", "raise ValueError('the input was empty')"
SECOND_TIME = (
    "import boto3, sys\n"
    "s3 = boto3.client('s3')\n"
    f"if 'Contents' not in s3.list_objects_v2(Bucket='{BUCKET}', Prefix='been-here'):\n"
    f"    s3.put_object(Bucket='{BUCKET}', Key='been-here')\n"
    "    raise ValueError('only the second time')\n"
)
Answers = dict[str, Any]


class Observer:
    """A LocalStack whose minutes last a second, and the provider that uses it."""

    def __init__(self, localstack: LocalStack, provider: Provider) -> None:
        self.localstack, self.provider = localstack, provider
        self.aws = Account(localstack)

    def job(self, name: str, script: str | None, **definition: Any) -> str:
        if script is not None:
            self.aws.s3.put_object(Bucket=BUCKET, Key=f"{name}.py", Body=script.encode())
        command = {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": f"s3://{BUCKET}/{name}.py"}
        self.aws.glue.create_job(**{"Name": name, "Role": "role", "Command": command, "Timeout": 300, **definition})
        return name

    def runs(self, job: str) -> list[dict[str, Any]]:
        return list(self.aws.glue.get_job_runs(JobName=job)["JobRuns"])

    def all_three(self, job: str, meanwhile: Callable[[], None] = lambda: None, **arguments: Any) -> Answers:
        """Operator, operator that only starts, and sensor on the run that the latter has started."""
        waited = _while(lambda: self.provider.operator(job_name=job, **arguments), meanwhile)
        started = self.provider.operator(job_name=job, wait_for_completion=False, **arguments)
        answers = {"operator": waited, "starts only": started}
        if started["outcome"] == "success":
            answers["sensor"] = _while(lambda: self.provider.sensor(job_name=job, run_id=started["value"]), meanwhile)
        return answers

    def stop_the_run(self, job: str) -> None:
        """Once it runs."""
        running = wait_until(lambda: [run for run in self.runs(job) if run["JobRunState"] == "RUNNING"], 30, "RUNNING")
        assert running
        self.aws.glue.batch_stop_job_run(JobName=job, JobRunIds=[running[0]["Id"]])

    def said(self, job: str) -> str:
        """What Glue says of the newest run: state and message."""
        run = self.runs(job)[0]
        message = f": `{outcomes_page.neutral(run['ErrorMessage'])}`" if run.get("ErrorMessage") else ""
        return run["JobRunState"] + message


def _while(question: Callable[[], Answers], meanwhile: Callable[[], None]) -> Answers:
    helper = threading.Thread(target=meanwhile, daemon=True)
    helper.start()
    answer = question()
    helper.join(60)
    return answer


@pytest.fixture(scope="module")
def observer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observer]:
    with prepared(LocalStack(tmp_path_factory.mktemp("outcomes"), GLUE_MINUTE_SECONDS="1")) as localstack:
        with Provider(VENVS / "airflow/bin/python", localstack.endpoint) as provider:
            observer = Observer(localstack, provider)
            observer.aws.s3.create_bucket(Bucket=BUCKET)
            observer.aws.s3.create_bucket(Bucket="artifacts")
            trust = json.dumps({"Version": "2012-10-17", "Statement": []})
            localstack.client("iam").create_role(RoleName="glue", AssumeRolePolicyDocument=trust)
            yield observer
        localstack.stop()


@pytest.fixture(scope="module")
def ends(observer: Observer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    rows = {}

    def row(key: str, title: str, job: str, answers: Answers, how: str = "real") -> None:
        rows[key] = Row(title, how, answers, observer.said(job))

    job = observer.job("succeeds", OK)
    row("SUCCEEDED", "the script ends", job, observer.all_three(job))
    job = observer.job("fails", FAILING)
    row("FAILED", "the script raises an exception", job, observer.all_three(job))
    job = observer.job("script_missing", None)
    row("script", "the script is not in S3", job, observer.all_three(job))
    job = observer.job("too_slow", FOREVER, Timeout=1)
    row("TIMEOUT", "the script takes longer than the job's Timeout", job, observer.all_three(job))
    job = observer.job("stopped", FOREVER)
    row("STOPPED", "somebody stops the run", job, observer.all_three(job, lambda: observer.stop_the_run("stopped")))
    rows["ERROR"] = errored(observer)
    rows["WAITING"] = queued(observer)
    rows["EXPIRED"] = expired(tmp_path_factory)
    return rows


def queued(observer: Observer) -> Row:
    """A minute lasts a second here, so a run may wait in line for 15 s."""
    job = observer.job("queued", FOREVER, JobRunQueuingEnabled=True)
    busy = observer.aws.start(job)
    answers = observer.all_three(job)
    said = observer.said(job)
    waiting = [run["Id"] for run in observer.runs(job) if run["Id"] != busy]
    observer.aws.glue.batch_stop_job_run(JobName=job, JobRunIds=[busy, *waiting])
    for run_id in (busy, *waiting):
        observer.aws.ended(job, run_id)
    return Row("the run is queued (for 15 minutes at most, then FAILED)", "real", answers, said)


def errored(observer: Observer) -> Row:
    """The one way into ERROR that AWS documents."""
    job = observer.job("deleted_too_early", OK)
    glue = observer.aws.glue
    glue.create_workflow(Name="nightly")
    glue.create_trigger(Name="first", Type="ON_DEMAND", Actions=[{"JobName": job}], WorkflowName="nightly")
    glue.delete_job(JobName=job)
    glue.start_workflow_run(Name="nightly")
    run = wait_until(lambda: observer.runs(job), 30, "a run")[0]
    return Row(
        "a workflow starts a job that was deleted", "real", _waited_for(observer, job, run["Id"]), observer.said(job)
    )


def expired(tmp_path_factory: pytest.TempPathFactory) -> Row:
    """The state is written over that of a run which really ran; a LocalStack finds it when it starts."""
    localstack = prepared(LocalStack(tmp_path_factory.mktemp("expired")))
    with localstack, Provider(VENVS / "airflow/bin/python", localstack.endpoint) as provider:
        observer = Observer(localstack, provider)
        observer.aws.s3.create_bucket(Bucket=BUCKET)
        job = observer.job("flexible", OK)
        run_id = observer.aws.start(job)
        observer.aws.ended(job, run_id)
        localstack.stop()  # in good order, so that S3 keeps what it has
        record = observer.aws.folder(run_id) / "run.json"
        content = json.loads(record.read_text())
        content["JobRun"]["JobRunState"] = "EXPIRED"
        record.write_text(json.dumps(content))
        localstack.start()
        title = "a run of class FLEX finds no capacity in time"
        return Row(title, "found", _waited_for(observer, job, run_id), observer.said(job))


def _waited_for(observer: Observer, job: str, run_id: str) -> Answers:
    """Somebody else started the run; the operator can but wait for it."""
    wait = {"job_name": job, "run_id": run_id}
    return {"operator": observer.provider.waits(**wait), "sensor": observer.provider.sensor(**wait)}


@pytest.fixture(scope="module")
def around(observer: Observer) -> dict[str, Row]:
    provider, rows = observer.provider, {}
    rows["no job"] = Row(
        "the job does not exist", "no run", {
            "operator": provider.operator(job_name="nowhere"),
            "starts only": provider.operator(job_name="nowhere", wait_for_completion=False),
            "sensor": provider.sensor(job_name="nowhere", run_id="jr_unknown"),
        },
    )  # fmt: skip
    job = observer.job("runs_once", OK)
    rows["no run"] = Row(
        "the job has no such run", "no run", {"sensor": provider.sensor(job_name=job, run_id="jr_unknown")}
    )
    rows["None"] = Row("`run_id` is None", "no run", {"sensor": provider.sensor(job_name=job, run_id=None)})
    creating = {"s3_bucket": "artifacts", "iam_role_name": "glue", "script_location": f"s3://{BUCKET}/succeeds.py"}
    rows["retry_limit"] = Row(
        "the job does not exist, and the operator creates it; `retry_limit` not given", "no run",
        {"operator": provider.operator(job_name="created_not", **creating)},
    )  # fmt: skip
    answers = observer.all_three("created", retry_limit=0, **creating)
    rows["created"] = Row("the same with `retry_limit=0`", "real", answers, observer.said("created"))
    rows["int"] = Row(
        '`script_args={"--limit": 5}`', "no run",
        {"operator": provider.operator(job_name=job, script_args={"--limit": 5})},
    )  # fmt: skip
    rows["region"] = other_region(observer)
    rows["concurrent"] = concurrent(observer)
    job = observer.job("second_time", SECOND_TIME, MaxRetries=1)
    answers = {"operator": provider.operator(job_name=job, retry_limit=1)}
    first = wait_until(lambda: [r["Id"] for r in observer.runs(job) if "PreviousRunId" not in r], 30, "the first run")[
        0
    ]
    observer.aws.ended(job, f"{first}_attempt_1", 60)
    answers["sensor"] = provider.sensor(job_name=job, run_id=first)
    states = ", ".join(f"attempt {run['Attempt']} {run['JobRunState']}" for run in reversed(observer.runs(job)))
    rows["retried"] = Row("`MaxRetries` 1, and the retry succeeds", "real", answers, states)
    return rows


def other_region(observer: Observer) -> Row:
    elsewhere = observer.localstack.client("glue", region_name="eu-west-1")
    s3 = observer.localstack.client("s3")
    s3.put_object(Bucket=BUCKET, Key="abroad.py", Body=OK.encode())
    command = {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": f"s3://{BUCKET}/abroad.py"}
    elsewhere.create_job(Name="abroad", Role="role", Command=command, Timeout=300)
    provider, arguments = observer.provider, {"job_name": "abroad", "region_name": "eu-west-1"}
    started = provider.operator(wait_for_completion=False, **arguments)
    answers = {
        "operator": provider.operator(**arguments) if ended(elsewhere, "abroad", started["value"]) else None,
        "starts only": started,
        "sensor": provider.sensor(job_name="abroad", run_id=started["value"]),
    }
    return Row(
        "the job is in another region than the connection; operator with `region_name`",
        "real",
        answers,
        "SUCCEEDED, there",
    )


def ended(glue: Any, job: str, run_id: str) -> bool:
    state = lambda: glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]["JobRunState"]  # noqa: E731
    wait_until(lambda: state() == "SUCCEEDED", 30, "SUCCEEDED")
    return True


def concurrent(observer: Observer) -> Row:
    job = observer.job("one_at_a_time", FOREVER)
    first = observer.aws.start(job)
    answers = {
        "operator": observer.provider.operator(job_name=job),
        "starts only": observer.provider.operator(job_name=job, wait_for_completion=False),
    }
    observer.aws.glue.batch_stop_job_run(JobName=job, JobRunIds=[first])
    observer.aws.ended(job, first)
    return Row("another run of the job is at work, and `MaxConcurrentRuns` is 1", "real", answers)


def outcomes(row: Row) -> list[str]:
    return [row.answers[column]["outcome"] for column in outcomes_page.COLUMNS if column in row.answers]


@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        ("SUCCEEDED", ["success", "success", "success"]),
        ("FAILED", ["raises", "success", "raises"]),
        ("script", ["raises", "success", "raises"]),
        ("TIMEOUT", ["raises", "success", "raises"]),
        ("STOPPED", ["success", "success", "raises"]),
        ("ERROR", ["asks", "asks"]),
        ("WAITING", ["asks", "success", "asks"]),
        ("EXPIRED", ["asks", "asks"]),
    ],
)
def test_outcomes_of_each_end_of_a_run(ends: dict[str, Row], state: str, wanted: list[str]) -> None:
    assert outcomes(ends[state]) == wanted, ends[state]


@pytest.mark.parametrize(
    ("what", "wanted"),
    [
        ("no job", ["raises", "raises", "raises"]),
        ("no run", ["raises"]),
        ("None", ["raises"]),
        ("retry_limit", ["raises"]),
        ("created", ["success", "success", "success"]),
        ("int", ["raises"]),
        ("region", ["success", "success", "raises"]),
        ("concurrent", ["raises", "raises"]),
        ("retried", ["raises", "raises"]),
    ],
)
def test_outcomes_around_a_run(around: dict[str, Row], what: str, wanted: list[str]) -> None:
    assert outcomes(around[what]) == wanted, around[what]


def test_the_page_of_outcomes_says_what_was_observed(ends: dict[str, Row], around: dict[str, Row]) -> None:
    observed = outcomes_page.write_up(list(ends.values()), list(around.values()))
    if os.environ.get("UPDATE_DOCS") == "1":
        outcomes_page.PAGE.write_text(observed, encoding="utf-8")
    assert outcomes_page.PAGE.read_text(encoding="utf-8") == observed, "UPDATE_DOCS=1 writes the page anew"

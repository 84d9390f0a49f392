"""The pages at the AWS endpoint that show Glue's runs: to browsers as HTML, to programs as JSON."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.glue.service.conftest import FOREVER, Account
from tests.support.localstack import LocalStack

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
HOSTILE = "<script>alert('x')</script>\"'&"


class Page(HTMLParser):
    """What a browser would make of a page: tags, addresses, text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action")]
        assert not [name for name, _ in attrs if name.startswith("on")], attrs

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


def get(localstack: LocalStack, path: str, headers: dict[str, str] | None = None) -> tuple[int, Any, str]:
    """(status, headers, body)"""
    request = urllib.request.Request(localstack.endpoint + path, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers, refusal.read().decode()


def page(localstack: LocalStack, path: str) -> Page:
    status, headers, body = get(localstack, path, BROWSER)
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    return Page(body)


def test_a_run_is_listed_and_shown_with_how_it_ran_its_arguments_and_its_output(aws: Account) -> None:
    name = aws.job("import sys; print('to stdout'); print('to stderr', file=sys.stderr)", DefaultArguments={"--b": "2"})
    run_id = aws.start(name, Arguments={"--a": "1"})
    aws.ended(name, run_id)

    shown = aws.localstack.get(f"/_aws/glue/runs/{run_id}")
    assert shown["JobRun"]["Id"] == run_id and shown["JobRun"]["JobRunState"] == "SUCCEEDED"
    assert (shown["Provenance"], shown["Account"], shown["Region"]) == ("real", "000000000000", "us-east-1")
    assert shown["Arguments"] == {"--a": "1", "--b": "2"}
    assert shown["Logs"]["output"] == {
        "LogGroup": "/aws-glue/python-jobs/output", "LogStream": run_id, "Bytes": 10, "Tail": "to stdout\n",
    }  # fmt: skip
    assert shown["Logs"]["error"]["Tail"] == "to stderr\n"

    [listed] = aws.localstack.get(f"/_aws/glue?job={name}")["Runs"]
    assert (listed["Id"], listed["JobRunState"], listed["Provenance"]) == (run_id, "SUCCEEDED", "real")
    assert f"/_aws/glue/runs/{run_id}" in page(aws.localstack, f"/_aws/glue?job={name}").addresses
    seen = page(aws.localstack, f"/_aws/glue/runs/{run_id}")
    for text in (name, run_id, "SUCCEEDED", "real", "--a", "to stdout", "to stderr"):
        assert text in seen.text


def test_a_browser_gets_html_unless_it_asks_for_json_and_everybody_else_json(aws: Account) -> None:
    for headers, query, kind in (
        (BROWSER, "", "text/html; charset=utf-8"),
        (BROWSER, "?format=json", "application/json"),
        ({}, "", "application/json"),
        ({"Accept": "application/json"}, "", "application/json"),
    ):
        assert get(aws.localstack, "/_aws/glue" + query, headers)[1]["Content-Type"] == kind


def test_what_a_run_says_stays_text(aws: Account) -> None:
    name = aws.job(f"import sys; print({HOSTILE!r}); raise Exception({HOSTILE!r})", Description=HOSTILE)
    run_id = aws.start(name, Arguments={f"--{HOSTILE}": HOSTILE})
    aws.ended(name, run_id)
    for path in (
        f"/_aws/glue/runs/{run_id}",
        f"/_aws/glue?job={name}",
        f"/_aws/glue?job={urllib.request.quote(HOSTILE)}",
    ):
        seen = page(aws.localstack, path)
        assert "script" not in seen.tags and HOSTILE in seen.text, path
        assert [one for one in seen.addresses if not re.match(r"^(/_aws/glue|\?)", one)] == []


def test_a_run_in_progress_reloads_itself_and_one_that_has_ended_does_not(aws: Account) -> None:
    name = aws.job(FOREVER)
    run_id = aws.start(name)
    aws.up(name, run_id)
    assert "meta" in page(aws.localstack, f"/_aws/glue/runs/{run_id}").tags
    assert 'http-equiv="refresh"' in get(aws.localstack, f"/_aws/glue/runs/{run_id}", BROWSER)[2]
    aws.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])
    aws.ended(name, run_id)
    assert 'http-equiv="refresh"' not in get(aws.localstack, f"/_aws/glue/runs/{run_id}", BROWSER)[2]


def test_attempts_lead_to_one_another(aws: Account) -> None:
    name = aws.job("raise SystemExit(3)", MaxRetries=1)
    first = aws.start(name)
    aws.ended(name, first)
    second = f"{first}_attempt_1"
    aws.ended(name, second)
    assert f"/_aws/glue/runs/{second}" in page(aws.localstack, f"/_aws/glue/runs/{first}").addresses
    assert f"/_aws/glue/runs/{first}" in page(aws.localstack, f"/_aws/glue/runs/{second}").addresses
    assert aws.localstack.get(f"/_aws/glue/runs/{first}")["RetriedAs"] == second


@pytest.mark.parametrize("run_id", ["jr_unknown", "..%2F..%2Fsecrets.env", "%3Cscript%3E"])
def test_a_run_that_is_not_there(aws: Account, run_id: str) -> None:
    status, _, body = get(aws.localstack, f"/_aws/glue/runs/{run_id}")
    assert status == 404 and "There is no job run" in json.loads(body)["Message"]
    status, _, body = get(aws.localstack, f"/_aws/glue/runs/{run_id}", BROWSER)
    assert status == 404 and "No such run" in Page(body).text and "script" not in Page(body).tags


@pytest.mark.parametrize("query", ["page=0", "page=-3", "page=x", "page=nan", "page=9999999", "started_from=inf"])
def test_a_query_that_makes_no_sense_gets_a_page_that_exists(aws: Account, query: str) -> None:
    listed = aws.localstack.get(f"/_aws/glue?{query}")
    assert 1 <= listed["Page"] <= listed["Pages"]


def test_five_thousand_runs_come_in_pages_newest_first_and_quickly(new_localstack) -> None:
    own = new_localstack(start=False)
    total, begin = 5000, time.time() - 100_000
    for number in range(total):
        ended_run(
            own, f"jr_{number:04d}", begin + number, f"job-{number % 7}", "FAILED" if number % 10 == 0 else "SUCCEEDED"
        )
    own.start()
    listed = own.get("/_aws/glue")
    assert (listed["Total"], listed["Page"], listed["Pages"], len(listed["Runs"])) == (total, 1, 100, 50)
    assert [run["Id"] for run in listed["Runs"][:2]] == ["jr_4999", "jr_4998"]
    assert own.get("/_aws/glue?page=100")["Runs"][-1]["Id"] == "jr_0000"
    assert own.get("/_aws/glue?state=FAILED")["Total"] == total / 10
    within = own.get(f"/_aws/glue?started_from={begin + 10}&started_until={begin + 12}")
    assert [run["Id"] for run in within["Runs"]] == ["jr_0012", "jr_0011", "jr_0010"]

    assert {run["Provenance"] for run in listed["Runs"]} == {"unknown"}  # as an earlier version has kept them
    assert "unknown" in own.client("glue").get_job_run(JobName="job-0", RunId="jr_0000")["JobRun"]["StateDetail"]

    older = page(own, "/_aws/glue?state=FAILED&page=2")
    assert "page 2 of 10" in older.text and "/_aws/glue?state=FAILED&page=3" in older.addresses
    begun = time.monotonic()
    body = get(own, "/_aws/glue", BROWSER)[2]
    assert time.monotonic() - begun < 1 and len(body) < 100_000


def ended_run(localstack: LocalStack, run_id: str, started: float, job: str, state: str) -> None:
    """A run as an earlier LocalStack has left it."""
    folder = localstack.state / "glue" / "runs" / run_id
    folder.mkdir(parents=True)
    record = {
        "Id": run_id, "Attempt": 0, "JobName": job, "StartedOn": started, "LastModifiedOn": started + 5,
        "CompletedOn": started + 5, "ExecutionTime": 5, "JobRunState": state, "PredecessorRuns": [], "Timeout": 10,
        "LogGroupName": "/aws-glue/python-jobs",
    }  # fmt: skip
    local = {"Account": "000000000000", "Region": "us-east-1", "Command": {}, "Arguments": {}, "MaxRetries": 0}
    (folder / "run.json").write_text(json.dumps({"JobRun": record, "Local": {**local, "Process": None}}))

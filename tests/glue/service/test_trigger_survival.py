"""Workflows and triggers, and the end of LocalStack: SIGKILL, then an orderly stop, of one instance that is the module's
own."""

from __future__ import annotations

import pytest

from tests.glue.contract.crawling import PEOPLE, Crawling
from tests.glue.contract.test_triggers import OK, create, get, runs
from tests.glue.contract.test_workflows import chain, counts, crawled, over, run_of, workflow
from tests.glue.service.conftest import FOREVER, Account, processes
from tests.support.polling import wait_until

WAIT = "import os, time\nprint('up', flush=True)\nwhile not os.path.exists('{}'): time.sleep(0.02)\n"


def first_run(aws, job):
    (run,) = runs(aws, job)
    return run


def pair(aws, script):
    """Two jobs outside workflows, the second started when the first has succeeded, which has been started."""
    first, second = aws.job(script), aws.job(OK)
    create(aws, "CONDITIONAL", [second], [(first, "SUCCEEDED")], StartOnCreation=True)
    aws.glue.start_trigger(Name=create(aws, start=[first]))
    return first, second


class Story:
    """A job of a workflow and one of a pair of triggers end while LocalStack is gone; other ones go on."""

    def __init__(self, aws: Account) -> None:
        state = aws.localstack.state
        meanwhile, self.later = WAIT.format(state / "meanwhile"), state / "later"
        self.workflows = [chain(aws, script, OK) for script in (meanwhile, WAIT.format(self.later))]
        self.runs = [aws.glue.start_workflow_run(Name=name)["RunId"] for name, _, _ in self.workflows]
        self.pair = pair(aws, meanwhile)
        firsts = [self.workflows[0][1][0], self.workflows[1][1][0], self.pair[0]]
        for job in firsts:
            aws.up(job, first_run(aws, job)["Id"])
        gone = [first_run(aws, job)["Id"] for job in (firsts[0], firsts[2])]
        aws.settle()
        aws.localstack.crash()
        (state / "meanwhile").touch()
        wait_until(lambda: not any(processes(run_id) for run_id in gone), 20, "two jobs end")
        aws.localstack.start()
        self.aws = Account(aws.localstack)


@pytest.fixture(scope="module")
def story(own_aws):
    return Story(own_aws)


def test_a_workflow_goes_on_after_a_job_that_ended_meanwhile(story):
    name, (first, second), (_, after) = story.workflows[0]
    run = over(story.aws, name, story.runs[0])
    assert (run["Status"], counts(run)) == ("COMPLETED", {"Total": 2, "Succeeded": 2})
    found = first_run(story.aws, second)
    assert found["TriggerName"] == after
    assert found["PredecessorRuns"] == [{"JobName": first, "RunId": first_run(story.aws, first)["Id"]}]


def test_a_trigger_fires_for_a_job_that_ended_meanwhile(story):
    first, second = story.pair
    wait_until(lambda: runs(story.aws, second), 30, "the trigger fires")
    story.aws.ended(second, first_run(story.aws, second)["Id"])
    assert first_run(story.aws, second)["PredecessorRuns"] == [
        {"JobName": first, "RunId": first_run(story.aws, first)["Id"]}
    ]


def test_a_workflow_goes_on_after_a_job_that_outlived_the_restart(story):
    name, (_, second), _ = story.workflows[1]
    assert run_of(story.aws, name, story.runs[1])["Status"] == "RUNNING"
    assert runs(story.aws, second) == []
    story.later.touch()
    assert counts(over(story.aws, name, story.runs[1])) == {"Total": 2, "Succeeded": 2}


def test_nothing_fires_again_after_another_sigkill(story):
    before = {name: over(story.aws, name, run_id) for (name, _, _), run_id in zip(story.workflows, story.runs)}
    story.aws.localstack.crash()
    story.aws.localstack.start()
    story.aws = aws = Account(story.aws.localstack)
    probe, after = pair(aws, OK)  # by the time this one has fired, others would have
    wait_until(lambda: runs(aws, after), 30, "a trigger fires")
    for job in [*story.workflows[0][1], *story.workflows[1][1], *story.pair, probe, after]:
        assert len(runs(aws, job)) == 1
    for (name, _, triggers), run_id in zip(story.workflows, story.runs):
        assert run_of(aws, name, run_id) == before[name]
        assert [get(aws, trigger)["State"] for trigger in triggers] == ["CREATED", "ACTIVATED"]


def test_an_orderly_stop_fails_the_job_and_the_workflow_goes_on_from_there(story):
    name, (first, second), _ = chain(story.aws, FOREVER, OK)
    mend = story.aws.job(OK)
    create(story.aws, "CONDITIONAL", [mend], [(first, "FAILED")], WorkflowName=name, StartOnCreation=True)
    run_id = story.aws.glue.start_workflow_run(Name=name)["RunId"]
    story.aws.up(first, first_run(story.aws, first)["Id"])
    story.aws.localstack.stop()
    story.aws.localstack.start()
    aws = Account(story.aws.localstack)
    run = over(aws, name, run_id)
    assert (run["Status"], counts(run)) == ("COMPLETED", {"Total": 3, "Succeeded": 1, "Failed": 1})
    assert runs(aws, second) == []
    assert first_run(aws, mend)["JobRunState"] == "SUCCEEDED"


@pytest.mark.parametrize("how", ["crash", "stop"])
def test_a_workflow_hears_of_a_crawl_that_ended_with_localstack(story, how):
    aws = Account(story.aws.localstack)
    crawling = Crawling(aws)
    job = aws.job(OK)
    crawling.files({f"in/{at}/x.csv": PEOPLE for at in range(600)})
    crawler, name = crawling.crawler("in"), workflow(aws)
    create(aws, Actions=[{"CrawlerName": crawler}], WorkflowName=name)
    create(aws, "CONDITIONAL", [job], Predicate=crawled(crawler, "FAILED"), WorkflowName=name, StartOnCreation=True)
    aws.settle()
    run_id = aws.glue.start_workflow_run(Name=name)["RunId"]
    assert counts(run_of(aws, name, run_id)) == {"Total": 2, "Running": 1}
    getattr(story.aws.localstack, how)()
    story.aws.localstack.start()
    aws = Account(story.aws.localstack)
    assert counts(over(aws, name, run_id)) == {"Total": 2, "Succeeded": 1, "Failed": 1}
    assert len(runs(aws, job)) == 1

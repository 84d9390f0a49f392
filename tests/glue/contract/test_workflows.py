"""Workflows: definitions, runs, graphs, statistics, stop and resume, with job runs that are real."""

from __future__ import annotations

import re
import uuid

import pytest

from tests.glue.contract.conftest import new_model, refused
from tests.glue.contract.crawling import PEOPLE, Crawling
from tests.glue.contract.test_triggers import OK, create, ended, fresh, get, runs
from tests.glue.service.conftest import FOREVER
from tests.support.polling import wait_until

BAD = "raise ValueError('no')"


def workflow(api, **definition):
    name = fresh("workflow")
    assert api.glue.create_workflow(Name=name, **definition)["Name"] == name
    return name


def chain(api, *scripts, **definition):
    """A workflow of jobs, each started when the one before has succeeded: its name, the jobs, the triggers."""
    name, jobs = workflow(api, **definition), [api.job(script) for script in scripts]
    triggers = [create(api, start=[jobs[0]], WorkflowName=name)]
    for before, job in zip(jobs, jobs[1:]):
        triggers.append(
            create(api, "CONDITIONAL", [job], [(before, "SUCCEEDED")], WorkflowName=name, StartOnCreation=True)
        )
    return name, jobs, triggers


def run_of(api, name, run_id, **options):
    return api.glue.get_workflow_run(Name=name, RunId=run_id, **options)["Run"]


def over(api, name, run_id, **options):
    """The workflow run, when it has ended."""

    def found():
        run = run_of(api, name, run_id, **options)
        return run if run["Status"] not in ("RUNNING", "STOPPING") else None

    return wait_until(found, 60, f"workflow run {run_id} ends")


def counts(run):
    """What is not zero in the statistics."""
    return {key.removesuffix("Actions"): count for key, count in run["Statistics"].items() if count}


def nodes(run):
    return {node["Name"]: node for node in run["Graph"]["Nodes"]}


def test_a_workflow_has_the_shape_of_aws(api):
    name = workflow(api, Description="what for", DefaultRunProperties={"a": "1"}, MaxConcurrentRuns=2)
    found = api.glue.get_workflow(Name=name)["Workflow"]
    created, modified = found.pop("CreatedOn"), found.pop("LastModifiedOn")
    assert created.tzinfo and created == modified
    properties = {"DefaultRunProperties": {"a": "1"}, "MaxConcurrentRuns": 2}
    assert found == {"Name": name, "Description": "what for", **properties}
    assert api.glue.update_workflow(Name=name, Description="new")["Name"] == name
    changed = api.glue.get_workflow(Name=name)["Workflow"]
    assert changed["Description"] == "new" and changed["LastModifiedOn"] > created
    assert {key: changed[key] for key in properties} == properties
    with refused("AlreadyExistsException"):
        api.glue.create_workflow(Name=name)
    with refused("InvalidInputException"):
        api.glue.update_workflow(Name=name, MaxConcurrentRuns=0)


def test_workflows_that_are_not_there(api):
    name, text = workflow(api), "Entity not found"
    calls = [
        lambda: api.glue.get_workflow(Name="none"),
        lambda: api.glue.update_workflow(Name="none"),
        lambda: api.glue.start_workflow_run(Name="none"),
        lambda: api.glue.get_workflow_runs(Name="none"),
        lambda: api.glue.get_workflow_run(Name=name, RunId="wr_none"),
        lambda: api.glue.stop_workflow_run(Name=name, RunId="wr_none"),
        lambda: api.glue.resume_workflow_run(Name=name, RunId="wr_none", NodeIds=["n"]),
        lambda: api.glue.get_workflow_run_properties(Name=name, RunId="wr_none"),
        lambda: api.glue.put_workflow_run_properties(Name=name, RunId="wr_none", RunProperties={}),
    ]
    for call in calls:
        with refused("EntityNotFoundException", text):
            call()
    assert api.glue.delete_workflow(Name="none")["Name"] == "none"


def test_workflows_are_listed_and_tagged(api):
    names = sorted(workflow(api, Tags={"a": "1"}) for _ in range(2))
    listed, token = [], {}
    while token is not None:
        page = api.glue.list_workflows(MaxResults=25, **token)
        listed += page["Workflows"]
        token = {"NextToken": page["NextToken"]} if page.get("NextToken") else None
    assert set(names) <= set(listed) and listed == sorted(listed)
    found = api.glue.batch_get_workflows(Names=[names[0], "none"])
    assert ([each["Name"] for each in found["Workflows"]], found["MissingWorkflows"]) == ([names[0]], ["none"])
    arn = f"arn:aws:glue:us-east-1:000000000000:workflow/{names[0]}"
    api.glue.tag_resource(ResourceArn=arn, TagsToAdd={"b": "2"})
    assert api.glue.get_tags(ResourceArn=arn)["Tags"] == {"a": "1", "b": "2"}


def test_only_one_starting_trigger(api):
    name, jobs, _ = chain(api, OK)
    with refused("InvalidInputException"):
        create(api, "SCHEDULED", [jobs[0]], Schedule="cron(0 0 1 1 ? 2199)", WorkflowName=name)


def test_a_run_from_start_to_end(api):
    name, (first, second), (start, after) = chain(api, "import sys; print(sys.argv[1:])", OK)
    run_id = api.glue.start_workflow_run(Name=name)["RunId"]
    assert re.fullmatch(r"wr_[0-9a-f]{64}", run_id)
    run = over(api, name, run_id)
    assert (run["Name"], run["WorkflowRunId"], run["Status"]) == (name, run_id, "COMPLETED")
    assert run["CompletedOn"] >= run["StartedOn"]
    assert "Graph" not in run and "PreviousRunId" not in run
    assert counts(run) == {"Total": 2, "Succeeded": 2}
    (one,), (two,) = runs(api, first), runs(api, second)
    assert (one["TriggerName"], one["PredecessorRuns"]) == (start, [])
    assert (two["TriggerName"], two["PredecessorRuns"]) == (after, [{"JobName": first, "RunId": one["Id"]}])
    # The script gets them, the record does not show them.
    assert api.lines(one["Id"]) == [str(["--WORKFLOW_NAME", name, "--WORKFLOW_RUN_ID", run_id])]
    assert "Arguments" not in one
    last = api.glue.get_workflow(Name=name)["Workflow"]["LastRun"]
    assert last == run
    assert api.glue.get_workflow_runs(Name=name)["Runs"] == [run]


def test_the_graph(api):
    name, (first, second), (start, after) = chain(api, BAD, OK)
    static = api.glue.get_workflow(Name=name, IncludeGraph=True)["Workflow"]
    ids = {key: node["UniqueId"] for key, node in nodes(static).items()}
    assert all(re.fullmatch(r"wnode_[0-9a-f]{64}", each) for each in ids.values())
    assert {key: node["Type"] for key, node in nodes(static).items()} == {
        start: "TRIGGER",
        first: "JOB",
        after: "TRIGGER",
        second: "JOB",
    }
    edges = {(edge["SourceId"], edge["DestinationId"]) for edge in static["Graph"]["Edges"]}
    assert edges == {(ids[start], ids[first]), (ids[first], ids[after]), (ids[after], ids[second])}
    assert nodes(static)[after]["TriggerDetails"]["Trigger"] == get(api, after)
    run = over(api, name, api.glue.start_workflow_run(Name=name)["RunId"], IncludeGraph=True)
    assert counts(run) == {"Total": 2, "Failed": 1}
    assert {key: node["UniqueId"] for key, node in nodes(run).items()} == ids
    assert nodes(run)[first]["JobDetails"]["JobRuns"] == runs(api, first)
    assert not nodes(run)[second].get("JobDetails")


def test_run_properties(api):
    script = (
        "import boto3, sys\nargs = dict(zip(sys.argv[1::2], sys.argv[2::2]))\n"
        "run = {'Name': args['--WORKFLOW_NAME'], 'RunId': args['--WORKFLOW_RUN_ID']}\nglue = boto3.client('glue')\n"
        "found = glue.get_workflow_run_properties(**run)['RunProperties']\n"
        "glue.put_workflow_run_properties(RunProperties={'seen': found['a'], 'a': 'by the job'}, **run)\n"
    )
    name, _, _ = chain(api, script, DefaultRunProperties={"a": "1", "b": "2"})
    run_id = api.glue.start_workflow_run(Name=name)["RunId"]
    run = over(api, name, run_id)
    assert counts(run) == {"Total": 1, "Succeeded": 1}
    wanted = {"a": "by the job", "b": "2", "seen": "1"}
    assert run["WorkflowRunProperties"] == wanted
    assert api.glue.get_workflow_run_properties(Name=name, RunId=run_id)["RunProperties"] == wanted
    assert api.glue.get_workflow(Name=name)["Workflow"]["DefaultRunProperties"] == {"a": "1", "b": "2"}


@new_model
def test_run_properties_of_one_run(api):
    name = workflow(api, DefaultRunProperties={"a": "1", "b": "2"})
    run_id = api.glue.start_workflow_run(Name=name, RunProperties={"a": "mine"})["RunId"]
    assert run_of(api, name, run_id)["WorkflowRunProperties"] == {"a": "mine", "b": "2"}


def test_a_workflow_without_triggers_completes_at_once(api):
    name = workflow(api)
    run = run_of(api, name, api.glue.start_workflow_run(Name=name)["RunId"])
    assert run["Status"] == "COMPLETED" and counts(run) == {}


def test_stop_ends_the_jobs_and_starts_no_more(api):
    name, (first, second), _ = chain(api, FOREVER, OK)
    after = api.job(OK)
    create(api, "CONDITIONAL", [after], [(first, "STOPPED")], WorkflowName=name, StartOnCreation=True)
    run_id = api.glue.start_workflow_run(Name=name)["RunId"]
    (run,) = runs(api, first)
    api.up(first, run["Id"])
    assert counts(run_of(api, name, run_id)) == {"Total": 3, "Running": 1}
    api.glue.stop_workflow_run(Name=name, RunId=run_id)
    stopped = over(api, name, run_id)
    assert (stopped["Status"], counts(stopped)) == ("STOPPED", {"Total": 3, "Stopped": 1})
    assert runs(api, first)[0]["JobRunState"] == "STOPPED"
    assert runs(api, second) == runs(api, after) == []
    with refused("IllegalWorkflowStateException"):
        api.glue.stop_workflow_run(Name=name, RunId=run_id)
    with refused("IllegalWorkflowStateException"):
        api.glue.resume_workflow_run(Name=name, RunId=run_id, NodeIds=["wnode_1"])


def test_concurrent_runs(api):
    name, (job,), _ = chain(api, FOREVER, MaxConcurrentRuns=1)
    run_id = api.glue.start_workflow_run(Name=name)["RunId"]
    with refused("ConcurrentRunsExceededException", f"Concurrent runs exceeded for workflow: {name}."):
        api.glue.start_workflow_run(Name=name)
    with refused("ConcurrentRunsExceededException"):
        api.glue.start_trigger(Name=runs(api, job)[0]["TriggerName"])
    api.glue.stop_workflow_run(Name=name, RunId=run_id)
    over(api, name, run_id)
    second = api.glue.start_workflow_run(Name=name)["RunId"]
    api.glue.stop_workflow_run(Name=name, RunId=second)
    over(api, name, second)
    assert [run["WorkflowRunId"] for run in api.glue.get_workflow_runs(Name=name)["Runs"]] == [second, run_id]
    page = api.glue.get_workflow_runs(Name=name, MaxResults=1)
    rest = api.glue.get_workflow_runs(Name=name, MaxResults=1, NextToken=page["NextToken"])
    assert [run["WorkflowRunId"] for run in page["Runs"] + rest["Runs"]] == [second, run_id]


def test_a_schedule_starts_runs_and_notes_one_too_many(api):
    name, job = workflow(api, MaxConcurrentRuns=1), api.job(FOREVER)
    trigger = create(
        api, "SCHEDULED", [job], Schedule="cron(0/5 * * * ? *)", StartOnCreation=True, WorkflowName=name
    )  # minutes last a second

    def statuses():
        return [run["Status"] for run in reversed(api.glue.get_workflow_runs(Name=name)["Runs"])]

    wait_until(lambda: statuses()[:2] == ["RUNNING", "ERROR"], 60, "two due times")
    api.glue.stop_trigger(Name=trigger)
    *_, error, running = api.glue.get_workflow_runs(Name=name)["Runs"]
    assert error["ErrorMessage"] == f"Concurrent runs exceeded for workflow: {name}."
    assert counts(error) == {"Total": 1}
    api.glue.stop_workflow_run(Name=name, RunId=running["WorkflowRunId"])
    assert over(api, name, running["WorkflowRunId"])["Status"] == "STOPPED"


def test_a_job_that_cannot_be_started_is_a_run_that_failed(api):
    busy = api.job(FOREVER)
    other = api.start(busy)
    name, beside, after = workflow(api), api.job(OK), api.job(OK)
    trigger = create(api, start=[busy, beside], WorkflowName=name)
    create(api, "CONDITIONAL", [after], [(busy, "FAILED")], WorkflowName=name, StartOnCreation=True)
    api.glue.start_trigger(Name=trigger)  # on demand: a run of the workflow
    (run,) = api.glue.get_workflow_runs(Name=name)["Runs"]
    run = over(api, name, run["WorkflowRunId"], IncludeGraph=True)
    assert counts(run) == {"Total": 3, "Succeeded": 2, "Failed": 1}
    (shown,) = nodes(run)[busy]["JobDetails"]["JobRuns"]
    assert (shown["JobRunState"], shown["ErrorMessage"]) == ("FAILED", f"Concurrent runs exceeded for {busy}")
    assert shown["TriggerName"] == trigger
    assert api.run(busy, shown["Id"]) == shown
    assert runs(api, after)[0]["PredecessorRuns"] == [{"JobName": busy, "RunId": shown["Id"]}]
    api.glue.batch_stop_job_run(JobName=busy, JobRunIds=[other])
    api.ended(busy, other)


@new_model
def test_a_job_that_is_gone_is_a_run_in_error(api):
    name, (job,), _ = chain(api, OK)
    api.glue.delete_job(JobName=job)
    run = over(api, name, api.glue.start_workflow_run(Name=name)["RunId"], IncludeGraph=True)
    assert (run["Status"], counts(run)) == ("COMPLETED", {"Total": 1, "Errored": 1})
    (shown,) = nodes(run)[job]["JobDetails"]["JobRuns"]
    assert shown["JobRunState"] == "ERROR"


def test_a_run_keeps_the_triggers_it_was_started_with(api):
    name, (_, second), (_, after) = chain(api, "import time; time.sleep(1)", OK)
    run_id = api.glue.start_workflow_run(Name=name)["RunId"]
    api.glue.delete_trigger(Name=after)
    assert counts(over(api, name, run_id)) == {"Total": 2, "Succeeded": 2}
    assert len(runs(api, second)) == 1


def test_triggers_inside_and_outside_do_not_mix(api):
    name, (first, inside), _ = chain(api, OK, OK)
    outside = api.job(OK)
    create(api, "CONDITIONAL", [outside], [(first, "SUCCEEDED")], StartOnCreation=True)
    over(api, name, api.glue.start_workflow_run(Name=name)["RunId"])
    assert (len(runs(api, inside)), len(runs(api, outside))) == (1, 0)
    api.glue.start_trigger(Name=create(api, start=[first]))
    ended(api, outside)
    assert len(runs(api, inside)) == 1


def flaky(api):
    """A script that fails until the object is there, and what makes it."""
    from tests.glue.service.conftest import BUCKET

    key = uuid.uuid4().hex
    script = f"import boto3\nboto3.client('s3').head_object(Bucket='{BUCKET}', Key='{key}')"
    return script, lambda: api.s3.put_object(Bucket=BUCKET, Key=key, Body=b"")


def test_resume(api):
    """T1: J1. J1 -> T2: J2 and J3, of which J2 fails. J1 and J2 -> T4: J4; J3 -> T5: J5."""
    script, mend = flaky(api)
    name = workflow(api, DefaultRunProperties={"a": "1"})
    j1, j2, j3, j4, j5 = api.job(OK), api.job(script), api.job(OK), api.job(OK), api.job(OK)
    inside = {"WorkflowName": name, "StartOnCreation": True}
    create(api, start=[j1], WorkflowName=name)
    t2 = create(api, "CONDITIONAL", [j2, j3], [(j1, "SUCCEEDED")], **inside)
    t4 = create(api, "CONDITIONAL", [j4], [(j1, "SUCCEEDED"), (j2, "SUCCEEDED")], **inside)
    create(api, "CONDITIONAL", [j5], [(j3, "SUCCEEDED")], **inside)
    original = api.glue.start_workflow_run(Name=name)["RunId"]
    run = over(api, name, original, IncludeGraph=True)
    assert (run["Status"], counts(run)) == ("COMPLETED", {"Total": 5, "Succeeded": 3, "Failed": 1})
    ids = {key: node["UniqueId"] for key, node in nodes(run).items()}
    for impossible in (ids[t2], ids[j4], "wnode_none"):
        with refused("InvalidInputException"):
            api.glue.resume_workflow_run(Name=name, RunId=original, NodeIds=[impossible])

    mend()
    answer = api.glue.resume_workflow_run(Name=name, RunId=original, NodeIds=[ids[j2]])
    assert answer["NodeIds"] == [ids[j2]] and answer["RunId"] != original
    resumed = over(api, name, answer["RunId"], IncludeGraph=True)
    assert (resumed["Status"], resumed["PreviousRunId"]) == ("COMPLETED", original)
    assert resumed["WorkflowRunProperties"] == {"a": "1"}
    assert counts(resumed) == {"Total": 5, "Succeeded": 5}
    assert [len(runs(api, job)) for job in (j1, j2, j3, j4, j5)] == [1, 2, 1, 1, 1]
    assert nodes(resumed)[j1] == nodes(run)[j1]  # copied
    again = runs(api, j2)[0]
    assert (again["TriggerName"], again["JobRunState"]) == (t2, "SUCCEEDED")
    assert nodes(resumed)[j2]["JobDetails"]["JobRuns"] == [again]
    (last,) = runs(api, j4)
    assert (last["TriggerName"], last["PredecessorRuns"][1]["RunId"]) == (t4, again["Id"])
    assert run_of(api, name, original, IncludeGraph=True) == run


def test_resume_leaves_out_what_follows_anyway(api):
    name, (first, second), _ = chain(api, OK, OK)
    original = api.glue.start_workflow_run(Name=name)["RunId"]
    ids = {key: node["UniqueId"] for key, node in nodes(over(api, name, original, IncludeGraph=True)).items()}
    answer = api.glue.resume_workflow_run(Name=name, RunId=original, NodeIds=[ids[second], ids[first]])
    assert answer["NodeIds"] == [ids[first]]
    assert counts(over(api, name, answer["RunId"])) == {"Total": 2, "Succeeded": 2}
    assert [len(runs(api, job)) for job in (first, second)] == [2, 2]


def test_deletion_takes_triggers_and_runs_and_leaves_jobs(api):
    name, (job,), (trigger,) = chain(api, OK)
    over(api, name, api.glue.start_workflow_run(Name=name)["RunId"])
    assert api.glue.delete_workflow(Name=name)["Name"] == name
    with refused("EntityNotFoundException"):
        api.glue.get_workflow(Name=name)
    with refused("EntityNotFoundException"):
        api.glue.get_trigger(Name=trigger)
    assert len(runs(api, job)) == 1
    api.glue.create_workflow(Name=name)
    assert api.glue.get_workflow_runs(Name=name)["Runs"] == []


@pytest.mark.parametrize("retries", [1])
def test_a_retry_counts_as_one_action(api, retries):
    script, _ = flaky(api)
    name, job, after = workflow(api), api.job(script, MaxRetries=retries), api.job(OK)
    create(api, start=[job], WorkflowName=name)
    create(api, "CONDITIONAL", [after], [(job, "FAILED")], WorkflowName=name, StartOnCreation=True)
    run_id = api.glue.start_workflow_run(Name=name)["RunId"]
    run = over(api, name, run_id, IncludeGraph=True)
    assert counts(run) == {"Total": 2, "Succeeded": 1, "Failed": 1}
    assert [each["Attempt"] for each in nodes(run)[job]["JobDetails"]["JobRuns"]] == [0, 1]


# crawlers


@pytest.fixture
def crawling(api):
    return Crawling(api)


def crawls(run, crawler):
    return nodes(run)[crawler]["CrawlerDetails"]["Crawls"]


def test_crawlers_start_jobs_and_are_started(api, crawling):
    crawling.files({"in/x.csv": PEOPLE, "out/x.csv": PEOPLE})
    first, last = crawling.crawler("in"), crawling.crawler("out")
    name, job = workflow(api), api.job(OK)
    inside = {"WorkflowName": name, "StartOnCreation": True}
    create(api, Actions=[{"CrawlerName": first}], WorkflowName=name)
    create(api, "CONDITIONAL", [job], Predicate=crawled(first, "SUCCEEDED"), **inside)
    create(api, "CONDITIONAL", Actions=[{"CrawlerName": last}], watch=[(job, "SUCCEEDED")], **inside)
    run = over(api, name, api.glue.start_workflow_run(Name=name)["RunId"], IncludeGraph=True)
    assert counts(run) == {"Total": 3, "Succeeded": 3}
    (one,), (two,) = crawls(run, first), crawls(run, last)
    assert one["StartedOn"] <= one["CompletedOn"] <= two["StartedOn"]
    assert (one["State"], one["LogGroup"], one["LogStream"]) == ("SUCCEEDED", "/aws-glue/crawlers", first)
    assert runs(api, job)[0]["PredecessorRuns"] == []
    assert len(api.glue.get_tables(DatabaseName=crawling.database)["TableList"]) == 2
    crawling.crawled(first)  # by hand: no trigger fires
    assert len(runs(api, job)) == 1


def test_a_crawler_that_runs_already_is_an_errored_action(api, crawling):
    crawling.files({f"in/{at}/x.csv": PEOPLE for at in range(200)})
    crawler, name = crawling.crawler("in"), workflow(api)
    create(api, Actions=[{"CrawlerName": crawler}], WorkflowName=name)
    crawling.glue.start_crawler(Name=crawler)
    run = over(api, name, api.glue.start_workflow_run(Name=name)["RunId"], IncludeGraph=True)
    assert run["Status"] == "COMPLETED"
    assert run["Statistics"].get("ErroredActions", 1) == 1  # the old model does not know it
    (crawl,) = crawls(run, crawler)
    assert crawl["State"] == "ERROR" and crawler in crawl["ErrorMessage"]
    with refused("CrawlerRunningException"):
        api.glue.start_trigger(Name=create(api, Actions=[{"CrawlerName": crawler}]))
    crawling.ready(crawler, 120)


def test_stop_ends_the_crawlers_too(api, crawling):
    crawling.files({f"in/{at}/x.csv": PEOPLE for at in range(400)})
    crawler, name, job = crawling.crawler("in"), workflow(api), api.job(OK)
    create(api, Actions=[{"CrawlerName": crawler}], WorkflowName=name)
    create(api, "CONDITIONAL", [job], Predicate=crawled(crawler, "CANCELLED"), WorkflowName=name, StartOnCreation=True)
    run_id = api.glue.start_workflow_run(Name=name)["RunId"]
    api.glue.stop_workflow_run(Name=name, RunId=run_id)
    run = over(api, name, run_id, IncludeGraph=True)
    assert (run["Status"], counts(run)) == ("STOPPED", {"Total": 2, "Stopped": 1})
    assert crawls(run, crawler)[0]["State"] == "CANCELLED"
    assert crawling.ready(crawler)["LastCrawl"]["Status"] == "CANCELLED"
    assert runs(api, job) == []


def test_a_failed_crawl_starts_what_awaits_it(api, crawling):
    crawler, job = crawling.crawler("in"), api.job(OK)
    crawling.s3.delete_bucket(Bucket=crawling.bucket)
    create(api, "CONDITIONAL", [job], Predicate=crawled(crawler, "FAILED"), StartOnCreation=True)
    api.glue.start_trigger(Name=create(api, Actions=[{"CrawlerName": crawler}]))
    ended(api, job)


def crawled(crawler, state):
    return {"Conditions": [{"LogicalOperator": "EQUALS", "CrawlerName": crawler, "CrawlState": state}]}

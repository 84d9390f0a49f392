"""Triggers: definitions, states, refusals, and the job runs that they really start."""

from __future__ import annotations

import uuid

import pytest

from tests.glue.contract.conftest import refused
from tests.glue.service.conftest import FOREVER
from tests.support.polling import wait_until

OK = "print('ok')"


def fresh(what):
    return f"{what}-{uuid.uuid4().hex[:10]}"


def create(api, kind="ON_DEMAND", start=None, watch=None, **definition):
    """The name of a new trigger that starts the jobs `start` when the jobs `watch` end as said."""
    name = fresh("trigger")
    if watch:
        conditions = [{"LogicalOperator": "EQUALS", "JobName": job, "State": state} for job, state in watch]
        definition = {"Predicate": {"Conditions": conditions, "Logical": "AND"}, **definition}
    api.glue.create_trigger(
        **{"Name": name, "Type": kind, "Actions": [{"JobName": j} for j in start or []], **definition}
    )
    return name


def get(api, name):
    return api.glue.get_trigger(Name=name)["Trigger"]


def runs(api, job):
    return api.glue.get_job_runs(JobName=job)["JobRuns"]


def ended(api, job, count=1):
    """The runs of a job, when `count` of them have ended."""

    def found():
        all_runs = runs(api, job)
        over = [run for run in all_runs if run.get("CompletedOn")]
        return all_runs if len(over) == len(all_runs) == count else None

    return wait_until(found, 60, f"{count} runs of {job} end")


def test_a_trigger_has_the_shape_of_aws(api):
    job = api.job(OK)
    actions = [
        {"JobName": job, "Arguments": {"--a": "1"}, "Timeout": 5, "NotificationProperty": {"NotifyDelayAfter": 3}}
    ]
    name = create(api, Description="what for", Actions=actions)
    assert get(api, name) == {
        "Name": name,
        "Type": "ON_DEMAND",
        "State": "CREATED",
        "Description": "what for",
        "Actions": actions,
    }
    api.glue.delete_trigger(Name=name)
    with refused("EntityNotFoundException", f"Trigger {name} not found."):
        api.glue.get_trigger(Name=name)
    assert api.glue.delete_trigger(Name=name)["Name"] == name  # no exception, as on AWS


def test_start_on_creation_activates(api):
    job = api.job(OK)
    idle = create(api, "SCHEDULED", [job], Schedule="cron(0 0 1 1 ? 2199)")
    active = create(api, "SCHEDULED", [job], Schedule="cron(0 0 1 1 ? 2199)", StartOnCreation=True)
    assert [get(api, name)["State"] for name in (idle, active)] == ["CREATED", "ACTIVATED"]


def test_the_states_of_a_scheduled_trigger(api):
    name = create(api, "SCHEDULED", [api.job(OK)], Schedule="cron(0 0 1 1 ? 2199)")
    with refused("InvalidInputException", "The operation is not allowed when trigger is in state: CREATED"):
        api.glue.stop_trigger(Name=name)
    assert api.glue.start_trigger(Name=name)["Name"] == name
    assert get(api, name)["State"] == "ACTIVATED"
    with refused("InvalidInputException", "The operation is not allowed when trigger is in state: ACTIVATED"):
        api.glue.start_trigger(Name=name)
    assert api.glue.stop_trigger(Name=name)["Name"] == name
    assert get(api, name)["State"] == "DEACTIVATED"
    api.glue.start_trigger(Name=name)
    assert get(api, name)["State"] == "ACTIVATED"


def test_an_event_trigger_is_stored_and_cannot_be_started(api):
    workflow = fresh("workflow")
    api.glue.create_workflow(Name=workflow)
    name = create(api, "EVENT", [api.job(OK)], WorkflowName=workflow)
    with refused("InvalidInputException", "Trigger Type EVENT cannot be started"):
        api.glue.start_trigger(Name=name)
    assert get(api, name)["State"] == "CREATED"


def test_triggers_that_are_not_there(api):
    for call in (api.glue.start_trigger, api.glue.stop_trigger):
        with refused("EntityNotFoundException", "Trigger none not found."):
            call(Name="none")
    with refused("EntityNotFoundException", "Trigger none not found."):
        api.glue.update_trigger(Name="none", TriggerUpdate={"Actions": []})


def test_the_name_is_taken(api):
    job = api.job(OK)
    name = create(api, start=[job])
    with refused("AlreadyExistsException"):
        api.glue.create_trigger(Name=name, Type="ON_DEMAND", Actions=[{"JobName": job}])
    with refused(
        "IdempotentParameterMismatchException",
        f"Trigger with name '{name}' already submitted with different configuration",
    ):
        api.glue.create_trigger(Name=name, Type="ON_DEMAND", Actions=[])


CRAWLED = {"LogicalOperator": "EQUALS", "CrawlerName": "c"}


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ({"Type": "SCHEDULED"}, None),
        ({"Type": "SCHEDULED", "Schedule": "cron(0/1 * * * ? *)"}, None),
        ({"Type": "SCHEDULED", "Schedule": "rate(5 minutes)"}, None),
        ({"Type": "CONDITIONAL"}, None),
        ({"Type": "CONDITIONAL", "Predicate": {"Conditions": []}}, None),
        ({"Type": "CONDITIONAL", "Predicate": {"Conditions": [{**CRAWLED, "CrawlState": "SUCCEEDED"}] * 2}}, None),
        (
            {"Type": "CONDITIONAL", "Predicate": {"Conditions": [CRAWLED]}},
            "State cannot be null or empty, choose from one of the following crawler state: [SUCCEEDED, FAILED, CANCELLED]",
        ),
        (
            {"Type": "CONDITIONAL", "Predicate": {"Conditions": [{"CrawlerName": "c", "CrawlState": "SUCCEEDED"}]}},
            "Logical operator cannot be null or empty",
        ),
        ({"Type": "CONDITIONAL", "Predicate": {"Conditions": [{**CRAWLED, "CrawlState": "RUNNING"}]}}, None),
        ({"Type": "CONDITIONAL", "Predicate": {"Conditions": [{"LogicalOperator": "EQUALS"}]}}, None),
        ({"Type": "ON_DEMAND", "StartOnCreation": True}, None),
        ({"Type": "ON_DEMAND", "EventBatchingCondition": {"BatchSize": 2}}, None),
        ({"Type": "EVENT"}, None),
        ({"Type": "ON_DEMAND", "Actions": [{}]}, None),
        (
            {"Type": "ON_DEMAND", "Actions": [{"CrawlerName": name} for name in "abc"]},
            "Actions cannot contain more than two crawlers",
        ),
    ],
)
def test_definitions_that_aws_refuses(api, definition, message):
    with refused("InvalidInputException", message):
        api.glue.create_trigger(**{"Name": fresh("trigger"), "Actions": [], **definition})


def test_a_trigger_cannot_watch_what_it_starts(api):
    job = api.job(OK)
    with refused("InvalidInputException", "Job cannot be a Predicate and Action for Conditional Trigger."):
        create(api, "CONDITIONAL", [job], [(job, "SUCCEEDED")])


def test_several_conditions_need_a_logical(api):
    first, second, after = api.job(OK), api.job(OK), api.job(OK)
    conditions = [{"LogicalOperator": "EQUALS", "JobName": job, "State": "SUCCEEDED"} for job in (first, second)]
    with refused("InvalidInputException"):
        create(api, "CONDITIONAL", [after], Predicate={"Conditions": conditions})


def test_jobs_and_workflows_must_exist(api):
    with refused("EntityNotFoundException", "Job with name: none not found."):
        create(api, start=["none"])
    with refused("EntityNotFoundException", "Job with name: none not found."):
        create(api, "CONDITIONAL", watch=[("none", "SUCCEEDED")])
    with refused("EntityNotFoundException"):
        create(api, Actions=[{"CrawlerName": "none"}])
    with refused("EntityNotFoundException", "Entity not found"):
        create(api, WorkflowName="none")


def test_an_update_overwrites_all(api):
    job, other = api.job(OK), api.job(OK)
    name = create(api, "SCHEDULED", [job], Schedule="cron(0 0 1 1 ? 2199)", Description="old", StartOnCreation=True)
    update = {"Schedule": "cron(0 12 1 1 ? 2199)", "Actions": [{"JobName": other}]}
    trigger = api.glue.update_trigger(Name=name, TriggerUpdate=update)["Trigger"]
    assert trigger == get(api, name) == {"Name": name, "Type": "SCHEDULED", "State": "ACTIVATED", **update}
    with refused("InvalidInputException"):
        api.glue.update_trigger(Name=name, TriggerUpdate={"Actions": []})
    with refused("EntityNotFoundException", "Job with name: none not found."):
        api.glue.update_trigger(Name=name, TriggerUpdate={**update, "Actions": [{"JobName": "none"}]})
    assert get(api, name) == trigger


def test_triggers_are_found_by_job_tag_and_name(api):
    job, other = api.job(OK), api.job(OK)
    tag = {"team": uuid.uuid4().hex}
    mine = sorted(create(api, start=[job], Tags=tag) for _ in range(3))
    create(api, start=[other])
    assert [trigger["Name"] for trigger in api.glue.get_triggers(DependentJobName=job)["Triggers"]] == mine
    assert api.glue.list_triggers(DependentJobName=job)["TriggerNames"] == mine
    assert api.glue.list_triggers(Tags=tag)["TriggerNames"] == mine
    # "If there is no such trigger, all triggers are returned"
    assert set(mine) < set(api.glue.list_triggers(DependentJobName=api.job(OK))["TriggerNames"])
    page = api.glue.list_triggers(Tags=tag, MaxResults=2)
    rest = api.glue.list_triggers(Tags=tag, MaxResults=2, NextToken=page["NextToken"])
    assert [*page["TriggerNames"], *rest["TriggerNames"]] == mine
    assert "NextToken" not in rest
    found = api.glue.batch_get_triggers(TriggerNames=[mine[0], "none"])
    assert ([each["Name"] for each in found["Triggers"]], found["TriggersNotFound"]) == ([mine[0]], ["none"])


def test_triggers_carry_tags(api):
    name = create(api, Tags={"a": "1"})
    arn = f"arn:aws:glue:us-east-1:000000000000:trigger/{name}"
    api.glue.tag_resource(ResourceArn=arn, TagsToAdd={"b": "2"})
    api.glue.untag_resource(ResourceArn=arn, TagsToRemove=["a"])
    assert api.glue.get_tags(ResourceArn=arn)["Tags"] == {"b": "2"}


def test_an_on_demand_trigger_fires_when_started_and_stays_created(api):
    job = api.job("import sys; print(sys.argv[1:])", DefaultArguments={"--a": "0", "--b": "2"})
    name = create(api, Actions=[{"JobName": job, "Arguments": {"--a": "1"}, "Timeout": 7}])
    assert api.glue.start_trigger(Name=name)["Name"] == name
    (run,) = ended(api, job)
    assert (run["JobRunState"], run["TriggerName"], run["Timeout"]) == ("SUCCEEDED", name, 7)
    assert run["Arguments"] == {"--a": "1"}
    assert run["PredecessorRuns"] == []
    assert api.lines(run["Id"]) == ["['--a', '1', '--b', '2']"]
    assert get(api, name)["State"] == "CREATED"
    api.glue.start_trigger(Name=name)
    ended(api, job, 2)


def test_what_an_on_demand_trigger_cannot_start_is_said(api):
    job = api.job(FOREVER)
    name = create(api, start=[job])
    run_id = api.start(job)
    with refused("ConcurrentRunsExceededException", f"Concurrent runs exceeded for {job}"):
        api.glue.start_trigger(Name=name)
    api.glue.batch_stop_job_run(JobName=job, JobRunIds=[run_id])
    api.ended(job, run_id)


def test_a_scheduled_trigger_fires_on_time_until_it_is_stopped(api):
    job = api.job(OK, ExecutionProperty={"MaxConcurrentRuns": 9})
    name = create(
        api, "SCHEDULED", [job], Schedule="cron(0/5 * * * ? *)", StartOnCreation=True
    )  # minutes last a second
    wait_until(lambda: len(runs(api, job)) >= 2, 60, "two runs")
    api.glue.stop_trigger(Name=name)
    assert {run["TriggerName"] for run in runs(api, job)} == {name}
    before = len(runs(api, job))
    api.glue.update_trigger(Name=name, TriggerUpdate={"Schedule": "cron(0/6 * * * ? *)", "Actions": [{"JobName": job}]})
    other = api.job(OK)
    create(api, "SCHEDULED", [other], Schedule="cron(0/5 * * * ? *)", StartOnCreation=True)
    wait_until(lambda: len(runs(api, other)) >= 2, 60, "another trigger has been due twice")
    assert len(runs(api, job)) == before


def test_a_chain_of_conditional_triggers(api):
    first, second, third, failed = api.job(OK), api.job("raise ValueError('no')"), api.job(OK), api.job(OK)
    start = create(api, start=[first])
    after = create(api, "CONDITIONAL", [second], [(first, "SUCCEEDED")], StartOnCreation=True)
    create(api, "CONDITIONAL", [failed], [(second, "SUCCEEDED")], StartOnCreation=True)
    last = create(api, "CONDITIONAL", [third], [(first, "SUCCEEDED"), (second, "FAILED")], StartOnCreation=True)
    api.glue.start_trigger(Name=start)
    (run,) = ended(api, third)
    (one,), (two,) = ended(api, first), ended(api, second)
    assert [each["TriggerName"] for each in (one, two, run)] == [start, after, last]
    assert two["PredecessorRuns"] == [{"JobName": first, "RunId": one["Id"]}]
    assert run["PredecessorRuns"] == [{"JobName": first, "RunId": one["Id"]}, {"JobName": second, "RunId": two["Id"]}]
    assert runs(api, failed) == []


def test_any_fires_once_in_a_chain(api):
    first, second, after, end = (api.job(OK) for _ in range(4))
    conditions = [{"LogicalOperator": "EQUALS", "JobName": job, "State": "SUCCEEDED"} for job in (first, second)]
    start = create(api, start=[first, second])
    create(api, "CONDITIONAL", [after], Predicate={"Logical": "ANY", "Conditions": conditions}, StartOnCreation=True)
    create(
        api,
        "CONDITIONAL",
        [end],
        [(first, "SUCCEEDED"), (second, "SUCCEEDED"), (after, "SUCCEEDED")],
        StartOnCreation=True,
    )
    api.glue.start_trigger(Name=start)
    ended(api, end)
    (run,) = runs(api, after)
    assert run["PredecessorRuns"][0]["JobName"] in (first, second)


def test_a_conditional_trigger_fires_only_for_what_a_trigger_started(api):
    first, after = api.job(OK), api.job(OK)
    name = create(api, "CONDITIONAL", [after], [(first, "SUCCEEDED")], StartOnCreation=True)
    api.ended(first, api.start(first))
    api.glue.stop_trigger(Name=name)
    start = create(api, start=[first])
    api.glue.start_trigger(Name=start)  # not activated: nothing follows this one either
    ended(api, first, 2)
    api.glue.start_trigger(Name=name)
    api.glue.start_trigger(Name=start)
    (run,) = ended(api, after)
    assert run["PredecessorRuns"] == [{"JobName": first, "RunId": runs(api, first)[0]["Id"]}]


def test_a_retry_is_awaited(api):
    first = api.job("raise ValueError('no')", MaxRetries=1)
    after = api.job(OK)
    start = create(api, start=[first])
    create(api, "CONDITIONAL", [after], [(first, "FAILED")], StartOnCreation=True)
    api.glue.start_trigger(Name=start)
    (run,) = ended(api, after)
    retry, attempt = runs(api, first)
    assert run["PredecessorRuns"] == [{"JobName": first, "RunId": retry["Id"]}]
    assert (retry["Attempt"], attempt["Attempt"], retry["TriggerName"]) == (1, 0, start)


@pytest.mark.parametrize("state", ["STOPPED", "TIMEOUT"])
def test_other_ends_that_can_be_awaited(api, state):
    first, after = api.job(FOREVER, Timeout=5 if state == "TIMEOUT" else 2880), api.job(OK)
    start = create(api, start=[first])
    create(api, "CONDITIONAL", [after], [(first, state)], StartOnCreation=True)
    api.glue.start_trigger(Name=start)
    (run,) = runs(api, first)
    if state == "STOPPED":
        api.up(first, run["Id"])
        api.glue.batch_stop_job_run(JobName=first, JobRunIds=[run["Id"]])
    assert ended(api, after)[0]["JobRunState"] == "SUCCEEDED"
    assert runs(api, first)[0]["JobRunState"] == state

"""Job runs: what StartJobRun takes and refuses, what a run's record shows, how a run ends."""

from __future__ import annotations

import json
import re
import time

import pytest

from tests.glue.contract.conftest import new_model, refused
from tests.glue.service.conftest import FOREVER, processes
from tests.support.polling import wait_until

SHOW_ARGUMENTS = "import json, sys; print(json.dumps(sys.argv[1:]))"
SPARK = {"Name": "glueetl", "ScriptLocation": "s3://scripts/none.py"}


def stop(api, name, *run_ids):
    answer = api.glue.batch_stop_job_run(JobName=name, JobRunIds=list(run_ids))
    for run_id in run_ids:
        api.ended(name, run_id)
    return answer


class TestArguments:
    def test_the_script_gets_the_merge_and_the_record_what_was_passed(self, api):
        name = api.job(
            SHOW_ARGUMENTS,
            DefaultArguments={"--a": "job", "--b": "job", "--c": "job"},
            NonOverridableArguments={"--c": "fixed"},
        )
        run_id = api.start(name, Arguments={"--b": "run", "--c": "run"})
        assert api.ended(name, run_id)["Arguments"] == {"--b": "run", "--c": "run"}
        (words,) = api.lines(run_id)
        pairs = json.loads(words)
        assert dict(zip(pairs[::2], pairs[1::2], strict=True)) == {"--a": "job", "--b": "run", "--c": "fixed"}

    def test_a_run_without_arguments_shows_none(self, api):
        name = api.job(SHOW_ARGUMENTS, DefaultArguments={"--a": "job"})
        run = api.ended(name, api.start(name))
        assert "Arguments" not in run

    def test_a_request_beyond_the_limit_is_refused(self, api):
        name = api.job("")
        with refused("InvalidInputException", "Request size limit exceeded"):
            api.start(name, Arguments={"--big": "x" * 190_000})
        run_id = api.start(name, Arguments={"--big": "x" * 100_000})
        assert api.ended(name, run_id)["JobRunState"] == "SUCCEEDED"


class TestRecord:
    def test_a_run_that_succeeded(self, api):
        name = api.job("print('hello')", NotificationProperty={"NotifyDelayAfter": 5})
        run_id = api.start(name)
        assert re.fullmatch(r"jr_[0-9a-f]{64}", run_id)
        run = api.ended(name, run_id)
        assert run["Id"] == run_id
        assert (run["JobName"], run["JobRunState"], run["Attempt"]) == (name, "SUCCEEDED", 0)
        assert run["StartedOn"] <= run["CompletedOn"] == run["LastModifiedOn"]
        assert run["ExecutionTime"] == round((run["CompletedOn"] - run["StartedOn"]).total_seconds())
        assert (run["MaxCapacity"], run["AllocatedCapacity"], run["Timeout"]) == (0.0625, 0, 2880)
        assert (run["LogGroupName"], run["GlueVersion"]) == ("/aws-glue/python-jobs", "3.0")
        assert run["NotificationProperty"] == {"NotifyDelayAfter": 5}
        assert run["PredecessorRuns"] == []
        assert not {"ErrorMessage", "PreviousRunId", "TriggerName", "DPUSeconds"} & run.keys()

    def test_a_run_in_progress_has_no_end_and_its_execution_time_counts(self, api):
        name = api.job(FOREVER)
        run_id = api.start(name)
        api.up(name, run_id)
        run = wait_until(lambda: (r := api.run(name, run_id))["ExecutionTime"] >= 1 and r, 20, "it counts")
        assert run["JobRunState"] == "RUNNING"
        assert "CompletedOn" not in run
        stop(api, name, run_id)

    def test_what_the_run_asks_for_goes_before_the_job(self, api):
        name = api.job("", Timeout=50, NotificationProperty={"NotifyDelayAfter": 5})
        run_id = api.start(name, Timeout=7, MaxCapacity=1.0, NotificationProperty={"NotifyDelayAfter": 9})
        run = api.ended(name, run_id)
        assert (run["Timeout"], run["MaxCapacity"], run["AllocatedCapacity"]) == (7, 1.0, 1)
        assert run["NotificationProperty"] == {"NotifyDelayAfter": 9}

    def test_a_security_configuration_is_part_of_the_log_group(self, api):
        name = api.job(
            "print('kept apart')", Role="arn:aws:iam::000000000000:role/GlueRole", SecurityConfiguration="sc"
        )
        run_id = api.start(name)
        group = api.ended(name, run_id)["LogGroupName"]
        assert group == "/aws-glue/python-jobs-GlueRole-sc"
        events = api.logs.get_log_events(logGroupName=f"{group}/output", logStreamName=run_id)["events"]
        assert [event["message"] for event in events] == ["kept apart"]

    @new_model
    @pytest.mark.parametrize(
        ("script", "state", "how"),
        [("print(1)", "SUCCEEDED", "real"), ("raise SystemExit(1)", "FAILED", "real"), (None, "FAILED", "none")],
    )
    def test_it_says_how_it_ran(self, api, script, state, how):
        name = api.job(script)
        run = api.ended(name, api.start(name))
        assert run["JobRunState"] == state
        assert run["StateDetail"].startswith(f"Provenance: {how} (")

    def test_an_unknown_run(self, api):
        name = api.job(None)
        with refused("EntityNotFoundException", f"Job run with id: jr_none of job: {name} not found."):
            api.glue.get_job_run(JobName=name, RunId="jr_none")

    def test_runs_come_newest_first_and_in_pages(self, api):
        name = api.job("", ExecutionProperty={"MaxConcurrentRuns": 5})
        started = [api.start(name) for _ in range(5)]
        found, token = [], {}
        while True:
            answer = api.glue.get_job_runs(JobName=name, MaxResults=2, **token)
            assert len(answer["JobRuns"]) <= 2
            found += [run["Id"] for run in answer["JobRuns"]]
            if "NextToken" not in answer:
                break
            token = {"NextToken": answer["NextToken"]}
        assert found == started[::-1]
        for run_id in started:
            api.ended(name, run_id)


class TestCapacity:
    @pytest.mark.parametrize(
        ("asked", "message"),
        [
            ({"MaxCapacity": 10.0, "AllocatedCapacity": 10}, "Please set only Allocated Capacity or Max Capacity."),
            (
                {"MaxCapacity": 10.0, "WorkerType": "G.1X", "NumberOfWorkers": 10},
                "Please do not set Max Capacity if using Worker Type and Number of Workers.",
            ),
            (
                {"AllocatedCapacity": 10, "WorkerType": "G.1X", "NumberOfWorkers": 10},
                "Please do not set Max Capacity if using Worker Type and Number of Workers.",
            ),
            ({"WorkerType": "G.1X"}, "Please set both Worker Type and Number of Workers."),
            ({"NumberOfWorkers": 3}, "Please set both Worker Type and Number of Workers."),
            (
                {"WorkerType": "G.1X", "NumberOfWorkers": 1},
                "To use Worker Type G.1X, minimum allowed value of Number of Workers is 2.",
            ),
            (
                {"WorkerType": "G.1X", "NumberOfWorkers": 300},
                "To use Worker Type G.1X, maximum allowed value of Number of Workers is 299.",
            ),
            ({"MaxCapacity": 1.0}, "Max Capacity for Spark jobs must be a whole number of at least 2 DPUs."),
            ({"Timeout": 10081}, "Timeout must be less than or equal to 10080 minutes."),
            ({"MaxRetries": 11}, "MaxRetries must be between 0 and 10."),
        ],
    )
    def test_a_spark_job_that_cannot_be(self, api, asked, message):
        with refused("InvalidInputException", message):
            api.job(None, Command=SPARK, **asked)

    @pytest.mark.parametrize(
        ("asked", "message"),
        [
            ({"MaxCapacity": 2.0}, "Max Capacity for Python shell jobs must be either 0.0625 or 1.0."),
            (
                {"WorkerType": "G.1X", "NumberOfWorkers": 2},
                "Worker Type is not supported for Job Command pythonshell",
            ),
        ],
    )
    def test_a_python_shell_job_that_cannot_be(self, api, asked, message):
        with refused("InvalidInputException", message):
            api.job(None, **asked)
        name = api.job("")
        with refused("InvalidInputException", message):
            api.start(name, **asked)

    @pytest.mark.parametrize(
        ("command", "asked", "found"),
        [
            (SPARK, {}, (10, 10.0, None, None)),
            (SPARK, {"AllocatedCapacity": 4}, (4, 4.0, None, None)),
            (SPARK, {"WorkerType": "G.2X", "NumberOfWorkers": 5}, (10, 10.0, "G.2X", 5)),
            (SPARK, {"WorkerType": "Standard", "NumberOfWorkers": 3}, (3, 3.0, "Standard", 3)),
        ],
    )
    def test_capacity_has_a_twin(self, api, command, asked, found):
        name = api.job(None, Command=command, **asked)
        job = api.glue.get_job(JobName=name)["Job"]
        members = ("AllocatedCapacity", "MaxCapacity", "WorkerType", "NumberOfWorkers")
        assert tuple(job.get(member) for member in members) == found

    def test_a_run_may_change_the_number_of_workers_alone(self, api):
        name = api.job(None, Command=SPARK, WorkerType="G.1X", NumberOfWorkers=10)
        run = api.ended(name, api.start(name, NumberOfWorkers=4))
        assert (run["WorkerType"], run["NumberOfWorkers"], run["MaxCapacity"]) == ("G.1X", 4, 4.0)

    @new_model
    def test_execution_class_flex(self, api):
        with refused(
            "InvalidInputException",
            "Execution Class FLEX is only allowed for jobs with Command glueetl and Glue Version 3.0 or above.",
        ):
            api.job(None, ExecutionClass="FLEX")
        name = api.job(None, Command=SPARK, GlueVersion="3.0", ExecutionClass="FLEX")
        run = api.ended(name, api.start(name))
        assert (run["ExecutionClass"], run["DPUSeconds"]) == ("FLEX", run["ExecutionTime"] * 10.0)

    def test_a_streaming_job_has_no_timeout(self, api):
        name = api.job(None, Command={**SPARK, "Name": "gluestreaming"})
        assert "Timeout" not in api.glue.get_job(JobName=name)["Job"]
        assert "Timeout" not in api.ended(name, api.start(name))


class TestLimits:
    def test_concurrent_runs_of_a_job(self, api):
        name = api.job(FOREVER)
        run_id = api.start(name)
        with refused("ConcurrentRunsExceededException", f"Concurrent runs exceeded for {name}"):
            api.start(name)
        stop(api, name, run_id)
        second = api.start(name)
        stop(api, name, second)

    @new_model
    def test_a_run_waits_in_line_where_the_job_queues(self, api):
        name = api.job(FOREVER, JobRunQueuingEnabled=True)
        first, second, third = api.start(name), api.start(name), api.start(name)
        waiting = api.run(name, second)
        assert (waiting["JobRunState"], waiting["ExecutionTime"]) == ("WAITING", 0)
        assert waiting["StateDetail"] == "Max concurrent job runs per job exceeded"
        assert waiting["JobRunQueuingEnabled"] is True
        stop(api, name, third)  # one that waits can be stopped
        assert api.run(name, third)["ExecutionTime"] == 0
        stop(api, name, first)
        api.up(name, second)
        assert api.run(name, second)["StateDetail"].startswith("Provenance: real")
        stop(api, name, second)

    @new_model
    def test_a_run_that_waited_too_long_has_failed(self, api):
        """Fifteen minutes, which last fifteen seconds here."""
        name = api.job(FOREVER)
        first = api.start(name)
        second = api.start(name, JobRunQueuingEnabled=True)
        run = api.ended(name, second, 60)
        assert (run["JobRunState"], run["ErrorMessage"]) == ("FAILED", "Max concurrent job runs per job exceeded")
        stop(api, name, first)

    @new_model
    def test_a_job_with_retries_does_not_queue(self, api):
        name = api.job(FOREVER, JobRunQueuingEnabled=True, MaxRetries=1)
        run_id = api.start(name)
        with refused("ConcurrentRunsExceededException"):
            api.start(name)
        stop(api, name, run_id)

    def test_a_timeout_ends_the_run_and_its_processes(self, api):
        name = api.job(FOREVER)
        run_id = api.start(name, Timeout=1)
        run = api.ended(name, run_id)
        assert (run["JobRunState"], run["ErrorMessage"]) == ("TIMEOUT", "Job run timed out")
        assert processes(run_id) == set()


class TestStopping:
    def test_a_run_is_stopping_until_its_processes_have_ended(self, api):
        name = api.job("import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + FOREVER)
        run_id = api.start(name)
        api.up(name, run_id)
        api.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])
        assert api.run(name, run_id)["JobRunState"] == "STOPPING"
        again = api.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])
        assert again["SuccessfulSubmissions"] == [{"JobName": name, "JobRunId": run_id}]
        run = api.ended(name, run_id)
        assert run["JobRunState"] == "STOPPED"
        assert "ErrorMessage" not in run
        assert processes(run_id) == set()

    def test_partial_results(self, api):
        name = api.job(FOREVER, ExecutionProperty={"MaxConcurrentRuns": 2})
        over, running = api.start(name), api.start(name)
        stop(api, name, over)
        answer = api.glue.batch_stop_job_run(JobName=name, JobRunIds=[over, running, "jr_none"])
        assert answer["SuccessfulSubmissions"] == [{"JobName": name, "JobRunId": running}]
        details = {error["JobRunId"]: error["ErrorDetail"] for error in answer["Errors"]}
        assert details == {
            over: {
                "ErrorCode": "JobRunInTerminalStateException",
                "ErrorMessage": f"Job run {over} is in the terminal state STOPPED.",
            },
            "jr_none": {
                "ErrorCode": "EntityNotFoundException",
                "ErrorMessage": f"Job run with id: jr_none of job: {name} not found.",
            },
        }
        api.ended(name, running)


class TestAgain:
    def test_a_failed_run_is_retried_as_runs_of_their_own(self, api):
        name = api.job("raise ValueError('no')", MaxRetries=2)
        first = api.start(name, Arguments={"--k": "v"})
        last = f"{first}_attempt_2"
        wait_until(lambda: len(api.glue.get_job_runs(JobName=name)["JobRuns"]) == 3, 30, "three runs")
        api.ended(name, last)
        runs = api.glue.get_job_runs(JobName=name)["JobRuns"]
        assert [(run["Id"], run["Attempt"], run.get("PreviousRunId")) for run in runs] == [
            (last, 2, f"{first}_attempt_1"),
            (f"{first}_attempt_1", 1, first),
            (first, 0, None),
        ]
        assert {(run["JobRunState"], run["ErrorMessage"]) for run in runs} == {("FAILED", "ValueError: no")}

    def test_a_retry_that_succeeds_ends_it(self, api):
        script = (
            "import boto3\n"
            "s3 = boto3.client('s3')\n"
            "if not s3.list_objects_v2(Bucket='scripts', Prefix='{0}').get('Contents'):\n"
            "    s3.put_object(Bucket='scripts', Key='{0}', Body=b'')\n"
            "    raise SystemExit(1)\n"
        )
        name = api.job(script.format(f"seen-{time.monotonic_ns()}"), MaxRetries=3)
        first = api.start(name)
        assert api.ended(name, first)["JobRunState"] == "FAILED"
        wait_until(lambda: len(api.glue.get_job_runs(JobName=name)["JobRuns"]) == 2, 30, "the retry")
        assert api.ended(name, f"{first}_attempt_1")["JobRunState"] == "SUCCEEDED"
        assert len(api.glue.get_job_runs(JobName=name)["JobRuns"]) == 2

    def test_a_stopped_run_and_one_that_timed_out_are_not_retried(self, api):
        name = api.job(FOREVER, MaxRetries=2)
        first = api.start(name)
        stop(api, name, first)
        second = api.start(name, Timeout=1)
        assert api.ended(name, second)["JobRunState"] == "TIMEOUT"
        assert len(api.glue.get_job_runs(JobName=name)["JobRuns"]) == 2

    def test_a_run_is_resumed_by_its_id(self, api):
        name = api.job(SHOW_ARGUMENTS)
        first = api.start(name, Arguments={"--k": "v"})
        api.ended(name, first)
        second = api.start(name, JobRunId=first)
        run = api.ended(name, second)
        assert (run["PreviousRunId"], run["Arguments"], run["Attempt"]) == (first, {"--k": "v"}, 0)
        with refused("EntityNotFoundException", f"Job run with id: jr_none of job: {name} not found."):
            api.start(name, JobRunId="jr_none")


class TestMissing:
    def test_a_script_that_is_not_in_s3(self, api):
        name = api.job(None)
        run = api.ended(name, api.start(name))
        assert run["JobRunState"] == "FAILED"
        assert re.search(r"Error downloading from S3 for bucket: scripts, key: .*NoSuchKey", run["ErrorMessage"])

    def test_a_command_that_glue_does_not_know(self, api):
        name = api.job(None, Command={"Name": "nonsense", "ScriptLocation": "s3://scripts/x.py"})
        run_id = api.start(name)
        assert api.ended(name, run_id)["ErrorMessage"] == (
            f"JobName:{name} and JobRunId:{run_id} failed to execute with exception "
            "Could not find command for the given criteria"
        )

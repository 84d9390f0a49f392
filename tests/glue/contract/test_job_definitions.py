"""Job definitions: defaults, errors, tags, pages."""

from __future__ import annotations

import uuid

import pytest
from botocore.exceptions import ParamValidationError

from tests.glue.contract.conftest import new_model, refused

COMMAND = {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": "s3://scripts/none.py"}


def arn(name):
    return f"arn:aws:glue:us-east-1:000000000000:job/{name}"


class TestMissing:
    def test_a_job_that_is_not_there(self, api):
        with refused("EntityNotFoundException", "Job with name: none not found."):
            api.glue.get_job(JobName="none")
        with refused("EntityNotFoundException", "Job with name: none not found."):
            api.glue.update_job(JobName="none", JobUpdate={"Role": "r", "Command": COMMAND})
        with refused("EntityNotFoundException", "Failed to start job run due to missing metadata"):
            api.glue.start_job_run(JobName="none")
        with refused("EntityNotFoundException", "Job with name: none not found."):
            api.glue.get_job_runs(JobName="none")

    def test_deleting_what_is_not_there_is_no_error(self, api):
        assert api.glue.delete_job(JobName="none")["JobName"] == "none"

    def test_some_of_many(self, api):
        name = api.job(None)
        answer = api.glue.batch_get_jobs(JobNames=["none", name])
        assert [job["Name"] for job in answer["Jobs"]] == [name]
        assert answer["JobsNotFound"] == ["none"]


class TestDefinition:
    def test_the_defaults_of_aws(self, api):
        name = api.job(None)
        job = api.glue.get_job(JobName=name)["Job"]
        assert job.pop("CreatedOn") == job.pop("LastModifiedOn")
        job.pop("JobMode", None)  # of the newer model
        assert job == {
            "Name": name,
            "Role": "role",
            "Command": {**COMMAND, "ScriptLocation": f"s3://scripts/{name}.py"},
            "ExecutionProperty": {"MaxConcurrentRuns": 1},
            "MaxRetries": 0,
            "Timeout": 2880,
            "AllocatedCapacity": 0,
            "MaxCapacity": 0.0625,
            "GlueVersion": "3.0",
        }

    def test_everything_given_comes_back(self, api):
        given = {
            "Description": "of all",
            "LogUri": "s3://logs/x",
            "ExecutionProperty": {"MaxConcurrentRuns": 3},
            "DefaultArguments": {"--a": "1"},
            "NonOverridableArguments": {"--b": "2"},
            "Connections": {"Connections": ["one"]},
            "MaxRetries": 2,
            "Timeout": 5,
            "MaxCapacity": 1.0,
            "SecurityConfiguration": "sc",
            "NotificationProperty": {"NotifyDelayAfter": 3},
            "GlueVersion": "1.0",
        }
        name = api.job(None, **given)
        job = api.glue.get_job(JobName=name)["Job"]
        assert {key: job[key] for key in given} == given

    def test_an_update_replaces_the_whole_definition(self, api):
        name = api.job(None, Description="gone after", Timeout=5, DefaultArguments={"--a": "1"}, Tags={"k": "v"})
        before = api.glue.get_job(JobName=name)["Job"]
        api.glue.update_job(JobName=name, JobUpdate={"Role": "other", "Command": COMMAND, "MaxRetries": 1})
        after = api.glue.get_job(JobName=name)["Job"]
        assert (after["Role"], after["MaxRetries"], after["Timeout"]) == ("other", 1, 2880)
        assert not {"Description", "DefaultArguments"} & after.keys()
        assert after["CreatedOn"] == before["CreatedOn"]
        assert after["LastModifiedOn"] > before["LastModifiedOn"]
        assert api.glue.get_tags(ResourceArn=arn(name))["Tags"] == {"k": "v"}

    def test_an_update_that_cannot_be_changes_nothing(self, api):
        name = api.job(None, Timeout=5)
        with refused("InvalidInputException", "Timeout must be less than or equal to 10080 minutes."):
            api.glue.update_job(JobName=name, JobUpdate={"Role": "r", "Command": COMMAND, "Timeout": 10081})
        assert api.glue.get_job(JobName=name)["Job"]["Timeout"] == 5

    def test_a_name_that_is_taken(self, api):
        name = api.job(None)
        same = {"Name": name, "Role": "role", "Command": {**COMMAND, "ScriptLocation": f"s3://scripts/{name}.py"}}
        with refused("AlreadyExistsException", f"Job with name: {name} already exists."):
            api.glue.create_job(**same)
        message = f"Job with name '{name}' already submitted with different configuration"
        with refused("IdempotentParameterMismatchException", message):
            api.glue.create_job(**same, Timeout=5)
        assert api.glue.get_job(JobName=name)["Job"]["Timeout"] == 2880

    @new_model
    def test_members_of_the_newer_model_are_kept(self, api):
        given = {
            "JobMode": "VISUAL",
            "JobRunQueuingEnabled": True,
            "MaintenanceWindow": "Mon:10",
            "SourceControlDetails": {"Provider": "GITHUB", "Repository": "r"},
        }
        name = api.job(None, **given)
        job = api.glue.get_job(JobName=name)["Job"]
        assert {key: job[key] for key in given} == given


class TestValidation:
    @pytest.mark.parametrize(
        ("asked", "message"),
        [
            (
                {"WorkerType": "G.9X", "NumberOfWorkers": 2},
                "1 validation error detected: Value 'G.9X' at 'workerType' failed to satisfy constraint: Member must "
                "satisfy enum value set: [Standard, G.1X, G.2X, G.025X, G.4X, G.8X, Z.2X]",
            ),
            (
                {"Command": {**COMMAND, "PythonVersion": "3.8"}},
                "1 validation error detected: Value '3.8' at 'command.pythonVersion' failed to satisfy constraint: Member "
                "must satisfy regular expression pattern: ^([2-3]|3[.]9)$",
            ),
            (
                {"Name": "n" * 256},
                f"1 validation error detected: Value '{'n' * 256}' at 'name' failed to satisfy constraint: Member must "
                "have length less than or equal to 255",
            ),
        ],
    )
    def test_what_the_model_forbids_is_said_in_the_words_of_aws(self, api, asked, message):
        with refused("ValidationException", message):
            api.job(None, **asked)

    def test_an_empty_name_does_not_leave_the_client(self, api):
        with pytest.raises(ParamValidationError):
            api.glue.get_job(JobName="")

    def test_a_token_that_was_never_given(self, api):
        with refused("InvalidInputException"):
            api.glue.get_jobs(NextToken="nonsense")


class TestTags:
    def test_they_are_set_changed_and_looked_for(self, api):
        mark = uuid.uuid4().hex
        name = api.job(None, Tags={"team": mark})
        assert api.glue.list_jobs(Tags={"team": mark})["JobNames"] == [name]
        api.glue.tag_resource(ResourceArn=arn(name), TagsToAdd={"more": "1", "team": "x"})
        assert api.glue.get_tags(ResourceArn=arn(name))["Tags"] == {"team": "x", "more": "1"}
        api.glue.untag_resource(ResourceArn=arn(name), TagsToRemove=["team"])
        assert api.glue.get_tags(ResourceArn=arn(name))["Tags"] == {"more": "1"}
        assert api.glue.list_jobs(Tags={"team": mark})["JobNames"] == []

    def test_of_a_job_that_is_not_there(self, api):
        with refused("EntityNotFoundException", "Job with name: none not found."):
            api.glue.get_tags(ResourceArn=arn("none"))


class TestPages:
    @pytest.mark.parametrize(
        ("operation", "member", "name_of"),
        [("get_jobs", "Jobs", lambda job: job["Name"]), ("list_jobs", "JobNames", str)],
    )
    def test_they_hold_every_job_once(self, api, operation, member, name_of):
        names = {api.job(None) for _ in range(5)}
        found, token = [], {}
        while True:
            answer = getattr(api.glue, operation)(MaxResults=2, **token)
            assert len(answer[member]) <= 2
            found += map(name_of, answer[member])
            if "NextToken" not in answer:
                break
            token = {"NextToken": answer["NextToken"]}
        assert len(found) == len(set(found))
        assert names <= set(found)

"""Job definitions: defaults, errors, tags, pages."""

from __future__ import annotations

from tests.glue.contract.conftest import refused


def test_a_job_that_is_not_there(api):
    with refused("EntityNotFoundException", "Job with name: none not found."):
        api.glue.get_job(JobName="none")
    with refused("EntityNotFoundException", "Failed to start job run due to missing metadata"):
        api.glue.start_job_run(JobName="none")


def test_a_job_gets_the_defaults_of_aws(api):
    name = api.job(None)
    job = api.glue.get_job(JobName=name)["Job"]
    assert job["CreatedOn"].tzinfo is not None
    assert job["ExecutionProperty"] == {"MaxConcurrentRuns": 1}
    assert (job["MaxRetries"], job["Timeout"], job["MaxCapacity"]) == (0, 2880, 0.0625)

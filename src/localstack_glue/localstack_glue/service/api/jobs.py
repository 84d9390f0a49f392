"""Job definitions: CreateJob to DeleteJob."""

from __future__ import annotations

from ..bookmarks import Bookmarks
from ..jobs import JobStore
from . import Owner, Request, Response, operation, page


class JobsApi:
    def __init__(self, jobs: JobStore, bookmarks: Bookmarks) -> None:
        self._jobs, self._bookmarks = jobs, bookmarks

    @operation("CreateJob")
    def create_job(self, owner: Owner, request: Request) -> Response:
        return {"Name": self._jobs.create(owner, request)["Name"]}

    @operation("GetJob")
    def get_job(self, owner: Owner, request: Request) -> Response:
        return {"Job": self._jobs.get(owner, request["JobName"])}

    @operation("GetJobs")
    def get_jobs(self, owner: Owner, request: Request) -> Response:
        return page(request, "Jobs", self._jobs.listed(owner), lambda job: str(job["Name"]))

    @operation("ListJobs")
    def list_jobs(self, owner: Owner, request: Request) -> Response:
        return page(request, "JobNames", [job["Name"] for job in self._jobs.listed(owner, request.get("Tags"))])

    @operation("BatchGetJobs")
    def batch_get_jobs(self, owner: Owner, request: Request) -> Response:
        known = {job["Name"]: job for job in self._jobs.listed(owner)}
        names = dict.fromkeys(request["JobNames"])
        return {
            "Jobs": [known[name] for name in names if name in known],
            "JobsNotFound": [name for name in names if name not in known],
        }

    @operation("UpdateJob")
    def update_job(self, owner: Owner, request: Request) -> Response:
        return {"JobName": self._jobs.update(owner, request["JobName"], request["JobUpdate"])["Name"]}

    @operation("DeleteJob")
    def delete_job(self, owner: Owner, request: Request) -> Response:
        self._jobs.delete(owner, request["JobName"])
        self._bookmarks.forget(owner, request["JobName"])
        return {"JobName": request["JobName"]}

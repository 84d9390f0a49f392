"""Job bookmarks: how far a job's runs have come in their sources.

On AWS a bookmark belongs to a job, is read when a run begins and written when its script commits (awsglue's Job.init and
Job.commit). Here the two sides meet in a file of the run's folder, named to the script by GLUE_JOB_BOOKMARK_FILE:

    {"JobBookmark": {...}}     before the script starts: what the run before has committed ({} at first); with
                               --job-bookmark-from and -to what these two runs had, the other as "Until"
    the same, replaced         by the script's commit, in one step; taken in when the run has ended, however it ended

An entry is AWS's JobBookmarkEntry; `Version` counts the resets, `Run` the runs that committed, `Attempt` the attempts of
the run that did so last.
"""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import errors, files
from .documents import Documents
from .owner import Owner

LOG = logging.getLogger(__name__)
VARIABLE = "GLUE_JOB_BOOKMARK_FILE"
OPTION = "--job-bookmark-option"
ENABLED, PAUSED, DISABLED = "job-bookmark-enable", "job-bookmark-pause", "job-bookmark-disable"
RANGE = ("--job-bookmark-from", "--job-bookmark-to")
KEPT = 100  # entries of a job, newest last: ResetJobBookmark may go back to the run of any of them
Entry = dict[str, Any]


class Bookmarks:
    """The entries of all jobs. A document each: {"JobName", "Entries": [JobBookmarkEntry, ...]}, oldest first."""

    def __init__(self, folder: Path) -> None:
        self._documents = Documents(folder, lambda document: str(document["JobName"]))

    def get(self, owner: Owner, job_name: str, run_id: str | None = None) -> Entry:
        """GetJobBookmark: the newest entry, or that of a run. Raises EntityNotFound."""
        entries = self._entries(owner, job_name)
        for entry in reversed(entries):
            if run_id in (None, entry.get("RunId")):
                return entry
        raise errors.bookmark_not_found(job_name)

    def reset(self, owner: Owner, job_name: str, run_id: str | None = None) -> Entry:
        """ResetJobBookmark: to the beginning, or to what the run `run_id` had committed. Raises EntityNotFound."""
        with self._documents.lock:
            last = self.get(owner, job_name)
            goal = self.get(owner, job_name, run_id) if run_id else Entry()
            entry: Entry = {
                "JobName": job_name,
                "Version": last["Version"] + 1,
                "Run": goal.get("Run", 0),
                "Attempt": goal.get("Attempt", 0),
                **{key: goal[key] for key in ("PreviousRunId", "RunId") if key in goal},
                "JobBookmark": goal.get("JobBookmark", "{}"),
            }
            self._append(owner, job_name, entry)
        return entry

    def forget(self, owner: Owner, job_name: str) -> None:
        """With the job."""
        self._documents.delete(owner, job_name)

    def hand_out(self, owner: Owner, job_name: str, arguments: Mapping[str, str], folder: Path) -> dict[str, str]:
        """Before a run's script starts: the file in its `folder`, and the variable that names it. Nothing if bookmarks
        are off, which is the default. Raises EntityNotFound for a range of runs that have committed nothing."""
        option = arguments.get(OPTION, DISABLED)
        if option not in (ENABLED, PAUSED):
            return {}
        if option == PAUSED and all(name in arguments for name in RANGE):
            since, until = (self._of_run(owner, job_name, name, arguments[name]) for name in RANGE)
            content = {"JobBookmark": since, "Until": until}
        else:
            content = {"JobBookmark": self._of_run(owner, job_name)}
        path = folder / "bookmark.json"
        files.write_json(path, content)
        return {VARIABLE: str(path)}

    def _of_run(self, owner: Owner, job_name: str, name: str = "", run_id: str | None = None) -> Any:
        """The state after the last run, or after one that the argument `name` names."""
        try:
            return json.loads(self.get(owner, job_name, run_id)["JobBookmark"])
        except errors.EntityNotFound:
            if run_id is None:
                return {}
            raise errors.EntityNotFound(
                f"{name} is {run_id!r}; wanted: the id of a run of job {job_name} that committed its bookmark. Nothing was run."
            ) from None

    def take_in(self, owner: Owner, job_name: str, record: Mapping[str, Any], folder: Path, option: str | None) -> None:
        """When a run has ended: what its script committed becomes the newest entry. A paused bookmark stays."""
        if option != ENABLED:
            return
        try:
            state = files.read_json(folder / "bookmark.json")["JobBookmark"]
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError) as problem:
            LOG.error("The job bookmark of run %s is unreadable and not taken over: %s", record["Id"], problem)
            return
        with self._documents.lock:
            entries = self._entries(owner, job_name)
            last: Entry = entries[-1] if entries else {"Version": 0, "Run": 0, "JobBookmark": "{}"}
            if state == json.loads(last["JobBookmark"]):
                return  # nothing was committed
            entry = {
                "JobName": job_name,
                "Version": last["Version"],
                "Run": last["Run"] + 1,
                "Attempt": record["Attempt"],
                **({"PreviousRunId": last["RunId"]} if "RunId" in last else {}),
                "RunId": record["Id"],
                "JobBookmark": json.dumps(state),
            }
            self._append(owner, job_name, entry)

    def _entries(self, owner: Owner, job_name: str) -> list[Entry]:
        found = self._documents.get(owner, job_name)
        return list(found["Entries"]) if found else []

    def _append(self, owner: Owner, job_name: str, entry: Entry) -> None:
        entries = [*self._entries(owner, job_name), copy.deepcopy(entry)]
        self._documents.put(owner, {"JobName": job_name, "Entries": entries[-KEPT:]})

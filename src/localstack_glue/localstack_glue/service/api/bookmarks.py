"""Job bookmarks: read and reset. They are written by the scripts of runs (see bookmarks.py)."""

from __future__ import annotations

from ..bookmarks import Bookmarks
from . import Owner, Request, Response, operation


class BookmarksApi:
    def __init__(self, bookmarks: Bookmarks) -> None:
        self._bookmarks = bookmarks

    @operation("GetJobBookmark")
    def get_job_bookmark(self, owner: Owner, request: Request) -> Response:
        return {"JobBookmarkEntry": self._bookmarks.get(owner, request["JobName"], request.get("RunId"))}

    @operation("ResetJobBookmark")
    def reset_job_bookmark(self, owner: Owner, request: Request) -> Response:
        return {"JobBookmarkEntry": self._bookmarks.reset(owner, request["JobName"], request.get("RunId"))}

"""How far a job has come in a source: the files that the runs before have read and committed.

As AWS says of S3 sources: by time of modification, and of the files of the last minutes each is remembered, as S3 may show
one later than another that was written after it. A file that was written anew since is read again.
Source: "Tracking processed data using job bookmarks"; `maxBand`, default 900 s.
"""

import json
import os

VARIABLE = "GLUE_JOB_BOOKMARK_FILE"
BAND_S = 900


class Bookmark:
    """Of one run. `read` and `commit` are Job's, `unread` is for a source."""

    def __init__(self, path=None):
        self._path, self._committed, self._pending = path, {}, {}
        if path:
            with open(path, encoding="utf-8") as file:
                self._committed = json.load(file)["JobBookmark"]

    @property
    def enabled(self):
        return self._path is not None

    def unread(self, context, files, band_s=BAND_S, limit=list):
        """Those of the files that were not read in the transformation `context` so far, to a `limit`; they count as read
        with the next commit."""
        if not self.enabled or not context:
            return limit(files)
        state = self._committed.get(context, {"mark": 0, "files": {}})
        since = state["mark"] - band_s * 1000
        new = [one for one in files if one.modified > since and state["files"].get(one.uri) != one.modified]
        if len(limit(new)) < len(new):
            new = limit(sorted(new, key=lambda one: (one.modified, one.uri)))
        mark = max([state["mark"], *(one.modified for one in new)])
        remembered = {**state["files"], **{one.uri: one.modified for one in new}}
        kept = {uri: modified for uri, modified in remembered.items() if modified > mark - band_s * 1000}
        self._pending[context] = {"mark": mark, "files": kept}
        return new

    def commit(self):
        """Replaces the file that the service has handed over, in one step."""
        if not self.enabled:
            return
        self._committed = {**self._committed, **self._pending}
        with open(self._path + ".new", "w", encoding="utf-8") as file:
            json.dump({"JobBookmark": self._committed}, file)
        os.replace(self._path + ".new", self._path)


def of_this_run():
    return Bookmark(os.environ.get(VARIABLE))


OFF = Bookmark()

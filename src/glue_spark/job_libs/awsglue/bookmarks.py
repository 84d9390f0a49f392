"""How far a job has come in a source: the files that the runs before have read and committed.

As AWS says of S3 sources: by time of modification, and of the files of the last minutes each is remembered, as S3 may show
one later than another that was written after it. A file that was written anew since is read again. A source of another kind
keeps a position of its own. `--job-bookmark-from` and `-to` bring the states of two runs: what lies between them is read.
Source: "Tracking processed data using job bookmarks"; `maxBand`, default 900 s.
"""

import json
import os

VARIABLE = "GLUE_JOB_BOOKMARK_FILE"
BAND_S = 900


class Bookmark:
    """Of one run. `commit` is Job's, all else is for a source."""

    def __init__(self, path=None):
        self._path, self._committed, self._until, self._pending = path, {}, None, {}
        if path:
            with open(path, encoding="utf-8") as file:
                content = json.load(file)
            self._committed, self._until = content["JobBookmark"], content.get("Until")

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
        if self._until is not None:
            end = self._until.get(context, {"mark": 0, "files": {}})
            new = [one for one in new if _was_read(one, end, band_s)]
        if len(limit(new)) < len(new):
            new = limit(sorted(new, key=lambda one: (one.modified, one.uri)))
        mark = max([state["mark"], *(one.modified for one in new)])
        remembered = {**state["files"], **{one.uri: one.modified for one in new}}
        kept = {uri: modified for uri, modified in remembered.items() if modified > mark - band_s * 1000}
        self._pending[context] = {"mark": mark, "files": kept}
        return new

    def position(self, context):
        """Where the transformation is, as it was told to `reach`; None at the beginning."""
        return self._committed.get(context)

    def end(self, context):
        """Where it is to stop; None for nowhere."""
        return self._until and self._until.get(context)

    def reach(self, context, position):
        self._pending[context] = position

    def commit(self):
        """Replaces the file that the service has handed over, in one step."""
        if not self.enabled:
            return
        self._committed = {**self._committed, **self._pending}
        with open(self._path + ".new", "w", encoding="utf-8") as file:
            json.dump({"JobBookmark": self._committed}, file)
        os.replace(self._path + ".new", self._path)


def _was_read(file, state, band_s):
    """Whether `file`, as it is now, was read by the time of `state`."""
    remembered = state["files"].get(file.uri) == file.modified
    return remembered or file.modified <= state["mark"] - band_s * 1000


def of_this_run():
    return Bookmark(os.environ.get(VARIABLE))


OFF = Bookmark()

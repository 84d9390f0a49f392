"""Job: init and commit, and between them the job's bookmark.

Source: Glue developer guide, "Tracking processed data using job bookmarks": the state is read by init, and kept by commit.
"""

from awsglue import bookmarks


class Job:
    """One for each run: the state belongs to the class, as on AWS."""

    _bookmark = bookmarks.OFF
    _initialized = False
    _name = ""

    def __init__(self, glue_context):
        self.glue_context = glue_context

    @classmethod
    def init(cls, job_name, args=None):
        """Reads the bookmark. `args` is what getResolvedOptions found."""
        cls._name, cls._bookmark, cls._initialized = job_name, bookmarks.of_this_run(), True

    @classmethod
    def commit(cls):
        if not cls._initialized:
            raise RuntimeError("Job.commit without Job.init")
        cls._bookmark.commit()

    @classmethod
    def isInitialized(cls):
        return cls._initialized

    @classmethod
    def id(cls):
        return cls._name

    @classmethod
    def bookmark(cls):
        return cls._bookmark

"""Runs LocalStack with this plugin: `python -m localstack_glue.serve`.

LocalStack skips a hook that cannot be imported, and would then listen on every address and keep nothing. So the plugin
is imported here first, where a failure ends the process.
"""

import functools
import gc
import sys
import warnings
from typing import Any

if sys.version_info < (3, 12):
    sys.exit(
        f"localstack needs Python 3.12 or later, this is {sys.version.split()[0]} ({sys.executable}): on older ones it "
        "starts, looks healthy, and fails in S3, SQS and STS. Set LOCALSTACK_PYTHON."
    )


# Twisted would like it for checking the names in certificates; this serves on loopback.
NOT_NEEDED = "You do not have a working installation of the service_identity module"


def main() -> None:
    gc.disable()  # nearly all that is made while starting stays; plugin.py turns it on again
    warnings.filterwarnings("ignore", message=NOT_NEEDED)
    from localstack_glue import prepare

    prepare.main([])
    look_up_entry_points_anew()
    from localstack.runtime.main import main as run

    import localstack_glue.plugin  # noqa: F401
    from localstack_glue.platform import loopback

    loopback.require_hook()
    try:
        run()
    except SystemExit as end:
        loopback.leave(int(end.code or 0))


def look_up_entry_points_anew() -> None:
    """Once in a process, which takes 10 ms. plux would keep the list in a file: one that a full disk leaves empty, so that
    LocalStack finds no part of itself at this start and all that follow, or one of before a reinstall."""
    from plux.runtime.cache import EntryPointsCache
    from plux.runtime.metadata import MetadataEntryPointsResolver

    class Anew(EntryPointsCache):  # type: ignore[misc]
        @functools.cache  # noqa: B019 - there is one
        def get_entry_points(self) -> Any:
            return MetadataEntryPointsResolver().get_entry_points()

    EntryPointsCache._instance = Anew()


if __name__ == "__main__":
    main()

"""Python shell jobs: the script in an interpreter of its own, never in LocalStack's.

The script keeps its name and gets argv = [script, --key, value, ...]; neither JOB_NAME nor JOB_RUN_ID, which AWS gives
only to Spark jobs. Its environment is made here from nothing: none of LocalStack's variables reach it.

    interpreters.py   Python 3.9 and 3.6                    libraries.py         what the job brings along
    layers.py         environments above those, kept        install_modules.py   pip, in the run's own process
    endings.py        what a run that failed says           scripts.py           the script, and its environment
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .. import arguments
from ..memory import Limit, of_capacity
from . import CannotStart, Fetch, Launch, interpreters, layers, libraries, scripts
from .endings import failure

if TYPE_CHECKING:
    from ..runs import Run
    from ..settings import Settings

__all__ = ["failure", "memory", "prepare"]
# awsglue.utils for jobs; a folder that holds nothing else, as it goes on their PYTHONPATH.
JOB_LIBS = Path(__file__).resolve().parents[2] / "job_libs"


def prepare(run: Run, fetch: Fetch, settings: Settings) -> Launch:
    """Script and libraries on disk, command and environment. Raises CannotStart."""
    command, given = run.local["Command"], run.local["Arguments"]
    interpreter = interpreters.choose(command, settings)
    if libraries.library_set(given, interpreter.version) == "none":
        interpreter = layers.without_analytics(interpreter, settings)
    if unusable := arguments.unusable(given):
        raise CannotStart(f"{unusable} Nothing was run.")
    script = scripts.fetched(run, fetch)
    path, wheels = libraries.extra_files(run, interpreter.version, fetch)
    wishes = wheels + libraries.additional_modules(run, interpreter.version, fetch)
    start = [interpreter.path]
    more: dict[str, str] = {}
    if wishes.words:
        start, more = layers.with_modules(run, interpreter, wishes, settings)
    return Launch(
        command=[*start, str(script), *arguments.argv(given)],
        environment={**scripts.environment(run, interpreter, start[-1], [*path, str(JOB_LIBS)], settings), **more},
        work=run.folder / "work",
    )


def memory(run: Run) -> Limit:
    return of_capacity(run.record.get("MaxCapacity") or 0.0)

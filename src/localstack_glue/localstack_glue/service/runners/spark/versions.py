"""GlueVersion, and what it means. Never a silent fallback: a version that is not here is refused by name.

Source: AWS Glue guide, "AWS Glue versions" and "AWS Glue version support policy".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import CannotStart

if TYPE_CHECKING:
    from ...settings import Settings

_ENDED = ("0.9", "1.0", "2.0")
# A job that names no version has 5.1 (CreateJob, as of 2026).
_LATER = {"5.0": "Spark 3.5.4", "5.1": "Spark 3.5.6, which a job has that names no version", "6.0": "Spark 4.1.1"}
_WHAT_TO_DO = 'Nothing was run. Set the job\'s GlueVersion to "4.0" (Spark 3.3.0) or "3.0" (Spark 3.1.1).'


@dataclass(frozen=True)
class Version:
    """A Glue version that can be run, the versions of its Python and its Spark."""

    glue: str
    python: str
    spark: str


VERSIONS = {"4.0": Version("4.0", "3.10", "3.3.0"), "3.0": Version("3.0", "3.7", "3.1.1")}


def choose(glue: str | None, settings: Settings) -> Version:
    """What a job's GlueVersion asks for. Raises CannotStart."""
    if glue in _ENDED:
        raise CannotStart(
            f"GlueVersion {glue} has come to its end of life: AWS no longer runs it, nor does the local one. {_WHAT_TO_DO}"
        )
    if glue not in VERSIONS:
        what = f" ({_LATER[glue]})" if glue in _LATER else ""
        raise CannotStart(f"GlueVersion {glue}{what} is not available in the local Glue service. {_WHAT_TO_DO}")
    if not settings.spark.installer:
        raise CannotStart(
            "Spark jobs (Command.Name=glueetl) are not available in Docker mode, for its image has no Spark. Nothing was "
            "run. Use native mode: `make down`, then `make up MODE=native`."
        )
    return VERSIONS[glue]

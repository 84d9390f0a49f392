"""GlueVersion, and what it means. Never a silent fallback: a version that is not here is refused by name.

Source: AWS Glue guide, "AWS Glue versions" and "AWS Glue version support policy".
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .. import CannotStart
from .files import DESCRIPTION

if TYPE_CHECKING:
    from ...settings import Settings

_ENDED = ("0.9", "1.0", "2.0")
_LATER = {"6.0": "Spark 4.1.1"}
_WHAT_TO_DO = (
    'Nothing was run. Set the job\'s GlueVersion to "5.1" (Spark 3.5.6), "5.0" (3.5.4), "4.0" (3.3.0) or "3.0" (3.1.1).'
)


@dataclass(frozen=True)
class Version:
    """A Glue version that can be run, the versions of its Python and its Spark."""

    glue: str
    python: str
    spark: str


VERSIONS = {
    "5.1": Version("5.1", "3.11", "3.5.6"),
    "5.0": Version("5.0", "3.11", "3.5.4"),
    "4.0": Version("4.0", "3.10", "3.3.0"),
    "3.0": Version("3.0", "3.7", "3.1.1"),
}


def choose(glue: str | None, settings: Settings) -> Version:
    """What a job's GlueVersion asks for; a job that named none has AWS's default (capacity.py). Raises CannotStart."""
    if glue in _ENDED:
        raise CannotStart(
            f"GlueVersion {glue} has come to its end of life: AWS no longer runs it, nor does the local one. {_WHAT_TO_DO}"
        )
    if glue not in VERSIONS:
        what = f" ({_LATER[glue]})" if glue in _LATER else ""
        raise CannotStart(f"GlueVersion {glue}{what} is not available in the local Glue service. {_WHAT_TO_DO}")
    if not settings.spark.installer and not is_installed(settings.spark.place(glue)):
        raise CannotStart(
            f"Spark for Glue {glue} is not in the image of Docker mode, and is not installed in a running container. Nothing "
            f"was run. Bring it into the image: `make down`, then `make up MODE=docker GLUE={glue}` (several with commas)."
        )
    return VERSIONS[glue]


def is_installed(place: Path) -> bool:
    """Whether an environment was made to its end."""
    return (place / DESCRIPTION).is_file()

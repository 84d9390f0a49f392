"""Arguments of a job run: who wins, and what the script gets.

AWS: NonOverridableArguments beat those of StartJobRun, which beat the job's DefaultArguments. The run's record shows
only what StartJobRun was given; the script gets all of them.
"""

from __future__ import annotations

from collections.abc import Mapping


def merged(
    defaults: Mapping[str, str] | None, given: Mapping[str, str] | None, fixed: Mapping[str, str] | None
) -> dict[str, str]:
    """DefaultArguments < Arguments < NonOverridableArguments."""
    return {**(defaults or {}), **(given or {}), **(fixed or {})}


def argv(arguments: Mapping[str, str]) -> list[str]:
    """`{"--key": "value"}` as `["--key", "value"]`, the form in which Glue calls a Python shell script."""
    return [word for pair in arguments.items() for word in pair]

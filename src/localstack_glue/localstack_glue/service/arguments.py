"""Arguments of a job run: who wins, and what the script gets.

AWS: NonOverridableArguments beat those of StartJobRun, which beat the job's DefaultArguments. The run's record shows
only what StartJobRun was given; the script gets all of them.
"""

from __future__ import annotations

from collections.abc import Mapping

LONGEST_ARGUMENT = 128 << 10  # bytes: Linux's MAX_ARG_STRLEN; AWS takes 260 KB for all arguments together


def merged(
    defaults: Mapping[str, str] | None, given: Mapping[str, str] | None, fixed: Mapping[str, str] | None
) -> dict[str, str]:
    """DefaultArguments < Arguments < NonOverridableArguments."""
    return {**(defaults or {}), **(given or {}), **(fixed or {})}


def argv(arguments: Mapping[str, str]) -> list[str]:
    """`{"--key": "value"}` as `["--key", "value"]`, the form in which Glue calls a Python shell script; a value that is
    empty is left out, as in public recordings of sys.argv ("--enable-metrics": "" becomes a word of its own)."""
    return [word for key, value in arguments.items() for word in (key, value) if word]


def unusable(arguments: Mapping[str, str]) -> str:
    """Why no program can be started with these arguments; "" if one can."""
    for key, value in arguments.items():
        if "\0" in key + value:
            return f"The argument {key!r} has a NUL character, which no program can be given."
        if max(len(word.encode("utf-8", "replace")) for word in (key, value)) >= LONGEST_ARGUMENT:
            return f"The argument {key} is longer than {LONGEST_ARGUMENT} bytes, which the system does not pass to a program."
    return ""

"""Partition indexes of a table: descriptors by name, each with the time of its last change.

    CREATING -- seconds --> ACTIVE -- DeletePartitionIndex --> DELETING -- seconds --> (gone)

No lookup is quicker by an index here; the states pass as they do on AWS, which works on one index of a table at a time.
States follow from the clock when they are looked at, so that a restart changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import errors

MOST = 3
Kept = dict[str, Any]  # name -> {"Keys": [{"Name", "Type"}], "Deleting": bool, "Since": seconds}


class PartitionIndexes:
    """The rules. `seconds` is what creating and deleting take."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.time) -> None:
        self._seconds, self._clock = seconds, clock

    def create(
        self, kept: Kept, index: Mapping[str, Any], keys: Sequence[Mapping[str, str]], at_once: bool = False
    ) -> None:
        """Adds an index over some of `keys`, the table's partition keys; ACTIVE `at_once` for a table that is being
        made. Raises InvalidInput, ResourceNumberLimitExceeded, AlreadyExists, in the order of AWS."""
        types = {key["Name"].lower(): key.get("Type") or "string" for key in keys}
        names = [name.lower() for name in index["Keys"]]
        if unknown := [name for name in index["Keys"] if name.lower() not in types]:
            raise errors.index_keys(unknown)
        present = self.shown(kept)
        _none_in_progress(present)
        if len(present) >= MOST:
            raise errors.too_many_indexes(MOST)
        for other in present:
            if other["IndexName"] == index["IndexName"]:
                raise errors.index_exists(other["IndexName"], "name")
            if [key["Name"] for key in other["Keys"]] == names:
                raise errors.index_exists(other["IndexName"], "keys")
        described = [{"Name": name, "Type": types[name]} for name in names]
        since = 0.0 if at_once else self._clock()
        kept[index["IndexName"]] = {"Keys": described, "Deleting": False, "Since": since}

    def delete(self, kept: Kept, name: str) -> None:
        """Raises EntityNotFound, also for one that is not ACTIVE, as on AWS; ResourceNumberLimitExceeded while another
        is in progress."""
        present = self.shown(kept)
        if not any(index["IndexName"] == name and index["IndexStatus"] == "ACTIVE" for index in present):
            raise errors.index_not_found(name)
        _none_in_progress(present)
        kept[name] = {**kept[name], "Deleting": True, "Since": self._clock()}

    def shown(self, kept: Kept) -> list[dict[str, Any]]:
        """As PartitionIndexDescriptors, sorted by name."""
        described = []
        for name, index in sorted(kept.items()):
            settled = self._clock() - index["Since"] >= self._seconds
            if not (index["Deleting"] and settled):
                state = "DELETING" if index["Deleting"] else "ACTIVE" if settled else "CREATING"
                described.append(
                    {"IndexName": name, "Keys": [dict(key) for key in index["Keys"]], "IndexStatus": state}
                )
        return described


def _none_in_progress(indexes: list[dict[str, Any]]) -> None:
    for index in indexes:
        if index["IndexStatus"] != "ACTIVE":
            raise errors.index_in_progress(index["IndexName"], index["IndexStatus"])

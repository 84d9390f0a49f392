"""Custom classifiers: how a crawler recognises a format that it does not know by itself.

A document of documents.py each, in the shape of GetClassifier: one of GrokClassifier, XMLClassifier, JsonClassifier
and CsvClassifier, with Name, Version (from 1), CreationTime and LastUpdated.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .catalog import errors
from .documents import Document, Documents
from .owner import Owner

KINDS = ("GrokClassifier", "XMLClassifier", "JsonClassifier", "CsvClassifier")
_DEFAULTS: dict[str, Document] = {"CsvClassifier": {"Serde": "None"}}  # [R]


class ClassifierStore:
    """All classifiers of all accounts and regions."""

    def __init__(self, folder: Path) -> None:
        self._documents = Documents(folder, lambda document: str(document[_kind(document)]["Name"]))

    def get(self, owner: Owner, name: str) -> Document | None:
        """A copy: {"CsvClassifier": {"Name": ..., "Delimiter": ..., ...}}, or another of KINDS."""
        return self._documents.get(owner, name)

    def listed(self, owner: Owner) -> list[Document]:
        """Copies, sorted by name."""
        return self._documents.listed(owner)

    def create(self, owner: Owner, request: Mapping[str, Any]) -> None:
        """CreateClassifier. Raises InvalidInput, AlreadyExists."""
        kind = _kind(request)
        now = time.time()
        definition = {**_DEFAULTS.get(kind, {}), **_given(request[kind])}
        _check(kind, definition)
        with self._documents.lock:
            if self.get(owner, definition["Name"]):
                raise errors.classifier_exists(definition["Name"])
            self._documents.put(owner, {kind: {**definition, "CreationTime": now, "LastUpdated": now, "Version": 1}})

    def update(self, owner: Owner, request: Mapping[str, Any]) -> None:
        """UpdateClassifier: what the request leaves out stays as it is. Raises InvalidInput, EntityNotFound."""
        kind = _kind(request)
        name = request[kind]["Name"]
        with self._documents.lock:
            known = self.get(owner, name)
            if known is None:
                raise errors.classifier_not_found(name)
            if kind not in known:
                raise errors.classifier_rule(f"Classifier {name} is a {_kind(known)}, not a {kind}.")
            definition = {**known[kind], **_given(request[kind])}
            _check(kind, definition)
            definition.update(LastUpdated=time.time(), Version=definition["Version"] + 1)
            self._documents.put(owner, {kind: definition})

    def delete(self, owner: Owner, name: str) -> None:
        """Raises EntityNotFound."""
        if not self._documents.delete(owner, name):
            raise errors.classifier_not_found(name)


def _kind(document: Mapping[str, Any]) -> str:
    kinds = [kind for kind in KINDS if document.get(kind) is not None]
    if len(kinds) != 1:
        raise errors.one_classifier()
    return kinds[0]


def _given(members: Mapping[str, Any]) -> Document:
    return {key: value for key, value in members.items() if value is not None}


def _check(kind: str, definition: Document) -> None:
    """The rules that are not in the model's constraints."""
    if kind == "CsvClassifier" and definition.get("Delimiter", ",") == definition.get("QuoteSymbol"):
        raise errors.classifier_rule("QuoteSymbol must be different from the column delimiter.")
    if kind == "CsvClassifier" and definition.get("CustomDatatypes") and not definition.get("CustomDatatypeConfigured"):
        raise errors.classifier_rule("CustomDatatypes need CustomDatatypeConfigured.")
    if kind == "XMLClassifier" and "RowTag" in definition and not definition["RowTag"].strip("</> "):
        raise errors.classifier_rule("RowTag must name an element.")
    if kind == "JsonClassifier" and not definition["JsonPath"].startswith("$"):
        raise errors.classifier_rule("JsonPath must start with $.")

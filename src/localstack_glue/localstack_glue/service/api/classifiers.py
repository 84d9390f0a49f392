"""Custom classifiers."""

from __future__ import annotations

from ..catalog import errors
from ..classifiers import KINDS, ClassifierStore
from . import Owner, Request, Response, operation, sorted_page


class ClassifiersApi:
    def __init__(self, classifiers: ClassifierStore) -> None:
        self._classifiers = classifiers

    @operation("CreateClassifier")
    def create_classifier(self, owner: Owner, request: Request) -> Response:
        self._classifiers.create(owner, request)
        return {}

    @operation("GetClassifier")
    def get_classifier(self, owner: Owner, request: Request) -> Response:
        found = self._classifiers.get(owner, request["Name"])
        if found is None:
            raise errors.classifier_not_found(request["Name"])
        return {"Classifier": found}

    @operation("GetClassifiers")
    def get_classifiers(self, owner: Owner, request: Request) -> Response:
        return sorted_page(request, "Classifiers", self._classifiers.listed(owner), _name)

    @operation("UpdateClassifier")
    def update_classifier(self, owner: Owner, request: Request) -> Response:
        self._classifiers.update(owner, request)
        return {}

    @operation("DeleteClassifier")
    def delete_classifier(self, owner: Owner, request: Request) -> Response:
        self._classifiers.delete(owner, request["Name"])
        return {}


def _name(classifier: Response) -> str:
    return next(str(classifier[kind]["Name"]) for kind in KINDS if kind in classifier)

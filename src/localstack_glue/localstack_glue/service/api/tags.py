"""Tags of the resources that this service keeps; those of others are moto's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from . import Owner, Request, Response, operation


class Tagged(Protocol):
    """A store of resources that carry tags."""

    def tags(self, owner: Owner, name: str) -> dict[str, str]:
        """Raises EntityNotFound."""

    def set_tags(self, owner: Owner, name: str, tags: Mapping[str, str]) -> None: ...


class TagsApi:
    """`kinds` maps the word in a resource's ARN (`arn:aws:glue:region:account:job/name`) to its store."""

    def __init__(self, kinds: Mapping[str, Tagged]) -> None:
        self._kinds = kinds

    @operation("GetTags")
    def get_tags(self, owner: Owner, request: Request) -> Response:
        store, name = self._resource(request["ResourceArn"])
        return {"Tags": store.tags(owner, name)}

    @operation("TagResource")
    def tag_resource(self, owner: Owner, request: Request) -> Response:
        store, name = self._resource(request["ResourceArn"])
        store.set_tags(owner, name, {**store.tags(owner, name), **request["TagsToAdd"]})
        return {}

    @operation("UntagResource")
    def untag_resource(self, owner: Owner, request: Request) -> Response:
        store, name = self._resource(request["ResourceArn"])
        tags = store.tags(owner, name)
        store.set_tags(owner, name, {key: tags[key] for key in tags if key not in request["TagsToRemove"]})
        return {}

    def _resource(self, arn: str) -> tuple[Tagged, str]:
        """Raises NotImplementedError for a kind that moto keeps: the call goes there."""
        kind, _, name = arn.split(":", 5)[-1].partition("/")
        if kind not in self._kinds:
            raise NotImplementedError
        return self._kinds[kind], name

"""Glue's API: one module for each kind of resource, thin; the work is done by the stores and engines beside this folder.

    jobs.py         job definitions     runs.py     job runs
    bookmarks.py    job bookmarks       tags.py     tags of every kind of resource
    triggers.py     triggers            workflows.py    workflows and their runs

The Data Catalog, on moto's objects (../catalog/):

    databases.py    tables.py, partitions.py, partition_indexes.py, column_statistics.py
    connections.py  functions.py        classifiers.py    registries.py      security.py

A module has one class whose methods are handlers, each marked with the operation it answers:

    class JobsApi:
        @operation("GetJob")
        def get_job(self, owner: Owner, request: Request) -> Response: ...

Requests and answers are dicts in AWS's shape; an errors.GlueError becomes AWS's error response. NotImplementedError hands
the call to moto. Nothing here imports LocalStack: provider.py puts the handlers into its dispatch table, and
coverage.py makes docs/glue-coverage.md from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from .. import pages
from ..owner import Owner

Request = dict[str, Any]
Response = dict[str, Any]
__all__ = ["Handler", "Owner", "Request", "Response", "handlers", "operation", "page", "sorted_page"]
Handler = TypeVar("Handler", bound=Callable[..., Any])
PAGE = 100  # items a page, if MaxResults is not given


def operation(name: str, stored: str = "") -> Callable[[Handler], Handler]:
    """Marks a method as the handler of an operation. `stored` says what AWS would do with it that this service does not:
    then the operation counts as "stored only"."""

    def mark(function: Handler) -> Handler:
        function.__dict__["glue_operation"] = name
        function.__dict__["glue_stored"] = stored
        return function

    return mark


def handlers(api: object) -> Iterator[tuple[str, Callable[[Owner, Request], Response]]]:
    """The operations of an API object and their handlers."""
    for name in dir(type(api)):
        if marked := getattr(getattr(type(api), name), "glue_operation", ""):
            yield marked, getattr(api, name)


def page(
    request: Request, member: str, items: list[Any], key: Callable[[Any], str] = str, most: int = PAGE
) -> Response:
    """The part of `items` that NextToken and MaxResults ask for, as `member` of an answer. Raises InvalidInput."""
    found, token = pages.page(items, key, request.get("NextToken"), request.get("MaxResults") or most)
    return {member: found, **({"NextToken": token} if token else {})}


def sorted_page(
    request: Request, member: str, items: list[Any], key: Callable[[Any], str], most: int = PAGE
) -> Response:
    """Like page(), for items sorted by `key`: pages go on even when items named by the one before are gone."""
    size = request.get("MaxResults") or most
    found, token = pages.sorted_page(items, key, request.get("NextToken"), size)
    return {member: found, **({"NextToken": token} if token else {})}

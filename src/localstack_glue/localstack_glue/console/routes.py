"""The routes at the AWS endpoint. They come before anything AWS in LocalStack's chain, so they need no signature; what
keeps them private is that the endpoint listens on loopback alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from localstack.http import Request, Response, route
from localstack.services.edge import ROUTER

from ..service.runs import RunStore
from . import page, runs

HEADERS = {
    # No script, no picture, no other address: were anything not escaped, a browser would still do nothing with it.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Vary": "Accept",
}


def install(store: Callable[[], RunStore]) -> None:
    """Adds the routes. `store` gives the runs, when the first request comes."""
    ROUTER.add(_Console(store))


class _Console:
    def __init__(self, store: Callable[[], RunStore]) -> None:
        self._store = store

    @route("/_aws/glue", methods=["GET"])  # type: ignore[untyped-decorator]
    def listing(self, request: Request) -> Response:
        query = request.args.to_dict()
        content = runs.listing(self._store(), query)
        return _answer(request, content, lambda: page.listing(content, query))

    @route("/_aws/glue/runs/<run_id>", methods=["GET"])  # type: ignore[untyped-decorator]
    def details(self, request: Request, run_id: str) -> Response:
        run = self._store().find(run_id)
        if run is None:
            return _answer(request, {"Message": f"There is no job run {run_id}."}, lambda: page.missing(run_id), 404)
        content = runs.details(run)
        return _answer(request, content, lambda: page.details(content))


def _answer(request: Request, content: dict[str, Any], shown: Callable[[], str], status: int = 200) -> Response:
    if "text/html" in request.headers.get("Accept", "") and request.args.get("format") != "json":
        return Response(shown(), status, headers=HEADERS, mimetype="text/html")
    return Response(json.dumps(content, indent=1), status, headers=HEADERS, mimetype="application/json")

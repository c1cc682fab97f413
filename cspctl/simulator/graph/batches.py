"""Answers several requests that come in one; the only route that does.

https://learn.microsoft.com/graph/json-batching
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from werkzeug.datastructures import Headers

from cspctl.simulator.graph.errors import object_body, refuse
from cspctl.simulator.graph.service import after, before, not_simulated, route, routes
from cspctl.simulator.wire import Query, Refused, Request, Response

AT_ONCE = 20


@route("POST", "/$batch")
def batch(request: Request) -> Response:
    """Answer up to 20 requests, each with rights and an outcome of its own."""
    asked = object_body(request.body).get("requests")
    if not isinstance(asked, list) or not 0 < len(asked) <= AT_ONCE:
        raise refuse(400, "BadRequest", f"Number of batch request steps must be between 1 and {AT_ONCE}.")
    ids = [str(each.get("id", "")) if isinstance(each, dict) else "" for each in asked]
    if len(set(ids)) != len(ids) or "" in ids:
        raise refuse(400, "BadRequest", "Each batch request step must have an id of its own.")
    if not all(_is_step(each) for each in asked):
        raise refuse(400, "BadRequest", "Invalid batch payload format.")
    answers: dict[str, dict[str, Any]] = {}
    for id, each in zip(ids, asked, strict=True):
        answers[id] = {"id": id, **_answer(request, each, answers)}
    return Response(200, {"responses": list(answers.values())})


def _is_step(asked: dict[str, Any]) -> bool:
    headers, earlier = asked.get("headers") or {}, asked.get("dependsOn") or []
    if not isinstance(headers, dict) or not isinstance(earlier, list):
        return False
    try:
        urlsplit(str(asked.get("url", "")))
        Headers([(str(name), str(value)) for name, value in headers.items()])
    except ValueError:
        return False
    return True


def _answer(request: Request, asked: dict[str, Any], before_it: dict[str, dict[str, Any]]) -> dict[str, Any]:
    for each in asked.get("dependsOn") or []:
        # One that comes later, or not at all, has not succeeded either.
        if before_it.get(str(each), {}).get("status", 424) >= 400:
            error = {"code": "FailedDependency", "message": f"The request '{each}' did not succeed."}
            return {"status": 424, "headers": {}, "body": {"error": error}}
    inner = _request(request, asked)
    match = routes.match(inner.method, inner.path)
    try:
        if match is None or match.function is batch:
            raise not_simulated(inner)
        before(inner, match)
        with request.tx.undone_on_error():
            response = match.function(inner, **match.params)
    except Refused as refused:
        response = refused.response
    after(inner, match, response)
    body = response.body.decode() if isinstance(response.body, bytes) else response.body
    shown = {"status": response.status, "headers": response.headers}
    return shown if body is None else {**shown, "body": body}


def _request(request: Request, asked: dict[str, Any]) -> Request:
    url = urlsplit(str(asked.get("url", "")))
    version = request.path.split("/")[1]
    headers = Headers([(str(name), str(value)) for name, value in (asked.get("headers") or {}).items()])
    return replace(
        request,
        method=str(asked.get("method", "GET")).upper(),
        path=f"/{version}/{unquote(url.path).lstrip('/')}",
        query=Query(parse_qsl(url.query, keep_blank_values=True)),
        headers=headers,
        body=asked.get("body"),
    )

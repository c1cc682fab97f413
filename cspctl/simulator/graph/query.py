"""Answers objects and pages as OData's query options ask; the only place that reads $select, $top and their like.

https://learn.microsoft.com/graph/query-parameters
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from cspctl.simulator.graph import filters
from cspctl.simulator.graph.errors import refuse
from cspctl.simulator.wire import Request, Response, whole

SIZE, LARGEST = 100, 999


def metadata(request: Request, of: str) -> str:
    """Return the address that `@odata.context` names."""
    version = request.path.split("/")[1]
    return f"{request.base_url}/{version}/$metadata#{of}"


def is_eventual(request: Request) -> bool:
    """Tell whether the client accepts the answers of the directory's index, which knows more questions."""
    return request.headers.get("ConsistencyLevel", "").lower() == "eventual"


def _selected(request: Request, type: str, known: set[str]) -> list[str]:
    names = [name.strip() for name in request.query.get("$select").split(",") if name.strip()]
    spelt = {name.lower(): name for name in known}
    for name in names:
        if name != "*" and name.split("/")[0].lower() not in spelt:
            text = f"Could not find a property named '{name}' on type 'microsoft.graph.{type}'."
            raise refuse(400, "BadRequest", f"Parsing OData Select and Expand failed: {text}")
    return [spelt.get(name.split("/")[0].lower(), name) for name in names]


def _shown(request: Request, each: dict[str, Any], names: list[str], default: tuple[str, ...]) -> dict[str, Any]:
    # The beta version answers all properties unless some are asked for.
    wanted = names or (() if request.path.startswith("/beta/") else default)
    if not wanted or "*" in wanted:
        return each
    kept = {name: each.get(name) for name in wanted}
    return {**{key: value for key, value in each.items() if "@odata." in key}, **kept}


def one(
    request: Request,
    found: dict[str, Any],
    of: str,
    type: str,
    default: tuple[str, ...] = (),
    *,
    status: int = 200,
    location: str = "",
) -> Response:
    """Return one object; `default` are the properties that go out unless $select asks for others."""
    names = _selected(request, type, set(found))
    chosen = f"({','.join(names)})" if names else ""
    body = {"@odata.context": metadata(request, f"{of}{chosen}/$entity"), **_shown(request, found, names, default)}
    return Response(status, body, {"Location": location} if location else {})


def page(
    request: Request,
    found: Iterable[dict[str, Any]],
    of: str,
    type: str,
    default: tuple[str, ...] = (),
    *,
    known: set[str] | None = None,
    size: int = SIZE,
    largest: int = LARGEST,
) -> Response:
    """Return the page of objects that the request asks for, with the link to the next one if there is more."""
    every = list(found)
    properties = known or {name for each in every for name in each}
    names = _selected(request, type, properties) if every or known else []
    chosen = _ordered(request, _filtered(request, every, type, properties))
    size, start = _size(request, size, largest), _start(request)
    columns = f"({','.join(names)})" if names else ""
    body: dict[str, Any] = {"@odata.context": metadata(request, f"{of}{columns}")}
    if request.query.get("$count").lower() == "true":
        body["@odata.count"] = len(chosen)
    if start + size < len(chosen):
        body["@odata.nextLink"] = _next(request, start + size)
    body["value"] = [_shown(request, each, names, default) for each in chosen[start : start + size]]
    return Response(200, body)


def count(request: Request, found: Iterable[dict[str, Any]], type: str) -> Response:
    """Return the number of objects as plain text, which only the directory's index can tell."""
    if not is_eventual(request):
        raise refuse(400, "Request_BadRequest", "$count is not currently supported.")
    every = list(found)
    number = len(_filtered(request, every, type, {name for each in every for name in each}))
    return Response(200, str(number).encode(), {"Content-Type": "text/plain"})


def _filtered(request: Request, every: list[dict[str, Any]], type: str, known: set[str]) -> list[dict[str, Any]]:
    text = request.query.get("$filter")
    if request.query.get("$search"):
        every = _searched(request, every)
    if not text:
        return every
    advanced = is_eventual(request) and (
        request.query.get("$count").lower() == "true" or request.path.lower().endswith("/$count")
    )
    predicate = filters.parse(text, type[:1].upper() + type[1:], known or {"id"}, advanced=advanced)
    return [each for each in every if predicate(each)]


def _searched(request: Request, every: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not is_eventual(request):
        text = "Request with $search query parameter only works through MSGraph with a special request header: "
        raise refuse(400, "Request_UnsupportedQuery", f"{text}'ConsistencyLevel: eventual'")
    name, _, wanted = request.query.get("$search").strip('"').partition(":")
    return [each for each in every if wanted.lower() in str(each.get(name) or "").lower()]


def _ordered(request: Request, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    name, _, direction = request.query.get("$orderby").partition(" ")
    if not name:
        return found
    return sorted(found, key=lambda each: str(each.get(name) or "").lower(), reverse=direction.strip() == "desc")


def _size(request: Request, size: int, largest: int) -> int:
    text = request.query.get("$top")
    if not text:
        return size
    wanted = whole(text)
    if wanted is None or not 1 <= wanted <= largest:
        message = f"Invalid page size specified: '{text}'. Must be between 1 and {largest} inclusive."
        raise refuse(400, "Request_UnsupportedQuery", message)
    return wanted


def _start(request: Request) -> int:
    token = request.query.get("$skiptoken")
    try:
        return int(base64.urlsafe_b64decode(token.encode()).decode().removeprefix("from:")) if token else 0
    except ValueError:
        raise refuse(400, "Directory_ExpiredPageToken", "The specified page token value has expired.") from None


def _next(request: Request, start: int) -> str:
    token = base64.urlsafe_b64encode(f"from:{start}".encode()).decode()
    kept = [(name, value) for name, value in request.query.pairs if name.lower() != "$skiptoken"]
    query = "&".join(f"{quote(name, safe='$')}={quote(value)}" for name, value in [*kept, ("$skiptoken", token)])
    return f"{request.base_url}{quote(request.path, safe='/$')}?{query}"

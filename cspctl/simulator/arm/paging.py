"""Cuts lists into pages; the only place that makes and reads nextLink."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

from cspctl.simulator.wire import Request, Response, whole

SIZE = 1000


def page(request: Request, items: list[Any]) -> Response:
    """Return the page that the request asks for, with the link to the next one if there is more.

    `$top` makes pages smaller; `$skiptoken` is ours to choose and the client's only to send back.
    """
    asked = whole(request.query.get("$top"))
    start = _position(request.query.get("$skiptoken"))
    size = SIZE if asked is None else min(max(asked, 1), SIZE)
    body: dict[str, Any] = {"value": items[start : start + size]}
    if start + size < len(items):
        token = base64.urlsafe_b64encode(f"from:{start + size}".encode()).decode()
        kept = [(name, value) for name, value in request.query.pairs if name.lower() != "$skiptoken"]
        query = "&".join(f"{quote(name, safe='$')}={quote(value)}" for name, value in [*kept, ("$skiptoken", token)])
        body["nextLink"] = f"{request.base_url}{quote(request.path)}?{query}"
    return Response(200, body)


def _position(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token.encode()).decode().removeprefix("from:")) if token else 0
    except ValueError:
        return 0

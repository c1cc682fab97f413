"""Pages and filters collections the way Partner Center's seek paging does; the only place that cuts pages.

https://learn.microsoft.com/partner-center/developer/get-a-list-of-customers and …/get-a-customer-by-name
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from cspctl.simulator.incoming import json_of
from cspctl.simulator.partner_center.answers import collection, link, refuse
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, whole

LARGEST_PAGE = 500
INDIRECT = {"IndirectReseller", "IndirectCloudSolutionProvider"}


def filtered(request: Request, documents: list[Document], fields: dict[str, str]) -> list[Document]:
    """Return the documents that the `filter` parameter lets through; `fields` maps its names to ours."""
    text = request.query.get("filter")
    if not text:
        return documents
    try:
        asked = {str(key).lower(): value for key, value in json_of(text.encode()).items()}
        name, value, operator = str(asked["field"]), str(asked["value"]), str(asked["operator"])
    except (ValueError, KeyError, AttributeError):
        raise refuse(400, "3000", "The filter is not an object with Field, Value and Operator.") from None
    if operator.lower() != "starts_with":
        raise refuse(400, "3000", f"The filter operator {operator} is not supported; use starts_with.")
    names = {key.lower(): key for key in (*fields, *INDIRECT)}
    if name.lower() not in names:
        raise refuse(400, "3000", f"The filter field {name} is not supported.")
    key = fields.get(names[name.lower()], "associatedPartnerId")
    return [each for each in documents if str(each.get(key) or "").lower().startswith(value.lower())]


def page(request: Request, documents: list[Document], shape: Callable[[Document], dict[str, Any]]) -> dict[str, Any]:
    """Return the page that `size`, `seekOperation` and the header MS-ContinuationToken ask for."""
    size = _size(request)
    start = _start(request, documents, size)
    chosen = documents[start : start + size]
    body = collection([shape(each) for each in chosen], _self(request))
    if start + size < len(documents):
        token = _token(chosen[-1]["id"])
        headers = [{"key": "MS-ContinuationToken", "value": token}]
        body["links"]["next"] = link(_next(request, size), headers=headers)
        body["continuationToken"] = token
    return body


def _size(request: Request) -> int:
    text = request.query.get("size", "0")
    size = whole(text)
    if size is None:
        raise refuse(400, "3000", f"The size {text} is not a number.")
    # The SDKs send 0 for "as many as there may be".
    return min(size or LARGEST_PAGE, LARGEST_PAGE)


def _start(request: Request, documents: list[Document], size: int) -> int:
    operation = request.query.get("seekOperation", "First").lower()
    if operation not in {"first", "next", "previous", "last"}:
        raise refuse(400, "3000", f"The seekOperation {operation} is not supported.")
    if operation == "first":
        return 0
    if operation == "last":
        return max(0, len(documents) - size)
    after = _decoded(request.headers.get("MS-ContinuationToken", ""))
    ids = [str(each["id"]).lower() for each in documents]
    # Sorted documents go on after that one; where it is gone meanwhile, after where it would be by its id.
    seen = ids.index(after.lower()) + 1 if after.lower() in ids else sum(1 for id in ids if id <= after.lower())
    return seen if operation == "next" else max(0, seen - 2 * size)


def _token(last: str) -> str:
    return base64.b64encode(json.dumps({"after": last}).encode()).decode()


def _decoded(token: str) -> str:
    try:
        return str(json_of(base64.b64decode(token, validate=True))["after"])
    except (ValueError, KeyError, TypeError):
        raise refuse(400, "3000", "The header MS-ContinuationToken is missing or invalid.") from None


def _query(request: Request) -> str:
    pairs = [(name, value) for name, value in request.query.pairs if name.lower() != "seekoperation"]
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs)


def _self(request: Request) -> str:
    # Links come without the version, except that of a plain list.
    query = _query(request)
    path = request.path if "filter" not in request.query else request.path.removeprefix("/v1")
    return f"{path}?{query}" if query else path


def _next(request: Request, size: int) -> str:
    kept = _query(request)
    query = kept if "size" in request.query else f"{kept}&size={size}".lstrip("&")
    return f"{request.path.removeprefix('/v1')}?{query}&seekOperation=Next"

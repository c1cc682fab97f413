"""Shapes Partner Center's answers: links, collections, errors, headers; the only place that knows them.

https://learn.microsoft.com/partner-center/developer/partner-center-rest-headers and …/error-codes
"""

from __future__ import annotations

import base64
import json
import re
import secrets
from typing import Any

from cspctl.simulator.wire import Refused, Request, Response

# What the simulator's core reports in words, in Partner Center's codes.
TOKEN_CODES = {"InvalidAuthenticationTokenAudience": "900420"}
CODES = {
    400: "800002",
    415: "800002",
    403: "2032",
    404: "1000",
    500: "800003",
    502: "800003",
    503: "800003",
    504: "800003",
}

# Fields whose values are members of an enumeration.
ENUMERATIONS = frozenset({"billingCycle", "billingType", "relationshipToPartner", "status"})


def error(
    status: int, code: str, description: str, *, source: str = "PartnerFD", data: list[str] | None = None
) -> Response:
    """Return the standard error; codes are numbers on the wire, strings in the documentation."""
    if status == 429:
        return Response(429, {"statusCode": 429, "message": description})
    if not code.isdigit():
        code = TOKEN_CODES.get(code, "800001") if status == 401 else CODES.get(status, code)
    number: int | str = int(code) if code.isdigit() else code
    return Response(status, {"code": number, "description": description, "data": data or [], "source": source})


def refuse(status: int, code: str, description: str, *, data: list[str] | None = None) -> Refused:
    """Return the refusal with the standard error shape."""
    return Refused(error(status, code, description, data=data))


def newer_error(status: int, code: int, name: str, message: str, parameters: dict[str, Any] | None = None) -> Response:
    """Return the error shape of Partner Center's newer services."""
    body = {
        "code": code,
        "message": message,
        "description": message,
        "errorName": name,
        "isRetryable": False,
        "parameters": parameters or {},
        "errorMessageExtended": f"InternalErrorCode={code}",
    }
    return Response(status, body)


def link(uri: str, method: str = "GET", headers: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """Return one link; uris are relative to the service's root."""
    return {"uri": uri, "method": method, "headers": headers or []}


def resource(body: dict[str, Any], object_type: str, uri: str | None = None, etag: str | None = None) -> dict[str, Any]:
    """Return the body with its links and attributes; fields that are None are left out."""
    shown = {key: value for key, value in body.items() if value is not None}
    if uri is not None:
        shown["links"] = {"self": link(uri)}
    shown["attributes"] = {"etag": etag, "objectType": object_type} if etag else {"objectType": object_type}
    return shown


def collection(items: list[dict[str, Any]], uri: str, **more_links: dict[str, Any]) -> dict[str, Any]:
    """Return a page; `totalCount` is the number of items in it, not of all there are."""
    return {
        "totalCount": len(items),
        "items": items,
        "links": {"self": link(uri), **more_links},
        "attributes": {"objectType": "Collection"},
    }


def put_byte_order_mark(response: Response) -> None:
    """Put a UTF-8 byte order mark before the JSON, as some routes answer."""
    response.body = b"\xef\xbb\xbf" + json.dumps(response.body, ensure_ascii=False).encode()
    response.headers["Content-Type"] = "application/json; charset=utf-8"


def add_headers(request: Request, response: Response) -> None:
    """Echo the request's ids, or give it some, on every answer."""
    locale = request.headers.get("X-Locale", "en-US")
    vector = request.headers.get("MS-CV") or base64.b64encode(secrets.token_bytes(12)).decode()
    if response.status == 401:
        response.headers.setdefault("WWW-Authenticate", f"OAuth realm=urn:cpsvc:cpid:{request.correlation_id}")
    response.headers.setdefault("MS-RequestId", request.request_id)
    response.headers.setdefault("MS-CorrelationId", request.correlation_id)
    response.headers.setdefault("MS-CV", f"{vector}.0")
    response.headers.setdefault("MS-ServerId", "0001")
    response.headers.setdefault("Request-Context", "appId=cid-v1:simulator")
    response.headers.setdefault("X-Locale", f"{locale},{locale}")


def camel(value: Any) -> Any:
    """Return the request body with camelCase keys; Partner Center accepts PascalCase as well.

    It takes the members of its enumerations by their names (OneTime) as well as in its own spelling (one_time).
    """
    if isinstance(value, dict):
        return {(name := key[:1].lower() + key[1:]): _member(name, camel(item)) for key, item in value.items()}
    if isinstance(value, list):
        return [camel(item) for item in value]
    return value


def _member(name: str, value: Any) -> Any:
    if name not in ENUMERATIONS or not isinstance(value, str):
        return value
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", value).lower()

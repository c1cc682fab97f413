"""Words the refusals of Microsoft Graph; the only place that shapes its errors.

https://learn.microsoft.com/graph/errors
"""

from __future__ import annotations

from typing import Any

from cspctl.simulator.wire import Refused, Response

# What the simulator's core says of a token, in Microsoft Graph's words.
TOKEN_TEXTS = {
    "AuthenticationFailed": "Access token is empty.",
    "ExpiredAuthenticationToken": "Lifetime validation failed, the token is expired.",
    "InvalidAuthenticationTokenAudience": "Access token validation failure. Invalid audience.",
}
NOT_A_TOKEN = "Access token validation failure. Invalid token."  # noqa: S105 # a sentence about tokens


def error(status: int, code: str, message: str) -> Response:
    """Return the error; `service.after` adds the ids and the date of its innerError."""
    if status == 401:
        code, message = "InvalidAuthenticationToken", TOKEN_TEXTS.get(code, NOT_A_TOKEN)
    elif code in {"InvalidRequestContent", "UnsupportedMediaType"}:
        status, code, message = (
            400,
            "BadRequest",
            "Unable to read JSON request payload. Please ensure Content-Type header is set.",
        )
    return Response(status, {"error": {"code": code, "message": message}})


def refuse(status: int, code: str, message: str, *, target: str = "", detail: str = "") -> Refused:
    """Return the refusal to raise; `target` names the property at fault, `detail` is its own code."""
    response = error(status, code, message)
    if target or detail:
        entry = {"code": detail or code, "message": message, "target": target}
        response.body["error"]["details"] = [{key: value for key, value in entry.items() if value}]
    return Refused(response)


def bad_request(message: str, *, target: str = "", detail: str = "") -> Refused:
    """Refuse what the directory does not accept."""
    return refuse(400, "Request_BadRequest", message, target=target, detail=detail)


def not_found(id: str) -> Refused:
    """Refuse an object that is not there, or not yet on the replica that was asked."""
    text = f"Resource '{id}' does not exist or one of its queried reference-property objects are not present."
    return refuse(404, "Request_ResourceNotFound", text)


def denied() -> Refused:
    """Refuse a caller that may not do this."""
    return refuse(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def conflict(property: str) -> Refused:
    """Refuse a value that another object has."""
    text = f"Another object with the same value for property {property} already exists."
    return bad_request(text, target=property, detail="ObjectConflict")


def missing(property: str, resource: str) -> Refused:
    """Refuse an object without a property that it needs."""
    return bad_request(f"A value is required for property '{property}' of resource '{resource}'.", target=property)


def invalid(property: str, resource: str) -> Refused:
    """Refuse a property whose value cannot be."""
    return bad_request(
        f"Invalid value specified for property '{property}' of resource '{resource}'.",
        target=property,
        detail="InvalidValue",
    )


def object_body(body: Any) -> dict[str, Any]:
    """Return the request's body, which must be an object."""
    if not isinstance(body, dict):
        raise refuse(400, "BadRequest", "Empty Payload. JSON content expected.")
    return body

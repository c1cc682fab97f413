"""Words the refusals of Azure Resource Manager; the only place that shapes its errors."""

from __future__ import annotations

from typing import Any

from cspctl.simulator.wire import Refused, Response


def error(status: int, code: str, message: str) -> Response:
    """Return the shape that Azure Resource Manager and the resource providers share."""
    return Response(status, {"error": {"code": code, "message": message}})


def refuse(
    status: int, code: str, message: str, *, details: list[dict[str, Any]] | None = None, **headers: str
) -> Refused:
    """Return the refusal to raise; header names are given with `_` for `-`.

    `details` is what resource providers add, an empty list included; the gateway itself has none.
    """
    response = error(status, code, message)
    if details is not None:
        response.body["error"]["details"] = details
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return Refused(response)


def gateway_404(code: str, message: str) -> Refused:
    """Refuse what Azure Resource Manager itself does not find, before any resource provider is asked."""
    return refuse(404, code, message, x_ms_failure_cause="gateway")


def group_not_found(group: str) -> Refused:
    """Refuse a request in a resource group that does not exist."""
    return gateway_404("ResourceGroupNotFound", f"Resource group '{group}' could not be found.")


def resource_not_found(type_and_name: str, group: str) -> Refused:
    """Refuse a request for a resource that does not exist; `type_and_name` is Microsoft.Network/…/name."""
    return gateway_404(
        "ResourceNotFound",
        f"The Resource '{type_and_name}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def invalid_content(message: str) -> Refused:
    """Refuse a body that is not what the service expects."""
    return refuse(400, "InvalidRequestContent", f"The request content was invalid: {message}")


def unauthorized(caller: dict[str, Any], action: str, scope: str) -> Refused:
    """Refuse a caller without a role that allows the action at the scope."""
    is_app = caller.get("idtyp") == "app"
    client = caller.get("appid", "") if is_app else caller.get("upn") or caller.get("oid", "")
    return refuse(
        403,
        "AuthorizationFailed",
        f"The client '{client}' with object id '{caller.get('oid', '')}' does not have authorization to perform "
        f"action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, "
        "please refresh your credentials.",
    )

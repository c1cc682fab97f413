"""Holds the routes of Azure Resource Manager and the checks that every request meets; the only place for both."""

from __future__ import annotations

from collections.abc import Callable

from cspctl.simulator import tenants
from cspctl.simulator.arm import locks, operations, provider_types, subscriptions, throttling
from cspctl.simulator.arm.authorization import admission
from cspctl.simulator.arm.challenges import challenge
from cspctl.simulator.arm.errors import error, refuse
from cspctl.simulator.wire import Handler, Match, Request, Response, Routes

AUDIENCES = frozenset(
    {
        "https://management.azure.com",
        "https://management.core.windows.net",
        tenants.AZURE_MANAGEMENT,
    }
)


def before(request: Request, match: Match) -> Response | None:
    """Check the api-version, the caller's right and how often it called; end what is due."""
    if match.requirements.get("anonymous"):
        return None
    subscription = match.params.get("subscription")
    if subscription is not None:
        operations.end_due(request.tx, request.now, subscriptions.spelt(request.tx, subscription))
        admission.admit(request, subscription)
    _check_version(request, match)
    throttling.take(request, match)
    if subscription is not None and not match.requirements.get("when_disabled"):
        subscriptions.check_writable(request, subscription)
        if group := match.params.get("group"):
            locks.check(request, subscriptions.spelt(request.tx, subscription), group)
    return None


def _check_version(request: Request, match: Match) -> None:
    version = request.query.get("api-version")
    if not version:
        raise refuse(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )
    if own_type := match.requirements.get("type"):
        provider_types.require_gateway_version(own_type, version, request.now)


def after(request: Request, match: Match | None, response: Response) -> None:
    """Take out of a list what the caller may not see, and add the headers that every answer has."""
    subscription = match.params.get("subscription") if match is not None else None
    if subscription is not None and request.caller:
        admission.trim(request, subscription, response)
    headers = {
        "Cache-Control": "no-cache",
        "x-ms-request-id": request.request_id,
        "x-ms-correlation-request-id": request.correlation_id,
        "x-ms-routing-request-id": f"WESTUS:{request.now:%Y%m%dT%H%M%SZ}:{request.correlation_id}",
    }
    if match is not None and request.caller and response.status != 401:
        headers.update(throttling.remaining(request, match))
    for name, value in headers.items():
        response.headers.setdefault(name, value)


routes = Routes(
    "arm",
    audiences=AUDIENCES,
    error=error,
    before=before,
    after=after,
    ignore_case=True,
    challenge=challenge,
)


def gateway(method: str, path: str, type: str, *, when_disabled: bool = False) -> Callable[[Handler], Handler]:
    """Declare a route that Azure Resource Manager answers itself; `type` decides which api-versions there are.

    `when_disabled`: the write is possible although the subscription has been cancelled.
    """
    return routes.route(method, path, type=type, when_disabled=when_disabled)

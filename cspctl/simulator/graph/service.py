"""Holds the routes of Microsoft Graph and the checks that every request meets; the only place for both."""

from __future__ import annotations

from collections.abc import Callable

from cspctl.simulator import directory, tenants
from cspctl.simulator.graph import rights
from cspctl.simulator.graph.errors import error, refuse
from cspctl.simulator.wire import Handler, Match, Refused, Request, Response, Routes

AUDIENCES = frozenset({"https://graph.microsoft.com", tenants.GRAPH})
VERSIONS = ("v1.0", "beta")
JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
AUTHORITY = "https://login.microsoftonline.com/common/oauth2/authorize"


def before(request: Request, match: Match) -> None:
    """Delete for good what is due, check the caller's rights, and own up to what is not simulated."""
    directory.purge_due(request.tx, request.now)
    if match.requirements["permissions"]:
        rights.check(request, match)
    expand = request.query.get("$expand").partition("(")[0]
    if expand and expand not in match.requirements["expand"]:
        raise not_simulated(request, f"?$expand={expand}")


def not_simulated(request: Request, what: str = "") -> Refused:
    """Refuse what Microsoft Graph can do and the simulator cannot."""
    text = f"The simulator has no route {request.method} {request.path}{what} in the service graph."
    return refuse(501, "NotImplementedBySimulator", text)


def after(request: Request, match: Match | None, response: Response) -> None:  # noqa: ARG001
    """Add the headers that every answer has, and to an error the ids by which support finds it."""
    client_id = request.headers.get("client-request-id", request.request_id)
    headers = {
        "request-id": request.request_id,
        "client-request-id": client_id,
        "x-ms-ags-diagnostic": '{"ServerInfo":{"DataCenter":"West US","Slice":"E","Ring":"1","ScaleUnit":"000"}}',
        "Cache-Control": "no-cache",
    }
    if isinstance(response.body, dict):
        headers |= {"Content-Type": JSON, "OData-Version": "4.0"}
    if response.status == 401:
        challenge = f'Bearer realm="", authorization_uri="{AUTHORITY}", client_id="{tenants.GRAPH}"'
        headers["WWW-Authenticate"] = challenge
    for name, value in headers.items():
        response.headers.setdefault(name, value)
    if isinstance(response.body, dict) and isinstance(response.body.get("error"), dict):
        ids = {"request-id": request.request_id, "client-request-id": client_id}
        response.body["error"]["innerError"] = {"date": f"{request.now:%Y-%m-%dT%H:%M:%S}", **ids}


routes = Routes("graph", audiences=AUDIENCES, error=error, before=before, after=after, ignore_case=True)


def route(
    method: str, path: str, *permissions: str, own: str = "", expand: tuple[str, ...] = ()
) -> Callable[[Handler], Handler]:
    """Declare the function below as the answer to method and path, in both versions of the API.

    `permissions`: one of them is needed; `own` alone will do where a person asks about itself. `expand`: what
    `$expand` may ask for.
    """

    def declare(function: Handler) -> Handler:
        for version in VERSIONS:
            routes.route(method, f"/{version}{path}", permissions=permissions, own=own, expand=expand)(function)
        return function

    return declare

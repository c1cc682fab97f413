"""Declares routes of Microsoft.Authorization at every scope that has any; the only place that lists the scopes."""

from __future__ import annotations

from collections.abc import Callable

from cspctl.simulator.arm import subscriptions
from cspctl.simulator.arm.authorization import scopes
from cspctl.simulator.arm.errors import group_not_found, resource_not_found
from cspctl.simulator.arm.ids import parse
from cspctl.simulator.arm.service import gateway
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Handler, Request, Response

SUBSCRIPTION = "/subscriptions/<subscription>"
GROUP = f"{SUBSCRIPTION}/resourceGroups/<group>"
RESOURCE = f"{GROUP}/providers/<namespace>/<type>/<resource>"
BELOW = f"{RESOURCE}/<path:below>"

AtScope = Callable[[Request, str, str], Response]


def at_scopes(method: str, type: str, *, named: bool = False, root: bool = False) -> Callable[[AtScope], AtScope]:
    """Declare the function below for the type at every scope; it is given the scope and the name in the path.

    `named`: one item and not the list. `root`: in the directory as a whole too.
    """

    def declare(function: AtScope) -> AtScope:
        for prefix in (SUBSCRIPTION, GROUP, RESOURCE, BELOW, *([""] if root else [])):
            path = f"{prefix}/providers/{type}{'/<name>' if named else ''}"
            gateway(method, path, type)(_answering(function))
        return function

    return declare


def _answering(function: AtScope) -> Handler:
    def answer(request: Request, name: str = "", **_: str) -> Response:
        return function(request, scopes.of_path(request.path), name)

    return answer


def subscription_of(request: Request, scope: str) -> Document:
    """Return the subscription that the scope is or lies in."""
    found = subscriptions.find(request.tx, request.now, scopes.subscription(scope))
    if found is None:
        raise LookupError(scope)
    return found


def require(request: Request, scope: str) -> None:
    """Refuse a scope that does not exist."""
    if scopes.exists(request.tx, scope):
        return
    group = scopes.group(scope)
    if group and not scopes.group_exists(request.tx, scope):
        raise group_not_found(group)
    id = parse(scope)
    raise resource_not_found(id.type_and_name if id else scope.rpartition("/providers/")[2], group)

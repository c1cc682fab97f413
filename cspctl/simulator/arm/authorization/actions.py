"""Names the action that a request needs a right for, and the scope; the only place that does.

https://learn.microsoft.com/azure/role-based-access-control/resource-provider-operations
"""

from __future__ import annotations

import re
from dataclasses import dataclass

VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete", "POST": "action"}

# What anybody may read who has some role somewhere in the subscription; without that no client could list the
# subscription it works in or watch its own operations. Documentation is silent; clients with rights in one group
# do all this.
_OPEN = re.compile(
    r"/subscriptions/[^/]+"
    r"(/locations|/providers(/[^/]+)?|/operationresults/.+|/providers/[^/]+/locations/[^/]+/\w*operation\w*/.+"
    r"|(/.+)?/providers/Microsoft\.Authorization/roleDefinitions(/[^/]+)?)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Demand:
    """What a request needs: a right to the action at the scope.

    `is_list`: it asks for what is in the scope, of which it may get the part that the caller may read.
    `is_open`: any role in the subscription will do.
    """

    action: str
    scope: str
    is_list: bool
    is_open: bool


def demanded(method: str, path: str) -> Demand:
    """Return what the request needs; the path is that of a subscription or of something in it."""
    path = path.rstrip("/")
    above, namespace, rest = _split(path)
    parts = rest.split("/") if rest else []
    types, names = parts[0::2], parts[1::2]
    action = "/".join([namespace, *types, VERBS.get(method, "action")])
    is_open = VERBS.get(method) == "read" and _OPEN.fullmatch(path) is not None
    if len(types) == len(names):
        return Demand(action, path, False, is_open)
    return Demand(action, _container(method, path, above, names), method == "GET", is_open)


def _split(path: str) -> tuple[str, str, str]:
    """Return what comes before the last provider, its namespace, and what follows it."""
    above, found, rest = _last_provider(path)
    if not found:
        return "", "Microsoft.Resources", path.lstrip("/")
    namespace, _, rest = rest.partition("/")
    if not rest:  # the provider itself, or the list of providers
        return above, "Microsoft.Resources", f"{above.lstrip('/')}/providers"
    return above, namespace, rest


def _last_provider(path: str) -> tuple[str, bool, str]:
    found = list(re.finditer(r"/providers(/|$)", path, re.IGNORECASE))
    return (path[: found[-1].start()], True, path[found[-1].end() :]) if found else ("", False, "")


def _container(method: str, path: str, above: str, names: list[str]) -> str:
    """Return the scope of a list or of an action on a resource: what the last segment belongs to.

    The list of a type is asked of its provider: …/resourceGroups/<group>/providers/Microsoft.Network.
    """
    without = path.rpartition("/")[0]
    if without.lower().endswith("/providers"):
        return above or without[: -len("/providers")]
    return without if names or not above or method == "GET" else above

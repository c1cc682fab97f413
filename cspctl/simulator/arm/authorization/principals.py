"""Says as which principals a caller comes: itself, its groups, its foreign groups; the only place that does."""

from __future__ import annotations

import re

from cspctl.simulator import delegations, directory
from cspctl.simulator.wire import Request

# Each national cloud has an issuer of its own.
_ISSUER = re.compile(r"https://sts\.[^/]+/(?P<tenant>[^/]+)/?")


def of(request: Request) -> frozenset[str]:
    """Return the object ids, in lower case, whose role assignments hold for the caller."""
    tenant, caller = str(request.caller.get("tid", "")), str(request.caller.get("oid", ""))
    found = {caller, *_groups(request, tenant, caller)}
    home = _home(request)
    if home and home.lower() != tenant.lower() and _is_let_in(request, tenant):
        found.update(_groups(request, home, caller))
    return frozenset(each.lower() for each in found if each)


def _groups(request: Request, tenant: str, caller: str) -> list[str]:
    return [str(each["id"]) for each in directory.groups_of(request.tx, tenant, caller)]


def _home(request: Request) -> str:
    """Return the directory that the person signed in to first, if that is another one than the token's."""
    found = _ISSUER.fullmatch(str(request.caller.get("idp", "")))
    return found["tenant"] if found and request.is_user else ""


def _is_let_in(request: Request, tenant: str) -> bool:
    """Tell whether the customer lets the partner in: any role in its directory will do, Azure does not ask which.

    https://learn.microsoft.com/partner-center/customers/gdap-faq
    """
    return delegations.is_active(request.tx, request.now, tenant)

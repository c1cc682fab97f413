"""What role assignments and role definitions share: paths, versions, and the names of roles."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from cspctl.cloud import Cloud

VERSION, PROVIDERS = "2022-04-01", "2024-07-01"
AUTHORIZATION = "providers/Microsoft.Authorization"
ASSIGNMENTS = f"{AUTHORIZATION}/roleAssignments"
DEFINITIONS = f"{AUTHORIZATION}/roleDefinitions"


def role_guid(text: str) -> str:
    """The GUID of a role: the same at every scope, while the server writes ids of the scope it likes."""
    return text.rstrip("/").rpartition("/")[2].casefold()


def subscription_of(scope: str) -> str:
    """``/subscriptions/{id}`` of a scope; a subscription may be written as its GUID."""
    found = re.match(r"/subscriptions/[^/]+", scope, re.IGNORECASE)
    return found[0] if found else f"/subscriptions/{scope}"


def short_scope(text: str) -> str:
    """A scope as manifests write it: a subscription is known by its GUID."""
    found = re.fullmatch(r"/subscriptions/([^/]+)/?", text, re.IGNORECASE)
    return found[1] if found else text.rstrip("/")


def scope_path(scope: str) -> str:
    """The scope as Azure writes it."""
    return scope if scope.startswith("/") else f"/subscriptions/{scope}"


def may(cloud: Cloud, scope: str, customer: str, action: str) -> bool:
    """Whether our own roles at a scope allow an action."""
    found = cloud.arm.all(f"{scope}/{AUTHORIZATION}/permissions", VERSION, customer)
    return any(
        _covers(one.get("actions") or (), action) and not _covers(one.get("notActions") or (), action) for one in found
    )


def _covers(patterns: Iterable[str], action: str) -> bool:
    return any(fnmatchcase(action.casefold(), pattern.casefold()) for pattern in patterns)


def roles_of(cloud: Cloud, subscription: str, customer: str) -> dict[str, str]:
    """The roles that can be given in a subscription: GUIDs by name."""
    found = cloud.arm.all(f"{subscription}/{DEFINITIONS}", VERSION, customer)
    return {str(role["properties"]["roleName"]): role_guid(role["id"]) for role in found}


def namespaces_of(cloud: Cloud, subscription: str, customer: str) -> list[str]:
    """The resource providers that there are, whether registered or not."""
    return [str(one["namespace"]) for one in cloud.arm.all(f"{subscription}/providers", PROVIDERS, customer)]

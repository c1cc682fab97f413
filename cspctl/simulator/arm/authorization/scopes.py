"""Compares scopes and says whether they exist: subscription, resource group, resource, part of a resource.

A scope is the id of what it covers; ids compare without case. The scope above all is "/".
"""

from __future__ import annotations

import re

from cspctl.simulator.arm import ids, records
from cspctl.simulator.store import Transaction

# What resource_groups.py keeps; it needs the service, which needs this.
GROUPS = "armGroups"

_OWN = re.compile(r"(?P<scope>.*)/providers/Microsoft\.Authorization/\w+(/[^/]+)?/?", re.IGNORECASE)
_SUBSCRIPTION = re.compile(r"/subscriptions/(?P<subscription>[^/]+)(/.*)?", re.IGNORECASE)
_GROUP = re.compile(r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)", re.IGNORECASE)


def of_path(path: str) -> str:
    """Return the scope in the path of a request to Microsoft.Authorization; "/" for the directory's root."""
    found = _OWN.fullmatch(path)
    return (found["scope"] if found else "") or "/"


def subscription(scope: str) -> str:
    """Return the id of the subscription that the scope is or lies in; empty if there is none."""
    found = _SUBSCRIPTION.fullmatch(scope)
    return found["subscription"] if found else ""


def covers(outer: str, inner: str) -> bool:
    """Tell whether what is granted at the outer scope holds at the inner one: it is the same or lies within."""
    above = outer.rstrip("/").lower()
    return inner.lower() == above or inner.lower().startswith(f"{above}/")


def same(one: str, other: str) -> bool:
    """Tell whether both name the same scope."""
    return one.rstrip("/").lower() == other.rstrip("/").lower()


def group(scope: str) -> str:
    """Return the name of the resource group that the scope is or lies in; empty if there is none."""
    found = re.match(_GROUP.pattern, scope, re.IGNORECASE)
    return found["group"] if found else ""


def group_exists(tx: Transaction, scope: str) -> bool:
    """Tell whether there is the resource group that the scope is or lies in."""
    return tx.get(GROUPS, f"{subscription(scope)}/{group(scope)}") is not None


def exists(tx: Transaction, scope: str) -> bool:
    """Tell whether what the scope names is there; the subscription has been looked up by whoever asks."""
    if not group(scope):
        return bool(re.fullmatch(r"/subscriptions/[^/]+", scope, re.IGNORECASE))
    if not group_exists(tx, scope):
        return False
    return bool(_GROUP.fullmatch(scope)) or _resource_exists(tx, scope)


def _resource_exists(tx: Transaction, scope: str) -> bool:
    id = ids.parse(scope)
    if id is None:
        return False
    if records.find(tx, id) is not None:
        return True
    # Subnets and their like are kept inside the resource that they belong to.
    parent = None if id.parent is None else records.find(tx, id.parent)
    return parent is not None and records.part(parent, id.types[-1], id.name) is not None

"""Holds requests back that a lock of their resource group forbids; the only place that knows what locks mean.

https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources
"""

from __future__ import annotations

from cspctl.simulator.arm import records
from cspctl.simulator.arm.errors import refuse
from cspctl.simulator.arm.ids import group_id
from cspctl.simulator.wire import Request

VERBS = {"DELETE": "delete", "PUT": "write", "PATCH": "write", "POST": "action"}


def check(request: Request, subscription: str, group: str) -> None:
    """Refuse to delete under a lock, and under a read-only one to write anything."""
    verb = VERBS.get(request.method)
    # Locks do not hold back what manages access, nor their own removal.
    if verb is None or "/providers/microsoft.authorization/" in request.path.lower():
        return
    scope = group_id(subscription, group)
    for lock in request.tx.all(records.COLLECTION, f"{scope}/providers/Microsoft.Authorization/locks/"):
        if verb == "delete" or str((lock.get("properties") or {}).get("level", "")).lower() == "readonly":
            raise refuse(
                409,
                "ScopeLocked",
                f"The scope '{request.path}' cannot perform {verb} operation because following scope(s) are locked: "
                f"'{scope}'. Please remove the lock and try again.",
            )

"""Says how the types of Microsoft.Compute answer; the only place that knows."""

from __future__ import annotations

from typing import Any

from cspctl.simulator.arm.behaviours import Write, declare
from cspctl.simulator.store import Transaction


def prepare_availability_set(write: Write) -> None:
    """Fill in the SKU: Classic, unless the disks of its machines are managed ones (Aligned)."""
    write.new.setdefault("sku", {"name": "Classic"})
    write.new.setdefault("properties", {})


def present_availability_set(tx: Transaction, body: dict[str, Any], version: str) -> None:  # noqa: ARG001
    """Show the machines in the set; machines do not join sets here."""
    body["properties"].setdefault("virtualMachines", [])


declare(
    "Microsoft.Compute/virtualMachines Microsoft.Compute/virtualMachineScaleSets "
    "Microsoft.Compute/virtualMachines/extensions",
    write_seconds=60,
    delete_seconds=60,
    asynchronous=True,
    pending="Creating",
)
declare(
    "Microsoft.Compute/availabilitySets",
    created=200,
    stated=False,
    prepare=prepare_availability_set,
    present=present_availability_set,
)
declare("Microsoft.Compute/proximityPlacementGroups", stated=False)
declare(
    "Microsoft.Compute/disks Microsoft.Compute/snapshots",
    write_seconds=5,
    delete_seconds=5,
    asynchronous=True,
    created=202,
    changed=202,
    family="DiskOperations",
)

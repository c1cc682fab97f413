"""Keeps how many licences each directory has, of which product SKU, and who uses them; the only place that does.

Microsoft's names and ids of SKUs and service plans:
https://learn.microsoft.com/entra/identity/users/licensing-service-plan-reference
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cspctl.simulator import directory
from cspctl.simulator.store import Document, Transaction

# "{tenant}/{source}": what a subscription, or somebody in a portal, has added to a directory.
SEATS = "directorySeats"


@dataclass(frozen=True)
class Plan:
    """A service within a SKU that can be left out when the SKU is assigned, unless it belongs to the tenant."""

    id: str
    service: str
    name: str
    target: str = "User"


@dataclass(frozen=True)
class Sku:
    """A product as a directory knows it; `group` is the authority that manages its licences."""

    id: str
    part_number: str
    name: str
    plans: tuple[Plan, ...] = ()
    group: str = "group1"


SKUS = {
    sku.part_number: sku
    for sku in (
        Sku(
            "3b555118-da6a-4418-894f-7df1e2096870",
            "O365_BUSINESS_ESSENTIALS",
            "Microsoft 365 Business Basic",
            (
                Plan("9aaf7827-d63c-4b61-89c3-182f06f82e5c", "EXCHANGE_S_STANDARD", "Exchange Online (Plan 1)"),
                Plan("57ff2da0-773e-42df-b2af-ffb7a2317929", "TEAMS1", "Microsoft Teams"),
                Plan("c7699d2e-19aa-44de-8edf-1736da088ca1", "SHAREPOINTSTANDARD", "SharePoint (Plan 1)"),
                Plan("e95bec33-7c88-4a70-8e19-b10bd9d0c014", "SHAREPOINTWAC", "Office for the Web"),
                Plan("7547a3fe-08ee-4ccb-b430-5077c5041653", "YAMMER_ENTERPRISE", "Yammer Enterprise"),
            ),
        ),
        Sku(
            "efccb6f7-5641-4e0e-bd10-b4976e1bf68e",
            "EMS",
            "Enterprise Mobility + Security E3",
            (
                Plan(
                    "6c57d4b6-3b23-47a5-9bc9-69f17b4947b3", "RMS_S_PREMIUM", "Azure Information Protection Premium P1"
                ),
                Plan("c1ec4a95-1f05-45b3-a911-aa3fa01094f5", "INTUNE_A", "Microsoft Intune A Direct"),
                Plan("bea4c11e-220a-4e6d-8eb8-8ea15d019f90", "RMS_S_ENTERPRISE", "Azure Rights Management"),
                Plan("41781fb2-bc02-4b7c-bd55-b576c07bb09d", "AAD_PREMIUM", "Azure Active Directory Premium P1"),
                Plan(
                    "8a256a2b-b617-496d-b51b-e76466e88db0", "MFA_PREMIUM", "Microsoft Azure Multi-Factor Authentication"
                ),
            ),
        ),
        Sku(
            "f8a1db68-be16-40ed-86d5-cb42ce701560",
            "POWER_BI_PRO",
            "Power BI Pro",
            (
                Plan("113feb6c-3fe4-4440-bddc-54d774bf0318", "EXCHANGE_S_FOUNDATION", "Exchange Foundation", "Tenant"),
                Plan("70d33638-9c74-4d01-bfd3-562de28bd4ba", "BI_AZURE_P2", "Power BI Pro"),
            ),
        ),
        Sku(
            "984df360-9a74-4647-8cf8-696749f6247a",
            "CFQ7TTC0K5DR/0002",
            "Minecraft Education Edition Faculty",
            group="group2",
        ),
    )
}


def sku(id_or_part_number: str) -> Sku | None:
    """Return the SKU with this id or part number, or None."""
    wanted = id_or_part_number.lower()
    return next((each for each in SKUS.values() if wanted in (each.id, each.part_number.lower())), None)


def set_seats(
    tx: Transaction, tenant: str, source: str, sku_id: str, units: int, ready_at: datetime, status: str = "active"
) -> None:
    """Record how many licences a source gives a directory from a time on; status is active or suspended."""
    document = {"id": source, "tenantId": tenant, "skuId": sku_id, "units": units, "status": status}
    tx.put(SEATS, f"{tenant}/{source}", {**document, "readyAt": ready_at.isoformat()})


def withdraw(tx: Transaction, tenant: str, source: str) -> None:
    """Take away what a source gave the directory; who has a licence keeps it without a seat."""
    tx.delete(SEATS, f"{tenant}/{source}")


def subscribed(tx: Transaction, now: datetime, tenant: str) -> list[dict[str, Any]]:
    """Return the SKUs that the directory has: the `sku` and how many units are active, suspended, consumed."""
    sources = [each for each in tx.all(SEATS, f"{tenant}/") if directory.is_ready(each, now)]
    ids = list(dict.fromkeys(each["skuId"] for each in sources))
    users = directory.users(tx, tenant)
    return [_counted(known, sources, users) for id in sorted(ids) if (known := sku(id)) is not None]


def _counted(product: Sku, sources: list[Document], users: list[Document]) -> dict[str, Any]:
    def units(status: str) -> int:
        return sum(int(each["units"]) for each in sources if (each["skuId"], each["status"]) == (product.id, status))

    consumed = sum(1 for user in users for each in user["licenses"] if each["skuId"] == product.id)
    return {"sku": product, "active": units("active"), "suspended": units("suspended"), "consumed": consumed}


def free(tx: Transaction, now: datetime, tenant: str, sku_id: str) -> int:
    """Return how many licences of the SKU nobody uses; below 0 when users have more than there are seats."""
    found = next((each for each in subscribed(tx, now, tenant) if each["sku"].id == sku_id.lower()), None)
    return found["active"] - found["consumed"] if found else 0

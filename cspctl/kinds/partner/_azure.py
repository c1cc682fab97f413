"""What the kinds around the Azure plan share: how a customer's plan and its Azure subscriptions are found."""

from __future__ import annotations

from typing import Any

from cspctl.cloud import Cloud

PRODUCT, SKU = "DZH318Z0BPS6", "0001"
"""The catalogue's product and SKU of the Azure plan; availabilities rotate and are looked up when they are needed."""
UNPROTECT = "Set metadata.protect: false if that is meant."
ENDED = frozenset({"deleted", "expired"})


def plans(cloud: Cloud, customer: str) -> list[dict[str, Any]]:
    """The customer's Azure plans: Partner Center subscriptions to the product. There is at most one that lives."""
    found = cloud.partner.all(f"/v1/customers/{customer}/subscriptions")
    return [s for s in found if is_plan(s) and s.get("status") not in ENDED]


def is_plan(offered: dict[str, Any]) -> bool:
    """Whether a subscription or a line of an order is about the Azure plan."""
    return str(offered.get("offerId", "")).upper().startswith(PRODUCT)

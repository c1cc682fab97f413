"""Lists what can be bought here: the Azure plan and some licences; the only place that knows products' ids.

The Azure plan: https://learn.microsoft.com/partner-center/developer/create-azure-plan; licences in the new
commerce: …/get-a-sku-by-id (Microsoft 365 Business Basic is its example), their `provisioning_id` is the SKU
that the customer's directory gets.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

ALPHABET = "0123456789BCDFGHJKLMNPQRSTVWXZ"
AZURE_VIEWS = frozenset({"azure", "microsoftazure"})
LICENSE_VIEWS = frozenset({"onlineservices"})


@dataclass(frozen=True)
class Product:
    """A product with its one SKU; `terms` are pairs of duration and billing cycle, none for the Azure plan."""

    id: str
    sku: str
    title: str
    sku_title: str
    description: str
    type: tuple[str, str]
    views: frozenset[str]
    most: int
    terms: tuple[tuple[str, str], ...] = ()
    provisioning_id: str = ""

    @property
    def cycles(self) -> list[str]:
        """Return how it can be billed."""
        return sorted({cycle for _, cycle in self.terms}) or ["one_time"]

    def availability(self, now: datetime, country: str) -> str:
        """Return the id of today's availability, another one each day: it "can change over time"."""
        seed = f"{now:%Y-%m-%d}/{country.upper()}" + (f"/{self.id}" if self.terms else "")
        digest = hashlib.sha256(seed.encode()).digest()
        return self.id[:8] + "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:4])

    def item(self, now: datetime, country: str) -> str:
        """Return what a cart's line item must name today to buy it."""
        return f"{self.id}:{self.sku}:{self.availability(now, country)}"


AZURE_PLAN = Product(
    "DZH318Z0BPS6",
    "0001",
    "Azure plan",
    "Microsoft Azure plan",
    "Microsoft Azure plan (MS-AZR-0017G)",
    ("Azure", "AzurePlan"),
    AZURE_VIEWS,
    1,
)
_TERMS = (("P1M", "monthly"), ("P1Y", "monthly"), ("P1Y", "annual"))
_LICENSES = ("OnlineServicesNCE", "")


def _license(id: str, title: str, most: int, provisioning_id: str) -> Product:
    return Product(id, "0001", title, title, title, _LICENSES, LICENSE_VIEWS, most, _TERMS, provisioning_id)


PRODUCTS = (
    AZURE_PLAN,
    _license("CFQ7TTC0LH18", "Microsoft 365 Business Basic", 300, "3b555118-da6a-4418-894f-7df1e2096870"),
    _license("CFQ7TTC0LHT4", "Enterprise Mobility + Security E3", 10000, "efccb6f7-5641-4e0e-bd10-b4976e1bf68e"),
)


def find(product: str) -> Product | None:
    """Return the product with this id, or None."""
    return next((each for each in PRODUCTS if each.id == product.upper()), None)


def of_item(item: str) -> Product:
    """Return the product that an order was for, by its catalogue item."""
    return find(item.partition(":")[0]) or AZURE_PLAN

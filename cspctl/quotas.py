"""How many requests each service allows: the published figures, each with its source, and the only place for them."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Quota:
    """So many requests (`size`) at once, and so many more as time passes.

    With `window`, the service counts what came in the last seconds, and none of it comes back sooner. Without, it is
    a token bucket, and `refill` requests come back each second. `said` completes the sentence "waiting 12 s: …".
    """

    said: str
    size: int
    refill: float = 0.0
    window: float = 0.0

    @property
    def rate(self) -> float:
        """Requests a second that can go on for ever."""
        return self.size / self.window if self.window else self.refill

    def floor(self, calls: int) -> float:
        """The seconds that so many requests take at least, after a rest."""
        if self.window:
            return max(math.ceil(calls / self.size) - 1, 0) * self.window
        return max(calls - self.size, 0) / self.refill


ARM_READS = Quota("Azure Resource Manager allows 25 reads a second", 250, 25)
ARM_WRITES = Quota("Azure Resource Manager allows 10 writes a second", 200, 10)
ARM_DELETES = Quota("Azure Resource Manager allows 10 deletions a second", 200, 10)
"""Per principal, and per subscription or, for what is in none, per tenant.

Source: https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
"""

AUTHORIZATION = Quota("Microsoft.Authorization allows 120 requests a minute", 120, window=60)
"""Not published; it is what a 429 of that provider says: https://github.com/Azure/alzlib/issues/168."""

NETWORK_READS = Quota("Microsoft.Network allows 10,000 reads in 5 minutes", 10_000, window=300)
NETWORK_WRITES = Quota("Microsoft.Network allows 1,000 writes in 5 minutes", 1_000, window=300)
"""Deletions count as writes (maxWriteOrDeleteCallsPer5Min, https://github.com/Azure/azure-libraries-for-net/issues/1001).

Source: the same page on throttling, "Network throttling". It counts per region of a subscription, we per subscription.
"""

PARTNER_CENTER = Quota("Partner Center allows 500 requests a minute", 500, window=60)
"""Per tenant identifier: the partner's, or that of the customer whose resource it is.

Source: https://learn.microsoft.com/partner-center/developer/customer-resources and …/subscription-resources.
"""

APPLICATION_CONSENTS = Quota("Partner Center allows 50 consents a second", 50, window=1)
"""Per application.

Source: https://learn.microsoft.com/partner-center/developer/control-panel-vendor-apis
"""

GRAPH_UNITS = Quota("Microsoft Graph allows 3,500 resource units in 10 seconds", 3_500, refill=350)
GRAPH_WRITES = Quota("Microsoft Graph allows 3,000 writes in 150 seconds", 3_000, window=150)
"""Per application and tenant, for tenants of fewer than 50 users; larger ones have more.

Source: https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits
"""

GRAPH_READ_COST = 3
"""Resource units of a read: most cost 1 or 2, members of a group 3, and a write 1. Source: the same page."""

"""Token buckets: when the next request may go, by the published figures and by what the answers say. Pure, no clock.

Each bucket is one thing that a service counts by; what one of them has to wait for never delays another.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cspctl import quotas
from cspctl.cloud.national import CLOUDS
from cspctl.quotas import Quota

NEVER = float("-inf")
READS = frozenset({"GET", "HEAD"})
REMAINING = re.compile(r"x-ms-ratelimit-remaining-(subscription|tenant)-(reads|writes|deletes)")
SUBSCRIPTION = re.compile(r"^/subscriptions/([^/]+)", re.IGNORECASE)
PROVIDER = re.compile(r"/providers/([^/]+)(?=/)", re.IGNORECASE)
CUSTOMER = re.compile(r"^/v1/customers/([0-9a-f-]{36})(?=/|$)", re.IGNORECASE)
OF_MANAGER = ("SubscriptionRequests", "TenantRequests")
"""How the code of a 429 begins that Resource Manager itself gives; all others come from a resource provider."""
OF_ALL = ("/ReadWrite/", "/Read/")
"""What Graph's ``x-ms-throttle-scope`` holds when it is not the writes alone that are too many."""


@dataclass
class Bucket:
    """One thing that a service counts by. Times are seconds of any clock that never goes back.

    Without a quota nothing is published of it: it waits only when an answer says so.
    """

    quota: Quota | None = None
    turn: int = 0
    """Rises when a 429 has made all bookings void: who has not gone yet books again."""
    held: float = NEVER
    """Until when the service wants to be left alone."""
    _left: float = 0.0
    _at: float = NEVER
    _goes: deque[float] = field(default_factory=deque)
    """When each request goes: those of the last window, and those to come."""

    def reserve(self, cost: int, now: float) -> float:
        """Book a request; returns the seconds until it may go. First come, first served."""
        start = max(now, self.held)
        if self.quota is None:
            return start - now
        horizon = now - self.quota.window
        while self._goes and self._goes[0] <= horizon:
            self._goes.popleft()
        due = self._windowed(self.quota, cost, start) if self.quota.window else self._refilled(self.quota, cost, start)
        if self.quota.window or due > now:
            self._goes.extend([due] * cost)
        return due - now

    def hold(self, seconds: float, now: float) -> None:
        """A 429: nothing goes for so long, and all bookings are void. Then there is room for one at first."""
        self.turn += 1
        self.held = max(self.held, now + seconds)
        void = 0
        while self._goes and self._goes[-1] > now:
            self._goes.pop()
            void += 1
        if self.quota and not self.quota.window:
            self._fill(self.quota, now)
            left = self._left + void + (self.held - self._at) * self.quota.refill
            self._left, self._at = min(1.0, left), self.held

    def learn(self, remaining: float, now: float) -> None:
        """The service says how many it still allows: others use the same bucket. It never raises our own count."""
        if self.quota and not self.quota.window:
            self._fill(self.quota, now)
            self._left = min(self._left, remaining)

    def _fill(self, quota: Quota, now: float) -> None:
        if self._at == NEVER:
            self._left, self._at = float(quota.size), now
        elif now > self._at:
            self._left = min(float(quota.size), self._left + (now - self._at) * quota.refill)
            self._at = now

    def _refilled(self, quota: Quota, cost: int, start: float) -> float:
        self._fill(quota, start)
        self._left -= cost
        return self._at + max(-self._left, 0.0) / quota.refill

    def _windowed(self, quota: Quota, cost: int, start: float) -> float:
        due = max(start, self._goes[-1]) if self._goes else start
        first = len(self._goes) + cost - quota.size  # so many of those that go before are too many in one window
        return max(due, self._goes[first - 1] + quota.window) if first > 0 else due


@dataclass(frozen=True)
class Draw:
    """What one request takes from one bucket; `scope` is what an answer's headers and codes call it by."""

    name: str
    quota: Quota | None = None
    cost: int = 1
    scope: str = ""


@dataclass
class Buckets:
    """All buckets of one identity, made as they are met."""

    known: dict[str, Bucket] = field(default_factory=dict)

    def of(self, draw: Draw) -> Bucket:
        """The bucket that is drawn from."""
        return self.known.setdefault(draw.name, Bucket(draw.quota))

    def reserve(self, draw: Draw, now: float) -> float:
        """Book a request at one bucket; returns the seconds until that lets it go."""
        return self.of(draw).reserve(draw.cost, now)

    def learn(self, draws: tuple[Draw, ...], headers: Mapping[str, str], now: float) -> None:
        """Take note of how much an answer says is left."""
        for name, value in headers.items():
            found = REMAINING.fullmatch(name.lower())
            if found and value.strip().isdigit():
                for draw in draws:
                    if draw.scope == f"{found[1]}/{found[2]}":
                        self.of(draw).learn(float(value), now)

    def hold(self, draws: tuple[Draw, ...], why: str, seconds: float, now: float) -> None:
        """A 429: the one bucket that it comes from lets nothing go for so long. `why` is its code, or Graph's scope."""
        widest = why.startswith(OF_MANAGER) or any(scope in why for scope in OF_ALL)
        self.of(draws[0 if widest else -1]).hold(seconds, now)


def drawn(method: str, url: str, tenant: str = "") -> tuple[Draw, ...]:
    """The buckets that a request draws from, the narrowest last; `tenant` is the one that it is signed in to."""
    parts = urlsplit(url)
    host = (parts.hostname or "").casefold()
    service = SERVICES.get(host, "")
    if service == "resource_manager":
        return tuple(_of_manager(method, parts.path, tenant.casefold()))
    if service == "partner_center":
        return tuple(_of_partner_center(parts.path))
    if service == "graph":
        cost = quotas.GRAPH_READ_COST if method in READS else 1
        units = Draw(f"graph/{tenant}", quotas.GRAPH_UNITS, cost)
        return (units,) if method in READS else (units, Draw(f"graph/{tenant}/writes", quotas.GRAPH_WRITES))
    return (Draw(f"{host}/{parts.path.split('/')[1] if '/' in parts.path else ''}"),)  # sign-in counts per tenant


SERVICES: Mapping[str, str] = {
    str(urlsplit(getattr(cloud, name)).hostname): name
    for cloud in CLOUDS.values()
    for name in ("resource_manager", "partner_center", "graph")
}
"""Which service answers at a host."""


def _of_manager(method: str, path: str, tenant: str) -> Iterator[Draw]:
    verb = "reads" if method in READS else "deletes" if method == "DELETE" else "writes"
    quota = {"reads": quotas.ARM_READS, "deletes": quotas.ARM_DELETES, "writes": quotas.ARM_WRITES}[verb]
    found = SUBSCRIPTION.match(path)
    place = f"subscription/{found[1].casefold()}" if found else f"tenant/{tenant}"
    yield Draw(f"arm/{place}/{verb}", quota, scope=f"{place.partition('/')[0]}/{verb}")
    providers = PROVIDER.findall(path)
    provider = providers[-1].casefold() if providers else ""
    if provider == "microsoft.authorization":
        yield Draw(f"arm/{tenant or place}/{provider}", quotas.AUTHORIZATION)
    elif provider == "microsoft.network":
        reads = verb == "reads"
        own = quotas.NETWORK_READS if reads else quotas.NETWORK_WRITES
        yield Draw(f"arm/{place}/{provider}/{'reads' if reads else 'writes'}", own)
    elif provider:
        yield Draw(f"arm/{place}/{provider}/{verb}")


def _of_partner_center(path: str) -> Iterator[Draw]:
    customer = CUSTOMER.match(path)
    steps = path.casefold().split("/")
    if customer:
        if "applicationconsents" in steps:
            yield Draw("partner-center/consents", quotas.APPLICATION_CONSENTS)
        yield Draw(f"partner-center/{customer[1].casefold()}", quotas.PARTNER_CENTER)
    elif steps[1:3] == ["v1", "customers"]:
        yield Draw("partner-center/customers", quotas.PARTNER_CENTER)
    else:  # no figures are published of the rest
        yield Draw(f"partner-center/{steps[2] if len(steps) > 2 else ''}")

"""Counts requests as Azure Resource Manager does; the only place that throttles them.

https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from cspctl.simulator.arm.errors import refuse
from cspctl.simulator.wire import Match, Request


@dataclass(frozen=True)
class Limit:
    """A token bucket: how many requests at once, and how many more each second."""

    kind: str
    size: int
    refill: float


READS = Limit("read", 250, 25)
WRITES = Limit("write", 200, 10)
DELETES = Limit("delete", 200, 10)
# All principals of a subscription together have 15 times what one has.
PRINCIPALS = 15

COLLECTION = "armBuckets"


def limit(method: str) -> Limit:
    """Return the bucket that the method draws from."""
    return {"GET": READS, "HEAD": READS, "DELETE": DELETES}.get(method, WRITES)


def scope(match: Match) -> tuple[str, str]:
    """Return what the limit belongs to: a subscription, or the tenant for requests above subscriptions."""
    subscription = match.params.get("subscription", "")
    return ("subscription", subscription) if subscription else ("tenant", "")


def take(request: Request, match: Match) -> None:
    """Take a token from the caller's bucket, or refuse with 429 and Retry-After."""
    chosen = limit(request.method)
    key = _key(request, match, chosen)
    left = _left(request, key, chosen)
    if left >= 1:
        request.tx.put(COLLECTION, key, {"left": left - 1, "at": request.now.timestamp()})
        return
    seconds = max(1, math.ceil((1 - left) / chosen.refill))
    kind, owner = scope(match)
    actor = f"{owner or request.caller.get('tid', '')}:{request.caller.get('oid', '')}"
    raise refuse(
        429,
        f"{kind.capitalize()}RequestsThrottled",
        f"Number of '{chosen.kind}' requests for {kind} actor '{actor}' exceeded. Please try again after "
        f"'{seconds}' seconds after additional tokens are available. Refer to https://aka.ms/arm-throttling "
        "for additional information.",
        Retry_After=str(seconds),
    )


def remaining(request: Request, match: Match) -> dict[str, str]:
    """Return the headers that say how many requests the caller and everybody together have left."""
    chosen = limit(request.method)
    left = int(_left(request, _key(request, match, chosen), chosen))
    kind, _ = scope(match)
    name = f"x-ms-ratelimit-remaining-{kind}"
    everybody = chosen.size * PRINCIPALS - (chosen.size - left)
    return {f"{name}-{chosen.kind}s": str(left), f"{name}-global-{chosen.kind}s": str(everybody)}


def _key(request: Request, match: Match, chosen: Limit) -> str:
    _, owner = scope(match)
    return f"{owner or request.caller.get('tid', '')}/{request.caller.get('oid', '')}/{chosen.kind}"


def _left(request: Request, key: str, chosen: Limit) -> float:
    bucket = request.tx.get(COLLECTION, key)
    if bucket is None:
        return chosen.size
    seconds = max(0.0, request.now.timestamp() - float(bucket["at"]))
    return min(float(chosen.size), float(bucket["left"]) + seconds * chosen.refill)

"""What carrying a plan out takes: requests, what the services allow, minutes, and the longest chain. Pure.

All of it is an expectation and no promise; nothing of it is part of a plan's digest.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from cspctl import graph, quotas
from cspctl.changes import Adopt, Change, Create, Delete, Plan, Replace, Update
from cspctl.quotas import Quota
from cspctl.resource import PARTNER, Key

SMALL = (0.1, 0.5)
"""Minutes of a change that only alters something."""
SECONDS_A_CALL = 0.5
"""Seconds between a request and its answer, roughly; measured nowhere, and of little weight."""
PARALLELISM = 8
"""Changes that are worked on, or readers that read, at the same time: httpx gets slower, not faster, with many."""
QUOTAS: Mapping[str, Quota] = {
    "partner": quotas.PARTNER_CENTER,
    "arm": quotas.ARM_WRITES,
    "graph": quotas.GRAPH_WRITES,
}
"""By the service that a kind names: the quota that binds first where much is written."""


@dataclass(frozen=True)
class Estimate:
    """Requests of an apply, the seconds that the tightest quota makes of them, minutes from and to, and the chain."""

    calls: int = 0
    floor: float = 0.0
    quota: str = ""
    minutes: tuple[float, float] = (0.0, 0.0)
    chain: tuple[Key, ...] = ()


def estimate(plan: Plan, parallelism: int = PARALLELISM) -> Estimate:
    """What carrying out all changes takes."""
    if not plan.writes:
        return Estimate()
    earlier = before(plan)
    left = _remaining(plan, earlier)
    calls = sum(_calls(change) for change in plan.writes)
    floor, quota = _floor(plan.writes)
    chain = _longest(earlier, left)
    links = set(chain)
    spans = [_minutes(change) for change in plan.changes if change.desired.key in links]
    least = max(floor, calls * SECONDS_A_CALL / parallelism) / 60
    minutes = (max(sum(low for low, _ in spans), least), max(sum(high for _, high in spans), least))
    return Estimate(calls, floor, quota, minutes, chain)


def remaining(plan: Plan) -> dict[Key, float]:
    """For each change the minutes, at most, from its beginning to the end of the longest chain that hangs on it."""
    return _remaining(plan, before(plan))


def _remaining(plan: Plan, earlier: Mapping[Key, set[Key]]) -> dict[Key, float]:
    changes = {change.desired.key: change for change in plan.changes}
    left: dict[Key, float] = {}
    after: dict[Key, float] = {}
    for key in reversed(graph.ordered(earlier)):
        left[key] = _minutes(changes[key])[1] + after.get(key, 0.0)
        for other in earlier[key]:
            after[other] = max(after.get(other, 0.0), left[key])
    return left


def before(plan: Plan) -> dict[Key, set[Key]]:
    """What must be finished before each change: what it refers to, or, for a deletion, all that refers to it."""
    changes = {change.desired.key: change for change in plan.changes}
    earlier: dict[Key, set[Key]] = {key: set() for key in changes}
    for key, needed in plan.needs.items():
        for other in needed & changes.keys():
            if isinstance(changes.get(key), Delete):
                if isinstance(changes[other], Delete | Replace):
                    earlier[other].add(key)
            elif key in changes:
                earlier[key].add(other)
    return earlier


def _longest(before: Mapping[Key, set[Key]], left: Mapping[Key, float]) -> tuple[Key, ...]:
    """From the change on which the most hangs, always on to the one on which the most hangs still."""
    later: dict[Key, list[Key]] = {}
    for key, earlier in before.items():
        for other in earlier:
            later.setdefault(other, []).append(key)
    chain = [_heaviest(left, left)]
    while following := later.get(chain[-1]):
        chain.append(_heaviest(following, left))
    return tuple(chain)


def _heaviest(keys: Iterable[Key], left: Mapping[Key, float]) -> Key:
    return min(keys, key=lambda key: (-left[key], key))  # of equals the first by name


def _minutes(change: Change) -> tuple[float, float]:
    low, high = type(change.desired).lasts
    match change:
        case Adopt(compared=compared, live=live) if live is not None and not compared.changes:
            return 0.0, 0.0
        case Update():
            return SMALL
        case Adopt(live=live) if live is not None:
            return SMALL
        case Replace():
            return 2 * low, 2 * high
        case _:
            return low, high


def _calls(change: Change) -> int:
    """Each write reads again what it changes, and looks at what it has made; a replacement is two of them."""
    calls = type(change.desired).calls
    return 2 * calls if isinstance(change, Replace) else calls


def _floor(changes: Iterable[Change]) -> tuple[float, str]:
    """The seconds that the tightest quota allows no less for, and which it is.

    Partner Center counts customers' requests per customer, and creations of customers for the partner; Resource
    Manager counts per subscription, of which a customer has at least one.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for change in changes:
        service, key = type(change.desired).service, change.desired.key
        mine = isinstance(change, Create) and key.customer == PARTNER
        # The others count writes apart. Of a customer that comes into being, the look before it and the creation.
        calls = 2 if mine else _calls(change) if service == "partner" else 1
        counts[service, PARTNER if mine else key.group] += calls
    floors = [(QUOTAS[service].floor(calls), QUOTAS[service].said) for (service, _), calls in counts.items()]
    floor, quota = max(floors, default=(0.0, ""))
    return floor, quota if floor else ""


def said(price: Estimate) -> str:
    """One sentence: how many requests, how long, why, and what the longest chain is."""
    if not price.calls:
        return ""
    requests = "1 request" if price.calls == 1 else f"{price.calls:,} requests"
    parts = [f"Applying it takes about {requests} and {span(price.minutes)}"]
    if price.floor >= 60:
        least = float(price.floor // 60)
        parts.append(f"at least {span((least, least))} of it because {price.quota}")
    if len(price.chain) > 1:
        parts.append(f"the longest chain: {' -> '.join(_shortened(price.chain))}")
    return "; ".join(parts) + "."


def _shortened(chain: tuple[Key, ...], most: int = 6) -> list[str]:
    """The keys without the customer that the one before has named, and with those in the middle counted only."""
    first, *rest = chain
    names = [str(first)]
    names += [f"{b.kind}/{b.name}" if b.group == a.group else str(b) for a, b in pairwise((first, *rest))]
    return names if len(names) <= most else [*names[: most - 2], f"({len(names) - most + 1} more)", names[-1]]


def span(minutes: tuple[float, float]) -> str:
    """``less than a minute``, ``2 minutes``, ``2 to 18 minutes``, ``1.5 to 4 hours``."""
    low, high = minutes
    if high < 1:
        return "less than a minute"
    if high >= 120:
        one, other = f"{max(low / 60, 0.1):.1f}".removesuffix(".0"), f"{high / 60:.1f}".removesuffix(".0")
        return f"{other} hours" if one == other else f"{one} to {other} hours"
    one, other = str(max(math.floor(low), 1)), str(math.ceil(high))
    return f"{other} minute{'s' if other != '1' else ''}" if one == other else f"{one} to {other} minutes"

"""Rules about which existing Azure subscription a manifest means (rule 11 of the architecture)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set

from cspctl.errors import Problem
from cspctl.resource import Key, Resource

SAYS_WHICH = frozenset({"adopt", "subscriptionId"})


def first_subscription_says_which(resources: Sequence[Resource], _: Mapping[Key, Set[Key]]) -> Iterator[Problem]:
    """A customer's plan brings a subscription along, so one manifest must say whether it is meant.

    Without that a partner would buy a second one while the first stays unused under its default name.
    """
    by_customer: dict[str, list[Resource]] = {}
    for resource in resources:
        if resource.key.kind == "AzureSubscription" and not resource.meta.absent:
            by_customer.setdefault(resource.key.customer, []).append(resource)
    for customer, group in by_customer.items():
        yield from _twice(group)
        if not any(SAYS_WHICH & resource.document().keys() for resource in group):
            yield Problem(
                group[0].where,
                f"{group[0].key}: no AzureSubscription of {customer} says which existing subscription it is",
                "Add 'adopt: default' (the one that the Azure plan brought along), 'adopt: {displayName: …}', "
                "'subscriptionId: …', or 'adopt: never' to buy a new one.",
            )


def _twice(group: Sequence[Resource]) -> Iterator[Problem]:
    defaults = [r for r in group if r.document().get("adopt") == "default"]
    for other in defaults[1:]:
        yield Problem(
            other.where_is("adopt"),
            f"{other.key} and {defaults[0].key} ({defaults[0].where}) both say 'adopt: default'",
            "The plan brings one subscription along: let the other say subscriptionId, {displayName: …} or never.",
        )

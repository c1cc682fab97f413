"""What an integration sandbox does not hold is said while planning, before the first of it is bought."""

from __future__ import annotations

from typing import ClassVar

import pytest

from cspctl.plan import plan
from cspctl.resource import Scope
from tests import planning
from tests.planning import Node, live, node
from tests.test_rules import CUSTOMER, PLAN, PRODUCTION
from tests.world import World, resources


class Plot(Node):
    """One of which a customer has two at most."""

    sandbox_limit: ClassVar[tuple[int, str]] = (2, "customer")


class Forest(Node):
    """One of which there are two at most."""

    sandbox_limit: ClassVar[tuple[int, str]] = (2, "account")


def refused(nodes: list[Node], there: list[Node], sandbox: bool = True) -> list[str]:
    """The handles of those that are too many."""
    states = {one.meta.name: live(one) for one in nodes if one in there}
    kind = type(nodes[0]).__name__
    seen = planning.seen(nodes, states, sandbox=sandbox)
    seen.scopes[kind, Scope("customer-id", "forest")] = [live(one) for one in there]
    planned = plan(nodes, seen, {})
    return [problem.what.partition(":")[0].rpartition("/")[2] for problem in planned.problems]


def plots(*names: str, kind: type[Node] = Forest, customer: str = "c") -> list[Node]:
    return [node(name, kind, customer) for name in names]


def test_as_many_as_there_is_room_for_are_planned_and_the_rest_refused() -> None:
    nodes = plots("a", "b", "c", "d")
    assert refused(nodes[:2], []) == []
    assert refused(nodes, []) == ["c", "d"]
    assert refused(nodes[:3], [nodes[0]]) == ["c"]
    assert refused(nodes, [], sandbox=False) == []


def test_what_no_manifest_describes_takes_room_as_well() -> None:
    assert refused(plots("a", "b"), plots("theirs")) == ["b"]


def test_what_is_deleted_makes_room() -> None:
    gone = node("old", Forest, meta={"absent": True})
    assert refused([gone, *plots("a", "b")], [gone]) == []
    assert refused([gone, *plots("a", "b", "c")], [gone]) == ["c"]


def test_each_customer_has_room_of_its_own_whatever_its_handle_begins_with() -> None:
    nodes = [*plots("a", "b", kind=Plot, customer="c"), *plots("a", "b", "d", kind=Plot, customer="c-2")]
    assert refused(nodes, []) == ["d"]


@pytest.mark.parametrize("sandbox", [True, False])
def test_the_fourth_subscription_of_a_customer_is_refused_before_anything_is_bought(
    empty: World, sandbox: bool
) -> None:
    empty.simulator.account(sandbox=sandbox)
    empty.sandbox = sandbox
    empty.done(resources(CUSTOMER))
    more = "".join(
        f"---\napiVersion: cspctl/v1\nkind: AzureSubscription\nmetadata: {{name: s{n}, customer: fourth-coffee}}\n"
        f"spec: {{displayName: S{n}}}\n"
        for n in range(3)
    )
    before = len(empty.writes())
    planned = empty.plan(resources(CUSTOMER + PLAN + PRODUCTION + more))
    said = [problem.what for problem in planned.problems]
    assert len(said) == int(sandbox)
    assert all("AzureSubscription/s2" in one and "holds 3" in one and "would make 4" in one for one in said)
    assert len(empty.writes()) == before

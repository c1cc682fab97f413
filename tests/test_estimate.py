"""What a plan says that applying it takes: requests, quotas, minutes, and the longest chain."""

from __future__ import annotations

import json
from collections.abc import Sequence, Set
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cspctl import estimate
from cspctl.changes import Adopt, Create, Delete, Fields, Plan, Replace, Update
from cspctl.estimate import Estimate, before, remaining, said, span
from cspctl.render.json import plan_document
from cspctl.render.markdown import plan_markdown
from cspctl.render.text import details
from cspctl.resource import PARTNER, Key
from tests.planning import NOW, Node, as_wanted, key, node


class Gateway(Node):
    """Something slow, of the other service."""

    lasts: ClassVar[tuple[float, float]] = (25, 60)
    service: ClassVar[str] = "arm"


class Firm(Node):
    """Something of the partner's own."""

    per_customer: ClassVar[bool] = False
    calls: ClassVar[int] = 12


def made(*changes: Any, needs: dict[Key, Set[Key]] | None = None) -> Plan:
    everything = {change.desired.key: set[Key]() for change in changes}
    return Plan(NOW, changes, needs={**everything, **(needs or {})})


def create(name: str, kind: type[Node] = Node, customer: str = "c") -> Create:
    return Create(node(name, kind, customer), Fields())


def firm(name: str) -> Create:
    desired = Firm.model_validate({"metadata": {"name": name}})
    assert desired.key.customer == PARTNER
    return Create(desired, Fields())


def gateway(name: str) -> Key:
    return key(name, "Gateway")


def test_nothing_to_write_takes_nothing() -> None:
    kept = node("a")
    plan = made(Adopt(kept, Fields(), as_wanted(kept)))
    assert estimate.estimate(plan) == Estimate()
    assert said(Estimate()) == ""
    assert "Applying" not in details(plan)


def test_the_longest_chain_is_the_slowest_and_not_the_one_with_the_most_members() -> None:
    quick = {key("b"): {key("a")}, key("c"): {key("b")}, key("d"): {key("c")}}
    slow = {gateway("h"): {key("g")}}
    changes = [create(name) for name in "abcdg"] + [create("h", Gateway)]
    price = estimate.estimate(made(*changes, needs={**quick, **slow}))
    assert price.chain == (key("g"), gateway("h"))
    assert price.minutes == pytest.approx((25.1, 60.5))
    assert price.calls == 18
    assert said(price) == (
        "Applying it takes about 18 requests and 25 to 61 minutes; the longest chain: c/Node/g -> Gateway/h."
    )


def test_things_side_by_side_take_no_longer_than_one_of_them() -> None:
    one = estimate.estimate(made(create("a", Gateway)))
    ten = estimate.estimate(made(*(create(f"n{number}", Gateway) for number in range(10))))
    assert ten.minutes == one.minutes


def test_what_only_changes_is_quick_and_what_is_replaced_takes_twice() -> None:
    there = node("a", Gateway)
    live = as_wanted(there)
    assert estimate.estimate(made(Update(there, Fields(), live))).minutes == estimate.SMALL
    assert estimate.estimate(made(Delete(there, live))).minutes == (25, 60)
    replaced = estimate.estimate(made(Replace(there, Fields(), live, ("why",))))
    assert replaced.minutes == (50, 120)
    assert replaced.calls == 6
    assert estimate.estimate(made(Adopt(there, Fields((object(),)), None))).minutes == (25, 60)  # type: ignore[arg-type]


def test_deletions_are_counted_from_the_other_end() -> None:
    parent, child = node("parent"), node("child", Gateway)
    gone = made(Delete(child, as_wanted(child)), Delete(parent, as_wanted(parent)), needs={child.key: {parent.key}})
    assert before(gone) == {child.key: set(), parent.key: {child.key}}
    assert estimate.estimate(gone).chain == (child.key, parent.key)


@pytest.mark.parametrize(
    ("changes", "seconds", "quota"),
    [
        ([create(f"n{n}") for n in range(166)], 0, ""),
        ([create(f"n{n}") for n in range(167)], 60, "Partner Center allows 500 requests a minute"),
        ([create(f"n{n}", customer=f"c{n % 10}") for n in range(1660)], 0, ""),
        ([firm(f"n{n}") for n in range(250)], 0, ""),
        ([firm(f"n{n}") for n in range(1000)], 180, "Partner Center allows 500 requests a minute"),
        ([create(f"n{n}", Gateway) for n in range(200)], 0, ""),
        ([create(f"n{n}", Gateway) for n in range(1000)], 80, "Azure Resource Manager allows 10 writes a second"),
    ],
    ids=["just fits", "one too many", "ten customers", "new firms", "many firms", "Azure", "much of Azure"],
)
def test_the_floor_is_arithmetic_over_what_the_services_count_by(changes: Any, seconds: float, quota: str) -> None:
    price = estimate.estimate(made(*changes))
    assert (price.floor, price.quota) == (seconds, quota)
    assert price.minutes[0] * 60 >= seconds
    assert ("because" in said(price)) == bool(quota)
    assert quota in said(price)


@given(st.lists(st.sets(st.integers(0, 30), max_size=4), min_size=1, max_size=30))
def test_whoever_is_needed_has_more_before_it_than_whoever_needs_it(edges: Sequence[Set[int]]) -> None:
    needs = {key(f"n{n:02}"): {key(f"n{m:02}") for m in edge if m < n} for n, edge in enumerate(edges)}
    plan = made(*(create(f"n{n:02}") for n in range(len(edges))), needs=needs)
    left = remaining(plan)
    for mine, needed in needs.items():
        assert all(left[other] > left[mine] for other in needed)
    price = estimate.estimate(plan)
    assert left[price.chain[0]] == max(left.values())
    assert all(one in needs[other] for one, other in zip(price.chain, price.chain[1:], strict=False))
    assert not any(price.chain[-1] in needed for needed in needs.values())
    assert price.minutes[1] >= left[price.chain[0]] - 1e-9


def test_a_long_chain_is_cut_in_the_middle() -> None:
    chain = tuple(key(f"n{n}") for n in range(9))
    assert said(Estimate(27, minutes=(1, 5), chain=chain)) == (
        "Applying it takes about 27 requests and 1 to 5 minutes; "
        "the longest chain: c/Node/n0 -> Node/n1 -> Node/n2 -> Node/n3 -> (4 more) -> Node/n8."
    )


def test_a_chain_names_each_customer_once() -> None:
    chain = (Key(PARTNER, "Customer", "a"), Key("a", "Node", "x"), Key("b", "Node", "y"))
    assert said(Estimate(3, chain=chain)).endswith("Customer/a -> Node/x -> b/Node/y.")


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        ((0.1, 0.5), "less than a minute"),
        ((0.2, 1.0), "1 minute"),
        ((0.2, 1.1), "1 to 2 minutes"),
        ((2.9, 18.2), "2 to 19 minutes"),
        ((25, 60.5), "25 to 61 minutes"),
        ((12, 12), "12 minutes"),
        ((30, 120), "0.5 to 2 hours"),
        ((240, 240), "4 hours"),
    ],
)
def test_a_span_is_said_as_people_say_it(minutes: tuple[float, float], words: str) -> None:
    assert span(minutes) == words


def test_every_form_of_a_plan_says_what_it_takes_and_no_digest_depends_on_it() -> None:
    plan = made(create("g"), create("h", Gateway), needs={gateway("h"): {key("g")}})
    sentence = said(estimate.estimate(plan))
    assert sentence in details(plan)
    assert sentence.replace("<", "") in plan_markdown(plan)
    document = plan_document(plan)
    assert document["estimate"] == {
        "requests": 6,
        "quota_seconds": 0,
        "quota": "",
        "seconds": {"from": 1506, "to": 3630},
        "longest_chain": ["c/Node/g", "c/Gateway/h"],
    }
    json.dumps(document["estimate"])
    apart = replace(plan, needs={gateway("h"): set(), key("g"): set()})
    assert estimate.estimate(apart) != estimate.estimate(plan)
    assert apart.digest == plan.digest

"""What "mentioned" means: laws for random documents of all kinds, and the cases that a reader should know."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cspctl.diff import differences
from cspctl.fields import Default, NotCompared, Shape
from cspctl.kinds import registry
from cspctl.overlay import key_of, overlay, same, unmanaged
from tests import documents
from tests.documents import SHAPES, folded, pairs

NETWORK, CUSTOMER = SHAPES["VirtualNetwork"], SHAPES["Customer"]


def by_key(shape: Shape, items: Any) -> dict[str, Any]:
    return {key_of(shape, item): item for item in items or ()}


def assert_untouched(shape: Shape, before: Any, desired: Any, after: Any) -> None:
    """Written without looking at overlay: whatever `desired` does not mention is the same in `before` and `after`."""
    if shape.form == "object" and isinstance(desired, dict):
        for name, value in before.items():
            if name not in desired:
                assert after[name] == value, name
            elif desired[name] is not None:
                assert_untouched(shape.fields[name], value, desired[name], after.get(name))
    elif shape.form == "map":
        mentioned = {folded(name) for name in desired}
        for name, value in before.items():
            assert folded(name) in mentioned or after[name] == value, name
    elif shape.form == "keyed" and shape.item:
        mentioned, left = by_key(shape, desired), by_key(shape, after)
        for key, item in by_key(shape, before).items():
            if key not in mentioned:
                assert left[key] == item
            elif shape.key and not mentioned[key].get("absent"):
                assert_untouched(shape.item, item, {**mentioned[key], shape.key: item[shape.key]}, left[key])


def assert_held(shape: Shape, desired: Any, after: Any) -> None:
    """Whatever `desired` mentions is so in `after`; a field that is not there means its default."""
    if shape.form == "object":
        for name, wanted in desired.items():
            field = shape.fields[name]
            if name == "absent" or field.mark(NotCompared):
                continue
            if wanted is None:  # gone, or what the service has when nothing has been set
                default = field.mark(Default)
                assert after.get(name) in (None, {}, []) or (default and default.value == after[name])
            elif name in after:
                assert_held(field, wanted, after[name])
            else:
                assert is_nothing(field, wanted), name
    elif shape.form == "map":
        there = {folded(name): value for name, value in after.items()}
        for name, value in desired.items():
            assert there.get(folded(name)) == value
    elif shape.form == "keyed" and shape.item:
        there = by_key(shape, after)
        for key, item in by_key(shape, desired).items():
            if shape.key and item.get("absent"):
                assert key not in there
            elif shape.key:
                assert_held(shape.item, {n: v for n, v in item.items() if n != shape.key}, there[key])
            else:
                assert key in there
    else:
        assert same(shape, after, desired)


def is_nothing(shape: Shape, wanted: Any) -> bool:
    """Whether a wish is fulfilled by a field that is not there."""
    default = shape.mark(Default)
    if default and default.value == wanted:
        return True
    if shape.form == "object":
        fields = {n: v for n, v in wanted.items() if not shape.fields[n].mark(NotCompared)}
        return all(value is None or is_nothing(shape.fields[name], value) for name, value in fields.items())
    if shape.form == "map":
        return all(value is None for value in wanted.values())
    return shape.form == "keyed" and all(isinstance(item, dict) and bool(item.get("absent")) for item in wanted)


@given(pairs())
def test_what_is_not_mentioned_is_the_same_before_and_after(pair: tuple[Shape, Any, Any]) -> None:
    shape, live, desired = pair
    assert_untouched(shape, live, desired, overlay(shape, live, desired))


@given(pairs())
def test_what_is_mentioned_holds_afterwards(pair: tuple[Shape, Any, Any]) -> None:
    shape, live, desired = pair
    assert_held(shape, desired, overlay(shape, live, desired))


@given(pairs())
def test_laying_the_same_over_it_twice_is_as_good_as_once(pair: tuple[Shape, Any, Any]) -> None:
    shape, live, desired = pair
    once = overlay(shape, live, desired)
    assert overlay(shape, once, desired) == once


@given(pairs())
def test_neither_side_is_changed(pair: tuple[Shape, Any, Any]) -> None:
    shape, live, desired = pair
    before = deepcopy((live, desired))
    overlay(shape, live, desired)
    assert (live, desired) == before


@given(st.sampled_from(list(SHAPES.values())).flatmap(lambda s: st.tuples(st.just(s), documents.live(s))))
def test_what_is_there_laid_over_itself_changes_nothing(pair: tuple[Shape, Any]) -> None:
    shape, live = pair
    assert overlay(shape, live, deepcopy(live)) == live
    assert overlay(shape, live, {}) == live
    assert overlay(shape, live, deepcopy(live), documents.lists_and_maps(shape)) == live


@given(pairs())
def test_a_complete_list_or_map_holds_exactly_what_is_mentioned(pair: tuple[Shape, Any, Any]) -> None:
    shape, live, desired = pair
    after = overlay(shape, live, desired, documents.lists_and_maps(shape))
    for name, field in shape.fields.items():
        if field.form == "keyed" and desired.get(name) is not None:
            kept = [item for item in desired[name] if not (isinstance(item, dict) and item.get("absent"))]
            assert by_key(field, after.get(name)).keys() == by_key(field, kept).keys()
        elif field.form == "map" and desired.get(name) is not None:
            kept = [key for key, value in desired[name].items() if value is not None]
            assert {folded(key) for key in after.get(name, {})} == {folded(key) for key in kept}
    assert_held(shape, desired, after)


@given(pairs())
def test_live_items_keep_their_order_and_new_ones_follow(pair: tuple[Shape, Any, Any]) -> None:
    shape, live, desired = pair
    after = overlay(shape, live, desired)
    for name, field in shape.fields.items():
        if field.form == "keyed" and desired.get(name) is not None and name in after:
            old = [key_of(field, item) for item in live.get(name, ())]
            new = [key_of(field, item) for item in after[name]]
            assert [key for key in new if key in old] == [key for key in old if key in new]
            assert new[: sum(key in old for key in new)] == [key for key in old if key in new]


@given(pairs())
def test_the_count_of_unmanaged_items_is_what_a_complete_list_would_remove(pair: tuple[Shape, Any, Any]) -> None:
    shape, live, desired = pair
    wanted = {name: value for name, value in desired.items() if value is not None}
    counts = dict(unmanaged(shape, live, wanted, frozenset()))
    for name, field in shape.fields.items():
        if field.form == "keyed" and field.key:
            mentioned = by_key(field, wanted.get(name))
            assert counts.get(name, 0) == len(by_key(field, live.get(name)).keys() - mentioned.keys())
    assert not dict(unmanaged(shape, live, wanted, documents.lists_and_maps(shape)))


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [
        (CUSTOMER, {"billingProfile": {"companyName": None}}),
        (CUSTOMER, {"companyProfile": {"organizationRegistrationNumber": "1234567"}}),
        (CUSTOMER, {"consent": False, "existing": True}),
        (CUSTOMER, {"agreement": {}}),
        (NETWORK, {"tags": {}}),
        (NETWORK, {"tags": {"old": None}}),
        (NETWORK, {"subnets": []}),
        (NETWORK, {"subnets": [{"name": "old", "absent": True}]}),
        (NETWORK, {"dnsServers": [], "enableDdosProtection": False}),
        (NETWORK, {"location": None}),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_a_wish_that_an_absent_field_fulfils_is_no_change(shape: Shape, wanted: dict[str, Any]) -> None:
    """Else it would be planned again and again, because the service never shows what is empty."""
    assert overlay(shape, {}, wanted) == {}


def test_null_removes_a_field_and_a_tag_and_absent_an_item() -> None:
    live = {"flowTimeoutInMinutes": 4, "tags": {"Owner": "x", "keep": "y"}, "subnets": [{"name": "App"}, {"name": "b"}]}
    wanted = {"flowTimeoutInMinutes": None, "tags": {"owner": None}, "subnets": [{"name": "app", "absent": True}]}
    assert overlay(NETWORK, live, wanted) == {"tags": {"keep": "y"}, "subnets": [{"name": "b"}]}


def test_an_item_keeps_the_spelling_that_is_live() -> None:
    live = {"subnets": [{"name": "App", "routeTable": "/x"}], "tags": {"Env": "old"}}
    after = overlay(
        NETWORK, live, {"subnets": [{"name": "APP", "addressPrefix": "10.0.0.0/24"}], "tags": {"ENV": "new"}}
    )
    assert after["subnets"] == [{"name": "App", "routeTable": "/x", "addressPrefix": "10.0.0.0/24"}]
    assert after["tags"] == {"Env": "new"}


def test_completeness_reaches_into_the_items_of_a_list() -> None:
    live = {"subnets": [{"name": "a", "serviceEndpoints": [{"service": "S"}, {"service": "T"}]}, {"name": "b"}]}
    wanted = {"subnets": [{"name": "a", "serviceEndpoints": [{"service": "S"}]}]}
    after = overlay(NETWORK, live, wanted, frozenset({"subnets.serviceEndpoints"}))
    assert after == {"subnets": [{"name": "a", "serviceEndpoints": [{"service": "S"}]}, {"name": "b"}]}


def test_ids_and_names_are_compared_without_case_and_plain_text_is_not() -> None:
    live = {"subnets": [{"name": "a", "networkSecurityGroup": "/Subscriptions/S/nsg"}], "tags": {"k": "Value"}}
    same_id = {"subnets": [{"name": "a", "networkSecurityGroup": "/subscriptions/s/NSG"}]}
    assert overlay(NETWORK, live, same_id) == live
    assert overlay(NETWORK, live, {"tags": {"k": "value"}})["tags"] == {"k": "value"}


def test_a_plain_list_is_one_value_and_its_order_counts() -> None:
    live = {"dnsServers": ["10.0.0.4", "10.0.0.5"]}
    assert overlay(NETWORK, live, {"dnsServers": ["10.0.0.5", "10.0.0.4"]})["dnsServers"] == ["10.0.0.5", "10.0.0.4"]


def test_what_is_only_sent_is_in_the_result_only_when_it_is_sent() -> None:
    wanted = {"companyProfile": {"domain": "a", "organizationRegistrationNumber": "1"}}
    assert overlay(CUSTOMER, {}, wanted) == {"companyProfile": {"domain": "a"}}
    assert overlay(CUSTOMER, {}, wanted, sent=True) == wanted


@given(pairs())
def test_there_are_differences_exactly_when_something_changes(pair: tuple[Shape, Any, Any]) -> None:
    shape, live, desired = pair
    after = overlay(shape, live, desired)
    found = differences(shape, live, after)
    assert bool(found) == (after != live)
    assert all(change.field in desired for change in found)


def test_there_are_shapes_of_all_forms_to_prove_this_on() -> None:
    forms = {inner.form for shape in SHAPES.values() for _, inner in shape.walk()}
    assert forms >= {"scalar", "object", "map", "keyed", "list"}
    assert len(SHAPES) == len(registry()) >= 4

"""Which fields differ: paths as people read them, in the manifest's order, each with before and after."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from cspctl.diff import MISSING, differences
from cspctl.fields import Shape
from tests.documents import SHAPES, pairs

NETWORK, CUSTOMER = SHAPES["VirtualNetwork"], SHAPES["Customer"]


def changed(shape: Shape, before: Any, after: Any) -> list[tuple[str, Any, Any]]:
    return [(change.path, change.before, change.after) for change in differences(shape, before, after)]


@given(pairs())
def test_nothing_differs_from_itself(pair: tuple[Shape, Any, Any]) -> None:
    shape, live, desired = pair
    assert differences(shape, live, live) == ()
    assert differences(shape, desired, desired) == ()


@given(pairs())
def test_looking_from_the_other_side_swaps_before_and_after(pair: tuple[Shape, Any, Any]) -> None:
    shape, one, two = pair
    there = {(path.casefold(), str(before), str(after)) for path, before, after in changed(shape, one, two)}
    back = {(path.casefold(), str(after), str(before)) for path, before, after in changed(shape, two, one)}
    assert there == back


@given(pairs())
def test_each_change_has_two_different_sides_and_a_path_of_its_own(pair: tuple[Shape, Any, Any]) -> None:
    shape, one, two = pair
    found = changed(shape, one, two)
    assert all(before is not MISSING or after is not MISSING for _, before, after in found)
    assert all(before is MISSING or after is MISSING or before != after for _, before, after in found)
    assert all(path.partition(".")[0].partition("[")[0] in shape.fields for path, _, _ in found)


def test_an_item_of_a_keyed_list_is_named_by_its_key_not_by_its_place() -> None:
    before = {"subnets": [{"name": "a", "addressPrefix": "1"}, {"name": "App", "addressPrefix": "2"}]}
    after = {"subnets": [{"name": "App", "addressPrefix": "3"}, {"name": "a", "addressPrefix": "1"}]}
    assert changed(NETWORK, before, after) == [("subnets[App].addressPrefix", "2", "3")]


def test_an_item_that_appears_or_vanishes_is_one_change_an_object_one_for_each_field() -> None:
    subnet = {"name": "app", "serviceEndpoints": [{"service": "Microsoft.Sql"}]}
    assert changed(NETWORK, {}, {"subnets": [subnet]}) == [("subnets[app]", MISSING, subnet)]
    assert changed(NETWORK, {"subnets": [subnet]}, {"subnets": []}) == [("subnets[app]", subnet, MISSING)]
    agreement = {"firstName": "Marshall", "lastName": "Levi"}
    assert changed(CUSTOMER, {}, {"agreement": agreement}) == [
        ("agreement.firstName", MISSING, "Marshall"),
        ("agreement.lastName", MISSING, "Levi"),
    ]


def test_a_plain_list_is_shown_whole() -> None:
    before, after = {"dnsServers": ["10.0.0.4"]}, {"dnsServers": ["10.0.0.4", "10.0.0.5"]}
    assert changed(NETWORK, before, after) == [("dnsServers", ["10.0.0.4"], ["10.0.0.4", "10.0.0.5"])]


def test_tags_differ_entry_by_entry_whatever_they_are_called() -> None:
    before = {"tags": {"a.b": "1", "it's [x]": "2", "3": "x", "same": "y"}}
    after = {"tags": {"a.b": "2", "it's [x]": "3", "3": "y", "same": "y"}}
    assert changed(NETWORK, before, after) == [
        ("tags.a.b", "1", "2"),
        ("tags.it's [x]", "2", "3"),
        ("tags.3", "x", "y"),
    ]


def test_changes_come_in_the_order_of_the_document() -> None:
    after = {"tags": {"z": "1", "a": "1"}, "location": "westus", "subnets": [{"name": "z"}, {"name": "a"}]}
    paths = [path for path, _, _ in changed(NETWORK, {}, after)]
    assert paths == ["tags.z", "tags.a", "location", "subnets[z]", "subnets[a]"]


def test_a_value_and_its_removal_are_told_from_null() -> None:
    assert changed(NETWORK, {"location": "westus"}, {}) == [("location", "westus", MISSING)]
    assert repr(MISSING) == "(not set)"


def test_what_cannot_change_is_marked_with_the_reason_also_inside_of_objects() -> None:
    before = {"companyProfile": {"domain": "a"}, "billingProfile": {"defaultAddress": {"country": "US", "city": "x"}}}
    after = {"companyProfile": {"domain": "b"}, "billingProfile": {"defaultAddress": {"country": "DE", "city": "y"}}}
    found = {change.path: change.immutable and change.immutable.why for change in differences(CUSTOMER, before, after)}
    assert found == {
        "companyProfile.domain": "the domain of a tenant cannot change after creation",
        "billingProfile.defaultAddress.country": "the country of a customer cannot change after creation",
        "billingProfile.defaultAddress.city": None,
    }


def test_the_top_level_field_of_a_change_is_known() -> None:
    changes = differences(NETWORK, {}, {"subnets": [{"name": "a.b"}], "tags": {"x.y": "1"}, "location": "westus"})
    assert [change.field for change in changes] == ["subnets", "tags", "location"]

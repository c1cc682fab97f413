"""References: every way to write one, what it means, and how ids take the place of names and back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cspctl import refs
from cspctl.fields import Keyed, RefTo
from cspctl.part import Item, Metadata, Part
from cspctl.refs import Unknown, is_raw, located, needs_of, parse, refs_of, with_ids
from cspctl.resource import Key, Live, Resource
from cspctl.seen import Names, Seen

NOW = datetime(2026, 11, 20, tzinfo=UTC)
GUID = "7f000000-0000-4000-8000-000000000001"
NETWORK = RefTo("VirtualNetwork")
SUBNET = RefTo("VirtualNetwork", part="subnets")
EITHER = RefTo("LoadBalancer", "ApplicationGateway")


class Card(Item):
    name: str | None = None
    subnet: Annotated[str | None, SUBNET] = None


class Inner(Part):
    backend: Annotated[str | None, EITHER] = None


class Machine(Resource):
    """A kind with references in all places where one can be."""

    nouns: ClassVar[tuple[str, str]] = ("machine", "machines")
    group: Annotated[str | None, RefTo("ResourceGroup", parent=True)] = None
    plan: Annotated[str | None, RefTo("Plan", implied=True)] = None
    inner: Inner | None = None
    cards: Annotated[list[Card] | None, Keyed("name")] = None
    friends: Annotated[list[str] | None, RefTo("Machine")] = None


def machine(name: str = "m", customer: str | None = "a", **spec: object) -> Machine:
    return Machine.model_validate({**spec, "metadata": {"name": name, "customer": customer}})


@pytest.mark.parametrize(
    ("text", "mark", "keys", "suffix"),
    [
        ("hub", NETWORK, [("a", "VirtualNetwork", "hub")], ""),
        ("b/hub", NETWORK, [("b", "VirtualNetwork", "hub")], ""),
        ("VirtualNetwork:hub", NETWORK, [("a", "VirtualNetwork", "hub")], ""),
        ("hub/app", SUBNET, [("a", "VirtualNetwork", "hub")], "/subnets/app"),
        ("b/hub/app", SUBNET, [("b", "VirtualNetwork", "hub")], "/subnets/app"),
        ("hub", SUBNET, [("a", "VirtualNetwork", "hub")], ""),
        ("front", EITHER, [("a", "LoadBalancer", "front"), ("a", "ApplicationGateway", "front")], ""),
        ("ApplicationGateway:front", EITHER, [("a", "ApplicationGateway", "front")], ""),
        ("ApplicationGateway:b/front", EITHER, [("b", "ApplicationGateway", "front")], ""),
        ("fourth-coffee", RefTo("Customer"), [("-", "Customer", "fourth-coffee")], ""),
        ("/subscriptions/s/resourceGroups/g", NETWORK, [], ""),
        (GUID, NETWORK, [], ""),
        (GUID.upper(), NETWORK, [], ""),
    ],
)
def test_each_way_to_write_a_reference_means_what_the_design_says(
    text: str, mark: RefTo, keys: list[tuple[str, str, str]], suffix: str
) -> None:
    ref = parse("field", text, mark, "a")
    assert [tuple(key) for key in ref.keys] == keys
    assert ref.suffix == suffix


@given(st.text(max_size=20))
def test_any_text_is_some_reference_or_a_raw_id(text: str) -> None:
    ref = parse("field", text, SUBNET, "a")
    assert bool(ref.keys) != is_raw(text)


@pytest.mark.parametrize("text", [f"{GUID}0", GUID[:-1], f"x{GUID}", f"{GUID}\n", "hub", ""])
def test_what_only_resembles_an_id_is_a_name(text: str) -> None:
    assert not is_raw(text)


def test_references_are_found_wherever_they_are_the_customer_first() -> None:
    cards = [{"name": "one", "subnet": "hub/app"}, {"name": "two"}]
    one = machine(group="g", inner={"backend": "front"}, cards=cards, friends=["x", "b/y"])
    found = [(ref.path, ref.text) for ref in refs_of(one)]
    assert found[0] == ("metadata.customer", "a")
    assert set(found[1:]) == {
        ("group", "g"),
        ("inner.backend", "front"),
        ("cards.0.subnet", "hub/app"),
        ("friends", "x"),
        ("friends", "b/y"),
    }


def test_an_implied_reference_means_the_only_one_of_the_customer() -> None:
    one = machine()
    mine, other, foreign = Key("a", "Plan", "p"), Key("a", "Plan", "q"), Key("b", "Plan", "r")
    implied = [
        ref.keys for ref in refs_of(one, {("a", "Plan"): [mine], ("b", "Plan"): [foreign]}) if ref.path == "plan"
    ]
    assert implied == [(mine,)]
    assert not [ref for ref in refs_of(one, {("a", "Plan"): [mine, other]}) if ref.path == "plan"]
    assert not [ref for ref in refs_of(machine(plan=None), {("a", "Plan"): [mine]}) if ref.path == "plan"]


def test_needs_name_only_what_is_among_the_manifests() -> None:
    one, two = machine("one", friends=["two", "three", "b/two"]), machine("two")
    assert needs_of([one, two]) == {one.key: {two.key}, two.key: set()}


def test_ids_take_the_place_of_names_and_nothing_else_changes() -> None:
    one = machine(group="g", cards=[{"name": "one", "subnet": "hub/app"}, {"name": "two"}], friends=["x"])
    document = with_ids(one.shape(), one.document(), lambda text, mark: f"<{text}>")
    assert document == {
        "group": "<g>",
        "cards": [{"name": "one", "subnet": "<hub/app>"}, {"name": "two"}],
        "friends": ["<x>"],
    }
    assert one.document()["group"] == "g"


def test_only_what_says_where_it_lives_is_looked_up_to_look_for_it() -> None:
    at = located(machine(group="g", friends=["x"]), lambda text, mark: f"<{text}>")
    assert (at.group, at.friends, at.meta.customer) == ("<g>", ["x"], "<a>")


def lives(*keys: Key) -> dict[Key, Live[Machine]]:
    return {key: Live(f"/ID/{key.kind}/{key.customer}-{key.name}", machine()) for key in keys}


@pytest.mark.parametrize("text", ["hub", "b/hub", "hub/app", "b/hub/app"])
@pytest.mark.parametrize("exists", [True, False])
def test_a_name_that_became_an_id_becomes_the_same_name_again(text: str, exists: bool) -> None:
    one = machine(cards=[{"name": "one", "subnet": text}])
    states = lives(Key("a", "VirtualNetwork", "hub"), Key("b", "VirtualNetwork", "hub")) if exists else {}

    def idof(text: str, mark: RefTo) -> str:
        ref = parse("", text, mark, "a")
        live = states.get(ref.keys[0])
        return live.id.upper() + ref.suffix if live else Unknown(f"{ref.keys[0]}{ref.suffix}")

    document = with_ids(one.shape(), one.document(), idof)
    assert Names(Seen(NOW, states=states)).of(one.shape(), document, "a") == one.document()


def test_an_id_that_no_manifest_knows_stays_an_id() -> None:
    one = machine(friends=["/subscriptions/s/x", GUID])
    assert Names(Seen(NOW)).of(one.shape(), one.document(), "a") == one.document()


def test_the_customer_of_a_resource_is_a_handle_or_a_guid_and_no_path() -> None:
    for good in ("fourth-coffee", GUID):
        assert Metadata.model_validate({"name": "n", "customer": good}).customer == good
    for bad in ("../fourth-coffee", "Customer:fourth-coffee", "/etc/x", "a/b", "-", ".", "..", "", " a"):
        with pytest.raises(ValueError, match="customer"):
            Metadata.model_validate({"name": "n", "customer": bad})


def test_the_mark_of_the_customer_is_the_one_of_the_metadata() -> None:
    assert refs.CUSTOMER.kinds == ("Customer",)
    assert refs.CUSTOMER.parent

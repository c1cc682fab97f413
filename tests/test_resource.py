"""One class, two doors: strict for manifests, tolerant for services; both normalise alike."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cspctl.fields import missing
from cspctl.kinds import registry
from cspctl.kinds.azure.virtual_network import VirtualNetwork
from cspctl.kinds.partner.customer import Customer
from cspctl.part import Metadata
from cspctl.resource import Key, Live, Resource, Waiting, one_of
from cspctl.source import Plain
from tests import documents
from tests.world import resources

HEAD = """apiVersion: cspctl/v1
kind: VirtualNetwork
metadata: {name: v, customer: 7f000000-0000-4000-8000-000000000001}
"""
KINDS = pytest.mark.parametrize("kind", registry().values(), ids=lambda kind: kind.__name__)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def strict(kind: type[Resource], spec: dict[str, Any]) -> Resource:
    return kind.model_validate({**spec, "metadata": {"name": "n", "customer": "c" if kind.per_customer else None}})


@given(st.data())
def test_whatever_a_service_answers_is_taken_and_never_raises(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(list(registry().values())))
    names = st.one_of(st.sampled_from(list(kind.shape().fields)), st.text(max_size=5))
    answer = data.draw(st.dictionaries(names, anything, max_size=4))
    made = kind.from_live(answer)
    assert made.document().keys() <= kind.shape().fields.keys()


@pytest.mark.parametrize("odd", [0, 1, 2, "yes", "no", "on", "", [], {}])
def test_an_odd_answer_for_a_boolean_does_not_raise_either(odd: Any) -> None:
    assert "consent" in Customer.from_live({"consent": odd}).document()


@given(st.data())
def test_a_document_that_has_been_taken_once_is_taken_again_unchanged(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(list(registry().values())))
    document = kind.from_live(data.draw(documents.live(kind.shape()))).document()
    assert kind.from_live(document).document() == document


@KINDS
def test_nothing_that_is_not_mentioned_is_in_the_document(kind: type[Resource]) -> None:
    assert strict(kind, {}).document() == {}
    assert kind.from_live({}).document() == {}


@KINDS
def test_unknown_fields_are_refused_in_manifests_and_left_out_of_answers(kind: type[Resource]) -> None:
    with pytest.raises(ValueError, match="extra_forbidden"):
        strict(kind, {"unheardOf": 1})
    assert kind.from_live({"unheardOf": 1}).document() == {}


@KINDS
def test_python_names_are_refused_in_manifests(kind: type[Resource]) -> None:
    for name, info in kind.model_fields.items():
        if info.alias not in (None, name):
            with pytest.raises(ValueError, match="extra_forbidden"):
                strict(kind, {name: None})


@KINDS
def test_null_is_accepted_for_every_field_and_stays_in_the_document(kind: type[Resource]) -> None:
    nothing = dict.fromkeys(kind.shape().fields)
    assert strict(kind, nothing).document() == nothing


@KINDS
def test_a_resource_cannot_be_changed_by_accident(kind: type[Resource]) -> None:
    with pytest.raises(ValueError, match="frozen"):
        strict(kind, {}).metadata = None


def test_null_removes_a_tag() -> None:
    assert strict(VirtualNetwork, {"tags": {"old": None, "new": Plain("1")}}).document() == {
        "tags": {"old": None, "new": "1"}
    }


def test_both_doors_normalise_alike() -> None:
    written = {"location": "West US", "addressPrefixes": ["10.1.0.0/16"], "dnsServers": ["fd00:0::4"]}
    for made in (strict(VirtualNetwork, written), VirtualNetwork.from_live(written)):
        assert made.document() == {
            "location": "westus",
            "addressPrefixes": ["10.1.0.0/16"],
            "dnsServers": ["fd00::4"],
        }


def test_an_answer_may_hold_values_that_no_manifest_may() -> None:
    odd = {"addressPrefixes": ["10.1.0.1/16"], "flowTimeoutInMinutes": "soon", "subnets": [{"name": "a", "colour": 1}]}
    made = VirtualNetwork.from_live(odd).document()
    assert made["flowTimeoutInMinutes"] == "soon"
    assert made["subnets"] == [{"name": "a"}]


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "y", "n", "1", "0", "t", "f"])
def test_only_true_and_false_are_booleans(word: str) -> None:
    with pytest.raises(ValueError, match="true or false"):
        strict(Customer, {"consent": Plain(word)})
    assert strict(Customer, {"consent": Plain("True")}).document() == {"consent": True}


def test_the_field_decides_what_unquoted_text_is() -> None:
    address = {"postalCode": Plain("01234"), "country": Plain("NO"), "phoneNumber": Plain("1234567890")}
    made = strict(Customer, {"billingProfile": {"defaultAddress": address}}).document()
    assert made["billingProfile"]["defaultAddress"] == {
        "postalCode": "01234",
        "country": "NO",
        "phoneNumber": "1234567890",
    }
    assert strict(VirtualNetwork, {"flowTimeoutInMinutes": Plain("10")}).document() == {"flowTimeoutInMinutes": 10}


def test_a_key_is_printed_as_customer_kind_and_handle() -> None:
    assert str(Key("fourth-coffee", "VirtualNetwork", "sea-vnet")) == "fourth-coffee/VirtualNetwork/sea-vnet"
    assert Key("-", "Customer", "fourth-coffee").group == "fourth-coffee"
    assert Key("fourth-coffee", "AzurePlan", "azure").group == "fourth-coffee"


@pytest.mark.parametrize(
    ("name", "nouns"),
    [
        ("VirtualNetwork", ("virtual network", "virtual networks")),
        ("NatGateway", ("nat gateway", "nat gateways")),
        ("Policy", ("policy", "policies")),
        ("PublicIPAddress", ("public IP address", "public IP addresses")),
        ("VPN", ("VPN", "VPNs")),
        ("NetworkSecurityGroup", ("network security group", "network security groups")),
    ],
)
def test_a_class_name_becomes_words_for_one_and_for_several(name: str, nouns: tuple[str, str]) -> None:
    assert type(name, (Resource,), {"__module__": __name__, "__doc__": "."}).nouns == nouns


def test_one_of_tells_none_one_and_several_apart() -> None:
    one, two = Live("1", VirtualNetwork()), Live("2", VirtualNetwork())
    assert one_of([]) is None
    assert one_of([one]) is one
    assert one_of([one, two]) == "2 live virtual networks match: 1, 2"


def test_waiting_is_a_sentence_with_its_link() -> None:
    assert str(Waiting("ask them", "https://admin.microsoft.com")) == "ask them: https://admin.microsoft.com"
    assert str(Waiting("ask them")) == "ask them"


def test_each_planned_path_leads_to_its_line_in_the_manifest() -> None:
    spec = """spec:
  resourceGroup: /subscriptions/s/resourceGroups/g
  tags:
    a.b: x
    owner: y
  subnets:
    - name: db
      addressPrefix: 10.1.2.0/24
    - name: App
      addressPrefix: 10.1.1.0/24
      serviceEndpoints:
        - {service: Microsoft.Sql}
        - service: Microsoft.Storage
"""
    (one,) = resources(HEAD + spec)
    lines = {
        "subnets[App].addressPrefix": 13,
        "subnets[app].addressPrefix": 13,
        "subnets[App]": 12,
        "subnets[db].addressPrefix": 11,
        "subnets[App].serviceEndpoints[Microsoft.Storage]": 16,
        "tags.owner": 8,
        "tags.a.b": 7,
        "resourceGroup": 5,
        "location": 4,
        "subnets[other]": 9,
    }
    assert {path: int(one.where_is(path).rpartition(":")[2]) for path in lines} == lines


def test_a_name_that_is_another_items_value_does_not_mislead() -> None:
    """The item is found by its key, not by any value that happens to be the same."""
    group = "spec:\n  resourceGroup: /subscriptions/s/resourceGroups/g\n"
    swapped = "  subnets:\n    - {name: one, privateEndpointNetworkPolicies: Disabled}\n    - {name: Disabled}\n"
    (one,) = resources(HEAD + group + swapped)
    assert one.where_is("subnets[Disabled]").endswith(":8")


def test_a_resource_made_in_memory_says_its_key_for_its_place() -> None:
    made = VirtualNetwork.from_live({}, Metadata(name="v", customer="c"))
    assert made.where == made.where_is("location") == "c/VirtualNetwork/v"


@KINDS
def test_what_every_kind_needs_to_be_found_is_needed_to_create_it_too(kind: type[Resource]) -> None:
    finding, creating = (
        {path.partition(".")[0] for path in missing(kind.shape(), {}, always=always)} for always in (True, False)
    )
    assert finding <= creating

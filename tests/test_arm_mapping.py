"""Between our fields and the payloads of Azure Resource Manager: there and back, for every kind, losing nothing."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from cspctl.fields import Shape
from cspctl.kinds import registry
from cspctl.kinds.azure._arm import ArmObject, from_arm, mapping, to_arm, writable
from cspctl.kinds.azure.virtual_network import VirtualNetwork
from cspctl.overlay import overlay
from tests import documents

KINDS = [kind for kind in registry().values() if issubclass(kind, ArmObject)]
UNKNOWN = {"etag": 'W/"1"', "id": "/x", "zones": ["1"], "unknown": {"deep": 1}}


def mapped(model: type[BaseModel], document: dict[str, Any]) -> dict[str, Any]:
    """The part of a document that is in the payload; the rest (a group, a subscription) is in the id."""
    names = {name: shape for name, _, shape in mapping(model)}
    return {name: _mapped(names[name], value) for name, value in document.items() if name in names}


def _mapped(shape: Shape, value: Any) -> Any:
    if shape.form == "object" and shape.model:
        return mapped(shape.model, value)
    if shape.item and shape.item.model:
        return [mapped(shape.item.model, item) for item in value]
    return value


live = st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(st.just(kind), documents.live(kind.shape())))


@given(live)
def test_what_is_written_is_read_back(pair: tuple[type[ArmObject], dict[str, Any]]) -> None:
    kind, document = pair
    assert from_arm(kind, to_arm(kind, document, {})) == mapped(kind, document)


@given(live)
def test_writing_neither_changes_what_was_read_nor_the_document(pair: tuple[type[ArmObject], dict[str, Any]]) -> None:
    kind, document = pair
    raw = to_arm(kind, document, deepcopy(UNKNOWN))
    before = deepcopy((raw, document))
    to_arm(kind, document, raw)
    assert (raw, document) == before


@given(st.data())
def test_what_we_do_not_know_in_a_payload_survives_at_every_depth(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(KINDS))
    shape = kind.shape()
    before, wanted = data.draw(documents.live(shape)), data.draw(documents.desired(shape))
    raw = decorated(to_arm(kind, before, {}))
    after = mapped(kind, overlay(shape, before, wanted))
    payload = to_arm(kind, after, raw)
    there = from_arm(kind, payload)
    assert {name: value for name, value in there.items() if name in after or value not in ([], {})} == after
    assert payload["unknown"] == {"deep": 1}
    assert payload["properties"]["unknown"] == {"deep": 1}
    for item in payload["properties"].get("subnets") or ():
        was = next(
            (i for i in raw["properties"].get("subnets", ()) if i["name"].casefold() == item["name"].casefold()), {}
        )
        assert item.get("unknown") == was.get("unknown")
        assert item.get("properties", {}).get("unknown") == was.get("properties", {}).get("unknown")


def decorated(payload: dict[str, Any]) -> dict[str, Any]:
    """A payload with parts that no kind of ours knows, on the outside and inside of subnets."""
    payload = {**payload, **deepcopy(UNKNOWN)}
    payload["properties"] = {**payload.get("properties", {}), "unknown": {"deep": 1}}
    for number, item in enumerate(payload["properties"].get("subnets") or ()):
        item["unknown"] = number
        item.setdefault("properties", {})["unknown"] = number
    return payload


@given(live)
def test_a_field_that_is_taken_away_leaves_nothing_of_it_behind(pair: tuple[type[ArmObject], dict[str, Any]]) -> None:
    kind, document = pair
    emptied = to_arm(kind, {}, to_arm(kind, document, {}))
    # A list is emptied and not left out: left out would mean "as it is".
    assert all(value in ([], {}) for value in from_arm(kind, emptied).values())


def test_a_reference_is_removed_whole() -> None:
    raw = {
        "properties": {
            "subnets": [{"name": "a", "properties": {"networkSecurityGroup": {"id": "/x", "location": "w"}}}]
        }
    }
    payload = to_arm(VirtualNetwork, {"subnets": [{"name": "a"}]}, raw)
    assert payload["properties"]["subnets"] == [{"name": "a", "properties": {}}]


def test_what_is_in_use_does_not_lose_what_azure_keeps_in_it() -> None:
    subnet = {"name": "App", "properties": {"addressPrefix": "10.0.0.0/24", "ipConfigurations": [{"id": "/nic"}]}}
    payload = to_arm(
        VirtualNetwork,
        {"subnets": [{"name": "app", "addressPrefix": "10.0.0.0/24"}]},
        {"properties": {"subnets": [subnet]}},
    )
    assert payload["properties"]["subnets"][0]["properties"]["ipConfigurations"] == [{"id": "/nic"}]


def test_only_what_may_be_written_is_sent() -> None:
    raw = {
        "id": "/x",
        "name": "v",
        "type": "Microsoft.Network/virtualNetworks",
        "etag": "1",
        "location": "westus",
        "properties": {
            "provisioningState": "Succeeded",
            "resourceGuid": "7f000000-0000-4000-8000-000000000001",
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            "subnets": [{"id": "/s", "name": "a", "etag": "1", "properties": {"provisioningState": "Succeeded"}}],
        },
    }
    body = writable(VirtualNetwork, to_arm(VirtualNetwork, from_arm(VirtualNetwork, raw), raw))
    assert body["location"] == "westus"
    assert body["properties"]["addressSpace"] == {"addressPrefixes": ["10.0.0.0/16"]}
    assert "provisioningState" not in str(body)
    assert "resourceGuid" not in str(body)
    assert not {"id", "type", "etag", "name"} & body.keys()


def test_what_the_model_of_the_sdk_does_not_know_is_still_sent() -> None:
    """The api-version that we ask for may be newer than the SDK: a PUT that drops what it knows would delete it."""
    raw = {
        "location": "westus",
        "properties": {"newInAzure": {"a": 1}, "subnets": [{"name": "a", "properties": {"new": 1}}]},
    }
    body = writable(VirtualNetwork, to_arm(VirtualNetwork, from_arm(VirtualNetwork, raw), raw))
    assert body["properties"].get("newInAzure") == {"a": 1}
    assert body["properties"]["subnets"][0]["properties"].get("new") == 1


def test_there_are_kinds_to_prove_this_on() -> None:
    assert {kind.__name__ for kind in KINDS} >= {"ResourceGroup", "VirtualNetwork"}

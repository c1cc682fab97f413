"""The JSON Schemas: valid themselves, complete, and of one opinion with the loader."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cspctl import schema
from cspctl.errors import BadInput
from cspctl.kinds import registry
from cspctl.manifest import required_problems
from cspctl.resource import Resource
from tests.test_manifest import ALL, CUSTOMER, GROUP, NETWORK, PLAN, SUBSCRIPTION
from tests.world import resources

KINDS = pytest.mark.parametrize("kind", registry().values(), ids=lambda kind: kind.__name__)
BILLING = """
  billingProfile:
    email: marshall@fourthcoffee.com
    culture: en-US
    language: en
    companyName: Fourth Coffee
    defaultAddress: {firstName: Marshall, lastName: Levi, addressLine1: One Microsoft Way, city: Redmond, country: US}
"""
WHOLE = CUSTOMER.replace(
    "spec: {companyProfile: {domain: fourthcoffeecsp.onmicrosoft.com}}",
    "spec:\n  companyProfile: {domain: fourthcoffeecsp.onmicrosoft.com}",
) + BILLING.lstrip("\n")


def core(text: str) -> Any:
    """A document as an editor sees it: YAML 1.2, where true, null and numbers are told by how they look."""

    def typed(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: typed(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [typed(inner) for inner in value]
        if type(value).__name__ != "Plain":
            return value
        try:
            return json.loads(value)
        except ValueError:
            return str(value)

    from cspctl.source import parse

    (document,) = parse(text, "editor.yaml")
    return typed(document.value)


def editor(text: str) -> list[str]:
    value = core(text)
    validator = Draft202012Validator(schema.kind_schema(registry()[value["kind"]]))
    return [error.message for error in validator.iter_errors(value)]


def loader(text: str, *others: str) -> list[str]:
    try:
        found = resources("---\n".join([text, *others]))
    except BadInput as error:
        return [str(problem) for problem in error.problems]
    return [str(problem) for problem in required_problems(found[:1])]


def around(text: str) -> list[str]:
    """The manifests that it refers to, unless it is to be deleted."""
    return [] if "absent: true}\n" in text else [other for other in ALL if other.split()[3] != text.split()[3]]


@KINDS
def test_a_schema_is_valid_itself_and_refuses_what_is_not_in_it(kind: type[Resource]) -> None:
    made = schema.kind_schema(kind)
    Draft202012Validator.check_schema(made)
    assert made["additionalProperties"] is made["properties"]["spec"]["additionalProperties"] is False
    assert all(part.get("additionalProperties") is False for part in made["$defs"].values())


@KINDS
def test_every_field_is_in_the_schema_with_its_description(kind: type[Resource]) -> None:
    made = schema.kind_schema(kind)
    properties = made["properties"]["spec"]["properties"]
    assert set(properties) == set(kind.shape().fields)
    for part in (properties, *(part["properties"] for part in made["$defs"].values())):
        assert all(field.get("description") for field in part.values()), part


@KINDS
def test_a_field_path_of_the_reference_page_is_a_field(kind: type[Resource]) -> None:
    rows = schema.fields_of(kind)
    assert {path.replace("[]", "") for path, _, _ in rows} == {path for path, _ in kind.shape().walk() if path}
    assert all(text for _, _, text in rows)


def test_all_schemas_are_named_after_kind_and_version_and_one_leads_to_all() -> None:
    made = schema.all_schemas()
    assert "virtualnetwork_v1.json" in made
    assert len(made) == len(registry()) + 1
    assert {case["then"]["$ref"] for case in made["manifest.json"]["allOf"]} == made.keys() - {"manifest.json"}
    json.dumps(made)


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        CUSTOMER.replace("{name: fourth-coffee}", "{name: fourth-coffee, absent: true}"),
        CUSTOMER.replace("spec: {", "spec: {existing: true, "),
        WHOLE.replace("country: US", "country: NO, postalCode: 98052, phoneNumber: 1234567890"),
        WHOLE
        + "  agreement: {firstName: Marshall, lastName: Levi, email: m@fourthcoffee.com, dateAgreed: 2026-11-01}\n",
        WHOLE + "  agreement: null\n  consent: null\n",
        PLAN,
        SUBSCRIPTION,
        SUBSCRIPTION.replace(", displayName: Production environment", ""),
        SUBSCRIPTION.replace("adopt: default", "adopt: {displayName: Microsoft Azure}"),
        SUBSCRIPTION.replace("adopt: default", "adopt: never, state: Disabled, resourceProviders: [Microsoft.Network]"),
        GROUP,
        GROUP.replace("location: westus", "location: West US, tags: {cost: 7, owner: null}"),
        NETWORK,
        NETWORK.replace("location: westus", "location: westus, subnets: [{name: app, absent: true}]"),
        NETWORK.replace("location: westus", "location: westus, subnets: [{name: 7, addressPrefix: 10.1.1.0/24}]"),
        NETWORK.replace("location: westus", "location: westus, subnets: null, flowTimeoutInMinutes: 10"),
    ],
)
def test_what_loads_is_fine_in_the_editor_too(text: str) -> None:
    assert loader(text, *around(text)) == []
    assert editor(text) == []


@pytest.mark.parametrize(
    "text",
    [
        WHOLE.replace("email:", "eMail:"),
        WHOLE.replace("country: US", "country: United States"),
        WHOLE.replace("companyProfile: {domain: fourthcoffeecsp.onmicrosoft.com}", "companyProfile: {}"),
        WHOLE + "  consent: perhaps\n",
        PLAN.replace("customer: fourth-coffee", ""),
        PLAN.replace("name: azure", "name: two words"),
        SUBSCRIPTION.replace("adopt: default", "adopt: first"),
        SUBSCRIPTION.replace("adopt: default", "adopt: {name: x}"),
        SUBSCRIPTION.replace("adopt: default", "adopt: default, state: Off"),
        GROUP.replace("location: westus", "tags: [a]"),
        GROUP.replace(", location: westus", ""),
        NETWORK.replace("resourceGroup: network, ", ""),
        NETWORK.replace("addressPrefixes: [10.1.0.0/16]", "addressPrefixes: 10.1.0.0/16"),
        NETWORK.replace("location: westus", "location: westus, subnets: [{addressPrefix: 10.1.1.0/24}]"),
        NETWORK.replace("location: westus", "location: westus, flowTimeoutInMinutes: 4.5"),
        NETWORK.replace("location: westus", "location: westus, flowTimeoutInMinutes: 31"),
    ],
)
def test_what_does_not_load_is_marked_in_the_editor(text: str) -> None:
    assert loader(text, *around(text))
    assert editor(text)

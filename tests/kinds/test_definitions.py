"""What we send to Azure Resource Manager, and what the simulator answers us, satisfies Microsoft's definitions."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest

from tests import arm_definitions
from tests.arm_definitions import SPECS, Definitions
from tests.world import World, resources, scenario

UNDEFINED = (
    "/providers/Microsoft.Subscription/",
    "/providers/Microsoft.Billing/",
    "/operations/",
    "/operationresults/",
)
"""Paths whose definitions are not among the shared ones."""

NULLS = "createdBy|updatedBy|description|condition|conditionVersion|delegatedManagedIdentityResourceId"
EXCEPTIONS = {
    "GET /subscriptions: body: 'nextLink' is a required property": "the definition requires it of every page, but the "
    "last one cannot have one",
    rf".*/Microsoft.Authorization/role.*properties\.({NULLS}): None is not of type 'string'": "the recordings have "
    "null where the definition knows only text",
}
"""Complaints of the definitions that the service itself provokes, as patterns, each with its reason."""

pytestmark = pytest.mark.skipif(not SPECS.is_dir(), reason="../shared/reference/arm is not beside this checkout")


@pytest.fixture(scope="module")
def definitions() -> Definitions:
    return Definitions()


def body_of(content: bytes) -> object:
    return json.loads(content) if content else None


def complaints(definitions: Definitions, answer: httpx.Response) -> list[str]:
    request, url = answer.request, answer.request.url
    version = url.params.get("api-version", "")
    said = definitions.request_errors(request.method, url.path, version, body_of(request.content))
    if answer.is_success:
        headers = dict(answer.headers)
        said += definitions.response_errors(
            request.method, url.path, version, answer.status_code, body_of(answer.content), headers
        )
    worded = [f"{request.method} {url.path}: {one}" for one in said]
    return [one for one in worded if not any(re.fullmatch(pattern, one) for pattern in EXCEPTIONS)]


def to_arm(world: World) -> list[httpx.Response]:
    return [
        a
        for a in world.answers
        if a.request.url.host == "management.azure.com"
        and not any(u.casefold() in a.request.url.path.casefold() for u in UNDEFINED)
    ]


def test_the_scenario_from_nothing_to_a_network(empty: World, definitions: Definitions) -> None:
    empty.done(scenario())
    exchanged = to_arm(empty)
    assert {"GET", "PUT", "POST"} <= {a.request.method for a in exchanged}
    assert [c for a in exchanged for c in complaints(definitions, a)] == []


NETWORK = """
apiVersion: cspctl/v1
kind: VirtualNetwork
metadata: {name: full, customer: CUSTOMER}
spec:
  resourceGroup: GROUP
  location: westus
  addressPrefixes: [10.7.0.0/16, 10.8.0.0/16]
  dnsServers: [10.7.0.4, 192.168.0.4]
  tags: {environment: production}
  flowTimeoutInMinutes: 20
  subnets:
    - name: app
      addressPrefix: 10.7.1.0/24
      networkSecurityGroup: GROUP/providers/Microsoft.Network/networkSecurityGroups/app
      routeTable: GROUP/providers/Microsoft.Network/routeTables/app
      serviceEndpoints: [{service: Microsoft.Storage}, {service: Microsoft.Sql, locations: [westus]}]
      privateEndpointNetworkPolicies: Enabled
      defaultOutboundAccess: false
    - name: web
      addressPrefix: 10.8.1.0/24
      delegations: [{name: web, serviceName: Microsoft.Web/serverFarms}]
"""


def test_every_field_of_a_virtual_network(fourth_coffee: World, definitions: Definitions) -> None:
    world = fourth_coffee
    states = world.look(scenario())[0].states
    group = next(s.id for k, s in states.items() if k.kind == "ResourceGroup" and k.name == "network")
    customer = next(s.id for k, s in states.items() if k.kind == "Customer")
    cloud = world.cloud
    for kind in ("networkSecurityGroups", "routeTables"):
        path = f"{group}/providers/Microsoft.Network/{kind}/app"
        operation = cloud.arm.begun(
            cloud.arm.send("PUT", path, "2024-01-01", customer, {"location": "westus"}), customer
        )
        while operation:
            cloud.clock.sleep(operation.after)
            operation = cloud.arm.poll(operation)
    text = NETWORK.replace("GROUP", group).replace("CUSTOMER", customer)
    world.answers.clear()
    world.done(resources(text))
    changed = (
        text.replace("10.7.1.0/24", "10.7.2.0/24")
        .replace("false", "true")
        .replace("routeTable: ", "routeTable: null #")
    )
    world.done(resources(changed))
    world.done(resources(changed.replace("name: full,", "name: full, absent: true,")))
    exchanged = to_arm(world)
    assert {"PUT", "DELETE"} <= {a.request.method for a in exchanged}
    assert [c for a in exchanged for c in complaints(definitions, a)] == []
    bodies = [body_of(a.request.content) for a in exchanged if a.request.method == "PUT"]
    assert "provisioningState" not in json.dumps(bodies), "read-only fields are not sent"
    assert '"etag"' not in json.dumps(bodies)


def test_a_wrong_request_would_be_noticed(definitions: Definitions) -> None:
    path = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v"
    body = {"location": "westus", "properties": {"addressSpace": {"addressPrefixes": "10.0.0.0/16"}}}
    assert definitions.request_errors("PUT", path, "2024-01-01", body)


def test_the_definitions_are_those_beside_the_checkout() -> None:
    assert Path(arm_definitions.SPECS).name == "specification"

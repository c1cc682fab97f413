"""The reader of Microsoft's definitions notices what it is there to notice."""

from __future__ import annotations

from typing import Any

import pytest
from arm_definitions import Definitions
from azure_client import NETWORK, RESOURCES, needs_specs, vnet

GROUP = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/g"
PATH = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/v"

pytestmark = needs_specs


@pytest.fixture
def known(definitions: Definitions | None) -> Definitions:
    assert definitions is not None
    return definitions


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (vnet(("a", "10.1.0.0/24")), None),
        (vnet(colour="red"), "'colour' was unexpected"),
        (vnet(resourceGuid="x"), "'resourceGuid' was unexpected"),
        (vnet(enableDdosProtection="no"), "properties.enableDdosProtection: 'no' is not of type 'boolean'"),
        (vnet(encryption={}), "'enabled' is a required property"),
        (None, "needs a body"),
    ],
)
def test_requests(known: Definitions, body: Any, part: str | None) -> None:
    errors = known.request_errors("PUT", PATH, NETWORK, body)
    assert errors == [] if part is None else any(part in error for error in errors)


def test_answers(known: Definitions) -> None:
    body = {
        "id": GROUP,
        "name": "g",
        "type": "x",
        "location": "westus",
        "properties": {"provisioningState": "Succeeded"},
    }
    assert known.response_errors("PUT", GROUP, RESOURCES, 201, body, {}) == []
    assert known.response_errors("PUT", GROUP, RESOURCES, 202, body, {}) == [
        "ResourceGroups_CreateOrUpdate does not answer 202"
    ]
    assert (
        "'colour' was unexpected" in known.response_errors("GET", GROUP, RESOURCES, 200, {**body, "colour": 1}, {})[0]
    )
    assert "'location' is a required property" in str(
        known.response_errors("GET", GROUP, RESOURCES, 200, {"name": "g"}, {})
    )
    assert len(known.response_errors("DELETE", GROUP, RESOURCES, 202, None, {})) == 2
    watched = {"Location": "https://x", "Retry-After": "15"}
    assert known.response_errors("DELETE", GROUP, RESOURCES, 202, None, watched) == []
    error = {"error": {"code": "ResourceGroupNotFound", "message": "m"}}
    assert known.response_errors("GET", GROUP, RESOURCES, 404, error, {}) == []
    assert known.response_errors("GET", GROUP, RESOURCES, 404, {"code": "x"}, {}) != []
    assert known.response_errors("GET", "/nowhere", "1999-01-01", 200, {}, {}) == [
        "GET /nowhere 1999-01-01: no such operation"
    ]

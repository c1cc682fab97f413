"""Microsoft's own Python packages against the simulator over TLS: msal's ordinary HTTP, default pollers, defaults all
the way. What they need to be told is what docs/simulator.md says: the address, and whom to trust."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msal
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.network import NetworkManagementClient
from served import Served, served

SEED = {
    "customers": [
        {
            "domain": "sdkcsp.onmicrosoft.com",
            "subscriptions": [
                {
                    "name": "production",
                    "providers": ["Microsoft.Network", "Microsoft.Compute"],
                    "resourceGroups": [{"name": "network", "location": "westus"}],
                }
            ],
            "applications": [{"name": "automation", "role": "Contributor"}],
        }
    ]
}


class Credential:
    """What azure-identity's ClientSecretCredential does, by msal alone."""

    def __init__(self, one: Served, application: dict[str, Any]) -> None:
        self._application = msal.ConfidentialClientApplication(
            application["clientId"],
            client_credential=application["clientSecret"],
            authority=f"{one.url}/{application['tenantId']}",
            instance_discovery=False,
        )

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        answer = self._application.acquire_token_for_client(list(scopes))
        assert "access_token" in answer, answer
        return AccessToken(answer["access_token"], int(time.time()) + answer["expires_in"])

    def close(self) -> None:
        self._application.http_client.close()


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("sdk")
    with served(folder, speed=1000) as running, pytest.MonkeyPatch.context() as patched:
        patched.setenv("REQUESTS_CA_BUNDLE", str(running.authority))
        running.simulator.seed(SEED)
        yield running


@pytest.fixture(scope="module")
def settings(one: Served) -> Iterator[dict[str, Any]]:
    """The arguments of a management client."""
    application = one.simulator.credentials()["applications"][0]
    credential = Credential(one, application)
    yield {
        "credential": credential,
        "subscription_id": application["subscriptionId"],
        "base_url": one.url,
        "credential_scopes": ["https://management.azure.com/.default"],
    }
    credential.close()


def test_a_token_for_the_address_that_is_called(one: Served, settings: dict[str, Any]) -> None:
    """Clients that know one address of a cloud ask for tokens for that."""
    with NetworkManagementClient(**{**settings, "credential_scopes": [f"{one.url}/.default"]}) as network:
        assert list(network.virtual_networks.list_all()) == []


def test_a_network_from_nothing_and_back(settings: dict[str, Any]) -> None:
    space = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
    web = {"name": "web", "properties": {"addressPrefix": "10.0.1.0/24"}}
    with NetworkManagementClient(**settings) as network:
        body: Any = {"location": "westus", "properties": {**space, "subnets": [web]}}
        made = network.virtual_networks.begin_create_or_update("network", "hub", body).result()
        assert made.provisioning_state == "Succeeded"
        subnet: Any = {"properties": {"addressPrefix": "10.0.2.0/24"}}
        network.subnets.begin_create_or_update("network", "hub", "app", subnet).result()
        assert [each.name for each in network.subnets.list("network", "hub")] == ["web", "app"]
        tags: Any = {"tags": {"stage": "test"}}
        assert network.virtual_networks.update_tags("network", "hub", tags).tags == {"stage": "test"}
        network.virtual_networks.begin_delete("network", "hub").result()
        with pytest.raises(HttpResponseError) as refused:
            network.virtual_networks.get("network", "hub")
        assert refused.value.error is not None
        assert refused.value.error.code == "ResourceNotFound"


def test_another_provider(settings: dict[str, Any]) -> None:
    with ComputeManagementClient(**settings) as compute:
        body: Any = {"location": "westus", "sku": {"name": "Aligned"}, "properties": {"platformFaultDomainCount": 2}}
        made = compute.availability_sets.create_or_update("network", "web", body)
        assert made.name == "web"
        assert [each.name for each in compute.availability_sets.list("network")] == ["web"]
        compute.availability_sets.delete("network", "web")


def test_a_long_operation_that_is_throttled_on_the_way(one: Served, settings: dict[str, Any]) -> None:
    one.simulator.arm_fault("GET operations status=429 times=1 code=TooManyRequests headers.Retry-After=1")
    with NetworkManagementClient(**settings) as network:
        body: Any = {"location": "westus"}
        made = network.network_security_groups.begin_create_or_update("network", "rules", body).result()
        assert made.provisioning_state == "Succeeded"
        network.network_security_groups.begin_delete("network", "rules").result()
    one.simulator.clear_faults()


def test_a_retried_write_that_took_effect(one: Served, settings: dict[str, Any]) -> None:
    one.simulator.arm_fault("PUT routeTables/once status=503 times=1 when=after headers.Retry-After=1")
    with NetworkManagementClient(**settings) as network:
        body: Any = {"location": "westus"}
        assert network.route_tables.begin_create_or_update("network", "once", body).result().name == "once"
        network.route_tables.begin_delete("network", "once").result()
    assert one.simulator.faults()[0]["seen"] >= 1
    one.simulator.clear_faults()

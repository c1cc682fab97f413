"""Estates of any size: manifests as a partner would write them, and what the services answer once they are in place."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PER_GROUP = 25
"""Networks in a resource group, about."""

CUSTOMER = """\
apiVersion: cspctl/v1
kind: Customer
metadata: {{name: {customer}}}
spec:
  companyProfile: {{domain: {customer}.onmicrosoft.com}}
  billingProfile:
    companyName: Fourth Coffee
    email: marshall@fourthcoffee.com
    culture: en-US
    language: en
    defaultAddress:
      firstName: Marshall
      lastName: Levi
      phoneNumber: 1234567890
      addressLine1: One Microsoft Way
      city: Redmond
      state: WA
      postalCode: 98052
      country: US
  agreement: {{firstName: Marshall, lastName: Levi, email: marshall@fourthcoffee.com, dateAgreed: 2026-11-01}}
  accessAssignments: [{{group: AdminAgents}}]
  consent: true
---
apiVersion: cspctl/v1
kind: AzurePlan
metadata: {{name: azure, customer: {customer}}}
---
apiVersion: cspctl/v1
kind: AzureSubscription
metadata: {{name: production, customer: {customer}}}
spec:
  adopt: default
  displayName: Production environment
  resourceProviders: [Microsoft.Network]
"""
GROUP = """\
apiVersion: cspctl/v1
kind: ResourceGroup
metadata: {{name: {group}, customer: {customer}}}
spec: {{subscription: production, location: westus}}
"""
NETWORK = """\
---
apiVersion: cspctl/v1
kind: VirtualNetwork
metadata: {{name: {name}, customer: {customer}, labels: {{environment: production}}}}
spec:
  resourceGroup: {group}
  location: westus
  addressPrefixes: [{range}.0/24]
  subnets:
    - {{name: GatewaySubnet, addressPrefix: {range}.224/27}}
    - {{name: app, addressPrefix: {range}.0/25}}
  tags: {{site: Seattle}}
"""


@dataclass(frozen=True)
class Network:
    """A network: its handle, its resource group's, and the first three bytes of its range, which no other has."""

    name: str
    group: str
    range: str


@dataclass(frozen=True)
class Share:
    """One customer of an estate: itself, its plan, one subscription, resource groups, and networks in them."""

    customer: str
    groups: tuple[str, ...]
    networks: tuple[Network, ...]

    @property
    def size(self) -> int:
        """How many resources that are."""
        return 3 + len(self.groups) + len(self.networks)


def shares(resources: int, customers: int) -> Iterator[Share]:
    """The customers of an estate of so many resources, each with an equal part of them."""
    number = 0
    for index in range(customers):
        rest = resources // customers + (index < resources % customers) - 3
        count = max(1, min(rest - 1, round(rest / (PER_GROUP + 1))))
        groups = tuple(f"group-{n}" for n in range(count))
        networks = []
        for n in range(rest - count):
            networks.append(Network(f"network-{n:03}", groups[n % count], f"10.{number // 256 % 256}.{number % 256}"))
            number += 1
        yield Share(f"customer-{index:04}", groups, tuple(networks))


def write(folder: Path, share: Share) -> None:
    """Write a customer's manifests: a folder with a file for the customer and one for each resource group."""
    folder.mkdir(parents=True)
    (folder / "customer.yaml").write_text(CUSTOMER.format(customer=share.customer), encoding="utf-8")
    for group in share.groups:
        text = [GROUP.format(group=group, customer=share.customer)]
        for network in share.networks:
            if network.group == group:
                text.append(NETWORK.format(customer=share.customer, **vars(network)))
        (folder / f"{group}.yaml").write_text("".join(text), encoding="utf-8")


def id_of(*parts: str) -> str:
    """A GUID that is always the same for the same parts."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(parts)))


def answers(estate: list[Share]) -> dict[str, Any]:
    """What each read of a service answers when all of that is in place, by the path that is asked."""
    customers = [_customer(share.customer) for share in estate]
    found: dict[str, Any] = {"/v1/customers?size=500": customers, "/providers/Microsoft.Subscription/aliases": []}
    for share in estate:
        found |= _partner_center(share.customer) | _azure(share)
    return found | _delegations([share.customer for share in estate])


def _delegations(customers: list[str]) -> dict[str, Any]:
    root, group = "/tenantRelationships/delegatedAdminRelationships", id_of("AdminAgents")
    roles = {"unifiedRoles": [{"roleDefinitionId": "fe930be7-5e62-47db-91af-98c3a49a38b1"}]}
    granted = [
        {
            "id": id_of(customer, "delegation"),
            "displayName": "Default_1",
            "status": "active",
            "customer": {"tenantId": id_of(customer)},
            "accessDetails": roles,
        }
        for customer in customers
    ]
    assigned = {"status": "active", "accessContainer": {"accessContainerId": group}, "accessDetails": roles}
    return {
        root: granted,
        "/groups?$top=999": [{"id": group, "displayName": "AdminAgents", "securityEnabled": True}],
        **{f"{root}/{one['id']}/accessAssignments": [assigned] for one in granted},
    }


def _customer(name: str) -> dict[str, Any]:
    tenant = id_of(name)
    return {"id": tenant, "companyProfile": {"domain": f"{name}.onmicrosoft.com", "tenantId": tenant}}


def _partner_center(customer: str) -> dict[str, Any]:
    plan, path = id_of(customer, "plan"), f"/v1/customers/{id_of(customer)}"
    contact = {"firstName": "Marshall", "lastName": "Levi", "email": "marshall@fourthcoffee.com"}
    street = {"addressLine1": "One Microsoft Way", "city": "Redmond", "state": "WA", "postalCode": "98052"}
    address = {"firstName": "Marshall", "lastName": "Levi", "phoneNumber": "1234567890", **street, "country": "US"}
    profile: dict[str, Any] = {"companyName": "Fourth Coffee", "email": "marshall@fourthcoffee.com", "culture": "en-US"}
    profile |= {"language": "en", "defaultAddress": address}
    agreement = {"type": "MicrosoftCustomerAgreement", "primaryContact": contact, "dateAgreed": "2026-11-01T00:00:00Z"}
    offer = {"offerId": "DZH318Z0BPS6:0001:DZH318Z0BPW6", "friendlyName": "Azure plan", "status": "active"}
    entitlement = {"id": id_of(customer, "subscription"), "status": "active"}
    return {
        path: {**_customer(customer), "billingProfile": profile, "allowDelegatedAccess": True},
        f"{path}/agreements?agreementType=MicrosoftCustomerAgreement": [agreement],
        f"{path}/subscriptions": [{"id": plan, **offer}],
        f"{path}/subscriptions/{plan}/azureEntitlements": [entitlement],
    }


def _azure(share: Share) -> dict[str, Any]:
    id = id_of(share.customer, "subscription")
    path = f"/subscriptions/{id}"
    shown = {"id": path, "subscriptionId": id, "displayName": "Production environment", "state": "Enabled"}
    networks = [_network(f"{path}/resourceGroups/{network.group}", network) for network in share.networks]
    return {
        f"{id_of(share.customer)}/subscriptions": [shown],
        path: shown,
        f"{path}/providers": [{"namespace": "Microsoft.Network", "registrationState": "Registered"}],
        f"{path}/resourcegroups": [_group(path, name) for name in share.groups],
        f"{path}/providers/Microsoft.Network/virtualNetworks": networks,
    }


def _group(subscription: str, name: str) -> dict[str, Any]:
    id, type = f"{subscription}/resourceGroups/{name}", "Microsoft.Resources/resourceGroups"
    return {
        "id": id,
        "name": name,
        "type": type,
        "location": "westus",
        "properties": {"provisioningState": "Succeeded"},
    }


def _network(group: str, network: Network) -> dict[str, Any]:
    type = "Microsoft.Network/virtualNetworks"
    id = f"{group}/providers/{type}/{network.name}"
    etag = f'W/"{id_of(id)}"'
    ranges = {"GatewaySubnet": f"{network.range}.224/27", "app": f"{network.range}.0/25"}
    usual = {"privateEndpointNetworkPolicies": "Disabled", "privateLinkServiceNetworkPolicies": "Enabled"}
    usual |= {"provisioningState": "Succeeded"}
    subnets = [
        {
            "name": name,
            "id": f"{id}/subnets/{name}",
            "etag": etag,
            "type": f"{type}/subnets",
            "properties": {"addressPrefix": prefix, "delegations": [], **usual},
        }
        for name, prefix in ranges.items()
    ]
    properties = {
        "provisioningState": "Succeeded",
        "resourceGuid": id_of(id, "guid"),
        "addressSpace": {"addressPrefixes": [f"{network.range}.0/24"]},
        "subnets": subnets,
        "virtualNetworkPeerings": [],
        "enableDdosProtection": False,
    }
    own = {
        "name": network.name,
        "id": id,
        "etag": etag,
        "type": type,
        "location": "westus",
        "tags": {"site": "Seattle"},
    }
    return {**own, "properties": properties}

"""A simulator in which there is something of everything, that forgets what is done to it."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from simulator_client import ARM, PARTNER_CENTER, Client

from cspctl.simulator import Simulator
from cspctl.simulator.app import Application
from cspctl.simulator.clock import Clock
from cspctl.simulator.store import Store, Transaction

GRAPH = "https://graph.microsoft.com"
DOMAIN = "hostile.onmicrosoft.com"
PERMISSIONS = "Directory.ReadWrite.All,User.ReadWrite.All,Group.ReadWrite.All,RoleManagement.ReadWrite.Directory"
PERMISSIONS += ",Application.ReadWrite.All,LicenseAssignment.ReadWrite.All,DelegatedAdminRelationship.ReadWrite.All"
PERMISSIONS += ",AppRoleAssignment.ReadWrite.All,DelegatedPermissionGrant.ReadWrite.All,Organization.ReadWrite.All"
COLLECTIONS = {
    "users": "user",
    "groups": "group",
    "applications": "application",
    "servicePrincipals": "principal",
    "directoryRoles": "role",
    "subscribedSkus": "sku",
    "domains": "name",
    "organization": "organization",
    "oauth2PermissionGrants": "grant",
    "roleManagement/directory/roleAssignments": "roleAssignment",
}
GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SEED: dict[str, Any] = {
    "tenants": [{"domain": "elsewhere.onmicrosoft.com"}],
    "customers": [
        {
            "domain": DOMAIN,
            "users": [{"userPrincipalName": f"ann@{DOMAIN}", "directoryRoles": ["Helpdesk Administrator"]}],
            "groups": [{"displayName": "Team", "members": [f"ann@{DOMAIN}"]}],
            "subscriptions": [
                {
                    "name": "production",
                    "tags": {"stage": "production"},
                    "providers": ["Microsoft.Compute", "Microsoft.Storage"],
                    "resourceGroups": [
                        {
                            "name": "network",
                            "location": "westus",
                            "resources": [
                                {
                                    "type": "Microsoft.Network/virtualNetworks",
                                    "name": "hub",
                                    "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}},
                                },
                                {
                                    "type": "Microsoft.Network/virtualNetworks/subnets",
                                    "name": "hub/web",
                                    "properties": {"addressPrefix": "10.0.2.0/24"},
                                },
                                {"type": "Microsoft.Network/networkSecurityGroups", "name": "nsg", "properties": {}},
                            ],
                        }
                    ],
                    "roleAssignments": [{"role": "Reader", "principal": f"ann@{DOMAIN}"}],
                },
            ],
            "applications": [{"name": "automation", "role": "Owner", "permissions": PERMISSIONS.split(",")}],
        }
    ],
    "people": [{"act": "buy-licences", "tenant": DOMAIN, "sku": "EMS", "seats": 9}],
}


class Forgetful(Store):
    """A store on the file of another one that takes back, at the end of each `visit`, what happened in it."""

    @contextmanager
    def visit(self) -> Iterator[None]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                self._connection.execute("ROLLBACK")

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        tx = Transaction(self._connection)
        with tx.undone_on_error():
            yield tx


class World:
    """What a hostile client knows: addresses, tokens, and the ids of everything."""

    def __init__(self, folder: Path) -> None:
        simulator = Simulator(folder / "state.sqlite")
        self.made = simulator.seed(SEED) or {}
        simulator.account(defaultAccessAssignments=True)
        client = Client(simulator)
        customer = self.made["customers"][0]
        self.tenant, application = str(customer["tenantId"]), customer["applications"][0]
        self.profile = simulator.profile
        self.ids: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.fields: dict[str, list[str]] = {"client_id": [self.profile["clientId"], str(application["clientId"])]}
        self.versions: dict[str, str] = {}  # the api-version that an ARM route takes, once it has said so
        self.secrets = [self.profile["clientSecret"], self.profile["refreshToken"], application["clientSecret"]]
        self._learn(client, str(customer["subscriptions"][0]["id"]))
        mine = {"client_id": application["clientId"], "client_secret": application["clientSecret"]}
        own = client.token_answer(GRAPH, self.tenant, grant_type="client_credentials", **mine).json()["access_token"]
        self.tokens = {
            "partner-center": [client.token(PARTNER_CENTER), client.token(PARTNER_CENTER, app=True)],
            "arm": [client.token(ARM, self.tenant), client.token(ARM)],
            "graph": [own, client.token(GRAPH, self.tenant), client.token(GRAPH)],
            "sign-in": [""],
            "simulator": [""],
        }
        client.http.close()
        simulator.close()
        self.store = Forgetful(folder / "state.sqlite")
        self.application = Application(self.store, Clock(self.store))

    def _learn(self, client: Client, subscription: str) -> None:
        """Find out the ids of what there is, by the name of the segment in which routes have them."""
        ids, path = self.ids, f"/v1/customers/{self.tenant}"
        ids["", "customer"] = ids["", "tenant"] = [self.tenant]
        ids["sign-in", "tenant"] = [self.tenant, self.profile["partnerTenantId"], "common", "organizations", DOMAIN]
        ids["arm", "subscription"] = [subscription]
        for name, collection in {"subscription": "subscriptions", "user": "users", "order": "orders"}.items():
            items = client.pc("GET", f"{path}/{collection}").json()["items"]
            ids["partner-center", name] = [str(each["id"]) for each in items]
        ids["partner-center", "cart"] = [client.cart(self.tenant)]
        roles = client.pc("GET", f"{path}/directoryroles").json()["items"]
        ids["partner-center", "role"] = [str(each["id"]) for each in roles][:8]
        token = {"Authorization": f"Bearer {client.token(GRAPH, self.tenant)}"}
        for collection, name in COLLECTIONS.items():
            answer = client.http.get(f"{GRAPH}/v1.0/{collection}", headers=token).json()
            ids["graph", name] = [str(each["id"]) for each in answer.get("value", [])][:4]
            ids["graph", "id"] += ids["graph", name]
            ids["graph", "app"] += [str(each["appId"]) for each in answer.get("value", []) if "appId" in each]
            templates = [str(each["roleTemplateId"]) for each in answer.get("value", []) if "roleTemplateId" in each]
            ids["graph", "template"] += templates
        ids["graph", "owner"] = ids["graph", "member"] = ids["graph", "user"]
        token = {"Authorization": f"Bearer {client.token(GRAPH)}"}
        for collection in ("delegatedAdminRelationships", "delegatedAdminCustomers"):
            answer = client.http.get(f"{GRAPH}/v1.0/tenantRelationships/{collection}", headers=token).json()
            ids["graph", "relationship"] = [str(each["id"]) for each in answer.get("value", [])]
            ids["graph", "id"] += ids["graph", "relationship"]
        assignments = f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleAssignments"
        answer = client.arm("GET", f"{assignments}?api-version=2022-04-01", tenant=self.tenant).json()
        ids["arm", "name"] = [str(each["name"]) for each in answer["value"]] + ["production"]
        ids["arm", "definition"] = [str(each["properties"]["roleDefinitionId"]) for each in answer["value"]]
        plan = ids["partner-center", "subscription"][0]
        answer = client.pc("GET", f"{path}/subscriptions/{plan}/azureEntitlements").json()["items"]
        ids["partner-center", "entitlement"] = [str(each["id"]) for each in answer]
        availability = client.pc("GET", f"{path}/products/DZH318Z0BPS6/skus/0001/availabilities").json()["items"][0]
        account = client.arm("GET", "/providers/Microsoft.Billing/billingAccounts?api-version=2024-04-01").json()
        billing = str((account.get("value") or [{"name": "none"}])[0]["name"])
        ids["arm", "account"] = [billing]
        subscription_id = f"/subscriptions/{subscription}"
        network = f"{subscription_id}/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub"
        objects = ids["graph", "user"] + ids["graph", "group"]
        self.fields |= {
            "@odata.id": [f"{GRAPH}/v1.0/directoryObjects/{each}" for each in objects],
            "subnet": [f"{network}/subnets/web"],
            "remoteVirtualNetwork": [network],
            "client_secret": self.secrets[:1],
            "refresh_token": [self.profile["refreshToken"]],
            "catalogItemId": [str(availability["catalogItemId"])],
            "billingScope": [f"/providers/Microsoft.Billing/billingAccounts/{billing}/customers/{self.tenant}"],
            "principalId": objects,
            "appId": ids["graph", "app"],
            "skuId": [each.rpartition("_")[2] for each in ids["graph", "sku"]],
            "roleDefinitionId": ids["arm", "definition"] + ids["graph", "template"],
            "roleTemplateId": ids["graph", "template"],
            "groupIds": ids["graph", "group"],
            "applicationId": [self.profile["clientId"]],
            "templateId": ["117a77b0-9360-443b-8795-c6dedc750cf9"],
            "assignableScopes": [subscription_id],
            "tenant": [self.tenant, DOMAIN, "elsewhere.onmicrosoft.com"],
            "user": [f"ann@{DOMAIN}", *ids["graph", "user"]],
            "scope": [
                f"/subscriptions/{subscription}",
                "resourceGroups/network",
                "https://graph.microsoft.com/.default",
            ],
            "principal": ["Team", f"ann@{DOMAIN}"],
            "subscription": [subscription],
            "clientId": [self.profile["clientId"]],
            "domain": ["new.onmicrosoft.com", "corp.example.com"],
            "role": ["Reader", "Owner"],
            "to": [f"anna@{DOMAIN}"],
            "sku": ["EMS"],
            "relationship": ids["graph", "relationship"],
        }
        known = (each for values in ids.values() for each in values)
        ids["", ""] = sorted({each for each in known if GUID.fullmatch(each)})

    def close(self) -> None:
        self.store.close()


def routes_of(service: str) -> list[tuple[str, str]]:
    """Return methods and templates of all routes of a service, Microsoft Graph's in its first version only."""
    from cspctl.simulator.app import HOSTS, admin_routes

    every = {each.service: each for each in (*HOSTS.values(), admin_routes)}[service]
    return sorted((method, template) for method, template in every.declared() if not template.startswith("/beta/"))


VALID: dict[str, list[Any]] = json.loads((Path(__file__).parent / "valid_bodies.json").read_text(encoding="utf-8"))

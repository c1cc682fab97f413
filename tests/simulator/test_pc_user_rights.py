"""What an agent may do to a customer's users with the roles that the customer has delegated, and with no others."""

from __future__ import annotations

from typing import Any

import pytest
from simulator_client import Client
from test_pc_directory_roles import COMPANY_ADMINISTRATOR, HELPDESK
from test_pc_licenses import EMS
from test_pc_users import DOMAIN, created, new_user, refusal

from cspctl.simulator import delegations, entra_roles


class Delegated:
    """A customer with one user, who delegates other roles than Microsoft's default."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.customer = client.customer(DOMAIN)
        self.path = f"/v1/customers/{self.customer}"
        self.user = created(client, f"{self.path}/users")["id"]
        (admin, _) = sorted(
            client.pc("GET", f"{self.path}/users").json()["items"], key=lambda each: each["displayName"]
        )
        self.admin = admin["id"]
        client.people("buy-licences", tenant=DOMAIN, sku="EMS", seats=2)

    def only(self, *names: str) -> None:
        """Let AdminAgents have these roles and no others."""
        now, roles = self.client.simulator.clock.now(), [entra_roles.template_id(each) for each in names]
        with self.client.simulator.store.transaction() as tx:
            delegations.end_all(tx, now, self.customer)
            tenant = tx.get("tenants", self.customer)
            assert tenant is not None
            relationship = delegations.create(tx, now, "Limited", "P30D", roles)
            relationship = delegations.approve(tx, now, relationship, tenant)
            delegations.assign(tx, now, relationship, delegations.agents_group(tx)["id"], roles, status="active")
        self.client.simulator.clock.sleep(60)

    def status(self, method: str, path: str, body: Any = None) -> int:
        return self.client.pc(method, f"{self.path}{path}", body).status_code


@pytest.fixture
def delegated(client: Client) -> Delegated:
    return Delegated(client)


def statuses(delegated: Delegated) -> dict[str, int]:
    """Try everything and return the statuses by operation."""
    user = f"/users/{delegated.user}"
    license_update = {"licensesToAssign": [{"skuId": EMS}]}
    profile = {"passwordProfile": {"password": "Renew456*"}}
    members = f"/directoryroles/{HELPDESK}/usermembers"
    return {
        "list": delegated.status("GET", "/users"),
        "get": delegated.status("GET", user),
        "create": delegated.status("POST", "/users", new_user(f"new{delegated.client.simulator.clock.now():%f}")),
        "update": delegated.status("PATCH", user, {"displayName": "H. Holt"}),
        "reset": delegated.status("PATCH", f"{user}/resetpassword", profile),
        "roles": delegated.status("GET", "/directoryroles"),
        "members": delegated.status("GET", members),
        "grant": delegated.status("POST", members, {"id": delegated.user}),
        "skus": delegated.status("GET", "/subscribedskus"),
        "licenses": delegated.status("GET", f"{user}/licenses"),
        "assign": delegated.status("POST", f"{user}/licenseupdates", license_update),
        "delete": delegated.status("DELETE", user),
    }


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("Directory Readers", {"list", "get", "roles", "members", "skus", "licenses"}),
        ("Global Reader", {"list", "get", "roles", "members", "skus"}),
        ("Directory Writers", {"create", "update", "roles", "members", "licenses", "assign"}),
        ("License Administrator", {"skus", "licenses", "assign"}),
        ("Privileged Role Administrator", {"roles", "members", "grant"}),
        ("Privileged Authentication Administrator", {"reset"}),
        (
            "User Administrator",
            {"list", "get", "create", "update", "reset", "roles", "skus", "licenses", "assign", "delete"},
        ),
        ("Reports Reader", set()),
    ],
)
def test_each_role_allows_what_is_documented(delegated: Delegated, role: str, allowed: set[str]) -> None:
    delegated.only(role)
    found = statuses(delegated)
    assert {each for each, status in found.items() if status < 300} == allowed
    assert {status for each, status in found.items() if each not in allowed} <= {403}


def test_the_global_administrator_may_everything(delegated: Delegated) -> None:
    delegated.only("Global Administrator")
    assert all(status < 300 for status in statuses(delegated).values())


def test_an_expired_delegation_allows_nothing(delegated: Delegated) -> None:
    delegated.only("User Administrator")
    assert delegated.status("GET", "/users") == 200
    delegated.client.simulator.clock.sleep(31 * 24 * 3600)
    assert refusal(delegated.client.pc("GET", f"{delegated.path}/users"))[0] == 403


def test_a_user_administrator_cannot_touch_administrators(delegated: Delegated) -> None:
    delegated.only("User Administrator")
    admin = f"/users/{delegated.admin}"
    assert delegated.status("PATCH", admin, {"usageLocation": "US"}) == 200
    assert delegated.status("PATCH", admin, {"userPrincipalName": f"root@{DOMAIN}"}) == 403
    assert delegated.status("PATCH", admin, {"userPrincipalName": f"admin@{DOMAIN}", "displayName": "A"}) == 200
    assert delegated.status("PATCH", f"{admin}/resetpassword", {"passwordProfile": {"password": "Renew456*"}}) == 403
    assert delegated.status("DELETE", admin) == 403
    delegated.only("User Administrator", "Privileged Authentication Administrator")
    assert delegated.status("PATCH", admin, {"userPrincipalName": f"root@{DOMAIN}"}) == 200
    assert delegated.status("DELETE", admin) == 204


def test_a_helpdesk_administrator_is_no_administrator_to_a_user_administrator(delegated: Delegated) -> None:
    user = f"/users/{delegated.user}"
    for role, expected in ((HELPDESK, 200), (COMPANY_ADMINISTRATOR, 403)):
        delegated.only("User Administrator", "Privileged Role Administrator")
        assert delegated.status("POST", f"/directoryroles/{role}/usermembers", {"id": delegated.user}) == 201
        delegated.only("User Administrator")
        assert delegated.status("PATCH", user, {"phoneNumber": f"+1 {role[:4]}"}) == expected

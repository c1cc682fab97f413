"""Directory roles in Partner Center: which there are, who has them, granting and withdrawing them."""

from __future__ import annotations

import pytest
from simulator_client import Client
from test_pc_users import DOMAIN, created, refusal

COMPANY_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
HELPDESK = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
SERVICE_SUPPORT = "f023fd81-a637-4b56-95fd-791ac0226033"


@pytest.fixture
def customer(client: Client) -> str:
    """Give the path of a new customer."""
    return f"/v1/customers/{client.customer(DOMAIN)}"


def members(client: Client, customer: str, role: str) -> list[str]:
    """Return the user principal names of a role's members."""
    answer = client.pc("GET", f"{customer}/directoryroles/{role}/usermembers")
    assert answer.status_code == 200, answer.text
    return [each["userPrincipalName"] for each in answer.json()["items"]]


def test_roles_have_the_older_names_and_the_template_ids(client: Client, customer: str) -> None:
    roles = {each["id"]: each["name"] for each in client.pc("GET", f"{customer}/directoryroles").json()["items"]}
    assert roles[COMPANY_ADMINISTRATOR] == "Company Administrator"
    assert roles[HELPDESK] == "Helpdesk Administrator"
    assert roles["fe930be7-5e62-47db-91af-98c3a49a38b1"] == "User Account Administrator"
    assert roles[SERVICE_SUPPORT] == "Service Support Administrator"


def test_a_role_is_granted_and_withdrawn(client: Client, customer: str) -> None:
    user = created(client, f"{customer}/users")
    member = {"Id": user["id"], "DisplayName": "Holly Holt", "UserPrincipalName": user["userPrincipalName"]}
    path = f"{customer}/directoryroles/{HELPDESK}/usermembers"
    for _ in range(2):
        answer = client.pc("POST", path, member)
        assert answer.status_code == 201
        assert answer.json()["roleId"] == HELPDESK
    assert members(client, customer, HELPDESK) == [user["userPrincipalName"]]
    held = client.pc("GET", f"{customer}/users/{user['id']}/directoryroles").json()["items"]
    assert [each["id"] for each in held] == [HELPDESK]
    assert client.pc("DELETE", f"{path}/{user['id']}").status_code == 204
    assert members(client, customer, HELPDESK) == []
    assert refusal(client.pc("DELETE", f"{path}/{user['id']}"))[:2] == (404, 60002)


def test_a_deleted_user_has_no_roles_until_it_is_restored(client: Client, customer: str) -> None:
    user = created(client, f"{customer}/users")
    client.pc("POST", f"{customer}/directoryroles/{HELPDESK}/usermembers", {"id": user["id"]})
    client.pc("DELETE", f"{customer}/users/{user['id']}")
    assert members(client, customer, HELPDESK) == []
    client.pc("PATCH", f"{customer}/users/{user['id']}", {"state": "active"})
    assert members(client, customer, HELPDESK) == [user["userPrincipalName"]]
    client.pc("DELETE", f"{customer}/users/{user['id']}")
    client.simulator.clock.sleep(31 * 24 * 3600)
    assert members(client, customer, HELPDESK) == []
    with client.simulator.store.transaction() as tx:
        assert user["id"] not in str(tx.all("directoryRoles"))


def test_the_last_global_administrator_stays(client: Client, customer: str) -> None:
    (admin,) = client.pc("GET", f"{customer}/users").json()["items"]
    path = f"{customer}/directoryroles/{COMPANY_ADMINISTRATOR}/usermembers"
    assert refusal(client.pc("DELETE", f"{path}/{admin['id']}"))[0] == 400
    user = created(client, f"{customer}/users")
    client.pc("POST", path, {"id": user["id"]})
    assert client.pc("DELETE", f"{path}/{admin['id']}").status_code == 204
    assert members(client, customer, COMPANY_ADMINISTRATOR) == [user["userPrincipalName"]]


@pytest.mark.parametrize(
    ("role", "expected"), [("00000000-0000-0000-0000-000000000000", (404, 1000)), ("Helpdesk", (400, 2000))]
)
def test_unknown_roles_are_refused(client: Client, customer: str, role: str, expected: tuple[int, int]) -> None:
    path = f"{customer}/directoryroles/{role}/usermembers"
    assert refusal(client.pc("GET", path))[:2] == expected
    assert refusal(client.pc("POST", path, {"id": client.tenant}))[:2] == expected


def test_unknown_users_get_no_role(client: Client, customer: str) -> None:
    path = f"{customer}/directoryroles/{HELPDESK}/usermembers"
    assert refusal(client.pc("POST", path, {"id": client.tenant}))[:2] == (404, 60002)
    assert refusal(client.pc("POST", path, {}))[:2] == (400, 2000)


def test_neither_the_application_alone_nor_a_partner_without_delegation_may(client: Client, customer: str) -> None:
    path = f"{customer}/directoryroles/{HELPDESK}/usermembers"
    assert refusal(client.pc("GET", path, app=True))[:2] == (403, 900329)
    client.people("remove-delegated-administration", tenant=DOMAIN)
    assert refusal(client.pc("GET", path))[0] == 403
    assert refusal(client.pc("POST", path, {"id": client.tenant}))[0] == 403

"""Customers' users in Partner Center: created, listed, changed, renamed, put away and brought back."""

from __future__ import annotations

import json
import sqlite3
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from simulator_client import Client

DOMAIN = "fourthcoffeecsp.onmicrosoft.com"
INACTIVE = quote(json.dumps({"Field": "UserState", "Value": "Inactive", "Operator": "equals"}))


def new_user(prefix: str = "holly", **changes: Any) -> dict[str, Any]:
    """Return the body that creates a user."""
    return {
        "usageLocation": "US",
        "userPrincipalName": f"{prefix}@{DOMAIN}",
        "firstName": "Holly",
        "lastName": "Holt",
        "displayName": "Holly Holt",
        "passwordProfile": {"password": "abCD123*", "forceChangePassword": True},
        "attributes": {"objectType": "CustomerUser"},
        **changes,
    }


@pytest.fixture
def users(client: Client) -> str:
    """Give the path of a new customer's users."""
    return f"/v1/customers/{client.customer(DOMAIN)}/users"


def created(client: Client, users: str, prefix: str = "holly", **changes: Any) -> dict[str, Any]:
    """Create a user, wait until lists have it, and return the answer."""
    answer = client.pc("POST", users, new_user(prefix, **changes))
    assert answer.status_code == 200, answer.text
    client.simulator.clock.sleep(11)
    return dict(answer.json())


def names(client: Client, path: str) -> list[str]:
    """Return the first parts of the user principal names that a list answers."""
    answer = client.pc("GET", path)
    assert answer.status_code == 200, answer.text
    return [each["userPrincipalName"].partition("@")[0] for each in answer.json()["items"]]


def refusal(answer: httpx.Response) -> tuple[int, int, str]:
    """Return status, code and description of a refusal."""
    return answer.status_code, answer.json()["code"], answer.json()["description"]


def test_the_first_administrator_is_there_without_a_usage_location(client: Client, users: str) -> None:
    (admin,) = client.pc("GET", users).json()["items"]
    assert admin["userPrincipalName"] == f"admin@{DOMAIN}"
    assert admin["state"] == "active"
    assert "usageLocation" not in admin
    roles = client.pc("GET", f"{users}/{admin['id']}/directoryroles").json()["items"]
    assert [each["name"] for each in roles] == ["Company Administrator"]


def test_a_user_is_created_and_its_password_is_repeated_once(client: Client, users: str) -> None:
    answer = created(client, users, immutableId="hr-17", phoneNumber="4255550101")
    assert answer["passwordProfile"] == {"password": "abCD123*", "forceChangePassword": True}
    shown = client.pc("GET", f"{users}/{answer['id']}").json()
    assert "passwordProfile" not in shown
    expected = {key: value for key, value in answer.items() if key != "passwordProfile"}
    assert shown == expected
    assert (shown["usageLocation"], shown["userDomainType"], shown["state"]) == ("US", "none", "active")


def test_no_password_is_kept_in_plain(client: Client, users: str) -> None:
    headers = {"MS-RequestId": "6f1f5a6e-5d3c-4b0c-9f5e-6a3d2a1c9b11"}
    first = client.pc("POST", users, new_user(), headers=headers)
    again = client.pc("POST", users, new_user(), headers=headers)
    assert first.json() == again.json()
    assert again.json()["passwordProfile"]["password"] == "abCD123*"
    with sqlite3.connect(client.simulator.path) as database:
        kept = "".join(body for (body,) in database.execute("SELECT body FROM documents"))
    assert "holly" in kept
    assert "abCD123*" not in kept


def test_a_new_user_is_found_at_once_but_listed_only_later(client: Client, users: str) -> None:
    id = client.pc("POST", users, new_user()).json()["id"]
    assert client.pc("GET", f"{users}/{id}").status_code == 200
    assert names(client, users) == ["admin"]
    client.simulator.clock.sleep(11)
    assert sorted(names(client, users)) == ["admin", "holly"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"displayName": None}, "displayName"),
        ({"userPrincipalName": None}, "userPrincipalName"),
        ({"passwordProfile": None}, "passwordProfile"),
        ({"passwordProfile": {"forceChangePassword": True}}, "passwordProfile.password"),
        ({"passwordProfile": {"password": "short1!"}}, "complexity"),
        ({"passwordProfile": {"password": "onlylowercase"}}, "complexity"),
        ({"passwordProfile": {"password": "Aa1" + "x" * 254}}, "complexity"),
        ({"passwordProfile": {"password": "Ünïcode123"}}, "complexity"),
        ({"usageLocation": "UK"}, "usageLocation"),
        ({"usageLocation": "USA"}, "usageLocation"),
        ({"userPrincipalName": "holly"}, "userPrincipalName"),
        ({"userPrincipalName": f"two words@{DOMAIN}"}, "userPrincipalName"),
        ({"userPrincipalName": f".holly@{DOMAIN}"}, "userPrincipalName"),
        ({"userPrincipalName": "holly@contoso.onmicrosoft.com"}, "verified domain names"),
        ({"displayName": "x" * 257}, "displayName"),
        ({"firstName": 7}, "firstName"),
    ],
)
def test_what_cannot_be_a_user_is_refused(client: Client, users: str, changes: dict[str, Any], named: str) -> None:
    status, code, description = refusal(client.pc("POST", users, new_user(**changes)))
    assert (status, code) == (400, 3000)
    assert named in description
    assert client.simulator.ledger()[-1].effects == ()


def test_names_are_unique_whatever_their_case(client: Client, users: str) -> None:
    created(client, users)
    assert "already exists" in refusal(client.pc("POST", users, new_user("HOLLY")))[2]


def test_a_federated_domain_takes_no_users(client: Client, users: str) -> None:
    with client.simulator.store.transaction() as tx:
        domain = tx.get("domains", DOMAIN)
        assert domain is not None
        tx.put("domains", DOMAIN, {**domain, "federated": True})
    assert "federated" in refusal(client.pc("POST", users, new_user()))[2]


def test_only_the_given_fields_change(client: Client, users: str) -> None:
    user = created(client, users)
    path = f"{users}/{user['id']}"
    changed = client.pc("PATCH", path, {"DisplayName": "Holly H.", "Attributes": {"ObjectType": "CustomerUser"}})
    assert changed.status_code == 200
    assert changed.json() == {**client.pc("GET", path).json(), "displayName": "Holly H."}
    assert (changed.json()["firstName"], changed.json()["usageLocation"]) == ("Holly", "US")
    assert client.simulator.ledger()[-1].effects == (f"user updated {user['id']} displayName",)
    assert refusal(client.pc("PATCH", path, {"displayName": ""}))[:2] == (400, 3000)


def test_a_user_is_renamed_and_keeps_its_id(client: Client, users: str) -> None:
    user, other = created(client, users), created(client, users, "lee")
    path = f"{users}/{user['id']}"
    assert client.pc("PATCH", path, {"userPrincipalName": f"holly.holt@{DOMAIN}"}).status_code == 200
    assert sorted(names(client, users)) == ["admin", "holly.holt", "lee"]
    taken = client.pc("PATCH", path, {"userPrincipalName": other["userPrincipalName"].upper()})
    assert refusal(taken)[:2] == (400, 3000)
    own = client.pc("PATCH", path, {"userPrincipalName": f"Holly.Holt@{DOMAIN}"})
    assert own.json()["userPrincipalName"] == f"Holly.Holt@{DOMAIN}"


@pytest.mark.parametrize("suffix", ["", "/resetpassword"])
def test_a_password_is_reset_either_way(client: Client, users: str, suffix: str) -> None:
    user = created(client, users)
    profile = {"password": "Renew456*", "forceChangePassword": False}
    answer = client.pc("PATCH", f"{users}/{user['id']}{suffix}", {"passwordProfile": profile})
    assert (answer.status_code, answer.json()["passwordProfile"]) == (200, profile)
    assert client.simulator.ledger()[-1].effects == (f"password reset {user['id']}",)
    weak = client.pc("PATCH", f"{users}/{user['id']}{suffix}", {"passwordProfile": {"password": "weak"}})
    assert "complexity" in refusal(weak)[2]


def test_a_deleted_user_can_be_listed_and_restored_for_thirty_days(client: Client, users: str) -> None:
    user = created(client, users)
    path = f"{users}/{user['id']}"
    assert client.pc("DELETE", path).status_code == 204
    assert names(client, users) == ["admin"]
    assert refusal(client.pc("GET", path))[:2] == (404, 60002)
    assert refusal(client.pc("DELETE", path))[:2] == (404, 60002)
    assert refusal(client.pc("PATCH", path, {"displayName": "x"}))[:2] == (404, 60002)
    (deleted,) = client.pc("GET", f"{users}?size=500&filter={INACTIVE}").json()["items"]
    assert (deleted["id"], deleted["state"]) == (user["id"], "inactive")
    assert deleted["softDeletionTime"].endswith("Z")
    client.simulator.clock.sleep(29 * 24 * 3600)
    restored = client.pc("PATCH", path, {"State": "active", "Attributes": {"ObjectType": "CustomerUser"}})
    assert (restored.status_code, restored.json()["state"]) == (200, "active")
    assert "softDeletionTime" not in restored.json()
    assert sorted(names(client, users)) == ["admin", "holly"]


def test_after_thirty_days_a_deleted_user_is_gone(client: Client, users: str) -> None:
    user = created(client, users)
    client.pc("DELETE", f"{users}/{user['id']}")
    client.simulator.clock.sleep(30 * 24 * 3600)
    assert names(client, f"{users}?filter={INACTIVE}") == []
    assert refusal(client.pc("PATCH", f"{users}/{user['id']}", {"state": "active"}))[:2] == (404, 60002)


def test_a_namesake_forbids_to_restore(client: Client, users: str) -> None:
    first = created(client, users)
    client.pc("DELETE", f"{users}/{first['id']}")
    second = created(client, users)
    assert second["id"] != first["id"]
    assert "already exists" in refusal(client.pc("PATCH", f"{users}/{first['id']}", {"state": "active"}))[2]
    client.pc("DELETE", f"{users}/{second['id']}")
    assert sorted(names(client, f"{users}?filter={INACTIVE}")) == ["holly", "holly"]
    assert client.pc("PATCH", f"{users}/{first['id']}", {"state": "active"}).status_code == 200


def test_users_come_in_pages_sorted_as_asked(client: Client, users: str) -> None:
    for prefix in ("dora", "bea", "carl"):
        created(client, users, prefix)
    path, headers = f"{users}?size=2&sortField=UserPrincipalName&sortDirection=Descending", {}
    found: list[str] = []
    while path:
        page = client.pc("GET", path, headers=headers).json()
        assert page["totalCount"] == len(page["items"])
        found += [each["userPrincipalName"].partition("@")[0] for each in page["items"]]
        following = page["links"].get("next")
        path = f"/v1{following['uri']}" if following else ""
        headers = {each["key"]: each["value"] for each in following["headers"]} if following else {}
    assert found == ["dora", "carl", "bea", "admin"]
    assert refusal(client.pc("GET", f"{users}?sortField=shoeSize"))[0] == 400


@pytest.mark.parametrize("field", ["DisplayName", "UserState"])
def test_other_filters_are_refused(client: Client, users: str, field: str) -> None:
    asked = quote(json.dumps({"Field": field, "Value": "x", "Operator": "equals"}))
    assert refusal(client.pc("GET", f"{users}?filter={asked}"))[0] == 400
    assert refusal(client.pc("GET", f"{users}?filter=nonsense"))[0] == 400


def test_users_are_found_by_id_only(client: Client, users: str) -> None:
    assert refusal(client.pc("GET", f"{users}/admin@{DOMAIN}"))[:2] == (400, 2000)


def test_the_application_alone_may_not(client: Client, users: str) -> None:
    for method, path in (("GET", users), ("POST", users), ("GET", f"{users}/{client.tenant}")):
        assert refusal(client.pc(method, path, new_user(), app=True))[:2] == (403, 900329)


def test_without_delegation_the_directory_is_closed(client: Client, users: str) -> None:
    client.people("remove-delegated-administration", tenant=DOMAIN)
    assert refusal(client.pc("GET", users))[0] == 403
    assert refusal(client.pc("POST", users, new_user()))[0] == 403


def test_another_customers_users_are_not_found(client: Client, users: str) -> None:
    user = created(client, users)
    other = client.customer("relecloud.onmicrosoft.com")
    assert refusal(client.pc("GET", f"/v1/customers/{other}/users/{user['id']}"))[:2] == (404, 60002)
    moved = new_user(userPrincipalName="x@relecloud.onmicrosoft.com")
    assert refusal(client.pc("POST", users, moved))[0] == 400


def test_a_repeated_create_makes_one_user(client: Client, users: str) -> None:
    headers = {"MS-RequestId": "0d6a2d34-5d3c-4b0c-9f5e-6a3d2a1c9b11"}
    first = client.pc("POST", users, new_user(), headers=headers)
    assert client.pc("POST", users, new_user(), headers=headers).json() == first.json()
    client.simulator.clock.sleep(11)
    assert sorted(names(client, users)) == ["admin", "holly"]

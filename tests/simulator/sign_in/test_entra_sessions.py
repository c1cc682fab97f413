"""Refresh tokens: whose they are, how long they live, and what ends them; and passwords, which open nothing."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from entra_client import AZURE_CLI, GRAPH, asked, claims, refusal, verified
from simulator_client import ARM, PARTNER_CENTER, SIGN_IN, Client

from cspctl.simulator import directory


def refreshed(client: Client, token: str, **form: str) -> httpx.Response:
    return client.token_answer(PARTNER_CENTER, refresh_token=token, **form)


def test_a_persons_token_says_what_real_ones_say(client: Client) -> None:
    answer = client.token_answer(PARTNER_CENTER).json()
    token = verified(client, answer["access_token"], PARTNER_CENTER)
    assert (token["idtyp"], token["scp"], token["ver"], token["acr"]) == ("user", "user_impersonation", "1.0", "1")
    assert (token["amr"], token["acrs"]) == (["pwd", "mfa"], ["p1"])
    assert token["tid"] == client.tenant
    assert token["upn"] == token["unique_name"]
    assert token["sub"] != token["oid"]
    assert token["groups"]
    assert token["wids"]
    assert not {"agent", "roles", "idp"} & set(token)
    assert answer["scope"] == f"{PARTNER_CENTER}/user_impersonation {PARTNER_CENTER}/.default"


def test_in_a_customers_tenant_the_agent_stays_a_stranger(client: Client) -> None:
    customer = client.customer()
    client.consented(customer)
    token = claims(client.token(ARM, customer))
    assert (token["tid"], token["idp"]) == (customer, f"https://sts.windows.net/{client.tenant}/")
    assert not {"groups", "wids"} & set(token)


def test_an_id_token_is_for_the_application_and_carries_what_its_endpoint_writes(client: Client) -> None:
    scope = f"{PARTNER_CENTER}/.default openid profile email"
    answer = client.token_answer(PARTNER_CENTER, scope=scope).json()
    token = verified(client, answer["id_token"], client.profile["clientId"])
    assert (token["ver"], token["iss"]) == ("2.0", f"{SIGN_IN}/{client.tenant}/v2.0")
    assert token["preferred_username"] == token["email"]
    headers = {"Authorization": f"Bearer {answer['id_token']}"}
    assert client.http.get(f"{PARTNER_CENTER}/v1/customers", headers=headers).status_code == 401
    first = {"client_id": client.profile["clientId"], "client_secret": client.profile["clientSecret"]}
    first |= {"grant_type": "refresh_token", "refresh_token": client.profile["refreshToken"], "resource": ARM}
    answer = asked(client, client.tenant, version=1, **first).json()
    assert claims(answer["id_token"])["iss"] == f"https://sts.windows.net/{client.tenant}/"
    assert (answer["scope"], answer["resource"]) == ("user_impersonation", ARM)


def test_scopes_without_a_resource_are_microsoft_graphs(client: Client) -> None:
    answer = client.token_answer(PARTNER_CENTER, scope="User.Read openid").json()
    token = claims(answer["access_token"])
    assert token["aud"] == "00000003-0000-0000-c000-000000000000"
    assert "User.Read" in token["scp"].split()
    answer = client.token_answer(PARTNER_CENTER, scope="openid profile").json()
    assert claims(answer["access_token"])["aud"] == "00000003-0000-0000-c000-000000000000"


def test_a_scope_that_nobody_consented_to_is_refused(client: Client) -> None:
    answer = client.token_answer(PARTNER_CENTER, scope=f"{GRAPH}/Mail.ReadWrite")
    assert refusal(answer) == (400, "invalid_grant", 65001)
    assert answer.json()["suberror"] == "consent_required"
    two = f"{GRAPH}/User.Read {ARM}/user_impersonation"
    assert refusal(client.token_answer(PARTNER_CENTER, scope=two)) == (400, "invalid_scope", 70011)


def test_consented_scopes_reach_the_token_of_that_tenant_and_resource(client: Client) -> None:
    customer = client.customer()
    grants = [
        {"enterpriseApplicationId": "00000003-0000-0000-c000-000000000000", "scope": "User.Read.All,Group.Read.All"},
        {"enterpriseApplicationId": "797f4846-ba00-4fd7-ba43-dac1f8f63013", "scope": "user_impersonation"},
    ]
    body = {"applicationId": client.profile["clientId"], "displayName": "cspctl", "applicationGrants": grants}
    assert client.pc("POST", f"/v1/customers/{customer}/applicationconsents", body).status_code == 201
    assert claims(client.token(GRAPH, customer))["scp"] == "User.Read.All Group.Read.All"
    assert claims(client.token(ARM, customer))["scp"] == "user_impersonation"


def test_a_refresh_token_belongs_to_its_application(client: Client) -> None:
    app = client.people("register-application", tenant=client.tenant)
    token = client.profile["refreshToken"]
    form = {"client_id": app["clientId"], "client_secret": app["clientSecret"]}
    assert refusal(refreshed(client, token, **form)) == (400, "invalid_grant", 70000)
    alone = {"client_id": AZURE_CLI, "grant_type": "refresh_token", "refresh_token": token, "scope": f"{ARM}/.default"}
    assert refusal(asked(client, client.tenant, **alone)) == (401, "invalid_client", 7000218)
    with_secret = {**alone, "client_secret": client.profile["clientSecret"]}
    assert refusal(asked(client, client.tenant, **with_secret)) == (401, "invalid_client", 700025)


def test_a_refresh_token_of_a_confidential_application_needs_its_secret(client: Client) -> None:
    form = {"client_id": client.profile["clientId"], "grant_type": "refresh_token"}
    form |= {"refresh_token": client.profile["refreshToken"], "scope": f"{ARM}/.default"}
    assert refusal(asked(client, client.tenant, **form)) == (401, "invalid_client", 7000218)


def test_a_disabled_person_gets_no_token_until_enabled_again(client: Client) -> None:
    agent = client.people("sign-in-agent")
    client.people("disable-agent", user=agent["userId"])
    assert refusal(refreshed(client, agent["refreshToken"])) == (400, "invalid_grant", 50057)
    assert client.token_answer(PARTNER_CENTER).status_code == 200, "another person"
    client.people("disable-agent", user=agent["userId"], enabled=True)
    assert refreshed(client, agent["refreshToken"]).status_code == 200


def test_a_deleted_person_does_not_exist(client: Client) -> None:
    agent = client.people("sign-in-agent")
    client.people("delete-user", tenant=client.tenant, user=agent["userId"])
    assert refusal(refreshed(client, agent["refreshToken"])) == (400, "invalid_grant", 50034)


def test_a_revoked_session_is_over_and_a_new_one_is_not(client: Client) -> None:
    fresh = client.token_answer(PARTNER_CENTER).json()["refresh_token"]
    client.people("revoke-session")
    for token in (client.profile["refreshToken"], fresh):
        assert refusal(refreshed(client, token)) == (400, "invalid_grant", 50173)
    assert refreshed(client, client.people("sign-in-agent")["refreshToken"]).status_code == 200


def test_a_changed_password_ends_the_sessions_of_the_old_one(client: Client) -> None:
    customer = client.customer()
    form = {"client_id": AZURE_CLI, "scope": f"{ARM}/.default offline_access"}
    code = client.http.post(f"{SIGN_IN}/{customer}/oauth2/v2.0/devicecode", data=form).json()
    person = client.people("enter-device-code", code=code["user_code"], tenant=customer)
    given = {"client_id": AZURE_CLI, "grant_type": "device_code", "device_code": code["device_code"]}
    token = asked(client, customer, **given).json()["refresh_token"]
    again = {"client_id": AZURE_CLI, "grant_type": "refresh_token", "refresh_token": token, "scope": f"{ARM}/.default"}
    assert asked(client, customer, **again).status_code == 200
    with client.simulator.store.transaction() as tx:
        user = directory.user(tx, customer, person["userId"])
        assert user is not None
        directory.save_user(tx, {**user, "passwordHash": directory.hashed("another")})
    assert refusal(asked(client, customer, **again)) == (400, "invalid_grant", 50173)


def test_mfa_is_remembered_for_as_long_as_the_directory_says(client: Client) -> None:
    client.people("limit-mfa", days=14)
    fresh = client.token_answer(PARTNER_CENTER).json()["refresh_token"]
    client.simulator.clock.sleep(13 * 86400)
    fresh = refreshed(client, fresh).json()["refresh_token"]
    client.simulator.clock.sleep(2 * 86400)
    answer = refreshed(client, fresh)
    assert refusal(answer) == (400, "invalid_grant", 50078)
    assert answer.json()["suberror"] == "basic_action"


def test_a_tenant_that_is_no_customer_does_not_know_our_people(client: Client) -> None:
    tenant = client.people("existing-tenant", domain="relecloud.onmicrosoft.com")["id"]
    assert refusal(client.token_answer(ARM, tenant)) == (400, "invalid_grant", 50020)


# Passwords -----------------------------------------------------------------------------------------------


@pytest.fixture
def admin(client: Client) -> dict[str, Any]:
    from simulator_client import new_customer

    domain = "fourthcoffeecsp.onmicrosoft.com"
    made = client.pc("POST", "/v1/customers", new_customer(domain)).json()
    password = made["userCredentials"]["password"]
    return {"tenant": made["id"], "username": f"admin@{domain}", "password": password}


def by_password(client: Client, admin: dict[str, Any], tenant: str = "", **form: str) -> httpx.Response:
    given = {"client_id": AZURE_CLI, "grant_type": "password", "scope": f"{ARM}/.default"}
    given |= {"username": admin["username"], "password": admin["password"], **form}
    return asked(client, tenant or admin["tenant"], **given)


def test_a_password_alone_opens_nothing(client: Client, admin: dict[str, Any]) -> None:
    answer = by_password(client, admin)
    assert refusal(answer) == (400, "invalid_grant", 50076)
    assert answer.json()["suberror"] == "basic_action"
    assert "797f4846-ba00-4fd7-ba43-dac1f8f63013" in answer.json()["error_description"]
    assert refusal(by_password(client, admin, password="wrong")) == (400, "invalid_grant", 50126)
    nobody = "nobody@fourthcoffeecsp.onmicrosoft.com"
    assert refusal(by_password(client, admin, username=nobody)) == (400, "invalid_grant", 50034)
    assert refusal(by_password(client, admin, "common")) == (400, "invalid_request", 9001023)
    assert refusal(by_password(client, admin, password="")) == (400, "invalid_request", 900144)


def test_personal_accounts_have_nothing_to_do_with_it(client: Client) -> None:
    assert refusal(client.token_answer(ARM, "consumers")) == (400, "invalid_request", 9002332)
    answer = client.token_answer(ARM, "common", grant_type="client_credentials")
    assert refusal(answer) == (400, "invalid_request", 50059)


def test_grants_that_are_not_simulated_or_do_not_exist(client: Client) -> None:
    answer = client.token_answer(ARM, grant_type="urn:ietf:params:oauth:grant-type:jwt-bearer")
    assert answer.status_code == 501
    answer = client.token_answer(ARM, grant_type="urn:ietf:params:oauth:grant-type:nonsense")
    assert refusal(answer) == (400, "unsupported_grant_type", 70003)
    for body in ({"grant_type": "password"}, ["x"]):  # no form
        answer = client.http.post(f"{SIGN_IN}/{client.tenant}/oauth2/v2.0/token", json=body)
        assert refusal(answer) == (400, "invalid_request", 900144)

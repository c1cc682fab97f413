"""Signing in on another device: what the device asks, what the person does, and their page."""

from __future__ import annotations

import re
from typing import Any

import httpx
import msal
import pytest
from entra_client import AZURE_CLI, GRAPH, GRAPH_POWERSHELL, MsalHttp, asked, claims, refusal
from simulator_client import ARM, PARTNER_CENTER, SIGN_IN, Client

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
SCOPE = f"{ARM}/.default openid profile offline_access"


def begun(client: Client, tenant: str = "organizations", app: str = AZURE_CLI, scope: str = SCOPE) -> dict[str, Any]:
    form = {"client_id": app, "scope": scope}
    answer = client.http.post(f"{SIGN_IN}/{tenant}/oauth2/v2.0/devicecode", data=form)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def polled(client: Client, code: dict[str, Any], tenant: str = "organizations", **form: str) -> httpx.Response:
    given = {"client_id": AZURE_CLI, "grant_type": GRANT, "device_code": code["device_code"], **form}
    return asked(client, tenant, **given)


def test_one_of_our_people_enters_the_code(client: Client) -> None:
    code = begun(client)
    assert (code["expires_in"], code["interval"]) == (900, 5)
    assert re.fullmatch(r"[A-Z2-9]{9}", code["user_code"])
    assert code["verification_uri"] == "https://microsoft.com/devicelogin"
    assert code["user_code"] in code["message"]
    assert refusal(polled(client, code)) == (400, "authorization_pending", 70016)
    assert refusal(polled(client, code))[1] == "slow_down"
    client.simulator.clock.sleep(5)
    assert refusal(polled(client, code))[1] == "authorization_pending"
    person = client.people("enter-device-code", code=code["user_code"].lower())
    answer = polled(client, code).json()
    token = claims(answer["access_token"])
    assert (token["oid"], token["appid"], token["appidacr"]) == (person["userId"], AZURE_CLI, "0")
    assert (token["scp"], token["amr"]) == ("user_impersonation", ["pwd", "mfa"])
    assert {"id_token", "refresh_token", "client_info"} <= set(answer)
    assert refusal(polled(client, code)) == (400, "bad_verification_code", 70018)


def test_the_session_of_a_public_client_needs_no_secret(client: Client) -> None:
    code = begun(client)
    client.people("enter-device-code", code=code["user_code"])
    token = polled(client, code).json()["refresh_token"]
    form = {"client_id": AZURE_CLI, "grant_type": "refresh_token", "refresh_token": token, "scope": f"{GRAPH}/.default"}
    answer = asked(client, client.tenant, **form)
    assert "Group.ReadWrite.All" in claims(answer.json()["access_token"])["scp"].split()
    form["scope"] = f"{PARTNER_CENTER}/.default"
    assert refusal(asked(client, client.tenant, **form)) == (400, "invalid_grant", 65002)


def test_the_partners_application_signs_a_person_in_and_refreshes_with_or_without_its_secret(client: Client) -> None:
    app = client.profile["clientId"]
    scope = f"{PARTNER_CENTER}/user_impersonation offline_access"
    code = begun(client, client.tenant, app, scope)
    client.people("enter-device-code", code=code["user_code"])
    answer = polled(client, code, client.tenant, client_id=app).json()
    assert "id_token" not in answer
    assert client.token_answer(PARTNER_CENTER, refresh_token=answer["refresh_token"]).status_code == 200
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    assert client.http.get(f"{PARTNER_CENTER}/v1/customers", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("details", "status", "code"), [({"mfa": False}, 401, 900421), ({"agent": False}, 403, 900308)]
)
def test_partner_center_wants_mfa_and_an_agent(client: Client, details: dict[str, Any], status: int, code: int) -> None:
    app = client.profile["clientId"]
    begin = begun(client, client.tenant, app, f"{PARTNER_CENTER}/.default")
    client.people("enter-device-code", code=begin["user_code"], **details)
    token = polled(client, begin, client.tenant, client_id=app).json()["access_token"]
    answer = client.http.get(f"{PARTNER_CENTER}/v1/customers", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_customers_administrator_enters_it(client: Client) -> None:
    customer = client.customer()
    code = begun(client, customer)
    person = client.people("enter-device-code", code=code["user_code"], tenant=customer)
    token = claims(polled(client, code, customer).json()["access_token"])
    assert (token["tid"], token["oid"]) == (customer, person["userId"])
    assert "62e90394-69f5-4237-9190-012177145e10" in token["wids"]
    code = begun(client, client.tenant)
    client.people("enter-device-code", code=code["user_code"], tenant=customer)
    assert refusal(polled(client, code, client.tenant)) == (400, "invalid_grant", 50020)


def test_declined_expired_unknown_and_another_applications(client: Client) -> None:
    code = begun(client)
    assert refusal(polled(client, code, client_id=client.profile["clientId"]))[1] == "bad_verification_code"
    client.people("enter-device-code", code=code["user_code"], decline=True)
    assert refusal(polled(client, code)) == (400, "authorization_declined", 65004)
    code = begun(client)
    client.simulator.clock.sleep(901)
    assert refusal(polled(client, code)) == (400, "expired_token", 70019)
    assert refusal(polled(client, {"device_code": "x"})) == (400, "bad_verification_code", 70018)
    assert refusal(polled(client, {"device_code": ""})) == (400, "invalid_request", 900144)
    answer = client.http.post("http://simulator/_simulator/people/enter-device-code", json={"code": "NOTACODE"})
    assert answer.status_code == 400


def test_what_cannot_begin(client: Client) -> None:
    def begin(tenant: str, **form: str) -> httpx.Response:
        return client.http.post(f"{SIGN_IN}/{tenant}/oauth2/v2.0/devicecode", data=form)

    assert refusal(begin("organizations", client_id=AZURE_CLI)) == (400, "invalid_request", 900144)
    assert refusal(begin("organizations", scope=SCOPE)) == (400, "invalid_request", 900144)
    assert refusal(begin("nowhere.example", client_id=AZURE_CLI, scope=SCOPE)) == (400, "invalid_request", 90002)
    assert refusal(begin("consumers", client_id=AZURE_CLI, scope=SCOPE)) == (400, "invalid_request", 9002332)
    assert refusal(begin("common", client_id="nobody", scope=SCOPE)) == (400, "unauthorized_client", 700016)


def test_consent_is_the_directorys_own_administrators(client: Client) -> None:
    customer = client.customer()
    scope = f"{GRAPH}/Group.ReadWrite.All"
    code = begun(client, customer, GRAPH_POWERSHELL, scope)
    client.people("enter-device-code", code=code["user_code"], tenant=customer)
    answer = polled(client, code, customer, client_id=GRAPH_POWERSHELL)
    assert claims(answer.json()["access_token"])["scp"] == "Group.ReadWrite.All"
    other = client.people("existing-tenant", domain="relecloud.onmicrosoft.com")["id"]
    code = begun(client, other, GRAPH_POWERSHELL, scope)
    client.people("enter-device-code", code=code["user_code"])
    answer = polled(client, code, other, client_id=GRAPH_POWERSHELL)
    assert refusal(answer) == (400, "invalid_grant", 50020)


def test_who_administers_nothing_consents_to_little(client: Client) -> None:
    registered = client.people("register-application", tenant=client.tenant)
    app, secret = registered["clientId"], registered["clientSecret"]
    for scope, expected in (("User.Read", 200), ("Group.ReadWrite.All", 400)):
        code = begun(client, client.tenant, app, f"{GRAPH}/{scope}")
        client.people("enter-device-code", code=code["user_code"], agent=False)
        answer = polled(client, code, client.tenant, client_id=app, client_secret=secret)
        assert answer.status_code == expected, answer.text
    assert refusal(answer) == (400, "invalid_grant", 90094)


def test_version_one_of_the_endpoint(client: Client) -> None:
    form = {"client_id": AZURE_CLI, "resource": f"{ARM}/"}
    code = client.http.post(f"{SIGN_IN}/common/oauth2/devicecode", data=form).json()
    assert (code["verification_url"], code["expires_in"]) == ("https://microsoft.com/devicelogin", "900")
    client.people("enter-device-code", code=code["user_code"])
    given = {"client_id": AZURE_CLI, "grant_type": "device_code", "code": code["device_code"]}
    answer = asked(client, "common", version=1, **given).json()
    assert (answer["resource"], answer["scope"]) == (f"{ARM}/", "user_impersonation")
    assert claims(answer["access_token"])["aud"] == f"{ARM}/"
    assert answer["refresh_token"]


def test_msal_signs_a_person_in(client: Client) -> None:
    application = msal.PublicClientApplication(
        AZURE_CLI, authority=f"{SIGN_IN}/organizations", http_client=MsalHttp(client.http)
    )
    flow = application.initiate_device_flow([f"{ARM}/.default"])
    client.people("enter-device-code", code=flow["user_code"])
    result = application.acquire_token_by_device_flow(flow)
    assert "access_token" in result, result
    (account,) = application.get_accounts()
    again = application.acquire_token_silent([f"{ARM}/.default"], account)
    assert again["access_token"] == result["access_token"], "answered from the cache, by the scope that was asked for"
    silent = application.acquire_token_silent([f"{GRAPH}/.default"], account)
    assert claims(silent["access_token"])["aud"] == GRAPH


# The page ------------------------------------------------------------------------------------------------


def test_a_person_enters_the_code_on_the_page(client: Client) -> None:
    form = {"client_id": AZURE_CLI, "scope": SCOPE}
    code = client.http.post("http://localhost:8443/common/oauth2/v2.0/devicecode", data=form).json()
    page = code["verification_uri"]
    assert page == "http://localhost:8443/common/oauth2/deviceauth"
    shown = client.http.get(page)
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    assert "name=user_code" in shown.text
    answer = client.http.post(page, data={"user_code": "<b>WRONG</b>", "user": "agent"})
    assert "AADSTS70018" in answer.text
    assert "<b>WRONG" not in answer.text
    entered = {"user_code": code["user_code"], "mfa": "true"}
    unknown = client.http.post(page, data={**entered, "user": "nobody@nowhere.example"})
    assert "there is no tenant nowhere.example" in unknown.text
    assert "You have signed in" in client.http.post(page, data={**entered, "user": "agent"}).text
    assert polled(client, code).status_code == 200


def test_a_person_declines_on_the_page(client: Client) -> None:
    code = begun(client)
    answer = client.http.post(
        f"{SIGN_IN}/common/oauth2/deviceauth", data={"user_code": code["user_code"], "action": "decline"}
    )
    assert answer.status_code == 200
    assert refusal(polled(client, code))[1] == "authorization_declined"

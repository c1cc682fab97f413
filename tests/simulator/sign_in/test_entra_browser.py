"""Signing in through a browser: the page, the code it brings, and the code's one redemption."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msal
import pytest
from entra_client import AZURE_CLI, GRAPH, MsalHttp, asked, claims, refusal, verified, verifier
from simulator_client import ARM, SIGN_IN, Client

BACK = "http://localhost:8400/"


def opened(client: Client, tenant: str = "organizations", host: str = SIGN_IN, **changes: Any) -> httpx.Response:
    given = {
        "client_id": AZURE_CLI,
        "response_type": "code",
        "redirect_uri": BACK,
        "scope": f"{ARM}/.default openid offline_access",
        "state": "a&b=c",
        "nonce": "once",
        "login_hint": "agent",
        **changes,
    }
    asked_for = {name: value for name, value in given.items() if value is not None}
    return client.http.get(f"{host}/{tenant}/oauth2/v2.0/authorize", params=asked_for)


def sent_back(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 302, answer.text
    address = urlsplit(answer.headers["location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == BACK
    return {name: values[0] for name, values in parse_qs(address.query or address.fragment).items()}


def redeemed(client: Client, code: str, tenant: str = "organizations", **form: str) -> httpx.Response:
    given = {"client_id": AZURE_CLI, "grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **form}
    return asked(client, tenant, **given)


def test_a_person_who_is_named_comes_back_with_a_code_that_is_good_once(client: Client) -> None:
    secret, challenge = verifier()
    fields = sent_back(opened(client, code_challenge=challenge, code_challenge_method="S256"))
    assert fields["state"] == "a&b=c"
    assert refusal(redeemed(client, fields["code"])) == (400, "invalid_grant", 501481)
    assert refusal(redeemed(client, fields["code"], code_verifier="wrong")) == (400, "invalid_grant", 501481)
    answer = redeemed(client, fields["code"], code_verifier=secret).json()
    assert claims(answer["access_token"])["scp"] == "user_impersonation"
    assert verified(client, answer["id_token"], AZURE_CLI)["nonce"] == "once"
    assert refusal(redeemed(client, fields["code"], code_verifier=secret)) == (400, "invalid_grant", 54005)
    form = {"client_id": AZURE_CLI, "grant_type": "refresh_token", "refresh_token": answer["refresh_token"]}
    again = asked(client, "organizations", **form, scope=f"{ARM}/.default openid").json()
    assert "nonce" not in claims(again["id_token"])


def test_a_code_lives_ten_minutes_for_one_application_and_address(client: Client) -> None:
    code = sent_back(opened(client))["code"]
    elsewhere = redeemed(client, code, redirect_uri="http://localhost:9000/")
    assert refusal(elsewhere) == (400, "invalid_grant", 500112)
    other = {"client_id": client.profile["clientId"], "client_secret": client.profile["clientSecret"]}
    assert refusal(redeemed(client, code, **other)) == (400, "invalid_grant", 70000)
    client.simulator.clock.sleep(601)
    assert refusal(redeemed(client, code)) == (400, "invalid_grant", 70008)
    assert refusal(redeemed(client, "rubbish")) == (400, "invalid_grant", 9002313)


@pytest.mark.parametrize("mode", ["query", "fragment"])
def test_the_answer_comes_as_it_was_asked_for(client: Client, mode: str) -> None:
    answer = opened(client, response_mode=mode)
    assert "code" in sent_back(answer)
    assert bool(urlsplit(answer.headers["location"]).fragment) == (mode == "fragment")


def test_a_form_carries_the_answer_too(client: Client) -> None:
    answer = opened(client, response_mode="form_post", state='"><script>')
    assert answer.status_code == 200
    assert f'action="{BACK}"' in answer.text
    assert "<script>" not in answer.text


def test_somebody_who_is_not_named_sees_the_page(client: Client) -> None:
    customer = client.customer()
    shown = opened(client, login_hint=None)
    assert (shown.status_code, "Microsoft Azure CLI" in shown.text) == (200, True)
    assert opened(client, prompt="select_account").status_code == 200
    address = str(shown.request.url)
    unknown = client.http.post(address, data={"user": "<i>nobody", "action": "accept"})
    assert "&lt;i&gt;nobody" in unknown.text
    entered = {"user": "admin@fourthcoffeecsp.onmicrosoft.com", "action": "accept"}
    code = sent_back(client.http.post(address, data=entered))["code"]
    token = claims(redeemed(client, code).json()["access_token"])
    assert (token["tid"], token["amr"]) == (customer, ["pwd"])
    declined = sent_back(client.http.post(address, data={"action": "decline"}))
    assert (declined["error"], declined["state"]) == ("access_denied", "a&b=c")
    silent = sent_back(opened(client, login_hint=None, prompt="none"))
    assert silent["error"] == "login_required"


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": "http://localhost.evil.example/"},
        {"redirect_uri": "http://localhost@evil.example/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "http://[::1"},
        {"redirect_uri": None},
        {"client_id": "nobody"},
        {"client_id": None},
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_the_applications(client: Client, changes: dict[str, Any]) -> None:
    answer = opened(client, **changes)
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "AADSTS" in answer.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "pigeon"}, "invalid_request"),
        ({"code_challenge": "x", "code_challenge_method": "S512"}, "invalid_request"),
        ({"scope": "https://nobody.example/.default"}, "invalid_resource"),
        ({"scope": ""}, "invalid_scope"),
    ],
)
def test_what_cannot_be_had_is_said_to_the_application(client: Client, changes: dict[str, Any], error: str) -> None:
    fields = sent_back(opened(client, **changes)) if "response_mode" not in changes else {}
    if fields:
        assert (fields["error"], fields["state"]) == (error, "a&b=c")
    else:
        assert error in str(opened(client, **changes).headers["location"])


def test_consent_is_asked_of_whoever_may_give_it(client: Client) -> None:
    app = client.people("register-application", tenant=client.tenant, multitenant=True)
    customer = client.customer()
    wanted = {"client_id": app["clientId"], "scope": f"{GRAPH}/Group.ReadWrite.All"}
    admin = "admin@fourthcoffeecsp.onmicrosoft.com"
    code = sent_back(opened(client, customer, login_hint=admin, **wanted))["code"]
    form = {"client_id": app["clientId"], "client_secret": app["clientSecret"]}
    answer = redeemed(client, code, customer, **form)
    assert claims(answer.json()["access_token"])["scp"] == "Group.ReadWrite.All"
    fields = sent_back(opened(client, customer, **{**wanted, "scope": f"{GRAPH}/Mail.Read"}))
    code = fields["code"]
    assert refusal(redeemed(client, code, customer, **form)) == (400, "invalid_grant", 65001)


def test_a_customers_administrator_consents_by_a_link(client: Client) -> None:
    customer = client.customer()
    app = client.profile["clientId"]

    def followed(**changes: str) -> httpx.Response:
        given = {
            "client_id": app,
            "redirect_uri": BACK,
            "scope": f"{GRAPH}/User.Read.All {GRAPH}/Group.Read.All",
            "state": "s",
            "login_hint": "admin@fourthcoffeecsp.onmicrosoft.com",
            **changes,
        }
        return client.http.get(f"{SIGN_IN}/{customer}/v2.0/adminconsent", params=given)

    assert followed(login_hint="").status_code == 200
    assert followed(redirect_uri="https://evil.example/").status_code == 400
    agent = claims(client.token(ARM))["upn"]
    assert sent_back(followed(login_hint=agent))["error"] == "access_denied"
    assert refusal(client.token_answer(GRAPH, customer)) == (400, "invalid_grant", 65001)
    fields = sent_back(followed())
    assert (fields["admin_consent"], fields["tenant"], fields["state"]) == ("True", customer, "s")
    assert claims(client.token(GRAPH, customer))["scp"] == "User.Read.All Group.Read.All"
    assert claims(client.token(GRAPH, customer, app=True))["tid"] == customer, "a service principal came with it"


def test_msal_redeems_the_code(client: Client) -> None:
    application = msal.ConfidentialClientApplication(
        client.profile["clientId"],
        client_credential=client.profile["clientSecret"],
        authority=f"{SIGN_IN}/{client.tenant}",
        http_client=MsalHttp(client.http),
    )
    scopes, how = [f"{ARM}/user_impersonation"], "form_post"
    flow = application.initiate_auth_code_flow(scopes, redirect_uri=BACK, login_hint="agent", response_mode=how)
    page = client.http.get(flow["auth_uri"]).text
    fields = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page)}
    result = application.acquire_token_by_auth_code_flow(flow, fields)
    assert "access_token" in result, result
    assert result["id_token_claims"]["tid"] == client.tenant

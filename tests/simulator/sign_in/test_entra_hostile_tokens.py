"""Tokens that open nothing: forged, of another time, place, issuer or audience; at each service, in its words."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from entra_client import claims, key
from simulator_client import ARM, PARTNER_CENTER, SIGN_IN, Client

from cspctl.simulator import Simulator, tokens

TENANTS = f"{ARM}/tenants?api-version=2022-12-01"
GRAPH = "https://graph.microsoft.com"


def called(client: Client, url: str, authorization: str | None) -> httpx.Response:
    headers = {} if authorization is None else {"Authorization": authorization}
    return client.http.get(url, headers=headers)


def signed(client: Client, **changes: Any) -> str:
    """Return a good token for Partner Center with other claims, signed with the simulator's own key."""
    body = {**claims(client.token(PARTNER_CENTER)), **changes}
    with client.simulator.store.transaction() as tx:
        return tokens.sign(tx, {name: value for name, value in body.items() if value is not None})


def header_of(token: str) -> dict[str, Any]:
    return dict(jwt.get_unverified_header(token))


def encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def without_signature(client: Client, token: str) -> str:
    return f"{encoded({**header_of(token), 'alg': 'none'})}.{token.split('.')[1]}."


def signed_with_the_public_key(client: Client, token: str) -> str:
    keys = jwt.PyJWKSet.from_dict(client.http.get(f"{SIGN_IN}/common/discovery/keys").json())
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    secret = keys.keys[0].key.public_bytes(encoding, form)
    text = f"{encoded({**header_of(token), 'alg': 'HS256'})}.{token.split('.')[1]}"
    signature = hmac.digest(secret, text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def signed_with_another_key(client: Client, token: str) -> str:
    return jwt.encode(claims(token), key("thief"), algorithm="RS256", headers={"kid": header_of(token)["kid"]})


def of_another_simulator(client: Client, token: str) -> str:
    other = Simulator()
    try:
        with other.store.transaction() as tx:
            return tokens.sign(tx, claims(token))
    finally:
        other.close()


def tampered(client: Client, token: str) -> str:
    head, _, signature = token.split(".")
    return f"{head}.{encoded({**claims(token), 'exp': 4_000_000_000})}.{signature}"


def shortened(client: Client, token: str) -> str:
    return token[:-5]


FORGERIES: list[Callable[[Client, str], str]] = [
    without_signature,
    signed_with_the_public_key,
    signed_with_another_key,
    of_another_simulator,
    tampered,
    shortened,
]
SERVICES = {
    PARTNER_CENTER: f"{PARTNER_CENTER}/v1/customers",
    ARM: TENANTS,
    GRAPH: f"{GRAPH}/v1.0/organization",
}


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.__name__)
@pytest.mark.parametrize("service", SERVICES)
def test_a_forged_token_opens_no_service(client: Client, forgery: Callable[[Client, str], str], service: str) -> None:
    good = client.token(service)
    assert called(client, SERVICES[service], f"Bearer {good}").status_code == 200
    assert called(client, SERVICES[service], f"Bearer {forgery(client, good)}").status_code == 401


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Basic eDp5", "nonsense", "Bearer a.b.c", "Bearer .."],
)
@pytest.mark.parametrize("service", SERVICES)
def test_what_is_no_token_opens_no_service(client: Client, authorization: str | None, service: str) -> None:
    answer = called(client, SERVICES[service], authorization)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("text", ["Bearer \u00e9\u00e9", "Bearer \ud800", "Bearer " + "a" * 100_000, "Bearer \0.\0.\0"])
def test_text_that_no_token_could_be_is_refused_and_does_no_harm(client: Client, text: str) -> None:
    now = client.simulator.clock.now()
    with client.simulator.store.transaction() as tx, pytest.raises(tokens.InvalidToken):
        tokens.verify(tx, now, text, frozenset({ARM}))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://sts.windows.net/00000000-0000-0000-0000-000000000001/"},
        {"iss": "https://sts.chinacloudapi.cn/{tenant}/"},
        {"iss": "https://login.microsoftonline.com/{tenant}/v2.0"},
        {"iss": None},
        {"tid": "00000000-0000-0000-0000-000000000001"},
        {"nbf": 4_000_000_000},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": float("inf")},
        {"aud": [PARTNER_CENTER]},
        {"aud": None},
        {"oid": None},
        {"appid": ""},
    ],
)
def test_claims_that_do_not_fit_are_refused_although_the_signature_does(
    client: Client, changes: dict[str, Any]
) -> None:
    given = {
        name: value.replace("{tenant}", client.tenant) if isinstance(value, str) else value
        for name, value in changes.items()
    }
    assert called(client, f"{PARTNER_CENTER}/v1/customers", f"Bearer {signed(client)}").status_code == 200
    answer = called(client, f"{PARTNER_CENTER}/v1/customers", f"Bearer {signed(client, **given)}")
    assert (answer.status_code, answer.json()["code"]) == (401, 800001)


# In each service's words -----------------------------------------------------------------------------------


def test_azure_resource_manager_says_where_a_token_is_had(client: Client) -> None:
    customer = client.customer()
    client.plan(customer)
    client.consented(customer)
    client.simulator.clock.sleep(60)
    (subscription,) = client.arm("GET", "/subscriptions?api-version=2022-12-01", tenant=customer).json()["value"]
    url = f"{ARM}{subscription['id']}?api-version=2022-12-01"
    answer = called(client, url, None)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "AuthenticationFailed")
    expected = (
        f'Bearer authorization_uri="https://login.windows.net/{customer}", error="invalid_token", '
        "error_description=\"The authentication failed because of missing 'Authorization' header.\""
    )
    assert answer.headers["WWW-Authenticate"] == expected
    answer = called(client, TENANTS, "Bearer nonsense")
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    answer = called(client, url, f"Bearer {client.token(ARM)}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationTokenTenant")
    assert f'authorization_uri="https://login.windows.net/{customer}"' in answer.headers["WWW-Authenticate"]
    answer = called(client, url, f"Bearer {client.token(PARTNER_CENTER)}")
    assert answer.json()["error"]["code"] == "InvalidAuthenticationTokenAudience"
    token = client.token(ARM, customer)
    client.simulator.clock.sleep(3700)
    answer = called(client, url, f"Bearer {token}")
    assert answer.json()["error"]["code"] == "ExpiredAuthenticationToken"
    assert "expired" in answer.headers["WWW-Authenticate"]


def test_partner_center_tells_the_retired_graphs_audience_apart(client: Client) -> None:
    token = client.token("https://graph.windows.net", app=True)
    answer = called(client, f"{PARTNER_CENTER}/v1/customers", f"Bearer {token}")
    assert (answer.status_code, answer.json()["code"]) == (401, 900420)
    assert answer.headers["WWW-Authenticate"].startswith("OAuth realm=")


def test_a_token_of_a_customers_tenant_opens_no_partner_center(client: Client) -> None:
    customer = client.customer()
    app = client.people("register-application", tenant=customer)
    form = {"client_id": app["clientId"], "client_secret": app["clientSecret"]}
    token = client.token_answer(PARTNER_CENTER, customer, grant_type="client_credentials", **form).json()
    answer = called(client, f"{PARTNER_CENTER}/v1/customers", f"Bearer {token['access_token']}")
    assert (answer.status_code, answer.json()["code"]) == (401, 800001)


def test_partner_center_reports_whether_mfa_was_done(client: Client) -> None:
    asked = {"ValidateMfa": "true"}
    answer = client.pc("GET", "/v1/customers", headers=asked)
    assert (answer.status_code, answer.headers["isMfaCompliant"]) == (200, "true")
    without = client.people("sign-in-agent", mfa=False)["refreshToken"]
    answer = client.pc("GET", "/v1/customers", headers=asked, refresh_token=without)
    assert (answer.status_code, answer.json()["code"]) == (401, 900421)
    assert answer.headers["isMfaCompliant"] == "false"
    assert "isMfaCompliant" not in client.pc("GET", "/v1/customers").headers
    assert "isMfaCompliant" not in client.pc("GET", "/v1/customers", headers=asked, app=True).headers


def test_who_leaves_the_agents_group_loses_their_rights_at_once(client: Client) -> None:
    outsider = client.people("sign-in-agent", agent=False)["refreshToken"]
    answer = client.pc("GET", "/v1/customers", refresh_token=outsider)
    assert (answer.status_code, answer.json()["code"]) == (403, 900308)


# Accounts --------------------------------------------------------------------------------------------------


def test_an_indirect_reseller_has_no_api(client: Client) -> None:
    client.simulator.account(tier="reseller")
    for app in (True, False):
        answer = client.pc("GET", "/v1/customers", app=app)
        assert (answer.status_code, answer.json()["code"]) == (403, 2032)
    client.simulator.account(tier="provider")
    assert client.pc("GET", "/v1/customers").status_code == 200


@pytest.mark.parametrize("fields", [{"tier": "gold"}, {"sandbox": "yes"}, {"country": "Germany"}, {"colour": "blue"}])
def test_an_account_that_cannot_be(client: Client, fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"is|are|has"):
        client.simulator.account(**fields)
    assert client.http.post("http://simulator/_simulator/account", json=fields).status_code == 400

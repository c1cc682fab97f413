"""Sign-in: discovery, tokens, refusals in Microsoft Entra's words; and what the services make of tokens."""

from __future__ import annotations

import jwt
import pytest
from simulator_client import ARM, PARTNER_CENTER, SIGN_IN, Client, consent

GRAPH = "https://graph.microsoft.com"


def claims(token: str) -> dict[str, object]:
    """Return the claims without verifying them."""
    return jwt.decode(token, options={"verify_signature": False})


def verified(client: Client, token: str, audience: str) -> dict[str, object]:
    """Return the claims after verifying the signature against the published keys."""
    keys = jwt.PyJWKSet.from_dict(client.http.get(f"{SIGN_IN}/common/discovery/v2.0/keys").json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key.key, algorithms=["RS256"], audience=audience)


def test_discovery_leads_to_the_token_endpoint_and_the_keys(client: Client) -> None:
    v2 = client.http.get(f"{SIGN_IN}/{client.tenant}/v2.0/.well-known/openid-configuration").json()
    assert v2["token_endpoint"] == f"{SIGN_IN}/{client.tenant}/oauth2/v2.0/token"
    assert v2["issuer"] == f"{SIGN_IN}/{client.tenant}/v2.0"
    assert client.http.get(v2["jwks_uri"]).json()["keys"][0]["kty"] == "RSA"
    v1 = client.http.get(f"{SIGN_IN}/{client.tenant}/.well-known/openid-configuration").json()
    assert v1["token_endpoint"] == f"{SIGN_IN}/{client.tenant}/oauth2/token"
    assert v1["issuer"] == f"https://sts.windows.net/{client.tenant}/"
    assert client.http.get(v1["jwks_uri"]).json()["keys"]
    endpoint = f"{SIGN_IN}/{client.tenant}/oauth2/v2.0/authorize"
    found = client.http.get(
        f"{SIGN_IN}/common/discovery/instance",
        params={"api-version": "1.1", "authorization_endpoint": endpoint},
    ).json()
    assert found["tenant_discovery_endpoint"].endswith(f"/{client.tenant}/v2.0/.well-known/openid-configuration")
    assert "login.microsoftonline.com" in found["metadata"][0]["aliases"]


def test_the_application_gets_a_token_of_its_own_without_id_token(client: Client) -> None:
    answer = client.token_answer(PARTNER_CENTER, grant_type="client_credentials").json()
    assert set(answer) == {"token_type", "expires_in", "ext_expires_in", "access_token"}
    token = verified(client, answer["access_token"], PARTNER_CENTER)
    assert (token["idtyp"], token["tid"], token["appid"]) == ("app", client.tenant, client.profile["clientId"])
    assert token["oid"] == token["sub"]
    assert "scp" not in token


def test_the_agent_gets_a_token_with_mfa_and_a_new_refresh_token_beside_the_old(client: Client) -> None:
    answer = client.token_answer(PARTNER_CENTER).json()
    token = verified(client, answer["access_token"], PARTNER_CENTER)
    assert (token["idtyp"], token["scp"]) == ("user", "user_impersonation")
    assert "mfa" in token["amr"]  # type: ignore[operator]
    assert answer["refresh_token"] != client.profile["refreshToken"]
    for refresh_token in (answer["refresh_token"], client.profile["refreshToken"]):
        assert client.token_answer(PARTNER_CENTER, refresh_token=refresh_token).status_code == 200


def test_openid_scopes_bring_an_id_token_and_client_info(client: Client) -> None:
    scope = f"{PARTNER_CENTER}/.default offline_access openid profile"
    answer = client.token_answer(PARTNER_CENTER, scope=scope).json()
    assert verified(client, answer["id_token"], client.profile["clientId"])["tid"] == client.tenant
    assert answer["client_info"]


def test_the_first_version_of_the_endpoint_writes_numbers_as_strings(client: Client) -> None:
    form = {
        "client_id": client.profile["clientId"],
        "client_secret": client.profile["clientSecret"],
        "grant_type": "refresh_token",
        "refresh_token": client.profile["refreshToken"],
        "resource": PARTNER_CENTER,
    }
    answer = client.http.post(f"{SIGN_IN}/{client.tenant}/oauth2/token", data=form).json()
    assert answer["expires_in"] == "3599"
    assert int(answer["expires_on"]) - int(answer["not_before"]) == 3599
    assert answer["resource"] == PARTNER_CENTER
    assert claims(answer["access_token"])["aud"] == PARTNER_CENTER


def test_a_tenant_goes_by_its_domain_and_by_organizations_too(client: Client) -> None:
    client.customer("byname.onmicrosoft.com")
    customer = client.pc("GET", "/v1/customers").json()["items"][0]["id"]
    client.consented(customer)
    answer = client.token_answer(ARM, "ByName.onmicrosoft.com").json()
    assert claims(answer["access_token"])["tid"] == customer
    answer = client.token_answer(ARM, "organizations").json()
    assert claims(answer["access_token"])["tid"] == client.tenant


@pytest.mark.parametrize(
    ("form", "status", "error", "code"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_id": "00000000-0000-0000-0000-000000000009"}, 400, "unauthorized_client", 700016),
        ({"refresh_token": "rubbish"}, 400, "invalid_grant", 70000),
        ({"grant_type": "client_credentials", "scope": "openid"}, 400, "invalid_scope", 70011),
        ({"scope": "https://nobody.example/.default"}, 400, "invalid_resource", 500011),
        ({"grant_type": "client_credentials", "scope": f"{ARM}/user_impersonation"}, 400, "invalid_scope", 1002012),
        ({"grant_type": ""}, 400, "invalid_request", 900144),
    ],
)
def test_refusals_have_entras_shape_and_code(
    client: Client, form: dict[str, str], status: int, error: str, code: int
) -> None:
    answer = client.token_answer(PARTNER_CENTER, **form)
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert {"timestamp", "trace_id", "correlation_id"} <= set(body)


def test_an_unknown_tenant_and_an_unknown_grant(client: Client) -> None:
    answer = client.token_answer(PARTNER_CENTER, "nowhere.onmicrosoft.com")
    assert (answer.status_code, answer.json()["error_codes"]) == (400, [90002])
    assert client.http.get(f"{SIGN_IN}/nowhere/v2.0/.well-known/openid-configuration").status_code == 400
    answer = client.token_answer(PARTNER_CENTER, grant_type="nonsense")
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_a_refresh_token_dies_of_ninety_days_without_use(client: Client) -> None:
    fresh = client.token_answer(PARTNER_CENTER).json()["refresh_token"]
    client.simulator.clock.sleep(80 * 86400)
    assert client.token_answer(PARTNER_CENTER, refresh_token=fresh).status_code == 200
    client.simulator.clock.sleep(80 * 86400)
    assert client.token_answer(PARTNER_CENTER, refresh_token=fresh).status_code == 200
    client.simulator.clock.sleep(91 * 86400)
    answer = client.token_answer(PARTNER_CENTER, refresh_token=fresh)
    assert (answer.json()["error"], answer.json()["error_codes"]) == ("invalid_grant", [700082])


def test_a_customers_directory_refuses_our_application_until_it_is_consented_for_that_audience(
    client: Client,
) -> None:
    customer = client.customer()
    answer = client.token_answer(ARM, customer)
    body = answer.json()
    assert (answer.status_code, body["error"], body["suberror"]) == (400, "invalid_grant", "consent_required")
    assert body["error_codes"] == [65001]
    answer = client.token_answer(ARM, customer, grant_type="client_credentials")
    assert (answer.status_code, answer.json()["error_codes"]) == (401, [7000229])
    client.consented(customer)
    assert claims(client.token(ARM, customer))["tid"] == customer
    assert claims(client.token(ARM, customer, app=True))["idtyp"] == "app"
    assert client.token_answer(GRAPH, customer).json()["error_codes"] == [65001]
    path = f"/v1/customers/{customer}/applicationconsents"
    assert client.pc("DELETE", f"{path}/{client.profile['clientId']}").status_code == 204
    assert client.token_answer(ARM, customer).json()["error_codes"] == [65001]
    assert client.pc("POST", path, consent(client.profile["clientId"])).status_code == 201


# What Partner Center makes of tokens -----------------------------------------------------------------------


def partner_center(client: Client, authorization: str | None) -> tuple[int, object]:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = client.http.get(f"{PARTNER_CENTER}/v1/customers", headers=headers)
    return answer.status_code, answer.json().get("code")


def test_partner_center_wants_a_token_of_its_own_audience_and_of_the_partners_tenant(client: Client) -> None:
    assert partner_center(client, None) == (401, 800001)
    assert partner_center(client, "Bearer nonsense") == (401, 800001)
    assert partner_center(client, f"Bearer {client.token(ARM)}") == (401, 900420)
    forged = jwt.encode(claims(client.token(PARTNER_CENTER)), "secret" * 8, algorithm="HS256")
    assert partner_center(client, f"Bearer {forged}") == (401, 800001)
    assert partner_center(client, f"Bearer {client.token(PARTNER_CENTER)}")[0] == 200


def test_a_token_lives_an_hour(client: Client) -> None:
    token = client.token(PARTNER_CENTER)
    client.simulator.clock.sleep(3500)
    assert partner_center(client, f"Bearer {token}")[0] == 200
    client.simulator.clock.sleep(120)
    assert partner_center(client, f"Bearer {token}") == (401, 800001)


def test_some_routes_want_a_person(client: Client) -> None:
    answer = client.pc("GET", "/v1/customers/relationshiprequests", app=True)
    assert (answer.status_code, answer.json()["code"]) == (403, 900329)
    assert client.pc("GET", "/v1/customers", app=True).status_code == 200


def test_a_person_needs_mfa_and_an_agents_role(client: Client) -> None:
    without = client.people("sign-in-agent", mfa=False)["refreshToken"]
    answer = client.pc("GET", "/v1/customers", refresh_token=without)
    assert (answer.status_code, answer.json()["code"]) == (401, 900421)
    outsider = client.people("sign-in-agent", agent=False)["refreshToken"]
    answer = client.pc("GET", "/v1/customers", refresh_token=outsider)
    assert (answer.status_code, answer.json()["code"]) == (403, 900308)

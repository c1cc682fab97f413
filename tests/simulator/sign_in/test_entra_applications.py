"""Applications that sign in as themselves: by secret, by certificate, by an external issuer they trust."""

from __future__ import annotations

from typing import Any

import msal
import pytest
from cryptography.hazmat.primitives import hashes
from entra_client import (
    GRAPH,
    Certificate,
    MsalHttp,
    asked,
    by_assertion,
    claims,
    jwks,
    key,
    refusal,
    verified,
)
from simulator_client import ARM, PARTNER_CENTER, SIGN_IN, Client

ISSUER, SUBJECT = "https://token.actions.githubusercontent.com", "repo:contoso/estate:ref:refs/heads/main"
EXCHANGE = "api://AzureADTokenExchange"


def by_secret(client: Client, app: dict[str, Any], tenant: str, resource: str = ARM, **form: str) -> Any:
    given = {"client_id": app["clientId"], "client_secret": app["clientSecret"], "grant_type": "client_credentials"}
    return asked(client, tenant, **{**given, "scope": f"{resource}/.default", **form})


def test_an_application_of_a_customers_tenant_signs_in_there_and_nowhere_else(client: Client) -> None:
    customer = client.customer()
    app = client.people("register-application", tenant=customer, name="pipeline")
    token = verified(client, by_secret(client, app, customer).json()["access_token"], ARM)
    assert (token["tid"], token["appid"], token["oid"]) == (customer, app["clientId"], app["objectId"])
    assert (token["idtyp"], token["appidacr"], token["ver"]) == ("app", "1", "1.0")
    assert token["iss"] == f"https://sts.windows.net/{customer}/"
    assert not {"scp", "roles", "amr", "agent", "upn"} & set(token)
    assert refusal(by_secret(client, app, client.tenant)) == (400, "unauthorized_client", 700016)
    assert refusal(by_secret(client, app, "organizations")) == (400, "invalid_request", 50059)


def test_no_id_token_ever_for_an_application(client: Client) -> None:
    answer = client.token_answer(PARTNER_CENTER, grant_type="client_credentials").json()
    assert set(answer) == {"token_type", "expires_in", "ext_expires_in", "access_token"}
    scope = f"{PARTNER_CENTER}/.default openid offline_access"
    answer = client.token_answer(PARTNER_CENTER, grant_type="client_credentials", scope=scope).json()
    assert not {"id_token", "refresh_token"} & set(answer)


def test_the_roles_that_an_application_was_granted_are_in_its_token(client: Client) -> None:
    app = client.people("register-application", tenant=client.tenant, permissions="Group.Read.All,User.Read.All")
    token = claims(by_secret(client, app, client.tenant, GRAPH).json()["access_token"])
    assert token["roles"] == ["Group.Read.All", "User.Read.All"]
    assert "roles" not in claims(by_secret(client, app, client.tenant, ARM).json()["access_token"])


def test_microsoft_graph_refuses_an_application_whose_roles_do_not_do(client: Client) -> None:
    app = client.people("register-application", tenant=client.tenant, permissions="Group.Read.All")
    token = by_secret(client, app, client.tenant, GRAPH).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert client.http.get(f"{GRAPH}/v1.0/groups", headers=headers).status_code == 200
    answer = client.http.get(f"{GRAPH}/v1.0/users", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Authorization_RequestDenied")


def test_a_role_of_azure_comes_with_the_registration(client: Client) -> None:
    customer = client.customer()
    client.plan(customer)
    client.consented(customer)
    client.simulator.clock.sleep(60)
    (subscription,) = client.arm("GET", "/subscriptions?api-version=2022-12-01", tenant=customer).json()["value"]
    app = client.people("register-application", tenant=customer, role="Reader", scope=subscription["id"])
    client.simulator.clock.sleep(60)
    token = by_secret(client, app, customer).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    groups = f"{ARM}{subscription['id']}/resourcegroups?api-version=2021-04-01"
    assert client.http.get(groups, headers=headers).status_code == 200
    made = f"{ARM}{subscription['id']}/resourcegroups/x?api-version=2021-04-01"
    answer = client.http.put(made, json={"location": "westus"}, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "AuthorizationFailed")


def test_an_expired_secret_and_a_deleted_application(client: Client) -> None:
    app = client.people("register-application", tenant=client.tenant, days=30)
    client.simulator.clock.sleep(29 * 86400)
    assert by_secret(client, app, client.tenant).status_code == 200
    client.simulator.clock.sleep(2 * 86400)
    assert refusal(by_secret(client, app, client.tenant)) == (401, "invalid_client", 7000222)
    assert refusal(by_secret(client, app, client.tenant, client_secret="x")) == (401, "invalid_client", 7000215)
    client.people("delete-application", clientId=app["clientId"])
    assert refusal(by_secret(client, app, client.tenant)) == (400, "unauthorized_client", 700016)


def test_the_secret_may_come_by_basic_authentication(client: Client) -> None:
    app = client.people("register-application", tenant=client.tenant)
    form = {"grant_type": "client_credentials", "scope": f"{ARM}/.default"}
    url = f"{SIGN_IN}/{client.tenant}/oauth2/v2.0/token"
    answer = client.http.post(url, data=form, auth=(app["clientId"], app["clientSecret"]))
    assert answer.status_code == 200
    answer = client.http.post(url, data=form, headers={"Authorization": "Basic %%%"})
    assert refusal(answer) == (400, "invalid_request", 9002313)


# Certificates --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
@pytest.mark.parametrize("name", ["x5t", "x5t#S256"])
def test_a_certificate_proves_who_the_application_is(client: Client, algorithm: str, name: str) -> None:
    certificate = Certificate()
    app = client.people("register-application", tenant=client.tenant, certificate=certificate.pem)
    digest = hashes.SHA1() if name == "x5t" else hashes.SHA256()
    headers = {name: certificate.thumbprint(digest)}
    assertion = certificate.assertion(client, app["clientId"], client.tenant, algorithm, headers=headers)
    answer = by_assertion(client, client.tenant, assertion, client_id=app["clientId"])
    assert claims(answer.json()["access_token"])["appidacr"] == "2"
    assert by_assertion(client, client.tenant, assertion).status_code == 200, "again, and without a client_id"


def test_msal_signs_in_with_a_certificate(client: Client) -> None:
    certificate = Certificate()
    app = client.people("register-application", tenant=client.tenant, certificate=certificate.pem)
    credential = {"private_key": certificate.key_pem, "public_certificate": certificate.pem}
    application = msal.ConfidentialClientApplication(
        app["clientId"],
        client_credential=credential,
        authority=f"{SIGN_IN}/{client.tenant}",
        http_client=MsalHttp(client.http),
    )
    result = application.acquire_token_for_client([f"{ARM}/.default"])
    assert "access_token" in result, result
    assert claims(result["access_token"])["appid"] == app["clientId"]


@pytest.mark.parametrize(
    ("changes", "status", "error", "code"),
    [
        ({"exp": 1_600_000_000, "nbf": 1_500_000_000}, 401, "invalid_client", 700024),
        ({"nbf": 4_000_000_000, "exp": 4_000_000_600}, 401, "invalid_client", 700024),
        ({"exp": None}, 400, "invalid_request", 50027),
        ({"exp": "soon"}, 400, "invalid_request", 50027),
        ({"aud": "https://login.microsoftonline.com/common/oauth2/token"}, 401, "invalid_client", 700023),
        ({"aud": "https://example.com"}, 401, "invalid_client", 700023),
        ({"sub": "00000000-0000-0000-0000-000000000001"}, 401, "invalid_client", 50048),
        ({"iss": "another", "sub": "another"}, 401, "invalid_client", 700021),
        ({"iss": "another"}, 401, "invalid_client", 70025),
        ({"headers": {"x5t": "AAAA"}}, 401, "invalid_client", 700027),
        ({"headers": {}}, 401, "invalid_client", 700027),
    ],
)
def test_an_assertion_that_does_not_prove_it(
    client: Client, changes: dict[str, Any], status: int, error: str, code: int
) -> None:
    certificate = Certificate()
    app = client.people("register-application", tenant=client.tenant, certificate=certificate.pem)
    assertion = certificate.assertion(client, app["clientId"], client.tenant, **changes)
    answer = by_assertion(client, client.tenant, assertion, client_id=app["clientId"])
    assert refusal(answer) == (status, error, code)


def test_assertions_that_somebody_else_signed_or_nobody(client: Client) -> None:
    certificate = Certificate()
    app = client.people("register-application", tenant=client.tenant, certificate=certificate.pem)
    id = app["clientId"]
    forged = certificate.assertion(client, id, client.tenant, key=key("somebody else"))
    assert refusal(by_assertion(client, client.tenant, forged, client_id=id)) == (401, "invalid_client", 700027)
    for algorithm, secret in (("none", None), ("HS256", certificate.pem.replace("-", ""))):
        weak = certificate.assertion(client, id, client.tenant, algorithm, key=secret)
        assert refusal(by_assertion(client, client.tenant, weak, client_id=id)) == (401, "invalid_client", 5002738)
    answer = by_assertion(client, client.tenant, "not-a-token", client_id=id)
    assert refusal(answer) == (400, "invalid_request", 50027)
    good = certificate.assertion(client, id, client.tenant)
    answer = by_assertion(client, client.tenant, good, client_id=id, client_assertion_type="")
    assert refusal(answer) == (400, "invalid_request", 900144)
    expired = Certificate(days=(-30, -1))
    app = client.people("register-application", tenant=client.tenant, certificate=expired.pem)
    answer = by_assertion(client, client.tenant, expired.assertion(client, app["clientId"], client.tenant))
    assert refusal(answer) == (401, "invalid_client", 700027)
    assert "The key used is expired" in answer.json()["error_description"]


def test_without_any_credential_a_confidential_application_gets_nothing(client: Client) -> None:
    form = {"client_id": client.profile["clientId"], "grant_type": "client_credentials", "scope": f"{ARM}/.default"}
    assert refusal(asked(client, client.tenant, **form)) == (401, "invalid_client", 7000218)


# Federation ----------------------------------------------------------------------------------------------


def federated(client: Client) -> dict[str, Any]:
    app = client.people("register-application", tenant=client.tenant)
    keys = jwks("k1", key("issuer"))
    client.people("register-federation", clientId=app["clientId"], issuer=ISSUER, subject=SUBJECT, jwks=keys)
    return app


def issued(client: Client, **changes: Any) -> str:
    headers = changes.pop("headers", {"kid": "k1"})
    given = {"iss": ISSUER, "sub": SUBJECT, "aud": EXCHANGE, "headers": headers, "key": key("issuer"), **changes}
    return Certificate().assertion(client, "", client.tenant, "RS256", **given)


def test_a_token_of_an_external_issuer_opens_the_application_that_trusts_it(client: Client) -> None:
    app = federated(client)
    answer = by_assertion(client, client.tenant, issued(client), client_id=app["clientId"])
    assert claims(answer.json()["access_token"])["appid"] == app["clientId"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iss": f"{ISSUER}/"}, 700211),
        ({"aud": "api://somebody"}, 700212),
        ({"sub": "repo:contoso/estate:pull_request"}, 700213),
        ({"sub": SUBJECT.upper()}, 7002138),
        ({"exp": 1_600_000_000, "nbf": 1_500_000_000}, 700024),
        ({"key": "certificate"}, 50027),
        ({"headers": {"kid": "k2"}}, 50027),
    ],
)
def test_other_tokens_of_an_external_issuer_do_not(client: Client, changes: dict[str, Any], code: int) -> None:
    app = federated(client)
    if "key" in changes:
        changes = {"key": key(changes["key"])}
    answer = by_assertion(client, client.tenant, issued(client, **changes), client_id=app["clientId"])
    assert refusal(answer) == (401, "invalid_client", code)


def test_registering_what_cannot_work_is_refused(client: Client) -> None:
    app = client.people("register-application", tenant=client.tenant)
    for act, details in (
        ("register-federation", {"clientId": app["clientId"], "issuer": ISSUER, "subject": SUBJECT, "jwks": {}}),
        ("register-federation", {"clientId": "nobody", "issuer": ISSUER, "subject": SUBJECT, "jwks": {"keys": [{}]}}),
        ("register-application", {"tenant": client.tenant, "certificate": "nonsense"}),
        ("register-application", {"tenant": "nowhere.example"}),
    ):
        answer = client.http.post(f"http://simulator/_simulator/people/{act}", json=details)
        assert answer.status_code == 400, act

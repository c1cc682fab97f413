"""National clouds: each has hosts, issuers, audiences and keys of its own; and what discovery says of them."""

from __future__ import annotations

import httpx
import pytest
from entra_client import claims, refusal, verified
from simulator_client import SIGN_IN, Client

# https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud and …/azure-government
CLOUDS = {
    "global": (
        "https://login.microsoftonline.com",
        "https://sts.windows.net",
        "https://api.partnercenter.microsoft.com",
        "https://management.azure.com",
        "https://graph.microsoft.com",
    ),
    "usgov": (
        "https://login.microsoftonline.us",
        "https://sts.windows.net",
        "https://api.partnercenter.microsoft.com",
        "https://management.usgovcloudapi.net",
        "https://graph.microsoft.us",
    ),
    "china": (
        "https://login.partner.microsoftonline.cn",
        "https://sts.chinacloudapi.cn",
        "https://partner.partnercenterapi.microsoftonline.cn",
        "https://management.chinacloudapi.cn",
        "https://microsoftgraph.chinacloudapi.cn",
    ),
}


def token(client: Client, cloud: str, resource: str) -> httpx.Response:
    form = {
        "client_id": client.profile["clientId"],
        "client_secret": client.profile["clientSecret"],
        "grant_type": "refresh_token",
        "refresh_token": client.profile["refreshToken"],
        "scope": f"{resource}/.default",
    }
    return client.http.post(f"{CLOUDS[cloud][0]}/{client.tenant}/oauth2/v2.0/token", data=form)


def called(client: Client, url: str, access_token: str) -> int:
    return client.http.get(url, headers={"Authorization": f"Bearer {access_token}"}).status_code


def customers(client: Client, cloud: str, access_token: str) -> int:
    return called(client, f"{CLOUDS[cloud][2]}/v1/customers", access_token)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_each_cloud_opens_its_own_services(client: Client, cloud: str) -> None:
    host, issuer, partner_center, arm, graph = CLOUDS[cloud]
    access_token = token(client, cloud, partner_center).json()["access_token"]
    said = verified(client, access_token, partner_center, host)
    assert said["iss"] == f"{issuer}/{client.tenant}/"
    assert customers(client, cloud, access_token) == 200
    access_token = token(client, cloud, arm).json()["access_token"]
    assert called(client, f"{arm}/tenants?api-version=2022-12-01", access_token) == 200
    access_token = token(client, cloud, graph).json()["access_token"]
    assert called(client, f"{graph}/v1.0/organization", access_token) == 200
    discovered = client.http.get(f"{host}/{client.tenant}/v2.0/.well-known/openid-configuration").json()
    assert discovered["issuer"] == f"{host}/{client.tenant}/v2.0"
    assert f"https://{discovered['msgraph_host']}" == graph


@pytest.mark.parametrize(("one", "other"), [("global", "china"), ("china", "global"), ("usgov", "china")])
def test_a_token_of_one_cloud_opens_nothing_in_another(client: Client, one: str, other: str) -> None:
    assert customers(client, other, token(client, one, CLOUDS[one][2]).json()["access_token"]) == 401
    access_token = token(client, one, CLOUDS[one][3]).json()["access_token"]
    assert called(client, f"{CLOUDS[other][3]}/tenants?api-version=2022-12-01", access_token) == 401
    assert refusal(token(client, one, CLOUDS[other][3])) == (400, "invalid_resource", 500011)


def test_government_and_global_share_partner_centers_host_and_nothing_else(client: Client) -> None:
    access_token = token(client, "usgov", CLOUDS["usgov"][2]).json()["access_token"]
    assert customers(client, "global", access_token) == 200
    arm = token(client, "usgov", CLOUDS["usgov"][3]).json()["access_token"]
    assert called(client, "https://management.azure.com/tenants?api-version=2022-12-01", arm) == 401
    assert customers(client, "global", arm) == 401


def test_instance_discovery_knows_every_sign_in_host_and_no_other(client: Client) -> None:
    def discovered(host: str) -> httpx.Response:
        params = {"api-version": "1.1", "authorization_endpoint": f"{host}/common/oauth2/v2.0/authorize"}
        return client.http.get(f"{SIGN_IN}/common/discovery/instance", params=params)

    for host, *_ in CLOUDS.values():
        body = discovered(host).json()
        assert body["tenant_discovery_endpoint"] == f"{host}/common/v2.0/.well-known/openid-configuration"
        assert host.removeprefix("https://") in {each["preferred_network"] for each in body["metadata"]}
    assert refusal(discovered("https://login.example.com")) == (400, "invalid_instance", 50049)
    own = client.http.get(
        "http://localhost:8443/common/discovery/instance",
        params={"authorization_endpoint": "http://localhost:8443/common/oauth2/v2.0/authorize"},
    )
    assert own.json()["tenant_discovery_endpoint"].startswith("http://localhost:8443/common/v2.0/")


def test_the_endpoints_of_everybody_leave_the_tenant_open(client: Client) -> None:
    common = client.http.get(f"{SIGN_IN}/common/v2.0/.well-known/openid-configuration").json()
    assert common["issuer"] == f"{SIGN_IN}/{{tenantid}}/v2.0"
    assert common["token_endpoint"] == f"{SIGN_IN}/common/oauth2/v2.0/token"
    personal = client.http.get(f"{SIGN_IN}/consumers/v2.0/.well-known/openid-configuration").json()
    assert personal["issuer"] == f"{SIGN_IN}/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"


def test_an_unknown_tenant_has_no_configuration_and_answers_carry_ids(client: Client) -> None:
    headers = {"client-request-id": "11111111-2222-3333-4444-555555555555", "return-client-request-id": "true"}
    url = f"{SIGN_IN}/nowhere.example/v2.0/.well-known/openid-configuration"
    answer = client.http.get(url, headers=headers)
    assert refusal(answer) == (400, "invalid_tenant", 90002)
    assert answer.headers["x-ms-request-id"] == answer.json()["trace_id"]
    assert answer.headers["client-request-id"] == answer.json()["correlation_id"] == headers["client-request-id"]


def test_whose_domain_a_user_has(client: Client) -> None:
    client.customer()
    found = client.http.get(f"{SIGN_IN}/common/userrealm/admin@fourthcoffeecsp.onmicrosoft.com?api-version=1.0").json()
    assert (found["account_type"], found["domain_name"]) == ("Managed", "fourthcoffeecsp.onmicrosoft.com")
    unknown = client.http.get(f"{SIGN_IN}/common/userrealm/x@nowhere.example?api-version=1.0").json()
    assert unknown["account_type"] == "Unknown"


def test_the_simulators_own_address_is_an_audience_where_it_is_called_by_it(client: Client) -> None:
    form = {
        "client_id": client.profile["clientId"],
        "client_secret": client.profile["clientSecret"],
        "grant_type": "client_credentials",
        "scope": "http://localhost:8443/.default",
    }
    answer = client.http.post(f"http://localhost:8443/{client.tenant}/oauth2/v2.0/token", data=form)
    access_token = answer.json()["access_token"]
    assert claims(access_token)["aud"] == "http://localhost:8443"
    assert called(client, "http://localhost:8443/tenants?api-version=2022-12-01", access_token) == 200
    assert called(client, "http://localhost:9000/tenants?api-version=2022-12-01", access_token) == 401
    assert called(client, "https://management.azure.com/tenants?api-version=2022-12-01", access_token) == 401

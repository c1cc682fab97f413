"""What people do in portals, and what the services make of it."""

from __future__ import annotations

from simulator_client import CONTROL, Client, new_customer

DOMAIN = "relecloud.onmicrosoft.com"


def test_an_existing_tenant_becomes_a_customer_by_accepting_the_invitation(client: Client) -> None:
    tenant = client.people("existing-tenant", domain=DOMAIN, name="Relecloud")["id"]
    assert client.pc("HEAD", f"/v1/domains/{DOMAIN}").status_code == 200
    assert client.pc("POST", "/v1/customers", new_customer(DOMAIN)).status_code == 400
    assert client.pc("GET", f"/v1/customers/{tenant}").status_code == 404
    url = client.pc("GET", "/v1/customers/relationshiprequests").json()["url"]
    assert f"partnerId={client.tenant}" in url
    client.people("accept-invitation", tenant=DOMAIN)
    found = client.pc("GET", f"/v1/customers/{tenant}").json()
    assert found["companyProfile"]["domain"] == DOMAIN
    assert found["relationshipToPartner"] == "reseller"
    assert found["allowDelegatedAccess"] is True
    assert client.pc("GET", "/v1/customers").json()["items"][0]["id"] == tenant


def test_a_customer_may_accept_without_delegating(client: Client) -> None:
    tenant = client.people("existing-tenant", domain=DOMAIN)["id"]
    client.people("accept-invitation", tenant=tenant, delegated=False)
    assert client.pc("GET", f"/v1/customers/{tenant}").json()["allowDelegatedAccess"] is False


def test_delegation_withdrawn_ends_our_rights_in_azure_until_it_is_renewed(client: Client) -> None:
    customer = client.customer()
    client.plan(customer)
    client.consented(customer)
    client.simulator.clock.sleep(60)
    (subscription,) = client.arm("GET", "/subscriptions?api-version=2022-12-01", tenant=customer).json()["value"]
    groups = f"{subscription['id']}/resourcegroups?api-version=2021-04-01"
    assert client.arm("GET", groups, tenant=customer).status_code == 200
    client.people("remove-delegated-administration", tenant=customer)
    answer = client.arm("GET", groups, tenant=customer)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "AuthorizationFailed")
    assert client.pc("GET", f"/v1/customers/{customer}").json()["allowDelegatedAccess"] is False
    client.people("accept-invitation", tenant=customer)
    assert client.arm("GET", groups, tenant=customer).status_code == 200


def test_a_subscription_of_another_channel_is_seen_in_azure_but_not_in_partner_center(client: Client) -> None:
    customer = client.customer()
    plan = client.plan(customer)
    client.consented(customer)
    own = client.people("own-subscription", tenant=customer, name="Bought elsewhere")["id"]
    client.simulator.clock.sleep(60)
    known = client.arm("GET", "/subscriptions?api-version=2022-12-01", tenant=customer).json()["value"]
    assert {each["displayName"] for each in known} == {"Bought elsewhere", "Microsoft Azure"}
    path = f"/v1/customers/{customer}/subscriptions/{plan}/azureEntitlements"
    assert own not in [each["id"] for each in client.pc("GET", path).json()["items"]]


def test_the_same_deeds_can_be_asked_for_in_process(client: Client) -> None:
    tenant = client.simulator.people("existing-tenant", domain=DOMAIN)["id"]
    client.simulator.people("accept-invitation", tenant=tenant)
    assert client.pc("GET", f"/v1/customers/{tenant}").status_code == 200


def test_what_people_cannot_do_is_told(client: Client) -> None:
    for act, details in (
        ("existing-tenant", {"domain": "contoso.onmicrosoft.com"}),
        ("accept-invitation", {"tenant": client.tenant}),
        ("remove-delegated-administration", {"tenant": "nobody"}),
        ("own-subscription", {"tenant": "nobody", "name": "x"}),
        ("existing-tenant", {"wrong": 1}),
    ):
        answer = client.http.post(f"{CONTROL}/_simulator/people/{act}", json=details)
        assert answer.status_code == 400, (act, answer.text)


def test_the_customers_administrator_deletes_and_renames_users_too(client: Client) -> None:
    customer = client.customer(DOMAIN)
    users = f"/v1/customers/{customer}/users"
    (admin,) = client.pc("GET", users).json()["items"]
    client.people("rename-user", tenant=DOMAIN, user=f"admin@{DOMAIN}", to=f"root@{DOMAIN}")
    assert client.pc("GET", f"{users}/{admin['id']}").json()["userPrincipalName"] == f"root@{DOMAIN}"
    client.people("delete-user", tenant=customer, user=f"ROOT@{DOMAIN}")
    assert client.pc("GET", users).json()["items"] == []
    for act, details in (
        ("delete-user", {"tenant": DOMAIN, "user": f"root@{DOMAIN}"}),
        ("rename-user", {"tenant": "nobody", "user": "x", "to": "y"}),
        ("buy-licences", {"tenant": DOMAIN, "sku": "NOTHING"}),
        ("add-domain", {"tenant": DOMAIN, "domain": "contoso.onmicrosoft.com"}),
    ):
        answer = client.http.post(f"{CONTROL}/_simulator/people/{act}", json=details)
        assert answer.status_code == 400, (act, answer.text)


def test_a_customers_own_domain_may_be_federated(client: Client) -> None:
    users = f"/v1/customers/{client.customer(DOMAIN)}/users"
    client.people("add-domain", tenant=DOMAIN, domain="relecloud.com")
    client.people("add-domain", tenant=DOMAIN, domain="corp.relecloud.com", federated=True)
    profile = {"password": "abCD123*"}
    body = {"displayName": "Lee", "userPrincipalName": "lee@relecloud.com", "passwordProfile": profile}
    assert client.pc("POST", users, body).status_code == 200
    answer = client.pc("POST", users, body | {"userPrincipalName": "lee@corp.relecloud.com"})
    assert answer.status_code == 400
    assert "federated" in answer.json()["description"]

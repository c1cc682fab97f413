"""Microsoft Graph: applications, their secrets, and what stands for them in a directory."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from graph_client import APPLICATION, GRAPH, Graph, error, reference
from simulator_client import ARM, Client

from cspctl.simulator import tenants


def test_an_application_with_a_secret_signs_in(client: Client, graph: Graph, customer: str) -> None:
    made = graph.made("/applications", {"displayName": "deployer"})
    principal = graph.made("/servicePrincipals", {"appId": made["appId"]})
    assert principal["appOwnerOrganizationId"] == customer
    answer = graph("POST", f"/applications/{made['id']}/addPassword", {"passwordCredential": {"displayName": "ci"}})
    secret = answer.json()["secretText"]
    form = {"client_id": made["appId"], "client_secret": secret, "grant_type": "client_credentials"}
    assert client.token_answer(ARM, customer, **form).status_code == 200
    (known,) = graph("GET", f"/applications/{made['id']}").json()["passwordCredentials"]
    assert (known["secretText"], known["displayName"], known["hint"]) == (None, "ci", secret[:3])
    gone = graph("POST", f"/applications/{made['id']}/removePassword", {"keyId": known["keyId"]})
    assert gone.status_code == 204
    assert client.token_answer(ARM, customer, **form).status_code == 401


def test_what_is_microsofts_is_in_every_directory(graph: Graph) -> None:
    (found,) = graph.value(f"/servicePrincipals?$filter=appId eq '{APPLICATION}'")
    roles = {each["value"]: each["id"] for each in found["appRoles"]}
    assert (found["displayName"], roles["User.Read.All"]) == (
        "Microsoft Graph",
        "df021288-bdef-4463-88db-98f22de89214",
    )
    by_app = graph("GET", f"/servicePrincipals(appId='{APPLICATION}')").json()
    assert by_app["id"] == found["id"]
    by_name = graph.value("/servicePrincipals?$filter=servicePrincipalNames/any(c:c eq 'https://graph.microsoft.com')")
    assert [each["id"] for each in by_name] == [found["id"]]
    assert graph("GET", f"/servicePrincipals/{found['id']}").status_code == 200


def test_an_application_stands_in_a_directory_once(client: Client, graph: Graph) -> None:
    ours = graph("POST", "/servicePrincipals", {"appId": client.profile["clientId"]})
    assert ours.json()["error"]["details"][0]["code"] == "ObjectConflict"
    unknown = graph("POST", "/servicePrincipals", {"appId": "00000000-0000-0000-0000-000000000009"})
    assert error(unknown) == (400, "Request_BadRequest")
    (found,) = graph.value(f"/servicePrincipals?$filter=appId eq '{client.profile['clientId']}'")
    group = graph.made(
        "/groups", {"displayName": "Apps", "mailEnabled": False, "mailNickname": "apps", "securityEnabled": True}
    )
    assert graph("POST", f"/groups/{group['id']}/members/$ref", reference(found["id"])).status_code == 204
    (member,) = graph.value(f"/groups/{group['id']}/members")
    assert (member["@odata.type"], member["appId"]) == (
        "#microsoft.graph.servicePrincipal",
        client.profile["clientId"],
    )


def test_a_deleted_application_is_gone_from_its_directory(client: Client, graph: Graph, customer: str) -> None:
    made = graph.made("/applications", {"displayName": "short-lived"})
    graph.made("/servicePrincipals", {"appId": made["appId"]})
    assert graph("PATCH", f"/applications/{made['id']}", {"displayName": "renamed"}).status_code == 204
    assert graph("GET", f"/applications(appId='{made['appId']}')").json()["displayName"] == "renamed"
    assert graph("DELETE", f"/applications/{made['id']}").status_code == 204
    assert graph.value(f"/servicePrincipals?$filter=appId eq '{made['appId']}'") == []
    assert graph.value("/applications?$filter=displayName eq 'renamed'") == []


def test_objects_by_their_ids_alone(graph: Graph) -> None:
    (admin,) = graph.value("/users")
    (principal,) = graph.value(f"/servicePrincipals?$filter=appId eq '{APPLICATION}'")
    nobody = "00000000-0000-0000-0000-000000000009"
    body = {"ids": [admin["id"], principal["id"], nobody]}
    answer = graph("POST", "/directoryObjects/getByIds", body).json()
    types = {each["id"]: each["@odata.type"] for each in answer["value"]}
    assert types == {
        admin["id"]: "#microsoft.graph.user",
        principal["id"]: "#microsoft.graph.servicePrincipal",
    }
    only = graph("POST", "/directoryObjects/getByIds", body | {"types": ["user"]}).json()["value"]
    assert [each["id"] for each in only] == [admin["id"]]
    assert graph("GET", f"/directoryObjects/{admin['id']}").json()["@odata.type"] == "#microsoft.graph.user"
    assert error(graph("GET", f"/directoryObjects/{nobody}")) == (404, "Request_ResourceNotFound")


def test_the_organization_and_its_domains(graph: Graph, customer: str) -> None:
    (found,) = graph.value("/organization")
    assert (found["id"], found["displayName"], found["countryLetterCode"]) == (customer, "Fourth Coffee", "US")
    (domain,) = found["verifiedDomains"]
    assert (domain["name"], domain["isDefault"], domain["type"]) == ("fourthcoffeecsp.onmicrosoft.com", True, "Managed")
    assert graph.value("/domains")[0]["id"] == domain["name"]


def test_an_application_is_granted_permissions_of_its_own(client: Client, graph: Graph, customer: str) -> None:
    made = client.people("register-application", tenant=customer)
    form = {"client_id": made["clientId"], "client_secret": made["clientSecret"], "grant_type": "client_credentials"}
    (service,) = graph.value(f"/servicePrincipals?$filter=appId eq '{APPLICATION}'")
    role = next(each["id"] for each in service["appRoles"] if each["value"] == "User.Read.All")
    administrator = Graph.of_application(client, customer, "AppRoleAssignment.ReadWrite.All,Directory.Read.All")
    path = f"/servicePrincipals/{made['objectId']}/appRoleAssignments"
    body = {"principalId": made["objectId"], "resourceId": service["id"], "appRoleId": role}
    assert error(graph("POST", path, body)) == (403, "Authorization_RequestDenied")
    granted = administrator("POST", path, body)
    assert (granted.status_code, granted.json()["principalType"]) == (201, "ServicePrincipal")
    assert "already exists" in administrator("POST", path, body).json()["error"]["message"]
    unknown = administrator("POST", path, body | {"appRoleId": "00000000-0000-0000-0000-000000000009"})
    assert "was not found on application" in unknown.json()["error"]["message"]

    def reads() -> int:
        token = client.token_answer(GRAPH, customer, **form).json()["access_token"]
        return Graph(client, token)("GET", "/users").status_code

    assert reads() == 200
    (known,) = administrator.value(path)
    assert administrator("DELETE", f"{path}/{known['id']}").status_code == 204
    assert reads() == 403


def test_consent_for_everybody_is_a_grant_that_can_be_seen_and_withdrawn(client: Client, graph: Graph) -> None:
    (service,) = graph.value(f"/servicePrincipals?$filter=appId eq '{APPLICATION}'")
    (ours,) = graph.value(f"/servicePrincipals?$filter=appId eq '{client.profile['clientId']}'")
    (found,) = graph.value(f"/oauth2PermissionGrants?$filter=clientId eq '{ours['id']}'")
    assert (found["resourceId"], found["consentType"]) == (service["id"], "AllPrincipals")
    assert "Group.ReadWrite.All" in found["scope"].split()
    body = {key: found[key] for key in ("clientId", "consentType", "resourceId", "scope")}
    assert error(graph("POST", "/oauth2PermissionGrants", body)) == (400, "Request_BadRequest")
    assert graph("DELETE", f"/oauth2PermissionGrants/{found['id']}").status_code == 204
    assert graph.value("/oauth2PermissionGrants") == []
    again = graph("POST", "/oauth2PermissionGrants", body)
    assert (again.status_code, again.json()["id"]) == (201, found["id"])


def test_a_certificate_among_the_key_credentials_is_one_to_sign_in_with(graph: Graph) -> None:
    der = base64.b64encode(certificate().public_bytes(serialization.Encoding.DER)).decode()
    key = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": der}
    made = graph.made("/applications", {"displayName": "signer", "keyCredentials": [key]})
    (known,) = made["keyCredentials"]
    assert (known["type"], known["key"]) == ("AsymmetricX509Cert", None)
    assert graph("PATCH", f"/applications/{made['id']}", {"keyCredentials": [known, key]}).status_code == 204
    assert len(graph("GET", f"/applications/{made['id']}").json()["keyCredentials"]) == 2
    bad = graph("PATCH", f"/applications/{made['id']}", {"keyCredentials": [key | {"key": "AAAA"}]})
    assert error(bad) == (400, "Request_BadRequest")


def certificate() -> x509.Certificate:
    """Return a certificate of a key made for the moment."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "signer")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=30))
    return builder.sign(key, hashes.SHA256())


def test_who_registers_an_application_owns_it_and_others_leave_it_alone(client: Client, partner: Graph) -> None:
    write = consent_at_home(client, "Application.ReadWrite.All User.Read")
    made = write("POST", "/applications", {"displayName": "mine"}).json()
    assert [each["id"] for each in write.value(f"/applications/{made['id']}/owners")] == [
        write("GET", "/me").json()["id"]
    ]
    assert write("POST", f"/applications/{made['id']}/addPassword", {}).status_code == 200
    other = Graph.of_new_agent(client)
    for method, path, body in (
        ("POST", "addPassword", {}),
        ("POST", "removePassword", {"keyId": "x"}),
        ("PATCH", "", {"displayName": "yours"}),
        ("DELETE", "", None),
    ):
        answer = other(method, f"/applications/{made['id']}/{path}".rstrip("/"), body)
        assert error(answer) == (403, "Authorization_RequestDenied"), path
    assert write("DELETE", f"/applications/{made['id']}").status_code == 204
    assert error(partner("POST", "/applications", {"displayName": "x"})) == (403, "Authorization_RequestDenied")


def consent_at_home(client: Client, scope: str) -> Graph:
    """Give the agent's client at home once the partner's administrator has consented to this as well."""
    with client.simulator.store.transaction() as tx:
        tenants.allow(tx, client.tenant, client.profile["clientId"], APPLICATION, scope)
    answer = client.token_answer(GRAPH).json()
    return Graph(client, answer["access_token"])

"""Partner Center: agreements, and consent of our application in a customer's directory."""

from __future__ import annotations

import pytest
from simulator_client import Client, agreement, consent

CLOUD = "998b88de-aa99-4388-a42c-1b3517d49490"


@pytest.fixture
def path(client: Client) -> str:
    return f"/v1/customers/{client.customer()}"


def test_agreements_have_templates(client: Client) -> None:
    (item,) = client.pc("GET", "/v1/agreements?agreementType=MicrosoftCustomerAgreement").json()["items"]
    assert item["templateId"] == agreement()["templateId"]
    (item,) = client.pc("GET", "/v1/agreements").json()["items"]
    assert (item["agreementType"], item["templateId"]) == ("MicrosoftCloudAgreement", CLOUD)
    assert client.pc("GET", "/v1/agreements?agreementType=Treaty").status_code == 400
    assert client.pc("GET", "/v1/agreements", app=True).status_code == 403


def test_a_confirmation_is_recorded_once_for_each_contact(client: Client, path: str) -> None:
    answer = client.pc("POST", f"{path}/agreements", agreement())
    assert answer.status_code == 201
    assert answer.json()["userId"]
    answer = client.pc("POST", f"{path}/agreements", agreement(email="MARSHALL@fourthcoffee.com"))
    assert answer.status_code == 400
    body = answer.json()
    assert (body["code"], body["errorName"]) == (600061, "PartnerConfirmedAgreementAlreadyExists")
    assert body["isRetryable"] is False
    assert client.pc("POST", f"{path}/agreements", agreement(firstName="Tania")).status_code == 201
    listed = client.pc("GET", f"{path}/agreements?agreementType=MicrosoftCustomerAgreement").json()["items"]
    assert [each["primaryContact"]["firstName"] for each in listed] == ["Marshall", "Tania"]
    assert client.pc("GET", f"{path}/agreements").json()["items"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"primaryContact": {"firstName": "A", "lastName": "B"}},
        {"primaryContact": None},
        {"templateId": CLOUD},
        {"type": None},
        {"type": "Treaty"},
        {"dateAgreed": None},
        {"dateAgreed": "yesterday"},
        {"dateAgreed": "2999-01-01T00:00:00Z"},
    ],
)
def test_a_confirmation_must_be_complete_and_true(client: Client, path: str, change: dict[str, object]) -> None:
    answer = client.pc("POST", f"{path}/agreements", agreement() | change)
    assert (answer.status_code, answer.json()["code"]) == (400, 3000)


def test_confirming_wants_a_person(client: Client, path: str) -> None:
    assert client.pc("POST", f"{path}/agreements", agreement(), app=True).status_code == 403
    assert client.pc("GET", f"{path}/agreements", app=True).status_code == 403


def test_a_customer_may_sign_itself(client: Client, path: str) -> None:
    status = f"{path}/directSignedMicrosoftCustomerAgreementStatus"
    assert client.pc("GET", status).json() == {"isSigned": False}
    client.people("sign-agreement", tenant=path.split("/")[3])
    assert client.pc("GET", status).json() == {"isSigned": True}
    cart = client.cart(path.split("/")[3])
    assert client.pc("POST", f"{path}/carts/{cart}/checkout").status_code == 201


# Consent -------------------------------------------------------------------------------------------------


def test_consent_is_given_once_and_withdrawn_once(client: Client, path: str) -> None:
    consents, id = f"{path}/applicationconsents", client.profile["clientId"]
    answer = client.pc("POST", consents, consent(id))
    assert answer.status_code == 201
    assert answer.json()["applicationGrants"] == consent(id)["applicationGrants"]
    assert client.pc("POST", consents, consent(id)).status_code == 409
    assert client.pc("DELETE", f"{consents}/{id}").status_code == 204
    assert client.pc("DELETE", f"{consents}/{id}").status_code == 404


def test_consent_names_known_applications_and_scopes_and_wants_a_person(client: Client, path: str) -> None:
    consents, id = f"{path}/applicationconsents", client.profile["clientId"]
    unknown = "00000000-0000-0000-0000-000000000009"
    wrong_scope = consent(id)
    wrong_scope["applicationGrants"][0]["scope"] = "everything"
    for body in (consent(id, unknown), consent(unknown), consent(id) | {"applicationGrants": []}, wrong_scope):
        answer = client.pc("POST", consents, body)
        assert (answer.status_code, answer.json()["code"]) == (400, 3000)
    assert client.pc("POST", consents, consent(id), app=True).status_code == 403


def test_consent_needs_delegated_administration(client: Client, path: str) -> None:
    client.people("remove-delegated-administration", tenant=path.split("/")[3])
    answer = client.pc("POST", f"{path}/applicationconsents", consent(client.profile["clientId"]))
    assert answer.status_code == 403

"""Records which agreements customers have accepted; the only place that says whether they may buy.

https://learn.microsoft.com/partner-center/developer/confirm-customer-consent-customer-agreement
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cspctl.simulator.partner_center import customers
from cspctl.simulator.partner_center.answers import collection, newer_error, refuse
from cspctl.simulator.partner_center.service import routes
from cspctl.simulator.store import Document, Transaction
from cspctl.simulator.wire import Refused, Request, Response

CLOUD, CUSTOMER = "MicrosoftCloudAgreement", "MicrosoftCustomerAgreement"
TEMPLATES = {
    CLOUD: ("998b88de-aa99-4388-a42c-1b3517d49490", "https://docs.microsoft.com/partner-center/agreements"),
    CUSTOMER: ("117a77b0-9360-443b-8795-c6dedc750cf9", "https://aka.ms/customeragreement"),
}
CONTACT = ("firstName", "lastName", "email", "phoneNumber")


def _asked_types(request: Request) -> list[str]:
    asked = request.query.get("agreementType", CLOUD)
    if asked == "*":
        return list(TEMPLATES)
    known = [name for name in TEMPLATES if name.lower() == asked.lower()]
    if not known:
        raise refuse(400, "3000", f"The agreement type {asked} is not supported.")
    return known


@routes.route("GET", "/v1/agreements", user=True)
def metadata(request: Request) -> Response:
    """Answer which agreements there are, with the template id that a confirmation needs."""
    items = [
        {
            "templateId": TEMPLATES[name][0],
            "agreementType": name,
            "agreementLink": TEMPLATES[name][1],
            "versionRank": 0,
        }
        for name in _asked_types(request)
    ]
    return Response(200, collection(items, "/agreements"))


@routes.route("GET", "/v1/customers/<customer>/agreements", user=True)
def list_agreements(request: Request, customer: str) -> Response:
    """Answer what was confirmed; of the cloud agreement unless `agreementType` says otherwise."""
    document = customers.find(request, customer)
    types = _asked_types(request)
    items = [each for each in _confirmed(request.tx, document["id"]) if each["type"] in types]
    shown = [{**each, "agreementLink": TEMPLATES[each["type"]][1]} for each in items]
    return Response(200, collection(shown, f"/customers/{document['id']}/agreements"))


@routes.route("POST", "/v1/customers/<customer>/agreements", user=True)
def confirm(request: Request, customer: str) -> Response:
    """Record that somebody of the customer accepted an agreement."""
    document = customers.find(request, customer)
    agreement = _checked(request, request.body if isinstance(request.body, dict) else {})
    confirmed = _confirmed(request.tx, document["id"])
    if any(_same(each, agreement) for each in confirmed):
        name = "PartnerConfirmedAgreementAlreadyExists"
        text = "A partner confirmed agreement already exists for the customer."
        raise Refused(newer_error(400, 600061, name, text))
    request.tx.put("agreements", f"{document['id']}/{len(confirmed):04d}", agreement)
    request.tx.effects.append(f"agreement confirmed {document['id']}")
    return Response(201, agreement)


@routes.route("GET", "/v1/customers/<customer>/directSignedMicrosoftCustomerAgreementStatus", user=True)
def direct_signed(request: Request, customer: str) -> Response:
    """Answer whether the customer accepted the Microsoft Customer Agreement itself, without the partner."""
    return Response(200, {"isSigned": customers.find(request, customer)["signedDirectly"]})


def may_buy(tx: Transaction, customer: Document) -> bool:
    """Tell whether the customer accepted the Microsoft Customer Agreement, one way or the other."""
    confirmed = _confirmed(tx, customer["id"])
    return bool(customer["signedDirectly"]) or any(each["type"] == CUSTOMER for each in confirmed)


def _confirmed(tx: Transaction, customer: str) -> list[Document]:
    return tx.all("agreements", f"{customer}/")


def _same(one: Document, other: Document) -> bool:
    def key(agreement: Document) -> tuple[str, ...]:
        contact = agreement["primaryContact"]
        return (agreement["type"], *(str(contact.get(name) or "").lower() for name in CONTACT))

    return key(one) == key(other)


def _checked(request: Request, body: dict[str, Any]) -> Document:
    given = body.get("primaryContact")
    contact = given if isinstance(given, dict) else {}
    for name in CONTACT[:3]:
        if not contact.get(name):
            raise refuse(400, "3000", f"Invalid property 'primaryContact.{name}': it is required.")
    name = str(body.get("type") or CLOUD)
    if name not in TEMPLATES:
        raise refuse(400, "3000", f"Invalid property 'type': {name} is not an agreement.")
    if str(body.get("templateId", "")).lower() != TEMPLATES[name][0]:
        raise refuse(400, "3000", f"Invalid property 'templateId': it is not the template of {name}.")
    _check_date(request, str(body.get("dateAgreed", "")))
    return {
        "userId": request.caller["oid"],
        "primaryContact": {key: contact[key] for key in CONTACT if contact.get(key)},
        "templateId": body["templateId"],
        "dateAgreed": body["dateAgreed"],
        "type": name,
    }


def _check_date(request: Request, text: str) -> None:
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        raise refuse(400, "3000", "Invalid property 'dateAgreed': it must be a date and time.") from None
    if (date if date.tzinfo else date.replace(tzinfo=UTC)) > request.now:
        raise refuse(400, "3000", "Invalid property 'dateAgreed': it is in the future.")

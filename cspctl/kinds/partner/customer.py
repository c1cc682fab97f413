"""Kind Customer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from cspctl.cloud import Cloud, ConsentMissing
from cspctl.cloud.partner_center import body_of
from cspctl.errors import CloudError, NotFound
from cspctl.fields import AnyCase, Default, Immutable, Keyed, NotCompared, Required, shape_of
from cspctl.kinds.partner._address import Address, Trimmed, address_problems
from cspctl.kinds.partner._delegation import (
    DEFAULT,
    AccessAssignment,
    assign,
    assigned,
    assignment_documents,
    assignments,
    relationships,
    unknown_groups,
)
from cspctl.part import Part
from cspctl.resource import Broken, Live, Operation, Resource, Scope, Waiting

MCA = "MicrosoftCustomerAgreement"
GRANTS = {
    "797f4846-ba00-4fd7-ba43-dac1f8f63013": "user_impersonation",
    "00000003-0000-0000-c000-000000000000": "Directory.Read.All,Group.ReadWrite.All",
}
"""What consent is given for: the applications of Azure Service Management and of Microsoft Graph, and the scopes."""


def _culture(text: str) -> str:
    language, _, region = re.sub(r"[._]", "-", text.strip()).partition("-")
    return f"{language.lower()}-{region.upper()}" if region else language.lower()


def _day(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d\d-\d\d(T.*)?", value):
        raise PydanticCustomError("date_from_datetime_parsing", "no date")  # a number is seconds to pydantic
    return value[:10] if isinstance(value, str) else value


Culture = Annotated[str, AfterValidator(_culture)]


class CompanyProfile(Part):
    """The customer's tenant."""

    domain: Annotated[
        str | None,
        Field(min_length=3),
        AfterValidator(lambda text: text.strip()),
        AnyCase(),
        Required(always=True),
        Immutable("the domain of a tenant cannot change after creation"),
    ] = None
    """The tenant's first domain, such as `fourthcoffeecsp.onmicrosoft.com`. It says which customer is meant."""
    organization_registration_number: Annotated[str | None, NotCompared()] = None
    """The company's registration number, which some 25 countries demand and the others refuse."""


class BillingProfile(Part):
    """To whom Partner Center makes out what the customer buys."""

    first_name: Annotated[str | None, AnyCase()] = None
    """First name of the billing contact, if it is another than the address's."""
    last_name: Annotated[str | None, AnyCase()] = None
    """Last name of the billing contact, if it is another than the address's."""
    email: Annotated[str | None, Required(), AnyCase()] = None
    """Where bills and messages go."""
    culture: Annotated[Culture | None, Required()] = None
    """Language and currency of communication, such as `en-US`."""
    language: Annotated[str | None, Required(), AnyCase()] = None
    """Two-letter language, such as `en`."""
    company_name: Annotated[Trimmed | None, Required()] = None
    """The company's name. It can change; the tenant's own name does not follow."""
    default_address: Annotated[Address | None, Required()] = None
    """The company's address."""


class Agreement(Part):
    """Who accepted the Microsoft Customer Agreement on the customer's side. Confirming it is the partner's word."""

    first_name: Annotated[str | None, Required(), AnyCase()] = None
    """First name of the person who accepted."""
    last_name: Annotated[str | None, Required(), AnyCase()] = None
    """Last name of the person who accepted."""
    email: Annotated[str | None, Required(), AnyCase()] = None
    """Electronic mail address of the person who accepted."""
    phone_number: str | None = None
    """Telephone number of the person who accepted."""
    date_agreed: Annotated[date | None, BeforeValidator(_day), Required(), NotCompared()] = None
    """The day of acceptance. A confirmed agreement keeps the day it was confirmed with."""


class Customer(Resource):
    """A customer: a tenant of its own, its billing profile, its agreement, and our application's consent in it.

    Creating one creates the tenant. Its first administrator's password is returned once and goes to the secret sink.
    `absent: true` ends the reseller relationship (the tenant lives on); only a sandbox account really deletes.

    Source: https://learn.microsoft.com/partner-center/developer/create-a-customer
    """

    per_customer: ClassVar[bool] = False
    detail_fields: ClassVar[frozenset[str]] = frozenset(
        {"companyProfile", "billingProfile", "agreement", "accessAssignments", "consent"}
    )
    settles: ClassVar[timedelta] = timedelta(minutes=5)
    appears: ClassVar[timedelta] = timedelta(minutes=15)
    calls: ClassVar[int] = 12
    lasts: ClassVar[tuple[float, float]] = (1, 3)
    protected: ClassVar[bool] = True
    replaceable: ClassVar[bool] = False
    refuses_twins: ClassVar[bool] = True
    keeps_identity: ClassVar[bool] = True
    one_time_secrets: ClassVar[tuple[str, ...]] = ("adminPassword",)
    sandbox_limit: ClassVar[tuple[int, str]] = (75, "account")

    company_profile: Annotated[CompanyProfile | None, Required()] = None
    """The tenant."""
    billing_profile: Annotated[BillingProfile | None, Required()] = None
    """The bill-to contact."""
    agreement: Agreement | None = None
    """The Microsoft Customer Agreement, without which nothing can be bought."""
    consent: Annotated[bool | None, Default(False)] = None
    """Whether our application may act in the customer's tenant, in Azure and in the directory. Everything below a
    subscription needs it, and so do groups."""
    access_assignments: Annotated[list[AccessAssignment] | None, Keyed("group")] = None
    """Which of the partner's security groups may use the directory roles that Microsoft grants with a new tenant
    (default GDAP), such as `[{group: AdminAgents}]`. Without any, nobody can give consent or keep users there."""
    existing: Annotated[bool | None, NotCompared()] = None
    """`true`: the tenant exists and its administrator must first accept our invitation. It is never created."""

    def scope(self) -> Scope:
        """The partner."""
        return Scope("-", "Partner Center")

    def identity(self) -> str:
        """The domain."""
        return (self.company_profile.domain or "" if self.company_profile else "").casefold()

    @property
    def found_only(self) -> bool:
        """A tenant that must accept our invitation is not ours to create."""
        return bool(self.existing)

    @classmethod
    def all(cls, cloud: Cloud, scope: Scope) -> Iterable[Live[Self]]:
        """All customers, page by page; a list holds only names and domains."""
        for payload in cloud.partner.all("/v1/customers?size=500"):
            yield Live(payload["id"], cls.from_live(_document(payload)), raw=payload)

    @classmethod
    def read(cls, cloud: Cloud, live: Live[Self], fields: Set[str]) -> Live[Self] | None:
        """One GET of the customer; its agreement and our consent only if they are mentioned."""
        try:
            payload = cloud.partner.get(f"/v1/customers/{live.id}")
        except NotFound:
            return None
        document = _document(payload)
        if "agreement" in fields and (confirmed := _agreement(cloud, live.id)):
            document["agreement"] = confirmed
        if "consent" in fields:
            document["consent"] = _consented(cloud, live.id)
        if "accessAssignments" in fields and (default := _default(cloud, live.id)):
            found = assignments(cloud, default["id"])
            document["accessAssignments"] = assignment_documents(cloud, found)
            payload = {**payload, "default": default, "assignments": found}
        waiting = None
        if payload.get("allowDelegatedAccess") is False:
            waiting = Waiting(
                "the customer has removed our administration rights; ask them to accept again", _link(cloud)
            )
        return Live(live.id, cls.from_live(document), raw=payload, waiting=waiting)

    def preflight(self, cloud: Cloud) -> Iterable[Broken | Waiting]:
        """Is the domain free, is the address good, does the country allow what is missing?"""
        domain = self.identity()
        if self.existing:
            yield Waiting(f"the administrator of {domain} must accept our invitation", _link(cloud))
            return
        if not domain.endswith((".onmicrosoft.com", ".partner.onmschina.cn")):
            what = f"a new tenant's domain ends in .onmicrosoft.com; {domain} does not"
            yield Broken("companyProfile.domain", what, "Say existing: true if the tenant exists.")
        elif cloud.partner.exists(f"/v1/domains/{domain}"):
            what = f"the domain {domain} is taken"
            yield Broken("companyProfile.domain", what, "If it is the customer's own tenant, say existing: true.")
        if self.access_assignments:
            yield from unknown_groups(cloud, self.access_assignments)
        if self.billing_profile and self.billing_profile.default_address:
            yield from address_problems(cloud, self.billing_profile.default_address)

    def create(self, cloud: Cloud) -> str | Operation:
        """POST. The password in its answer is kept before anything else happens."""
        document = self.document()
        body = {
            "companyProfile": {n: v for n, v in document["companyProfile"].items() if v is not None},
            "billingProfile": document["billingProfile"],
        }
        made = body_of(cloud.partner.send("POST", "/v1/customers", body))
        credentials = made.get("userCredentials") or {}
        if credentials.get("password"):
            cloud.keep_secret("adminPassword", str(credentials["password"]))
        return str(made["id"])

    def update(self, cloud: Cloud, live: Live[Self], changed: Set[str]) -> Operation | None:
        """Billing profile, agreement, consent: each a call of its own, only what differs."""
        if "billingProfile" in changed:
            _put_billing(cloud, live.id, live.raw["billingProfile"], self.document()["billingProfile"])
        if "agreement" in changed and self.agreement:
            _confirm(cloud, live.id, self.agreement)
        consent, found = "consent" in changed, live.raw.get("assignments") or ()
        if "accessAssignments" in changed or (
            consent and any(one.get("status") == "pending" for one in found)
        ):  # consent needs the roles: it is given when they are there
            begun = assign(cloud, live.raw["default"], self.access_assignments or (), found)
            step = f"assign, then {'consent' if self.consent else 'no consent'}" if consent else begun.step
            return replace(begun, step=step, result=live.id)
        if consent:
            _consent(cloud, live.id, bool(self.consent))
        return None

    @classmethod
    def proceed(cls, cloud: Cloud, operation: Operation) -> str | Operation | None:
        """Look whether the groups have their roles; then give the consent that needs them."""
        if not assigned(cloud, operation):
            return operation
        if operation.step.endswith("consent"):
            _consent(cloud, operation.result, not operation.step.endswith("no consent"))
        return operation.result

    def check(self, live: Live[Self]) -> Iterable[Broken]:
        """An agreement that has been confirmed stays confirmed."""
        if live.resource.agreement and not self.agreement:
            yield Broken("agreement", "agreement: a confirmed agreement cannot be taken back", "Leave it out.")
        if self.access_assignments and not live.resource.access_assignments and not live.raw.get("default"):
            what = "accessAssignments: Microsoft has granted no default roles in this tenant"
            remedy = "Describe a DelegatedAdminRelationship, which the customer approves."
            yield Broken("accessAssignments", what, remedy)

    @classmethod
    def contents(cls, cloud: Cloud, live: Live[Self]) -> Iterable[str]:
        """Subscriptions that are still active: Microsoft refuses to end the relationship while there are any."""
        found = cloud.partner.all(f"/v1/customers/{live.id}/subscriptions")
        return [s["id"] for s in found if s.get("status") == "active"]

    @classmethod
    def delete(cls, cloud: Cloud, live: Live[Self]) -> Operation | None:
        """End the reseller relationship; in a sandbox account, delete."""
        if cloud.profile.sandbox:
            cloud.partner.send("DELETE", f"/v1/customers/{live.id}", ok=frozenset({404}))
        else:
            body = {"relationshipToPartner": "none", "attributes": {"objectType": "Customer"}}
            cloud.partner.send("PATCH", f"/v1/customers/{live.id}", body, user=True)
        return None


def _document(payload: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = {"companyProfile": payload.get("companyProfile") or {}}
    if billing := payload.get("billingProfile"):
        address = dict(billing.get("defaultAddress") or {})
        # Profiles written by hand or by the portal carry the state as region, and empty texts for what is not set.
        address["state"] = address.get("state") or address.get("region")
        whole = {**billing, "defaultAddress": {n: v for n, v in address.items() if v not in (None, "")}}
        document["billingProfile"] = {name: value for name, value in whole.items() if value not in (None, "")}
    return document


def _agreement(cloud: Cloud, customer: str) -> dict[str, Any] | None:
    found = cloud.partner.all(f"/v1/customers/{customer}/agreements?agreementType={MCA}", user=True)
    confirmed = [a for a in found if a.get("type") == MCA]
    latest = max(reversed(confirmed), key=lambda a: str(a.get("dateAgreed", "")), default=None)
    return {**latest["primaryContact"], "dateAgreed": str(latest.get("dateAgreed", ""))[:10]} if latest else None


def _consented(cloud: Cloud, customer: str) -> bool:
    """There is no API that tells; signing in to the tenant does."""
    try:
        for audience in (cloud.arm.base, cloud.graph.base):
            cloud.auth.token(audience, customer, user=True, fresh=True)
    except ConsentMissing:
        return False
    return True


def _default(cloud: Cloud, customer: str) -> dict[str, Any] | None:
    """The relationship that Microsoft has made with the new tenant, if it is still active."""
    found = (one for one in relationships(cloud, customer) if one["displayName"].startswith(DEFAULT))
    return next((one for one in found if one.get("status") == "active"), None)


def _link(cloud: Cloud) -> str:
    return str(cloud.partner.get("/v1/customers/relationshiprequests", user=True).get("url", ""))


def _put_billing(cloud: Cloud, customer: str, raw: dict[str, Any], profile: dict[str, Any]) -> None:
    address = _laid_over(Address, raw.get("defaultAddress", {}), profile.get("defaultAddress", {}))
    body = {**_laid_over(BillingProfile, raw, profile), "defaultAddress": address}
    headers = {"If-Match": f'"{raw["attributes"]["etag"]}"'} if raw.get("attributes", {}).get("etag") else {}
    cloud.partner.send("PUT", f"/v1/customers/{customer}/profiles/billing", body, headers=headers)


def _laid_over(part: type[Part], raw: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """What we do not know stays; of what we know, only what is wanted."""
    return {**{name: value for name, value in raw.items() if name not in shape_of(part).fields}, **wanted}


def _confirm(cloud: Cloud, customer: str, agreement: Agreement) -> None:
    templates = cloud.partner.all(f"/v1/agreements?agreementType={MCA}", user=True)
    if not templates:
        raise CloudError("Partner Center offers no Microsoft Customer Agreement", call="GET /v1/agreements")
    contact = {n: v for n, v in agreement.document().items() if n != "dateAgreed" and v is not None}
    body = {
        "primaryContact": contact,
        "templateId": templates[0]["templateId"],
        "dateAgreed": f"{agreement.date_agreed}T00:00:00Z",
        "type": MCA,
    }
    try:
        cloud.partner.send("POST", f"/v1/customers/{customer}/agreements", body, user=True)
    except CloudError as error:
        if error.code != "600061":  # confirmed already with this contact: that is what was wanted
            raise


def _consent(cloud: Cloud, customer: str, wanted: bool) -> None:
    application, path = cloud.profile.client_id, f"/v1/customers/{customer}/applicationconsents"
    if wanted:
        grants = [{"enterpriseApplicationId": id, "scope": scope} for id, scope in GRANTS.items()]
        body = {"applicationId": application, "displayName": "cspctl", "applicationGrants": grants}
        if cloud.partner.send("POST", path, body, user=True, ok=frozenset({409})).status_code == 409:
            # There is a consent, and it is not for all of this: it can only be given anew.
            cloud.partner.send("DELETE", f"{path}/{application}", user=True, ok=frozenset({404}))
            cloud.partner.send("POST", path, body, user=True)
    else:
        cloud.partner.send("DELETE", f"{path}/{application}", user=True, ok=frozenset({404}))
    cloud.auth.forget(customer)

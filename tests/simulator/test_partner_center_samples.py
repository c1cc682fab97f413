"""The samples of Microsoft's documentation are accepted as requests and satisfied as answers, field by field.

The samples lie beside the checkout and are no part of the project; without them these tests are skipped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import jsonschema
import pytest
from simulator_client import Client, agreement, body_of, cart, new_customer

from cspctl.simulator.partner_center import routes

REFERENCE = Path(__file__).parents[2].parent / "shared" / "reference" / "partner-center"
SAMPLES, SWAGGER = REFERENCE / "samples.jsonl", REFERENCE / "CustomerService.json"
pytestmark = pytest.mark.skipif(not SAMPLES.exists(), reason=f"Microsoft's samples are not at {SAMPLES}")

RESELLER = "484e548c-f5f3-4528-93a9-c16c6373cb59"
MPN_ID = "4847383"

# Fields of documented answers that ours lack: (page, field) -> why. "*" is every page.
LEGACY = "the page shows a legacy subscription; ours is an Azure plan of the new commerce, which has no"
FROM_ANOTHER_PRODUCT = "the page shows another product; the Azure plan, the only one here, has no"
EXCEPTIONS = {
    ("get-a-list-of-subscriptions-by-order", "items[].entitlementId"): f"{LEGACY} single entitlement",
    ("get-a-list-of-subscriptions-by-order", "items[].links.offer"): f"{LEGACY} offer",
    ("get-a-list-of-subscriptions-by-order", "items[].attributes.etag"): f"{LEGACY} etag",
    ("get-all-of-a-customer-s-subscriptions", "items[].entitlementId"): f"{LEGACY} single entitlement",
    ("get-all-of-a-customer-s-subscriptions", "items[].links.offer"): f"{LEGACY} offer",
    ("get-all-of-a-customer-s-subscriptions", "items[].attributes.etag"): f"{LEGACY} etag",
    ("get-all-subscriptions-by-partner", "items[].links.offer"): f"{LEGACY} offer",
    ("get-all-subscriptions-by-partner", "items[].attributes.etag"): f"{LEGACY} etag",
    ("get-a-subscription-by-id", "entitlementId"): f"{LEGACY} single entitlement",
    ("get-a-subscription-by-id", "links.offer"): f"{LEGACY} offer",
    ("get-a-subscription-by-id", "attributes.etag"): f"{LEGACY} etag",
    ("get-a-subscription-by-id", "parentSubscriptionId"): f"{LEGACY} parent",
    ("get-a-subscription-by-id", "links.parentSubscription"): f"{LEGACY} parent",
    ("get-a-subscription-by-id", "refundOptions[]"): f"{FROM_ANOTHER_PRODUCT} refund",
    ("get-a-sku-by-id", "inventoryVariables[]"): f"{FROM_ANOTHER_PRODUCT} inventory",
    ("get-a-sku-by-id", "provisioningVariables[]"): f"{FROM_ANOTHER_PRODUCT} provisioning variables",
    **{
        ("get-a-sku-by-id", f"dynamicAttributes.{name}"): f"{FROM_ANOTHER_PRODUCT} machine sizes"
        for name in (
            *("armSkuName", "cores", "ram", "skuDisplayName", "category", "armRegionName"),
            *("duration", "region", "diskType"),
        )
    },
}

# Requests of the documentation that take our routes but that we do not try: page -> why.
NOT_TRIED = {
    "cancel-an-azure-marketplace-subscription": "marketplace subscriptions are not simulated; a plan has no deletion",
    "change-the-quantity-of-a-subscription": "the quantity of an Azure plan is always 1",
    "create-scheduled-changes": "scheduled changes belong to seat-based products",
    "enable-secure-app-model": "its other requests are sign-ins; users are listed in test_partner_center_user_samples",
    "get-a-customer-s-usage-records": "/customers/usagerecords is not simulated: 501",
    "get-legal-business-profile": "the partner's own profile is answered as far as its country; it has no address",
    "get-a-customer-subscription-s-usage-records": "/subscriptions/usagerecords is not simulated: 501",
    "get-subscription-overage": "/subscriptions/overage is not simulated: 501",
    "update-subscription-overage": "/subscriptions/overage is not simulated: 501",
    "update-autorenew-for-an-azure-marketplace-subscription": "an Azure plan does not renew",
}

# Pages about users, roles and licences: test_partner_center_user_samples tries them.
ABOUT_USERS = {
    "assign-licenses-to-a-user",
    "check-which-licenses-are-assigned-to-a-user",
    "delete-user-accounts-for-a-customer",
    "get-a-list-of-available-licenses",
    "get-a-list-of-available-licenses-by-license-group",
    "get-a-user-account-by-id",
    "get-licenses-assigned-to-a-user-by-license-group",
    "reset-user-password-for-a-customer",
    "restore-a-user-for-a-customer",
    "set-user-roles-for-a-customer",
    "update-user-accounts-for-a-customer",
}

# Headers of documented answers that are the business of the web server or of Microsoft's machines.
OTHER_HEADERS = {"content-length", "date", "server", "x-sourcefiles", "x-powered-by"}


@cache
def samples() -> list[dict[str, Any]]:
    """Return the samples in their order."""
    return [json.loads(line) for line in SAMPLES.read_text().splitlines()] if SAMPLES.exists() else []


def of_page(page: str, type: str) -> list[dict[str, Any]]:
    return [each for each in samples() if (each["page"], each["type"]) == (page, type)]


# Comparing -----------------------------------------------------------------------------------------------


def kind(value: Any) -> str:
    """Return the JSON type of a value."""
    if isinstance(value, bool):
        return "boolean"
    return {str: "string", int: "number", float: "number", dict: "object", list: "array"}.get(type(value), "null")


def lacking(documented: Any, ours: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Say which documented fields ours lacks or has with another JSON type: (field, what is wrong)."""
    if documented is None:
        return  # the samples print null for what the service leaves out
    if kind(documented) != kind(ours):
        yield at, f"{kind(ours)} instead of {kind(documented)}"
    elif isinstance(documented, dict):
        for name, value in documented.items():
            field = f"{at}.{name}".lstrip(".")
            if value is not None and name not in ours:
                yield field, "missing"
            else:
                yield from lacking(value, ours.get(name), field)
    elif isinstance(documented, list) and documented:
        if not ours:
            yield f"{at}[]", "no item"
        else:
            for item in documented:
                yield from lacking(item, ours[0], f"{at}[]")


def is_exception(page: str, field: str) -> bool:
    """Tell whether the field, or something that holds it, is excused."""
    return any(
        on in (page, "*") and (field == name or field.startswith((f"{name}.", f"{name}["))) for on, name in EXCEPTIONS
    )


def complaints(page: str, documented: dict[str, Any], answer: httpx.Response) -> list[str]:
    """Return in what the answer falls short of the documented one."""
    found = []
    if answer.status_code != documented["status"]:
        found.append(f"status {answer.status_code} instead of {documented['status']}: {answer.text[:300]}")
    for name in documented.get("headers", {}):
        if name.lower() not in OTHER_HEADERS and name not in answer.headers:
            found.append(f"no header {name}")
    if "body" in documented:
        if not answer.content:
            return [*found, "no body"]
        wrong = dict(lacking(documented["body"], body_of(answer)))
        found += [f"{field}: {what}" for field, what in wrong.items() if not is_exception(page, field)]
    return found


# A partner with everything that the samples ask for --------------------------------------------------------


class Estate:
    """One customer with all that is documented, and how to speak of it in the samples' requests."""

    def __init__(self, client: Client) -> None:
        self.client = client
        client.simulator.account(tier="provider")
        body = new_customer("contoso190.onmicrosoft.com") | {"associatedPartnerId": RESELLER}
        body["billingProfile"] |= {"firstName": "Gena", "lastName": "Soto", "companyName": "Contoso190"}
        self.customer = client.pc("POST", "/v1/customers", body).json()["id"]
        client.simulator.clock.sleep(91)
        client.agreed(self.customer)
        cloud = agreement() | {"type": "MicrosoftCloudAgreement", "templateId": "998b88de-aa99-4388-a42c-1b3517d49490"}
        assert client.pc("POST", f"/v1/customers/{self.customer}/agreements", cloud).status_code == 201
        self.cart = self._filled_cart()
        answer = client.pc("POST", f"/v1/customers/{self.customer}/carts/{self.cart}/checkout")
        (order,) = body_of(answer)["orders"]
        self.order = str(order["id"])
        client.simulator.clock.sleep(330)
        (plan,) = client.pc("GET", f"/v1/customers/{self.customer}/subscriptions").json()["items"]
        self.plan = str(plan["id"])

    @property
    def availability(self) -> str:
        path = f"/v1/customers/{self.customer}/products/DZH318Z0BPS6/skus/0001/availabilities"
        return str(self.client.pc("GET", path).json()["items"][0]["id"])

    def _filled_cart(self) -> str:
        item = f"DZH318Z0BPS6:0001:{self.availability}"
        participants = [{"key": "transaction_reseller", "value": MPN_ID}]
        body = cart(item, participants=participants)
        return str(self.client.pc("POST", f"/v1/customers/{self.customer}/carts", body).json()["id"])

    def fresh_cart(self) -> None:
        """Let `cart` be one that has not been submitted."""
        self.cart = self._filled_cart()

    def cancel_everything(self) -> None:
        """Leave nothing active under the plan."""
        path = f"/v1/customers/{self.customer}/subscriptions/{self.plan}/azureEntitlements"
        for each in self.client.pc("GET", path).json()["items"]:
            assert self.client.pc("POST", f"{path}/{each['id']}/cancel", {}).status_code == 202

    def spoken(self, url: str) -> str:
        """Return the path and query of a sample's address, with our ids for those of the sample."""
        parts = urlsplit(url.replace("<", "{").replace(">", "}"))
        path = "/" + parts.path.lstrip("/")
        for collection, id in (
            ("customers", self.customer),
            ("subscriptions", self.plan),
            ("orders", self.order),
            ("carts", self.cart),
            ("products", "DZH318Z0BPS6"),
            ("skus", "0001"),
            ("availabilities", self.availability),
        ):
            path = re.sub(rf"/{collection}/(?!relationshiprequests)[^/]+", f"/{collection}/{id}", path)
        query = re.sub(r"order_id=[^&]*", f"order_id={self.order}", parts.query)
        return f"{path}?{query}" if query else path

    def send(self, sample: dict[str, Any], body: Any = None) -> httpx.Response:
        """Send a sample's request with its own headers."""
        unwanted = {"content-length", "host", "expect", "connection", "if-match", "content-type"}
        headers = {name: value for name, value in sample["headers"].items() if name.lower() not in unwanted}
        body = sample.get("body") if body is None else body
        return self.client.pc(sample["method"], self.spoken(sample["url"]), body, headers=headers)


@pytest.fixture
def estate(client: Client) -> Estate:
    return Estate(client)


# Reading -------------------------------------------------------------------------------------------------

READS = {
    "get-a-customer-by-id": None,
    "get-a-customer-by-name": None,
    "get-a-customer-s-company-profile": None,
    "get-a-list-of-availabilities-for-a-sku-by-customer": (
        "the page prints a SKU where its answer should be, and the availabilities elide two objects with {...}"
    ),
    "get-a-list-of-availabilities-for-a-sku": "the answers elide objects with {...}",
    "get-a-list-of-azure-entitlements-for-subscription": None,
    "get-a-list-of-customers": None,
    "get-a-list-of-orders-by-customer-and-billing-cycle-type": None,
    "get-a-list-of-skus-for-a-product": "the answers are cut with [...]",
    "get-a-list-of-subscriptions-by-order": None,
    "get-a-product-by-id": None,
    "get-a-sku-by-id": None,
    "get-a-subscription-by-id": None,
    "get-agreement-metadata": None,
    "get-all-of-a-customer-s-billing-profiles": None,
    "get-all-of-a-customer-s-orders": "the answer lacks a comma",
    "get-all-of-a-customer-s-subscriptions": None,
    "get-all-subscriptions-by-partner": None,
    "get-an-availability-by-id": "the answers elide objects with {...}",
    "get-an-order-by-id": None,
    "get-confirmation-of-customer-agreement": "the answer lacks a comma",
    "get-confirmation-of-customer-consent": "the answer lacks a comma",
    "get-customer-agreement-metadata": None,
    "get-customers-of-an-indirect-reseller": None,
    "request-reseller-relationship": None,
}


@pytest.mark.parametrize("page", READS)
def test_a_documented_read(estate: Estate, page: str) -> None:
    """Where READS gives a reason, only status and headers of the answer can be compared."""
    documented = of_page(page, "response")
    comparable = [each for each in documented if "body" in each] if READS[page] is None else []
    assert bool(comparable) == (READS[page] is None)
    for request in of_page(page, "request"):
        if request["url"] == "http://":
            continue  # a heading of the page
        answer = estate.send(request)
        bare = [{key: value for key, value in each.items() if key != "body"} for each in documented]
        for each in comparable or bare:
            assert complaints(page, each, answer) == []
    assert documented


def test_the_views_of_the_catalogue(estate: Estate) -> None:
    for request in of_page("get-a-list-of-products", "request"):
        answer = estate.send(request)
        # "AzureAzureReservationsVM" is a slip of the page: its own table has AzureReservationsVM.
        expected = 403 if "AzureAzure" in request["url"] else 200
        assert answer.status_code == expected, request["url"]


def test_verify_domain_availability(client: Client) -> None:
    (request,) = of_page("verify-domain-availability", "request")
    taken, free = of_page("verify-domain-availability", "response")
    path = urlsplit(request["url"]).path
    assert complaints("verify-domain-availability", taken, client.pc("HEAD", path)) == []
    assert complaints("verify-domain-availability", free, client.pc("HEAD", path.replace("contoso", "free"))) == []


# Writing -------------------------------------------------------------------------------------------------


def test_create_a_customer_for_an_indirect_reseller(estate: Estate) -> None:
    page = "create-a-customer-for-an-indirect-reseller"
    (request,), (documented,) = of_page(page, "request"), of_page(page, "response")
    answer = estate.send(request)
    assert complaints(page, documented, answer) == []
    assert answer.headers["MS-RequestId"] == request["headers"]["MS-RequestId"]
    assert answer.headers["MS-CorrelationId"] == request["headers"]["MS-CorrelationId"]


def test_delete_a_customer_account_from_the_integration_sandbox(estate: Estate) -> None:
    page = "delete-a-customer-account-from-the-integration-sandbox"
    estate.client.simulator.account(sandbox=True)
    (request,), (documented,) = of_page(page, "request"), of_page(page, "response")
    assert complaints(page, documented, estate.send(request)) == []


def test_update_a_cart(estate: Estate) -> None:
    """The page's body is no JSON (two braces, a comma too many), so the cart itself is sent back."""
    page = "update-a-cart"
    estate.fresh_cart()
    (request,), (documented,) = of_page(page, "request"), of_page(page, "response")
    body = estate.client.pc("GET", f"/v1/customers/{estate.customer}/carts/{estate.cart}").json()
    assert complaints(page, documented, estate.send(request, body)) == []


def test_checkout_a_cart(client: Client) -> None:
    """The page's answer elides links with {...}, so status and headers are compared."""
    page = "checkout-a-cart"
    customer = client.customer()
    client.agreed(customer)
    path = f"/v1/customers/{customer}/carts/{client.cart(customer)}/checkout"
    (request,), (documented,) = of_page(page, "request"), of_page(page, "response")
    headers = {name: request["headers"][name] for name in ("MS-RequestId", "MS-CorrelationId", "X-Locale")}
    answer = client.pc("POST", path, headers=headers)
    assert complaints(page, documented, answer) == []
    assert answer.headers["X-Locale"] == documented["headers"]["X-Locale"]


PATCHES: dict[str, Callable[[Estate], None]] = {
    "update-the-nickname-for-a-subscription": lambda estate: None,
    "suspend-a-subscription": lambda estate: estate.cancel_everything(),
}


@pytest.mark.parametrize("page", PATCHES)
def test_patch_a_subscription(estate: Estate, page: str) -> None:
    """The whole PascalCase resource is taken; only its ids and the quantity, 1 for a plan, are ours."""
    PATCHES[page](estate)
    parsed = [each for each in of_page(page, "request") if "body" in each]
    assert parsed
    for request in parsed:
        body = request["body"] | {"Id": estate.plan, "OrderId": estate.order, "Quantity": 1}
        request = request | {"headers": request["headers"] | {"MS-RequestId": f"{page}-{id(request)}"}}
        answer = estate.send(request, body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["friendlyName"] == request["body"]["FriendlyName"]
        assert answer.json()["status"] == request["body"]["Status"]


# Nothing is left out, nothing is excused in vain, nothing wrong passes -------------------------------------


def test_every_sample_of_our_routes_is_tried_or_named() -> None:
    tried = {*READS, *PATCHES, "get-a-list-of-products", "verify-domain-availability", "update-a-cart"}
    tried |= {"create-a-customer-for-an-indirect-reseller", "checkout-a-cart"}
    tried |= {"delete-a-customer-account-from-the-integration-sandbox", *ABOUT_USERS}
    taken = set()
    for sample in samples():
        if sample["type"] == "request":
            path = "/" + urlsplit(sample["url"].replace("<", "{").replace(">", "}")).path.lstrip("/")
            if routes.match(sample["method"], path):
                taken.add(sample["page"])
    assert taken == tried | set(NOT_TRIED)
    assert not tried & set(NOT_TRIED)


def test_every_exception_is_needed(estate: Estate) -> None:
    unused = set(EXCEPTIONS)
    for page in {page for page, _ in EXCEPTIONS}:
        for request in of_page(page, "request"):
            answer = estate.send(request)
            for documented in of_page(page, "response"):
                for field, _ in lacking(documented.get("body"), body_of(answer)):
                    unused -= {
                        (page, name)
                        for on, name in EXCEPTIONS
                        if on == page and (field == name or field.startswith((f"{name}.", f"{name}[")))
                    }
    assert unused == set()


def corrupted(body: Any, path: list[str], value: Any) -> Any:
    copy = json.loads(json.dumps(body))
    place = copy
    for step in path[:-1]:
        place = place[int(step) if step.isdigit() else step]
    place[path[-1]] = value
    return copy


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["somethingElse"], "x"),
        (["billingProfile", "defaultAddress", "planet"], "Earth"),
        (["allowDelegatedAccess"], "true"),
        (["customDomains"], "abcdefgh1234.ccsctp.net"),
        (["customDomains"], [1]),
        (["companyProfile", "links"], []),
    ],
)
def test_a_corrupted_sample_fails(estate: Estate, path: list[str], value: Any) -> None:
    page = "get-a-customer-by-id"
    (request,), (documented,) = of_page(page, "request"), of_page(page, "response")
    answer = estate.send(request)
    wrong = documented | {"body": corrupted(documented["body"], path, value)}
    assert complaints(page, documented, answer) == []
    assert len(complaints(page, wrong, answer)) == 1
    assert len(complaints(page, documented | {"status": 201}, answer)) == 1
    assert len(complaints(page, documented | {"headers": {"X-Missing": "1"}}, answer)) == 1


# The definitions of the customer service -------------------------------------------------------------------

CONTRACTS = "Microsoft.Partner.Service.Customers.Contracts.V1"
COLLECTION = "Microsoft.Partner.Core.Collections.ResourceCollection"
DEFINED = {
    "/v1/customers": f"{COLLECTION}[{CONTRACTS}.Customer]",
    "/v1/customers/{customer}": f"{CONTRACTS}.Customer",
    "/v1/customers/{customer}/profiles/company": f"{CONTRACTS}.CustomerCompanyProfile",
    "/v1/customers/{customer}/profiles/billing": f"{CONTRACTS}.CustomerBillingProfile",
    # The definitions say array, the documentation and the service a collection.
    "/v1/customers/{customer}/agreements": f"{COLLECTION}[{CONTRACTS}.Agreement]",
    "/v1/agreements": f"{COLLECTION}[{CONTRACTS}.AgreementMetadata]",
    "/v1/customers/{customer}/directSignedMicrosoftCustomerAgreementStatus": (
        f"{CONTRACTS}.DirectSignedCustomerAgreementStatus"
    ),
    "/v1/customers/relationshiprequests": f"{CONTRACTS}.RelationshipRequest",
}


@cache
def definitions() -> dict[str, Any]:
    """Return the definitions as JSON Schema that knows all fields.

    They call enumerations integers although strings travel, and a password an object without a form.
    """
    found: dict[str, Any] = json.loads(SWAGGER.read_text())["definitions"]
    for schema in found.values():
        schema["additionalProperties"] = False
        for field in schema.get("properties", {}).values():
            if "enum" in field:
                field["type"] = "string"
    found["System.Security.SecureString"] = {"type": "string"}
    return found


def errors(name: str, body: Any) -> list[str]:
    """Return where the body breaks its definition."""
    schema = {"$ref": f"#/definitions/{name}", "definitions": definitions()}
    validator = jsonschema.Draft4Validator(schema)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)]


@pytest.mark.parametrize("path", DEFINED)
def test_answers_satisfy_the_definitions(estate: Estate, path: str) -> None:
    answer = estate.client.pc("GET", path.format(customer=estate.customer))
    assert answer.status_code == 200
    body = answer.json()
    if path == "/v1/customers":
        assert len(body["items"]) == 1
    assert errors(DEFINED[path], body) == []


def test_writes_satisfy_the_definitions(client: Client) -> None:
    sent = new_customer()
    assert errors(f"{CONTRACTS}.Customer", sent) == []
    answer = client.pc("POST", "/v1/customers", sent)
    assert errors(f"{CONTRACTS}.Customer", answer.json()) == []
    client.simulator.clock.sleep(91)
    path = f"/v1/customers/{answer.json()['id']}"
    assert errors(f"{CONTRACTS}.Agreement", agreement()) == []
    answer = client.pc("POST", f"{path}/agreements", agreement())
    assert errors(f"{CONTRACTS}.Agreement", answer.json()) == []
    profile = client.pc("GET", f"{path}/profiles/billing").json() | {"companyName": "Other"}
    answer = client.pc("PUT", f"{path}/profiles/billing", profile)
    assert errors(f"{CONTRACTS}.CustomerBillingProfile", answer.json()) == []


def test_a_corrupted_answer_breaks_the_definitions(estate: Estate) -> None:
    body = estate.client.pc("GET", f"/v1/customers/{estate.customer}").json()
    assert errors(f"{CONTRACTS}.Customer", body) == []
    assert errors(f"{CONTRACTS}.Customer", body | {"allowDelegatedAccess": "yes"})
    assert errors(f"{CONTRACTS}.Customer", body | {"colour": "blue"})
    assert errors(f"{CONTRACTS}.Customer", body | {"relationshipToPartner": "friend"})

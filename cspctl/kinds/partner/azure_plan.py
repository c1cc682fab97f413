"""Kind AzurePlan."""

from __future__ import annotations

from collections.abc import Iterable, Set
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Self

from cspctl.cloud import Cloud
from cspctl.cloud.partner_center import body_of
from cspctl.errors import CloudError, NotFound, NotYet
from cspctl.fields import Default
from cspctl.kinds.partner._azure import ENDED, PRODUCT, SKU, UNPROTECT, is_plan, plans
from cspctl.resource import Broken, Live, Operation, Resource, Scope


class AzurePlan(Resource):
    """The plan under which a customer's Azure subscriptions are bought. A customer has one.

    Buying it brings a first Azure subscription along: adopt that with `adopt: default`. It needs the customer's
    confirmed agreement. What it offers today (its availability) is looked up when it is bought.

    Source: https://learn.microsoft.com/partner-center/developer/create-a-cart
    """

    settles: ClassVar[timedelta] = timedelta(minutes=15)
    appears: ClassVar[timedelta] = timedelta(minutes=20)
    calls: ClassVar[int] = 15
    lasts: ClassVar[tuple[float, float]] = (1, 5)
    paid: ClassVar[bool] = True
    protected: ClassVar[bool] = True
    replaceable: ClassVar[bool] = False
    begins_harmlessly: ClassVar[bool] = True
    sandbox_limit: ClassVar[tuple[int, str]] = (10, "account")
    revival: ClassVar[tuple[str, str]] = ("status", "active")

    friendly_name: Annotated[str | None, Default("Azure plan")] = None
    """Its name in Partner Center."""
    status: Annotated[str | None, Default("active")] = None
    """`active` or `suspended`. Only a plan without active subscriptions can be suspended."""

    def scope(self) -> Scope:
        """The customer."""
        return Scope(self.meta.customer or "", f"customers/{self.meta.customer}")

    def identity(self) -> str:
        """A customer has one, so there is nothing to tell apart."""
        return "azure plan"

    @classmethod
    def _live(cls, payload: dict[str, Any], customer: str) -> Live[Self]:
        gone = payload.get("status") in ENDED | {"suspended"}
        return Live(str(payload["id"]), cls.from_live(payload), customer, payload, gone=gone)

    @classmethod
    def all(cls, cloud: Cloud, scope: Scope) -> Iterable[Live[Self]]:
        """One LIST of the customer's subscriptions. An empty one is no evidence where a plan has been ordered."""
        found = plans(cloud, scope.customer)
        if not found and _ordered(cloud, scope.customer):
            raise NotYet("an Azure plan has been ordered, and Partner Center does not show it (yet)")
        return [cls._live(payload, scope.customer) for payload in found]

    @classmethod
    def read(cls, cloud: Cloud, live: Live[Self], fields: Set[str]) -> Live[Self] | None:
        """One GET by id."""
        try:
            path = f"/v1/customers/{live.customer}/subscriptions/{live.id}"
            found = cls._live(cloud.partner.get(path), live.customer)
        except NotFound:
            return None
        return None if found.raw.get("status") in ENDED else found

    def check(self, live: Live[Self]) -> Iterable[Broken]:
        """Suspending by a field is as grave as by `absent: true`."""
        if self.status == "suspended" and live.resource.status != "suspended" and self.meta.protect is not False:
            yield Broken("status", "status: suspending the plan is as grave as deleting it", UNPROTECT)

    def create(self, cloud: Cloud) -> str | Operation:
        """Open a cart with the plan in it. It is checked out after it has been journalled."""
        customer = f"/v1/customers/{self.meta.customer}"
        item = {"id": 0, "catalogItemId": _offered(cloud, customer), "quantity": 1, "billingCycle": "one_time"}
        cart = body_of(cloud.partner.send("POST", f"{customer}/carts", {"lineItems": [item]}))
        for line in cart.get("lineItems") or ():
            if error := line.get("error"):
                raise CloudError(
                    str(error.get("errorDescription")), code=str(error.get("errorCode")), call=f"POST {customer}/carts"
                )
        return Operation(f"{customer}/carts/{cart['id']}", "-", step="checkout")

    @classmethod
    def proceed(cls, cloud: Cloud, operation: Operation) -> str | Operation | None:
        """Check the cart out: this cart and no other. That it was checked out before is as good."""
        try:
            answer = body_of(cloud.partner.send("POST", f"{operation.url}/checkout"))
        except CloudError as error:
            if error.code == "800065":
                return None
            raise
        for refusal in answer.get("orderErrors") or ():
            code, text = str(refusal.get("code")), str(refusal.get("description"))
            raise CloudError(text, code=code, call=f"POST {operation.url}/checkout")
        return None

    def update(self, cloud: Cloud, live: Live[Self], changed: Set[str]) -> Operation | None:
        """PATCH of the whole resource, as Partner Center wants it."""
        cloud.partner.send(
            "PATCH", f"/v1/customers/{live.customer}/subscriptions/{live.id}", {**live.raw, **self.document()}
        )
        return None

    @classmethod
    def contents(cls, cloud: Cloud, live: Live[Self]) -> Iterable[str]:
        """The Azure subscriptions that are still active under it."""
        held = cloud.partner.all(f"/v1/customers/{live.customer}/subscriptions/{live.id}/azureEntitlements")
        return [str(e["id"]) for e in held if str(e.get("status")).casefold() == "active"]

    @classmethod
    def delete(cls, cloud: Cloud, live: Live[Self]) -> Operation | None:
        """A plan cannot be deleted, only suspended."""
        body = {**live.raw, "status": "suspended"}
        cloud.partner.send("PATCH", f"/v1/customers/{live.customer}/subscriptions/{live.id}", body)
        return None


def _ordered(cloud: Cloud, customer: str) -> bool:
    """Whether there is an order of a plan, and no subscription at all that it could have become."""
    if any(is_plan(s) for s in cloud.partner.all(f"/v1/customers/{customer}/subscriptions")):
        return False  # it has ended
    orders = cloud.partner.all(f"/v1/customers/{customer}/orders")
    return any(is_plan(line) for o in orders if o.get("status") != "cancelled" for line in o.get("lineItems") or ())


def _offered(cloud: Cloud, customer: str) -> str:
    path = f"{customer}/products/{PRODUCT}/skus/{SKU}/availabilities"
    for offer in cloud.partner.all(path):
        if offer.get("isPurchasable", True):
            return str(offer.get("catalogItemId") or f"{PRODUCT}:{SKU}:{offer['id']}")
    raise CloudError("the Azure plan is not on offer for this customer", call=f"GET {path}")

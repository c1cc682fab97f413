"""Kind AzureSubscription."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from cspctl.cloud import Cloud
from cspctl.errors import CloudError, NotFound, NotYet
from cspctl.fields import Default, Keyed, NotCompared, RefTo, Required
from cspctl.kinds.partner._azure import UNPROTECT, plans
from cspctl.part import Part
from cspctl.resource import GUID, Broken, Live, Operation, Resource, Scope, one_of
from cspctl.wording import did_you_mean

SUBSCRIPTIONS, ALIASES, BILLING, PROVIDERS = "2022-12-01", "2021-10-01", "2020-05-01", "2024-07-01"
ENDED = frozenset({"disabled", "deleted"})
YOUNG = timedelta(minutes=15)
"""How long after its purchase a plan may have no subscription yet."""


class ByName(Part):
    """Says which existing subscription is meant by the name it has now."""

    display_name: Annotated[str, NotCompared()]
    """Its name in Azure; exactly one unclaimed subscription must have it."""


def _guid(text: str) -> str:
    if not GUID.fullmatch(text):
        raise PydanticCustomError(
            "wrong", "that is no GUID", {"remedy": "Write the subscription's id as the portal shows it."}
        )
    return text


def _adopt(value: Any) -> Any:
    """Of the two forms, the one that is meant: so that a mistake is reported once, and in its terms."""
    if isinstance(value, dict):
        return ByName.model_validate(value)
    if isinstance(value, str) and value not in ("default", "never"):
        raise PydanticCustomError(
            "wrong",
            "{found} is not allowed",
            {"found": f'"{value}"', "remedy": "Write 'default', 'never' or {displayName: …}."},
        )
    return value


class AzureSubscription(Resource):
    """An Azure subscription under the customer's Azure plan.

    It is found by `subscriptionId`; else by our alias; else by `adopt`. Only when none of these is mentioned (or
    `adopt: never`) and the alias is free is one bought. Its display name is never taken for its identity.

    Source: https://learn.microsoft.com/azure/cost-management-billing/manage/programmatically-create-subscription-microsoft-partner-agreement
    """

    detail_fields: ClassVar[frozenset[str]] = frozenset({"resourceProviders"})
    settles: ClassVar[timedelta] = timedelta(minutes=15)
    appears: ClassVar[timedelta] = timedelta(minutes=20)
    calls: ClassVar[int] = 12
    lasts: ClassVar[tuple[float, float]] = (1, 10)
    paid: ClassVar[bool] = True
    protected: ClassVar[bool] = True
    replaceable: ClassVar[bool] = False
    sandbox_limit: ClassVar[tuple[int, str]] = (3, "customer")
    revival: ClassVar[tuple[str, str]] = ("state", "Enabled")

    plan: Annotated[str | None, RefTo("AzurePlan", parent=True, implied=True), NotCompared()] = None
    """The customer's AzurePlan manifest; the only one of that customer if not given."""
    subscription_id: Annotated[str | None, AfterValidator(_guid), NotCompared()] = None
    """The GUID of the subscription that is meant."""
    alias: Annotated[str | None, NotCompared()] = None
    """The name of the alias under which it is created; handle and customer id if not given."""
    adopt: Annotated[Literal["default", "never"] | ByName | None, BeforeValidator(_adopt), NotCompared()] = None
    """Which existing subscription is meant: `default` is the one that the plan brought along, `{displayName: …}` the
    one with that name, `never` none. Each must fit exactly one that no other manifest claims."""
    display_name: Annotated[str | None, Required()] = None
    """Its name, which can change at any time. Azure calls all of them "Microsoft Azure" until they are renamed."""
    workload: Annotated[Literal["Production", "DevTest"] | None, NotCompared()] = None
    """What it is bought for; `Production` if not given. Azure does not tell it, so a later change has no effect."""
    state: Annotated[Literal["Enabled", "Disabled"] | None, Default("Enabled")] = None
    """`Disabled` cancels it (it can be enabled again within 90 days), `Enabled` enables it."""
    resource_providers: Annotated[list[str] | None, Keyed()] = None
    """Resource providers to register, such as `Microsoft.Network`. Others that are registered stay so."""

    def scope(self) -> Scope:
        """The customer."""
        return Scope(self.meta.customer or "", f"customers/{self.meta.customer}")

    @classmethod
    def is_id(cls, text: str) -> bool:
        """A GUID, alone or behind ``/subscriptions/``."""
        return super().is_id(text.removeprefix("/subscriptions/"))

    def identity(self) -> str:
        """Its GUID if that is given, else its alias."""
        return (self.subscription_id or self.alias_name).casefold()

    @property
    def alias_name(self) -> str:
        """The alias: the key under which a purchase can be repeated without buying twice."""
        return self.alias or f"{self.meta.name}-{self.meta.customer}"

    @property
    def found_only(self) -> bool:
        """Whether it must exist already, or come along with the plan."""
        return self.subscription_id is not None or self.adopt not in (None, "never")

    @classmethod
    def all(cls, cloud: Cloud, scope: Scope) -> Iterable[Live[Self]]:
        """What the customer's plan holds (ours), and what else the customer's tenant shows (not ours)."""
        entitlements = _entitlements(cloud, scope.customer)
        shown = {
            s["subscriptionId"].casefold(): s for s in cloud.arm.all("/subscriptions", SUBSCRIPTIONS, scope.customer)
        }
        aliases = _aliases(cloud) if entitlements else {}
        for entitlement in entitlements:
            id = str(entitlement["id"]).casefold()
            if id not in shown:
                raise NotYet(f"subscription {id} is in the customer's plan, but its tenant does not show it (yet)")
            payload = {**shown.pop(id), "alias": aliases.get(id), "entitlement": entitlement}
            yield cls._live(payload, scope.customer)
        for payload in shown.values():
            yield cls._live(payload, scope.customer, ours=False)

    @classmethod
    def _live(cls, payload: dict[str, Any], customer: str, ours: bool = True) -> Live[Self]:
        gone = str(payload.get("state", "")).casefold() in ENDED
        document = {n: payload[n] for n in ("displayName", "state", "resourceProviders") if payload.get(n) is not None}
        return Live(payload["subscriptionId"], cls.from_live(document), customer, payload, gone=gone, ours=ours)

    @classmethod
    def read(cls, cloud: Cloud, live: Live[Self], fields: Set[str]) -> Live[Self] | None:
        """One GET, and one LIST of resource providers if they are mentioned."""
        try:
            payload = cloud.arm.get(f"/subscriptions/{live.id}", SUBSCRIPTIONS, live.customer)
        except NotFound:
            return None
        if "resourceProviders" in fields:
            states = _providers(cloud, live.id, live.customer).values()
            registered = sorted(namespace for namespace, state in states if state == "Registered")
            payload = {**payload, "resourceProviders": registered, "namespaces": sorted(name for name, _ in states)}
        return cls._live({**live.raw, **payload}, live.customer)

    @classmethod
    def match(
        cls, wanted: Sequence[Self], found: Sequence[Live[Self]], known: Sequence[str] = ()
    ) -> Sequence[Live[Self] | str | None]:
        """By GUID, then by alias, then what was adopted before, then by adoption of the only one that is free."""
        result: dict[int, Live[Self] | str | None] = {}
        for index, one in enumerate(wanted):
            if one.subscription_id:
                result[index] = one_of([live for live in found if live.id.casefold() == one.identity()])
            else:
                names = [
                    live for live in found if str(live.raw.get("alias") or "").casefold() == one.alias_name.casefold()
                ]
                if names:
                    result[index] = one_of(names)
        for index, one in enumerate(wanted):
            if index not in result and one.found_only and known and known[index]:
                there = [live for live in found if live.id.casefold() == known[index].casefold() and one._fits(live)]
                if there:
                    result[index] = there[0]
        for by_name in (True, False):  # the more exact wish chooses first
            for index, one in enumerate(wanted):
                if index not in result and one.found_only and isinstance(one.adopt, ByName) == by_name:
                    claimed = {live.id for live in result.values() if isinstance(live, Live)}
                    result[index] = one._adopted([live for live in found if live.id not in claimed])
        return [result.get(index) for index in range(len(wanted))]

    def _fits(self, live: Live[Self]) -> bool:
        """Whether `adopt` can mean it. What has an alias was bought, and did not come along with the plan."""
        if isinstance(self.adopt, ByName):
            return live.resource.display_name in (self.adopt.display_name, self.display_name)
        return not live.raw.get("alias")

    def _adopted(self, free: Sequence[Live[Self]]) -> Live[Self] | str | None:
        fitting = [live for live in free if self._fits(live)]
        if len(fitting) > 1:
            several = ", ".join(f'{live.id} "{live.resource.display_name}"' for live in fitting)
            return f"adopt fits {len(fitting)} subscriptions that no manifest claims: {several}. Write subscriptionId"
        return fitting[0] if fitting else None

    def rules(self) -> Iterable[Broken]:
        """Azure has no word for taking all providers away."""
        complete = "resourceProviders" in (self.meta.complete or ())
        if complete or ("resource_providers" in self.model_fields_set and self.resource_providers is None):
            what = "resourceProviders: providers can be registered, and are never unregistered"
            yield Broken("resourceProviders", what, "Name those that are needed; others stay as they are.")
        for name in self.resource_providers or ():
            if "." not in name:
                what = f"resourceProviders: {name} is no resource provider"
                yield Broken(f"resourceProviders[{name}]", what, f"Did you mean Microsoft.{name}?")

    def check(self, live: Live[Self]) -> Iterable[Broken]:
        """Cancelling by a field is as grave as by `absent: true`; providers have to exist."""
        if self.state == "Disabled" and live.resource.state != "Disabled" and self.meta.protect is not False:
            yield Broken("state", "state: cancelling a subscription stops all that is in it", UNPROTECT)
        known = {str(name).casefold(): str(name) for name in live.raw.get("namespaces") or ()}
        for name in self.resource_providers or () if known else ():
            if name.casefold() not in known:
                what = f"resourceProviders: Azure has no resource provider {name}"
                yield Broken(f"resourceProviders[{name}]", what, did_you_mean(name, known.values()))

    def preflight(self, cloud: Cloud) -> Iterable[Broken]:
        """What must be found was not; or there is no plan to buy it under."""
        customer = self.meta.customer or ""
        if self.subscription_id:
            what = f"the customer's Azure plan holds no subscription {self.subscription_id}"
            held = [str(entitlement["id"]) for entitlement in _entitlements(cloud, customer)]
            yield Broken("subscriptionId", what, f"It holds {', '.join(held) or 'none'}.")
        elif self.found_only:
            names = [f'{e["id"]} "{e.get("friendlyName")}"' for e in _entitlements(cloud, customer)]
            what = "adopt fits no subscription that is free to adopt"
            yield Broken("adopt", what, f"The plan holds {', '.join(names) or 'none'}.")
        elif not plans(cloud, customer):
            yield Broken("plan", "the customer has no Azure plan to buy it under", "Add an AzurePlan manifest.")

    def create(self, cloud: Cloud) -> str | Operation:
        """PUT of the alias; the same alias never buys a second one."""
        partner = cloud.profile.partner_tenant_id
        path = f"/providers/Microsoft.Subscription/aliases/{self.alias_name}"
        properties = {
            "displayName": self.display_name,
            "workload": self.workload or "Production",
            "billingScope": f"{_billing_account(cloud)}/customers/{self.meta.customer}",
        }
        cloud.arm.send("PUT", path, ALIASES, partner, {"properties": properties})
        return Operation(path, partner, step="alias", after=2)

    @classmethod
    def proceed(cls, cloud: Cloud, operation: Operation) -> str | Operation | None:
        """Look at the alias until it has a subscription, or at the providers until they are registered."""
        if operation.step == "alias":
            properties = cloud.arm.get(operation.url, ALIASES, operation.customer).get("properties", {})
            if properties.get("provisioningState") == "Failed":
                raise CloudError("the subscription could not be created", code="Failed", call=f"GET {operation.url}")
            done = properties.get("provisioningState") == "Succeeded"
            return str(properties["subscriptionId"]) if done else operation
        wanted = {name.casefold() for name in operation.step.removeprefix("register ").split(",")}
        states = _providers(cloud, operation.result, operation.customer)
        return None if all(states.get(name, ("", ""))[1] == "Registered" for name in wanted) else operation

    def update(self, cloud: Cloud, live: Live[Self], changed: Set[str]) -> Operation | None:
        """Rename, cancel or enable, register: each a call of its own, only what differs."""
        actions = f"/subscriptions/{live.id}/providers/Microsoft.Subscription"
        if "state" in changed:
            cancel = self.state == "Disabled"
            cloud.arm.send("POST", f"{actions}/{'cancel' if cancel else 'enable'}", ALIASES, live.customer)
        if "displayName" in changed:
            cloud.arm.send("POST", f"{actions}/rename", ALIASES, live.customer, {"subscriptionName": self.display_name})
        there = {name.casefold() for name in live.resource.resource_providers or ()}
        new = [name for name in self.resource_providers or () if name.casefold() not in there]
        for name in new:
            cloud.arm.send("POST", f"/subscriptions/{live.id}/providers/{name}/register", PROVIDERS, live.customer)
        return (
            Operation(f"/subscriptions/{live.id}", live.customer, f"register {','.join(new)}", live.id, 5)
            if new
            else None
        )

    @classmethod
    def contents(cls, cloud: Cloud, live: Live[Self]) -> Iterable[str]:
        """The resource groups and resources in it."""
        for collection in ("resourcegroups", "resources"):
            for item in cloud.arm.all(f"/subscriptions/{live.id}/{collection}", PROVIDERS, live.customer):
                yield item["id"]

    @classmethod
    def delete(cls, cloud: Cloud, live: Live[Self]) -> Operation | None:
        """Cancel. Azure deletes it 90 days later."""
        full = "?IgnoreResourceCheck=true" if any(True for _ in cls.contents(cloud, live)) else ""
        path = f"/subscriptions/{live.id}/providers/Microsoft.Subscription/cancel{full}"
        cloud.arm.send("POST", path, ALIASES, live.customer)
        return None


def _entitlements(cloud: Cloud, customer: str) -> list[dict[str, Any]]:
    found = []
    for plan in plans(cloud, customer):
        held = cloud.partner.all(f"/v1/customers/{customer}/subscriptions/{plan['id']}/azureEntitlements")
        if not held and cloud.clock.now() < _bought(plan, cloud.clock.now()) + YOUNG:
            raise NotYet(f"the Azure plan {plan['id']} is young and its first subscription is not there yet")
        found += held
    return found


def _bought(plan: dict[str, Any], now: datetime) -> datetime:
    try:
        when = datetime.fromisoformat(str(plan.get("creationDate", "")))
    except ValueError:
        return now - 2 * YOUNG
    return when if when.tzinfo else when.replace(tzinfo=now.tzinfo)


def _aliases(cloud: Cloud) -> dict[str, str]:
    """The partner's aliases by the subscription that each stands for."""
    listed = cloud.arm.all("/providers/Microsoft.Subscription/aliases", ALIASES, cloud.profile.partner_tenant_id)
    pairs = ((alias.get("properties", {}).get("subscriptionId"), alias["name"]) for alias in listed)
    return {str(id).casefold(): name for id, name in pairs if id}


def _billing_account(cloud: Cloud) -> str:
    path = "/providers/Microsoft.Billing/billingAccounts"
    for account in cloud.arm.all(path, BILLING, cloud.profile.partner_tenant_id):
        if account.get("properties", {}).get("agreementType") == "MicrosoftPartnerAgreement":
            return str(account["id"])
    raise CloudError("the partner has no billing account with a Microsoft Partner Agreement", call=f"GET {path}")


def _providers(cloud: Cloud, subscription: str, customer: str) -> dict[str, tuple[str, str]]:
    listed = cloud.arm.all(f"/subscriptions/{subscription}/providers", PROVIDERS, customer)
    return {p["namespace"].casefold(): (p["namespace"], p["registrationState"]) for p in listed}

"""Brings one customer of a seed into being: relationship, plan, subscriptions, people, applications."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from typing import Any

from cspctl.simulator.seed_caller import Caller, Failed
from cspctl.simulator.seed_shape import Place
from cspctl.simulator.seed_subscription import Subscription

Step = Callable[..., Any]  # (place, function, its arguments)

AZURE_PLAN = "/products/DZH318Z0BPS6/skus/0001/availabilities"
AGREEMENT = "MicrosoftCustomerAgreement"
# What our application may do in the customer's directory once the seed is through.
CONSENTS = {
    "797f4846-ba00-4fd7-ba43-dac1f8f63013": "user_impersonation",
    "00000003-0000-0000-c000-000000000000": (
        "User.ReadWrite.All,Group.ReadWrite.All,Directory.ReadWrite.All,Application.Read.All"
    ),
}
ADDRESS = {
    "firstName": "First",
    "lastName": "Administrator",
    "addressLine1": "One Microsoft Way",
    "city": "Redmond",
    "state": "WA",
    "postalCode": "98052",
    "country": "US",
    "phoneNumber": "4255550100",
}


class Customer:
    """A customer as the seed wants it."""

    def __init__(self, caller: Caller, wanted: dict[str, Any]) -> None:
        """Make this customer through that client."""
        self._caller = caller
        self._wanted = wanted
        self._principals: dict[str, str] = {}  # user principal names and names of groups: object ids
        self.tenant = ""

    def made(self, place: Place, step: Step) -> dict[str, Any]:
        """Do all of it, in an order in which each step finds what it needs; return ids and credentials."""
        wanted = self._wanted
        step((*place, "domain"), self._become_customer)
        self._principals |= self._each(place, step, "users", self._user)
        step(place, self._consent)
        self._principals |= self._each(place, step, "groups", self._group)
        plan = step((*place, "azurePlan"), self._azure_plan) if self._has_plan else None
        subscriptions = self._subscriptions(place, step, plan) if plan else {}
        applications = []
        for number, application in enumerate(wanted.get("applications", [])):
            at = (*place, "applications", number)
            applications.append(step(at, self._application, application, subscriptions))
        return {
            "domain": wanted["domain"],
            "tenantId": self.tenant,
            "azurePlan": plan,
            "subscriptions": [{"name": name, "id": id} for name, id in subscriptions.items()],
            "applications": applications,
        }

    def _each(
        self, place: Place, step: Step, key: str, make: Callable[[dict[str, Any]], tuple[str, str]]
    ) -> dict[str, str]:
        made = {}
        for number, each in enumerate(self._wanted.get(key, [])):
            name, id = step((*place, key, number), make, each)
            made[name.lower()] = id
        return made

    @property
    def _has_plan(self) -> bool:
        return bool(self._wanted.get("azurePlan", True))

    @property
    def _path(self) -> str:
        return f"/v1/customers/{self.tenant}"

    def _become_customer(self) -> None:
        wanted, caller = self._wanted, self._caller
        name = wanted.get("companyName") or wanted["domain"].partition(".")[0]
        profile = {
            "email": wanted.get("email") or f"admin@{wanted['domain']}",
            "culture": wanted.get("culture", "en-US"),
            "language": wanted.get("language", "en"),
            "companyName": name,
            "defaultAddress": wanted.get("address") or ADDRESS,
        }
        if wanted.get("existing"):
            self.tenant = caller.people("existing-tenant", domain=wanted["domain"], name=name)["id"]
            caller.people("accept-invitation", tenant=self.tenant, billing_profile=profile)
        else:
            body = {"companyProfile": {"domain": wanted["domain"]}, "billingProfile": profile}
            self.tenant = caller.partner_center("POST", "/v1/customers", body)["id"]
        caller.partner_center("GET", self._path, ready=True)
        if wanted.get("agreement", True):
            self._agree(profile["defaultAddress"], profile["email"])

    def _agree(self, contact: dict[str, Any], email: str) -> None:
        templates = self._caller.partner_center("GET", f"/v1/agreements?agreementType={AGREEMENT}")["items"]
        body = {
            "primaryContact": {
                "firstName": contact.get("firstName", ADDRESS["firstName"]),
                "lastName": contact.get("lastName", ADDRESS["lastName"]),
                "email": email,
            },
            "templateId": templates[0]["templateId"],
            "dateAgreed": "2024-11-01T00:00:00Z",
            "type": AGREEMENT,
        }
        self._caller.partner_center("POST", f"{self._path}/agreements", body)

    def _consent(self) -> None:
        grants = [{"enterpriseApplicationId": id, "scope": scope} for id, scope in CONSENTS.items()]
        body = {"applicationId": self._caller.client, "displayName": "cspctl", "applicationGrants": grants}
        self._caller.partner_center("POST", f"{self._path}/applicationconsents", body)

    def _azure_plan(self) -> str:
        caller = self._caller
        availability = caller.partner_center("GET", f"{self._path}{AZURE_PLAN}")["items"][0]
        line = {"id": 0, "catalogItemId": availability["catalogItemId"], "quantity": 1, "billingCycle": "one_time"}
        cart = caller.partner_center("POST", f"{self._path}/carts", {"lineItems": [line]})
        ordered = caller.partner_center("POST", f"{self._path}/carts/{cart['id']}/checkout")
        if ordered.get("orderErrors"):
            raise Failed(str(ordered["orderErrors"][0]))
        for _ in range(20):
            caller.wait()
            found = caller.partner_center("GET", f"{self._path}/subscriptions")["items"]
            if found and self._entitlements(found[0]["id"]):
                return str(found[0]["id"])
        raise Failed("the Azure plan does not appear")

    def _subscriptions(self, place: Place, step: Step, plan: str) -> dict[str, str]:
        """The plan brings the first subscription; it takes the first name, and further ones are bought."""
        first = str(self._entitlements(plan)[0]["id"])
        wanted = self._wanted.get("subscriptions", [])
        if not wanted:
            return {"Microsoft Azure": first}
        made = {}
        for number, each in enumerate(wanted):
            subscription = Subscription(self._caller, self.tenant, each, self._principals)
            at = (*place, "subscriptions", number)
            made[each["name"]] = step(at, subscription.begin, "" if number else first)
            subscription.fill(at, step)
        return made

    def _entitlements(self, plan: str) -> list[dict[str, Any]]:
        path = f"{self._path}/subscriptions/{plan}/azureEntitlements"
        items: list[dict[str, Any]] = self._caller.partner_center("GET", path)["items"]
        return items

    def _user(self, wanted: dict[str, Any]) -> tuple[str, str]:
        local = wanted["userPrincipalName"].partition("@")[0]
        country = (self._wanted.get("address") or ADDRESS).get("country", "US")
        body = {
            "usageLocation": wanted.get("usageLocation", country),
            "userPrincipalName": wanted["userPrincipalName"],
            "displayName": wanted.get("displayName", local),
            "firstName": wanted.get("firstName", local),
            "lastName": wanted.get("lastName", "-"),
            "passwordProfile": {
                "password": wanted.get("password") or f"{secrets.token_urlsafe(12)}aA1!",
                "forceChangePassword": True,
            },
            "attributes": {"objectType": "CustomerUser"},
        }
        user = self._caller.partner_center("POST", f"{self._path}/users", body)
        for role in wanted.get("directoryRoles", []):
            self._direct(user, str(role))
        return wanted["userPrincipalName"], str(user["id"])

    def _direct(self, user: dict[str, Any], role: str) -> None:
        known = self._caller.partner_center("GET", f"{self._path}/directoryroles")["items"]
        found = next((each for each in known if role.lower() in {each["name"].lower(), each["id"].lower()}), None)
        if found is None:
            raise Failed(f"there is no directory role {role}; known are {', '.join(each['name'] for each in known)}")
        member = {
            "id": user["id"],
            "displayName": user["displayName"],
            "userPrincipalName": user["userPrincipalName"],
            "attributes": {"objectType": "UserMember"},
        }
        self._caller.partner_center("POST", f"{self._path}/directoryroles/{found['id']}/usermembers", member)

    def _group(self, wanted: dict[str, Any]) -> tuple[str, str]:
        nickname = "".join(each for each in wanted["displayName"] if each.isalnum()) or uuid.uuid4().hex
        body = {
            "displayName": wanted["displayName"],
            "mailEnabled": False,
            "mailNickname": nickname,
            "securityEnabled": True,
        }
        group = self._caller.graph("POST", "/groups", body, tenant=self.tenant)
        for member in wanted.get("members", []):
            id = self._principals.get(str(member).lower())
            if id is None:
                raise Failed(f"{member} is no user of this seed's customer")
            reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{id}"}
            self._caller.graph("POST", f"/groups/{group['id']}/members/$ref", reference, tenant=self.tenant)
        return wanted["displayName"], str(group["id"])

    def _application(self, wanted: dict[str, Any], subscriptions: dict[str, str]) -> dict[str, Any]:
        """Register an application whose service principal has a role, as who tries out az needs one."""
        scope = subscriptions.get(wanted.get("subscription", ""), next(iter(subscriptions.values()), ""))
        permissions = ",".join(map(str, wanted.get("permissions", [])))
        details = {"tenant": self.tenant, "name": wanted["name"], "permissions": permissions}
        if "role" in wanted:
            if not scope:
                raise Failed("a role needs a subscription, and the customer has none")
            details |= {"role": wanted["role"], "scope": f"/subscriptions/{scope}"}
        made = self._caller.people("register-application", **details)
        return {**made, "name": wanted["name"], "tenantId": self.tenant, "subscriptionId": scope}

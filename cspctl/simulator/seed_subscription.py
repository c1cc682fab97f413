"""Brings one Azure subscription of a seed into being, with what is in it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from cspctl.simulator.seed_caller import Caller, Failed
from cspctl.simulator.seed_shape import Place

Step = Callable[..., Any]  # (place, function, its arguments)

SUBSCRIPTION, RESOURCES, ALIAS, BILLING, ROLES = "2022-12-01", "2024-07-01", "2021-10-01", "2020-05-01", "2022-04-01"


class Subscription:
    """A subscription as the seed wants it."""

    def __init__(self, caller: Caller, tenant: str, wanted: dict[str, Any], principals: dict[str, str]) -> None:
        """Make this subscription of the directory; `principals` are object ids by lower-case name."""
        self._caller = caller
        self._tenant = tenant
        self._wanted = wanted
        self._principals = principals
        self._registered: set[str] = set()
        self._id = ""

    def begin(self, id: str) -> str:
        """Rename the subscription that came with the plan, or buy one; return its id."""
        self._id = id or self._bought()
        self._arm("GET", "", SUBSCRIPTION, ready=True)
        if id:
            body = {"subscriptionName": self._wanted["name"]}
            self._arm("POST", "/providers/Microsoft.Subscription/rename", ALIAS, body)
        if tags := self._wanted.get("tags"):
            body = {"properties": {"tags": tags}}
            self._arm("PUT", "/providers/Microsoft.Resources/tags/default", RESOURCES, body)
        return self._id

    def fill(self, place: Place, step: Step) -> None:
        """Register providers, and make groups, resources and role assignments."""
        for number, namespace in enumerate(self._wanted.get("providers", [])):
            step((*place, "providers", number), self._register, str(namespace))
        for number, group in enumerate(self._wanted.get("resourceGroups", [])):
            at = (*place, "resourceGroups", number)
            step(at, self._group, group)
            for index, resource in enumerate(group.get("resources", [])):
                step((*at, "resources", index), self._resource, group, resource)
        for number, assignment in enumerate(self._wanted.get("roleAssignments", [])):
            at = (*place, "roleAssignments", number)
            step(at, self._assign, assignment)

    def _arm(self, method: str, path: str, version: str, body: Any = None, *, ready: bool = False) -> Any:
        full = f"/subscriptions/{self._id}{path}"
        return self._caller.arm(method, full, version, body, tenant=self._tenant, ready=ready)

    def _bought(self) -> str:
        caller, partner = self._caller, self._caller.partner
        accounts = caller.arm("GET", "/providers/Microsoft.Billing/billingAccounts", BILLING, tenant=partner)["value"]
        scope = f"{accounts[0]['id']}/customers/{self._tenant}"
        properties = {"billingScope": scope, "displayName": self._wanted["name"], "workload": "Production"}
        path = f"/providers/Microsoft.Subscription/aliases/{uuid.uuid4()}"
        alias = caller.arm("PUT", path, ALIAS, {"properties": properties}, tenant=partner)
        for _ in range(20):
            if alias["properties"]["provisioningState"] == "Succeeded":
                return str(alias["properties"]["subscriptionId"])
            caller.wait()
            alias = caller.arm("GET", path, ALIAS, tenant=partner)
        raise Failed("the subscription is not created")

    def _register(self, namespace: str) -> None:
        if namespace.lower() in self._registered:
            return
        self._registered.add(namespace.lower())
        state = self._arm("POST", f"/providers/{namespace}/register", RESOURCES)["registrationState"]
        while state == "Registering":
            self._caller.wait()
            state = self._arm("GET", f"/providers/{namespace}", RESOURCES)["registrationState"]

    def _group(self, wanted: dict[str, Any]) -> None:
        body = {key: wanted[key] for key in ("location", "tags") if key in wanted}
        self._arm("PUT", f"/resourceGroups/{wanted['name']}", RESOURCES, body)

    def _resource(self, group: dict[str, Any], wanted: dict[str, Any]) -> None:
        """Put a resource; its body is Azure's, but for type, name and apiVersion, which make up the address."""
        namespace, *types = wanted["type"].split("/")
        names = wanted["name"].split("/")
        if not types or len(types) != len(names):
            raise Failed(f"{wanted['type']} {wanted['name']}: the name needs as many parts as the type")
        self._register(namespace)
        path = "/".join(part for pair in zip(types, names, strict=True) for part in pair)
        body = {key: value for key, value in wanted.items() if key not in {"type", "name", "apiVersion"}}
        if len(types) == 1:
            body.setdefault("location", group["location"])
        version = wanted.get("apiVersion") or self._newest(namespace, "/".join(types))
        self._arm("PUT", f"/resourceGroups/{group['name']}/providers/{namespace}/{path}", version, body)

    def _newest(self, namespace: str, type: str) -> str:
        known = self._arm("GET", f"/providers/{namespace}", RESOURCES)["resourceTypes"]
        found = next((each for each in known if each["resourceType"].lower() == type.lower()), None)
        if found is None:
            raise Failed(f"the simulator knows no type {type} of {namespace}")
        stable = [version for version in found["apiVersions"] if not version.endswith("preview")]
        return str(max(stable or found["apiVersions"]))

    def _assign(self, wanted: dict[str, Any]) -> None:
        """Assign a role; the scope is an id, or a path below the subscription; without one, the subscription."""
        inner = wanted.get("scope", "").strip("/")
        scope = f"/{inner}" if inner and not inner.lower().startswith("subscriptions/") else ""
        if inner.lower().startswith("subscriptions/"):
            scope = f"/{inner}".removeprefix(f"/subscriptions/{self._id}")
        self._caller.people(
            "assign-role",
            tenant=self._tenant,
            scope=f"/subscriptions/{self._id}{scope}",
            role=wanted["role"],
            principal=self._principals.get(wanted["principal"].lower(), wanted["principal"]),
        )

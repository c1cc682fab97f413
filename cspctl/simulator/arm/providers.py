"""Registers resource providers in subscriptions; the only place that knows which are registered where.

https://learn.microsoft.com/azure/azure-resource-manager/management/resource-providers-and-types
"""

from __future__ import annotations

from typing import Any

from cspctl.simulator.arm import operations, paging, provider_types, subscriptions
from cspctl.simulator.arm.errors import refuse
from cspctl.simulator.arm.provider_types import Provider, ResourceType
from cspctl.simulator.arm.service import gateway
from cspctl.simulator.store import Document, Transaction
from cspctl.simulator.wire import Request, Response

TYPE = "Microsoft.Resources/subscriptions/providers"
COLLECTION = "armRegistrations"

# Registering goes from region to region; after this long the regions work already, after all is it Registered.
REGION_SECONDS = 20.0
SECONDS = {"Registering": 60.0, "Unregistering": 60.0}


def state(tx: Transaction, subscription: str, provider: Provider) -> str:
    """Return Registered, Registering, NotRegistered, Unregistering or Unregistered."""
    if provider.free:
        return "Registered"
    document = tx.get(COLLECTION, f"{subscription}/{provider.namespace}")
    return str(document["state"]) if document else "NotRegistered"


def require_registered(request: Request, subscription: str, provider: Provider) -> None:
    """Refuse to create resources of a provider that the subscription is not registered for.

    While registering goes on, resources can be created as soon as their region is ready.
    """
    now = state(request.tx, subscription, provider)
    if now == "Registered" or (now == "Registering" and _region_is_ready(request, subscription, provider)):
        return
    text = (
        f"The subscription is not registered to use namespace '{provider.namespace}'. "
        "See https://aka.ms/rps-not-found for how to register subscriptions."
    )
    detail = {"code": "MissingSubscriptionRegistration", "target": provider.namespace, "message": text}
    raise refuse(409, "MissingSubscriptionRegistration", text, details=[detail])


def _region_is_ready(request: Request, subscription: str, provider: Provider) -> bool:
    document = request.tx.get(COLLECTION, f"{subscription}/{provider.namespace}") or {}
    return request.now.timestamp() >= float(document.get("since", 0)) + REGION_SECONDS


def mark(tx: Transaction, subscription: str, namespace: str, new_state: str, since: float = 0) -> None:
    """Write the state down, and since when (seconds since 1970) it holds."""
    document = {"namespace": namespace, "state": new_state, "since": since}
    tx.put(COLLECTION, f"{subscription}/{namespace}", document)


@gateway("GET", "/subscriptions/<subscription>/providers", TYPE)
def list_providers(request: Request, subscription: str) -> Response:
    """List every provider with its state in the subscription."""
    known = provider_types.PROVIDERS.values()
    return paging.page(request, [_shown(request, subscription, provider) for provider in known])


@gateway("GET", "/subscriptions/<subscription>/providers/<namespace>", TYPE)
def get_provider(request: Request, subscription: str, namespace: str) -> Response:
    """Answer one provider with its state in the subscription."""
    return Response(200, _shown(request, subscription, provider_types.provider(namespace)))


@gateway("GET", "/providers/<namespace>", TYPE)
def get_tenant_provider(request: Request, namespace: str) -> Response:  # noqa: ARG001
    """Answer one provider regardless of subscriptions."""
    provider = provider_types.provider(namespace)
    types = [_type(each) for each in provider.types.values()]
    return Response(200, {"namespace": provider.namespace, "resourceTypes": types})


@gateway("POST", "/subscriptions/<subscription>/providers/<namespace>/register", TYPE)
def register(request: Request, subscription: str, namespace: str) -> Response:
    """Begin to register the provider; nothing changes if it is registered already."""
    return _switch(request, subscription, namespace, done="Registered", doing="Registering")


@gateway("POST", "/subscriptions/<subscription>/providers/<namespace>/unregister", TYPE)
def unregister(request: Request, subscription: str, namespace: str) -> Response:
    """Begin to unregister the provider, unless the subscription still has resources of it."""
    provider = provider_types.provider(namespace)
    spelt = subscriptions.spelt(request.tx, subscription)
    mine = f"/providers/{provider.namespace}/".lower()
    if any(mine in each["id"].lower() for each in request.tx.all("armResources", f"/subscriptions/{spelt}/")):
        raise refuse(
            409,
            "SubscriptionHasResources",
            f"Cannot unregister namespace '{provider.namespace}': the subscription still has resources of it.",
        )
    return _switch(request, subscription, namespace, done="Unregistered", doing="Unregistering")


def _switch(request: Request, subscription: str, namespace: str, *, done: str, doing: str) -> Response:
    provider = provider_types.provider(namespace)
    spelt = subscriptions.spelt(request.tx, subscription)
    now = state(request.tx, spelt, provider)
    never = done == "Unregistered" and now == "NotRegistered"
    if not provider.free and now not in {done, doing} and not never:
        mark(request.tx, spelt, provider.namespace, doing, request.now.timestamp())
        start = operations.Start(spelt, done, provider.namespace, SECONDS[doing])
        operations.begin(request, start)
        request.tx.effects.append(f"provider {doing.lower()} {provider.namespace} in {spelt}")
    return Response(200, _shown(request, subscription, provider))


@operations.completes("Registered")
def _registered(tx: Transaction, operation: Document) -> None:
    mark(tx, operation["subscription"], operation["target"], "Registered")


@operations.completes("Unregistered")
def _unregistered(tx: Transaction, operation: Document) -> None:
    mark(tx, operation["subscription"], operation["target"], "Unregistered")


def _shown(request: Request, subscription: str, provider: Provider) -> dict[str, Any]:
    spelt = subscriptions.spelt(request.tx, subscription)
    return {
        "id": f"/subscriptions/{spelt}/providers/{provider.namespace}",
        "namespace": provider.namespace,
        "resourceTypes": [_type(each) for each in provider.types.values()],
        "registrationState": state(request.tx, spelt, provider),
        "registrationPolicy": "RegistrationFree" if provider.free else "RegistrationRequired",
    }


def _type(type: ResourceType) -> dict[str, Any]:
    movable = "CrossResourceGroupResourceMove, CrossSubscriptionResourceMove, SupportsTags, SupportsLocation"
    return {
        "resourceType": type.name,
        "locations": type.locations,
        "apiVersions": list(type.versions),
        "capabilities": movable if type.is_tracked else "None",
    }

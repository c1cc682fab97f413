"""Lets callers into subscriptions, or refuses them; the only place that does."""

from __future__ import annotations

from cspctl.simulator import national_clouds
from cspctl.simulator.arm import challenges, subscriptions
from cspctl.simulator.arm.authorization import actions, assignments, principals, rights
from cspctl.simulator.arm.errors import gateway_404, refuse, unauthorized
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response


def admit(request: Request, subscription_id: str) -> None:
    """Refuse a malformed or unknown subscription, another directory's token, and a caller without the right."""
    if not subscriptions.is_guid(subscription_id):
        text = f"The provided subscription identifier '{subscription_id}' is malformed or invalid."
        raise refuse(400, "InvalidSubscriptionId", text, x_ms_failure_cause="gateway")
    document = subscriptions.find(request.tx, request.now, subscription_id)
    if document is None:
        text = f"The subscription '{subscription_id}' could not be found."
        raise gateway_404("SubscriptionNotFound", text)
    tenant, owner = str(request.caller.get("tid", "")), str(document["tenantId"])
    if tenant.lower() != owner.lower():
        raise _wrong_tenant(request, tenant, owner)
    assignments.remove_orphans(request.tx, subscription_id)
    demand = actions.demanded(request.method, request.path)
    if not rights.of(request, document).meets(demand):
        raise unauthorized(request.caller, demand.action, demand.scope)


def _wrong_tenant(request: Request, tenant: str, owner: str) -> Exception:
    issuer, where = national_clouds.cloud_of(request.base_url).issuer, challenges.authority(request, owner)
    return refuse(
        401,
        "InvalidAuthenticationTokenTenant",
        f"The access token is from the wrong issuer '{issuer}/{tenant}/'. It must match the tenant "
        f"'{issuer}/{owner}/' associated with this subscription. Please use the authority (URL) "
        f"'{where}' to get the token. Note, if the subscription is transferred to "
        "another tenant there is no impact to the services, but information about new tenant could take time to "
        "propagate (up to an hour). If you just transferred your subscription and see this error message, please "
        "try back later.",
        WWW_Authenticate=f'Bearer authorization_uri="{where}", error="invalid_token", '
        'error_description="The access token is from the wrong issuer."',
    )


def trim(request: Request, subscription_id: str, response: Response) -> None:
    """Take out of a list what the caller may not read, if it may not read all of it."""
    items = response.body.get("value") if isinstance(response.body, dict) else None
    if request.method != "GET" or response.status != 200 or not isinstance(items, list):
        return
    demand = actions.demanded(request.method, request.path)
    document = subscriptions.find(request.tx, request.now, subscription_id)
    if document is None or not demand.is_list or demand.is_open:
        return
    mine = rights.of(request, document)
    if not mine.may(demand.action, demand.scope):
        response.body["value"] = [each for each in items if _may_read(mine, each)]


def _may_read(mine: rights.Rights, item: object) -> bool:
    id = item.get("id") if isinstance(item, dict) else None
    if not isinstance(id, str):
        return False
    demand = actions.demanded("GET", id)
    return mine.may(demand.action, demand.scope)


def visible(request: Request) -> list[Document]:
    """Return the subscriptions of the token's directory in which the caller has any role; the rest is left out."""
    who = principals.of(request)
    every = subscriptions.in_tenant(request.tx, request.now, str(request.caller.get("tid", "")))
    return [each for each in every if rights.of(request, each, who).grants]

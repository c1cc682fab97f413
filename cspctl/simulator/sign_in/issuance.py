"""Writes the tokens that applications and people get; the only place that decides their claims.

Partner Center, Microsoft Graph and Azure Resource Manager all take tokens of version 1, whichever endpoint issues
them. https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from typing import Any

from cspctl.simulator import directory, national_clouds, tenants, tokens
from cspctl.simulator.sign_in import persons, resources
from cspctl.simulator.sign_in.clients import Client, form_of
from cspctl.simulator.sign_in.resources import Wanted
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request

# What the directory says of everybody who has no role: users, and applications without a person.
NO_ROLE, NO_PERSON = "b79fbf4d-3ef9-4689-8143-76b194e85509", "0997a1d0-0d1d-4acb-b408-d5ca73121e90"
MOST_GROUPS = 200  # more than that, and a token names none


def for_application(
    request: Request, tenant: Document, client: Client, principal: Document, wanted: Wanted, resource: str
) -> dict[str, Any]:
    """Return the answer that holds a token of the application's own."""
    claims: dict[str, Any] = {
        "appidacr": client.proof,
        "idp": _issuer(request, tenant),
        "idtyp": "app",
        "oid": principal["objectId"],
        "sub": principal["objectId"],
    }
    asked = (resource, tenants.GRAPH) if resources.is_own_address(request, wanted) else (resource,)
    roles = [role for each in asked for role in tenants.app_roles(request.tx, tenant["id"], client.id, each)]
    if roles:
        claims["roles"] = roles
    if resource == tenants.GRAPH:
        claims["wids"] = [NO_PERSON]
    return _answer(request, tenant, client, wanted, claims)


def for_person(
    request: Request, tenant: Document, client: Client, session: Document, wanted: Wanted, scope: str
) -> dict[str, Any]:
    """Return the answer that holds a token for the application and the person of the session."""
    person = persons.by_id(request.tx, str(session["tenantId"]), str(session["userId"]))
    claims: dict[str, Any] = {
        "acct": 0,
        "acr": "1",
        "amr": ["pwd", "mfa"] if session["mfa"] else ["pwd"],
        "appidacr": client.proof,
        "idtyp": "user",
        "ipaddr": "192.0.2.1",
        "scp": resources.joined(scope),
        "sub": _pairwise(person.id, wanted.resource),
        **persons.claims(person),
        **_memberships(request, tenant, person),
    }
    if session["mfa"]:
        claims["acrs"] = ["p1"]
    if person.tenant.lower() != str(tenant["id"]).lower():
        claims["idp"] = f"{national_clouds.cloud_of(request.base_url).issuer}/{person.tenant}/"
    answer = _answer(request, tenant, client, wanted, claims)
    if "openid" in wanted.openid or wanted.version == 1:
        answer["id_token"] = _id_token(request, tenant, client, session, wanted)
    if "id_token" in answer or form_of(request).get("client_info"):
        info = {"uid": person.id, "utid": person.tenant}
        answer["client_info"] = base64.urlsafe_b64encode(json.dumps(info).encode()).decode().rstrip("=")
    return answer


def _memberships(request: Request, tenant: Document, person: persons.Person) -> dict[str, Any]:
    """Return the groups and directory roles that the person has in the directory of the token."""
    if person.tenant.lower() != str(tenant["id"]).lower():
        return {}
    groups = [each["id"] for each in directory.groups_of(request.tx, person.tenant, person.id)]
    wids = [*directory.roles_of(request.tx, person.tenant, person.id), NO_ROLE]
    return {"wids": wids, **({"groups": groups} if 0 < len(groups) <= MOST_GROUPS else {})}


def _answer(
    request: Request, tenant: Document, client: Client, wanted: Wanted, claims: dict[str, Any]
) -> dict[str, Any]:
    issued = int(request.now.timestamp())
    standard = {
        "aud": resources.audience(request, wanted),
        "iss": _issuer(request, tenant),
        "iat": issued,
        "nbf": issued,
        "exp": issued + tokens.LIFETIME,
        "appid": client.id,
        "app_displayname": client.application["displayName"],
        "tid": tenant["id"],
        "uti": secrets.token_urlsafe(16),
        "ver": "1.0",
    }
    cloud = national_clouds.cloud_of(request.base_url)
    return {
        "expires_in": tokens.LIFETIME,
        "ext_expires_in": tokens.LIFETIME,
        "access_token": tokens.sign(request.tx, {**standard, **claims}, cloud),
    }


def _id_token(request: Request, tenant: Document, client: Client, session: Document, wanted: Wanted) -> str:
    person = persons.by_id(request.tx, str(session["tenantId"]), str(session["userId"]))
    cloud = national_clouds.cloud_of(request.base_url)
    issued = int(request.now.timestamp())
    about = persons.claims(person)
    claims: dict[str, Any] = {
        "aud": client.id,
        "iss": _issuer(request, tenant) if wanted.version == 1 else f"https://{cloud.sign_in[0]}/{tenant['id']}/v2.0",
        "iat": issued,
        "nbf": issued,
        "exp": issued + tokens.LIFETIME,
        "sub": _pairwise(person.id, client.id),
        "tid": tenant["id"],
        "uti": secrets.token_urlsafe(16),
        "ver": "1.0" if wanted.version == 1 else "2.0",
    }
    if wanted.version == 1:
        claims |= {**about, "amr": ["pwd", "mfa"] if session["mfa"] else ["pwd"]}
    else:
        claims |= {"name": about["name"], "oid": person.id, "preferred_username": person.name}
        claims |= {"email": person.name} if "email" in wanted.openid else {}
    if session.get("nonce"):
        claims["nonce"] = session["nonce"]
    return tokens.sign(request.tx, claims, cloud)


def _issuer(request: Request, tenant: Document) -> str:
    return f"{national_clouds.cloud_of(request.base_url).issuer}/{tenant['id']}/"


def _pairwise(user: str, party: str) -> str:
    """Return the subject: another one for each party that reads tokens about the person."""
    digest = hashlib.sha256(f"{user}/{party.lower().rstrip('/')}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")

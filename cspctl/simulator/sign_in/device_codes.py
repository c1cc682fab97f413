"""Signs people in on another device than the one that asks; the only place that keeps device codes.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from cspctl.simulator import national_clouds
from cspctl.simulator.sign_in import clients, grants, persons, resources, sessions
from cspctl.simulator.sign_in.clients import ANY_TENANT, Client, form_of, known_tenant
from cspctl.simulator.sign_in.grants import Asked
from cspctl.simulator.sign_in.persons import Person
from cspctl.simulator.sign_in.refusals import refuse
from cspctl.simulator.sign_in.resources import Wanted
from cspctl.simulator.sign_in.service import routes
from cspctl.simulator.store import Document, Transaction
from cspctl.simulator.wire import Request, Response

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
COLLECTION, BY_USER_CODE = "deviceCodes", "deviceCodesByUserCode"
LIFE, INTERVAL = 900, 5  # seconds
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
PAGE = "common/oauth2/deviceauth"


@routes.route("POST", "/<tenant>/oauth2/v2.0/devicecode")
def ask(request: Request, tenant: str) -> Response:
    """Answer a code that the person enters elsewhere, and one by which the device asks whether that happened."""
    text = str(form_of(request).get("scope") or "")
    client = str(form_of(request).get("client_id") or "")
    clients.identified(request, tenant, client)
    if not text:
        raise refuse(request, 400, "invalid_request", 900144, parameter="scope")
    code = _new(request, tenant, client, resources.from_scope(request, text, user=True))
    return Response(200, {**_shown(request, code), "verification_uri": _address(request)})


@routes.route("POST", "/<tenant>/oauth2/devicecode")
@routes.route("GET", "/<tenant>/oauth2/devicecode")
def ask_v1(request: Request, tenant: str) -> Response:
    """Answer the same in version 1, whose numbers are strings, and whose clients send a query."""
    given = {**dict(request.query.pairs), **form_of(request)}
    client, resource = str(given.get("client_id") or ""), str(given.get("resource") or "")
    clients.identified(request, tenant, client)
    if not resource:
        raise refuse(request, 400, "invalid_request", 900144, parameter="resource")
    code = _new(request, tenant, client, resources.from_resource(resource, ""))
    shown = {key: str(value) for key, value in _shown(request, code).items()}
    return Response(200, {**shown, "verification_url": _address(request)})


def _new(request: Request, tenant: str, client: str, wanted: Wanted) -> Document:
    known = None if tenant.lower() in ANY_TENANT else known_tenant(request, tenant)
    resources.application_behind(request, known or {"displayName": tenant}, wanted)
    code = {
        "deviceCode": "0.A" + secrets.token_urlsafe(60),
        "userCode": "".join(secrets.choice(LETTERS) for _ in range(9)),
        "clientId": client.lower(),
        "tenant": known["id"] if known else tenant.lower(),
        "wanted": wanted.kept(),
        "expiresAt": (request.now + timedelta(seconds=LIFE)).isoformat(),
        "polledAt": None,
        "state": "pending",
        "session": None,
    }
    request.tx.put(COLLECTION, str(code["deviceCode"]), code)
    request.tx.put(BY_USER_CODE, str(code["userCode"]), {"deviceCode": code["deviceCode"]})
    return code


def _shown(request: Request, code: Document) -> dict[str, Any]:
    address = _address(request)
    message = f"To sign in, use a web browser to open the page {address} and enter the code {code['userCode']} "
    return {
        "user_code": code["userCode"],
        "device_code": code["deviceCode"],
        "expires_in": LIFE,
        "interval": INTERVAL,
        "message": message + "to authenticate.",
    }


def _address(request: Request) -> str:
    """Return where the code is entered: for a simulator that is served, its own page."""
    if national_clouds.is_microsofts(request.base_url):
        return national_clouds.cloud_of(request.base_url).device_login
    return f"{request.base_url}/{PAGE}"


# What the person does ------------------------------------------------------------------------------------


def by_user_code(tx: Transaction, user_code: str) -> Document:
    """Return the pending code that the person reads from the device, or raise LookupError.

    Whether it is still valid the device is told when it asks.
    """
    found = tx.get(BY_USER_CODE, user_code.strip().replace("-", ""))
    code = tx.get(COLLECTION, str(found["deviceCode"])) if found else None
    if code is None or code["state"] != "pending":
        raise LookupError(f"no device waits for the code {user_code}")
    return code


def approve(tx: Transaction, now: datetime, code: Document, person: Person, *, mfa: bool) -> None:
    """Sign the person in for the device that shows the code."""
    session = sessions.begin(tx, now, person, str(code["clientId"]), mfa=mfa)
    tx.put(COLLECTION, str(code["deviceCode"]), {**code, "state": "approved", "session": session})


def decline(tx: Transaction, code: Document) -> None:
    """Let the person refuse."""
    tx.put(COLLECTION, str(code["deviceCode"]), {**code, "state": "declined"})


# What the device asks ------------------------------------------------------------------------------------


def redeem(request: Request, tenant: str, asked: Asked) -> dict[str, Any] | Response:
    """Answer the tokens of the person who entered the code, or that nobody has yet."""
    form = form_of(request)
    device_code = str(form.get("device_code") or form.get("code") or "")
    client = clients.authenticated(request, tenant, may_be_public=True)
    if not device_code:
        raise refuse(request, 400, "invalid_request", 900144, parameter="device_code")
    code = request.tx.get(COLLECTION, device_code)
    if code is None or code["clientId"] != client.id.lower():
        raise refuse(request, 400, "bad_verification_code", 70018)
    if code["state"] == "declined":
        raise refuse(request, 400, "authorization_declined", 65004)
    if request.now >= datetime.fromisoformat(code["expiresAt"]):
        raise refuse(request, 400, "expired_token", 70019)
    if code["state"] == "pending":
        return _not_yet(request, code)
    return _answer(request, tenant, client, code, asked)


def _not_yet(request: Request, code: Document) -> Response:
    """Answer that the person has not signed in, and whether the device asks too often.

    Microsoft does not say that its service tells clients to slow down; RFC 8628 says that one may.
    """
    polled = code["polledAt"]
    hasty = polled and request.now < datetime.fromisoformat(polled) + timedelta(seconds=INTERVAL - 1)
    request.tx.put(COLLECTION, str(code["deviceCode"]), {**code, "polledAt": request.now.isoformat()})
    # Returned, not raised: what a refused request wrote is taken back, and this note has to stay.
    return refuse(request, 400, "slow_down" if hasty else "authorization_pending", 70016).response


def _answer(request: Request, tenant: str, client: Client, code: Document, asked: Asked) -> dict[str, Any]:
    wanted = asked(user=True, before=resources.remembered(code["wanted"]))
    name = tenant if code["tenant"] in ANY_TENANT else str(code["tenant"])
    # Where the simulator's time runs fast, tokens keep to the machine's: the session begins with the first of them.
    session = {**code["session"], "signedInAt": request.now.isoformat(), "lastUsed": request.now.isoformat()}
    person = persons.signing_in(request, str(session["tenantId"]), str(session["userId"]))
    home = known_tenant(request, person.tenant if name.lower() in ANY_TENANT else name)
    grants.consent_by(request, home, client, person, wanted)
    answer = grants.signed_in_answer(request, name, client, session, wanted)
    request.tx.delete(COLLECTION, str(code["deviceCode"]))  # a code is good for one answer
    return answer

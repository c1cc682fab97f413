"""Keeps who is signed in through which application, for as long as a refresh token lives; the only place that does.

https://learn.microsoft.com/entra/identity-platform/refresh-tokens
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from cspctl.simulator.sign_in.persons import Person
from cspctl.simulator.sign_in.refusals import refuse
from cspctl.simulator.store import Document, Transaction
from cspctl.simulator.wire import Request

COLLECTION, REVOCATIONS, POLICIES = "refreshTokens", "sessionRevocations", "sessionPolicies"
LIFE = timedelta(days=90)


def begin(tx: Transaction, now: datetime, person: Person, client: str, *, mfa: bool, **more: Any) -> Document:
    """Return a new session: the person has just signed in through the application, with MFA or not."""
    revoked = tx.get(REVOCATIONS, person.id)
    return {
        "generation": revoked["generation"] if revoked else 0,
        "credential": person.document.get("passwordHash", ""),
        "tenantId": person.tenant,
        "clientId": client,
        "userId": person.id,
        "mfa": mfa,
        "signedInAt": now.isoformat(),
        "lastUsed": now.isoformat(),
        **more,
    }


def issue(tx: Transaction, now: datetime, session: Document) -> str:
    """Return a new refresh token of the session; older ones go on working beside it."""
    token = "1.A" + secrets.token_urlsafe(90)
    tx.put(COLLECTION, token, {**session, "lastUsed": now.isoformat()})
    return token


def find(request: Request, token: str, client: str) -> Document:
    """Return the session of a refresh token that was issued to this application, or refuse."""
    session = request.tx.get(COLLECTION, token)
    if session is None or str(session["clientId"]).lower() != client.lower():
        raise refuse(request, 400, "invalid_grant", 70000)
    return session


def use(request: Request, token: str, session: Document, resource: str) -> Document:
    """Note that the refresh token was used and return its session, or refuse one whose time is over."""
    used = _moment(session.get("lastUsed"), request.now)
    # The session that a simulator begins with has no beginning: it begins when it is first used.
    began = _moment(session.get("signedInAt"), request.now)
    session = {**session, "signedInAt": began.isoformat(), "lastUsed": request.now.isoformat()}
    if request.now - used > LIFE:
        issued = f"{used:%Y-%m-%dT%H:%M:%SZ}"
        raise refuse(request, 400, "invalid_grant", 700082, suberror="bad_token", issued=issued)
    _check_revocation(request, session, began)
    _check_mfa(request, session, began, resource)
    request.tx.put(COLLECTION, token, session)
    return session


def _check_revocation(request: Request, session: Document, began: datetime) -> None:
    revoked = request.tx.get(REVOCATIONS, str(session["userId"]))
    if revoked is not None and session.get("generation", 0) < revoked["generation"]:
        words = {"issued": _precise(began), "valid_from": _precise(datetime.fromisoformat(revoked["at"]))}
        raise refuse(request, 400, "invalid_grant", 50173, suberror="bad_token", **words)


def check_password(request: Request, session: Document, person: Person) -> None:
    """Refuse a session that began with a password that is no longer the person's."""
    if session.get("credential") in (None, person.document.get("passwordHash", "")):
        return
    words = {"issued": _precise(_moment(session.get("signedInAt"), request.now)), "valid_from": _precise(request.now)}
    raise refuse(request, 400, "invalid_grant", 50173, suberror="bad_token", **words)


def _check_mfa(request: Request, session: Document, began: datetime, resource: str) -> None:
    policy = request.tx.get(POLICIES, str(session["tenantId"]))
    if policy is None or not session["mfa"]:
        return
    if request.now - began > timedelta(days=float(policy["mfaDays"])):
        raise refuse(request, 400, "invalid_grant", 50078, suberror="basic_action", resource=resource)


def revoke(tx: Transaction, now: datetime, user: str) -> None:
    """End every session that the user has; access tokens live on until they expire."""
    # Counted, since the times of tokens and of what people do differ where the simulator's time runs fast.
    generation = int((tx.get(REVOCATIONS, user) or {"generation": 0})["generation"]) + 1
    tx.put(REVOCATIONS, user, {"generation": generation, "at": now.isoformat()})


def limit_mfa(tx: Transaction, tenant: str, days: float) -> None:
    """Let a directory remember that somebody did MFA for so many days only."""
    tx.put(POLICIES, tenant, {"mfaDays": days})


def _moment(text: Any, otherwise: datetime) -> datetime:
    return datetime.fromisoformat(text) if text else otherwise


def _precise(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}0Z"

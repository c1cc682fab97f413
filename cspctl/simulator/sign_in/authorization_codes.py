"""Signs people in through their browser and gives the application a code for it; the only place that keeps codes.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from cspctl.simulator.sign_in import clients, grants, resources, sessions
from cspctl.simulator.sign_in.clients import Client, form_of
from cspctl.simulator.sign_in.grants import Asked
from cspctl.simulator.sign_in.persons import Person
from cspctl.simulator.sign_in.refusals import refuse
from cspctl.simulator.sign_in.resources import Wanted
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request

COLLECTION = "authorizationCodes"
LIFE = timedelta(minutes=10)
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def is_registered(application: Document, redirect_uri: str) -> bool:
    """Tell whether the application may be sent back there; on this machine's own address the port is free.

    https://learn.microsoft.com/entra/identity-platform/reply-url#localhost-exceptions
    """
    known = [str(each) for each in application.get("redirectUris", [])]
    if redirect_uri in known:
        return True
    try:
        asked = urlsplit(redirect_uri)
    except ValueError:
        return False
    if asked.hostname not in LOOPBACK or asked.fragment:
        return False
    allowed = [urlsplit(each) for each in known]
    # Any path for one that is registered with none: tools choose theirs freely.
    return any(
        each.scheme == asked.scheme and each.hostname in LOOPBACK and each.path in {"", "/", asked.path}
        for each in allowed
    )


def issue(request: Request, application: Document, person: Person, wanted: Wanted, *, mfa: bool) -> str:
    """Return a code for what the person's browser asked."""
    asked = parameters(request)
    nonce = asked.get("nonce") or None
    session = sessions.begin(request.tx, request.now, person, str(application["id"]), mfa=mfa, nonce=nonce)
    code = "1.A" + secrets.token_urlsafe(80)
    document = {
        "clientId": application["id"],
        "redirectUri": asked.get("redirect_uri", ""),
        "challenge": asked.get("code_challenge") or None,
        "method": asked.get("code_challenge_method") or "plain",
        "wanted": wanted.kept(),
        "session": session,
        "expiresAt": (request.now + LIFE).isoformat(),
        "redeemed": False,
    }
    request.tx.put(COLLECTION, code, document)
    return code


def parameters(request: Request) -> dict[str, str]:
    """Return what the application asks, from the address and, where a form is sent, from its fields."""
    return {**dict(request.query.pairs), **{name: str(value) for name, value in form_of(request).items()}}


def answer_address(redirect_uri: str, mode: str, fields: dict[str, str]) -> str:
    """Return where the browser is sent back to, with the fields in the query or behind the fragment's sign."""
    mark = "#" if mode == "fragment" else "&" if "?" in redirect_uri else "?"
    return f"{redirect_uri}{mark}{urlencode(fields)}"


# Redemption ----------------------------------------------------------------------------------------------


def redeem(request: Request, tenant: str, asked: Asked) -> dict[str, Any]:
    """Answer the tokens of the person who signed in, once."""
    form = form_of(request)
    code = request.tx.get(COLLECTION, str(form.get("code") or ""))
    client = clients.authenticated(request, tenant, may_be_public=True)
    if not form.get("code"):
        raise refuse(request, 400, "invalid_request", 900144, parameter="code")
    if code is None:
        raise refuse(request, 400, "invalid_grant", 9002313)
    _check(request, client, code)
    request.tx.put(COLLECTION, str(form["code"]), {**code, "redeemed": True})
    wanted = asked(user=True, before=resources.remembered(code["wanted"]))
    return grants.signed_in_answer(request, tenant, client, code["session"], wanted)


def _check(request: Request, client: Client, code: Document) -> None:
    form = form_of(request)
    if str(code["clientId"]).lower() != client.id.lower():
        raise refuse(request, 400, "invalid_grant", 70000)
    if code["redeemed"]:
        raise refuse(request, 400, "invalid_grant", 54005)
    if request.now >= datetime.fromisoformat(code["expiresAt"]):
        raise refuse(request, 400, "invalid_grant", 70008)
    given = str(form.get("redirect_uri") or "")
    if given != code["redirectUri"]:
        words = {"given": given, "expected": code["redirectUri"]}
        raise refuse(request, 400, "invalid_grant", 500112, **words)
    if code["challenge"] and not _fits(str(form.get("code_verifier") or ""), code):
        raise refuse(request, 400, "invalid_grant", 501481)


def _fits(verifier: str, code: Document) -> bool:
    shown = verifier
    if code["method"] == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        shown = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return secrets.compare_digest(shown.encode(), str(code["challenge"]).encode())

"""Gives a repeated write the answer that the first one got; the only place that remembers answers.

No password is kept: those that the caller has set come with the repeated request, and those that the service makes
are made anew from the request's id.
"""

from __future__ import annotations

import hashlib
import hmac
import string
from typing import Any

from cspctl.simulator.wire import Request, Response

COLLECTION = "partnerCenterAnswers"
MARKS = "!#%*=.;"


def _key(request: Request) -> str:
    return f"{request.request_id}/{request.method}/{request.path}"


def earlier(request: Request) -> Response | None:
    """Return what the same request, by its MS-RequestId, was answered before."""
    document = request.tx.get(COLLECTION, _key(request)) if "MS-RequestId" in request.headers else None
    if document is None:
        return None
    return Response(document["status"], _with_passwords(document["body"], request), dict(document["headers"]))


def remember(request: Request, response: Response) -> None:
    """Remember the answer of a write that took effect.

    A refusal is not remembered: nothing happened, so the same id may succeed later.
    """
    if "MS-RequestId" in request.headers and response.status < 300:
        kept = {"status": response.status, "body": _without_passwords(response.body), "headers": response.headers}
        request.tx.put(COLLECTION, _key(request), kept)


def password(request: Request) -> str:
    """Return the password that the service makes up for what this request creates."""
    secret = str((request.tx.get("profile", "partner") or {}).get("clientSecret", ""))
    digest = hmac.digest(secret.encode(), _key(request).encode(), hashlib.sha256)
    letters = "".join(string.ascii_letters[each % 52] for each in digest[:9])
    return f"{letters}{MARKS[digest[9] % len(MARKS)]}{int.from_bytes(digest[10:14], 'big') % 1000:03d}"


def _without_passwords(body: Any) -> Any:
    return _replaced(body, {"passwordProfile": None, "userCredentials": None})


def _with_passwords(body: Any, request: Request) -> Any:
    given = request.body.get("passwordProfile") if isinstance(request.body, dict) else None
    own = given.get("password") if isinstance(given, dict) else None
    return _replaced(body, {"passwordProfile": own, "userCredentials": password(request)})


def _replaced(body: Any, passwords: dict[str, str | None]) -> Any:
    if not isinstance(body, dict):
        return body
    inner = {name: body[name] for name in passwords if isinstance(body.get(name), dict)}
    return {**body, **{name: {**each, "password": passwords[name]} for name, each in inner.items()}}

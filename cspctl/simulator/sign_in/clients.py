"""Finds out which application asks for a token, and whether it is that application; the only place that does."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from cspctl.simulator import applications, tenants
from cspctl.simulator.sign_in import assertions
from cspctl.simulator.sign_in.refusals import refuse
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request

ANY_TENANT = frozenset({"common", "organizations"})
# Personal accounts have a directory of their own, in which no application of a partner works.
PERSONAL = frozenset({"consumers", "9188040d-6c67-4c5b-b112-36a304b66dad"})

# The `appidacr` claim: how the application proved who it is.
PUBLIC, BY_SECRET, BY_ASSERTION = "0", "1", "2"


@dataclass(frozen=True)
class Client:
    """The application that asks, and how it proved who it is."""

    application: Document
    proof: str

    @property
    def id(self) -> str:
        """The client id."""
        return str(self.application["id"])

    @property
    def words(self) -> dict[str, Any]:
        """What sentences say of it."""
        return {"client": self.id, "name": self.application["displayName"]}


def form_of(request: Request) -> dict[str, Any]:
    """Return the form's fields; another kind of body, such as JSON, has none."""
    is_form = request.headers.get("Content-Type", "").lower().startswith("application/x-www-form-urlencoded")
    return request.body if is_form and isinstance(request.body, dict) else {}


def known_tenant(request: Request, name: str, word: str = "invalid_request") -> Document:
    """Return the tenant with this id or domain, or refuse; discovery has a word of its own for it."""
    tenant = tenants.find(request.tx, name)
    if tenant is None:
        raise refuse(request, 400, word, 90002, tenant=name)
    return tenant


def identified(request: Request, tenant_name: str, client: str) -> Document:
    """Return the application with this client id if it can be used from that tenant's endpoint, or refuse."""
    if not client:
        raise refuse(request, 400, "invalid_request", 900144, parameter="client_id")
    application = applications.find(request.tx, client)
    home = None if tenant_name.lower() in ANY_TENANT | PERSONAL else known_tenant(request, tenant_name)
    foreign = application and not application.get("multitenant", True) and home
    if application is None or (foreign and str(application["tenantId"]).lower() != str(home and home["id"]).lower()):
        words = {"client": client, "tenant": home["displayName"] if home else tenant_name}
        raise refuse(request, 400, "unauthorized_client", 700016, **words)
    _check_endpoint(request, tenant_name.lower(), application)
    return application


def _check_endpoint(request: Request, tenant_name: str, application: Document) -> None:
    words = {"client": application["id"], "name": application["displayName"]}
    if tenant_name in PERSONAL:
        raise refuse(request, 400, "invalid_request", 9002332, **words)
    if tenant_name in ANY_TENANT and not application.get("multitenant", True):
        raise refuse(request, 400, "invalid_request", 50194, **words)
    if not application.get("enabled", True):
        raise refuse(request, 401, "unauthorized_client", 7000112, **words)


def authenticated(request: Request, tenant_name: str, *, may_be_public: bool) -> Client:
    """Return the application that asks, once it has proved who it is, or refuse.

    `may_be_public`: without a credential it is served as a public client, if it is registered as one.
    """
    form = form_of(request)
    client, secret = _client_and_secret(request)
    assertion = str(form.get("client_assertion") or "")
    if not client and assertion:
        client = assertions.claimed_client(assertion)
    application = identified(request, tenant_name, client)
    if applications.is_microsofts(application) and (secret is not None or assertion):
        raise refuse(request, 401, "invalid_client", 700025)
    if assertion:
        assertions.check(request, application, tenant_name, assertion)
        return Client(application, BY_ASSERTION)
    if secret is not None:
        _check_secret(request, application, secret)
        return Client(application, BY_SECRET)
    if may_be_public and application.get("publicClient"):
        return Client(application, PUBLIC)
    raise refuse(request, 401, "invalid_client", 7000218)


def _client_and_secret(request: Request) -> tuple[str, str | None]:
    form = form_of(request)
    client, secret = str(form.get("client_id") or ""), form.get("client_secret")
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic" and secret is None:
        try:
            pair = base64.b64decode(encoded, validate=True).decode()
        except ValueError:
            raise refuse(request, 400, "invalid_request", 9002313) from None
        name, _, basic = pair.partition(":")
        return client or unquote(name), unquote(basic)
    return client, None if secret is None else str(secret)


def _check_secret(request: Request, application: Document, secret: str) -> None:
    digest = applications.digest(secret)
    fitting = [each for each in applications.passwords(application) if _same(each["digest"], digest)]
    if not fitting:
        raise refuse(request, 401, "invalid_client", 7000215, client=application["id"])
    if all(each["endDateTime"] and _over(each["endDateTime"], request.now) for each in fitting):
        raise refuse(request, 401, "invalid_client", 7000222, client=application["id"])


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())


def _over(end: str, now: datetime) -> bool:
    return now >= datetime.fromisoformat(end)

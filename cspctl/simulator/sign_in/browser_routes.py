"""Answers a person's browser: the sign-in page, and the page for a device's code; the only place that does."""

from __future__ import annotations

from typing import Any

from cspctl.simulator.sign_in import authorization_codes, clients, device_codes, grants, pages, persons, resources
from cspctl.simulator.sign_in.authorization_codes import parameters
from cspctl.simulator.sign_in.clients import ANY_TENANT, PUBLIC, Client, form_of, known_tenant
from cspctl.simulator.sign_in.persons import Person
from cspctl.simulator.sign_in.refusals import refuse, sentence
from cspctl.simulator.sign_in.resources import Wanted
from cspctl.simulator.sign_in.service import routes
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Refused, Request, Response

MODES = ("query", "fragment", "form_post")


# Authorization ---------------------------------------------------------------------------------------------


@routes.route("GET", "/<tenant>/oauth2/v2.0/authorize")
@routes.route("POST", "/<tenant>/oauth2/v2.0/authorize")
def authorize(request: Request, tenant: str) -> Response:
    """Sign somebody in and send the browser back to the application with a code."""
    text = parameters(request).get("scope", "")
    return _authorized(request, tenant, lambda: resources.from_scope(request, text, user=True))


@routes.route("GET", "/<tenant>/oauth2/authorize")
@routes.route("POST", "/<tenant>/oauth2/authorize")
def authorize_v1(request: Request, tenant: str) -> Response:
    """Do the same in version 1, where a resource is asked for."""
    asked = parameters(request)
    wanted = resources.from_resource(asked.get("resource", ""), asked.get("scope", ""))
    return _authorized(request, tenant, lambda: wanted)


def _authorized(request: Request, tenant: str, wanted: Any) -> Response:
    asked = parameters(request)
    redirect_uri = asked.get("redirect_uri", "")
    try:
        application = clients.identified(request, tenant, asked.get("client_id", ""))
        if not authorization_codes.is_registered(application, redirect_uri):
            words = {"uri": redirect_uri, "client": application["id"]}
            raise refuse(request, 400, "invalid_request", 50011, **words)
    except Refused as refused:  # nobody is sent to an address that is not the application's
        return pages.told(400, "Sorry, but we're having trouble signing you in", _said(refused))
    try:
        _check_mode(request, asked)
        return _signed_in(request, tenant, application, wanted())
    except Refused as refused:
        body = refused.response.body
        return _back(asked, {"error": body["error"], "error_description": body["error_description"]})


def _check_mode(request: Request, asked: dict[str, str]) -> None:
    if asked.get("response_type", "code") != "code":  # implicit and hybrid flows are not simulated
        reason = f"the response_type '{asked['response_type']}' is not enabled for the application."
        raise refuse(request, 400, "unsupported_response_type", 90023, reason=reason)
    if asked.get("response_mode", "query") not in MODES:
        raise refuse(request, 400, "invalid_request", 90023, reason="the response_mode is not supported.")
    if asked.get("code_challenge_method", "plain") not in {"plain", "S256"}:
        raise refuse(request, 400, "invalid_request", 90023, reason="the code_challenge_method is not supported.")


def _signed_in(request: Request, tenant: str, application: Document, wanted: Wanted) -> Response:
    asked, form = parameters(request), form_of(request)
    if form.get("action") == "decline":
        raise refuse(request, 400, "access_denied", 65004)
    hint = asked.get("login_hint", "")
    user = str(form.get("user") or "") or hint
    name = str(application["displayName"])
    # Somebody who is named has signed in before, unless the application insists on seeing the page.
    sees_page = not user or (not form.get("user") and asked.get("prompt") in {"login", "select_account"})
    if sees_page and asked.get("prompt") == "none":
        raise refuse(request, 400, "login_required", 50058)
    if sees_page:
        return pages.sign_in(name, hint)
    try:
        person = _person(request, user)
    except LookupError as unknown:
        return pages.sign_in(name, user, error=str(unknown))
    mfa = "action" not in form or bool(form.get("mfa"))
    return _code(request, tenant, Client(application, PUBLIC), person, wanted, mfa=mfa)


def _code(request: Request, tenant: str, client: Client, person: Person, wanted: Wanted, *, mfa: bool) -> Response:
    home = known_tenant(request, person.tenant if tenant.lower() in ANY_TENANT else tenant)
    persons.signing_in(request, person.tenant, person.id)
    grants.check_belongs(request, home, client, person)
    grants.consent_by(request, home, client, person, wanted)
    code = authorization_codes.issue(request, client.application, person, wanted, mfa=mfa)
    return _back(parameters(request), {"code": code})


def _person(request: Request, user: str) -> Person:
    if user == persons.AGENT:
        return persons.of_partner(request.tx)
    return persons.named(request.tx, user)


def _back(asked: dict[str, str], fields: dict[str, str]) -> Response:
    if asked.get("state"):
        fields = {**fields, "state": asked["state"]}
    mode = asked.get("response_mode", "query")
    if mode == "form_post":
        return pages.posted(asked["redirect_uri"], fields)
    address = authorization_codes.answer_address(asked["redirect_uri"], mode, fields)
    return Response(302, None, {"Location": address, "Cache-Control": "no-store, no-cache"})


def _said(refused: Refused) -> str:
    return str(refused.response.body["error_description"])


@routes.route("GET", "/common/oauth2/nativeclient")
def native_client(request: Request) -> Response:  # noqa: ARG001
    """Show the page on which programs with a browser of their own read the code from the address."""
    return pages.told(200, "Signed in", "You may close this window.")


@routes.route("GET", "/<tenant>/oauth2/v2.0/logout")
@routes.route("GET", "/<tenant>/oauth2/logout")
def sign_out(request: Request, tenant: str) -> Response:  # noqa: ARG001
    """Say that nobody is signed in: pages remember nobody. Refresh tokens outlive signing out of the browser."""
    return pages.told(200, "Signed out", "You have signed out. You may close this window.")


# Device codes ----------------------------------------------------------------------------------------------


@routes.route("GET", "/common/oauth2/deviceauth")
def device_page(request: Request) -> Response:
    """Show the page on which somebody enters the code that a device shows."""
    return pages.sign_in("A device", persons.AGENT, code=request.query.get("user_code"))


@routes.route("POST", "/common/oauth2/deviceauth")
def device_entered(request: Request) -> Response:
    """Sign somebody in for the device."""
    form = form_of(request)
    user_code, user = str(form.get("user_code") or ""), str(form.get("user") or "")
    try:
        code = device_codes.by_user_code(request.tx, user_code)
    except LookupError:
        return pages.sign_in("A device", user, error=sentence(70018), code=user_code)
    if form.get("action") == "decline":
        device_codes.decline(request.tx, code)
        return pages.told(200, "Signed out", "You have not signed in. You may close this window.")
    try:
        person = _person(request, user)
    except LookupError as unknown:
        return pages.sign_in("A device", user, error=str(unknown), code=user_code)
    device_codes.approve(request.tx, request.now, code, person, mfa=bool(form.get("mfa")))
    return pages.told(200, "Signed in", "You have signed in on your device. You may close this window.")

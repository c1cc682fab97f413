"""Answers the token endpoint in its two versions; the only place that does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cspctl.simulator import tokens
from cspctl.simulator.sign_in import authorization_codes, device_codes, grants, resources
from cspctl.simulator.sign_in.clients import form_of
from cspctl.simulator.sign_in.grants import Asked
from cspctl.simulator.sign_in.refusals import refuse
from cspctl.simulator.sign_in.resources import Wanted
from cspctl.simulator.sign_in.service import routes
from cspctl.simulator.wire import Refused, Request, Response

HEADERS = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"}
ON_BEHALF_OF = "urn:ietf:params:oauth:grant-type:jwt-bearer"

GRANTS: dict[str, Callable[[Request, str, Asked], dict[str, Any] | Response]] = {
    "client_credentials": grants.application_grant,
    "refresh_token": grants.refresh_grant,
    "authorization_code": authorization_codes.redeem,
    device_codes.GRANT: device_codes.redeem,
    "device_code": device_codes.redeem,  # as version 1 calls it
    "password": grants.password_grant,
}


def _granted(request: Request, tenant: str, asked: Asked) -> dict[str, Any] | Response:
    kind = str(form_of(request).get("grant_type") or "")
    if not kind:
        raise refuse(request, 400, "invalid_request", 900144, parameter="grant_type")
    if kind == ON_BEHALF_OF:
        response = routes.error(501, "NotImplementedBySimulator", f"The sign-in simulator does not know {kind}.")
        raise Refused(response)
    if kind not in GRANTS:
        raise refuse(request, 400, "unsupported_grant_type", 70003, kind=kind)
    return GRANTS[kind](request, tenant, asked)


@routes.route("POST", "/<tenant>/oauth2/v2.0/token")
def token(request: Request, tenant: str) -> Response:
    """Answer a token for the resource that `scope` names."""
    text = str(form_of(request).get("scope") or "")

    def asked(*, user: bool, before: Wanted | None = None) -> Wanted:
        return before if before and not text else resources.from_scope(request, text, user=user)

    answer = _granted(request, tenant, asked)
    if isinstance(answer, Response):
        return answer
    return Response(200, {"token_type": "Bearer", **answer}, dict(HEADERS))


@routes.route("POST", "/<tenant>/oauth2/token")
def token_v1(request: Request, tenant: str) -> Response:
    """Answer a token for the `resource`; version 1 writes its numbers as strings."""
    form = form_of(request)
    wanted = resources.from_resource(str(form.get("resource") or ""), str(form.get("scope") or ""))

    def asked(*, user: bool, before: Wanted | None = None) -> Wanted:  # noqa: ARG001
        return replace(before, version=1) if before and not wanted.resource else wanted

    answer = _granted(request, tenant, asked)
    if isinstance(answer, Response):
        return answer
    issued = int(request.now.timestamp())
    body = {
        "token_type": "Bearer",
        "not_before": str(issued),
        "expires_on": str(issued + tokens.LIFETIME),
        "resource": wanted.resource,
        **{key: str(value) for key, value in answer.items()},
    }
    return Response(200, body, dict(HEADERS))

"""Signs a person in by a device code: they enter it in any browser, and we wait for that.

Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cspctl.cloud.auth import Auth
from cspctl.cloud.token_cache import Session
from cspctl.errors import CspctlError, Denied

OPENID = ["openid", "profile", "offline_access"]
"""With these sign-in gives a refresh token, and says who the person is."""
PENDING = frozenset({"authorization_pending", "slow_down"})
ENDED = {
    "expired_token": "nobody has entered the code in time: run cspctl login again",
    "code_expired": "nobody has entered the code in time: run cspctl login again",
    "authorization_declined": "the person has declined",
    "access_denied": "the person has declined",
    "bad_verification_code": "sign-in does not know the code: run cspctl login again",
}


@dataclass(frozen=True)
class Person:
    """Who has signed in."""

    name: str
    mfa: bool
    scopes: str


def begin(auth: Auth) -> dict[str, Any]:
    """Ask for a code: `user_code` is to be entered at `verification_uri`. Raises :class:`Denied`."""
    tenant = auth.profile.partner_tenant_id
    scopes = [f"{auth.cloud.partner_center}/user_impersonation", *OPENID]
    # msal offers this flow to public clients only; ours is confidential, and its session is bound to its credential.
    client = auth.application(tenant).client
    flow = auth.asked(lambda: client.initiate_device_flow(scope=scopes), tenant)
    if "user_code" not in flow:
        raise auth.denied(flow, tenant)
    return flow


def finish(auth: Auth, flow: dict[str, Any]) -> Person:
    """Wait until the code has been entered, and keep the session; one of another tenant is refused, not kept."""
    tenant, clock = auth.profile.partner_tenant_id, auth.http.clock
    client = auth.application(tenant).client

    def ask() -> Any:
        flow["latest_attempt_at"] = 0  # the time is our clock's, not msal's
        data = {"code": flow["device_code"]}
        return client.obtain_token_by_device_flow(flow, exit_condition=lambda _: True, data=data)

    until = clock.now() + timedelta(seconds=int(flow["expires_in"]))
    answer: dict[str, Any] = {"error": "authorization_pending"}
    while answer.get("error") in PENDING:
        clock.sleep(float(flow["interval"]))
        answer = auth.asked(ask, tenant) if clock.now() < until else {"error": "expired_token"}
    if "access_token" in answer:
        return _kept(auth, answer)
    if reason := ENDED.get(str(answer.get("error"))):
        raise Denied(reason, code=str(answer["error"]), call="sign-in")
    raise auth.denied(answer, tenant)


def _kept(auth: Auth, answer: dict[str, Any]) -> Person:
    access, refresh = str(answer["access_token"]), str(answer.get("refresh_token") or "")
    auth.http.secrets |= {access, refresh} - {""}
    claims = auth.check_tenant(access, auth.profile.partner_tenant_id)
    if not refresh:
        raise CspctlError("sign-in gave no refresh token: allow the application the permission offline_access")
    said = answer.get("id_token_claims") or {}
    name = str(said.get("preferred_username") or claims.get("upn") or claims.get("name") or "")
    since = auth.http.clock.now().isoformat()
    auth.cache.forget(lambda which, _: which[2])  # tokens of whoever was signed in before
    auth.cache.keep_session(Session(refresh, auth.configured(), True, name, since), must=True)
    return Person(name, "mfa" in (claims.get("amr") or ()), str(claims.get("scp") or ""))

"""Examines one Partner Center account: time, both kinds of token, the account itself, and the agent's rights."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from cspctl.cloud import Cloud
from cspctl.cloud.partner_center import body_of
from cspctl.doctor.finding import Finding, examined, well
from cspctl.errors import CspctlError, Unreachable

SKEW, TOO_MUCH = 60.0, 300.0
"""Seconds by which clocks may differ before it is worth a warning, and before tokens are refused."""
PARTNER_CENTER = "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd"
"""The application id of Partner Center, which a token may name as its audience."""
LOGIN = "Sign in with: cspctl login"
NETWORK = "Check the connection, the name service and the proxy (HTTPS_PROXY, NO_PROXY) of this machine."
ATTEMPTS = 2
"""How often an examination asks: whoever waits for it wants to know what is wrong now."""


def examine_account(cloud: Cloud, configured: bool = True) -> Iterator[Finding]:
    """All that can be known without looking at any customer; nothing more once the account cannot be used at all.

    `configured`: whether a configuration says what kind of account it is.
    """
    cloud.http.attempts = ATTEMPTS
    if cloud.profile.tier == "reseller":
        text = "an indirect reseller has no API access: nothing of this account can be managed"
        yield Finding("error", "tier", text, "Ask your indirect provider, or correct 'tier' of the profile.")
        return
    try:
        yield from examined("clock", lambda: _clock(cloud), passing=Unreachable)
    except Unreachable as error:
        yield Finding("error", "network", str(error), NETWORK)
        return
    application = examined("application", lambda: _application(cloud), "Check the application's credential.")
    yield from application
    if any(finding.level == "error" for finding in application):
        return  # without it nothing else can be asked, and one cause is one finding
    yield from examined("account", lambda: _account(cloud, configured), level="warning")
    claims: dict[str, Any] = {}
    yield from examined("person", lambda: _person(cloud, claims), LOGIN)
    if claims:
        yield from examined("MFA at Partner Center", lambda: _mfa(cloud), LOGIN)
        yield from _agent(cloud, claims)


def _clock(cloud: Cloud) -> Iterator[Finding]:
    if cloud.clock.jumps:
        yield well("clock", "the simulator's and ours are one")
        return
    url = f"{cloud.auth.cloud.sign_in}/{cloud.profile.partner_tenant_id}/v2.0/.well-known/openid-configuration"
    asked = cloud.clock.now()
    response = cloud.http.exchange("GET", url, None, {})
    ours = asked + (cloud.clock.now() - asked) / 2
    if "date" not in response.headers:
        yield Finding("warning", "clock", "sign-in does not say what time it is, so ours cannot be compared")
        return
    theirs = parsedate_to_datetime(response.headers["date"])
    yield skew((ours - theirs.replace(tzinfo=theirs.tzinfo or UTC)).total_seconds())


def skew(seconds: float) -> Finding:
    """What a clock that is so many seconds ahead means."""
    off = abs(seconds)
    if off < SKEW:
        return well("clock", f"differs from Microsoft's by {off:.0f} s")
    text = f"is {off:.0f} s {'ahead of' if seconds > 0 else 'behind'} Microsoft's"
    return Finding("error" if off >= TOO_MUCH else "warning", "clock", text, "Let this machine keep time (NTP).")


def _application(cloud: Cloud) -> Iterator[Finding]:
    claims = _claims(cloud, user=False)
    yield from _token(cloud, "application", claims)


def _claims(cloud: Cloud, user: bool) -> dict[str, Any]:
    tenant = cloud.profile.partner_tenant_id
    return cloud.auth.check_tenant(cloud.auth.token(cloud.partner.base, tenant, user, fresh=True), tenant)


def _token(cloud: Cloud, about: str, claims: dict[str, Any]) -> Iterator[Finding]:
    audience = str(claims.get("aud", "")).rstrip("/")
    if audience.casefold() not in (cloud.partner.base.casefold(), PARTNER_CENTER):
        text = f"its token is for {audience or 'nobody'}, not for {cloud.partner.base}"
        yield Finding("error", about, text, "Check 'cloud' of the profile.")
        return
    until = datetime.fromtimestamp(int(claims["exp"]), UTC)
    yield well(about, f"signs in to tenant {claims.get('tid')}; its token lasts until {until:%H:%M} UTC")


def _account(cloud: Cloud, configured: bool) -> Iterator[Finding]:
    found = cloud.partner.get("/v1/profiles/legalbusiness")
    country = country_of(found)
    name, market = found.get("companyName") or "(no name)", cloud.profile.market
    if market and country and market != country:
        text = f"{name} is an account of {country}, and the profile says market: {market}"
        yield Finding("error", "account", text, f"Write market: {country}, or check partnerTenantId.")
    elif configured and country and not market:
        text = f"{name}, market {country}: the profile does not say so, and planning refuses no customer outside it"
        yield Finding("warning", "account", text, f"Write market: {country}.")
    else:
        yield well("account", f"{name}, market {country or 'unknown'}")


def country_of(found: dict[str, Any]) -> str:
    """The country of the account, by its legal business profile; empty if that does not tell."""
    return str((found.get("address") or {}).get("country") or "").upper()


def _person(cloud: Cloud, claims: dict[str, Any]) -> Iterator[Finding]:
    found = _claims(cloud, user=True)
    claims.update(found)
    yield from _token(cloud, "person", found)
    if "user_impersonation" not in str(found.get("scp", "")).split():
        text = f"the token has the scopes {found.get('scp') or '(none)'}, not user_impersonation"
        fix = "Give the application the delegated permission user_impersonation of Partner Center, with consent."
        yield Finding("error", "scopes", text, fix)
    if "mfa" not in (found.get("amr") or ()):
        text = "the token has no MFA claim, and Partner Center refuses such"
        yield Finding("error", "MFA", text, "Register at https://aka.ms/mfasetup, then: cspctl login")
    else:
        yield well("MFA", "the person has signed in with multi-factor authentication")


def _mfa(cloud: Cloud) -> Iterator[Finding]:
    """Partner Center's own opinion: a header of its answer, or a word in its body."""
    response = cloud.partner.send("GET", "/v1/customers?size=1", user=True, headers={"ValidateMfa": "true"})
    body = body_of(response)
    said = response.headers.get("isMfaCompliant") or (body.get("isMfaCompliant") if isinstance(body, dict) else None)
    if said is None:
        yield well("MFA at Partner Center", "accepts the person's token; it says nothing of isMfaCompliant")
    elif str(said).casefold() == "true":
        yield well("MFA at Partner Center", "isMfaCompliant")
    else:
        yield Finding("error", "MFA at Partner Center", "isMfaCompliant is false", LOGIN)


def _agent(cloud: Cloud, claims: dict[str, Any]) -> Iterator[Finding]:
    """Membership in AdminAgents, or what Partner Center lets the person do if Graph does not tell."""
    fix = "Make the person an admin agent in Partner Center (group AdminAgents)."
    try:
        groups = cloud.graph.all(f"/users/{claims.get('oid')}/memberOf", cloud.profile.partner_tenant_id)
        names = {str(group.get("displayName", "")) for group in groups}
        if "AdminAgents" in names:
            yield well("agent", "the person is in AdminAgents")
        else:
            having = ", ".join(sorted(names & {"HelpdeskAgents", "SalesAgents"})) or "no agent group"
            yield Finding("error", "agent", f"the person is in {having}, not in AdminAgents", fix)
    except CspctlError:
        yield from examined("agent", lambda: _may(cloud), fix)


def _may(cloud: Cloud) -> Iterator[Finding]:
    cloud.partner.get("/v1/customers/relationshiprequests", user=True)
    yield well("agent", "Partner Center accepts the person as an agent (Graph does not tell of groups)")

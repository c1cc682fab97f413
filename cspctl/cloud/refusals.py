"""Says what to do about each of sign-in's refusals; the only place that knows its codes.

Source: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

import re
from collections.abc import Mapping

LOGIN = "sign in again with: cspctl login"
CONSENT = "65001"
REMEDIES: Mapping[str, str] = {
    "50020": "the signed-in person is unknown in this tenant: sign in with an account of the partner's tenant",
    "50034": "there is no such person in this tenant: check who is signed in with: cspctl login --status",
    "50053": "the person's account is locked: wait, or let an administrator unlock it",
    "50055": f"the person's password has expired: change it, then {LOGIN}",
    "50057": "the person's account is disabled: enable it, or sign another person in with: cspctl login",
    "50076": f"Microsoft wants multi-factor authentication: {LOGIN}",
    "50078": f"the person's multi-factor authentication has expired: {LOGIN}",
    "50079": f"the person has to register for multi-factor authentication: do so, then {LOGIN}",
    "50089": f"the session has expired: {LOGIN}",
    "50105": "the person is not assigned to our application: assign them in the portal (Enterprise applications)",
    "50132": f"the session was ended, as when a password changes: {LOGIN}",
    "50133": f"the session was ended, as when a password changes: {LOGIN}",
    "50158": f"Conditional Access wants one more step of the person: {LOGIN}",
    "50173": f"the session was revoked, or the password has changed: {LOGIN}",
    "53000": "Conditional Access wants a compliant device: sign in on one with: cspctl login",
    "53001": "Conditional Access wants a device of the domain: sign in on one with: cspctl login",
    "53003": "a Conditional Access policy blocks this sign-in: ask the administrator of that tenant to allow it",
    "65004": "the person declined: sign in again and accept what our application asks for",
    "70000": f"the refresh token is of no use here: {LOGIN}",
    "70008": f"the session has expired: {LOGIN}",
    "70021": "no federated credential of the application fits the pipeline's token: compare issuer, subject, audience",
    "70043": f"Conditional Access has ended the session: {LOGIN}",
    "500011": "Partner Center, Azure or Graph is not set up in this tenant: check partnerTenantId and cloud",
    "500133": "the token of the pipeline has ended: let it ask for a new one",
    "700003": f"the device that the person signed in on is gone: {LOGIN}",
    "700016": "check clientId, partnerTenantId and cloud of the profile",
    "700024": "the certificate's or pipeline's token is too old or too new: set this machine's clock",
    "700027": "the certificate is not one of the application's: register it, or check privateKey and thumbprint",
    "700030": "the certificate is not valid now: register a new one with the application",
    "700082": f"the refresh token has not been used for 90 days: {LOGIN}",
    "700084": f"the session has reached its end: {LOGIN}",
    "700211": "no federated credential of the application has the issuer of the pipeline's token: compare them",
    "700212": "no federated credential of the application has the audience of the pipeline's token: compare them",
    "700213": "no federated credential of the application has the subject of the pipeline's token: compare them",
    "90002": "check partnerTenantId and cloud of the profile",
    "900023": "check partnerTenantId of the profile",
    "7000112": "the application is disabled: enable it in the portal (Enterprise applications)",
    "7000215": "put the secret's value, not its id, where clientSecret of the profile says",
    "7000218": "the application wants a credential with this: check that it is registered as a web application",
    "7000222": "the application's secret has expired: make a new one and put it where clientSecret of the profile says",
    "7000229": "the application is unknown in this tenant: it needs consent there first",
}
OURS = frozenset(
    {"7000215", "7000222", "7000218", "700016", "700024", "700027", "700030", "90002", "900023", "7000112"}
)
"""Refusals of the application or the tenant, which no other session of a person would change."""


def code_of(text: str) -> str:
    """The number of the first AADSTS code in a text, or nothing."""
    found = re.search(r"AADSTS(\d+)", text)
    return found[1] if found else ""


def worded(text: str, customer: bool) -> str:
    """Sign-in's sentence with what to do about it; `customer`: it was about a customer's tenant."""
    code = code_of(text)
    if code == CONSENT:
        giver = "'consent: true' of its Customer gives it" if customer else "an administrator has to give it there"
        return f"AADSTS65001: our application has no consent in this tenant; {giver}"
    remedy = REMEDIES.get(code)
    return f"{text.rstrip('. ')}. What to do: {remedy}" if remedy else text

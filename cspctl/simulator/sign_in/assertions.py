"""Checks the assertions by which applications prove who they are instead of a secret; the only place that does.

Signed by a certificate of the application, or by an external issuer that the application trusts.
https://learn.microsoft.com/entra/identity-platform/certificate-credentials
https://learn.microsoft.com/entra/workload-id/workload-identity-federation
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from cspctl.simulator import national_clouds, tenants
from cspctl.simulator.sign_in.refusals import refuse
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Refused, Request

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
MALFORMED = "JWT token is invalid or malformed."
SKEW = timedelta(minutes=5)


def claimed_client(assertion: str) -> str:
    """Return the application that the assertion names, unverified; empty if it cannot be read."""
    try:
        return str(_unverified(assertion).get("sub", ""))
    except jwt.InvalidTokenError:
        return ""


def check(request: Request, application: Document, tenant_name: str, assertion: str) -> None:
    """Refuse an assertion that does not prove that the request is the application's.

    It may be sent again while it is valid: Microsoft Entra does not remember its `jti`.
    """
    kind = str(request.body.get("client_assertion_type") or "")
    if not kind:
        raise refuse(request, 400, "invalid_request", 900144, parameter="client_assertion_type")
    if kind != TYPE:  # the documentation names no code for this
        raise refuse(request, 400, "invalid_request", 90023, reason="the client_assertion_type is not supported.")
    try:
        header, claims = jwt.get_unverified_header(assertion), _unverified(assertion)
    except jwt.InvalidTokenError:
        raise refuse(request, 400, "invalid_request", 50027, reason=MALFORMED) from None
    algorithm = str(header.get("alg"))
    if algorithm not in ALGORITHMS:
        raise refuse(request, 401, "invalid_client", 5002738, algorithm=algorithm)
    client, issuer, subject = (str(each).lower() for each in (application["id"], claims.get("iss"), claims.get("sub")))
    # An application names itself as issuer and subject; any other issuer has to be trusted.
    if issuer == client:
        _check_own(request, application, tenant_name, assertion, header, claims)
    elif issuer == subject:
        raise refuse(request, 401, "invalid_client", 700021)
    else:
        _check_federated(request, application, assertion, header, claims)


def _unverified(assertion: str) -> dict[str, Any]:
    claims = jwt.decode(assertion, options={"verify_signature": False})
    return dict(claims)


# By certificate ------------------------------------------------------------------------------------------


def _check_own(
    request: Request,
    application: Document,
    tenant_name: str,
    assertion: str,
    header: dict[str, Any],
    claims: dict[str, Any],
) -> None:
    if str(claims.get("iss", "")).lower() != str(claims.get("sub", "")).lower():
        raise refuse(request, 401, "invalid_client", 50048)
    certificate = _certificate(request, application, header)
    key = x509.load_pem_x509_certificate(str(certificate["pem"]).encode()).public_key()
    words = {"client": application["id"], "thumbprint": str(certificate["x5t"]).upper(), "found": ""}
    if not isinstance(key, rsa.RSAPublicKey) or not _is_signed(assertion, key, str(header["alg"])):
        reason = "The key was found, but the signature does not fit it."
        raise refuse(request, 401, "invalid_client", 700027, reason=reason, **words)
    if str(claims.get("aud", "")).rstrip("/").lower() not in _token_endpoints(request, tenant_name):
        raise refuse(request, 401, "invalid_client", 700023)
    _check_times(request, claims)


def _certificate(request: Request, application: Document, header: dict[str, Any]) -> Document:
    """Return the registered certificate that the header names by a thumbprint, or refuse."""
    named = {_hex(header.get("x5t")), _hex(header.get("x5t#S256")), str(header.get("kid", "")).lower()}
    known = application.get("certificates", [])
    found = next((each for each in known if {each["x5t"], each["x5t#S256"]} & named), None)
    thumbprint = (_hex(header.get("x5t")) or _hex(header.get("x5t#S256"))).upper()
    words = {"client": application["id"], "thumbprint": thumbprint}
    if found is None:
        reason = "The key was not found."
        raise refuse(request, 401, "invalid_client", 700027, reason=reason, found="", **words)
    start, end = (datetime.fromisoformat(found[name]) for name in ("startDateTime", "endDateTime"))
    if not start - SKEW <= request.now < end:
        reason = "The key used is expired." if request.now >= end else "The key used is not yet valid."
        span = f", Found key 'Start={start:%m/%d/%Y %H:%M:%S}, End={end:%m/%d/%Y %H:%M:%S}'"
        raise refuse(request, 401, "invalid_client", 700027, reason=reason, found=span, **words)
    return dict(found)


def _hex(thumbprint: Any) -> str:
    if not isinstance(thumbprint, str):
        return ""
    try:
        return base64.urlsafe_b64decode(thumbprint + "=" * (-len(thumbprint) % 4)).hex()
    except ValueError:
        return ""


def _is_signed(assertion: str, key: Any, algorithm: str) -> bool:
    options = dict.fromkeys(("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss"), False)
    try:
        jwt.decode(
            assertion,
            key,
            algorithms=[algorithm],
            options=options,  # type: ignore[arg-type] # PyJWT types its options more narrowly than it reads them
        )
    except (jwt.InvalidTokenError, TypeError, ValueError):
        return False
    return True


def _token_endpoints(request: Request, tenant_name: str) -> set[str]:
    """Return the audiences that mean this tenant here: its token endpoints and its issuer, under all names."""
    tenant = tenants.find(request.tx, tenant_name)
    names = {tenant_name, *((tenant["id"], tenant["domain"]) if tenant else ())}
    hosts = [f"https://{host}" for host in national_clouds.cloud_of(request.base_url).sign_in]
    ends = ("", "/v2.0", "/oauth2/token", "/oauth2/v2.0/token")
    return {f"{base}/{name}{end}".lower() for base in (request.base_url, *hosts) for name in names for end in ends}


def _check_times(request: Request, claims: dict[str, Any]) -> None:
    start, end = _moment(claims.get("nbf", 0)), _moment(claims.get("exp"))
    if end is None or start is None:
        raise refuse(request, 400, "invalid_request", 50027, reason=MALFORMED)
    if not start - SKEW <= request.now < end + SKEW:
        words = {"now": _precise(request.now), "valid_from": _precise(start), "expiry": _precise(end)}
        raise refuse(request, 401, "invalid_client", 700024, **words)


def _moment(seconds: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _precise(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}0Z"


# By an external issuer -----------------------------------------------------------------------------------


def _check_federated(
    request: Request, application: Document, assertion: str, header: dict[str, Any], claims: dict[str, Any]
) -> None:
    trusted: list[Document] = list(application.get("federated", []))
    if not trusted:
        words = {"client": application["id"], "name": application["displayName"]}
        raise refuse(request, 401, "invalid_client", 70025, **words)
    credential = _matching(request, trusted, claims)
    key = _issuers_key(credential["jwks"], header)
    if key is None or not _is_signed(assertion, key, str(header["alg"])):
        reason = f"External ID token from issuer '{credential['issuer']}' failed signature verification."
        raise refuse(request, 401, "invalid_client", 50027, reason=reason)
    _check_times(request, claims)


def _matching(request: Request, trusted: list[Document], claims: dict[str, Any]) -> Document:
    """Return the credential of this issuer, audience and subject, compared letter by letter, or refuse."""
    issuer, subject, audience = (str(claims.get(name, "")) for name in ("iss", "sub", "aud"))
    by_issuer = [each for each in trusted if each["issuer"] == issuer]
    if not by_issuer:
        raise _mismatch(request, 700211, issuer)
    by_subject = [each for each in by_issuer if each["subject"] == subject]
    if not by_subject:
        nearly = any(each["subject"].lower() == subject.lower() for each in by_issuer)
        raise _mismatch(request, 7002138 if nearly else 700213, subject)
    found = next((each for each in by_subject if audience in each["audiences"]), None)
    if found is None:
        raise _mismatch(request, 700212, audience)
    return found


def _mismatch(request: Request, number: int, found: str) -> Refused:
    # Reports of 2025 show 401 invalid_client; older ones 400 invalid_request and the one code 70021.
    return refuse(request, 401, "invalid_client", number, found=found)


def _issuers_key(jwks: dict[str, Any], header: dict[str, Any]) -> Any:
    for each in jwks.get("keys", []):
        if "kid" not in header or each.get("kid") == header["kid"]:
            try:
                return jwt.PyJWK(each, algorithm=str(header["alg"])).key
            except (jwt.PyJWKError, jwt.InvalidKeyError):
                return None
    return None

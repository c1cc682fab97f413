"""Makes of a profile what msal signs the application in with: its secret, its certificate, or a federated token."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cspctl.cloud.http import Http
from cspctl.config import Certificate, FederatedToken, Profile, Secret
from cspctl.errors import BadInput, CloudError, Problem

AUDIENCES = {
    "global": "api://AzureADTokenExchange",
    "usgov": "api://AzureADTokenExchangeUSGov",
    "china": "api://AzureADTokenExchangeChina",
}
"""The audience of a federated token, per cloud.
Source: https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations"""
URL, TOKEN = "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"


def credential_of(profile: Profile, http: Http) -> str | dict[str, Any]:
    """The application's credential. Raises :class:`BadInput` naming the reference that leads nowhere."""
    if profile.client_secret:
        return _secret(profile.client_secret, http)
    if profile.certificate:
        return _certificate(profile.certificate, http)
    if profile.federated_token:
        reference = profile.federated_token
        return {"client_assertion": lambda: _federated(reference, profile.cloud, http)}
    what = "the profile has nothing to sign the application in with"
    raise BadInput([Problem("cspctl.yaml", what, "Add clientSecret, certificate or federatedToken.")])


def _secret(reference: Secret, http: Http) -> str:
    value = reference.value()
    http.secrets.add(value)
    return value


def _certificate(certificate: Certificate, http: Http) -> dict[str, Any]:
    made: dict[str, Any] = {"private_key": _secret(certificate.private_key, http)}
    if certificate.passphrase:
        made["passphrase"] = _secret(certificate.passphrase, http)
    if certificate.thumbprint:
        made["thumbprint"] = certificate.thumbprint.replace(":", "")
    if certificate.public_certificate:
        made["public_certificate"] = _text(certificate.public_certificate)
    return made


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        problem = Problem("cspctl.yaml", f"the file {path} holds no certificate (PEM)", "Check publicCertificate.")
        raise BadInput([problem]) from None


def _federated(reference: FederatedToken, cloud: str, http: Http) -> str:
    return _of_github(AUDIENCES[cloud], http) if reference.github_actions else _secret(reference, http)


def _of_github(audience: str, http: Http) -> str:
    """Ask the runner's own service for a token of this job.

    Source: https://docs.github.com/actions/reference/security/oidc
    """
    try:
        url, token = Secret(env=URL).value(), _secret(Secret(env=TOKEN), http)
    except BadInput:
        what = f"githubActions: {URL} and {TOKEN} are not set"
        raise BadInput([Problem("cspctl.yaml", what, "Give the job 'permissions: id-token: write'.")]) from None
    response = http.send("GET", f"{url}&audience={audience}", lambda: token, {"Accept": "application/json"})
    try:
        found = str(response.json()["value"])
    except (ValueError, KeyError, TypeError):
        raise CloudError("GitHub Actions gave no token", status=response.status_code, call=f"GET {url}") from None
    http.secrets.add(found)
    return found

"""Keeps the registrations of applications and their credentials; the only place that does.

An application is registered in one directory and stands in each directory that uses it as a service principal
(`tenants.enter`). Microsoft's own public clients are registered nowhere here and known everywhere.
https://learn.microsoft.com/graph/api/resources/application
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from cspctl.simulator import tenants
from cspctl.simulator.store import Document, Transaction

COLLECTION = "applications"
SECRET_DAYS = 730  # the longest that the portal offers

AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
AZURE_POWERSHELL = "1950a258-227b-4e31-a9cf-717495945fc2"
GRAPH_POWERSHELL = "14d82eec-204b-4c2f-b7e8-296a70dab67e"
GRAPH_FOR_TOOLS = (
    "Application.ReadWrite.All AppRoleAssignment.ReadWrite.All AuditLog.Read.All "
    "DelegatedPermissionGrant.ReadWrite.All Directory.AccessAsUser.All Group.ReadWrite.All User.ReadWrite.All"
)
_TOOLS = {
    tenants.AZURE_MANAGEMENT: "user_impersonation",
    tenants.GRAPH: GRAPH_FOR_TOOLS,
    tenants.DIRECTORY_GRAPH: "user_impersonation",
    tenants.KEY_VAULT: "user_impersonation",
    tenants.STORAGE: "user_impersonation",
}

# What Microsoft lets its own clients ask for without anybody's consent.
PREAUTHORIZED: dict[str, dict[str, str]] = {AZURE_CLI: _TOOLS, AZURE_POWERSHELL: _TOOLS, GRAPH_POWERSHELL: {}}
_FIRST_PARTY = {
    AZURE_CLI: "Microsoft Azure CLI",
    AZURE_POWERSHELL: "Microsoft Azure PowerShell",
    GRAPH_POWERSHELL: "Microsoft Graph Command Line Tools",
}
NATIVE_CLIENT = "https://login.microsoftonline.com/common/oauth2/nativeclient"


def find(tx: Transaction, client: str) -> Document | None:
    """Return the application with this client id, Microsoft's own clients included, or None."""
    name = _FIRST_PARTY.get(client.lower())
    if name is not None:
        return _document(client.lower(), "", name, {"publicClient": True, "multitenant": True})
    return tx.get(COLLECTION, client)


def is_microsofts(application: Document) -> bool:
    """Tell whether it is one of Microsoft's own clients, which no directory has to let in."""
    return application["id"] in _FIRST_PARTY


def _document(client: str, tenant: str, name: str, fields: dict[str, Any]) -> Document:
    return {
        "id": client,
        "objectId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"application/{client}")),
        "tenantId": tenant,
        "displayName": name,
        "passwords": [],
        "certificates": [],
        "federated": [],
        "redirectUris": ["http://localhost", NATIVE_CLIENT],
        "publicClient": False,
        "multitenant": False,
        "enabled": True,
        **fields,
    }


def register(tx: Transaction, now: datetime, tenant: str, name: str, **fields: Any) -> Document:
    """Register an application without credentials and without a service principal; fields are further ones."""
    application = _document(str(uuid.uuid4()), tenant, name, {"createdAt": now.isoformat(), **fields})
    save(tx, application)
    return application


def save(tx: Transaction, application: Document) -> None:
    """Write a changed application back."""
    tx.put(COLLECTION, str(application["id"]), application)


def delete(tx: Transaction, client: str) -> None:
    """Delete the registration, and with it what stands for it in its own directory."""
    application = tx.get(COLLECTION, client)
    if application is None:
        raise LookupError(f"there is no application {client}")
    tenants.disallow(tx, str(application["tenantId"]), client)
    tx.delete(COLLECTION, client)


# Credentials ---------------------------------------------------------------------------------------------


def add_password(
    tx: Transaction, now: datetime, application: Document, *, days: float = SECRET_DAYS, name: str = ""
) -> tuple[Document, str]:
    """Add a client secret; return what is kept of it, and the secret itself, which nobody can read again."""
    secret = f"{secrets.token_urlsafe(2)[:3]}8Q~{secrets.token_urlsafe(25)}"
    password: Document = {
        "keyId": str(uuid.uuid4()),
        "displayName": name or None,
        "hint": secret[:3],
        "digest": digest(secret),
        "startDateTime": now.isoformat(),
        "endDateTime": (now + timedelta(days=days)).isoformat(),
    }
    application["passwords"] = [*application.get("passwords", []), password]
    save(tx, application)
    return password, secret


def digest(secret: str) -> str:
    """Return what is kept of a client secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def passwords(application: Document) -> list[Document]:
    """Return the client secrets; the partner's application has one for ever, which its profile tells."""
    known: list[Document] = list(application.get("passwords", []))
    if application.get("secret"):
        forever = {"digest": digest(str(application["secret"])), "endDateTime": None}
        known.append(forever)
    return known


def add_certificate(tx: Transaction, application: Document, pem: str) -> Document:
    """Register a certificate (PEM; a private key in it is overlooked); raise ValueError if it is none."""
    start = pem.find("-----BEGIN CERTIFICATE-----")
    certificate = x509.load_pem_x509_certificate(pem[max(start, 0) :].encode())
    if not isinstance(certificate.public_key(), rsa.RSAPublicKey):
        raise ValueError("the certificate has no RSA key, and Microsoft Entra takes no other")
    known: Document = {
        "keyId": str(uuid.uuid4()),
        "pem": certificate.public_bytes(serialization.Encoding.PEM).decode(),
        "x5t": certificate.fingerprint(hashes.SHA1()).hex(),  # noqa: S303 - what Microsoft calls the thumbprint
        "x5t#S256": certificate.fingerprint(hashes.SHA256()).hex(),
        "startDateTime": certificate.not_valid_before_utc.isoformat(),
        "endDateTime": certificate.not_valid_after_utc.isoformat(),
    }
    application["certificates"] = [*application.get("certificates", []), known]
    save(tx, application)
    return known


def federate(
    tx: Transaction, application: Document, issuer: str, subject: str, audiences: list[str], jwks: dict[str, Any]
) -> Document:
    """Trust tokens of an external issuer; its keys are given (JWKS), since there is no network to ask it over."""
    if not issuer or not subject or not jwks.get("keys"):
        raise ValueError("a federated credential needs an issuer, a subject and the issuer's keys (jwks)")
    known: Document = {
        "id": str(uuid.uuid4()),
        "issuer": issuer,
        "subject": subject,
        "audiences": audiences,
        "jwks": jwks,
    }
    application["federated"] = [*application.get("federated", []), known]
    save(tx, application)
    return known

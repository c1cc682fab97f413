"""Signs in to the simulator as other people's clients do; tests of sign-in share it."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import secrets
import uuid
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import httpx
import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from simulator_client import SIGN_IN, Client

GRAPH = "https://graph.microsoft.com"
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
AZURE_POWERSHELL = "1950a258-227b-4e31-a9cf-717495945fc2"
GRAPH_POWERSHELL = "14d82eec-204b-4c2f-b7e8-296a70dab67e"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def claims(token: str) -> dict[str, Any]:
    """Return the claims without verifying them."""
    return dict(jwt.decode(token, options={"verify_signature": False}))


def verified(client: Client, token: str, audience: str, host: str = SIGN_IN) -> dict[str, Any]:
    """Return the claims after verifying the signature against the published keys."""
    keys = jwt.PyJWKSet.from_dict(client.http.get(f"{host}/common/discovery/v2.0/keys").json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    # The simulator's time is ahead of the machine's.
    options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    return dict(jwt.decode(token, key.key, algorithms=["RS256"], audience=audience, options=options))


def asked(client: Client, tenant: str, version: int = 2, host: str = SIGN_IN, **form: str) -> httpx.Response:
    """Ask the token endpoint."""
    segment = "/v2.0" if version == 2 else ""
    return client.http.post(f"{host}/{tenant}/oauth2{segment}/token", data=form)


def refusal(answer: httpx.Response) -> tuple[int, str, int]:
    """Return the status, the OAuth word and the AADSTS code."""
    body = answer.json()
    (code,) = body["error_codes"]
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    return answer.status_code, body["error"], code


@lru_cache(maxsize=4)
def key(name: str = "") -> rsa.RSAPrivateKey:
    """Return a key; one for each name, since they take long to find."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Certificate:
    """A certificate that an application signs in with."""

    days: tuple[int, int] = (-1, 365)
    private: rsa.RSAPrivateKey = field(default_factory=lambda: key("certificate"))

    def __post_init__(self) -> None:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
        today = datetime.datetime.now(datetime.UTC)
        self.public = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(today + datetime.timedelta(days=self.days[0]))
            .not_valid_after(today + datetime.timedelta(days=self.days[1]))
            .sign(self.private, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        """The certificate, without its key."""
        return self.public.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        """Its key."""
        encoding, nothing = serialization.Encoding.PEM, serialization.NoEncryption()
        return self.private.private_bytes(encoding, serialization.PrivateFormat.PKCS8, nothing).decode()

    def thumbprint(self, algorithm: hashes.HashAlgorithm) -> str:
        """Return the thumbprint as headers write it."""
        return base64.urlsafe_b64encode(self.public.fingerprint(algorithm)).decode().rstrip("=")

    def assertion(self, client: Client, app: str, tenant: str, algorithm: str = "PS256", **changes: Any) -> str:
        """Return an assertion that the application is itself; changes are claims, or `headers` and `key`."""
        now = int(client.simulator.clock.now().timestamp())
        headers = changes.pop("headers", {"x5t#S256": self.thumbprint(hashes.SHA256())})
        signer = changes.pop("key", self.private)
        body = {
            "aud": f"{SIGN_IN}/{tenant}/oauth2/v2.0/token",
            "iss": app,
            "sub": app,
            "jti": str(uuid.uuid4()),
            "nbf": now,
            "exp": now + 600,
            **changes,
        }
        kept = {name: value for name, value in body.items() if value is not None}
        return jwt.encode(kept, signer, algorithm=algorithm, headers=headers)


def by_assertion(client: Client, tenant: str, assertion: str, **form: str) -> httpx.Response:
    """Ask for an application's token with an assertion."""
    given = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION,
        "client_assertion": assertion,
        "scope": f"{GRAPH}/.default",
        **form,
    }
    return asked(client, tenant, **given)


def jwks(kid: str, private: rsa.RSAPrivateKey) -> dict[str, Any]:
    """Return the public keys of an external issuer."""
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key()))
    return {"keys": [{**public, "kid": kid, "use": "sig"}]}


def verifier() -> tuple[str, str]:
    """Return a code verifier and its challenge (S256)."""
    text = secrets.token_urlsafe(48)
    return text, base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


@dataclass
class MsalHttp:
    """What msal wants of an HTTP client, over the simulator."""

    http: httpx.Client

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> httpx.Response:
        return self.http.get(url, params=params, headers=headers)

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any) -> httpx.Response:
        # msal writes assertions as bytes, which its own client understands.
        form = {name: value.decode() if isinstance(value, bytes) else value for name, value in (data or {}).items()}
        return self.http.post(url, params=params, data=form, headers=headers)

    def close(self) -> None:
        """Nothing to do."""

"""Signs and verifies access tokens; the only place that touches keys and JSON Web Tokens."""

from __future__ import annotations

import base64
import uuid
from datetime import datetime
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from cspctl.simulator.store import Transaction

LIFETIME = 3599  # seconds, as Microsoft Entra answers for a lifetime of one hour


class InvalidToken(Exception):
    """The bearer token does not open the service; `code` is Azure Resource Manager's word for the reason."""

    def __init__(self, code: str, message: str) -> None:
        """Carry the code and a sentence."""
        super().__init__(message)
        self.code = code
        self.message = message


@lru_cache(maxsize=1)
def _generated() -> str:
    # One per process: generating takes a tenth of a second, and each store keeps its own copy.
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@lru_cache(maxsize=32)
def _private(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("the signing key of the store is no RSA key")
    return key


def _key(tx: Transaction) -> tuple[str, rsa.RSAPrivateKey]:
    document = tx.get("keys", "signing")
    if document is None:
        document = {"kid": uuid.uuid4().hex, "pem": _generated()}
        tx.put("keys", "signing", document)
    return str(document["kid"]), _private(str(document["pem"]))


def public_keys(tx: Transaction) -> list[dict[str, Any]]:
    """Return the JSON Web Key Set's keys."""
    kid, key = _key(tx)
    numbers = key.public_key().public_numbers()
    return [
        {
            "kty": "RSA",
            "use": "sig",
            "kid": kid,
            "x5t": kid,
            "n": _base64url(numbers.n),
            "e": _base64url(numbers.e),
        }
    ]


def _base64url(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def sign(tx: Transaction, claims: dict[str, Any]) -> str:
    """Return the claims as an RS256 token."""
    kid, key = _key(tx)
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": kid, "x5t": kid})


def verify(tx: Transaction, now: datetime, authorization: str, audiences: frozenset[str]) -> dict[str, Any]:
    """Return the claims of an Authorization header, or raise InvalidToken."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise InvalidToken("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
    kid, key = _key(tx)
    claims = _decoded(token.strip(), kid, key)
    if now.timestamp() >= claims["exp"]:
        expiry = f"The access token expiry UTC time is earlier than current UTC time '{now:%m/%d/%Y %I:%M:%S %p}'."
        raise InvalidToken("ExpiredAuthenticationToken", expiry)
    if str(claims["aud"]).rstrip("/") not in audiences:
        message = f"The access token has been obtained for wrong audience or resource '{claims['aud']}'."
        raise InvalidToken("InvalidAuthenticationTokenAudience", message)
    return dict(claims)


@lru_cache(maxsize=512)
def _decoded(token: str, kid: str, key: rsa.RSAPrivateKey) -> dict[str, Any]:
    try:
        if jwt.get_unverified_header(token).get("kid") != kid:
            raise InvalidToken("InvalidAuthenticationToken", "The access token's signing key is unknown.")
        # Expiry is judged by the simulator's clock, the audience by each service.
        options = {"verify_exp": False, "verify_aud": False, "verify_iat": False, "verify_nbf": False}
        claims: dict[str, Any] = jwt.decode(
            token,
            key.public_key(),
            algorithms=["RS256"],
            options=options,  # type: ignore[arg-type] # PyJWT types its options more narrowly than it reads them
        )
    except jwt.InvalidTokenError:
        raise InvalidToken("InvalidAuthenticationToken", "The access token is invalid.") from None
    return claims

"""Signs and verifies access tokens; the only place that touches keys and JSON Web Tokens."""

from __future__ import annotations

import base64
import uuid
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from cspctl.simulator.national_clouds import GLOBAL, NationalCloud
from cspctl.simulator.store import Transaction

LIFETIME = 3599  # seconds, as Microsoft Entra answers for a lifetime of one hour
SKEW = timedelta(minutes=5)  # how far a clock that issues tokens may be ahead
LATEST = 1e11  # seconds since 1970: what a calendar can still show
INVALID = "InvalidAuthenticationToken"


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


def _key(tx: Transaction, cloud: NationalCloud) -> tuple[str, rsa.RSAPrivateKey]:
    name = "signing" if cloud == GLOBAL else f"signing-{cloud.name}"
    document = tx.get("keys", name)
    if document is None:
        # The same numbers under another name would do: what is not known by its name is not tried.
        document = {"kid": uuid.uuid4().hex, "pem": _generated()}
        tx.put("keys", name, document)
    return str(document["kid"]), _private(str(document["pem"]))


def public_keys(tx: Transaction, cloud: NationalCloud = GLOBAL) -> list[dict[str, Any]]:
    """Return the keys of the cloud's JSON Web Key Set."""
    kid, key = _key(tx, cloud)
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


def sign(tx: Transaction, claims: dict[str, Any], cloud: NationalCloud = GLOBAL) -> str:
    """Return the claims as an RS256 token of the cloud."""
    kid, key = _key(tx, cloud)
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": kid, "x5t": kid})


def cloud_of(tx: Transaction, authorization: str, clouds: tuple[NationalCloud, ...]) -> NationalCloud:
    """Return which of the clouds issued the token of an Authorization header, by its key; else the first."""
    if len(clouds) > 1:
        try:
            kid = jwt.get_unverified_header(authorization.strip().partition(" ")[2].strip()).get("kid")
        except (jwt.InvalidTokenError, ValueError):
            return clouds[0]
        return next((cloud for cloud in clouds if _key(tx, cloud)[0] == kid), clouds[0])
    return clouds[0]


def verify(
    tx: Transaction,
    now: datetime,
    authorization: str,
    audiences: frozenset[str],
    cloud: NationalCloud = GLOBAL,
) -> dict[str, Any]:
    """Return the claims of an Authorization header, or raise InvalidToken."""
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise InvalidToken("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
    claims = dict(_decoded(token.strip(), *_key(tx, cloud)))
    _check_shape(claims)
    _check_times(claims, now)
    if claims["iss"] != f"{cloud.issuer}/{claims['tid']}/":
        raise InvalidToken(INVALID, f"The access token is from the wrong issuer '{claims['iss']}'.")
    if claims["aud"].rstrip("/") not in audiences:
        allowed = ",".join(f"'{each}'" for each in sorted(audiences))
        text = f"The access token has been obtained for wrong audience or resource '{claims['aud']}'. "
        text += f"It should exactly match with one of the allowed audiences {allowed}."
        raise InvalidToken("InvalidAuthenticationTokenAudience", text)
    return claims


def _check_shape(claims: dict[str, Any]) -> None:
    """Refuse what our own key signed, and yet is no access token, such as an ID token without an application."""
    texts = ("aud", "iss", "tid", "oid", "appid")
    numbers = ("exp", "nbf", "iat")
    if not all(isinstance(claims.get(name), str) and claims[name] for name in texts):
        raise InvalidToken(INVALID, "The access token is invalid.")
    if not all(isinstance(claims.get(name), int | float) and 0 <= claims[name] < LATEST for name in numbers):
        raise InvalidToken(INVALID, "The access token is invalid.")


def _check_times(claims: dict[str, Any], now: datetime) -> None:
    if now.timestamp() >= claims["exp"]:
        expiry = datetime.fromtimestamp(claims["exp"], now.tzinfo)
        text = f"The access token expiry UTC time '{expiry:%m/%d/%Y %I:%M:%S %p}' is earlier than current UTC time "
        raise InvalidToken("ExpiredAuthenticationToken", f"{text}'{now:%m/%d/%Y %I:%M:%S %p}'.")
    if (now + SKEW).timestamp() < claims["nbf"]:
        raise InvalidToken(INVALID, "The access token is not valid yet.")


@lru_cache(maxsize=512)
def _decoded(token: str, kid: str, key: rsa.RSAPrivateKey) -> dict[str, Any]:
    try:
        if jwt.get_unverified_header(token).get("kid") != kid:
            raise InvalidToken(INVALID, "The access token's signing key is unknown.")
        # Times are judged by the simulator's clock, issuer by the cloud, the audience by each service.
        options = {"verify_exp": False, "verify_aud": False, "verify_iat": False, "verify_nbf": False}
        claims: dict[str, Any] = jwt.decode(
            token,
            key.public_key(),
            algorithms=["RS256"],
            options=options,  # type: ignore[arg-type] # PyJWT types its options more narrowly than it reads them
        )
    except (jwt.InvalidTokenError, ValueError):  # ValueError: what is no text that a token could be
        raise InvalidToken(INVALID, "The access token is invalid.") from None
    return claims

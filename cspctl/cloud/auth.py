"""Signs in with msal over our own HTTP client; the only importer of ``msal``.

A token is asked for per audience and tenant, as the application alone or as application and user, and one that
belongs to another tenant than the profile pins is refused before it is used.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cspctl.cloud.http import Http
from cspctl.cloud.national import NationalCloud
from cspctl.config import Profile
from cspctl.errors import Denied, Unreachable, WrongAccount

if TYPE_CHECKING:
    import httpx

EARLY = timedelta(minutes=5)
"""How long before its end a token is no longer used."""


class ConsentMissing(Denied):
    """Our application has no consent in that tenant (AADSTS65001)."""


@dataclass
class _MsalHttp:
    """What msal wants of an HTTP client, over ours."""

    http: Http

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> httpx.Response:
        response = self._checked(self.http.exchange("GET", url, None, headers or {}, params=params))
        if response.is_client_error:  # of the discovery document: msal would guess why, sign-in knows
            raise self.http.error(response)
        return response

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any) -> httpx.Response:
        return self._checked(self.http.exchange("POST", url, None, headers or {}, params=params, data=data))

    def _checked(self, response: httpx.Response) -> httpx.Response:
        if response.is_server_error:  # msal would forget status and request id
            raise self.http.error(response)
        return response

    def close(self) -> None:
        """Nothing to do: the client's owner closes it."""


@dataclass
class Auth:
    """Access tokens of one profile."""

    profile: Profile
    cloud: NationalCloud
    http: Http
    _tokens: dict[tuple[str, str, bool], tuple[str, Any]] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def token(self, audience: str, tenant: str, user: bool) -> str:
        """A valid access token. Raises :class:`Denied` with what sign-in said, or if it is for another tenant."""
        with self._guard:
            token, until = self._tokens.get((audience, tenant, user), ("", None))
            if until is None or self.http.clock.now() + EARLY >= until:
                token, lifetime = self._acquire(audience, tenant, user)
                until = self.http.clock.now() + timedelta(seconds=lifetime)
                self._tokens[audience, tenant, user] = token, until
            return token

    def forget(self, tenant: str) -> None:
        """Forget the tokens of a tenant, because what they may do has changed."""
        with self._guard:
            self._tokens = {key: value for key, value in self._tokens.items() if key[1] != tenant}

    def _acquire(self, audience: str, tenant: str, user: bool) -> tuple[str, int]:
        import msal

        secret = self.profile.client_secret.value()
        refresh = self._refresh_token() if user else ""
        self.http.secrets |= {secret, refresh} - {""}
        try:
            application = msal.ConfidentialClientApplication(
                self.profile.client_id,
                client_credential=secret,
                authority=f"{self.cloud.sign_in}/{tenant}",
                http_client=_MsalHttp(self.http),
                instance_discovery=False,
            )
            if user:
                result = application.acquire_token_by_refresh_token(refresh, [f"{audience}/.default"])
            else:
                result = application.acquire_token_for_client([f"{audience}/.default"])
        except (ValueError, msal.exceptions.MsalError) as error:  # what msal raises when sign-in itself is down
            text = self.http.redacted(str(error).partition(". Authority would")[0])
            raise Unreachable(f"sign-in does not answer: {text}", call=f"sign-in to tenant {tenant}") from None
        if "access_token" not in result:
            raise self._denied(result, tenant)
        token = str(result["access_token"])
        self.http.secrets.add(token)
        self._check_tenant(token, tenant)
        return token, int(result.get("expires_in", 0))

    def _refresh_token(self) -> str:
        if self.profile.refresh_token is None:
            raise Denied(
                "this call needs a signed-in user, and the profile has no refreshToken",
                call=f"sign-in as {self.profile.client_id}",
            )
        return self.profile.refresh_token.value()

    def _denied(self, result: dict[str, Any], tenant: str) -> Denied:
        text = str(result.get("error_description") or result.get("error") or "sign-in failed").splitlines()[0]
        text = text.partition(" Trace ID")[0]
        kind: type[Denied] = Denied
        if "AADSTS65001" in text:
            text = (
                "AADSTS65001: our application has no consent in this tenant; 'consent: true' of its Customer gives it"
            )
            kind = ConsentMissing
        return kind(
            self.http.redacted(text),
            status=400,
            code=str(result.get("error", "")),
            correlation_id=str(result.get("correlation_id", "")),
            call=f"sign-in to tenant {tenant}",
        )

    def _check_tenant(self, token: str, tenant: str) -> None:
        import jwt

        try:
            found = str(jwt.decode(token, options={"verify_signature": False}).get("tid", ""))
        except jwt.InvalidTokenError:
            raise Denied("sign-in gave a token that cannot be read, so its tenant is unknown", call="sign-in") from None
        if found.casefold() != tenant.casefold():
            raise WrongAccount(
                f"the token belongs to tenant {found or '(none)'}, not to {tenant}: this is not the pinned account"
            )

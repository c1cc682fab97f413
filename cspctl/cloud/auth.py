"""Signs in with msal over our own HTTP client; the only importer of ``msal``.

A token is asked for per audience and tenant, as the application alone or as application and user, and one that
belongs to another tenant than the profile pins is refused before it is used. Tokens and the person's session are
kept across runs (:mod:`cspctl.cloud.token_cache`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cspctl.cloud.answers import STRANGE
from cspctl.cloud.credentials import credential_of
from cspctl.cloud.http import Http
from cspctl.cloud.national import NationalCloud
from cspctl.cloud.refusals import CONSENT, OURS, code_of, worded
from cspctl.cloud.token_cache import Session, TokenCache, Which, fingerprint
from cspctl.config import Profile
from cspctl.errors import Denied, Unreachable, WrongAccount

if TYPE_CHECKING:
    import httpx

EARLY = timedelta(minutes=5)
"""How long before its end a token is no longer used."""
YOUNG = timedelta(seconds=30)
"""How long a new token would say nothing else than the one that a service has not accepted."""
LONGEST = timedelta(days=1)
"""How long a token is believed to be good for, whatever sign-in says."""
# msal prints answers that it cannot read, with whatever they hold; what is wrong with them is raised anyway.
logging.getLogger("msal").addHandler(logging.NullHandler())
logging.getLogger("msal").propagate = False


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
        # msal gives an assertion as bytes, of which httpx would send what Python prints of them.
        form = {name: value.decode() if isinstance(value, bytes) else value for name, value in (data or {}).items()}
        return self._checked(self.http.exchange("POST", url, None, headers or {}, params=params, data=form))

    def _checked(self, response: httpx.Response) -> httpx.Response:
        if response.is_server_error:  # msal would forget status and request id
            raise self.http.error(response)
        return response

    def close(self) -> None:
        """Nothing to do: the client's owner closes it."""


@dataclass(frozen=True)
class _Held:
    token: str
    until: datetime
    since: datetime | None = None
    """When this run has asked for it; without a time, an earlier run did."""


def account_of(profile: Profile) -> str:
    """What a profile's tokens belong to: nothing of a simulator's is ever taken for real, nor the reverse."""
    return fingerprint(profile.cloud, profile.partner_tenant_id, profile.client_id, profile.simulator or "")


@dataclass
class Auth:
    """Access tokens of one profile."""

    profile: Profile
    cloud: NationalCloud
    http: Http
    cache: TokenCache
    _tokens: dict[Which, _Held] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _asking: dict[Which, threading.Lock] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.http.outdated = self._outdated

    def token(self, audience: str, tenant: str, user: bool, fresh: bool = False) -> str:
        """A valid access token. Raises :class:`Denied` with what sign-in said, or if it is for another tenant.

        `fresh`: no token that an earlier run has kept, because the question is whether sign-in gives one now.
        """
        which = (audience, tenant, user)
        with self._guard:
            alone = self._asking.setdefault(which, threading.Lock())
        with alone:  # each token is asked for once, and those of several customers at the same time
            held = self._tokens.get(which)
            if held is None and not fresh:
                held = self._kept(which)
            if held is None or self._ended(held) or (fresh and held.since is None):
                held = self._acquire(which)
            self._tokens[which] = held
            return held.token

    def _kept(self, which: Which) -> _Held | None:
        found = self.cache.token(which)
        if found is None:
            return None
        self.http.secrets.add(found[0])
        return _Held(*found)

    def _ended(self, held: _Held) -> bool:
        return self.http.clock.now() + EARLY >= held.until

    def _outdated(self, authorization: str) -> bool:
        """Whether a token that a service does not accept is old enough to be asked for anew; it is forgotten then."""
        token, young = authorization.partition(" ")[2], self.http.clock.now() - YOUNG
        with self._guard:
            old = {which: held for which, held in self._tokens.items() if held.since is None or held.since < young}
            found = [which for which, held in old.items() if held.token == token]
            for which in found:
                del self._tokens[which]
        if found:
            self.cache.forget(lambda _, kept: kept == token)
        return bool(found)

    def forget(self, tenant: str) -> None:
        """Forget the tokens of a tenant, because what they may do has changed."""
        with self._guard:
            self._tokens = {key: value for key, value in self._tokens.items() if key[1] != tenant}
            self.cache.forget(lambda which, _: which[1].casefold() == tenant.casefold())

    def application(self, tenant: str) -> Any:
        """msal's application in a tenant. Raises :class:`Unreachable` when sign-in itself is down."""
        import msal

        credential = credential_of(self.profile, self.http)
        try:
            return msal.ConfidentialClientApplication(
                self.profile.client_id,
                client_credential=credential,
                authority=f"{self.cloud.sign_in}/{tenant}",
                http_client=_MsalHttp(self.http),
                instance_discovery=False,
            )
        except (*STRANGE, msal.exceptions.MsalError) as error:
            text = self.http.redacted(_told(error).partition(". Authority would")[0])
            raise Unreachable(f"sign-in cannot be begun: {text}", call=f"sign-in to tenant {tenant}") from None

    def _acquire(self, which: Which) -> _Held:
        audience, tenant, user = which
        scopes = [f"{audience}/.default"]
        sessions = list(self._sessions()) if user else []
        application = self.application(tenant)
        if user:
            result = self._redeem(application, sessions, tenant, scopes)
        else:
            result = self.asked(lambda: application.acquire_token_for_client(scopes), tenant)
        if "access_token" not in result:
            raise self.denied(result, tenant)
        token, now = str(result["access_token"]), self.http.clock.now()
        self.http.secrets.add(token)
        self.check_tenant(token, tenant)
        held = _Held(token, now + _lasting(result), now)
        self.cache.keep(which, token, held.until, now)
        return held

    def asked(self, ask: Any, tenant: str) -> dict[str, Any]:
        """What msal answers. Raises :class:`Unreachable` when that is no answer of sign-in."""
        import jwt
        import msal

        try:
            return dict(ask())
        except (jwt.PyJWTError, *STRANGE, msal.exceptions.MsalError) as error:
            text = self.http.redacted(_told(error))
            if isinstance(error, jwt.PyJWTError) or (isinstance(error, TypeError) and self.profile.certificate):
                text = f"the certificate's private key cannot be used: {text}"  # what is raised of a key that is none
                raise Denied(text, call=f"sign-in as {self.profile.client_id}") from None
            raise Unreachable(f"sign-in does not answer: {text}", call=f"sign-in to tenant {tenant}") from None

    def _redeem(self, application: Any, sessions: list[Session], tenant: str, scopes: list[str]) -> dict[str, Any]:
        """A token for the person: by the session that was kept, or by the next one if that is refused."""
        result: dict[str, Any] = {}
        tried: set[str] = set()
        while sessions:
            session = sessions.pop(0)
            if session.refresh_token in tried:
                continue
            tried.add(session.refresh_token)
            self.http.secrets.add(session.refresh_token)
            answer = self.asked(
                lambda token=session.refresh_token: application.acquire_token_by_refresh_token(token, scopes), tenant
            )
            if "access_token" in answer:
                self._rotated(session, answer, tenant)
                return answer
            result = result or answer
            if code_of(str(answer.get("error_description"))) in OURS | {CONSENT}:
                return answer
            sessions += self._sessions()  # meanwhile another run may have got a newer one
        return result

    def _rotated(self, session: Session, answer: dict[str, Any], tenant: str) -> None:
        """Keep the new refresh token before anything else; one of a customer's tenant is not the partner's session."""
        fresh = str(answer.get("refresh_token") or "")
        self.http.secrets |= {fresh} - {""}
        if tenant.casefold() == self.profile.partner_tenant_id.casefold():
            self.cache.keep_session(replace(session, refresh_token=fresh or session.refresh_token))

    def _sessions(self) -> Iterator[Session]:
        """What can stand for the person, the best first. Raises :class:`Denied` when there is nothing."""
        configured = self.profile.refresh_token.value() if self.profile.refresh_token else ""
        mine, kept = fingerprint(configured), self.cache.session
        fits = kept and (kept.configured == mine or (kept.by_login and not configured))
        if not configured and not fits:
            raise Denied(
                "this call needs a signed-in user, and the profile has no refreshToken: sign in with: cspctl login",
                call=f"sign-in as {self.profile.client_id}",
            )
        if kept and fits:
            yield kept
        if configured:
            yield Session(configured, mine)

    def configured(self) -> str:
        """The fingerprint of the refresh token that the profile names."""
        return fingerprint(self.profile.refresh_token.value() if self.profile.refresh_token else "")

    def denied(self, result: dict[str, Any], tenant: str) -> Denied:
        """The error that sign-in's refusal means, with what to do about it."""
        text = str(result.get("error_description") or result.get("error") or "sign-in failed").splitlines()[0]
        text = text.partition(" Trace ID")[0]
        customer = tenant.casefold() != self.profile.partner_tenant_id.casefold()
        kind = ConsentMissing if code_of(text) == CONSENT else Denied
        return kind(
            self.http.redacted(worded(text, customer)),
            status=400,
            code=str(result.get("error", "")),
            correlation_id=str(result.get("correlation_id", "")),
            call=f"sign-in to tenant {tenant}",
        )

    def check_tenant(self, token: str, tenant: str) -> dict[str, Any]:
        """The claims of a token. Raises :class:`WrongAccount` if it is another tenant's."""
        import jwt

        try:
            claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
        except jwt.InvalidTokenError:
            raise Denied("sign-in gave a token that cannot be read, so its tenant is unknown", call="sign-in") from None
        found = str(claims.get("tid", ""))
        if found.casefold() != tenant.casefold():
            raise WrongAccount(
                f"the token belongs to tenant {found or '(none)'}, not to {tenant}: this is not the pinned account"
            )
        return claims


def _told(error: Exception) -> str:
    """What an error says; one that only names what is missing says too little."""
    return f"{type(error).__name__}: {error}" if isinstance(error, LookupError | AttributeError) else str(error)


def _lasting(result: dict[str, Any]) -> timedelta:
    """How long a token is good for; where sign-in says nothing sensible, for this moment."""
    try:
        return min(timedelta(seconds=max(int(result.get("expires_in", 0)), 0)), LONGEST)
    except STRANGE:
        return timedelta()

"""The only way out: one ``httpx.Client`` with retry, throttling, request ids and redaction.

Whatever a service answers leaves here as a response that succeeded or as a :class:`CloudError`.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import httpx

from cspctl.cloud.buckets import READS, Draw, drawn
from cspctl.cloud.clock import Clock
from cspctl.cloud.turns import LONGEST_WAIT, SHORT, Aside, Turns
from cspctl.errors import CloudError, Conflict, Denied, NotFound, Throttled, Unreachable

log = logging.getLogger(__name__)

ATTEMPTS = 6
IN_DOUBT = "cspctl.in_doubt"
CERTIFICATE = "CERTIFICATE_VERIFY_FAILED"
RETRIED = frozenset({408, 429, 500, 502, 503, 504})
LONGEST_STEP = 7
"""The step after which the pauses of a call that was put aside grow no longer: a minute."""
BUSY = frozenset({"AnotherOperationInProgress", "RetryableError", "RetryableErrorDueToAnotherOperation"})
"""Codes that say that nothing has happened, because something else is being done with the same thing.

Source: https://github.com/Azure/bicep/issues/5132, https://github.com/cloudfoundry/bosh-azure-cpi-release/issues/179.
"""
GRAPH_SCOPE = "x-ms-throttle-scope"
"""Where Microsoft Graph says what was too much: ``Tenant_Application/ReadWrite/{application}/{tenant}``."""
BUSY_PAUSE = 10.0
"""Seconds until it is tried again, where the answer names none."""
SHORTEST_SECRET = 8
"""Characters of a secret that is taken out of messages: a shorter one would be told by the words it is missing in."""
LONGEST_MESSAGE, LONGEST_TEXT = 1000, 300
"""Characters that are kept of a service's message, and of an answer that is no error of a service."""
ERRORS: Mapping[int, type[CloudError]] = {
    401: Denied,
    403: Denied,
    404: NotFound,
    409: Conflict,
    412: Conflict,
}


@dataclass(frozen=True)
class _Call:
    """One logical call, whatever it takes to get its answer."""

    method: str
    url: str
    token: Callable[[], str] | None
    headers: Mapping[str, str]
    content: Mapping[str, Any]
    draws: tuple[Draw, ...]
    aside: Aside | None = None

    @property
    def has_written(self) -> bool:
        """Whether the work that this call belongs to has sent a write before."""
        return bool(self.aside and self.aside.written)


@dataclass
class Http:
    """Sends requests, repeats those that may be repeated, and counts them."""

    client: httpx.Client
    clock: Clock
    secrets: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    outdated: Callable[[str], bool] = field(default=lambda _: False)
    """Whether an Authorization header that was not accepted can be had anew: then the call is made once more."""
    attempts: int = ATTEMPTS
    """How often a call that gets no usable answer is made."""
    turns: Turns = field(init=False)
    """Whose turn it is."""
    _memory: dict[Any, Any] | None = None
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.turns = Turns(self.clock)

    def send(
        self,
        method: str,
        url: str,
        token: Callable[[], str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        ok: frozenset[int] = frozenset(),
        tenant: str = "",
    ) -> httpx.Response:
        """Send one logical call, with the same headers (and so the same request ids) on every attempt.

        2xx and the statuses in `ok` are returned, everything else is raised as a :class:`CloudError`. `tenant` is the
        one that is signed in to: some quotas are counted by it.
        """
        draws, aside = drawn(method, url, tenant), self.turns.current()
        response = self._exchange(_Call(method, url, token, headers or {}, {"json": body}, draws, aside))
        if aside and method not in READS:
            aside.written = True
        if response.is_success or response.status_code in ok:
            return response
        error = self.error(response)
        if response.extensions.get(IN_DOUBT) and method not in ("GET", "HEAD"):
            raise error.in_doubt() from None
        raise error

    def exchange(
        self, method: str, url: str, token: Callable[[], str] | None, headers: Mapping[str, str], **content: Any
    ) -> httpx.Response:
        """Send until there is an answer that is no passing trouble, or the attempts are used up.

        Raises :class:`Unreachable` when the last attempt got no answer at all.
        """
        return self._exchange(_Call(method, url, token, headers, content, drawn(method, url)))

    def _exchange(self, call: _Call) -> httpx.Response:
        attempt, in_doubt, renewed = 1, False, False
        while True:
            asked = self.turns.take(call.draws, call.aside, in_doubt)
            response = self._attempt(call, attempt)
            if _refused(response) and call.token and not renewed and self.outdated(_sent_with(response)):
                renewed = True
                continue
            if response is not None:
                # Once an attempt has ended in a way that may have had its effect, no later answer proves the contrary.
                response.extensions[IN_DOUBT] = in_doubt
                self.turns.learn(call.draws, response.headers, asked)
                if not _not_now(response):
                    return response
            pause = self._refusal(call, response, attempt, in_doubt)
            in_doubt = in_doubt or response is None or not _harmless(response)
            if response is not None and (attempt >= self.attempts or pause > LONGEST_WAIT):
                return response
            self.turns.wait(pause, in_doubt or call.has_written)
            attempt += 1

    def _refusal(self, call: _Call, response: httpx.Response | None, attempt: int, in_doubt: bool) -> float:
        """The seconds to wait before the next attempt. Raises :class:`Throttled` for work that can be put aside."""
        harmless = response is not None and _harmless(response)
        aside = call.aside if harmless and not in_doubt and not call.has_written else None
        if aside:
            aside.refusals += 1
            attempt = min(aside.refusals, LONGEST_STEP)
        pause = _pause(response, attempt, self.clock.now())
        if response is not None and harmless and not _busy(response):
            self.turns.hold(call.draws, response.headers.get(GRAPH_SCOPE) or explained(response)[0], pause)
        if aside and response is not None:
            raise Throttled(str(self.error(response)), max(pause, SHORT))
        if call.aside and call.method not in READS:
            call.aside.written = True  # whoever repeats the call now would not know that it may have happened
        return pause

    def _attempt(self, call: _Call, attempt: int) -> httpx.Response | None:
        method, url = call.method, call.url
        sent = {**call.headers, "Authorization": f"Bearer {call.token()}"} if call.token else dict(call.headers)
        with self._guard:
            self.counts[method] += 1
        try:
            response = self.client.request(method, url, headers=sent, **call.content)
        except httpx.TransportError as error:
            log.debug("%s: %s", _call(method, url), self.redacted(str(error)))
            if attempt >= self.attempts or CERTIFICATE in str(error):  # a certificate does not mend itself
                tried = f"after {attempt} attempts" if attempt > 1 else "at all"
                raise Unreachable(
                    self.redacted(f"no answer {tried}: {error or type(error).__name__}"),
                    call=_call(method, url),
                    request_id=_request_id(call.headers),
                ) from None
            return None
        log.debug("%s: %s", _call(method, url), response.status_code)
        return response

    @contextmanager
    def remembering(self) -> Iterator[None]:
        """While inside, equal reads are asked once: one look at the world, however many kinds want to know."""
        self._memory = {}
        try:
            yield
        finally:
            self._memory = None

    def once(self, key: Any, ask: Callable[[], Any]) -> Any:
        """The answer of `ask`, remembered under `key` while :meth:`remembering`."""
        if self._memory is None:
            return ask()
        with self._guard:
            lock = self._memory.setdefault(("lock", key), threading.Lock())
        with lock:
            if key not in self._memory:
                self._memory[key] = ask()
            return self._memory[key]

    def error(self, response: httpx.Response) -> CloudError:
        """The error that an answer means, with secrets taken out."""
        code, message = explained(response)
        kind = ERRORS.get(response.status_code, Unreachable if response.status_code >= 500 else CloudError)
        asked = retry_after(response, self.clock.now()) if response.status_code in RETRIED else None
        if asked:
            message = f"{message.rstrip('.')}; it may be tried again in {asked:.0f} s"
        return kind(
            self.redacted(message)[: LONGEST_MESSAGE if code else LONGEST_TEXT],
            status=response.status_code,
            code=self.redacted(code),
            request_id=_request_id(response.headers) or _request_id(response.request.headers),
            correlation_id=_first(response.headers, "ms-correlationid", "x-ms-correlation-request-id"),
            call=_call(response.request.method, str(response.request.url)),
        )

    def redacted(self, text: str) -> str:
        """The text without any secret that this run holds, but for short ones: planning warns of those."""
        long = [secret for secret in self.secrets if len(secret) >= SHORTEST_SECRET]
        for form in sorted({form for secret in long for form in _written(secret)}, key=len, reverse=True):
            text = text.replace(form, "(secret)")
        return text


def explained(response: httpx.Response) -> tuple[str, str]:
    """Code and message of an error answer, in any of the shapes that the services use."""
    try:
        body = json.loads(response.content.decode("utf-8-sig"))
    except ValueError:
        body = None
    if not isinstance(body, dict):
        text = "" if response.headers.get("content-type", "").startswith("text/html") else response.text.strip()
        return "", text or response.reason_phrase or "error without explanation"
    nested = body.get("error")
    inner = nested if isinstance(nested, dict) else body
    code = inner.get("code") or inner.get("Code") or (nested if isinstance(nested, str) else "")
    keys = ("message", "Message", "description", "Description", "error_description", "errorName")
    message = next((str(inner[key]).strip() for key in keys if str(inner.get(key) or "").strip()), "")
    return str(code or ""), message.splitlines()[0] if message else "error without explanation"


@lru_cache(maxsize=1024)
def _written(secret: str) -> frozenset[str]:
    """A secret as it is, and as JSON and forms write it: some services repeat what they were sent."""
    escaped = (json.dumps(secret, ensure_ascii=ascii)[1:-1] for ascii in (True, False))
    return frozenset({secret, *escaped, quote(secret), quote(secret, safe=""), quote_plus(secret)})


def retry_after(response: httpx.Response | None, now: datetime) -> float | None:
    """The seconds that an answer asks us to wait, given in seconds or as a date; None if it names none."""
    asked = response.headers.get("retry-after", "").strip() if response is not None else ""
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", asked):
        return float(asked)
    try:
        date = parsedate_to_datetime(asked)
    except ValueError:
        return None
    return max((date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds(), 0.0)


def _pause(response: httpx.Response | None, attempt: int, now: datetime) -> float:
    asked = retry_after(response, now)
    if asked is None and response is not None and _busy(response):
        named = re.search(r"retried in ([0-9]+) seconds", response.text)
        return float(named[1]) if named else BUSY_PAUSE
    return float(2 ** (attempt - 1)) if asked is None else asked


def _not_now(response: httpx.Response) -> bool:
    """Whether the same call may be answered otherwise in a while."""
    return response.status_code in RETRIED or _busy(response)


def _harmless(response: httpx.Response) -> bool:
    """Whether an answer that says "not now" also says that nothing has happened."""
    return response.status_code == 429 or _busy(response)


def _busy(response: httpx.Response) -> bool:
    return response.status_code in (409, 429) and explained(response)[0] in BUSY


def _refused(response: httpx.Response | None) -> bool:
    return response is not None and response.status_code == 401


def _sent_with(response: httpx.Response | None) -> str:
    return str(response.request.headers.get("Authorization", "")) if response is not None else ""


def _call(method: str, url: str) -> str:
    parts = urlsplit(url)
    return f"{method} {parts.scheme}://{parts.netloc}{parts.path}"


def _first(headers: Mapping[str, str], *names: str) -> str:
    return next((headers[name] for name in names if name in headers), "")


def _request_id(headers: Mapping[str, str]) -> str:
    names = ("ms-requestid", "x-ms-request-id", "x-ms-client-request-id", "request-id", "client-request-id")
    return _first(httpx.Headers(dict(headers)), *names)


def derived_id(base: str, *parts: str) -> str:
    """A request id that the same call of the same change always gets, also in another run."""
    return str(uuid.uuid5(uuid.UUID(base), "\n".join(parts)))

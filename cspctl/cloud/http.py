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
from typing import Any
from urllib.parse import urlsplit

import httpx

from cspctl.cloud.clock import Clock
from cspctl.errors import CloudError, Conflict, Denied, NotFound, Unreachable

log = logging.getLogger(__name__)

ATTEMPTS = 6
IN_DOUBT = "cspctl.in_doubt"
RETRIED = frozenset({408, 429, 500, 502, 503, 504})
LONGEST_WAIT = 300.0
"""Seconds that we wait because a service asks for it; a call that may not be repeated sooner fails and says so."""
LONGEST_MESSAGE, LONGEST_TEXT = 1000, 300
"""Characters that are kept of a service's message, and of an answer that is no error of a service."""
ERRORS: Mapping[int, type[CloudError]] = {
    401: Denied,
    403: Denied,
    404: NotFound,
    409: Conflict,
    412: Conflict,
}


@dataclass
class Http:
    """Sends requests, repeats those that may be repeated, and counts them."""

    client: httpx.Client
    clock: Clock
    secrets: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    _memory: dict[Any, Any] | None = None
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def send(
        self,
        method: str,
        url: str,
        token: Callable[[], str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        ok: frozenset[int] = frozenset(),
    ) -> httpx.Response:
        """Send one logical call, with the same headers (and so the same request ids) on every attempt.

        2xx and the statuses in `ok` are returned, everything else is raised as a :class:`CloudError`.
        """
        response = self.exchange(method, url, token, headers or {}, json=body)
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
        attempt, in_doubt = 1, False
        while True:
            response = self._attempt(method, url, token, headers, attempt, content)
            if response is not None:
                # Once an attempt has ended in a way that may have had its effect, no later answer proves the contrary.
                response.extensions[IN_DOUBT] = in_doubt
            in_doubt = in_doubt or response is None or (response.status_code in RETRIED and response.status_code != 429)
            pause = _pause(response, attempt, self.clock.now())
            if response is not None and (
                response.status_code not in RETRIED or attempt == ATTEMPTS or pause > LONGEST_WAIT
            ):
                return response
            self.clock.sleep(pause)
            attempt += 1

    def _attempt(
        self,
        method: str,
        url: str,
        token: Callable[[], str] | None,
        headers: Mapping[str, str],
        attempt: int,
        content: dict[str, Any],
    ) -> httpx.Response | None:
        sent = {**headers, "Authorization": f"Bearer {token()}"} if token else dict(headers)
        with self._guard:
            self.counts[method] += 1
        try:
            response = self.client.request(method, url, headers=sent, **content)
        except httpx.TransportError as error:
            log.debug("%s: %s", _call(method, url), self.redacted(str(error)))
            if attempt == ATTEMPTS:
                raise Unreachable(
                    self.redacted(f"no answer after {ATTEMPTS} attempts: {error or type(error).__name__}"),
                    call=_call(method, url),
                    request_id=_request_id(headers),
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
        """The text without any secret that this run holds."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, "(secret)") if secret else text
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
    return float(2 ** (attempt - 1)) if asked is None else asked


def _call(method: str, url: str) -> str:
    parts = urlsplit(url)
    return f"{method} {parts.scheme}://{parts.netloc}{parts.path}"


def _first(headers: Mapping[str, str], *names: str) -> str:
    return next((headers[name] for name in names if name in headers), "")


def _request_id(headers: Mapping[str, str]) -> str:
    return _first(httpx.Headers(dict(headers)), "ms-requestid", "x-ms-request-id", "x-ms-client-request-id")


def derived_id(base: str, *parts: str) -> str:
    """A request id that the same call of the same change always gets, also in another run."""
    return str(uuid.uuid5(uuid.UUID(base), "\n".join(parts)))

"""Calls the simulated services for a seed as a client would; the only client inside the simulator."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

SIGN_IN = "https://login.microsoftonline.com"
PARTNER_CENTER = "https://api.partnercenter.microsoft.com"
ARM = "https://management.azure.com"
GRAPH = "https://graph.microsoft.com"
HERE = "http://localhost"

PAUSE = 30.0  # virtual seconds between two looks
KNOWN = 900.0  # virtual seconds until what has been made is known everywhere
LONGEST = 4 * 3600.0  # virtual seconds until an operation ends; gateways take an hour


class Failed(Exception):
    """A service refused, or what was asked for never came."""


class Caller:
    """One client with the partner's credentials: as the agent who signed in."""

    def __init__(self, simulator: Any) -> None:
        """Call this simulator."""
        self._simulator = simulator
        self._profile = simulator.profile
        self.partner = str(self._profile["partnerTenantId"])
        self.client = str(self._profile["clientId"])

    def partner_center(self, method: str, path: str, body: Any = None, *, ready: bool = False) -> Any:
        """Call Partner Center; `ready` waits as long as it does not know the resource yet."""
        return self._patiently(method, PARTNER_CENTER, path, body, self.partner, ready=ready)

    def arm(self, method: str, path: str, version: str, body: Any = None, *, tenant: str, ready: bool = False) -> Any:
        """Call Azure Resource Manager in a directory, and wait until what was begun has ended."""
        joined = "&" if "?" in path else "?"
        return self._patiently(method, ARM, f"{path}{joined}api-version={version}", body, tenant, ready=ready)

    def graph(self, method: str, path: str, body: Any = None, *, tenant: str) -> Any:
        """Call Microsoft Graph in a directory; what has just been made takes a while to be known there."""
        return self._patiently(method, GRAPH, f"/v1.0{path}", body, tenant, ready=True)

    def people(self, act: str, **details: Any) -> Any:
        """Let a person do something."""
        return self.admin("POST", f"people/{act}", details)

    def admin(self, method: str, path: str, body: Any) -> Any:
        """Call one of the simulator's own routes."""
        status, _headers, data = self._send(method, f"{HERE}/_simulator/{path}", body, {})
        return self._answered(status, data, method, path)

    def wait(self, seconds: float = PAUSE) -> None:
        """Let virtual time pass."""
        self._simulator.clock.advance(seconds)

    def _patiently(self, method: str, service: str, path: str, body: Any, tenant: str, *, ready: bool = False) -> Any:
        waited = 0.0
        while True:
            headers = {"Authorization": f"Bearer {self._token(service, tenant)}"}
            url = path if path.startswith("https://") else f"{service}{path}"
            status, answered, data = self._send(method, url, body, headers)
            again = status == 429 or (ready and status in {401, 403, 404, 409})
            if not again or waited >= KNOWN:
                break
            pause = float(answered.get("Retry-After", PAUSE))
            waited += pause
            self.wait(pause)
        made = self._answered(status, data, method, path)
        if service == ARM:
            self._ended(answered, tenant)
        return made

    def _ended(self, headers: dict[str, str], tenant: str) -> None:
        """Wait for the end of what a request has begun."""
        url = headers.get("Azure-AsyncOperation") or headers.get("Location")
        for _ in range(int(LONGEST / PAUSE)):
            if not url:
                return
            self.wait()
            token = {"Authorization": f"Bearer {self._token(ARM, tenant)}"}
            status, _answered, data = self._send("GET", url, None, token)
            state = data.get("status", "Succeeded") if isinstance(data, dict) else "Succeeded"
            if status >= 400 or state in {"Failed", "Canceled"}:
                raise Failed(f"the operation ended as {state}: {_reason(data)}")
            if status != 202 and state == "Succeeded":
                return
        raise Failed("the operation does not end")

    def _token(self, service: str, tenant: str) -> str:
        form = {
            "grant_type": "refresh_token",
            "client_id": self.client,
            "client_secret": self._profile["clientSecret"],
            "refresh_token": self._profile["refreshToken"],
            "scope": f"{service}/.default",
        }
        url = f"{SIGN_IN}/{tenant}/oauth2/v2.0/token"
        status, _headers, data = self._send("POST", url, None, {}, form)
        return str(self._answered(status, data, "POST", url)["access_token"])

    def _answered(self, status: int, data: Any, method: str, path: str) -> Any:
        if status >= 400:
            raise Failed(f"{method} {path.partition('?')[0]} answered {status}: {_reason(data)}")
        return data

    def _send(
        self, method: str, url: str, body: Any, headers: dict[str, str], form: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], Any]:
        target = urlsplit(url)
        builder = EnvironBuilder(
            path=target.path,
            query_string=target.query,
            base_url=f"{target.scheme}://{target.netloc}/",
            method=method,
            headers=Headers(headers),
            data=form if form is not None else (None if body is None else json.dumps(body)),
            content_type=None if form is not None or body is None else "application/json",
        )
        try:
            chunks, status, answered = run_wsgi_app(self._simulator, builder.get_environ())
        finally:
            builder.close()
        raw = b"".join(chunks).decode("utf-8-sig")
        try:
            data = json.loads(raw) if raw else None
        except ValueError:
            data = raw
        return int(status.partition(" ")[0]), dict(answered), data


def _reason(data: Any) -> str:
    """Return the service's own words, whichever shape of an error it has."""
    if not isinstance(data, dict):
        return str(data or "no reason given")
    inner = data.get("error", data)
    if not isinstance(inner, dict):
        return str(data.get("error_description") or inner)
    code = inner.get("code", "")
    return f"{code} {inner.get('message') or inner.get('description') or ''}".strip()

"""Services made of one function from request to response, at the only seam there is: httpx's transport."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt

from cspctl.cloud import Clock, Cloud, connect
from cspctl.config import Held, Profile
from cspctl.sink import Sink

PARTNER = "7f000000-0000-4000-8000-00000000000a"
CUSTOMER = "7f000000-0000-4000-8000-00000000000b"
APPLICATION = "7f000000-0000-4000-8000-00000000000c"
REQUEST = "7f000000-0000-4000-8000-00000000000d"
SECRET, REFRESH = "the-application-secret", "the-refresh-token"
SIGN_IN, PC, ARM = (
    "login.microsoftonline.com",
    "https://api.partnercenter.microsoft.com",
    "https://management.azure.com",
)
Handler = Callable[[httpx.Request], httpx.Response]


@dataclass
class Time:
    """A clock that jumps; it remembers how long it was asked to wait."""

    at: datetime = datetime(2026, 11, 20, 12, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.at, self.sleep, jumps=True)


@dataclass
class Services:
    """Our clients over a handler, and what went over the wire, sign-in apart."""

    cloud: Cloud
    time: Time
    requests: list[httpx.Request] = field(default_factory=list)
    sign_ins: list[httpx.Request] = field(default_factory=list)


def token_for(tenant: str, **claims: Any) -> str:
    return jwt.encode({"tid": tenant, **claims}, "x" * 32, "HS256")


def signed_in(request: httpx.Request) -> httpx.Response:
    """Sign-in as Microsoft documents it: discovery, then a token of the tenant in the path."""
    tenant = request.url.path.split("/")[1]
    base = f"https://{SIGN_IN}/{tenant}"
    if request.url.path.endswith("/openid-configuration"):
        endpoints = {
            name: f"{base}/oauth2/v2.0/{name.partition('_')[0]}"
            for name in ("token_endpoint", "authorization_endpoint")
        }
        return httpx.Response(200, json={**endpoints, "issuer": f"{base}/v2.0"})
    return httpx.Response(200, json={"access_token": token_for(tenant), "expires_in": 3600, "token_type": "Bearer"})


@contextmanager
def services(
    handler: Handler, folder: Path = Path(), sign_in: Handler = signed_in, user: bool = True
) -> Iterator[Services]:
    """Our clients over one handler for Partner Center and Resource Manager, and one for sign-in."""

    def route(request: httpx.Request) -> httpx.Response:
        mine = request.url.host == SIGN_IN
        (made.sign_ins if mine else made.requests).append(request)
        return (sign_in if mine else handler)(request)

    time = Time()
    profile = Profile(
        partner_tenant_id=PARTNER,
        client_id=APPLICATION,
        client_secret=Held.model_validate({"text": SECRET}),
        refresh_token=Held.model_validate({"text": REFRESH}) if user else None,
    )
    with httpx.Client(transport=httpx.MockTransport(route)) as client:
        made = Services(connect(profile, client, time.clock, Sink(folder)), time)
        yield made


def in_turn(*answers: httpx.Response | Exception) -> Handler:
    """A handler that gives one answer after the other, and the last one again and again."""
    left = list(answers)

    def handle(request: httpx.Request) -> httpx.Response:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    return handle


def answer(status: int = 200, json: Any = None, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=json, headers={name.replace("_", "-"): value for name, value in headers.items()})

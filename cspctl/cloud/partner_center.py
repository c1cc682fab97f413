"""The client of the Partner Center REST API: paths, paging, request ids, and the quirks of its answers.

Source: https://learn.microsoft.com/partner-center/developer/ and the facts collected from it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import httpx

from cspctl.cloud.auth import Auth
from cspctl.cloud.http import Http, derived_id
from cspctl.errors import CloudError


@dataclass(frozen=True)
class PartnerCenter:
    """Calls to Partner Center, each with the partner's own sign-in."""

    http: Http
    auth: Auth
    base: str
    request_id: str = ""

    def under(self, request_id: str) -> PartnerCenter:
        """The same client, whose writes carry ids derived from `request_id`, so that a repetition is recognised."""
        return replace(self, request_id=request_id)

    def get(self, path: str, user: bool = False) -> Any:
        """The body of a GET."""
        return self.http.once(("partner", path), lambda: body_of(self.send("GET", path, user=user)))

    def all(self, path: str, user: bool = False) -> list[dict[str, Any]]:
        """All items of a collection, page after page."""
        items: list[dict[str, Any]] = self.http.once(("partner", path), lambda: list(self._pages(path, user)))
        return items

    def exists(self, path: str) -> bool:
        """What HEAD says: 200 is yes, 404 is no."""
        return self.send("HEAD", path, ok=frozenset({404})).status_code != 404

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        user: bool = False,
        headers: Mapping[str, str] | None = None,
        ok: frozenset[int] = frozenset(),
        purpose: str = "",
    ) -> httpx.Response:
        """One call; `user` asks for an application-and-user token, which some routes insist on.

        `purpose` tells apart several writes of one change to one address: to the service, requests with one id are one.
        """
        base = self.request_id
        sent = {
            "Accept": "application/json",
            "X-Locale": "en-US",
            "MS-CorrelationId": base or str(uuid.uuid4()),
            "MS-RequestId": derived_id(base, method, path, *filter(None, [purpose])) if base else str(uuid.uuid4()),
            **(headers or {}),
        }

        def token() -> str:
            return self.auth.token(self.base, self.auth.profile.partner_tenant_id, user)

        return self.http.send(method, self.base + path, token, sent, body, ok)

    def _pages(self, path: str, user: bool) -> Iterator[dict[str, Any]]:
        headers: dict[str, str] = {}
        asked: set[tuple[str, ...]] = set()
        while True:
            asked.add((path, *headers.values()))
            response = self.send("GET", path, user=user, headers=headers)
            page = body_of(response)
            if isinstance(page, list):  # qualifications are a bare list
                yield from page
                return
            if not isinstance(page, dict):
                raise _unreadable(response, "the answer is no collection")
            yield from page.get("items") or ()
            following = (page.get("links") or {}).get("next") or {}
            if not following.get("uri"):
                return
            path = self._rooted(following["uri"], response)
            headers = {h["key"]: h["value"] for h in following.get("headers") or ()}
            if (path, *headers.values()) in asked:
                raise _unreadable(response, "the link to the next page leads back")

    def _rooted(self, uri: str, response: httpx.Response) -> str:
        """A link's path below the base address: links come with and without ``/v1``, some with a double slash."""
        parts = urlsplit(uri if "://" in uri else f"{self.base}/{uri.lstrip('/')}")
        if parts.netloc.casefold() != urlsplit(self.base).netloc.casefold():
            raise _unreadable(response, "the link to the next page leads to another host")
        path = "/" + parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")
        return path if path.casefold().startswith("/v1/") else "/v1" + path


def body_of(response: httpx.Response) -> Any:
    """The JSON of an answer, byte order mark or not, with keys in camelCase whatever the service wrote."""
    try:
        text = response.content.decode("utf-8-sig").strip()
        return _camel(json.loads(text)) if text else {}
    except ValueError:
        raise _unreadable(response, "the answer is not JSON") from None


def _unreadable(response: httpx.Response, what: str) -> CloudError:
    call = f"{response.request.method} {response.request.url.copy_with(query=None)}"
    request_id = response.headers.get("ms-requestid", "")
    return CloudError(what, status=response.status_code, call=call, request_id=request_id)


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _camel(inner) for key, inner in value.items()}
    return [_camel(item) for item in value] if isinstance(value, list) else value

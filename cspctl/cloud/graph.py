"""The client of Microsoft Graph: one generic call, paging, and the ids that its support asks for.

Source: https://learn.microsoft.com/graph/use-the-api and …/graph/paging.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx

from cspctl.cloud.auth import Auth
from cspctl.cloud.http import Http, derived_id
from cspctl.errors import CloudError

VERSION = "/v1.0"
"""What is put before a path that names no version of its own."""


@dataclass(frozen=True)
class Graph:
    """Calls to Microsoft Graph, each signed in to the tenant whose directory is meant."""

    http: Http
    auth: Auth
    base: str
    request_id: str = ""

    def under(self, request_id: str) -> Graph:
        """The same client, whose writes carry ids derived from `request_id`."""
        return replace(self, request_id=request_id)

    def get(
        self, path: str, tenant: str, user: bool = True, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """The body of a GET of a path below the service's root, with or without its version."""
        found: dict[str, Any] = self.http.once(
            ("graph", tenant, path, user), lambda: _body(self.send("GET", path, tenant, headers=headers, user=user))
        )
        return found

    def all(
        self, path: str, tenant: str, user: bool = True, headers: Mapping[str, str] | None = None
    ) -> list[dict[str, Any]]:
        """All entries of a collection, page after page."""
        found: list[dict[str, Any]] = self.http.once(
            ("graph", tenant, path, user, "all"), lambda: self._pages(path, tenant, user, headers)
        )
        return found

    def _pages(self, path: str, tenant: str, user: bool, headers: Mapping[str, str] | None) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        asked: set[str] = set()
        following = path
        while following:
            if following in asked:
                raise CloudError("the link to the next page leads back", call=f"GET {self.base}{path}")
            asked.add(following)
            page = _body(self.send("GET", following, tenant, headers=headers, user=user))
            items += page.get("value") or []
            following = page.get("@odata.nextLink") or ""
        return items

    def send(
        self,
        method: str,
        path: str,
        tenant: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        ok: frozenset[int] = frozenset(),
        user: bool = True,
    ) -> httpx.Response:
        """One call in the given tenant; an absolute `path` (a next link, a Location) is taken as it is."""
        url = path if "://" in path else self.base + _versioned(path)
        if _origin(url) != _origin(self.base):
            raise CloudError(
                "the service answered with a link to another host", call=f"{method} {url.partition('?')[0]}"
            )
        base = self.request_id
        sent = {
            "Accept": "application/json",
            "client-request-id": derived_id(base, method, path) if base else str(uuid.uuid4()),
            "return-client-request-id": "true",
            **(headers or {}),
        }

        def token() -> str:
            return self.auth.token(self.base, tenant, user)

        return self.http.send(method, url, token, sent, body, ok, tenant)


def _versioned(path: str) -> str:
    return path if path.startswith(("/v1.0/", "/beta/")) else VERSION + path


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = httpx.URL(url)
    return parts.scheme, parts.host, parts.port


def _body(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        call = f"{response.request.method} {response.request.url.copy_with(query=None)}"
        raise CloudError("the answer is not a JSON object", status=response.status_code, call=call)
    return body

"""The client of Azure Resource Manager: one generic call per verb, paging, and long-running operations.

Source: https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations and the REST reference.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx

from cspctl.cloud.auth import Auth
from cspctl.cloud.http import Http, derived_id, retry_after
from cspctl.errors import CloudError
from cspctl.resource import Operation

POLL = 5.0
"""Seconds between two looks at an operation when the service names none."""
ENDED = frozenset({"succeeded", "failed", "canceled", "cancelled"})


@dataclass(frozen=True)
class ResourceManager:
    """Calls to Azure Resource Manager, each signed in to the tenant that owns what is called."""

    http: Http
    auth: Auth
    base: str
    request_id: str = ""

    def under(self, request_id: str) -> ResourceManager:
        """The same client, whose writes carry ids derived from `request_id`."""
        return replace(self, request_id=request_id)

    def get(self, path: str, version: str, tenant: str) -> dict[str, Any]:
        """The body of a GET of a resource id (or of any path below the service's root)."""
        found: dict[str, Any] = self.http.once(
            ("arm", tenant, path.casefold(), version),
            lambda: self._json(self.send("GET", path, version, tenant)),
        )
        return found

    def all(self, path: str, version: str, tenant: str) -> list[dict[str, Any]]:
        """All entries of a collection, page after page."""
        found: list[dict[str, Any]] = self.http.once(
            ("arm", tenant, path.casefold(), version), lambda: self._pages(path, version, tenant)
        )
        return found

    def _pages(self, path: str, version: str, tenant: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        asked: set[str] = set()
        response = self.send("GET", path, version, tenant)
        while True:
            page = self._json(response)
            items += page.get("value") or []
            following = page.get("nextLink")
            if not following:
                return items
            if following in asked:
                raise CloudError("the link to the next page leads back", call=f"GET {self.base}{path}")
            asked.add(following)
            response = self.send("GET", following, "", tenant)

    def send(
        self,
        method: str,
        path: str,
        version: str,
        tenant: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        ok: frozenset[int] = frozenset(),
    ) -> httpx.Response:
        """One call in the given tenant; an absolute `path` (a poll URL, a next link) is taken as it is."""
        url = path if "://" in path else self.base + path
        if not _same_host(url, self.base):
            raise CloudError(
                "the service answered with a link to another host", call=f"{method} {url.partition('?')[0]}"
            )
        if version:
            url += f"{'&' if '?' in url else '?'}api-version={version}"
        base = self.request_id
        sent = {
            "Accept": "application/json",
            "x-ms-client-request-id": derived_id(base, method, path) if base else str(uuid.uuid4()),
            **(headers or {}),
        }
        if base:
            sent["x-ms-correlation-request-id"] = base

        def token() -> str:
            return self.auth.token(self.base, tenant, True)

        return self.http.send(method, url, token, sent, body, ok, tenant)

    @staticmethod
    def _json(response: httpx.Response) -> dict[str, Any]:
        try:
            body = response.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            call = f"{response.request.method} {response.request.url.copy_with(query=None)}"
            raise CloudError("the answer is not a JSON object", status=response.status_code, call=call)
        return body

    def begun(self, response: httpx.Response, tenant: str, result: str = "") -> Operation | None:
        """The operation that a write has begun, or None when it was done at once."""
        headers = response.headers
        url = headers.get("azure-asyncoperation") or (headers.get("location") if response.status_code == 202 else "")
        if not url:
            return None
        return Operation(url, tenant, "poll", result, self._after(response))

    def _after(self, response: httpx.Response) -> float:
        asked = retry_after(response, self.http.clock.now())
        return POLL if asked is None else max(asked, 1.0)

    def poll(self, operation: Operation) -> Operation | None:
        """Look at an operation: itself again when it runs, None when it is done. Raises what it failed with."""
        response = self.send("GET", operation.url, "", operation.customer)
        again = replace(operation, after=self._after(response))
        if response.status_code == 202:
            return again
        body = self._json(response) if response.content else {}
        status = str(body.get("status", "Succeeded")).casefold()
        if status not in ENDED:
            return again
        if status != "succeeded":
            error = body.get("error") or {}
            raise CloudError(
                self.http.redacted(str(error.get("message") or f"the operation has {status}")),
                code=str(error.get("code", status)),
                status=response.status_code,
                call=f"GET {operation.url.partition('?')[0]}",
                request_id=response.headers.get("x-ms-request-id", ""),
            )
        return None


def _same_host(url: str, base: str) -> bool:
    """Whether both are the same place: Azure writes its own address with and without the port, in any letter case."""
    one, other = httpx.URL(url), httpx.URL(base)
    return (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port) and one.path != "/"

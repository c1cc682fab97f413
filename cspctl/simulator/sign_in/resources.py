"""Reads what a token is asked for: a resource, its scopes, and what OpenID Connect adds; the only place that does.

https://learn.microsoft.com/entra/identity-platform/scopes-oidc
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cspctl.simulator import national_clouds, tenants
from cspctl.simulator.sign_in.refusals import refuse
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request

OPENID_SCOPES = frozenset({"openid", "profile", "offline_access", "email"})


@dataclass(frozen=True)
class Wanted:
    """What a token is asked for: the resource as the client wrote it, and scopes without the resource's name."""

    resource: str
    scopes: tuple[str, ...] = ()
    openid: frozenset[str] = frozenset()
    version: int = 2

    @property
    def shown(self) -> str:
        """The scopes as a client reads them in an answer."""
        return " ".join(f"{self.resource}/{scope}" for scope in self.scopes)

    @property
    def named(self) -> tuple[str, ...]:
        """The scopes asked for by name, not by `.default`, which stands for what is consented already."""
        return tuple(scope for scope in self.scopes if scope != ".default")

    def kept(self) -> dict[str, Any]:
        """Return it as a document, for `wanted` to read later."""
        return {"resource": self.resource, "scopes": list(self.scopes), "openid": sorted(self.openid)}


def remembered(kept: dict[str, Any]) -> Wanted:
    """Return what `kept` wrote down."""
    return Wanted(str(kept["resource"]), tuple(kept["scopes"]), frozenset(kept["openid"]))


def from_scope(request: Request, text: str, *, user: bool) -> Wanted:
    """Read a `scope` (version 2): one resource, named before the last slash of each scope.

    A scope without a resource is Microsoft Graph's. With none but OpenID Connect's a user's token is for it too.
    """
    parts = text.split()
    scopes = [part for part in parts if part not in OPENID_SCOPES]
    resources = {_resource(scope) for scope in scopes} or ({tenants.GRAPH} if user and parts else set())
    if len(resources) != 1:
        raise refuse(request, 400, "invalid_scope", 70011, scope=text)
    if not user and (len(scopes) != 1 or not scopes[0].endswith("/.default")):
        raise refuse(request, 400, "invalid_scope", 1002012, scope=text)
    names = tuple(scope.rpartition("/")[2] for scope in scopes)
    return Wanted(resources.pop(), names, frozenset(parts) & OPENID_SCOPES)


def _resource(scope: str) -> str:
    return scope.rpartition("/")[0] or tenants.GRAPH


def from_resource(text: str, scope: str) -> Wanted:
    """Read a `resource` (version 1), which brings all that is consented."""
    return Wanted(text, (".default",), frozenset(scope.split()) & OPENID_SCOPES, 1)


def application_behind(request: Request, tenant: Document, wanted: Wanted) -> str:
    """Return the id of the resource's application, or refuse."""
    found = _known(request).get(wanted.resource.rstrip("/").lower())
    if found is None:
        words = {"resource": wanted.resource, "tenant": tenant["displayName"]}
        raise refuse(request, 400, "invalid_resource", 500011, **words)
    return found


def audience(request: Request, wanted: Wanted) -> str:
    """Return the `aud` of the token: the resource as it was written, or the simulator's own address."""
    return request.base_url if is_own_address(request, wanted) else wanted.resource


def is_own_address(request: Request, wanted: Wanted) -> bool:
    """Tell whether a client asked for the address it calls, as those do that know only one address of a cloud.

    Such a token is for each of the services there: for what Azure Resource Manager and Microsoft Graph grant.
    """
    own = request.base_url.lower() == wanted.resource.rstrip("/").lower()
    return own and not national_clouds.is_microsofts(request.base_url)


def _known(request: Request) -> dict[str, str]:
    cloud = national_clouds.cloud_of(request.base_url)
    names = {
        cloud.partner_center: tenants.PARTNER_CENTER,
        cloud.resource_manager: tenants.AZURE_MANAGEMENT,
        cloud.management: tenants.AZURE_MANAGEMENT,
        request.base_url.lower(): tenants.AZURE_MANAGEMENT,
        cloud.graph: tenants.GRAPH,
        cloud.directory_graph: tenants.DIRECTORY_GRAPH,
        cloud.vault: tenants.KEY_VAULT,
        "https://storage.azure.com": tenants.STORAGE,
    }
    return {**names, **{application: application for application in names.values()}}


def joined(*scopes: str) -> str:
    """Return the scopes of several lists, separated by commas or blanks, each once."""
    return " ".join(dict.fromkeys(_split(scopes)))


def _split(scopes: Iterable[str]) -> list[str]:
    return [scope for text in scopes for scope in text.replace(",", " ").split()]

"""Looks up resource types, their api-versions and locations, and refuses unknown ones; the only place that does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from cspctl.simulator.arm import provider_data, regions
from cspctl.simulator.arm.errors import gateway_404, refuse


@dataclass(frozen=True)
class ResourceType:
    """A resource type of a provider: its spelling and its api-versions, newest first."""

    namespace: str
    name: str
    versions: tuple[str, ...]

    @property
    def full_name(self) -> str:
        """The type with its namespace."""
        return f"{self.namespace}/{self.name}"

    @property
    def key(self) -> str:
        """What tables are keyed by: the full name in lower case."""
        return self.full_name.lower()

    @property
    def is_global(self) -> bool:
        """Tell whether the location of such resources is `global`."""
        return self.key in provider_data.GLOBAL

    @property
    def is_tracked(self) -> bool:
        """Tell whether such resources must have a location, and may have tags."""
        return "/" not in self.name and self.key not in provider_data.UNTRACKED

    @property
    def locations(self) -> list[str]:
        """Return the display names of the regions that offer the type."""
        if self.is_global:
            return ["global"]
        return regions.display_names() if self.is_tracked or "/" in self.name else []


@dataclass(frozen=True)
class Provider:
    """A resource provider: its namespace as Azure spells it, its types by lower-case name."""

    namespace: str
    types: dict[str, ResourceType]

    @property
    def free(self) -> bool:
        """Tell whether the provider is registered in every subscription without anybody doing anything."""
        return self.namespace in provider_data.FREE


def _provider(namespace: str) -> Provider:
    types = {}
    for names, versions in provider_data.PROVIDERS[namespace]:
        newest_first = tuple(sorted(versions.split(), reverse=True))
        for name in names.split():
            types[name.lower()] = ResourceType(namespace, name, newest_first)
    return Provider(namespace, types)


PROVIDERS = {namespace.lower(): _provider(namespace) for namespace in provider_data.PROVIDERS}


def provider(namespace: str) -> Provider:
    """Return the provider, or refuse: there is none of that name."""
    found = PROVIDERS.get(namespace.lower())
    if found is None:
        raise gateway_404("InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid.")
    return found


def resource_type(namespace: str, name: str, version: str) -> ResourceType:
    """Return the type, or refuse: the namespace has no such type."""
    owner = provider(namespace)
    found = owner.types.get(name.lower())
    if found is None:
        supported = ",".join(sorted({v for type in owner.types.values() for v in type.versions}, reverse=True))
        raise gateway_404(
            "InvalidResourceType",
            f"The resource type '{name}' could not be found in the namespace '{owner.namespace}' for api version "
            f"'{version}'. The supported api-versions are '{supported}'.",
        )
    return found


def _has(type: ResourceType, version: str, now: datetime) -> bool:
    """Tell whether the type has the api-version.

    Our lists end when they were written, and clients are newer every month: what is later than all we know, and
    not in the future, is taken for a version that there is by now.
    """
    if version.lower() in (known.lower() for known in type.versions):
        return True
    dated = re.fullmatch(r"(\d{4}-\d\d-\d\d)(-preview)?", version, re.IGNORECASE)
    try:
        day = datetime.fromisoformat(f"{dated[1]}T00:00:00+00:00") if dated else now
    except ValueError:
        return False
    return dated is not None and version > max(type.versions) and day <= now


def require_version(type: ResourceType, version: str, now: datetime, location: str = "") -> None:
    """Refuse an api-version that the type does not have; `location` as far as the request names one."""
    if _has(type, version, now):
        return
    where = regions.normal(location)
    places = ", ".join(regions.normal(place) for place in type.locations)
    raise refuse(
        400,
        "NoRegisteredProviderFound",
        f"No registered resource provider found for location '{where}' and API version '{version}' for type "
        f"'{type.name}'. The supported api-versions are '{', '.join(reversed(type.versions))}'. "
        f"The supported locations are '{places}'.",
        x_ms_failure_cause="gateway",
    )


def require_gateway_version(full_name: str, version: str, now: datetime) -> None:
    """Refuse an api-version that Azure Resource Manager's own type does not have."""
    namespace, _, name = full_name.partition("/")
    type = resource_type(namespace, name, version)
    if not _has(type, version, now):
        raise refuse(
            400,
            "InvalidApiVersionParameter",
            f"The api-version '{version}' is invalid. The supported versions are '{','.join(type.versions)}'.",
        )


def require_location(type: ResourceType, location: str) -> str:
    """Return the location in its normal spelling, or refuse one that does not offer the type."""
    name = regions.normal(location)
    known = {"global"} if type.is_global else set(regions.REGIONS)
    if name not in known:
        available = ",".join(sorted(known))
        raise refuse(
            400,
            "LocationNotAvailableForResourceType",
            f"The provided location '{location}' is not available for resource type '{type.full_name}'. "
            f"List of available regions for the resource type is '{available}'.",
            x_ms_failure_cause="gateway",
        )
    return name

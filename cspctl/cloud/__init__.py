"""The services as one value: API clients over one HTTP seam, the clock, and the place for one-time secrets."""

from __future__ import annotations

from dataclasses import dataclass, replace

import httpx

from cspctl.cloud.arm import ResourceManager
from cspctl.cloud.auth import Auth, ConsentMissing
from cspctl.cloud.clock import Clock
from cspctl.cloud.http import Http
from cspctl.cloud.national import CLOUDS
from cspctl.cloud.partner_center import PartnerCenter
from cspctl.config import Profile
from cspctl.resource import Key
from cspctl.sink import Sink

__all__ = ["Clock", "Cloud", "ConsentMissing", "connect"]


@dataclass(frozen=True)
class Cloud:
    """What a kind's verbs are given to work with."""

    profile: Profile
    partner: PartnerCenter
    arm: ResourceManager
    auth: Auth
    clock: Clock
    sink: Sink
    key: Key | None = None

    @property
    def http(self) -> Http:
        """The one HTTP client under all of them."""
        return self.auth.http

    def under(self, request_id: str, key: Key) -> Cloud:
        """The same cloud for one change: its writes carry request ids derived from `request_id`."""
        return replace(self, partner=self.partner.under(request_id), arm=self.arm.under(request_id), key=key)

    def keep_secret(self, name: str, value: str) -> None:
        """Put a one-time secret of the current change into the sink, before anything else happens."""
        assert self.key is not None, "a secret belongs to a change"
        self.http.secrets.add(value)
        self.sink.keep(self.key, name, value)


def connect(profile: Profile, client: httpx.Client, clock: Clock, sink: Sink) -> Cloud:
    """A cloud for a profile over an HTTP client, which the caller closes."""
    addresses = CLOUDS[profile.cloud]
    http = Http(client, clock)
    auth = Auth(profile, addresses, http)
    return Cloud(
        profile,
        PartnerCenter(http, auth, addresses.partner_center),
        ResourceManager(http, auth, addresses.resource_manager),
        auth,
        clock,
        sink,
    )

"""The services as one value: API clients over one HTTP seam, the clock, and the place for one-time secrets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from cspctl.cloud.arm import ResourceManager
from cspctl.cloud.auth import Auth, ConsentMissing, account_of
from cspctl.cloud.clock import Clock
from cspctl.cloud.graph import Graph
from cspctl.cloud.http import Http
from cspctl.cloud.national import CLOUDS
from cspctl.cloud.partner_center import PartnerCenter
from cspctl.cloud.token_cache import TokenCache
from cspctl.cloud.turns import Aside
from cspctl.config import Profile
from cspctl.resource import Key
from cspctl.sink import Sink

__all__ = ["Aside", "Clock", "Cloud", "ConsentMissing", "connect"]


@dataclass(frozen=True)
class Cloud:
    """What a kind's verbs are given to work with."""

    profile: Profile
    partner: PartnerCenter
    arm: ResourceManager
    graph: Graph
    auth: Auth
    clock: Clock
    sink: Sink
    key: Key | None = None
    again: bool = False
    """Whether this goes on with what an earlier run has begun: then what that run has sent is sent again."""

    @property
    def http(self) -> Http:
        """The one HTTP client under all of them."""
        return self.auth.http

    def under(self, request_id: str, key: Key, again: bool = False) -> Cloud:
        """The same cloud for one change: its writes carry request ids derived from `request_id`."""
        return replace(
            self,
            partner=self.partner.under(request_id),
            arm=self.arm.under(request_id),
            graph=self.graph.under(request_id),
            key=key,
            again=again,
        )

    def secret(self, value: str) -> str:
        """The same secret, which from now on shows in no message."""
        self.http.secrets.add(value)
        return value

    def kept_secret(self, name: str) -> str:
        """The one-time secret that an earlier attempt of the same change has kept, or an empty text.

        What has been kept of something else that had the same handle is none of it.
        """
        assert self.key is not None, "a secret belongs to a change"
        return self.secret(self.sink.kept(self.key, name)) if self.again else ""

    def held_secret(self, name: str) -> str:
        """The one-time secret of the current change's resource as the sink has it now, or an empty text."""
        assert self.key is not None, "a secret belongs to a change"
        return self.secret(self.sink.kept(self.key, name))

    def keep_secret(self, name: str, value: str) -> None:
        """Put a one-time secret of the current change into the sink, before anything else happens."""
        assert self.key is not None, "a secret belongs to a change"
        self.http.secrets.add(value)
        self.sink.keep(self.key, name, value)


def connect(profile: Profile, client: httpx.Client, clock: Clock, sink: Sink, tokens: Path | None = None) -> Cloud:
    """A cloud for a profile over an HTTP client, which the caller closes; `tokens` is the file that keeps them."""
    addresses = CLOUDS[profile.cloud]
    http = Http(client, clock)
    auth = Auth(profile, addresses, http, TokenCache(tokens, account_of(profile)))
    return Cloud(
        profile,
        PartnerCenter(http, auth, addresses.partner_center),
        ResourceManager(http, auth, addresses.resource_manager),
        Graph(http, auth, addresses.graph),
        auth,
        clock,
        sink,
    )

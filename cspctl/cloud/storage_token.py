"""Lends our own sign-in to Azure Blob Storage, for who keeps journal and inventory there without a key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from cspctl.cloud.auth import Auth

AUDIENCE = "https://storage.azure.com"
LIFETIME = timedelta(minutes=4)
"""How long the storage's client may keep a token; ours are asked anew five minutes before they end."""


class Token(NamedTuple):
    """A token as the Azure libraries want it."""

    token: str
    expires_on: int


@dataclass(frozen=True)
class StorageToken:
    """A credential for the Azure libraries: the application itself, in the partner's tenant."""

    auth: Auth

    def get_token(self, *_: str, **__: Any) -> Token:
        """A token for Blob Storage."""
        token = self.auth.token(AUDIENCE, self.auth.profile.partner_tenant_id, user=False)
        return Token(token, int((self.auth.http.clock.now() + LIFETIME).timestamp()))

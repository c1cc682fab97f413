"""Where journal and inventory are kept: a folder, or a container of Azure Blob Storage that several machines share.

The only place that decides which of them it is. Names are paths such as ``fourth-coffee/inventory.json``; one lock
stands for all that is kept of one customer.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self

from cspctl.errors import BadInput, Problem
from cspctl.resource import PARTNER

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from cspctl.config import Secret

UNLOCKS = "unlocks.jsonl"
"""Who has broken whose lock, when and why: one line each, never removed."""


class Stored(NamedTuple):
    """What is kept under a name, and the tag that changes whenever it is written."""

    data: bytes
    etag: str


@dataclass(frozen=True)
class Holder:
    """Who holds a lock, from where, and since when; `run` is what the run calls its journal."""

    who: str
    host: str = ""
    pid: int = 0
    since: datetime | None = None
    run: str = ""

    @classmethod
    def here(cls, now: datetime, run: str = "", who: str = "") -> Self:
        """This very process; `who` takes the place of the name of its user."""
        return cls(who or _user(), socket.gethostname(), os.getpid(), now.astimezone(UTC), run)

    @classmethod
    def from_json(cls, document: Mapping[str, str]) -> Self:
        """What :meth:`as_json` has written; what cannot be read of it is left out, for it is only told."""
        since, pid = document.get("since", ""), str(document.get("pid", ""))
        try:
            time = datetime.fromisoformat(since) if since else None
        except (TypeError, ValueError):
            time = None
        texts = {name: str(document.get(name, "")) for name in ("who", "host", "run")}
        return cls(**texts, pid=int(pid) if pid.isascii() and pid.isdigit() and len(pid) < 20 else 0, since=time)

    def as_json(self) -> dict[str, str]:
        """Only texts, as the metadata of a blob can hold them."""
        since = self.since.isoformat() if self.since else ""
        return {"who": self.who, "host": self.host, "pid": str(self.pid), "since": since, "run": self.run}

    def __str__(self) -> str:
        """``anna on build-7 (process 4711)``."""
        host, process = f" on {self.host}" if self.host else "", f" (process {self.pid})" if self.pid else ""
        return f"{self.who or 'somebody who has not said who'}{host}{process}"


class Lock(Protocol):
    """The lock of one customer, held until it is left."""

    holder: Holder

    def lost(self) -> bool:
        """Whether somebody else may hold it by now. Then nothing more may be written; it never becomes false again."""

    def check(self) -> None:
        """Ask the storage itself, for what must not happen twice. Raises :class:`trouble.LockLost`."""

    def __enter__(self) -> Self:
        """It is held from its making on."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Let go of it. Never raises: what the run has come to is more important."""


class Storage(Protocol):
    """A place that keeps bytes under names. What goes wrong is a :class:`trouble.StorageError` with its remedy."""

    @property
    def where(self) -> str:
        """The place, for messages."""

    def ready(self, writing: bool) -> None:
        """Raise if it cannot be read, or (`writing`) if not all that an apply does here would be possible."""

    def read(self, name: str) -> Stored | None:
        """What is kept under the name, or None."""

    def write(self, name: str, data: bytes, etag: str | None) -> str:
        """Put it there as a whole, or not at all; returns the new tag.

        `etag` is that of what is replaced, None where nothing may be there yet.
        Raises :class:`trouble.Stale` if it is not so.
        """

    def append(self, name: str, data: bytes) -> None:
        """Add whole lines at the end; they are safe when this returns."""

    def names(self, prefix: str = "") -> list[str]:
        """All names that begin so, in order."""

    def remove(self, name: str) -> None:
        """Forget what is kept under the name, if anything."""

    def lock(self, customer: str, holder: Holder) -> Lock:
        """Hold the customer. Raises :class:`errors.Locked`, which says who does, if that is somebody else."""

    def unlock(self, customer: str, reason: str, by: Holder, force: bool = False) -> Holder | None:
        """Take the lock from whoever holds it, and write down why; returns who it was, None if nobody.

        Raises :class:`errors.Locked` if its process is known to be alive, unless with `force`.
        """

    def close(self) -> None:
        """Let go of connections."""


def at(place: str | Path, secret: Secret | None = None, credential: TokenCredential | None = None) -> Storage:
    """The storage at a folder's path or a container's URL (``https://ACCOUNT.blob.core.windows.net/CONTAINER``).

    A container is opened with a `secret` (SAS, account key or connection string, by reference) or with a
    `credential` that gives tokens. Raises :class:`errors.BadInput` for a place that cannot be one.
    """
    if isinstance(place, Path) or "://" not in place:
        from cspctl.storage.local import Folder

        return Folder(Path(place))
    from cspctl.storage.access import access_of, place_of
    from cspctl.storage.blob import Container

    container = place_of(place)
    return Container(container, access_of(secret.value(), container) if secret else None, credential)


def folder_of(customer: str) -> str:
    """The first part of the names of what is kept of a customer; what belongs to the partner has its own."""
    return "partner" if customer == PARTNER else customer


def audit(customer: str, reason: str, by: Holder, holder: Holder) -> bytes:
    """The line that says who has broken whose lock, and why. Raises :class:`errors.BadInput` without a reason."""
    if not reason.strip():
        raise BadInput([Problem("unlock", "it needs a reason", 'Say why that run is over: --reason "…".')])
    time = by.since.isoformat() if by.since else ""
    line = {"v": 1, "time": time, "customer": customer, "reason": reason.strip(), "by": by.as_json()}
    return json.dumps({**line, "holder": holder.as_json()}).encode() + b"\n"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container's user may have no name
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "somebody"

"""Holds a lease on a blob by renewing it in time, and knows when it may be somebody else's."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Self

from azure.core.exceptions import AzureError, HttpResponseError

from cspctl.storage.refusal import code_of
from cspctl.storage.trouble import LockLost

if TYPE_CHECKING:
    from azure.storage.blob import BlobLeaseClient

    from cspctl.storage import Holder

GONE = frozenset(
    {
        "BlobNotFound",
        "ContainerNotFound",
        "LeaseIdMismatchWithLeaseOperation",
        "LeaseIsBrokenAndCannotBeRenewed",
        "LeaseLost",
        "LeaseNotPresentWithLeaseOperation",
    }
)
"""Answers after which the lease is certainly not ours any more."""
MARGIN = 5.0
"""Seconds before the end from which on we do not rely on it: a write that is under way must end within them."""


def _passed() -> tuple[float, float]:
    """Two clocks: the monotonic one stands still while the machine sleeps, the other may be set back."""
    return time.monotonic(), time.time()


@dataclass
class Lease:
    """The lock of one customer. `seconds` is how long the lease lasts after each renewal."""

    holder: Holder
    where: str
    lease: BlobLeaseClient
    seconds: int
    _renewed: tuple[float, float] = field(default_factory=_passed)
    _lost: bool = False
    _over: threading.Event = field(default_factory=threading.Event)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Renew it from now on. The thread ends with the process, and then the lease by itself."""
        if self._since() > self.seconds / 3:  # it took long to be had
            self._renew()
        self._thread = threading.Thread(target=self._keep, name="cspctl-lease", daemon=True)
        self._thread.start()

    def lost(self) -> bool:
        """It may be, when it could not be renewed for nearly as long as it lasts."""
        if self._since() > self.seconds - MARGIN:
            self._lost = True
        return self._lost

    def _since(self) -> float:
        return max(now - then for now, then in zip(_passed(), self._renewed, strict=True))

    def check(self) -> None:
        """By a renewal: one that succeeds proves that nobody else has held it."""
        try:
            self._renew()
        except AzureError as error:
            if code_of(error) not in GONE:
                what = f"{self.where}: whether this run still holds its lock could not be asked"
                raise LockLost(what, "Run it again.", code=code_of(error)) from None
        if self.lost():
            raise LockLost(f"{self.where}: this run has lost its lock", "See unlocks.jsonl for who and why.")

    def __enter__(self) -> Self:
        """It is held from its making on."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """If it cannot be released, it ends by itself."""
        self._over.set()
        if self._thread:
            self._thread.join(timeout=self.seconds)
        if not self._lost:
            with contextlib.suppress(AzureError):
                self.lease.release()
        self._lost = True

    def _keep(self) -> None:
        """Renew at a third of its time; when that fails, again soon, until it is certain or too late."""
        pause = self.seconds / 3
        while not self._over.wait(pause) and not self._lost:
            try:
                self._renew()
                pause = self.seconds / 3
            except AzureError:
                pause = min(2.0, self.seconds / 10)

    def _renew(self) -> None:
        with self._guard:
            begun = _passed()  # the lease lasts from some moment after this
            try:
                self.lease.renew()
            except HttpResponseError as error:
                self._lost = self._lost or code_of(error) in GONE
                raise
            self._renewed = begun

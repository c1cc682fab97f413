"""Tells the simulator's own time, which can be moved forward; the only reader of the machine's clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from cspctl.simulator.store import Store, Transaction


class Clock:
    """Virtual time, kept in the store so that the next process goes on where this one stopped.

    In process (`jumps` true) `sleep` moves the time forward and returns at once. Served, time runs at `speed`
    virtual seconds a real second, and `sleep` really sleeps.
    """

    def __init__(self, store: Store, *, speed: float = 1.0, jumps: bool = True) -> None:
        """Read on from the time that the store remembers, or start at the machine's."""
        self._store = store
        self.speed = speed
        self.jumps = jumps

    def now(self) -> datetime:
        """Return the virtual time, with its time zone (UTC)."""
        with self._store.transaction() as tx:
            return self.read(tx)

    def read(self, tx: Transaction) -> datetime:
        """Return the virtual time inside a transaction."""
        real = time.time()
        seconds = self._seconds(tx, real)
        if self.speed != 1.0:
            self._anchor(tx, real, seconds)
        return datetime.fromtimestamp(seconds, UTC)

    def sleep(self, seconds: float) -> None:
        """Let this many virtual seconds pass, counted from now.

        Several threads that sleep at the same time share the time: it ends at the latest of their ends.
        """
        if seconds <= 0:
            return
        if not self.jumps:
            time.sleep(seconds / self.speed)
            return
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move the time forward at once, whether in process or served."""
        with self._store.transaction() as tx:
            real = time.time()
            self._anchor(tx, real, self._seconds(tx, real) + seconds)

    def _seconds(self, tx: Transaction, real: float) -> float:
        anchor = tx.get("clock", "anchor")
        if anchor is None:
            self._anchor(tx, real, real)
            return real
        return float(anchor["virtual"]) + max(0.0, real - float(anchor["real"])) * self.speed

    @staticmethod
    def _anchor(tx: Transaction, real: float, virtual: float) -> None:
        tx.put("clock", "anchor", {"real": real, "virtual": virtual})

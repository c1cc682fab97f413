"""Tells the simulator's own time, which can be moved forward; the only reader of the machine's clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from cspctl.simulator.store import Document, Store, Transaction

# Seconds since 1970 at the end of 2199: far enough for everybody, and what is reckoned from it is still a date.
END = 7258118400.0


class Clock:
    """Virtual time, kept in the store so that the next process goes on where this one stopped.

    In process (`jumps` true) `sleep` moves the time forward and returns at once. Served, time runs at `speed`
    virtual seconds a real second, and `sleep` really sleeps.

    Clients hold their tokens by their own clocks, which no speed hurries. Sign-in therefore lives in the time
    `for_clients`: the machine's, and what somebody has moved forward.
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
        anchor = _anchor(tx, real)
        seconds = self._seconds(anchor, real)
        if self.speed != 1.0:
            tx.put("clock", "anchor", {**anchor, "real": real, "virtual": seconds})
        return datetime.fromtimestamp(seconds, UTC)

    def for_clients(self, tx: Transaction) -> datetime:
        """Return the time by which tokens are issued and end, whatever the speed."""
        real = time.time()
        return datetime.fromtimestamp(real + float(_anchor(tx, real)["advanced"]), UTC)

    def begin(self, seconds_ago: float) -> None:
        """Let the time start in the past; without effect once it runs, because it never goes back."""
        with self._store.transaction() as tx:
            if tx.get("clock", "anchor") is None:
                real = time.time()
                tx.put("clock", "anchor", {"real": real, "virtual": real - seconds_ago, "advanced": -seconds_ago})

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
            advance(tx, seconds)

    def catch_up(self) -> None:
        """Move a time that lies behind the machine's forward to it."""
        with self._store.transaction() as tx:
            real = time.time()
            anchor = _anchor(tx, real)
            if self._seconds(anchor, real) < real:
                tx.put("clock", "anchor", {"real": real, "virtual": real, "advanced": 0.0})

    def _seconds(self, anchor: Document, real: float) -> float:
        return float(anchor["virtual"]) + max(0.0, real - float(anchor["real"])) * self.speed


def advance(tx: Transaction, seconds: float) -> None:
    """Move the time forward inside a transaction, or raise ValueError: it neither goes back nor on for ever."""
    anchor = _anchor(tx, time.time())
    if not 0 <= seconds <= END - float(anchor["virtual"]):
        raise ValueError(f"the time does not move by {seconds:g} seconds: it goes forward, until the year 2200")
    moved = {"virtual": anchor["virtual"] + seconds, "advanced": anchor["advanced"] + seconds}
    tx.put("clock", "anchor", {**anchor, **moved})


def _anchor(tx: Transaction, real: float) -> Document:
    """Return when the time was last read, and what it was; the first call lets it start at the machine's."""
    anchor = tx.get("clock", "anchor")
    if anchor is None:
        anchor = {"real": real, "virtual": real}
        tx.put("clock", "anchor", {**anchor, "advanced": 0.0})
    # Older states do not tell what was moved forward: all of the difference was.
    return {"advanced": anchor["virtual"] - anchor["real"], **anchor}

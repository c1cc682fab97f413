"""The one clock that all waiting goes through."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cspctl.errors import Interrupted

GLANCE = 0.5
"""Seconds after which a real wait returns to see whether it is still wanted."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Clock:
    """`now` gives an aware UTC time, `sleep` waits for seconds; a virtual clock `jumps` instead of waiting."""

    now: Callable[[], datetime] = _utc_now
    sleep: Callable[[float], None] = time.sleep
    jumps: bool = False
    interrupt: threading.Event = field(default_factory=threading.Event, compare=False)
    """Set when the run is stopping: whoever waits, or begins to wait, ends at once."""
    _turn: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)

    def wait(self, seconds: float) -> None:
        """Let seconds pass. Raises :class:`Interrupted` when the run is stopping.

        For threads that carry a change out or read; the main thread, which sets `interrupt` when a signal comes,
        would wait for itself.
        """
        due = self.now() + timedelta(seconds=seconds)
        if not self.interrupt.is_set():
            if not self.jumps:
                self.interrupt.wait(seconds)
            else:
                with self._turn:  # those who wait at the same time share it
                    self.sleep(max((due - self.now()).total_seconds(), 0.0))
        if self.interrupt.is_set():
            raise Interrupted("interrupted while it waited for its turn")

    def wait_for(self, futures: Collection[Future[Any]], seconds: float | None) -> None:
        """Until one of the futures is done or the seconds have passed (None: however long), at times sooner."""
        if futures:
            # Virtual time stands still while anybody works; real time is looked at now and then, for interrupts.
            wait(futures, timeout=None if self.jumps else min(seconds or GLANCE, GLANCE), return_when=FIRST_COMPLETED)
        elif seconds:
            self.sleep(seconds if self.jumps else min(seconds, GLANCE))

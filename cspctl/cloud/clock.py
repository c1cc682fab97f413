"""The one clock that all waiting goes through."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

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

    def wait_for(self, futures: Collection[Future[Any]], seconds: float | None) -> None:
        """Until one of the futures is done or the seconds have passed (None: however long), at times sooner."""
        if futures:
            # Virtual time stands still while anybody works; real time is looked at now and then, for interrupts.
            wait(futures, timeout=None if self.jumps else min(seconds or GLANCE, GLANCE), return_when=FIRST_COMPLETED)
        elif seconds:
            self.sleep(seconds if self.jumps else min(seconds, GLANCE))

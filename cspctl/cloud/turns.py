"""Lets each request wait for its turn, in the thread that sends it or, where the work can be put aside, outside of it.

The only place where anything waits for a quota. What the quotas are is in :mod:`cspctl.quotas`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from cspctl.cloud.buckets import Buckets, Draw
from cspctl.cloud.clock import Clock
from cspctl.errors import CloudError, Interrupted, Throttled

SHORT = 1.0
"""Seconds that a thread rather waits than puts its work aside."""
SOON = 0.001
"""Seconds that are not worth waiting."""
LONGEST_WAIT = 300.0
"""Seconds that a thread waits because a service asks for it; a call that may not be sent sooner fails and says so."""
BETWEEN_LINES = 10.0
"""Seconds between two lines that say what is waited for."""
NAMES = {"arm": "Azure Resource Manager", "partner-center": "Partner Center", "graph": "Microsoft Graph"}
"""What sentences call the services that buckets are named for."""


@dataclass
class Aside:
    """What lets one call of a change be put aside while it waits; kept while the call is repeated."""

    written: bool = False
    """A write has been sent: from now on the thread waits, because a repetition would not be the same call."""
    refusals: int = 0
    """How often a service has said that it is not now."""
    booked: dict[str, tuple[int, float]] = field(default_factory=dict)


@dataclass
class Turns:
    """Whose turn it is, for all threads of one identity."""

    clock: Clock
    tell: Callable[[str], None] = field(default=lambda _: None)
    """Shows what is waited for."""
    buckets: Buckets = field(default_factory=Buckets)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _mine: threading.local = field(default_factory=threading.local)
    _zero: datetime | None = None
    _told: float = float("-inf")

    @contextmanager
    def aside(self, kept: Aside) -> Iterator[None]:
        """While inside, in this thread, a long wait is raised as :class:`Throttled`, unless something was written.

        Whoever catches that makes the whole call again after its seconds, with the same `kept`.
        """
        kept.written = False
        self._mine.aside = kept
        try:
            yield
        finally:
            self._mine.aside = None

    def current(self) -> Aside | None:
        """What the work of this thread can be put aside with, if it can be at all."""
        return getattr(self._mine, "aside", None)

    def now(self) -> float:
        """Seconds since the first request; exact, which those of an epoch are not."""
        now = self.clock.now()
        if self._zero is None:
            self._zero = now
        return (now - self._zero).total_seconds()

    def take(self, draws: tuple[Draw, ...], aside: Aside | None, in_doubt: bool) -> float:
        """Wait until a request may go, and return when that is. First come, first served, at each bucket."""
        booked = {d.name: aside.booked.pop(d.name) for d in draws if d.name in aside.booked} if aside else {}
        while True:
            with self._guard:
                now = self.now()
                for draw in draws:
                    if booked.get(draw.name, (-1,))[0] != self.buckets.of(draw).turn:
                        due = now + self.buckets.reserve(draw, now)
                        booked[draw.name] = (self.buckets.of(draw).turn, due)
            last = max(draws, key=lambda draw: booked[draw.name][1])
            seconds = booked[last.name][1] - now
            if seconds <= SOON:
                return now
            self._wait_for(last, seconds, now, aside, in_doubt, booked)

    def _wait_for(
        self,
        draw: Draw,
        seconds: float,
        now: float,
        aside: Aside | None,
        in_doubt: bool,
        booked: dict[str, tuple[int, float]],
    ) -> None:
        held = self.buckets.of(draw).held > now
        service = draw.name.partition("/")[0]
        service = NAMES.get(service, service)
        why = draw.quota.said if draw.quota and not held else f"{service} asks for it"
        if aside and not aside.written and seconds > SHORT:
            aside.booked |= booked
            raise Throttled(why, seconds)
        if held and seconds > LONGEST_WAIT:
            raise CloudError(f"{service} asks to be left alone for {seconds:.0f} s", status=429, call=draw.name)
        self._say(seconds, why, now)
        self.wait(seconds, in_doubt or bool(aside and aside.written))

    def wait(self, seconds: float, in_doubt: bool) -> None:
        """Let the seconds pass. Raises :class:`Interrupted`; `in_doubt` tells whether the call may have happened."""
        try:
            self.clock.wait(seconds)
        except Interrupted as error:
            raise Interrupted(str(error), in_doubt) from None

    def _say(self, seconds: float, why: str, now: float) -> None:
        with self._guard:
            if seconds < SHORT or now < self._told + BETWEEN_LINES:
                return
            self._told = now
        self.tell(f"waiting {seconds:.0f} s: {why}")

    def learn(self, draws: tuple[Draw, ...], headers: Mapping[str, str], now: float) -> None:
        """Take note of what an answer says is left."""
        if any(draw.scope for draw in draws):
            with self._guard:
                self.buckets.learn(draws, headers, now)

    def hold(self, draws: tuple[Draw, ...], why: str, seconds: float) -> None:
        """A 429: its bucket lets nothing go for so long."""
        with self._guard:
            self.buckets.hold(draws, why, seconds, self.now())

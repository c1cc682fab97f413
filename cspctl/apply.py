"""Carries a plan out: parents first, in parallel, each change read again before it is written.

Of what can begin, that begins first on which the longest chain hangs. A failure skips only what depends on it. What
waits for the services holds no thread.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from cspctl import refs
from cspctl.changes import Change, Plan
from cspctl.cloud import Cloud
from cspctl.errors import Interrupted
from cspctl.estimate import PARALLELISM, before, remaining
from cspctl.journal import Journal
from cspctl.resource import Key, Live
from cspctl.seen import Names, Seen
from cspctl.steps import INTERRUPTED, Outcome, Shared, Steps, Worker


@dataclass(frozen=True)
class Event:
    """Something to show while it happens: a change starts, waits, or has its outcome."""

    at: datetime
    key: Key
    text: str
    outcome: Outcome | None = None


def apply(
    plan: Plan,
    seen: Seen,
    cloud: Cloud,
    journal: Journal,
    show: Callable[[Event], None] = lambda _: None,
    left_out: Mapping[str, str] = MappingProxyType({}),
    parallelism: int = PARALLELISM,
    stopping: Callable[[], bool] = lambda: False,
) -> list[Outcome]:
    """Carry out all changes and return their outcomes in the plan's order.

    When `stopping` says so, it ends in good order: what has not begun is skipped, what runs in the cloud is left
    running, and the outcomes say so.

    `left_out` names customers of whom nothing is written, each with the reason.
    """
    changed = {change.desired.key for change in plan.changes}
    for key, record in journal.records().items():
        state = seen.states.get(key)
        mine = key.group not in left_out and (not journal.locks or key.group in journal.locks)
        if record.open and isinstance(state, Live) and key not in changed and mine:
            journal.done(key, "create" if record.action == "create" else "update", state.id, cloud.clock.now())
    return _Run(plan, seen, cloud, journal, show, left_out, parallelism, stopping).run()


class Ready(NamedTuple):
    """A change that nothing has to be finished for any more; the smallest begins first."""

    left: float
    place: int
    key: Key
    locks: frozenset[str] | None = None
    """What it must be alone under; known only now that what it refers to exists."""


class Queue:
    """What can begin, in which order: all that a change needs is finished, and its locks are free."""

    def __init__(self, plan: Plan) -> None:
        left, self.before = remaining(plan), before(plan)
        places = {change.desired.key: place for place, change in enumerate(plan.changes)}
        self.first = {key: Ready(-left[key], place, key) for key, place in places.items()}
        self.missing = {key: len(earlier) for key, earlier in self.before.items()}
        self.later: dict[Key, list[Key]] = {}
        for key, earlier in self.before.items():
            for other in earlier:
                self.later.setdefault(other, []).append(key)
        self.ready = [self.first[key] for key, missing in self.missing.items() if not missing]
        heapq.heapify(self.ready)
        self.holder: dict[str, Key] = {}
        self.held: dict[Key, frozenset[str]] = {}
        self.parked: dict[str, list[Ready]] = {}

    def pop(self, locks: Callable[[Key], frozenset[str]]) -> Key | None:
        """The next change whose locks are free; it holds them until it is finished."""
        while self.ready:
            one = heapq.heappop(self.ready)
            mine = one.locks if one.locks is not None else locks(one.key)
            taken = next((lock for lock in sorted(mine) if lock in self.holder), None)
            if taken is None:
                self.holder |= dict.fromkeys(mine, one.key)
                self.held[one.key] = mine
                return one.key
            heapq.heappush(self.parked.setdefault(taken, []), one._replace(locks=mine))
            self._unpark(mine)
        return None

    def finished(self, key: Key) -> None:
        """Let go of its locks, and let what only waited for it begin."""
        mine = self.held.pop(key)
        for lock in mine:
            del self.holder[lock]
        self._unpark(mine)
        for other in self.later.get(key, ()):
            self.missing[other] -= 1
            if not self.missing[other]:
                heapq.heappush(self.ready, self.first[other])

    def _unpark(self, locks: Iterable[str]) -> None:
        """One of those that wait for each free lock may try; if it cannot begin, it hands on to the next."""
        for lock in locks:
            if lock not in self.holder and self.parked.get(lock):
                heapq.heappush(self.ready, heapq.heappop(self.parked[lock]))


@dataclass
class _Run:
    """Runs generators over a bounded pool, in the order of their needs."""

    plan: Plan
    seen: Seen
    cloud: Cloud
    journal: Journal
    show: Callable[[Event], None]
    left_out: Mapping[str, str]
    parallelism: int
    stopping: Callable[[], bool]
    outcomes: dict[Key, Outcome] = field(default_factory=dict)

    def run(self) -> list[Outcome]:
        self.shared = Shared(self.cloud, self.journal, self.seen, Names(self.seen), self._tell)
        self.changes = {change.desired.key: change for change in self.plan.changes}
        self.queue = Queue(self.plan)
        self.sleeping: list[tuple[datetime, int, Key, Steps]] = []
        self.running: dict[Future[float | Outcome], tuple[Key, Steps]] = {}
        self.count = itertools.count()
        with ThreadPoolExecutor(self.parallelism) as pool:
            while len(self.outcomes) < len(self.changes):
                self._wake(pool)
                self._begin(pool)
                self.cloud.clock.wait_for(self.running.keys(), self._until_next())
                self._collect()
        return [self.outcomes[change.desired.key] for change in self.plan.changes]

    def _begin(self, pool: ThreadPoolExecutor) -> None:
        while len(self.running) < self.parallelism and (key := self.queue.pop(self._locks)):
            change = self.changes[key]
            if outcome := self._hindered(change):
                self._finish(outcome)
                continue
            self._tell(key, {"create": "creating", "adopt": "adopting"}.get(change.action, change.action[:-1] + "ing"))
            self._submit(pool, key, Worker(self.shared, change).steps())

    def _locks(self, key: Key) -> frozenset[str]:
        desired = self.changes[key].desired
        try:
            return refs.located(desired, self.seen.idof(desired)).locks()
        except (AttributeError, ValueError):  # its place is not known yet, so nobody else can be there
            return frozenset()

    def _hindered(self, change: Change) -> Outcome | None:
        key = change.desired.key
        if reason := self.left_out.get(key.group):
            return Outcome(key, change.action, "not applied", reason)
        if self.stopping():
            return Outcome(key, change.action, "skipped", f"{INTERRUPTED} before it began")
        for other in sorted(self.queue.before[key]):
            if (before := self.outcomes[other]).status != "done":
                return Outcome(key, change.action, "skipped", f"{other} is {before.status}", before.person)
        return None

    def _submit(self, pool: ThreadPoolExecutor, key: Key, steps: Steps) -> None:
        self.running[pool.submit(_advance, steps)] = (key, steps)

    def _wake(self, pool: ThreadPoolExecutor) -> None:
        now = self.cloud.clock.now()
        while self.sleeping and self.sleeping[0][0] <= now and len(self.running) < self.parallelism:
            _, _, key, steps = heapq.heappop(self.sleeping)
            self._submit(pool, key, steps)

    def _until_next(self) -> float | None:
        if not self.sleeping or len(self.running) >= self.parallelism:
            return None
        return max((self.sleeping[0][0] - self.cloud.clock.now()).total_seconds(), 0.001)

    def _collect(self) -> None:
        for future in [f for f in self.running if f.done()]:
            key, steps = self.running.pop(future)
            result = future.result()
            if isinstance(result, Outcome):
                self._finish(result)
            else:
                due = self.cloud.clock.now() + timedelta(seconds=result)
                heapq.heappush(self.sleeping, (due, next(self.count), key, steps))
        if self.stopping():
            self._let_go()

    def _finish(self, outcome: Outcome) -> None:
        self.outcomes[outcome.key] = outcome
        self.queue.finished(outcome.key)
        self._tell(outcome.key, outcome.status, outcome)

    def _let_go(self) -> None:
        """Leave what runs in the cloud running: the journal says how to find it again."""
        for _, _, _, steps in self.sleeping:
            try:
                steps.throw(Interrupted("interrupted between two steps"))
            except StopIteration as stop:
                self._finish(stop.value)
        self.sleeping.clear()

    def _tell(self, key: Key, text: str, outcome: Outcome | None = None) -> None:
        self.show(Event(self.cloud.clock.now(), key, text, outcome))


def _advance(steps: Steps) -> float | Outcome:
    try:
        return next(steps)
    except StopIteration as stop:
        outcome: Outcome = stop.value
        return outcome

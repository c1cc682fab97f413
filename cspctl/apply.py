"""Carries a plan out: parents first, in parallel, each change read again before it is written.

A failure skips only what depends on it. What waits for the services holds no thread.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from cspctl import refs
from cspctl.changes import Change, Delete, Plan, Replace
from cspctl.cloud import Cloud
from cspctl.journal import Journal
from cspctl.resource import Key, Live
from cspctl.seen import Names, Seen
from cspctl.steps import Outcome, Shared, Steps, Worker

INTERRUPTED = "interrupted"
"""How the reason of every outcome begins that an interruption has brought about."""
PARALLELISM = 8
"""Changes that are worked on at the same time."""


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
    for key, record in journal.records().items():
        state = seen.states.get(key)
        if record.open and isinstance(state, Live) and all(key != c.desired.key for c in plan.changes):
            journal.done(key, "create" if record.action == "create" else "update", state.id, cloud.clock.now())
    return _Run(plan, seen, cloud, journal, show, left_out, parallelism, stopping).run()


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
        self.shared = Shared(self.cloud, self.journal, self.seen, Names(self.seen.states), self._tell)
        waiting = {change.desired.key: change for change in self.plan.changes}
        self.before = _order(self.plan)
        self.held: dict[Key, frozenset[str]] = {}
        self.sleeping: list[tuple[datetime, int, Key, Steps]] = []
        self.running: dict[Future[float | Outcome], tuple[Key, Steps]] = {}
        self.count = itertools.count()
        with ThreadPoolExecutor(self.parallelism) as pool:
            while waiting or self.sleeping or self.running:
                self._start(waiting, pool)
                self._wake(pool)
                self.cloud.clock.wait_for(self.running.keys(), self._until_next())
                self._collect()
        return [self.outcomes[change.desired.key] for change in self.plan.changes]

    def _start(self, waiting: dict[Key, Change], pool: ThreadPoolExecutor) -> None:
        for key, change in list(waiting.items()):
            earlier = self.before[key] - self.outcomes.keys()
            if earlier & (waiting.keys() | self.held.keys()):
                continue
            locks = self._locks(change)
            if any(locks & others for others in self.held.values()):
                continue
            del waiting[key]
            if outcome := self._hindered(change):
                self._finish(outcome)
                continue
            self.held[key] = locks
            self._tell(key, {"create": "creating", "adopt": "adopting"}.get(change.action, change.action[:-1] + "ing"))
            self._submit(pool, key, Worker(self.shared, change).steps())

    def _locks(self, change: Change) -> frozenset[str]:
        try:
            return refs.located(change.desired, self.seen.idof(change.desired)).locks()
        except (AttributeError, ValueError):  # its place is not known yet, so nobody else can be there
            return frozenset()

    def _hindered(self, change: Change) -> Outcome | None:
        key = change.desired.key
        if reason := self.left_out.get(key.group):
            return Outcome(key, change.action, "moved", reason)
        if self.stopping():
            return Outcome(key, change.action, "skipped", f"{INTERRUPTED} before it began")
        for other in sorted(self.before[key]):
            if (before := self.outcomes.get(other)) and before.status != "done":
                return Outcome(key, change.action, "skipped", f"{other} is {before.status}")
        return None

    def _submit(self, pool: ThreadPoolExecutor, key: Key, steps: Steps) -> None:
        self.running[pool.submit(_advance, steps)] = (key, steps)

    def _wake(self, pool: ThreadPoolExecutor) -> None:
        now = self.cloud.clock.now()
        while self.sleeping and self.sleeping[0][0] <= now:
            _, _, key, steps = heapq.heappop(self.sleeping)
            self._submit(pool, key, steps)

    def _until_next(self) -> float | None:
        if not self.sleeping:
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
        self.held.pop(outcome.key, None)
        self.outcomes[outcome.key] = outcome
        self._tell(outcome.key, outcome.status, outcome)

    def _let_go(self) -> None:
        """Leave what runs in the cloud running: the journal says how to find it again."""
        for _, _, key, _ in self.sleeping:
            reason = f"{INTERRUPTED} while it runs; the next apply continues it"
            self._finish(Outcome(key, self._change(key).action, "waiting", reason))
        self.sleeping.clear()

    def _change(self, key: Key) -> Change:
        return next(change for change in self.plan.changes if change.desired.key == key)

    def _tell(self, key: Key, text: str, outcome: Outcome | None = None) -> None:
        self.show(Event(self.cloud.clock.now(), key, text, outcome))


def _order(plan: Plan) -> dict[Key, set[Key]]:
    """What must be finished before each change: what it refers to, or, for a deletion, all that refers to it."""
    changes = {change.desired.key: change for change in plan.changes}
    before: dict[Key, set[Key]] = {key: set() for key in changes}
    for key, needed in plan.needs.items():
        for other in needed & changes.keys():
            if isinstance(changes.get(key), Delete):
                if isinstance(changes[other], Delete | Replace):
                    before[other].add(key)
            elif key in changes:
                before[key].add(other)
    return before


def _advance(steps: Steps) -> float | Outcome:
    try:
        return next(steps)
    except StopIteration as stop:
        outcome: Outcome = stop.value
        return outcome

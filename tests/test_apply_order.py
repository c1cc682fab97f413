"""The order in which apply works: needs first, the longest chain first, locks apart, and an end in good order."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cspctl import storage
from cspctl.apply import Event, Queue, apply
from cspctl.changes import Create, Plan
from cspctl.cloud import Clock, Cloud
from cspctl.errors import CloudError, NotYet, Throttled
from cspctl.fields import RefTo
from cspctl.journal import Journal
from cspctl.plan import plan
from cspctl.resource import Key, Live, Operation
from cspctl.seen import Seen
from cspctl.steps import INTERRUPTED, Outcome
from tests.cloud.services import Services, services
from tests.planning import Node, id_of, node, seen

TROUBLES = ("", "", "", "fails", "operates", "throttles", "appears late")


@dataclass
class Ground:
    """Where the things of these tests come into being, and what was seen of it."""

    trouble: dict[str, str] = field(default_factory=dict)
    there: dict[str, Brick] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    working: dict[str, str] = field(default_factory=dict)
    together: list[tuple[str, str]] = field(default_factory=list)
    most: int = 0
    guard: threading.Lock = field(default_factory=threading.Lock)
    begun: Callable[[str], None] = lambda _: None

    def times(self, name: str) -> int:
        with self.guard:
            self.asked[name] = self.asked.get(name, 0) + 1
            return self.asked[name]

    def begin(self, name: str, locks: Set[str]) -> None:
        with self.guard:
            if name not in self.order:
                self.order.append(name)
            for lock in locks:
                if self.working.setdefault(lock, name) != name:
                    self.together.append((self.working[lock], name))

    def end(self, name: str) -> None:
        with self.guard:
            self.working = {lock: other for lock, other in self.working.items() if other != name}


class Brick(Node):
    """Something that can be created, in a world of its own, with all that may happen meanwhile."""

    ground: ClassVar[Ground] = Ground()
    lasts: ClassVar[tuple[float, float]] = (1, 1)

    friends: Annotated[list[str] | None, RefTo("Brick")] = None

    def locks(self) -> frozenset[str]:
        return frozenset(f"lock {twig.name}" for twig in self.twigs or ())

    def find(self, cloud: Cloud) -> Live[Self] | None:
        return None

    def create(self, cloud: Cloud) -> str | Operation:
        name, ground = self.meta.name, type(self).ground
        ground.begin(name, self.locks())
        ground.begun(name)
        assert all(id.removeprefix("/ID/") in ground.there for id in self.friends or ())
        match ground.trouble.get(name), ground.times(name):
            case "fails", _:
                raise CloudError("it cannot be", status=400, code="Bad")
            case "throttles", 1:
                raise Throttled("not now", 30)
            case "throttles", 2:
                raise NotYet("still not")
            case "operates", _:
                return Operation(f"/operations/{name}", "c", "poll", id_of(name), 600)
        ground.there[name] = self
        return id_of(name)

    @classmethod
    def proceed(cls, cloud: Cloud, operation: Operation) -> str | Operation | None:
        name = operation.url.rpartition("/")[2]
        if cls.ground.times(name) < 4:
            return operation
        desired = node(name, cls)
        cls.ground.there[name] = desired
        return operation.result

    def found(self, cloud: Cloud, id: str | None, fields: Set[str]) -> Live[Self] | None:
        if type(self).ground.trouble.get(self.meta.name) == "appears late" and type(self).ground.times(id or "") < 3:
            return None
        return Live(id or "", self, "c")


def bricks(edges: Sequence[Set[int]], locks: Sequence[Set[int]] = ()) -> list[Brick]:
    """One for each set of the numbers of earlier ones that it refers to."""
    made: list[Brick] = []
    for number, friends in enumerate(edges):
        spec: dict[str, Any] = {"friends": [f"n{f:02}" for f in sorted(friends)]} if friends else {}
        if locks and locks[number]:
            spec["twigs"] = [{"name": str(lock)} for lock in sorted(locks[number])]
        made.append(node(f"n{number:02}", Brick, **spec))  # type: ignore[arg-type]
    return made


@dataclass
class Site:
    """A plan that creates all of them, and what it takes to carry it out."""

    plan: Plan
    seen: Seen
    services: Services
    journal: Journal
    ground: Ground
    events: list[Event] = field(default_factory=list)

    def apply(self, **more: Any) -> dict[str, Outcome]:
        cloud = self.services.cloud

        def show(event: Event) -> None:
            self.events.append(event)
            if event.outcome:
                self.ground.end(event.key.name)

        outcomes = apply(self.plan, self.seen, cloud, self.journal, show, **more)
        assert [o.key for o in outcomes] == [c.desired.key for c in self.plan.changes]
        return {outcome.key.name: outcome for outcome in outcomes}


@contextmanager
def site(wanted: Sequence[Brick], trouble: dict[str, str] | None = None) -> Iterator[Site]:
    folder = Path(tempfile.mkdtemp())
    Brick.ground = Ground(trouble or {})
    look = seen(wanted, {})
    planned = plan(wanted, look, {})
    assert not planned.problems
    assert all(isinstance(change, Create) for change in planned.changes)
    try:
        with services(lambda _: pytest.fail("nothing is asked over HTTP")) as made:
            yield Site(planned, look, made, Journal(storage.at(folder / "journal")), Brick.ground)
    finally:
        shutil.rmtree(folder)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[set[int]], list[set[int]], dict[str, str]]:
    size = draw(st.integers(1, 12))
    edges = [draw(st.sets(st.integers(0, n - 1), max_size=3)) if n else set() for n in range(size)]
    locks = [draw(st.sets(st.integers(0, 2), max_size=2)) for _ in range(size)]
    trouble = {f"n{n:02}": draw(st.sampled_from(TROUBLES)) for n in range(size)}
    return edges, locks, trouble


def hangs_on(edges: Sequence[Set[int]], number: int) -> set[int]:
    """All that a thing needs, directly or not."""
    found: set[int] = set()
    todo = list(edges[number])
    while todo:
        other = todo.pop()
        if other not in found:
            found.add(other)
            todo += edges[other]
    return found


@settings(max_examples=40)
@given(graph=graphs(), parallelism=st.integers(1, 5))
def test_only_what_hangs_on_a_failure_is_left_out_and_nothing_begins_too_soon(
    graph: tuple[list[set[int]], list[set[int]], dict[str, str]], parallelism: int
) -> None:
    edges, locks, trouble = graph
    with site(bricks(edges, locks), trouble) as made:
        outcomes = made.apply(parallelism=parallelism)
    for number in range(len(edges)):
        name = f"n{number:02}"
        needed = {f"n{other:02}" for other in hangs_on(edges, number)}
        failed = {other for other in needed if trouble[other] == "fails"}
        wanted = "skipped" if failed else "failed" if trouble[name] == "fails" else "done"
        assert outcomes[name].status == wanted, outcomes[name]
        assert (name in made.ground.order) == (wanted != "skipped")
    assert made.ground.together == []  # two under one lock


@settings(max_examples=30)
@given(graph=graphs(), after=st.integers(0, 30), parallelism=st.integers(1, 4))
def test_an_interruption_begins_nothing_new_and_says_of_each_change_where_it_stands(
    graph: tuple[list[set[int]], list[set[int]], dict[str, str]], after: int, parallelism: int
) -> None:
    edges, locks, trouble = graph
    with site(bricks(edges, locks), trouble) as made:
        outcomes = made.apply(parallelism=parallelism, stopping=lambda: len(made.events) > after)
        records = made.journal.records()
    begun = {event.key.name for event in made.events[: after + 1]}
    for name, outcome in outcomes.items():
        record = records.get(outcome.key)
        if name not in begun:
            assert outcome.status == "skipped"
            assert record is None
        elif outcome.status == "waiting":
            assert outcome.reason.startswith(INTERRUPTED)
            assert record is not None
            assert record.open
        elif outcome.status == "skipped" and record is not None:
            assert outcome.reason.startswith(INTERRUPTED)
            assert not record.open  # nothing has been sent: the next run begins anew, without any doubt
        else:
            assert outcome.status == "skipped" or record is not None


def test_the_longest_chain_begins_first_whatever_the_order_of_the_manifests() -> None:
    edges: list[set[int]] = [set(), set(), set(), {2}, {3}, {1}]
    with site(bricks(edges)) as made:
        made.apply(parallelism=1)
    assert made.ground.order == ["n02", "n01", "n03", "n00", "n05", "n04"]


def test_what_waits_holds_no_thread() -> None:
    names = [f"n{number:02}" for number in range(40)]
    with site(bricks([set() for _ in names]), dict.fromkeys(names, "operates")) as made:
        began = made.services.time.at
        outcomes = made.apply(parallelism=2)
        lasted = (made.services.time.at - began).total_seconds()
    assert {o.status for o in outcomes.values()} == {"done"}
    assert lasted < 3 * 600 + 60  # all operations run side by side, and not two by two


def test_writes_under_one_lock_follow_each_other_and_others_go_on_meanwhile() -> None:
    locks = [{0} for _ in range(10)] + [set() for _ in range(10)]
    trouble = {f"n{number:02}": "operates" for number in range(10)}
    with site(bricks([set() for _ in range(20)], locks), trouble) as made:
        outcomes = made.apply(parallelism=4)
    assert {o.status for o in outcomes.values()} == {"done"}
    assert made.ground.together == []
    # Those that wait for the lock take no thread from those that need none.
    assert set(made.ground.order[:11]) == {"n00", *(f"n{number:02}" for number in range(10, 20))}


def test_a_change_that_a_service_puts_off_is_told_and_done_later() -> None:
    with site(bricks([set()]), {"n00": "throttles"}) as made:
        outcomes = made.apply()
    assert outcomes["n00"].status == "done"
    assert [event.text for event in made.events] == ["creating", "waits 30 s: not now", "done"]


def test_the_first_interruption_ends_what_waits_within_a_real_second() -> None:
    with site(bricks([set(), {0}]), {"n00": "operates"}) as made:
        clock = Clock()
        cloud = made.services.cloud
        object.__setattr__(cloud, "clock", clock)
        stop = threading.Event()
        Brick.ground.begun = lambda _: threading.Timer(0.2, stop.set).start()
        began = clock.now()
        outcomes = made.apply(stopping=stop.is_set)
        lasted = (clock.now() - began).total_seconds()
    assert {name: o.status for name, o in outcomes.items()} == {"n00": "waiting", "n01": "skipped"}
    assert lasted < 5


def test_thousands_of_changes_take_no_longer_each_than_a_few() -> None:
    """Not by the clock, but by how often the queue looks at anything."""
    size = 4000
    wanted = bricks([set() if n % 5 == 0 else {n - 1} for n in range(size)], [{n % 7} for n in range(size)])
    planned = plan(wanted, seen(wanted, {}), {})
    looked = 0
    by_key = {brick.key: brick for brick in wanted}

    def locks(key: Key) -> frozenset[str]:
        nonlocal looked
        looked += 1
        return by_key[key].locks()

    queue, running, done = Queue(planned), [], 0
    while done < size:
        while key := queue.pop(locks):
            running.append(key)
        assert running
        queue.finished(running.pop())
        done += 1
    assert looked == size  # once for each, however long it had to wait for its lock

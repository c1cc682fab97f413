"""Two applies over one storage, interleaved step by step: what they make, they make once, one at a time per customer.

The things are made up, the engine, the journal, the inventory and the locks are not. Each run stops before each of
its steps (to read the journal, to look, to hold the customers, to make something, to have made it, to add up) until it
is its turn; hypothesis chooses the graph of things, what goes wrong, and whose turn it is.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

import httpx
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cspctl import storage
from cspctl.apply import apply
from cspctl.cloud import Cloud
from cspctl.errors import CloudError, Unreachable
from cspctl.fields import RefTo
from cspctl.journal import Journal
from cspctl.plan import plan
from cspctl.resource import Live, Operation
from cspctl.steps import Outcome
from reliability.worlds import memory
from tests.cloud.services import Services, services
from tests.planning import Node, as_wanted, id_of, node, seen

CUSTOMERS = ("c", "d")
TROUBLES = ("", "", "", "fails", "operates", "made, no answer")
PATIENCE = 20
"""Real seconds after which a run that does not come back to its turn hangs."""


@dataclass
class Ground:
    """Where the things come into being, who is about to make what, and how often each was made."""

    trouble: Mapping[str, str]
    there: dict[str, Stone] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    working: dict[str, set[int]] = field(default_factory=dict)
    together: list[str] = field(default_factory=list)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, who: int, customer: str) -> None:
        """A run is about to write something of a customer."""
        with self.guard:
            runs = self.working.setdefault(customer, set())
            runs.add(who)
            if len(runs) > 1:
                self.together.append(customer)

    def end(self, who: int) -> None:
        """A run writes nothing any more."""
        with self.guard:
            for runs in self.working.values():
                runs.discard(who)


class Stone(Node):
    """Something that can be created, of which the services would make a second one without a word."""

    ground: ClassVar[Ground]
    runs: ClassVar[dict[int, Run]]
    """The run that each HTTP client belongs to."""

    friends: Annotated[list[str] | None, RefTo("Stone")] = None

    def find(self, cloud: Cloud) -> Live[Self] | None:
        """Nothing: a list lags behind, so that whoever relies on it makes twins."""
        return None

    def create(self, cloud: Cloud) -> str | Operation:
        """Make it, when it is this run's turn."""
        run, name, ground = self.runs[id(cloud.http)], self.meta.name, self.ground
        ground.begin(run.number, self.key.group)
        run.turn()
        trouble = ground.trouble.get(name, "")
        if trouble == "fails":
            raise CloudError("it cannot be", status=400, code="Bad")
        if not (cloud.again and name in ground.there):
            ground.made.append(name)
            ground.there[name] = self
        run.turn()
        if trouble == "made, no answer" and not cloud.again:
            raise Unreachable("no answer")
        return Operation(f"/operations/{name}", "c", "poll", id_of(name), 600) if trouble == "operates" else id_of(name)

    @classmethod
    def proceed(cls, cloud: Cloud, operation: Operation) -> str | Operation | None:
        """It is done at the first look."""
        return operation.result

    def found(self, cloud: Cloud, id: str | None, fields: Any) -> Live[Self] | None:
        """What has been made is there at once."""
        return Live(id or "", self, "c")


@dataclass
class Run:
    """One apply, as the command does it; it waits for its turn before each step."""

    number: int
    folder: Path
    wanted: Sequence[Stone]
    services: Services
    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    back: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    free: bool = False
    ended: bool = False
    refused: dict[str, Any] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    error: BaseException | None = None

    def turn(self) -> None:
        """Wait for it."""
        if not self.free:
            self.back.release()
            if not self.go.acquire(timeout=PATIENCE):
                raise RuntimeError("it was never its turn again")

    def start(self) -> None:
        """Begin, and wait for the first turn."""
        threading.Thread(target=self._run, daemon=True).start()
        self.back.acquire(timeout=PATIENCE)

    def step(self) -> None:
        """Let it take one step."""
        if not self.ended:
            self.go.release()
            if not self.back.acquire(timeout=PATIENCE):
                raise RuntimeError("a run hangs")

    def _run(self) -> None:
        try:
            self._apply()
        except BaseException as error:
            self.error = error
        finally:
            self.ended = True
            self.back.release()

    def _apply(self) -> None:
        cloud, journal, ground = self.services.cloud, Journal(storage.at(self.folder)), Stone.ground
        self.turn()
        records = journal.records()
        self.turn()
        there = {s.meta.name: as_wanted(s) for s in self.wanted if s.meta.name in ground.there}
        look = seen(self.wanted, there)
        planned = plan(self.wanted, look, records)
        self.turn()
        groups = {change.desired.key.group for change in planned.changes}
        groups |= {key.group for key, record in records.items() if record.open}
        try:
            self.refused = dict(journal.hold(groups, cloud.clock.now()))
            self.turn()
            left_out = {group: str(error) for group, error in self.refused.items()}
            self.outcomes = apply(planned, look, cloud, journal, left_out=left_out, parallelism=1)
            self.turn()
            for group in list(journal.locks):
                journal.fold(group, {})
        finally:
            ground.end(self.number)
            journal.release()


@dataclass(frozen=True)
class Case:
    """What exists to be made, what goes wrong with it, and whose turn it is."""

    edges: tuple[frozenset[int], ...]
    customers: tuple[str, ...]
    trouble: tuple[str, ...]
    turns: tuple[int, ...]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Random ones."""
    size = draw(st.integers(1, 6))
    edges = tuple(frozenset(draw(st.sets(st.integers(0, n - 1), max_size=2)) if n else set()) for n in range(size))
    customers = tuple(draw(st.sampled_from(CUSTOMERS)) for _ in range(size))
    trouble = tuple(draw(st.sampled_from(TROUBLES)) for _ in range(size))
    some = draw(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 6)), max_size=8))
    return Case(edges, customers, trouble, tuple(number for number, steps in some for _ in range(steps)))


STALE = Case((frozenset(), frozenset()), ("c", "c"), ("", ""), (0, 0, 0, 0, 1, 1))
"""The second run reads the journal while the first one works, and comes to hold the customer after that has ended."""


def stones(case: Case) -> list[Stone]:
    """The things to be made; each refers only to things of its own customer."""
    made: list[Stone] = []
    for number, edges in enumerate(case.edges):
        mine = case.customers[number]
        friends = [f"n{other}" for other in sorted(edges) if case.customers[other] == mine]
        made.append(node(f"n{number}", Stone, customer=mine, **({"friends": friends} if friends else {})))  # type: ignore[arg-type]
    return made


def broken(case: Case) -> list[str]:
    """The laws that a case breaks: none of them should be."""
    with _site() as (folder, clients):
        Stone.ground = Ground({f"n{number}": trouble for number, trouble in enumerate(case.trouble)})
        wanted = stones(case)
        runs = [Run(number, folder, wanted, client) for number, client in enumerate(clients)]
        Stone.runs = {id(run.services.cloud.http): run for run in runs}
        for run in runs[:2]:
            run.start()
        for number in itertools.chain(case.turns, itertools.repeat(0, 200), itertools.repeat(1, 200)):
            runs[number].step()
        for run in runs[2:]:  # whatever was left is done by the next ones, one after the other
            run.free = True
            run._run()
        return list(_wrong(runs, wanted))


def tried(examples: int) -> tuple[int, list[str]]:
    """So many random cases: how many were tried, and the smallest one that breaks a law, if any does."""
    count = 0

    @settings(max_examples=examples, deadline=None, database=None, derandomize=True, print_blob=False)
    @given(cases())
    @example(STALE)
    def hold(case: Case) -> None:
        nonlocal count
        count += 1
        if found := broken(case):
            raise Broken(f"  VIOLATION {case}\n    {found}")

    try:
        hold()
    except Broken as error:
        return count, [str(error)]
    return count, []


class Broken(Exception):
    """A case that breaks a law."""


def _wrong(runs: Sequence[Run], wanted: Sequence[Stone]) -> Iterator[str]:
    ground = Stone.ground
    yield from (f"run {run.number}: {run.error!r}" for run in runs if run.error)
    if ground.together:
        yield f"two runs wrote at the same time: {ground.together}"
    if twins := {name for name in ground.made if ground.made.count(name) > 1}:
        yield f"made twice: {sorted(twins)}"
    able = {stone.meta.name for stone in wanted if _possible(stone, {s.meta.name: s for s in wanted})}
    if missing := able - ground.there.keys():
        yield f"never made: {sorted(missing)}"
    last = runs[-1].outcomes
    if left := [o for o in last if o.status not in ("failed", "skipped")]:
        yield f"the last run still had to do: {left}"


def _possible(stone: Stone, by_name: Mapping[str, Stone]) -> bool:
    fails = Stone.ground.trouble.get(stone.meta.name) == "fails"
    return not fails and all(_possible(by_name[name], by_name) for name in stone.friends or ())


@contextmanager
def _site() -> Iterator[tuple[Path, list[Services]]]:
    folder = Path(tempfile.mkdtemp(prefix="laws-", dir=memory()))
    try:
        with ExitStack() as stack:
            yield folder, [stack.enter_context(services(_nobody)) for _ in range(5)]
    finally:
        shutil.rmtree(folder)


def _nobody(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"nothing is asked over HTTP: {request.url}")

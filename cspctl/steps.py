"""The steps of one change: what is read, announced, written and waited for, in which order.

They are a generator that yields the seconds it wants to wait; between two steps it holds no thread.
"""

from __future__ import annotations

import itertools
import traceback
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Literal

from cspctl import refs, secret
from cspctl.changes import Adopt, Change, Create, Delete, Replace, Update, digest_of
from cspctl.cloud import Aside, Cloud
from cspctl.diff import FieldChange, differences
from cspctl.errors import CloudError, CspctlError, Interrupted, NotFound, NotYet, Unreachable
from cspctl.facts import facts_of
from cspctl.journal import Journal
from cspctl.observe import details_of, look_up
from cspctl.overlay import overlay
from cspctl.patience import LONGEST, LOOKS, Answer, patiently
from cspctl.record import Record
from cspctl.resource import Key, Live, Operation, Resource, revived
from cspctl.seen import Names, Seen
from cspctl.storage.trouble import StorageError

PRECONDITION_FAILED = 412
INTERRUPTED = "interrupted"
"""How the reason of every outcome begins that an interruption has brought about."""

Status = Literal["done", "failed", "skipped", "moved", "not applied", "waiting"]
Steps = Generator[float, None, "Outcome"]


@dataclass(frozen=True)
class Outcome:
    """What became of one change. `waiting`: it may have happened or still run; the next apply finds out."""

    key: Key
    action: str
    status: Status
    reason: str = ""
    person: bool = False
    """Whether a person must act before it can go on: to run again at once is no use."""


class Stop(Exception):
    """Ends the work on a change with an outcome."""

    def __init__(self, status: Status, reason: str, person: bool = False) -> None:
        super().__init__(reason)
        self.status, self.reason, self.person = status, reason, person


@dataclass
class Shared:
    """What the work on all changes of a run shares: the services, the journal, and what is known by now."""

    cloud: Cloud
    journal: Journal
    seen: Seen
    names: Names
    tell: Callable[[Key, str], None]

    def learnt(self, key: Key, live: Live[Resource] | None) -> None:
        """Something has come into being or has gone: from now on, references to it mean its id."""
        self.seen.states[key] = live
        if live:
            self.names.add(key, live.id)


@dataclass
class Worker:
    """The steps of one change."""

    shared: Shared
    change: Change

    @property
    def key(self) -> Key:
        """What it is about."""
        return self.change.desired.key

    def steps(self) -> Steps:
        """All of them; whatever goes wrong becomes an outcome."""
        try:
            yield from self._carry_out()
        except Stop as stop:
            return replace(self._outcome(stop.status, stop.reason), person=stop.person)
        except Unreachable as error:  # the call may have had its effect: the intent stays open in the journal
            return self._outcome("waiting" if self._began else "failed", f"{error}")
        except Interrupted:
            return self._interrupted()
        except StorageError as error:  # after a write, nobody knows what the journal would have said
            return self._outcome("waiting" if self._wrote else "failed", str(error))
        except CspctlError as error:
            moved = isinstance(error, CloudError) and error.status == PRECONDITION_FAILED
            return self._outcome("moved" if moved else "failed", str(error))
        except Exception as error:  # a bug of ours or of a library: one change fails, the run goes on, nothing is lost
            where = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{where.filename}:{where.lineno}"
            text = f"internal error: {type(error).__name__}: {error} ({place}); please report it"
            return self._outcome("failed", self.shared.cloud.http.redacted(text))
        return self._outcome("done", self._remark)

    _began: bool = False
    _open: bool = False
    """Whether something may have happened under the intent that was announced last."""
    _wrote: bool = False
    _remark: str = ""

    def _interrupted(self) -> Outcome:
        """The user has stopped the run, between two steps or while a request waited for its turn."""
        if self._began and not self._open:
            self.shared.journal.failed(self.key, INTERRUPTED, self._now())
        if self._wrote:
            return self._outcome("waiting", f"{INTERRUPTED} while it runs; the next apply continues it")
        return self._outcome("skipped", f"{INTERRUPTED} before it began")

    def _asked(self, call: Callable[[], Answer]) -> Answer:
        """The answer of a write. A definite no closes the intent; anything else leaves open what has happened."""
        try:
            return call()
        except Unreachable:
            raise
        except CloudError as error:
            if self._settled():
                self.shared.journal.failed(self.key, error.code or str(error.status), self._now())
            raise

    def _sent(self, call: Callable[[], Answer], running: bool = False) -> Generator[float, None, Answer]:
        """The answer of a write, or of a step of an operation that is `running`."""
        try:
            answer = yield from self._patiently(partial(self._asked, call))
        except NotYet as error:
            if not running and self._settled():
                self.shared.journal.failed(self.key, "NotYet", self._now())
            raise Stop("waiting" if running else "failed", str(error)) from None
        except Interrupted as error:
            if error.in_doubt:
                self._open = self._wrote = True
            raise
        self._open = self._wrote = True
        return answer

    def _patiently(self, call: Callable[[], Answer]) -> Generator[float, None, Answer]:
        appears = type(self.change.desired).appears
        return patiently(self.shared.cloud, call, appears, partial(self.shared.tell, self.key))

    def _settled(self) -> bool:
        """Whether a no is the last word: that a repetition is refused says nothing of the call that it repeats."""
        repeats = self.change.repeats if isinstance(self.change, Create) else None
        kind = type(self.change.desired)
        return repeats is None or repeats.since is None or self._now() > repeats.since + kind.settles

    def _outcome(self, status: Status, reason: str) -> Outcome:
        return Outcome(self.key, self.change.action, status, reason)

    def _carry_out(self) -> Generator[float, None, None]:
        match self.change:
            case Create(repeats=repeats):
                yield from self._learn_words()
                yield from self._create(self._desired(), repeats)
            case Adopt(live=None):
                live = yield from self._appears(None)
                yield from self._update(live)
            case Adopt(live=live) if not self.change.compared.changes:
                assert live is not None
                # Taken for what is set already: cspctl has not sent it, and does not unless its label changes.
                self._done("adopt", live)
            case Update(live=live) | Adopt(live=live):
                assert live is not None
                yield from self._update(live)
            case Replace(live=live):
                fresh = yield from self._delete(live)
                yield from self._create(self._whole(fresh or live))
            case Delete(live=live):
                yield from self._delete(live)

    def _now(self) -> datetime:
        return self.shared.cloud.clock.now()

    def _desired(self) -> Resource:
        """The desired resource with the ids that are known by now."""
        wanted, idof = self.change.desired, self.shared.seen.idof(self.change.desired)
        document = refs.with_ids(wanted.shape(), wanted.document(), idof)
        resource = type(wanted).from_live(document, wanted.metadata)
        return refs.located(resource, lambda text, mark: text if mark is not refs.CUSTOMER else idof(text, mark))

    def _intent(self, action: str) -> Cloud:
        self._began, self._open = True, False
        grave = action == "delete" or (action == "create" and type(self.change.desired).paid)
        request_id = self.shared.journal.intent(self.key, action, digest_of(self.change), self._now(), grave)
        return self.shared.cloud.under(request_id, self.key)

    def _resumed(self, record: Record) -> Cloud:
        """Go on under the intent that is open: to announce it anew would forget its cart, and when it began."""
        self._began = self._open = self._wrote = True
        return self.shared.cloud.under(record.request_id, self.key, again=True)

    def _whole(self, live: Live[Resource]) -> Resource:
        """What takes the place of a live one: all that it had, with the mentioned fields laid over it."""
        return type(self.change.desired).from_live(self._differences(live)[1], self._desired().metadata)

    def _create(self, desired: Resource, repeats: Record | None = None) -> Generator[float, None, None]:
        if isinstance(self.change, Create) and repeats is None and not desired.refuses_twins:
            there = yield from self._patiently(lambda: desired.find(self.shared.cloud))
            if there:
                raise Stop("moved", "it exists by now; plan again")
        cloud = self._resumed(repeats) if repeats else self._intent("create")
        begun: str | Operation | None = (repeats.made or repeats.operation) if repeats else None
        try:
            if begun is None:
                begun = yield from self._sent(lambda: self._created(desired, cloud))
            id = yield from self._finish_operation(cloud, begun)
        except Unreachable:
            raise
        except CloudError:
            # A repetition that is refused may be refused because the first one has done it.
            there = (yield from self._patiently(lambda: desired.find(self.shared.cloud))) if repeats else None
            if there is None:
                raise
            id = there.id
        if id:
            self.shared.journal.made(self.key, id, self._now())
        live = yield from self._appears(id)
        self._remark = self._lost_secrets()
        self._done("create", live)
        if live.waiting:
            raise Stop("waiting", str(live.waiting), person=True)
        yield from self._update(live, created=True)

    @staticmethod
    def _created(desired: Resource, cloud: Cloud) -> str | Operation:
        """What a create returns. "Not found" may be said of the very thing that it has made, where that takes time."""
        try:
            return desired.create(cloud)
        except NotFound as error:
            if type(desired).settles:
                raise error.in_doubt() from None
            raise

    def _lost_secrets(self) -> str:
        """What to say of one-time secrets that have not come, and will not come again."""
        sink, names = self.shared.cloud.sink, self.change.desired.kept_secrets
        lost = ", ".join(name for name in names if not sink.has(self.key, name))
        remedy = "it is not given twice, so reset it, for instance through another global administrator"
        return f"its {lost} was lost with the answer of an earlier run: {remedy}" if lost else ""

    def _finish_operation(self, cloud: Cloud, begun: str | Operation | None) -> Generator[float, None, str | None]:
        deadline = self._now() + LONGEST
        noted: Operation | None = None
        while isinstance(begun, Operation):
            if noted is None or (begun.url, begun.step) != (noted.url, noted.step):
                self.shared.journal.operation(self.key, begun, self._now())
                noted = begun
            if self._now() > deadline:
                raise Stop("waiting", f"it still runs after {LONGEST}; the next apply looks again")
            if begun.after:
                yield begun.after
            result, operation, kind = begun.result, begun, type(self.change.desired)
            begun = yield from self._sent(partial(kind.proceed, cloud, operation), running=True)
            if begun is None:
                return result or None
        return begun

    def _appears(self, id: str | None) -> Generator[float, None, Live[Resource]]:
        """Wait until the kind's own read finds what has been made."""
        kind, desired = type(self.change.desired), self._desired()
        deadline = self._now() + max(kind.appears, kind.settles)
        kept = Aside()
        for pause in itertools.chain(LOOKS, itertools.repeat(LOOKS[-1])):
            try:
                with self.shared.cloud.http.turns.aside(kept):
                    live = desired.found(self.shared.cloud, id, self._details())
            except NotYet as error:
                live, pause = None, max(pause, error.after)
            if live:
                self.shared.learnt(self.key, live)
                return live
            if self._now() > deadline:
                raise Stop("waiting", f"it was not readable after {max(kind.appears, kind.settles)}; run apply again")
            yield pause
        raise AssertionError("the loop above has no end of its own")

    def _read(self, live: Live[Resource], fields: frozenset[str]) -> Generator[float, None, Live[Resource] | None]:
        return self._patiently(lambda: type(self.change.desired).read(self.shared.cloud, live, fields))

    def _details(self) -> frozenset[str]:
        return details_of(self.change.desired)

    def _differences(self, live: Live[Resource]) -> tuple[tuple[FieldChange, ...], Any]:
        desired, shape, names = self._desired(), self.change.desired.shape(), self.shared.names
        complete = frozenset(desired.meta.complete or ())
        there, wanted = live.resource.document(), revived(desired.document(), live)
        before, after = (
            names.of(shape, document, self.key.customer)
            for document in (there, overlay(shape, there, wanted, complete))
        )
        return differences(shape, before, after), overlay(shape, there, wanted, complete, sent=True)

    def _update(self, live: Live[Resource], created: bool = False) -> Generator[float, None, None]:
        kind = type(self.change.desired)
        fresh = live if created else (yield from self._read(live, self._details()))
        if fresh is None:
            raise Stop("moved", "it is gone by now; plan again")
        fields, after = self._differences(fresh)
        if not created:
            self._check_moved(fields)
            fields += self._secret_changes()
        if fields:
            merged = kind.from_live(after, self._desired().metadata)
            for said in merged.check(fresh):
                raise Stop("moved", str(said))
            cloud = self._intent("update")
            changed = {f.field for f in fields}
            begun = yield from self._sent(lambda: merged.update(cloud, fresh, changed))
            yield from self._finish_operation(cloud, begun)
        action = "adopt" if isinstance(self.change, Adopt) else "update"
        self._done(action, fresh)
        self.shared.learnt(self.key, fresh)

    def _done(self, action: str, live: Live[Resource]) -> None:
        desired, shared = self.change.desired, self.shared
        facts = facts_of(desired, live, shared.seen)
        shared.journal.done(self.key, action, live.id, self._now(), secret.labels_of(desired), facts)

    def _secret_changes(self) -> tuple[FieldChange, ...]:
        """The secrets that the plan said would be sent again."""
        paths = secret.sendable(self.change.desired)
        return tuple(f for f in self.change.compared.changes if f.path in paths)

    def _learn_words(self) -> Generator[float, None, None]:
        """Ask for what could not be asked while planning, because it comes with what this run has made."""
        shared, desired = self.shared, self.change.desired
        if not desired.shape().has_words:
            return
        for pause in (*LOOKS, None):
            problems = yield from self._patiently(lambda: list(look_up(desired, shared.seen, shared.cloud)))
            if not problems:
                break
            if pause is None:
                raise Stop("failed", problems[0].what)
            yield pause
        for ref in refs.words_of(desired, shared.seen.manifests):
            shared.names.learn(ref.text, shared.seen.words[desired.key, ref.text])

    def _check_moved(self, fields: tuple[FieldChange, ...]) -> None:
        """Write only what the plan showed: the same fields, from the same values, to the same values."""
        if isinstance(self.change, Adopt) and self.change.live is None:
            return
        shown = {f.path: f for f in self.change.compared.changes}
        for f in fields:
            if f.path not in shown or shown[f.path].before != f.before:
                raise Stop("moved", f"{f.path} is {f.before!r} by now; plan again")

    def _delete(self, live: Live[Resource]) -> Generator[float, None, Live[Resource] | None]:
        """Delete it if it is still what the plan showed; returns what it was at the end."""
        kind = type(self.change.desired)
        fresh = yield from self._read(live, self._details())
        if fresh is not None and not fresh.gone:
            doomed = fresh
            contents = yield from self._patiently(lambda: list(kind.contents(self.shared.cloud, doomed)))
            self._check_unchanged(live, fresh, contents)
            cloud = self._intent("delete")
            begun = yield from self._sent(lambda: kind.delete(cloud, doomed))
            yield from self._finish_operation(cloud, begun)
            yield from self._vanishes(kind, fresh)
        self.shared.journal.done(self.key, "delete", live.id, self._now())
        self.shared.learnt(self.key, None)
        return fresh

    def _check_unchanged(self, live: Live[Resource], fresh: Live[Resource], contents: Iterable[str]) -> None:
        assert isinstance(self.change, Delete | Replace)
        now = fresh.resource.document()
        for name, shown in live.resource.document().items():
            if now.get(name) != shown:
                raise Stop("moved", f"{name} is {now.get(name)!r} by now; plan again before it is deleted")
        held = {id.casefold() for id in contents}
        if held - {id.casefold() for id in self.change.contents}:
            raise Stop("moved", "it holds more by now than the plan showed; plan again")

    def _vanishes(self, kind: type[Resource], live: Live[Resource]) -> Generator[float, None, None]:
        deadline = self._now() + kind.appears
        for pause in itertools.chain(LOOKS, itertools.repeat(LOOKS[-1])):
            there = yield from self._read(live, frozenset())
            if there is None or there.gone:
                return
            if self._now() > deadline:
                raise Stop("waiting", f"it still answers {kind.appears} after its deletion")
            yield pause

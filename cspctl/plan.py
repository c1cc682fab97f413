"""Compares what is wanted with what was seen: pure, without network, clock or printing.

What the resulting plan shows is all that apply may write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from cspctl import beside, graph, guards, meaning, refs, secret
from cspctl.changes import Adopt, Change, Create, Delete, Fields, Note, Plan, Replace, Update
from cspctl.diff import MISSING, FieldChange, differences
from cspctl.errors import Problem
from cspctl.fields import missing
from cspctl.overlay import overlay, unmanaged
from cspctl.record import Record
from cspctl.refs import with_ids
from cspctl.resource import Broken, Key, Live, Resource, Waiting, revived
from cspctl.seen import Names, Seen, Unread


def plan(
    resources: Sequence[Resource],
    seen: Seen,
    records: Mapping[Key, Record],
    targets: Set[Key] | None = None,
    allow_contents: Set[Key] = frozenset(),
    outside: Mapping[Key, Set[Key]] | None = None,
    rotate: Set[Key] = frozenset(),
) -> Plan:
    """What to do about each chosen resource. Pure: "now" is the time of looking.

    `outside` says what the manifests refer to that a narrowing leaves out: nothing of that may be removed under them.
    The secrets of what is in `rotate` are sent anew.
    """
    needs = refs.needs_of(resources)
    by_key = {r.key: r for r in resources}
    maker = _Maker(resources, seen, records, needs, Names(seen), by_key, rotate, targets)
    changes: list[Change] = []
    for key in graph.ordered(needs):
        if targets is None or key in targets:
            changes += filter(None, [maker.change(by_key[key])])
    deletions = [c for c in changes if isinstance(c, Delete)]
    changes = deletions[::-1] + [c for c in changes if not isinstance(c, Delete)]
    maker.check(changes, allow_contents, outside or {})
    maker.notes += beside.notes(resources, seen, targets)
    return Plan(
        seen.at,
        tuple(maker.without_broken(changes)),
        tuple(maker.notes),
        (*seen.problems, *maker.problems),
        tuple(maker.refusals),
        needs,
        maker.doubtful_until,
        len(resources),
        seen.calls,
        Counter(r.key.group for r in resources if isinstance(seen.states.get(r.key), Live)),
        {key: state.id.casefold() for key, state in seen.states.items() if isinstance(state, Live)},
    )


@dataclass
class _Maker:
    """Makes changes one by one and gathers what else there is to say."""

    resources: Sequence[Resource]
    seen: Seen
    records: Mapping[Key, Record]
    needs: Mapping[Key, Set[Key]]
    names: Names
    by_key: Mapping[Key, Resource]
    rotate: Set[Key] = frozenset()
    targets: Set[Key] | None = None
    notes: list[Note] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    refusals: list[Problem] = field(default_factory=list)
    doubtful_until: datetime | None = None
    hindered: dict[Key, Literal["unknown", "waiting"]] = field(default_factory=dict)

    def change(self, desired: Resource) -> Change | None:
        """The change of one resource, or None; what hinders it is noted."""
        key, state = desired.key, self.seen.states[desired.key]
        if reason := self._hindrance(state, key):
            self._note(reason[0], key, reason[1])
            return None
        if isinstance(state, Live) and state.waiting:
            self._note("waiting", key, str(state.waiting))
            return None
        if state is None and (doubt := self._doubt(desired)):
            self._note("unknown", key, doubt)
            return None
        if desired.meta.absent:
            return self._delete(desired, state) if isinstance(state, Live) and not state.gone else None
        if isinstance(state, Live):
            return self._existing(desired, state)
        return self._missing(desired)

    def _note(self, kind: Literal["unknown", "waiting", "info"], key: Key, text: str) -> None:
        self.notes.append(Note(kind, str(key), key.group, text))
        if kind != "info":
            self.hindered[key] = kind

    def _hindrance(self, state: Any, key: Key) -> tuple[Literal["unknown", "waiting"], str] | None:
        """What makes it impossible to plan: it, or anything that it refers to, is unknown or waits for a person."""
        if isinstance(state, Unread):
            return "unknown", state.reason
        if isinstance(state, Waiting):
            return "waiting", str(state)
        for other in sorted(self.needs[key]):
            match self.hindered.get(other):
                case "unknown":
                    unread = isinstance(self.seen.states.get(other), Unread)
                    return "unknown", f"it refers to {other}, which {'could not be read' if unread else 'is unknown'}"
                case "waiting":
                    return "waiting", f"it refers to {other}, which waits for a person"
        return None

    def _wanted(self, desired: Resource, live: Live[Resource] | None = None) -> Any:
        return revived(with_ids(desired.shape(), desired.document(), self.seen.idof(desired)), live)

    def _missing(self, desired: Resource) -> Change | None:
        key = desired.key
        parents_exist = all(self.seen.states.get(parent) is not None for parent in self.needs[key])
        if desired.found_only:
            if parents_exist:
                if not any(p.about == str(key) for p in self.seen.problems):  # its kind knows better why
                    self.problems.append(desired.problem("nothing was found that it could be"))
                return None
            return Adopt(desired, self._new(desired), None)
        for name in missing(desired.shape(), desired.document()):
            what = f"it does not exist, and creating it needs {name}"
            self.problems.append(desired.problem(what, f"Add '{name}:' below spec."))
        self._check_sink(desired)
        self._tell_twins(desired, None)
        return Create(desired, self._new(desired), self._begun(key))

    def _tell_twins(self, desired: Resource, live: Live[Resource] | None) -> None:
        """What the handle has meant so far, if that is still there: perhaps it has only been renamed."""
        told = meaning.changed(desired, self.records.get(desired.key), live, self.seen)
        if isinstance(told, Problem):
            self.problems.append(told)
        elif told:
            self._note("info", desired.key, told)
        if live is None:
            for text in meaning.doubts(desired, self.seen, bool(told)):
                self._note("info", desired.key, text)

    def _begun(self, key: Key) -> Record | None:
        """The record of an earlier run that announced its creation and has not finished it."""
        record = self.records.get(key)
        if record is None or not record.creating:
            return None
        kind = type(self.by_key[key])
        if kind.begins_harmlessly and not (record.operation or record.made):
            return None
        if record.made and record.since and self.seen.at > record.since + max(kind.appears, kind.settles):
            return None  # it was made, has had all the time to appear, and is not there: somebody has removed it
        return record

    def _doubt(self, desired: Resource) -> str:
        """Why that it was not found proves nothing: an earlier run may have made it, and it may not be visible yet.

        Where that run knew what it had begun or made, or where only a repetition brings the secret back, there is
        no doubt what to do: the same request again.
        """
        record = self._begun(desired.key)
        if record is None or record.since is None:
            return ""
        if (record.made or record.operation or self._secret_lost(desired)) and not desired.meta.absent:
            return ""
        until = record.since + type(desired).settles
        if self.seen.at >= until:
            return ""
        self.doubtful_until = max(until, self.doubtful_until or until)
        when = f"{until:%Y-%m-%d %H:%M:%S} UTC"
        return f"an earlier run may have created it; that it is not visible counts only after {when}"

    def _check_sink(self, desired: Resource) -> None:
        if trouble := self.seen.sink_trouble.get(desired.key):
            what = f"{desired.key}: this makes a one-time secret, and there is nowhere to keep it ({trouble})"
            self.refusals.append(Problem(desired.where, what, "Make the folder writable."))

    def _new(self, desired: Resource) -> Fields:
        """All fields of what does not exist; a creation shows what is only sent, too."""
        after = overlay(desired.shape(), {}, self._wanted(desired), _complete(desired), sent=True)
        return self._compared(desired, {}, after)

    def _compared(self, desired: Resource, live: Any, after: Any) -> Fields:
        shape, customer = desired.shape(), desired.key.customer
        before = self.names.of(shape, live, customer) if live else None
        if after == live:
            return Fields((), before, before)
        after = self.names.of(shape, after, customer)
        return Fields(differences(shape, before or {}, after), before, after)

    def _existing(self, desired: Resource, live: Live[Resource]) -> Change | None:
        key, kind = desired.key, type(desired)
        record = meaning.record_of(live, self.records.get(key))
        self._tell_twins(desired, live)
        if (begun := self._begun(key)) and self._secret_lost(desired):
            return Create(desired, self._new(desired), begun)
        there, wanted = live.resource.document(), self._wanted(desired, live)
        after = overlay(desired.shape(), there, wanted, _complete(desired))
        compared = self._with_secrets(self._compared(desired, there, after), desired, record)
        self._count_items(desired, there, wanted)
        if live.gone and not kind.revives:
            what = f"it has been cancelled or suspended; mention '{': '.join(kind.revival)}' to bring it back"
            self._note("info", key, what)
        if live.gone and kind.revival_brings:
            self._note("info", key, kind.revival_brings)
        immutable = [f for f in compared.changes if f.immutable and f.before is not MISSING]
        if immutable:
            return self._immutable(desired, live, compared, immutable)
        if compared.changes:
            merged = kind.from_live(after, desired.metadata)
            self.problems += map(desired.problem, merged.check(live))
        if record is None or (not record.id and not record.open):
            return Adopt(desired, compared, live)
        return Update(desired, compared, live) if compared.changes else None

    def _secret_lost(self, desired: Resource) -> bool:
        return any((desired.key, name) not in self.seen.secrets for name in desired.kept_secrets)

    def _with_secrets(self, compared: Fields, desired: Resource, record: Record | None) -> Fields:
        """What differs, and the secrets to be sent again: cspctl reads none back, so it goes by their labels."""
        more = secret.resets(desired, record, desired.key in self.rotate)
        if more and desired.kept_secrets:
            self._check_sink(desired)
        return replace(compared, changes=(*compared.changes, *more)) if more else compared

    def _immutable(
        self, desired: Resource, live: Live[Resource], compared: Fields, immutable: list[FieldChange]
    ) -> Change | None:
        key = desired.key
        reasons = tuple(f"{f.path}: {f.immutable.why}" for f in immutable if f.immutable)
        if not type(desired).replaceable:
            for f, reason in zip(immutable, reasons, strict=True):
                what = f"{reason} (it is {f.before!r}, the manifest says {f.after!r})"
                remedy = "Put the old value back, or describe another one under a new handle."
                self.problems.append(desired.problem(Broken(f.path, what, remedy)))
            return None
        if self._is_protected(desired):
            what = f"{key} is protected, and must be replaced: {'; '.join(reasons)}"
            self.refusals.append(Problem(desired.where, what, "Set metadata.protect: false if that is meant."))
        for name in missing(desired.shape(), compared.after):
            what = f"it must be replaced ({'; '.join(reasons)}), and creating it needs {name}"
            self.problems.append(desired.problem(what, f"Add '{name}:' below spec."))
        return Replace(desired, compared, live, reasons, self.seen.contents.get(key, ()))

    @staticmethod
    def _is_protected(desired: Resource, why: str = "") -> bool:
        protect = desired.meta.protect
        return type(desired).protected or bool(why) if protect is None else protect

    def _delete(self, desired: Resource, live: Live[Resource]) -> Change:
        why = type(desired).protection(live)
        if self._is_protected(desired, why):
            what = f"{desired.key} is protected from deletion" + (f": {why}" if why else "")
            self.refusals.append(Problem(desired.where, what, "Set metadata.protect: false if that is meant."))
        elif why:
            self._note("info", desired.key, why)
        return Delete(desired, live, self.seen.contents.get(desired.key, ()))

    def _count_items(self, desired: Resource, there: Any, wanted: Any) -> None:
        for path, count in unmanaged(desired.shape(), there, wanted, _complete(desired)):
            noun = path.rpartition(".")[2]
            text = f"{count} more {noun.removesuffix('s') if count == 1 else noun}, not managed"
            self.notes.append(Note("unmanaged", str(desired.key), desired.key.group, text))

    def check(self, changes: Sequence[Change], allowed: Set[Key], outside: Mapping[Key, Set[Key]]) -> None:
        """What forbids carrying out all of it together."""
        if self.targets is not None:
            self.problems += guards.unselected(changes, self.targets, self.needs, self.seen)
        self.problems += guards.overfull(changes, map(type, self.resources), self.seen)
        self.problems += secret.unsendable([r for r in self.resources if r.key in self.rotate], self.targets)
        self.refusals += guards.removals(changes, self.by_key, self.needs, self.seen)
        self.refusals += guards.narrowed_removals(changes, outside)
        self.refusals += guards.lost_contents(changes, allowed)

    def without_broken(self, changes: Iterable[Change]) -> Iterator[Change]:
        """The changes of what nothing is wrong with, and does not need the making of what is: the others are notes."""
        broken = {problem.about for problem in (*self.seen.problems, *self.problems)}
        for key in graph.ordered(self.needs):
            if key not in self.hindered and (why := self._broken(key, broken)):
                broken.add(str(key))
                if self.targets is None or key in self.targets:
                    self._note("unknown", key, why)
        yield from (change for change in changes if str(change.desired.key) not in broken)

    def _broken(self, key: Key, broken: Set[str]) -> str:
        if str(key) in broken:
            return "it cannot be planned, see the error"
        new = (other for other in sorted(self.needs[key]) if not isinstance(self.seen.states.get(other), Live))
        return next((f"it refers to {other}, which cannot be planned" for other in new if str(other) in broken), "")


def _complete(desired: Resource) -> frozenset[str]:
    return frozenset(desired.meta.complete or ())

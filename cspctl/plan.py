"""Compares what is wanted with what was seen: pure, without network, clock or printing.

What the resulting plan shows is all that apply may write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from cspctl import graph, refs, secret
from cspctl.changes import Adopt, Change, Create, Delete, Fields, Note, Plan, Replace, Update
from cspctl.diff import MISSING, FieldChange, differences
from cspctl.errors import Problem
from cspctl.fields import Immutable, missing
from cspctl.overlay import overlay, unmanaged
from cspctl.record import Record
from cspctl.refs import with_ids
from cspctl.resource import PARTNER, Key, Live, Resource, Waiting, revived
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
    maker = _Maker(resources, seen, records, needs, Names(seen), by_key, rotate)
    changes: list[Change] = []
    for key in graph.ordered(needs):
        if targets is None or key in targets:
            changes += filter(None, [maker.change(by_key[key])])
    deletions = [c for c in changes if isinstance(c, Delete)]
    changes = deletions[::-1] + [c for c in changes if not isinstance(c, Delete)]
    if targets is not None:
        maker.check_chosen(changes, targets)
    maker.check_removals(changes, allow_contents, outside or {})
    maker.check_limits(changes)
    maker.note_unmanaged(targets)
    return Plan(
        seen.at,
        tuple(changes),
        tuple(maker.notes),
        (*seen.problems, *maker.problems),
        tuple(maker.refusals),
        needs,
        maker.doubtful_until,
        len(resources),
        seen.calls,
        Counter(r.key.group for r in resources if isinstance(seen.states.get(r.key), Live)),
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
                if not any(p.what.startswith(f"{key}: ") for p in self.seen.problems):  # its kind knows better why
                    self.problems.append(
                        Problem(desired.where, f"{key}: nothing was found that it could be", group=key.group)
                    )
                return None
            return Adopt(desired, self._new(desired), None)
        for name in missing(desired.shape(), desired.document()):
            what = f"{key}: it does not exist, and creating it needs {name}"
            self.problems.append(Problem(desired.where, what, f"Add '{name}:' below spec.", group=key.group))
        self._check_sink(desired)
        self._note_former(desired)
        return Create(desired, self._new(desired), self._begun(key))

    def _note_former(self, desired: Resource) -> None:
        """Say what the handle has meant so far, if that is still there: perhaps it has only been renamed."""
        key, record = desired.key, self.records.get(desired.key)
        scopes = [lives for (kind, _), lives in self.seen.scopes.items() if kind == key.kind]
        found = [live for lives in scopes if not isinstance(lives, Unread) for live in lives]
        mine = [live for live in found if record and live.id.casefold() == record.id.casefold() and not live.gone]
        for live in mine:
            if live.id in self.seen.matched:
                continue
            document, fields = live.resource.document(), desired.shape().fields
            names = [n for n in document if n in fields and fields[n].says_which and not fields[n].mark(Immutable)]
            was = ", ".join(f"{name}: {document[name]}" for name in names)
            what = f"until now {key.name} has meant {live.id}, which stays as it is"
            renamed = f"if it has only been renamed, say metadata.formerly: {{{was}}}"
            self._note("info", key, f"{what}; {renamed if was else 'describe it with absent: true to remove it'}")

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
            what = f"{desired.key}: creating it returns a one-time secret, and there is nowhere to keep it ({trouble})"
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
        record = self.records.get(key)
        if (begun := self._begun(key)) and self._secret_lost(desired):
            return Create(desired, self._new(desired), begun)
        there, wanted = live.resource.document(), self._wanted(desired, live)
        after = overlay(desired.shape(), there, wanted, _complete(desired))
        compared = self._with_secrets(self._compared(desired, there, after), desired)
        self._count_items(desired, there, wanted)
        if live.gone and not kind.revives:
            what = f"it has been cancelled or suspended; mention '{': '.join(kind.revival)}' to bring it back"
            self._note("info", key, what)
        immutable = [f for f in compared.changes if f.immutable and f.before is not MISSING]
        if immutable:
            return self._immutable(desired, live, compared, immutable)
        if compared.changes:
            merged = kind.from_live(after, desired.metadata)
            for sentence in merged.check(live):
                self.problems.append(Problem(desired.where, f"{key}: {sentence}", group=key.group))
        if record is None or (not record.id and not record.open):
            return Adopt(desired, compared, live)
        return Update(desired, compared, live) if compared.changes else None

    def _secret_lost(self, desired: Resource) -> bool:
        return any((desired.key, name) not in self.seen.secrets for name in desired.kept_secrets)

    def _with_secrets(self, compared: Fields, desired: Resource) -> Fields:
        """What differs, and the secrets to be sent again: cspctl reads none back, so it goes by their labels."""
        changed = secret.changed(desired, self.records)
        more = [
            FieldChange(f"{path}.version", before or MISSING, after or MISSING)
            for path, (before, after) in changed.items()
        ]
        if desired.key in self.rotate:
            rest = secret.labels_of(desired).keys() - changed.keys()
            more += [FieldChange(path, "as it is", "sent anew") for path in sorted(rest)]
        return replace(compared, changes=(*compared.changes, *more)) if more else compared

    def _immutable(
        self, desired: Resource, live: Live[Resource], compared: Fields, immutable: list[FieldChange]
    ) -> Change | None:
        key = desired.key
        reasons = tuple(f"{f.path}: {f.immutable.why}" for f in immutable if f.immutable)
        if not type(desired).replaceable:
            for f, reason in zip(immutable, reasons, strict=True):
                what = f"{key}: {reason} (it is {f.before!r}, the manifest says {f.after!r})"
                remedy = "Put the old value back, or describe another one under a new handle."
                self.problems.append(Problem(desired.where_is(f.path), what, remedy, key.group))
            return None
        if self._is_protected(desired):
            what = f"{key} is protected, and must be replaced: {'; '.join(reasons)}"
            self.refusals.append(Problem(desired.where, what, "Set metadata.protect: false if that is meant."))
        for name in missing(desired.shape(), compared.after):
            what = f"{key}: it must be replaced ({'; '.join(reasons)}), and creating it needs {name}"
            self.problems.append(Problem(desired.where, what, f"Add '{name}:' below spec.", group=key.group))
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

    def check_chosen(self, changes: Iterable[Change], targets: Set[Key]) -> None:
        """What is chosen may not need the creation of something that is not."""
        for change in changes:
            if not isinstance(change, Delete):
                for other in sorted(self.needs[change.desired.key] - targets):
                    if self.seen.states.get(other) is None:
                        what = f"{change.desired.key} needs {other}, which does not exist and is not selected"
                        remedy = f"Select it too: --target {other}"
                        self.problems.append(Problem(change.desired.where, what, remedy, change.desired.key.group))

    def check_removals(self, changes: Sequence[Change], allowed: Set[Key], outside: Mapping[Key, Set[Key]]) -> None:
        """Nothing may be removed that something else refers to, or that holds what is not removed knowingly."""
        removed = {c.desired.key: c for c in changes if isinstance(c, Delete | Replace)}
        deleted_ids = {c.live.id.casefold() for c in changes if isinstance(c, Delete)}
        for key, others in self.needs.items():
            for other in sorted(others & removed.keys()):
                if key not in removed and isinstance(self.seen.states[key], Live) and not self.by_key[key].meta.absent:
                    what = f"{other} is to be {removed[other].action}d, but {key} refers to it"
                    self.refusals.append(Problem(self.by_key[other].where, what, f"Replace or delete {key} as well."))
        for key, others in outside.items():
            for other in sorted(others & removed.keys()):
                what = f"{other} is to be {removed[other].action}d, but {key}, which is not selected, refers to it"
                self.refusals.append(Problem(self.by_key[other].where, what, f"Select {key} as well."))
        for key, change in removed.items():
            if isinstance(change, Delete | Replace) and key not in allowed:
                left = [id for id in change.contents if id.casefold() not in deleted_ids]
                if left:
                    what = f"{key} still holds {len(left)} that would go with it: {', '.join(left[:10])}"
                    remedy = f"Delete them first, describe them with absent: true, or say --allow-delete-contents {key}"
                    self.refusals.append(Problem(change.desired.where, what, remedy))

    def check_limits(self, changes: Iterable[Change]) -> None:
        """What an integration sandbox does not hold, said before the first of it is bought."""
        if not self.seen.sandbox:
            return
        planned = [c for c in changes if _adds(c) or isinstance(c, Delete)]
        for kind in dict.fromkeys(type(r) for r in self.resources if type(r).sandbox_limit[0]):
            limit, per = kind.sandbox_limit
            mine = [c for c in planned if type(c.desired) is kind]
            for group in dict.fromkeys(c.desired.key.customer if per == "customer" else "" for c in mine):
                here = [c for c in mine if group in ("", c.desired.key.customer)]
                new = [c for c in here if _adds(c)]
                total = self._existing_in(kind, group) + 2 * len(new) - len(here)
                for change in new[-max(total - limit, 0) :] if total > limit else ():
                    what = f"{change.desired.key}: an integration sandbox holds {limit} {kind.nouns[1]}"
                    what += f" per {per}, and this plan would make {total}"
                    remedy = "Remove what is no longer needed, or use a production account."
                    self.problems.append(Problem(change.desired.where, what, remedy, change.desired.key.group))

    def _existing_in(self, kind: type[Resource], group: str) -> int:
        """How many there are of a kind, of one customer or (without a group) of the whole account."""
        state = self.seen.states.get(Key(PARTNER, "Customer", group)) if group else None
        found = {
            live.id
            for (name, scope), lives in self.seen.scopes.items()
            if name == kind.__name__ and not isinstance(lives, Unread)
            for live in lives
            if live.ours and not live.gone and (not group or not isinstance(state, Live) or scope.customer == state.id)
        }
        return len(found) if not group or isinstance(state, Live) else 0

    def note_unmanaged(self, targets: Set[Key] | None) -> None:
        """Count what lies beside what we manage, in every scope that was looked at."""
        managed = {s.id.casefold() for s in self.seen.states.values() if isinstance(s, Live)}
        managed |= {id.casefold() for id in self.seen.matched}
        kinds = {r.key.kind: type(r) for r in self.resources}
        owner = {
            s.id.casefold(): k.name for k, s in self.seen.states.items() if k.kind == "Customer" and isinstance(s, Live)
        }
        for (kind, scope), found in sorted(self.seen.scopes.items()):
            if isinstance(found, Unread):
                continue
            group = owner.get(scope.customer.casefold(), scope.customer)
            one, several = kinds[kind].nouns
            rest = [live for live in found if live.ours and not live.gone and live.id.casefold() not in managed]
            foreign = [live for live in found if not live.ours]
            said = {live.id for live in found if live.ours and self._remark(kinds[kind], live, group, managed)}
            rest = [live for live in rest if not live.incidental and live.id not in said]
            for lives, words in (
                (rest, "not managed"),
                (foreign, "of another channel or partner, not ours: never touched"),
            ):
                if lives and (targets is None or words != "not managed"):
                    noun = one if len(lives) == 1 else several
                    self.notes.append(
                        Note(
                            "unmanaged",
                            scope.path,
                            group,
                            f"{len(lives)} more {noun} in {scope.path}, {words}",
                        )
                    )

    def _remark(self, kind: type[Resource], live: Live[Resource], group: str, managed: Set[str]) -> bool:
        remark = kind.remark(live, group, self.seen.at, live.id.casefold() in managed)
        if remark:
            self.notes.append(Note("info", live.id, group, remark))
        return bool(remark)


def _adds(change: Change) -> bool:
    """Whether there is one more afterwards: it is created, or comes into being with something that is."""
    return isinstance(change, Create) or (isinstance(change, Adopt) and change.live is None)


def _complete(desired: Resource) -> frozenset[str]:
    return frozenset(desired.meta.complete or ())

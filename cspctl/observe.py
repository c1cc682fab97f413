"""Looks at what exists: reads only, by LIST per (kind, scope), in parallel, level by level.

Parents are looked at before what lives in them; what lives in something that does not exist is not looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from cspctl import graph, refs, secret
from cspctl.cloud import Cloud
from cspctl.cloud.answers import understood
from cspctl.errors import CloudError, NotYet, Problem
from cspctl.estimate import PARALLELISM
from cspctl.fields import Immutable
from cspctl.meaning import record_of
from cspctl.overlay import ABSENT, key_of, same
from cspctl.record import Record
from cspctl.resource import PARTNER, Broken, Key, Live, Resource, Scope, Waiting
from cspctl.seen import Seen, State, Unread

Found = Live[Resource] | Broken | str | None
"""What a manifest was found to mean: something, nothing that exists, or why that is undecidable."""
A = TypeVar("A")
B = TypeVar("B")


def observe(
    resources: Sequence[Resource],
    cloud: Cloud,
    records: Mapping[Key, Record],
    readers: int = PARALLELISM,
    rotate: Set[Key] = frozenset(),
) -> Seen:
    """Find out what is known of each resource. A service that fails makes its scope unread, never the whole look.

    The secrets of what is in `rotate` will be sent, so they have to be there.
    """
    seen = Seen(cloud.clock.now(), sandbox=cloud.profile.sandbox, manifests=frozenset(r.key for r in resources))
    before = cloud.http.counts.total()
    by_kind = refs.keys_by_kind(resources)
    parents = {r.key: set(_parents(r, by_kind)) for r in resources}
    by_key = {r.key: r for r in resources}
    pool = ThreadPoolExecutor(readers)
    try:
        with cloud.http.remembering():
            for level in graph.levels(parents):
                _Level(seen, cloud, records, pool, by_key).look([by_key[key] for key in level], parents)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # on Ctrl-C nobody waits for a reader that waits for a service
    seen.calls = cloud.http.counts.total() - before
    _look_at_secrets(seen, cloud, resources, records, rotate)
    return seen


def _look_at_secrets(
    seen: Seen, cloud: Cloud, resources: Sequence[Resource], records: Mapping[Key, Record], rotate: Set[Key]
) -> None:
    """Whether one-time secrets can be kept, and which have been; and whether those that will be sent are there."""
    makers = [r for r in resources if r.kept_secrets]
    named = [(r.key, name) for r in makers for name in r.kept_secrets]
    seen.secrets = {(key, name) for key, name in named if cloud.sink.has(key, name)}
    new = {r.key for r in resources if seen.states.get(r.key) is None and not r.found_only and not r.meta.absent}
    sent = new | rotate
    seen.sink_trouble = {r.key: trouble for r in makers if r.key in sent and (trouble := cloud.sink.unwritable(r.key))}
    for resource in resources:
        if not resource.shape().has_secrets or resource.meta.absent:
            continue
        state, record = seen.states.get(resource.key), records.get(resource.key)
        known = record_of(state, record) if isinstance(state, Live) else None
        if resource.key in sent or secret.changed(resource, known):
            seen.problems += secret.unreadable(resource)


def _parents(resource: Resource, by_kind: Mapping[tuple[str, str], list[Key]]) -> Iterable[Key]:
    return (key for ref in refs.refs_of(resource, by_kind) if ref.mark.parent for key in ref.keys)


@dataclass
class _Level:
    """One level of resources: what lives in them comes in the next."""

    seen: Seen
    cloud: Cloud
    records: Mapping[Key, Record]
    pool: ThreadPoolExecutor
    by_key: Mapping[Key, Resource]

    def look(self, resources: Sequence[Resource], parents: Mapping[Key, set[Key]]) -> None:
        groups: dict[tuple[str, Scope], list[tuple[Resource, Resource]]] = {}
        possible = [resource for resource in resources if self._possible(resource, parents[resource.key])]
        self._look_up(possible)
        for resource in possible:
            if resource.key not in self.seen.states and not self._in_new_part(resource):
                at = refs.located(resource, self.seen.idof(resource))
                groups.setdefault((resource.key.kind, at.scope()), []).append((resource, at))
        kinds = {kind: type(pairs[0][0]) for (kind, _), pairs in groups.items()}
        for place, found in self._all(lambda place: self._list(kinds[place[0]], place[1], groups[place]), groups):
            self.seen.scopes[place] = found
            self._match(groups[place], found)
        pairs = [pair for group in groups.values() for pair in group]
        self._details(pairs)
        self._preflight(pairs)

    def _look_up(self, resources: Iterable[Resource]) -> None:
        """Learn the ids of what is referred to in the vendor's own words."""

        def ask(resource: Resource) -> Unread | list[Problem]:
            try:
                with understood():
                    return list(look_up(resource, self.seen, self.cloud))
            except (CloudError, NotYet) as error:
                return Unread(str(error))

        worded = [r for r in resources if r.shape().has_words]
        for resource, said in self._all(ask, worded):
            if isinstance(said, Unread):
                self.seen.states[resource.key] = said
            elif said:
                self.seen.problems += said
                self.seen.states[resource.key] = Unread("it refers to what does not exist")

    def _possible(self, resource: Resource, parents: Iterable[Key]) -> bool:
        """Whether it can be looked for; if not, what follows from its parents is noted."""
        states = [(key, self.seen.states[key]) for key in parents if key in self.seen.states]
        for key, state in states:
            if isinstance(state, Waiting):
                self.seen.states[resource.key] = Waiting(f"{key} waits for a person", "")
                return False
            if isinstance(state, Live) and state.waiting:
                self.seen.states[resource.key] = Waiting(f"{key} waits for a person", "")
                return False
            if isinstance(state, Unread):
                self.seen.states[resource.key] = Unread(f"{key} could not be read")
                return False
        if any(state is None for _, state in states):
            self.seen.states[resource.key] = None
            owner = self.by_key.get(Key(PARTNER, "Customer", resource.meta.customer or ""))
            if owner and self.seen.states.get(owner.key) is None and not resource.meta.absent:
                self.seen.problems += map(resource.problem, resource.newborn(owner))
            return False
        return True

    def _in_new_part(self, resource: Resource) -> bool:
        """Whether it lives in a part, such as a subnet, that is not there yet; then it is not there either."""
        for ref in refs.refs_of(resource):
            state = next((s for key in ref.keys if isinstance(s := self.seen.states.get(key), Live)), None)
            if not (ref.part and ref.mark.parent and state) or _has_part(state.resource, ref):
                continue
            whole = next(self.by_key[key] for key in ref.keys if isinstance(self.seen.states.get(key), Live))
            if not _has_part(whole, ref):
                what = f"{ref.path}: {whole.key} has no {ref.mark.part}[{ref.part}]"
                remedy = f"Describe it in {whole.where}, or correct the name."
                self.seen.problems.append(resource.problem(Broken(ref.path, what, remedy)))
            self.seen.states[resource.key] = None
            return True
        return False

    def _all(self, ask: Callable[[A], B], things: Iterable[A]) -> Iterable[tuple[A, B]]:
        things = list(things)
        return zip(things, self.pool.map(ask, things), strict=True)

    def _list(
        self, kind: type[Resource], scope: Scope, pairs: Sequence[tuple[Resource, Resource]]
    ) -> Sequence[Live[Resource]] | Unread:
        try:
            with understood():
                found = list(kind.all(self.cloud, scope))
                return [*found, *self._not_listed(pairs, found)] if kind.lags else found
        except (CloudError, NotYet) as error:
            return Unread(str(error), passing=isinstance(error, NotYet))

    def _not_listed(
        self, pairs: Sequence[tuple[Resource, Resource]], found: Sequence[Live[Resource]]
    ) -> Iterator[Live[Resource]]:
        """What we have met and the list does not have (yet): each is asked for by its id."""
        listed = {live.id.casefold() for live in found}
        for resource, at in pairs:
            id = self._known(resource.key)
            if id and id.casefold() not in listed:
                live = type(at).read(self.cloud, Live(id, at, at.meta.customer or PARTNER), frozenset())
                yield from filter(None, [live])

    def _match(self, pairs: Sequence[tuple[Resource, Resource]], found: Sequence[Live[Resource]] | Unread) -> None:
        if isinstance(found, Unread):
            self.seen.states.update((resource.key, found) for resource, _ in pairs)
            return
        ours = [live for live in found if live.ours]
        known = [self._known(resource.key) for resource, _ in pairs]
        matched = type(pairs[0][0]).match([at for _, at in pairs], ours, known)
        meant = [
            self._renamed(pair, live, ours, id.casefold()) for pair, live, id in zip(pairs, matched, known, strict=True)
        ]
        for (resource, _), live in zip(pairs, unshared(meant, pairs), strict=True):
            if isinstance(live, str | Broken):
                self.seen.problems.append(resource.problem(live, "Say which one is meant."))
                self.seen.states[resource.key] = Unread("it is undecided which one is meant")
            else:
                self.seen.states[resource.key] = live
        self.seen.matched |= {live.id for live in meant if isinstance(live, Live)}

    def _renamed(
        self, pair: tuple[Resource, Resource], live: Found, ours: Sequence[Live[Resource]], known: str
    ) -> Found:
        """What was matched, or what that was called before: by `metadata.formerly`, or by the journal where a handle
        keeps its meaning. Where both are there, nothing can be renamed."""
        resource, at = pair
        if at.meta.absent or isinstance(live, str | Broken) or (live and live.id.casefold() == known):
            return live  # what is removed is what the manifest says now
        if not at.meta.formerly:
            same = (one for one in ours if one.id.casefold() == known)
            return next(same, None) if live is None and type(at).keeps_identity else live
        former = type(at).from_live({**at.document(), **at.meta.formerly}, at.metadata)
        before = type(at).match([refs.located(former, self.seen.idof(resource))], ours)[0]
        if live is None or before is None or (live.gone and not (isinstance(before, Live) and before.gone)):
            return before or live  # what has been deleted is in nobody's way
        if isinstance(before, str) or before.id == live.id or (before.gone and before.id.casefold() != known):
            return live
        what = f"metadata.formerly means {before.id}, but {live.id} has the new name already"
        remedy = f"Remove formerly if {live.id} is meant; else give it a name that nobody has."
        return Broken(next((n for n, field in at.shape().fields.items() if field.says_which), ""), what, remedy)

    def _known(self, key: Key) -> str:
        record = self.records.get(key)
        return record.id if record else ""

    def _details(self, pairs: Sequence[tuple[Resource, Resource]]) -> None:
        wanted = []
        for resource, at in pairs:
            if isinstance(live := self.seen.states[resource.key], Live):
                fields, may_go = details_of(resource), _may_go(resource, at, live)
                if fields or may_go:
                    wanted.append((resource, live, fields, may_go))

        def read(item: tuple[Resource, Live[Resource], frozenset[str], bool]) -> tuple[State, tuple[str, ...]]:
            resource, live, fields, may_go = item
            kind = type(resource)
            try:
                with understood():
                    contents = tuple(kind.contents(self.cloud, live)) if may_go and not live.gone else ()
                    # Of what is to be deleted no field is compared.
                    compared = fields and not resource.meta.absent
                    return (kind.read(self.cloud, live, fields) if compared else live), contents
            except (CloudError, NotYet) as error:
                return Unread(str(error)), ()

        for (resource, *_), (state, contents) in self._all(read, wanted):
            self.seen.states[resource.key] = state
            self.seen.contents[resource.key] = contents

    def _preflight(self, pairs: Sequence[tuple[Resource, Resource]]) -> None:
        # Of what an earlier run has announced, the thing itself may be what now stands in the way.
        creating = {key for key, record in self.records.items() if record.creating}
        wanted = [
            (resource, at)
            for resource, at in pairs
            if self.seen.states[resource.key] is None and not resource.meta.absent and resource.key not in creating
        ]

        def ask(item: tuple[Resource, Resource]) -> list[str | Broken | Waiting] | Unread:
            try:
                with understood():
                    return list(item[1].preflight(self.cloud))
            except (CloudError, NotYet) as error:
                return Unread(str(error))

        for (resource, _), said in self._all(ask, wanted):
            if isinstance(said, Unread):
                self.seen.states[resource.key] = said
                continue
            for one in said:
                if isinstance(one, Waiting):
                    self.seen.states[resource.key] = one
                else:
                    self.seen.problems.append(resource.problem(one))


def look_up(resource: Resource, seen: Seen, cloud: Cloud) -> Iterator[Problem]:
    """Ask the service for the ids of what a resource refers to in the vendor's own words; yields what is wrong."""
    at = refs.located(resource, seen.idof(resource))
    for ref in refs.words_of(resource, seen.manifests):
        if (resource.key, ref.text) not in seen.words:
            found = at.look_up(cloud, ref.path, ref.text)
            if isinstance(found, str):
                seen.words[resource.key, ref.text] = found
            else:
                yield resource.problem(Broken(found.path or ref.path, found.what, found.remedy))


def _has_part(whole: Resource, ref: refs.Ref) -> bool:
    """Whether the list of parts of something has the part that a reference names."""
    shape, items = whole.shape().fields.get(ref.mark.part), whole.document().get(ref.mark.part)
    there = {key_of(shape, item) for item in items or () if not item.get(ABSENT)} if shape else set()
    return ref.part.casefold() in there


def unshared(matched: Sequence[Found], pairs: Sequence[tuple[Resource, Resource]]) -> list[Found]:
    """What was matched; where two manifests mean the same thing, there or still to be made, a sentence for each."""
    meaning: dict[tuple[str, str], list[Key]] = {}
    what = [_meant(at, live) for (_, at), live in zip(pairs, matched, strict=True)]
    for (resource, _), one in zip(pairs, what, strict=True):
        meaning.setdefault(one, []).append(resource.key)
    result: list[Found] = []
    for (resource, _), one, live in zip(pairs, what, matched, strict=True):
        others = ", ".join(str(key) for key in meaning[one] if key != resource.key) if one[1] else ""
        thing = live.id if isinstance(live, Live) else one[1]
        result.append(f"it means {thing}, and so does {others}" if others else live)
    return result


def _meant(at: Resource, live: Found) -> tuple[str, str]:
    """What says which thing is meant: its id or, of what is to be made, its identity."""
    if isinstance(live, Live):
        return "id", live.id.casefold()
    return "identity", at.identity() if live is None and not at.meta.absent else ""


def _may_go(resource: Resource, at: Resource, live: Live[Resource]) -> bool:
    """Whether it may be deleted, for good or to be replaced: then what would go with it has to be known."""
    if resource.meta.absent:
        return True
    if not type(resource).replaceable:
        return False
    there, wanted = live.resource.document(), at.document()
    return any(
        name in wanted and name in there and not same(field, there[name], wanted[name])
        for name, field in resource.shape().fields.items()
        if field.mark(Immutable)
    )


def details_of(resource: Resource) -> frozenset[str]:
    """The detail fields that a resource mentions."""
    kind = type(resource)
    if not kind.detail_fields:
        return frozenset()
    return kind.detail_fields & resource.document().keys()

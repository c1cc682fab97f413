"""Looks at what exists: reads only, by LIST per (kind, scope), in parallel, level by level.

Parents are looked at before what lives in them; what lives in something that does not exist is not looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from cspctl import graph, refs, secret
from cspctl.cloud import Cloud
from cspctl.errors import CloudError, NotYet, Problem
from cspctl.estimate import PARALLELISM
from cspctl.fields import Immutable
from cspctl.overlay import same
from cspctl.record import Record
from cspctl.resource import PARTNER, Key, Live, Resource, Scope, Waiting
from cspctl.seen import Seen, State, Unread

A = TypeVar("A")
B = TypeVar("B")


def observe(
    resources: Sequence[Resource], cloud: Cloud, records: Mapping[Key, Record], readers: int = PARALLELISM
) -> Seen:
    """Find out what is known of each resource. A service that fails makes its scope unread, never the whole look."""
    seen = Seen(cloud.clock.now(), sandbox=cloud.profile.sandbox, manifests=frozenset(r.key for r in resources))
    before = cloud.http.counts.total()
    by_kind = refs.keys_by_kind(resources)
    parents = {r.key: set(_parents(r, by_kind)) for r in resources}
    by_key = {r.key: r for r in resources}
    pool = ThreadPoolExecutor(readers)
    try:
        with cloud.http.remembering():
            for level in graph.levels(parents):
                _Level(seen, cloud, records, pool).look([by_key[key] for key in level], parents)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # on Ctrl-C nobody waits for a reader that waits for a service
    seen.calls = cloud.http.counts.total() - before
    _look_at_secrets(seen, cloud, resources, records)
    return seen


def _look_at_secrets(seen: Seen, cloud: Cloud, resources: Sequence[Resource], records: Mapping[Key, Record]) -> None:
    """Whether one-time secrets can be kept, and which have been; and whether those that will be sent are there."""
    makers = [r for r in resources if r.kept_secrets]
    named = [(r.key, name) for r in makers for name in r.kept_secrets]
    seen.secrets = {(key, name) for key, name in named if cloud.sink.has(key, name)}
    new = {r.key for r in resources if seen.states.get(r.key) is None and not r.found_only and not r.meta.absent}
    seen.sink_trouble = {r.key: trouble for r in makers if r.key in new and (trouble := cloud.sink.unwritable(r.key))}
    for resource in resources:
        if resource.shape().has_secrets and (resource.key in new or secret.changed(resource, records)):
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

    def look(self, resources: Sequence[Resource], parents: Mapping[Key, set[Key]]) -> None:
        groups: dict[tuple[str, Scope], list[tuple[Resource, Resource]]] = {}
        possible = [resource for resource in resources if self._possible(resource, parents[resource.key])]
        self._look_up(possible)
        for resource in possible:
            if resource.key not in self.seen.states:
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
            return False
        return True

    def _all(self, ask: Callable[[A], B], things: Iterable[A]) -> Iterable[tuple[A, B]]:
        things = list(things)
        return zip(things, self.pool.map(ask, things), strict=True)

    def _list(
        self, kind: type[Resource], scope: Scope, pairs: Sequence[tuple[Resource, Resource]]
    ) -> Sequence[Live[Resource]] | Unread:
        try:
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
        matched = unshared(type(pairs[0][0]).match([at for _, at in pairs], ours, known), pairs)
        taken = {live.id for live in matched if isinstance(live, Live)}
        self.seen.matched |= taken
        for (resource, at), live in zip(pairs, matched, strict=True):
            if isinstance(live, str):
                what, group = f"{resource.key}: {live}", resource.key.group
                self.seen.problems.append(Problem(resource.where, what, "Say which one is meant.", group))
                self.seen.states[resource.key] = Unread("it is undecided which one is meant")
            else:
                free = [other for other in ours if other.id not in taken]
                self.seen.states[resource.key] = live or self._formerly(at, resource.key, free)

    def _formerly(self, at: Resource, key: Key, found: Sequence[Live[Resource]]) -> Live[Resource] | None:
        """What it was called before: by `metadata.formerly`, or by the journal where a handle keeps its meaning."""
        if at.meta.absent:
            return None  # what is removed is what the manifest says now
        if at.meta.formerly:
            former = type(at).from_live({**at.document(), **at.meta.formerly}, at.metadata)
            former = refs.located(former, self.seen.idof(former))
            matched = type(at).match([former], found)[0]
            return matched if isinstance(matched, Live) else None
        known = self.records.get(key)
        if known and known.id and type(at).keeps_identity:
            return next((live for live in found if live.id.casefold() == known.id.casefold()), None)
        return None

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
                contents = tuple(kind.contents(self.cloud, live)) if may_go and not live.gone else ()
                # Of what is to be deleted no field is compared.
                return (kind.read(self.cloud, live, fields) if fields and not resource.meta.absent else live), contents
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

        def ask(item: tuple[Resource, Resource]) -> list[str | Waiting] | Unread:
            try:
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
                    what, group = f"{resource.key}: {one}", resource.key.group
                    self.seen.problems.append(Problem(resource.where, what, group=group))


def look_up(resource: Resource, seen: Seen, cloud: Cloud) -> Iterator[Problem]:
    """Ask the service for the ids of what a resource refers to in the vendor's own words; yields what is wrong."""
    at = refs.located(resource, seen.idof(resource))
    for ref in refs.words_of(resource, seen.manifests):
        if (resource.key, ref.text) not in seen.words:
            found = at.look_up(cloud, ref.path, ref.text)
            if isinstance(found, str):
                seen.words[resource.key, ref.text] = found
            else:
                where = resource.where_is(found.path or ref.path)
                yield Problem(where, f"{resource.key}: {found.what}", found.remedy, resource.key.group)


def unshared(
    matched: Sequence[Live[Resource] | str | None], pairs: Sequence[tuple[Resource, Resource]]
) -> list[Live[Resource] | str | None]:
    """What was matched; where two manifests mean the same thing, there or still to be made, a sentence for each."""
    meaning: dict[tuple[str, str], list[Key]] = {}
    what = [_meant(at, live) for (_, at), live in zip(pairs, matched, strict=True)]
    for (resource, _), one in zip(pairs, what, strict=True):
        meaning.setdefault(one, []).append(resource.key)
    result: list[Live[Resource] | str | None] = []
    for (resource, _), one, live in zip(pairs, what, matched, strict=True):
        others = ", ".join(str(key) for key in meaning[one] if key != resource.key) if one[1] else ""
        thing = live.id if isinstance(live, Live) else one[1]
        result.append(f"it means {thing}, and so does {others}" if others else live)
    return result


def _meant(at: Resource, live: Live[Resource] | str | None) -> tuple[str, str]:
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

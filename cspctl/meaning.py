"""What a handle has meant so far, where a manifest now means something else: pure, the journal against one look.

Somebody who has only been renamed must not become two, nor must his manifest be taken for another person's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cspctl.errors import Problem
from cspctl.fields import Immutable
from cspctl.record import Record
from cspctl.resource import Live, Resource
from cspctl.seen import Seen, Unread


def record_of(live: Live[Resource], record: Record | None) -> Record | None:
    """What we have written down about this very thing; of what else had its handle nothing counts."""
    other = record is not None and record.id and record.id.casefold() != live.id.casefold()
    return None if other else record


def changed(desired: Resource, record: Record | None, now: Live[Resource] | None, seen: Seen) -> Problem | str:
    """What to say if the handle has meant something else that is still there; empty if it has not.

    Where a twin would be grave it is a problem, unless the manifest says with an empty `formerly` that it is meant.
    """
    was = _before(desired, record, now, seen)
    if was is None:
        return ""
    name, called = desired.meta.name, _called(desired, was)
    here = f", {called}" if called else ""
    what = f"until now {name} has meant {was.id}{here}, which is still there"
    then = f"now it would mean {now.id}" if now else f"this would make a second {desired.nouns[0]}"
    if type(desired).twins_are_grave and desired.meta.formerly != {}:
        same = f"If it is the same one, write its present name, or say metadata.formerly: {{{called}}} to rename it."
        other = "If another one is meant, say metadata.formerly: {}, or give it a handle of its own."
        return desired.problem(f"{what}; {then}", f"{same} {other}")
    if now or type(desired).twins_are_grave:
        return f"{what} and stays as it is; {then}"
    renamed = f"if it has only been renamed, say metadata.formerly: {{{called}}}"
    return f"until now {name} has meant {was.id}, which stays as it is; " + (
        renamed if called else "describe it with absent: true to remove it"
    )


def doubts(desired: Resource, seen: Seen, told: bool) -> Iterator[str]:
    """What else to say of one that is to be created: that its former one is not there, or that another is like it."""
    if desired.meta.formerly:
        yield "metadata.formerly leads to nothing that exists, so a new one is made"
    likeness = desired.likeness()
    if told or not likeness or desired.meta.formerly is not None:
        return
    for live in _living(desired, seen):
        if live.id not in seen.matched and live.resource.likeness() == likeness:
            called = _called(desired, live)
            what = f"{live.id} ({called}) is called the same, and no manifest describes it"
            yield f"{what}; if it has only been renamed, say metadata.formerly: {{{called}}} in a manifest of its own"


def _before(desired: Resource, record: Record | None, now: Live[Resource] | None, seen: Seen) -> Live[Resource] | None:
    """What the handle has meant, if it is another one, lives, and is not what some manifest means now."""
    if record is None or not record.id or (now and record.id.casefold() == now.id.casefold()):
        return None
    mine = (live for live in _living(desired, seen) if live.id.casefold() == record.id.casefold())
    return next((live for live in mine if live.id not in seen.matched), None)


def _living(desired: Resource, seen: Seen) -> Iterable[Live[Resource]]:
    kind, customer = desired.key.kind, desired.meta.customer
    owner = seen.owner(customer) if customer else ""
    for (name, scope), lives in seen.scopes.items():
        if name == kind and not isinstance(lives, Unread) and owner in ("", scope.customer):
            yield from (live for live in lives if live.ours and not live.gone)


def _called(desired: Resource, live: Live[Resource]) -> str:
    """The fields that say which one it is, as `metadata.formerly` takes them."""
    document, fields = live.resource.document(), desired.shape().fields
    names = [n for n in document if n in fields and fields[n].says_which and not fields[n].mark(Immutable)]
    return ", ".join(f"{name}: {document[name]}" for name in names)

"""Finds what forbids carrying planned changes out: what they need, what they would take away, what would not fit.

Pure: changes in, problems and refusals out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from cspctl import refs
from cspctl.changes import Adopt, Change, Create, Delete, Replace, Update
from cspctl.diff import MISSING
from cspctl.errors import Problem
from cspctl.resource import PARTNER, Key, Live, Resource
from cspctl.seen import Seen, Unread

Needs = Mapping[Key, Set[Key]]


def unselected(changes: Iterable[Change], targets: Set[Key], needs: Needs, seen: Seen) -> Iterator[Problem]:
    """What is chosen may not need the creation of something that is not."""
    for change in changes:
        if not isinstance(change, Delete):
            for other in sorted(needs[change.desired.key] - targets):
                if seen.states.get(other) is None:
                    what = f"it needs {other}, which does not exist and is not selected"
                    yield change.desired.problem(what, f"Select it too: --target {other}")


def removals(changes: Sequence[Change], by_key: Mapping[Key, Resource], needs: Needs, seen: Seen) -> Iterator[Problem]:
    """Nothing may be removed that something else refers to: neither a whole nor a part of one."""
    removed = {c.desired.key: c for c in changes if isinstance(c, Delete | Replace)}
    stays = [
        key
        for key in needs
        if key not in removed and isinstance(seen.states.get(key), Live) and not by_key[key].meta.absent
    ]
    for key in stays:
        for other in sorted(needs[key] & removed.keys()):
            what = f"{other} is to be {removed[other].action}d, but {key} refers to it"
            yield Problem(by_key[other].where, what, f"Replace or delete {key} as well.")
    parts = {part for change in changes if isinstance(change, Update | Adopt) for part in _lost_parts(change)}
    for key in stays if parts else ():
        for ref in refs.refs_of(by_key[key]):
            for other in ref.keys:
                if ref.part and (other, ref.mark.part, ref.part.casefold()) in parts:
                    what = f"{ref.mark.part}[{ref.part}] of {other} is to be deleted, but {key} refers to it"
                    yield Problem(by_key[other].where, what, f"Delete {key} as well, or keep it.")


def _lost_parts(change: Change) -> Iterator[tuple[Key, str, str]]:
    """The items of keyed lists that a change takes away: whose, of which list, and which."""
    for field in change.compared.changes:
        if field.after is MISSING and field.path.endswith("]"):
            name, _, item = field.path[:-1].partition("[")
            yield change.desired.key, name, item.casefold()


def narrowed_removals(changes: Iterable[Change], outside: Needs) -> Iterator[Problem]:
    """`outside` is what the manifests refer to that a narrowing leaves out: nothing of that may be removed."""
    removed = {c.desired.key: c for c in changes if isinstance(c, Delete | Replace)}
    for key, others in outside.items():
        for other in sorted(others & removed.keys()):
            what = f"{other} is to be {removed[other].action}d, but {key}, which is not selected, refers to it"
            yield Problem(removed[other].desired.where, what, f"Select {key} as well.")


def lost_contents(changes: Sequence[Change], allowed: Set[Key]) -> Iterator[Problem]:
    """What holds something that is not removed knowingly is not removed."""
    deleted_ids = {c.live.id.casefold() for c in changes if isinstance(c, Delete)}
    for change in changes:
        key = change.desired.key
        if isinstance(change, Delete | Replace) and key not in allowed:
            left = [id for id in change.contents if id.casefold() not in deleted_ids]
            if left:
                what = f"{key} still holds {len(left)} that would go with it: {', '.join(left[:10])}"
                remedy = f"Delete them first, describe them with absent: true, or say --allow-delete-contents {key}"
                yield Problem(change.desired.where, what, remedy)


def overfull(changes: Iterable[Change], kinds: Iterable[type[Resource]], seen: Seen) -> Iterator[Problem]:
    """What an integration sandbox does not hold, said before the first of it is bought."""
    if not seen.sandbox:
        return
    planned = [c for c in changes if _adds(c) or isinstance(c, Delete)]
    for kind in dict.fromkeys(kind for kind in kinds if kind.sandbox_limit[0]):
        limit, per = kind.sandbox_limit
        mine = [c for c in planned if type(c.desired) is kind]
        for group in dict.fromkeys(c.desired.key.customer if per == "customer" else "" for c in mine):
            here = [c for c in mine if group in ("", c.desired.key.customer)]
            new = [c for c in here if _adds(c)]
            total = _existing_in(seen, kind, group) + 2 * len(new) - len(here)
            for change in new[-max(total - limit, 0) :] if total > limit else ():
                what = f"an integration sandbox holds {limit} {kind.nouns[1]}"
                what += f" per {per}, and this plan would make {total}"
                yield change.desired.problem(what, "Remove what is no longer needed, or use a production account.")


def _existing_in(seen: Seen, kind: type[Resource], group: str) -> int:
    """How many there are of a kind, of one customer or (without a group) of the whole account."""
    state = seen.states.get(Key(PARTNER, "Customer", group)) if group else None
    found = {
        live.id
        for (name, scope), lives in seen.scopes.items()
        if name == kind.__name__ and not isinstance(lives, Unread)
        for live in lives
        if live.ours and not live.gone and (not group or not isinstance(state, Live) or scope.customer == state.id)
    }
    return len(found) if not group or isinstance(state, Live) else 0


def _adds(change: Change) -> bool:
    """Whether there is one more afterwards: it is created, or comes into being with something that is."""
    return isinstance(change, Create) or (isinstance(change, Adopt) and change.live is None)

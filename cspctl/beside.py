"""Says what lies beside what the manifests describe, in every scope that was looked at: pure, notes only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from cspctl.changes import Note
from cspctl.resource import Live, Resource
from cspctl.seen import Seen, Unread


def notes(resources: Sequence[Resource], seen: Seen, targets: Set[object] | None) -> Iterator[Note]:
    """What is not managed, counted; what is not ours; and what a kind remarks of single ones."""
    managed = {s.id.casefold() for s in seen.states.values() if isinstance(s, Live)}
    managed |= {id.casefold() for id in seen.matched}
    kinds = {r.key.kind: type(r) for r in resources}
    owner = {s.id.casefold(): k.name for k, s in seen.states.items() if k.kind == "Customer" and isinstance(s, Live)}
    for (kind, scope), found in sorted(seen.scopes.items()):
        if isinstance(found, Unread):
            continue
        group = owner.get(scope.customer.casefold(), scope.customer)
        rest = [live for live in found if live.ours and not live.gone and live.id.casefold() not in managed]
        foreign = [live for live in found if not live.ours]
        remarks = [note for live in found if live.ours for note in _remarks(kinds[kind], live, group, managed, seen)]
        yield from remarks
        said = {note.about for note in remarks}
        rest = [live for live in rest if not live.incidental and live.id not in said]
        for lives, words in (
            (rest, "not managed"),
            (foreign, "of another channel or partner, not ours: never touched"),
        ):
            if lives and (targets is None or words != "not managed"):
                noun = kinds[kind].nouns[0 if len(lives) == 1 else 1]
                text = f"{len(lives)} more {noun} in {scope.path}, {words}"
                yield Note("unmanaged", scope.path, group, text, tuple(_called(live) for live in lives))


def _remarks(kind: type[Resource], live: Live[Resource], group: str, managed: Set[str], seen: Seen) -> Iterator[Note]:
    if remark := kind.remark(live, group, seen.at, live.id.casefold() in managed):
        yield Note("info", live.id, group, remark)


def _called(live: Live[Resource]) -> str:
    """Its id and, where that tells little, what it is called."""
    document = live.resource.document()
    names = (document.get(name) for name in ("userPrincipalName", "displayName", "name"))
    name = next((str(name) for name in names if name), "")
    return live.id if not name or live.id.casefold().endswith(name.casefold()) else f"{name} ({live.id})"

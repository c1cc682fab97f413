"""Finds what cspctl has created and no manifest describes any more, and turns it into resources that should not exist.

What is pruned goes through the same planning as everything else: limits, contents, references and protection hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from cspctl.changes import Note
from cspctl.cloud import Cloud
from cspctl.errors import CloudError, NotYet
from cspctl.fields import RefTo
from cspctl.inventory import Entry, Inventory
from cspctl.inventory.prune import prunable
from cspctl.kinds import registry
from cspctl.part import LIVE, Metadata
from cspctl.resource import PARTNER, Key, Live, Resource
from cspctl.seen import Names, Seen, Unread


@dataclass
class Pruned:
    """What is to go, what is already gone, and what is to be said."""

    resources: list[Resource] = field(default_factory=list)
    vanished: list[Entry] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def pruned(
    inventories: Mapping[str, Inventory], manifests: Sequence[Resource], seen: Seen, cloud: Cloud, groups: Set[str]
) -> Pruned:
    """What of these customers no manifest means any more; each is read, and put into `seen`.

    `manifests` are all there are, also those that this run does not look at.
    """
    keys = {resource.key for resource in manifests}
    living = {state.id for state in seen.states.values() if isinstance(state, Live)}
    unresolved = {key for key in keys if not (isinstance(seen.states.get(key), Live) or _is_absent(key, seen))}
    result = Pruned()
    for group in sorted(groups & inventories.keys()):
        found = prunable(inventories[group], seen.matched | living, keys, unresolved)
        for entry, why in found.held:
            text = f"cspctl has created it, no manifest describes it, and it is not pruned: {why}"
            result.notes.append(Note("info", str(entry.key), group, text))
        for entry in found.entries:
            _prune(entry, seen, cloud, result)
    return result


def _is_absent(key: Key, seen: Seen) -> bool:
    return key in seen.states and seen.states[key] is None


def _prune(entry: Entry, seen: Seen, cloud: Cloud, result: Pruned) -> None:
    kind, group = registry().get(entry.key.kind), entry.key.group
    if kind is None:
        text = f"this version of cspctl has no kind {entry.key.kind}, so it cannot be pruned"
        result.notes.append(Note("unknown", str(entry.key), group, text))
        return
    try:
        live = _live(kind, entry, seen, cloud)
        contents = tuple(kind.contents(cloud, live)) if live and not live.gone else ()
    except (CloudError, NotYet) as error:
        result.notes.append(Note("unknown", str(entry.key), group, str(error)))
        return
    if live is None or live.gone:
        result.vanished.append(entry)
        return
    owner = None if entry.key.customer == PARTNER else entry.key.customer
    meta = {"name": entry.key.name, "customer": owner, "absent": True}
    document = Names(seen).of(kind.shape(), live.resource.document(), entry.key.customer)
    seen.states[entry.key], seen.contents[entry.key] = live, contents
    result.resources.append(kind.from_live(document, Metadata.model_validate(meta, context=LIVE)))


def _live(kind: type[Resource], entry: Entry, seen: Seen, cloud: Cloud) -> Live[Resource] | None:
    """What has been seen of it in a list, else what a read by its id says."""
    for (name, _), found in seen.scopes.items():
        if name == kind.__name__ and not isinstance(found, Unread):
            for live in found:
                if live.id.casefold() == entry.id.casefold():
                    return live
    at = kind.from_live(dict(_parents(kind, entry)))
    return kind.read(cloud, Live(entry.id, at, entry.customer), frozenset())


def _parents(kind: type[Resource], entry: Entry) -> Iterable[tuple[str, str]]:
    """The fields that say where it lives, as far as what it refers to tells them."""
    ids = {reference.split("/")[-2]: id for reference, id in entry.references.items()}
    for name, shape in kind.shape().fields.items():
        mark: RefTo | None = shape.ref
        if mark and mark.parent and shape.form == "scalar":
            yield from ((name, ids[other]) for other in mark.kinds if other in ids)

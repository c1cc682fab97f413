"""What of an inventory may be deleted, because we have created it and no manifest means it any more: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from graphlib import CycleError

from cspctl.graph import levels
from cspctl.inventory import ADOPTED, CREATED, Entry, Inventory
from cspctl.resource import PARTNER, Key


@dataclass(frozen=True)
class Prunable:
    """What nobody describes any more. `held`: what is left alone although we have created it, and why."""

    entries: tuple[Entry, ...] = ()
    """To be deleted, in this order: what refers to others comes before them."""
    held: tuple[tuple[Entry, str], ...] = ()
    let_go: tuple[Entry, ...] = ()
    """What was only adopted: it stays, and is none of our business any more."""


def prunable(
    inventory: Inventory, matched: Iterable[str], manifests: Set[Key], unresolved: Set[Key] = frozenset()
) -> Prunable:
    """What of the inventory no manifest means any more.

    `matched`: the ids of all that manifests of the run resolve to. `manifests`: the keys of all of them, also of those
    that this run leaves out. `unresolved`: those of which is not known what they mean: unread, waiting, left out.
    """
    ids = {id.casefold() for id in matched}
    free = [e for e in inventory.entries.values() if e.id.casefold() not in ids]
    unknown = {(key.group, key.kind) for key in unresolved}
    reasons = {e.key: _reason(inventory, e, manifests, unknown) for e in free}
    created = [e for e in free if e.origin == CREATED]
    return Prunable(
        _children_first([e for e in created if not reasons[e.key]]),
        tuple((e, reasons[e.key]) for e in created if reasons[e.key]),
        tuple(e for e in free if e.origin == ADOPTED and not _unknown(e, unknown)),
    )


def _reason(inventory: Inventory, entry: Entry, manifests: Set[Key], unknown: Set[tuple[str, str]]) -> str:
    """Why it is not pruned; empty if it is."""
    if entry.protect:
        return "it is protected"
    if inventory.customer != PARTNER and Key(PARTNER, "Customer", inventory.customer) not in manifests:
        return "no manifest describes the customer itself: say absent there, or delete it by hand"
    if _unknown(entry, unknown):
        return f"not every {entry.key.kind} of the manifests could be looked at, and one of them may be this"
    return ""


def _unknown(entry: Entry, unknown: Set[tuple[str, str]]) -> bool:
    """A manifest that could not be looked at may mean the same under another handle."""
    return (entry.key.group, entry.key.kind) in unknown


def _children_first(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    by_id = {entry.id.casefold(): entry.key for entry in entries}
    by_key = {entry.key: entry for entry in sorted(entries, key=lambda entry: (entry.made, entry.key))}
    meant = {e.key: [by_id.get(id.casefold(), e.key) for id in e.references.values()] for e in by_key.values()}
    needs = {key: set(others) - {key} for key, others in meant.items()}
    try:
        return tuple(by_key[key] for level in reversed(levels(needs)) for key in level)
    except CycleError:  # what refers to each other by now has not always done so: the last made goes first
        return tuple(reversed(by_key.values()))

"""What cspctl has done for one customer, never what is: which ids it has created or adopted, and what may be pruned.

It is the sum of the journals' lines: :func:`fold` adds a run, :func:`records` says what the planner asks, from the
inventory and those journals that it does not wholly contain. Losing it loses the ability to prune, nothing else.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cspctl.errors import BadInput, Problem
from cspctl.record import Record
from cspctl.resource import PARTNER, Key

CREATED, ADOPTED = "created", "adopted"
LEFT = "~"
"""Stands in the handle of what a handle has once meant; no manifest's handle can hold it."""
Line = Mapping[str, Any]
"""A journal's line, read and checked."""


@dataclass(frozen=True)
class Entry:
    """One thing that cspctl has created or adopted."""

    key: Key
    id: str
    origin: str
    """``created`` or ``adopted``; only what is created is ever pruned."""
    made: datetime
    """When, and in which run."""
    run: str
    customer: str = PARTNER
    """Whose sign-in a call about it needs: a customer's id, or ``-``."""
    references: Mapping[str, str] = field(default_factory=dict)
    """What it refers to: key and id."""
    protect: bool = True
    """Whether it is never pruned. What nobody has said otherwise of is not."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """The version label with which each secret was last sent, by the path of its field."""


@dataclass(frozen=True)
class Folded:
    """How much of a run's journal the inventory contains, and of which keys an intent of it is still open."""

    lines: int = 0
    open: frozenset[Key] = frozenset()


@dataclass(frozen=True)
class Facts:
    """What manifests and a look at the world say of something that the inventory knows."""

    customer: str
    references: Mapping[str, str]
    protect: bool


@dataclass(frozen=True)
class Inventory:
    """The inventory of one customer (``-``: of the partner)."""

    customer: str
    entries: Mapping[Key, Entry] = field(default_factory=dict)
    folded: Mapping[str, Folded] = field(default_factory=dict)

    @property
    def settled(self) -> frozenset[str]:
        """The runs of which nothing is open: their journals need not be read."""
        return frozenset(run for run, part in self.folded.items() if not part.open)


def fold(inventory: Inventory, run: str, lines: Sequence[Line]) -> Inventory:
    """The inventory with what a run has written until now; lines that it contains already do not count again.

    Runs of the same keys are folded in the order in which they ran. Raises :class:`BadInput` if lines have gone.
    """
    known = inventory.folded.get(run, Folded())
    if len(lines) < known.lines:
        what = f"it had {known.lines} lines, and has {len(lines)}: somebody has cut it"
        raise BadInput([Problem(f"journal {run}", what, "Put it back as it was.", inventory.customer)])
    total = _Sum(inventory.entries)
    begun, ended = set(known.open), set[Key]()
    for line in lines[known.lines :]:
        key = Key(*line["key"])
        if key.group != inventory.customer:
            raise BadInput([Problem(f"journal {run}", f"{key} is not of {inventory.customer}", "Move it away.")])
        if line["event"] == "intent":
            begun.add(key)
        elif line["event"] in ("done", "failed"):
            begun.discard(key)
            ended.add(key)
        if line["event"] == "done":
            try:
                total.done(key, line, run)
            except (TypeError, ValueError) as error:
                what = f"{key}: {error}"
                raise BadInput([Problem(f"journal {run}", what, "Move it away after reading it.")]) from None
    older = {name: replace(part, open=part.open - ended) for name, part in inventory.folded.items()}
    return replace(inventory, entries=total.entries, folded={**older, run: Folded(len(lines), frozenset(begun))})


class _Sum:
    """The entries while lines are added, with the handle under which each id is known."""

    def __init__(self, entries: Mapping[Key, Entry]) -> None:
        self.entries = dict(entries)
        self.handles = {_named(entry.key, entry.id): key for key, entry in entries.items()}

    def done(self, key: Key, line: Line, run: str) -> None:
        """Add one line that says what has been done."""
        before = self._take(key)
        id = text(line["id"]) or (before.id if before else "")
        same = before if before and _same(before.id, id) else None
        if other := self._take(self.handles.get(_named(key, id))):
            same = replace(other, secrets={})  # another handle for the same thing
        if before and not _same(before.id, id):
            self._leave_behind(before)
        if line["action"] != "delete" and id:
            self._put(_entry(key, id, line, run, same))

    def _take(self, key: Key | None) -> Entry | None:
        entry = self.entries.pop(key, None) if key else None
        if entry:
            self.handles.pop(_named(entry.key, entry.id), None)
        return entry

    def _put(self, entry: Entry) -> None:
        self.entries[entry.key] = entry
        self.handles[_named(entry.key, entry.id)] = entry.key

    def _leave_behind(self, entry: Entry) -> None:
        """Keep what we have created although its handle means something else: under a key that no manifest has."""
        if entry.origin == CREATED and entry.key.kind != "Customer":  # a tenant is never pruned
            name = entry.key.name.partition(LEFT)[0]
            keys = (entry.key._replace(name=f"{name}{LEFT}{number}") for number in itertools.count(1))
            self._put(replace(entry, key=next(key for key in keys if key not in self.entries)))


def _entry(key: Key, id: str, line: Line, run: str, before: Entry | None) -> Entry:
    origin = CREATED if line["action"] == "create" else ADOPTED
    entry = before or Entry(key, id, origin, datetime.fromisoformat(line["time"]), run)
    return replace(
        entry,
        key=key,
        id=id,
        origin=origin if origin == CREATED else entry.origin,
        customer=text(line.get("customer", entry.customer)),
        references=texts(line.get("references", entry.references)),
        protect=truth(line.get("protect", entry.protect)),
        secrets={**entry.secrets, **texts(line.get("secrets", {}))},
    )


def _named(key: Key, id: str) -> tuple[str, str]:
    return key.kind, id.casefold()


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def records(inventory: Inventory, journals: Mapping[str, Sequence[Line]]) -> dict[Key, Record]:
    """What is known of each key: the inventory, and on top of it what journals hold that is not in it, or is open.

    `journals` is in the order of the runs; those that are `settled` may be left out.
    """
    found = {key: Record(key, id=e.id, secrets=e.secrets) for key, e in inventory.entries.items()}
    for run, lines in journals.items():
        part = inventory.folded.get(run, Folded())
        for number, line in enumerate(lines):
            key = Key(*line["key"])
            if number >= part.lines or key in part.open:
                found[key] = found.get(key, Record(key)).after(line)
    return found


def refreshed(inventory: Inventory, facts: Mapping[Key, Facts]) -> Inventory:
    """The inventory with what manifests say by now, also where nothing had to be written: protection above all."""
    entries = dict(inventory.entries)
    for key in entries.keys() & facts.keys():
        f = facts[key]
        references = dict(f.references)
        entries[key] = replace(entries[key], customer=f.customer, references=references, protect=f.protect)
    return replace(inventory, entries=entries)


def text(value: Any) -> str:
    """The value, which must be a text that can be written again."""
    if not isinstance(value, str):
        raise ValueError("a text is something else")
    value.encode()  # half a character cannot be written again
    return value


def texts(value: Any) -> dict[str, str]:
    """The value, which must be a map of texts."""
    if not isinstance(value, Mapping):
        raise ValueError("an object is something else")
    return {text(name): text(inner) for name, inner in value.items()}


def truth(value: Any) -> bool:
    """The value, which must be true or false."""
    if not isinstance(value, bool):
        raise ValueError("true or false is something else")
    return value

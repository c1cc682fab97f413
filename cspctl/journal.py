"""Writes down what is about to be done before it is done: one append-only file per customer and apply.

Every line is safe in the storage before the call that it announces. No line holds a secret. What the lines add up to
(:class:`Record` per key), together with the inventory, tells the next run what may have happened and which ids we have
met, on whatever machine that run is.
"""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cspctl import inventory
from cspctl.errors import BadInput, CspctlError, Locked, Problem
from cspctl.inventory import Facts, Inventory, Line
from cspctl.inventory.document import from_bytes, to_bytes
from cspctl.record import Record
from cspctl.resource import PARTNER, Key, Operation
from cspctl.storage import Holder, Lock, Storage, Stored, folder_of

VERSION = 1
FIELDS: Mapping[str, frozenset[str]] = {
    "intent": frozenset({"action", "requestId", "digest"}),
    "operation": frozenset({"operation"}),
    "made": frozenset({"id"}),
    "done": frozenset({"action", "id"}),
    "failed": frozenset({"reason"}),
}
ACTIONS = frozenset({"create", "adopt", "update", "replace", "delete"})
NAME = re.compile(r"(?P<folder>[^/]+)/(?P<run>[^/]+)\.jsonl")
INVENTORY = "inventory.json"


@dataclass
class Journal:
    """The journals and inventories in one storage; this run's lines go to files of their own."""

    kept: Storage
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    locks: dict[str, Lock] = field(default_factory=dict)
    """The customers that this run holds: without one, nothing of that customer may be announced."""
    known: dict[str, Inventory] = field(default_factory=dict)
    """What :meth:`records` has read, by customer: the inventory with all journals added to it."""
    _kept: dict[str, Inventory] = field(default_factory=dict)
    _met: dict[str, list[str]] = field(default_factory=dict)
    _tags: dict[str, str] = field(default_factory=dict)
    """Of each file that was read, the tag that it had then."""
    _mine: dict[str, str] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    # Reading ------------------------------------------------------------------------------------------------------

    def records(self, groups: Iterable[str] | None = None) -> dict[Key, Record]:
        """What all runs have written, of all customers or of the named ones.

        Raises :class:`BadInput` naming each line, and each inventory, that cannot be trusted.
        """
        problems: list[Problem] = []
        found: dict[Key, Record] = {}
        folders = self._folders(groups)
        self._met |= {folder: list(runs) for folder, runs in folders.items()}
        for folder, runs in folders.items():
            group = PARTNER if folder == folder_of(PARTNER) else folder
            try:
                known = self._kept[group] = self.inventory(group)[0]
            except BadInput as error:
                problems += error.problems
                continue
            unsettled = {run: self._lines(name, problems) for run, name in runs.items() if run not in known.settled}
            if not problems:
                found |= inventory.records(known, unsettled)
                for run, lines in unsettled.items():
                    known = inventory.fold(known, run, lines)
                self.known[group] = known
        if problems:
            raise BadInput(problems)
        return found

    def _folders(self, groups: Iterable[str] | None) -> dict[str, dict[str, str]]:
        """Of each customer's folder, the journals: names by run, oldest first."""
        wanted = None if groups is None else {folder_of(group) for group in groups}
        folders: dict[str, dict[str, str]] = {}
        names = self.kept.names() if wanted is None else [n for f in sorted(wanted) for n in self.kept.names(f"{f}/")]
        for name in names:
            folder, _, last = name.partition("/")
            if folder and (wanted is None or folder in wanted):
                journal = NAME.fullmatch(name)
                if journal:
                    folders.setdefault(folder, {})[journal["run"]] = name
                elif last == INVENTORY:
                    folders.setdefault(folder, {})
        return {folder: dict(sorted(runs.items())) for folder, runs in folders.items()}

    def _lines(self, name: str, problems: list[Problem]) -> list[Line]:
        stored = self._read(name)
        data, where = stored.data if stored else b"", f"{self.kept.where}/{name}"
        lines: list[Line] = []
        for number, line in enumerate(data.split(b"\n")[:-1], 1):
            try:
                entry = _entry(line)
                if folder_of(Key(*entry["key"]).group) != name.partition("/")[0]:
                    raise ValueError("it is about another customer than the folder")
                lines.append(entry)
            except (ValueError, TypeError, KeyError, RecursionError) as error:
                what = f"not a journal line: {error}"
                remedy = "Move the file away after reading it; it is left as it is."
                problems.append(Problem(f"{where}:{number}", what, remedy))
        if data and not data.endswith(b"\n"):
            what = "the last line is cut off: the run that wrote it was killed while writing"
            problems.append(Problem(where, what, "Check that change by hand, then remove the unfinished line."))
        return lines

    def inventory(self, group: str) -> tuple[Inventory, str | None]:
        """A customer's inventory, and the tag under which it is kept. Raises :class:`BadInput` if it is broken."""
        name = f"{folder_of(group)}/{INVENTORY}"
        stored = self._read(name)
        if stored is None:
            return Inventory(group), None
        return from_bytes(stored.data, group, f"{self.kept.where}/{name}"), stored.etag

    def _read(self, name: str) -> Stored | None:
        stored = self.kept.read(name)
        self._tags[name] = stored.etag if stored else ""
        return stored

    # Holding ------------------------------------------------------------------------------------------------------

    def hold(self, groups: Iterable[str], now: datetime) -> dict[str, CspctlError]:
        """Hold customers until :meth:`release`; returns those that cannot be held, with the reason.

        That is another run's lock, or that another run has worked on the customer since :meth:`records` was asked.
        """
        holder, refused = Holder.here(now, self.run), dict[str, CspctlError]()
        for group in sorted(set(groups) - self.locks.keys()):
            try:
                lock = self.kept.lock(group, holder)
            except Locked as error:
                refused[group] = error
                continue
            if self._moved(group):
                lock.__exit__(None, None, None)
                refused[group] = CspctlError(f"{group}: another run has worked on it meanwhile; plan again")
            else:
                self.locks[group] = lock
        return refused

    def _moved(self, group: str) -> bool:
        """Whether anything has been written of a customer since it was read; a new line in an old journal counts."""
        folder = folder_of(group)
        runs, known = self._folders([group]).get(folder, {}), self._kept.get(group)
        if list(runs) != self._met.get(folder, []):
            return True
        read = [f"{folder}/{INVENTORY}", *(name for run, name in runs.items() if not known or run not in known.settled)]
        before = {name: self._tags.get(name, "") for name in read}
        return any((self._read(name) or Stored(b"", "")).etag != tag for name, tag in before.items())

    def stale(self, facts: Mapping[Key, Facts]) -> set[str]:
        """The customers whose inventory does not say yet what is known by now."""
        return {group for group, known in self.known.items() if inventory.refreshed(known, facts) != self._kept[group]}

    def release(self) -> None:
        """Let go of all customers."""
        while self.locks:
            self.locks.popitem()[1].__exit__(None, None, None)

    # Adding up ----------------------------------------------------------------------------------------------------

    def fold(self, group: str, facts: Mapping[Key, Facts]) -> Inventory:
        """Add all journals of a customer, whose lock is held, to its inventory; `facts` are what is known by now."""
        problems: list[Problem] = []
        before, tag = self.inventory(group)
        total = before
        for run, name in self._folders([group]).get(folder_of(group), {}).items():
            if run not in before.settled:
                total = inventory.fold(total, run, self._lines(name, problems))
        if problems:
            raise BadInput(problems)
        total = inventory.refreshed(total, facts)
        if total != before:
            self.kept.write(f"{folder_of(group)}/{INVENTORY}", to_bytes(total), tag)
        return total

    # Writing ------------------------------------------------------------------------------------------------------

    def intent(self, key: Key, action: str, digest: str, now: datetime, grave: bool = False) -> str:
        """Announce a change; returns the request id under which its writes go out.

        Raises :class:`LockLost` if the customer may be another run's by now; of what is `grave` (a purchase, a
        deletion) the storage itself is asked.
        """
        if (lock := self.locks.get(key.group)) and (grave or lock.lost()):
            lock.check()
        request_id = str(uuid.uuid4())
        self._write(key, now, event="intent", action=action, digest=digest, requestId=request_id)
        return request_id

    def operation(self, key: Key, operation: Operation, now: datetime) -> None:
        """Note what has been begun, before it is looked at for the first time."""
        self._write(key, now, event="operation", operation=operation.as_json())

    def made(self, key: Key, id: str, now: datetime) -> None:
        """Note the id that a create has returned, before it is looked for."""
        self._write(key, now, event="made", id=id)

    def done(
        self,
        key: Key,
        action: str,
        id: str,
        now: datetime,
        secrets: Mapping[str, str] | None = None,
        facts: Facts | None = None,
    ) -> None:
        """Note that a change is done: the id it has to do with, the labels of its secrets, what pruning must know."""
        more: dict[str, Any] = {"secrets": dict(secrets)} if secrets else {}
        if facts:
            more |= {"customer": facts.customer, "references": dict(facts.references), "protect": facts.protect}
        self._write(key, now, event="done", action=action, id=id, **more)

    def failed(self, key: Key, reason: str, now: datetime) -> None:
        """Note that a change has definitely not happened (or not wholly), and why."""
        self._write(key, now, event="failed", reason=reason)

    def _write(self, key: Key, now: datetime, **entry: Any) -> None:
        line = {"v": VERSION, "time": now.isoformat(), "run": self.run, "key": list(key), **entry}
        with self._guard:
            name = self._mine.setdefault(key.group, f"{folder_of(key.group)}/{now:%Y%m%dT%H%M%S%f}-{self.run}.jsonl")
            self.kept.append(name, json.dumps(line, ensure_ascii=False).encode() + b"\n")


def _entry(line: bytes) -> dict[str, Any]:
    entry = json.loads(line, object_pairs_hook=_object)
    json.dumps(entry, ensure_ascii=False).encode()  # half a character cannot be written again
    if not isinstance(entry, dict) or entry.get("v") != VERSION:
        raise ValueError("another version or another program wrote it")
    wanted = FIELDS.get(str(entry.get("event", "")))
    if wanted is None or not wanted <= entry.keys():
        raise ValueError(f"unknown event or missing fields: {entry.get('event')}")
    if "action" in wanted and entry["action"] not in ACTIONS:
        raise ValueError(f"unknown action: {entry['action']}")
    operation = entry.get("operation")
    texts = [*entry["key"], *(entry[name] for name in wanted - {"operation"})]
    if operation is not None:
        texts += [operation[name] for name in ("url", "customer", "step", "result")]
    for name in ("secrets", "references"):
        labels = entry.get(name, {})
        texts += [*labels, *labels.values()] if isinstance(labels, dict) else [labels]
    if not isinstance(entry["key"], list) or not all(isinstance(text, str) for text in texts):
        raise ValueError("a field of the wrong type")
    if datetime.fromisoformat(entry["time"]).tzinfo is None:
        raise ValueError("a time without its zone")
    if "requestId" in wanted:
        uuid.UUID(entry["requestId"])
    Record(Key(*entry["key"])).after(entry)  # what cannot be added up is no line of ours
    return entry


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name twice in one object")
    return dict(pairs)

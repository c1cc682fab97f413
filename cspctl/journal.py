"""Writes down what is about to be done before it is done: one append-only file per customer and apply.

Every line is on the disk before the call that it announces. No line holds a secret. What the lines add up to
(:class:`Record` per key) tells the next run what may have happened and which ids we have met.
"""

from __future__ import annotations

import errno
import json
import os
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cspctl.errors import BadInput, CspctlError, Problem
from cspctl.record import Record
from cspctl.resource import Key, Operation
from cspctl.sink import sync_folder

VERSION = 1
FIELDS: Mapping[str, frozenset[str]] = {
    "intent": frozenset({"action", "requestId", "digest"}),
    "operation": frozenset({"operation"}),
    "made": frozenset({"id"}),
    "done": frozenset({"action", "id"}),
    "failed": frozenset({"reason"}),
}


@dataclass
class Journal:
    """The journal of one working folder; this run's lines go to files of their own."""

    folder: Path
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def records(self) -> dict[Key, Record]:
        """What all runs have written. Raises :class:`BadInput` naming each line that cannot be trusted."""
        records: dict[Key, Record] = {}
        problems: list[Problem] = []
        for path in sorted((p for p in self.folder.glob("*/*.jsonl") if p.is_file()), key=lambda p: p.name):
            for number, line in enumerate(path.read_bytes().split(b"\n")[:-1] if path.stat().st_size else (), 1):
                try:
                    entry = _entry(line)
                    key = Key(*entry["key"])
                    records[key] = records.get(key, Record(key)).after(entry)
                except (ValueError, TypeError, KeyError, RecursionError) as error:
                    what = f"not a journal line: {error}"
                    problems.append(
                        Problem(
                            f"{path}:{number}",
                            what,
                            "Move the file away after reading it; it is left as it is.",
                        )
                    )
            if path.stat().st_size and not path.read_bytes().endswith(b"\n"):
                what = "the last line is cut off: the run that wrote it was killed while writing"
                problems.append(Problem(str(path), what, "Check that change by hand, then remove the unfinished line."))
        if problems:
            raise BadInput(problems)
        return records

    def intent(self, key: Key, action: str, digest: str, now: datetime, request_id: str = "") -> str:
        """Announce a change; returns the request id under which its writes go out."""
        request_id = request_id or str(uuid.uuid4())
        self._write(key, now, event="intent", action=action, digest=digest, requestId=request_id)
        return request_id

    def operation(self, key: Key, operation: Operation, now: datetime) -> None:
        """Note what has been begun, before it is looked at for the first time."""
        self._write(key, now, event="operation", operation=operation.as_json())

    def made(self, key: Key, id: str, now: datetime) -> None:
        """Note the id that a create has returned, before it is looked for."""
        self._write(key, now, event="made", id=id)

    def done(self, key: Key, action: str, id: str, now: datetime, secrets: Mapping[str, str] | None = None) -> None:
        """Note that a change is done, the id it has to do with, and the version labels of the secrets it has sent."""
        more = {"secrets": dict(secrets)} if secrets else {}
        self._write(key, now, event="done", action=action, id=id, **more)

    def failed(self, key: Key, reason: str, now: datetime) -> None:
        """Note that a change has definitely not happened (or not wholly), and why."""
        self._write(key, now, event="failed", reason=reason)

    def _write(self, key: Key, now: datetime, **entry: Any) -> None:
        line = {"v": VERSION, "time": now.isoformat(), "run": self.run, "key": list(key), **entry}
        data = json.dumps(line, ensure_ascii=False).encode() + b"\n"
        with self._guard:
            try:
                _append(self._file(key, now), data)
            except OSError as error:
                raise CspctlError(f"the journal in {self.folder} cannot be written: {error.strerror}") from None

    def _file(self, key: Key, now: datetime) -> Path:
        folder = self.folder / (key.group if key.group != "-" else "partner")
        mine = next(folder.glob(f"*-{self.run}.jsonl"), None)
        return mine or folder / f"{now:%Y%m%dT%H%M%S%f}-{self.run}.jsonl"


def _append(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        if os.write(handle, data) != len(data):
            raise OSError(errno.ENOSPC, "only a part of a line could be written")
        os.fsync(handle)
    finally:
        os.close(handle)
    if new:
        sync_folder(path.parent)


def _entry(line: bytes) -> dict[str, Any]:
    entry = json.loads(line)
    if not isinstance(entry, dict) or entry.get("v") != VERSION:
        raise ValueError("another version or another program wrote it")
    wanted = FIELDS.get(str(entry.get("event", "")))
    if wanted is None or not wanted <= entry.keys():
        raise ValueError(f"unknown event or missing fields: {entry.get('event')}")
    operation = entry.get("operation")
    texts = [*entry["key"], *(entry[name] for name in wanted - {"operation"})]
    if operation is not None:
        texts += [operation[name] for name in ("url", "customer", "step", "result")]
    secrets = entry.get("secrets", {})
    texts += [*secrets, *secrets.values()] if isinstance(secrets, dict) else [secrets]
    if not isinstance(entry["key"], list) or not all(isinstance(text, str) for text in texts):
        raise ValueError("a field of the wrong type")
    if datetime.fromisoformat(entry["time"]).tzinfo is None:
        raise ValueError("a time without its zone")
    if "requestId" in wanted:
        uuid.UUID(entry["requestId"])
    return entry

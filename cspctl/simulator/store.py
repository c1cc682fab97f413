"""Keeps the simulator's whole state in one SQLite file; the only place that speaks SQL."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Document = dict[str, Any]

# Sorts after every character that an id can hold, so that [prefix, prefix + LAST) is "starts with prefix".
LAST = "\U0010ffff"

SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
  collection TEXT NOT NULL,
  id TEXT NOT NULL COLLATE NOCASE,
  body TEXT NOT NULL,
  PRIMARY KEY (collection, id)
) WITHOUT ROWID
"""


# Rises when documents of an earlier version would be misunderstood.
VERSION = 2


class OutdatedState(Exception):
    """The file holds the state of a simulator of another version."""


class Transaction:
    """One atomic look at, and change of, the documents.

    `effects` collects in words what the request brought about ("customer created <id>"); it ends up in the
    ledger.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Work on a connection on which `BEGIN IMMEDIATE` has been executed."""
        self._connection = connection
        self.effects: list[str] = []

    def get(self, collection: str, id: str) -> Document | None:
        """Return the document or None; ids compare without case."""
        row = self._connection.execute(
            "SELECT body FROM documents WHERE collection = ? AND id = ?", (collection, id)
        ).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, collection: str, id: str, body: Document) -> None:
        """Write the document, replacing an earlier one; the first spelling of the id stays."""
        self._connection.execute(
            "INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT (collection, id) DO UPDATE SET body = excluded.body",
            (collection, id, json.dumps(body)),
        )

    def delete(self, collection: str, id: str) -> None:
        """Remove the document if it is there."""
        self._connection.execute("DELETE FROM documents WHERE collection = ? AND id = ?", (collection, id))

    def all(self, collection: str, prefix: str = "") -> list[Document]:
        """Return the documents whose id starts with prefix (case ignored), by order of id."""
        rows = self._connection.execute(
            "SELECT body FROM documents WHERE collection = ? AND id >= ? AND id < ? ORDER BY id",
            (collection, prefix, prefix + LAST),
        )
        return [json.loads(body) for (body,) in rows]

    def next(self, name: str) -> int:
        """Return 1, 2, 3 … for each name."""
        number = int((self.get("counters", name) or {"value": 0})["value"]) + 1
        self.put("counters", name, {"value": number})
        return number

    def clear(self, keep: frozenset[str]) -> None:
        """Delete every collection except those named in keep."""
        collections = self._connection.execute("SELECT DISTINCT collection FROM documents").fetchall()
        for (collection,) in collections:
            if collection not in keep:
                self._connection.execute("DELETE FROM documents WHERE collection = ?", (collection,))

    @contextmanager
    def undone_on_error(self) -> Iterator[None]:
        """Take back what the block wrote if it raises, and nothing else."""
        self._connection.execute("SAVEPOINT block")
        before = len(self.effects)
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK TO block")
            self._connection.execute("RELEASE block")
            del self.effects[before:]
            raise
        self._connection.execute("RELEASE block")


class Store:
    """The documents in one file; safe from many threads and from several processes on the same file."""

    def __init__(self, path: Path) -> None:
        """Open or create the file."""
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        # The simulator may lose its last moments when the machine crashes; it must not when a process does.
        self._connection.execute("PRAGMA synchronous = OFF")
        self._check_version(path)
        self._connection.execute(SCHEMA)

    def _check_version(self, path: Path) -> None:
        (found,) = self._connection.execute("PRAGMA user_version").fetchone()
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and found != VERSION:
            self._connection.close()
            raise OutdatedState(f"{path} was written by another version of the simulator")
        self._connection.execute(f"PRAGMA user_version = {VERSION}")

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Give a transaction of its own: committed at the end of the block, rolled back if the block raises.

        `BEGIN IMMEDIATE` takes the write lock at once: with a plain `BEGIN` two readers that both go on to
        write lose one of the two writes.
        """
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield Transaction(self._connection)
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

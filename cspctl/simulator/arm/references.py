"""Remembers which resource refers to which; the only place that answers "who uses this?"."""

from __future__ import annotations

from typing import Any

from cspctl.simulator.arm import records
from cspctl.simulator.store import Document, Transaction

COLLECTION = "armReferences"


def update(tx: Transaction, old: Document | None, new: Document | None) -> None:
    """Write down what a resource refers to now, in place of what it referred to before."""
    for source, field, target in records.references(old) if old else ():
        tx.delete(COLLECTION, _key(str(target), source, field))
    for source, field, target in records.references(new) if new else ():
        owner = str(new["id"]) if new else ""
        row = {"target": str(target), "source": source, "owner": owner, "field": field}
        tx.put(COLLECTION, _key(str(target), source, field), row)


def to(tx: Transaction, target: str) -> list[dict[str, Any]]:
    """Return who refers to exactly this id, as rows of source, owner and field."""
    return tx.all(COLLECTION, f"{target}|")


def below(tx: Transaction, target: str) -> list[dict[str, Any]]:
    """Return who refers to something under this id, such as a subnet of this network."""
    return tx.all(COLLECTION, f"{target}/")


def _key(target: str, source: str, field: str) -> str:
    return f"{target}|{source}|{field}"

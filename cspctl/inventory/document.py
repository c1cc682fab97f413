"""Writes an inventory as one JSON document, and reads one strictly: wholly to be trusted, or not used."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from cspctl.errors import BadInput, Problem
from cspctl.inventory import ADOPTED, CREATED, Entry, Folded, Inventory, text, texts, truth
from cspctl.resource import PARTNER, Key

FORMAT, VERSION = "cspctl inventory", 1


def to_bytes(inventory: Inventory) -> bytes:
    """The document, the same bytes for the same inventory."""
    entries = [
        {**vars(e), "key": list(e.key), "made": e.made.isoformat()} for _, e in sorted(inventory.entries.items())
    ]
    folded = [
        {"run": run, "lines": part.lines, "open": sorted(map(list, part.open))}
        for run, part in sorted(inventory.folded.items())
    ]
    document = {"format": FORMAT, "version": VERSION, "customer": inventory.customer, "entries": entries}
    return json.dumps({**document, "folded": folded}, indent=1, sort_keys=True).encode() + b"\n"


def from_bytes(data: bytes, customer: str, where: str) -> Inventory:
    """The inventory that a document holds. Raises :class:`BadInput` for one that cannot be trusted wholly."""
    try:
        return _inventory(json.loads(data, object_pairs_hook=_object), customer)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        reason = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        what = f"not an inventory to rely on: {reason}"
        remedy = "It is left as it is. Restore it from a backup; or move it away: then nothing can be pruned any more."
        raise BadInput([Problem(where, what, remedy, "" if customer == PARTNER else customer)]) from None


def _inventory(document: Any, customer: str) -> Inventory:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError("another program wrote it")
    if document.get("version") != VERSION or isinstance(document["version"], bool):
        raise ValueError(f"it has version {document.get('version')!r}; this cspctl reads version {VERSION}")
    if document["customer"] != customer:
        raise ValueError(f"it is the inventory of {document['customer']!r}, not of {customer!r}")
    _only(document, "format version customer entries folded")
    entries = [_entry(entry, customer) for entry in _list(document["entries"])]
    folded = [_folded(part) for part in _list(document["folded"])]
    keys, runs = {e.key: e for e in entries}, dict(folded)
    if len(keys) < len(entries) or len(runs) < len(folded):
        raise ValueError("a key or a run stands there twice")
    return Inventory(customer, keys, runs)


def _entry(value: Any, customer: str) -> Entry:
    _only(value, "key id origin made run customer references protect secrets")
    key = _key(value["key"])
    if key.group != customer:
        raise ValueError(f"{key} does not belong to {customer}")
    origin, made = value["origin"], datetime.fromisoformat(text(value["made"]))
    if origin not in (CREATED, ADOPTED) or made.tzinfo is None or not text(value["id"]):
        raise ValueError(f"{key}: an unknown origin, a time without its zone, or no id")
    entry = Entry(key, value["id"], origin, made, text(value["run"]), text(value["customer"]))
    references, secrets = texts(value["references"]), texts(value["secrets"])
    return replace(entry, references=references, protect=truth(value["protect"]), secrets=secrets)


def _folded(value: Any) -> tuple[str, Folded]:
    _only(value, "run lines open")
    lines = value["lines"]
    if not isinstance(lines, int) or isinstance(lines, bool) or lines < 0:
        raise ValueError("lines must be a number")
    return text(value["run"]), Folded(lines, frozenset(map(_key, _list(value["open"]))))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name stands twice in an object")
    return dict(pairs)


def _only(value: Any, names: str) -> None:
    if not isinstance(value, dict) or value.keys() != set(names.split()):
        raise ValueError(f"an object must have exactly: {names}")


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("a list is something else")
    return value


def _key(value: Any) -> Key:
    customer, kind, name = map(text, _list(value))
    return Key(customer, kind, name)

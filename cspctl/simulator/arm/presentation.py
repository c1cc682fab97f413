"""Turns stored resources into what the api-version of a request answers; the only place that does."""

from __future__ import annotations

import copy
from typing import Any

from cspctl.simulator.arm import behaviours, provider_types, records
from cspctl.simulator.store import Document, Transaction
from cspctl.simulator.wire import Request


def presented(tx: Transaction, document: Document, version: str, part: Document | None) -> dict[str, Any]:
    """Return a resource, or a part of it, as the api-version answers it."""
    body = copy.deepcopy({key: value for key, value in document.items() if key != "_"})
    namespace, _, name = document["type"].partition("/")
    behaviour = behaviours.of(provider_types.resource_type(namespace, name, version))
    if behaviour.present is not None:
        behaviour.present(tx, body, version)
    if part is None:
        return body
    return next(item for _, item in records.parts(body) if item["id"].lower() == part["id"].lower())


def shown_at(request: Request, target: str, part: str) -> dict[str, Any] | None:
    """Return the resource, or the part of it, that an operation was about; None if it is gone."""
    document = records.find(request.tx, target)
    if document is None:
        return None
    list_name, _, name = part.partition("/")
    item = records.part(document, list_name, name) if part else None
    return presented(request.tx, document, request.query.get("api-version"), item)

"""Answers for tags as a thing of their own: those of one scope, and the names used in a subscription.

https://learn.microsoft.com/rest/api/resources/tags
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cspctl.simulator.arm import addressing, paging, records, resource_groups, subscriptions, tags
from cspctl.simulator.arm.errors import invalid_content, refuse
from cspctl.simulator.arm.service import gateway
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Handler, Request, Response

TYPE = "Microsoft.Resources/tags"
NAMES = "armTagNames"  # names that were made beforehand, whether anything has them or not

_SUBSCRIPTION = "/subscriptions/<subscription>"
_GROUP = f"{_SUBSCRIPTION}/resourceGroups/<group>"
_RESOURCE = f"{_GROUP}/providers/<namespace>/<path:rest>"
_TAGS = "providers/Microsoft.Resources/tags/default"


@dataclass(frozen=True)
class _Tagged:
    """What has tags: its id, the tags, and how to write others."""

    id: str
    tags: dict[str, str]
    save: Callable[[dict[str, str]], None]


def _everywhere(method: str) -> Callable[[Handler], Handler]:
    """Declare the function as the answer for a subscription, a group and a resource alike."""

    def declare(function: Handler) -> Handler:
        for scope in (_SUBSCRIPTION, _GROUP, _RESOURCE):
            gateway(method, f"{scope}/{_TAGS}", TYPE)(function)
        return function

    return declare


def _scope(request: Request, subscription: str, group: str, namespace: str, rest: str) -> _Tagged:
    tx = request.tx
    if rest:
        return _resource(request, subscription, group, namespace, rest)
    if group:
        document = resource_groups.require(tx, subscription, group, for_write=request.method != "GET")
        key = f"{subscription}/{group}"
        return _of(document, lambda: tx.put(resource_groups.COLLECTION, key, document))
    found = subscriptions.find(tx, request.now, subscription)
    if found is None:
        raise LookupError(subscription)
    id = str(found["id"])
    return _Tagged(f"/subscriptions/{id}", found["tags"], lambda new: subscriptions.change(tx, id, tags=new))


def _resource(request: Request, subscription: str, group: str, namespace: str, rest: str) -> _Tagged:
    # The api-version is that of the tags, whatever the resource's own type has.
    target = addressing.addressed(request, subscription, group, namespace, rest, any_version=True)
    document = addressing.required(request, target)
    if target.part is not None or not target.type.is_tracked:
        text = f"The resource type '{target.type.full_name}' does not support tags."
        raise refuse(400, "ResourceTypeDoesNotSupportTags", text)
    return _of(document, lambda: records.save(request.tx, document))


def _of(document: Document, save: Callable[[], None]) -> _Tagged:
    def write(new: dict[str, str]) -> None:
        document["tags"] = new
        save()

    return _Tagged(str(document["id"]), document.get("tags") or {}, write)


def _shown(tagged: _Tagged, mine: dict[str, str]) -> Response:
    body = {"id": f"{tagged.id}/{_TAGS}", "name": "default", "type": TYPE, "properties": {"tags": mine}}
    return Response(200, body)


@_everywhere("GET")
def get_tags(request: Request, subscription: str, group: str = "", namespace: str = "", rest: str = "") -> Response:
    """Answer the tags of the scope."""
    tagged = _scope(request, subscription, group, namespace, rest)
    return _shown(tagged, tagged.tags)


@_everywhere("PUT")
def put_tags(request: Request, subscription: str, group: str = "", namespace: str = "", rest: str = "") -> Response:
    """Replace all tags of the scope."""
    tagged = _scope(request, subscription, group, namespace, rest)
    return _written(request, tagged, _sent(request))


@_everywhere("PATCH")
def patch_tags(request: Request, subscription: str, group: str = "", namespace: str = "", rest: str = "") -> Response:
    """Merge tags into those of the scope, replace them, or delete some: a tag goes if its value fits as well."""
    tagged, sent = _scope(request, subscription, group, namespace, rest), _sent(request)
    operation = str(request.body.get("operation", "")).lower()
    mine = {name.lower(): name for name in tagged.tags}
    if operation == "replace":
        return _written(request, tagged, sent)
    if operation == "merge":
        merged = {**tagged.tags, **{mine.get(name.lower(), name): value for name, value in sent.items()}}
        return _written(request, tagged, merged)
    if operation == "delete":
        gone = {(name.lower(), value) for name, value in sent.items()}
        left = {name: value for name, value in tagged.tags.items() if (name.lower(), value) not in gone}
        return _written(request, tagged, left)
    raise invalid_content("The operation must be one of 'Replace', 'Merge' and 'Delete'.")


@_everywhere("DELETE")
def delete_tags(request: Request, subscription: str, group: str = "", namespace: str = "", rest: str = "") -> Response:
    """Remove all tags of the scope."""
    tagged = _scope(request, subscription, group, namespace, rest)
    _written(request, tagged, {})
    return Response(200)


def _sent(request: Request) -> dict[str, str]:
    properties = request.body.get("properties") if isinstance(request.body, dict) else None
    if not isinstance(properties, dict) or not isinstance(properties.get("tags"), dict):
        raise invalid_content("The request content is not valid: 'properties.tags' is required.")
    return tags.checked(properties["tags"])


def _written(request: Request, tagged: _Tagged, new: dict[str, str]) -> Response:
    new = tags.checked(new)
    tagged.save(new)
    request.tx.effects.append(f"tags changed {tagged.id}")
    return _shown(tagged, new)


# Names in a subscription ---------------------------------------------------------------------------------


@gateway("GET", f"{_SUBSCRIPTION}/tagNames", TYPE)
def list_names(request: Request, subscription: str) -> Response:
    """List the names and values in use or made beforehand, with how often they are used."""
    spelt = subscriptions.spelt(request.tx, subscription)
    groups = request.tx.all(resource_groups.COLLECTION, f"{spelt}/")
    used: dict[str, Counter[str]] = {}
    for document in [*groups, *records.in_subscription(request.tx, spelt)]:
        for name, value in (document.get("tags") or {}).items():
            used.setdefault(name, Counter())[value] += 1
    for made in request.tx.all(NAMES, f"{spelt}/"):
        counter = used.setdefault(made["name"], Counter())
        counter.update(dict.fromkeys(made["values"], 0))
    return paging.page(request, [_name(spelt, name, values) for name, values in sorted(used.items())])


def _name(subscription: str, name: str, values: Counter[str]) -> dict[str, Any]:
    id = f"/subscriptions/{subscription}/tagNames/{name}"
    listed = [
        {"id": f"{id}/tagValues/{value}", "tagValue": value, "count": _count(count)} for value, count in values.items()
    ]
    return {"id": id, "tagName": name, "count": _count(sum(values.values())), "values": listed}


def _count(number: int) -> dict[str, Any]:
    return {"type": "Total", "value": number}


@gateway("PUT", f"{_SUBSCRIPTION}/tagNames/<name>", TYPE)
def put_name(request: Request, subscription: str, name: str) -> Response:
    """Make a name beforehand."""
    spelt = subscriptions.spelt(request.tx, subscription)
    tags.checked({name: ""})
    old = request.tx.get(NAMES, f"{spelt}/{name}")
    document = old or {"name": name, "values": []}
    request.tx.put(NAMES, f"{spelt}/{name}", document)
    body = _name(spelt, document["name"], Counter(dict.fromkeys(document["values"], 0)))
    return Response(200 if old else 201, body)


@gateway("PUT", f"{_SUBSCRIPTION}/tagNames/<name>/tagValues/<value>", TYPE)
def put_value(request: Request, subscription: str, name: str, value: str) -> Response:
    """Make a value of a name beforehand."""
    spelt = subscriptions.spelt(request.tx, subscription)
    document = request.tx.get(NAMES, f"{spelt}/{name}")
    if document is None:
        raise refuse(404, "TagNameNotFound", f"The tag name '{name}' could not be found.")
    new = value not in document["values"]
    document["values"] = [*document["values"], value] if new else document["values"]
    request.tx.put(NAMES, f"{spelt}/{name}", document)
    id = f"/subscriptions/{spelt}/tagNames/{document['name']}/tagValues/{value}"
    return Response(201 if new else 200, {"id": id, "tagValue": value, "count": _count(0)})


@gateway("DELETE", f"{_SUBSCRIPTION}/tagNames/<name>", TYPE)
def delete_name(request: Request, subscription: str, name: str) -> Response:
    """Forget a name that was made beforehand; 204 when there is none."""
    key = f"{subscriptions.spelt(request.tx, subscription)}/{name}"
    there = request.tx.get(NAMES, key) is not None
    request.tx.delete(NAMES, key)
    return Response(200 if there else 204)


@gateway("DELETE", f"{_SUBSCRIPTION}/tagNames/<name>/tagValues/<value>", TYPE)
def delete_value(request: Request, subscription: str, name: str, value: str) -> Response:
    """Forget a value that was made beforehand; 204 when there is none."""
    key = f"{subscriptions.spelt(request.tx, subscription)}/{name}"
    document = request.tx.get(NAMES, key)
    if document is None or value not in document["values"]:
        return Response(204)
    document["values"].remove(value)
    request.tx.put(NAMES, key, document)
    return Response(200)

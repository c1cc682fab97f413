"""What the inventory is told of something that exists: whose it is, what it refers to, whether it may be pruned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cspctl import refs
from cspctl.inventory import Facts
from cspctl.resource import Key, Live, Resource
from cspctl.seen import Seen


def facts_of(resource: Resource, live: Live[Resource], seen: Seen) -> Facts:
    """The facts of one resource; references to what no manifest describes need not be remembered."""
    keys = {key for ref in refs.refs_of(resource) for key in ref.keys}
    states = {key: seen.states.get(key) for key in keys}
    references = {str(key): state.id for key, state in states.items() if isinstance(state, Live)}
    protect = resource.meta.protect
    if protect is None:
        protect = type(resource).protected or bool(type(resource).protection(live))
    return Facts(live.customer, references, protect)


def facts(resources: Iterable[Resource], seen: Seen) -> Mapping[Key, Facts]:
    """The facts of all that manifests describe and that exists."""
    states = ((resource, seen.states.get(resource.key)) for resource in resources)
    return {
        resource.key: facts_of(resource, state, seen)
        for resource, state in states
        if isinstance(state, Live) and not state.gone and not resource.meta.absent
    }

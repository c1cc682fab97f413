"""The order in which resources can exist: parents first, and cycles named."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Set
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def ordered(needs: Mapping[Node, Set[Node]]) -> list[Node]:
    """Every node after all that it needs; among equals in the order of the mapping.

    Raises :class:`graphlib.CycleError`, whose second argument is the cycle.
    """
    return [node for level in levels(needs) for node in level]


def levels(needs: Mapping[Node, Set[Node]]) -> list[list[Node]]:
    """The nodes in levels: each needs only nodes of earlier levels. Needs that are no nodes are passed over."""
    place = {node: number for number, node in enumerate(needs)}
    sorter = TopologicalSorter({n: [m for m in wanted if m in place] for n, wanted in needs.items()})
    sorter.prepare()
    result = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=place.__getitem__)
        sorter.done(*ready)
        result.append(ready)
    return result


def cycle(error: CycleError) -> list[object]:
    """The nodes of the cycle that an error speaks of, the first one again at the end."""
    return list(reversed(error.args[1]))


def closure(start: Iterable[Node], needs: Mapping[Node, Set[Node]]) -> set[Node]:
    """The given nodes and all that they need, directly or not."""
    found: set[Node] = set()
    todo = list(start)
    while todo:
        node = todo.pop()
        if node not in found:
            found.add(node)
            todo.extend(needs.get(node, ()))
    return found

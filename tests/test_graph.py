"""Order: everything after what it needs, for random graphs; cycles named; what is needed found."""

from __future__ import annotations

import itertools
from graphlib import CycleError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cspctl.graph import closure, cycle, levels, ordered

Graph = dict[int, set[int]]


def acyclic() -> st.SearchStrategy[Graph]:
    """Graphs in which a node needs only smaller ones, in any order of insertion."""
    needs = st.dictionaries(st.integers(0, 12), st.sets(st.integers(-3, 12)), max_size=12)
    graphs = needs.map(lambda graph: {node: {m for m in wanted if m < node} for node, wanted in graph.items()})
    return st.tuples(graphs, st.randoms(use_true_random=False)).map(lambda pair: shuffled(*pair))


def shuffled(graph: Graph, random: object) -> Graph:
    nodes = list(graph)
    random.shuffle(nodes)  # type: ignore[attr-defined]
    return {node: graph[node] for node in nodes}


@given(acyclic())
def test_every_node_comes_once_and_after_all_that_it_needs(graph: Graph) -> None:
    order = ordered(graph)
    assert sorted(order) == sorted(graph)
    place = {node: number for number, node in enumerate(order)}
    assert all(place[other] < place[node] for node in graph for other in graph[node] if other in graph)


@given(acyclic())
def test_a_level_needs_only_earlier_levels_and_comes_as_early_as_it_can(graph: Graph) -> None:
    depth = {node: number for number, level in enumerate(levels(graph)) for node in level}
    for node, needs in graph.items():
        assert depth[node] == max((depth[other] + 1 for other in needs if other in graph), default=0)


@given(acyclic())
def test_among_equals_the_given_order_is_kept(graph: Graph) -> None:
    place = {node: number for number, node in enumerate(graph)}
    for level in levels(graph):
        assert level == sorted(level, key=place.__getitem__)


@given(acyclic(), st.sets(st.integers(0, 12)))
def test_the_closure_holds_what_is_needed_and_nothing_else(graph: Graph, start: set[int]) -> None:
    found = closure(start, graph)
    assert start <= found
    assert all(graph.get(node, set()) <= found for node in found)
    for node in found - start:
        assert any(node in graph.get(other, ()) for other in found)


@given(st.integers(1, 6), acyclic())
def test_a_circle_is_named_from_a_node_back_to_itself(length: int, graph: Graph) -> None:
    circle = [100 + number for number in range(length)]
    needs = {**graph, **{node: {circle[(i + 1) % length]} for i, node in enumerate(circle)}}
    with pytest.raises(CycleError) as caught:
        ordered(needs)
    named = cycle(caught.value)
    assert named[0] == named[-1]
    assert set(named) == set(circle)
    assert all(after in needs[before] for before, after in itertools.pairwise(named))  # type: ignore[index]

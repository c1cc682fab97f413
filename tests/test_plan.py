"""The planner: values in, values out. Laws for random graphs, then each rule by an example of its own."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cspctl.changes import Adopt, Create, Delete, Plan, Replace, Update, unexpected
from cspctl.errors import Refused
from cspctl.fields import RefTo
from cspctl.manifest import selected
from cspctl.plan import plan
from cspctl.record import Record
from cspctl.resource import Live, Operation, Scope, Waiting
from cspctl.seen import Seen, State, Unread
from tests.planning import NOW, Monument, Node, Treasure, as_wanted, id_of, key, live, node, seen


def known(*nodes: Node) -> dict[Any, Record]:
    return {one.key: Record(one.key, id=id_of(one.meta.name)) for one in nodes}


def made(*nodes: Node, ours: bool = True, records: Any = None, **states: State) -> Plan:
    """The plan for the nodes; those that are ours are in the journal."""
    journal = records if records is not None else known(*nodes) if ours else {}
    return plan(nodes, seen(nodes, states), journal)


def actions(planned: Plan) -> list[tuple[str, str]]:
    return [(change.action, change.desired.meta.name) for change in planned.changes]


def fields(planned: Plan) -> list[tuple[str, Any, Any]]:
    (change,) = planned.changes
    return [(field.path, field.before, field.after) for field in change.compared.changes]


# ---- laws

World = tuple[list[Node], dict[str, State]]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Some nodes that refer to earlier ones, in any order, and what is known of each of them."""
    nodes: list[Node] = []
    states: dict[str, State] = {}
    count = draw(st.integers(1, 7))
    for number in range(count):
        earlier = [one.meta.name for one in nodes]
        absent = draw(st.booleans()) if number % 3 == 2 else False
        usable = [n for n in earlier if absent or not next(o for o in nodes if o.meta.name == n).meta.absent]
        friends = draw(st.lists(st.sampled_from(usable), unique=True, max_size=2)) if usable else []
        parent = draw(st.sampled_from([None, *usable]))
        spec: dict[str, Any] = {"size": 2, "friends": friends, **({"parent": parent} if parent else {})}
        one = node(f"n{number}", meta={"absent": True} if absent else {}, **spec)
        nodes.append(one)
        states[one.meta.name] = draw(st.sampled_from(possible(one, parent, states)))
    order = draw(st.permutations(nodes))
    return list(order), states


def possible(one: Node, parent: str | None, states: dict[str, State]) -> list[State]:
    """What observing can have said, given what it said of the parent."""
    if parent:
        above = states[parent]
        if above is None:
            return [None]
        if isinstance(above, Unread):
            return [Unread("the parent could not be read")]
        if isinstance(above, Waiting):
            return [Waiting("the parent waits")]
    differs = live(one, **{**as_wanted(one).resource.document(), "size": 3})
    return [None, as_wanted(one), differs, Unread("403"), Waiting("accept", "https://admin.microsoft.com")]


def planned_of(world: World) -> Plan:
    nodes, states = world
    return plan(nodes, seen(nodes, states), known(*nodes))


@given(worlds())
def test_everything_comes_after_what_it_needs_and_deletions_the_other_way_round(world: World) -> None:
    planned = planned_of(world)
    place = {change.desired.key: number for number, change in enumerate(planned.changes)}
    for change in planned.changes:
        for other in planned.needs[change.desired.key] & place.keys():
            needed = planned.changes[place[other]]
            if isinstance(change, Delete) == isinstance(needed, Delete):
                assert (place[other] > place[change.desired.key]) == isinstance(change, Delete)


@given(worlds())
def test_what_is_unread_or_waits_is_not_planned_nor_anything_that_refers_to_it(world: World) -> None:
    nodes, states = world
    planned = planned_of(world)
    stuck = {name for name, state in states.items() if isinstance(state, Unread | Waiting)}
    for one in sorted(nodes, key=lambda one: one.meta.name):
        needs = {other.name for other in planned.needs[one.key]}
        if needs & stuck:
            stuck.add(one.meta.name)
    assert not {change.desired.meta.name for change in planned.changes} & stuck
    notes = {note.about for note in planned.notes if note.kind in ("unknown", "waiting")}
    gone = {str(one.key) for one in nodes if one.meta.absent and states[one.meta.name] is None}
    assert notes - gone == {str(key(name)) for name in stuck} - gone


@given(worlds())
def test_each_other_node_gets_exactly_the_change_that_its_state_calls_for(world: World) -> None:
    nodes, states = world
    planned = planned_of(world)
    hindered = {note.about for note in planned.notes if note.kind in ("unknown", "waiting")}
    found = {change.desired.key: change.action for change in planned.changes}
    for one in nodes:
        if str(one.key) in hindered:
            continue
        state = states[one.meta.name]
        if one.meta.absent:
            expected = "delete" if isinstance(state, Live) else None
        elif state is None:
            expected = "create"
        else:
            assert isinstance(state, Live)
            expected = "update" if differs(one, state, states) else None
        assert found.get(one.key) == expected, one.key


def differs(one: Node, state: Live[Any], states: dict[str, State]) -> bool:
    unknown = any(states[friend] is None for friend in one.friends or ())
    return unknown or state.resource.document()["size"] != one.size


@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_files_and_the_time_of_looking_are_not_in_the_digests(world: World, random: Any) -> None:
    nodes, states = world
    shuffled = list(nodes)
    random.shuffle(shuffled)
    later = seen(shuffled, states)
    later.at += timedelta(days=3)
    one, two = planned_of(world), plan(shuffled, later, known(*nodes))
    assert one.digest == two.digest
    assert one.digests() == two.digests()


@given(worlds())
def test_planning_changes_nothing_that_it_was_given(world: World) -> None:
    nodes, states = world
    looked = seen(nodes, states)
    before = deepcopy(looked)
    plan(nodes, looked, known(*nodes))
    assert looked == before


# ---- creating, adopting, updating


def test_what_does_not_exist_is_created_with_all_that_is_sent() -> None:
    planned = made(node("a", sent="once", bark={"colour": "red", "code": "7"}, size=2))
    assert actions(planned) == [("create", "a")]
    assert {path: after for path, _, after in fields(planned)} == {
        "parent": "/forest",
        "needed": "x",
        "size": 2,
        "sent": "once",
        "bark.colour": "red",
        "bark.code": "7",
    }


def test_what_creating_needs_and_nobody_says_is_a_problem_with_a_remedy() -> None:
    planned = made(node("a", needed=None))
    assert [(p.what, p.remedy) for p in planned.problems] == [
        ("c/Node/a: it does not exist, and creating it needs needed", "Add 'needed:' below spec.")
    ]


def test_what_exists_as_wanted_is_adopted_once_and_then_left_alone() -> None:
    one = node("a", size=2)
    planned = made(one, ours=False, a=as_wanted(one))
    assert [type(change) for change in planned.changes] == [Adopt]
    assert planned.writes == ()
    assert made(one, a=as_wanted(one)).changes == ()


def test_only_what_is_mentioned_is_compared() -> None:
    one = node("a", size=2)
    planned = made(one, a=live(one, size=3, stone="old", bark={"colour": "red"}))
    assert [type(change) for change in planned.changes] == [Update]
    assert fields(planned) == [("size", 3, 2)]


def test_a_field_that_is_not_live_means_its_default() -> None:
    one = node("a", size=1)
    assert made(one, a=live(one)).changes == ()


def test_what_is_only_sent_is_never_a_difference() -> None:
    one = node("a", sent="new", bark={"code": "7"})
    assert made(one, a=live(one, sent="old")).changes == ()


def test_references_are_compared_as_ids_and_shown_as_names() -> None:
    hub, old, spoke = node("hub"), node("old"), node("spoke", friends=["hub"])
    states: dict[str, State] = {"hub": as_wanted(hub), "old": as_wanted(old)}
    same = live(spoke, friends=[id_of("hub").upper()])
    assert made(hub, old, spoke, spoke=same, **states).changes == ()
    moved = made(hub, old, spoke, spoke=live(spoke, friends=[id_of("old")]), **states)
    assert fields(moved) == [("friends", ["old"], ["hub"])]
    foreign = made(hub, old, spoke, spoke=live(spoke, friends=["/somebody/else"]), **states)
    assert fields(foreign) == [("friends", ["/somebody/else"], ["hub"])]


def test_a_reference_to_what_does_not_exist_yet_is_shown_by_its_name() -> None:
    planned = made(node("hub"), node("spoke", friends=["hub"]))
    (_, spoke) = planned.changes
    assert [field.after for field in spoke.compared.changes if field.path == "friends"] == [["hub"]]


def test_live_items_beside_the_mentioned_ones_are_counted_and_kept() -> None:
    one = node("a", twigs=[{"name": "x", "length": 1}])
    twigs = [{"name": "x", "length": 1}, {"name": "y"}, {"name": "z"}]
    planned = made(one, a=live(one, twigs=twigs))
    assert planned.changes == ()
    assert [note.text for note in planned.notes] == ["2 more twigs, not managed"]
    complete = node("a", meta={"complete": ["twigs"]}, twigs=[{"name": "x", "length": 1}])
    planned = made(complete, a=live(one, twigs=twigs))
    assert [path for path, _, _ in fields(planned)] == ["twigs[y]", "twigs[z]"]
    assert not planned.notes


def test_what_somebody_else_brings_into_being_comes_with_its_parent_or_is_missed() -> None:
    parent, child = node("p"), node("q", parent="p", given=True, size=2)
    planned = made(parent, child)
    assert [(type(c), getattr(c, "live", None)) for c in planned.changes] == [(Create, None), (Adopt, None)]
    planned = made(parent, child, p=as_wanted(parent))
    assert "nothing was found" in planned.problems[0].what


# ---- what cannot change


def test_an_immutable_field_means_a_replacement_with_its_reason() -> None:
    one = node("a", stone="new", size=2)
    planned = made(one, a=live(one, stone="old"))
    (change,) = planned.changes
    assert isinstance(change, Replace)
    assert change.reasons == ("stone: it is carved in stone",)


def test_an_immutable_field_that_is_not_set_can_be_set() -> None:
    one = node("a", stone="new")
    assert actions(made(one, a=live(one))) == [("update", "a")]


def test_what_is_never_replaced_is_an_error_that_shows_both_values() -> None:
    one = node("a", Monument, stone="new")
    planned = made(one, a=live(one, stone="old"))
    assert planned.changes == ()
    assert "it is carved in stone (it is 'old', the manifest says 'new')" in planned.problems[0].what
    assert planned.problems[0].remedy


@pytest.mark.parametrize(("protect", "refused"), [(None, False), (True, True), (False, False)])
def test_replacing_what_is_protected_is_refused(protect: bool | None, refused: bool) -> None:
    one = node("a", meta={"protect": protect}, stone="new")
    assert bool(made(one, a=live(one, stone="old")).refusals) == refused


# ---- deleting


@pytest.mark.parametrize(
    ("kind", "protect", "refused"),
    [(Node, None, False), (Node, True, True), (Monument, None, True), (Monument, False, False), (Monument, True, True)],
)
def test_deletion_is_refused_where_something_is_protected(
    kind: type[Node], protect: bool | None, refused: bool
) -> None:
    one = node("a", kind, meta={"absent": True, "protect": protect})
    planned = made(one, a=live(one))
    assert actions(planned) == [("delete", "a")]
    assert bool(planned.refusals) == refused
    if refused:
        with pytest.raises(Refused, match=r"protected.*\n.*metadata\.protect: false"):
            planned.raise_if_unsafe()


@pytest.mark.parametrize("state", [None, live(node("a"), gone=True)])
def test_deleting_what_is_gone_is_nothing_to_do(state: State) -> None:
    assert made(node("a", meta={"absent": True}), a=state).changes == ()


def test_what_a_container_holds_blocks_its_deletion_until_that_is_allowed() -> None:
    one = node("a", meta={"absent": True})
    looked = seen([one], {"a": live(one)}, contents={one.key: ("/in/1", "/in/2")})
    planned = plan([one], looked, known(one))
    assert "still holds 2" in planned.refusals[0].what
    assert "--allow-delete-contents c/Node/a" in planned.refusals[0].remedy
    assert not plan([one], looked, known(one), allow_contents={one.key}).refusals


def test_contents_that_are_deleted_as_well_do_not_block() -> None:
    box, inner = node("box", meta={"absent": True}), node("inner", parent="box", meta={"absent": True})
    looked = seen([box, inner], {"box": live(box), "inner": live(inner)}, contents={box.key: (id_of("inner").upper(),)})
    planned = plan([box, inner], looked, known(box, inner))
    assert actions(planned) == [("delete", "inner"), ("delete", "box")]
    assert not planned.refusals


def test_replacing_what_something_else_refers_to_is_refused() -> None:
    hub, spoke = node("hub", stone="new"), node("spoke", friends=["hub"])
    states: dict[str, State] = {"hub": live(hub, stone="old"), "spoke": as_wanted(spoke)}
    planned = made(hub, spoke, **states)
    assert [p.what for p in planned.refusals] == ["c/Node/hub is to be replaced, but c/Node/spoke refers to it"]
    assert not made(hub, spoke, hub=states["hub"]).refusals


def test_what_is_deleted_goes_before_the_replacement_of_what_it_refers_to() -> None:
    hub, spoke = node("hub", stone="new"), node("spoke", parent="hub", meta={"absent": True})
    planned = made(hub, spoke, hub=live(hub, stone="old"), spoke=as_wanted(spoke))
    assert actions(planned) == [("delete", "spoke"), ("replace", "hub")]
    assert not planned.refusals


# ---- what is not known


def test_a_child_of_something_unread_is_unknown_and_names_the_reason() -> None:
    hub, spoke, other = node("hub"), node("spoke", friends=["hub"]), node("other")
    planned = made(hub, spoke, other, hub=Unread("403 Forbidden"), spoke=as_wanted(spoke))
    assert actions(planned) == [("create", "other")]
    assert {(note.kind, note.about, note.text) for note in planned.notes} == {
        ("unknown", "c/Node/hub", "403 Forbidden"),
        ("unknown", "c/Node/spoke", "it refers to c/Node/hub, which could not be read"),
    }


def test_what_needs_something_that_cannot_be_planned_is_not_planned_either() -> None:
    """Else apply would begin it with the name of its friend for an id."""
    first, second, third = node("a"), node("b", friends=["a"]), node("c", friends=["b"])
    planned = made(first, second, third, a=Unread("403"))
    assert planned.changes == ()
    assert {note.about for note in planned.notes} == {"c/Node/a", "c/Node/b", "c/Node/c"}


def test_a_create_that_an_earlier_run_may_have_made_is_waited_for_with_all_that_needs_it() -> None:
    parent, child = node("p"), node("q", parent="p")
    record = Record(parent.key, action="create", request_id="r", since=NOW - timedelta(minutes=4), open=True)
    planned = made(parent, child, records={parent.key: record})
    assert planned.changes == ()
    assert {note.kind for note in planned.notes} == {"unknown"}
    assert {note.about for note in planned.notes} == {"c/Node/p", "c/Node/q"}
    record = Record(parent.key, action="create", request_id="r", since=NOW - timedelta(minutes=5), open=True)
    planned = made(parent, child, records={parent.key: record})
    assert [getattr(change, "repeats", None) for change in planned.changes] == [record, None]


def test_an_absent_one_that_an_earlier_run_may_have_made_is_not_yet_known_to_be_absent() -> None:
    one = node("a", meta={"absent": True})
    record = Record(one.key, action="create", request_id="r", since=NOW, open=True)
    assert [note.kind for note in made(one, records={one.key: record}).notes] == ["unknown"]


def test_an_open_operation_is_continued_at_once() -> None:
    one = node("a")
    record = Record(one.key, action="create", request_id="r", since=NOW, operation=Operation("/poll", "-"), open=True)
    (change,) = made(one, records={one.key: record}).changes
    assert isinstance(change, Create)
    assert change.repeats is record


def test_something_that_waits_for_a_person_is_shown_and_what_needs_it_waits_too() -> None:
    hub, spoke, other = node("hub"), node("spoke", friends=["hub"]), node("other")
    planned = made(hub, spoke, other, hub=Waiting("accept the invitation", "https://admin.microsoft.com/x"))
    assert actions(planned) == [("create", "other")]
    assert [(note.kind, note.text) for note in planned.notes] == [
        ("waiting", "accept the invitation: https://admin.microsoft.com/x"),
        ("waiting", "it refers to c/Node/hub, which waits for a person"),
    ]


def test_notes_are_not_in_the_digest() -> None:
    one, other = node("a"), node("b")
    assert made(one, other, b=Unread("403")).digest == made(one, other, b=Unread("429")).digest


# ---- money and secrets


def test_more_than_five_paid_creations_need_permission_for_as_many() -> None:
    five = [node(f"t{number}", Treasure) for number in range(5)]
    made(*five).raise_if_unsafe()
    six = made(*five, node("t5", Treasure))
    with pytest.raises(Refused, match=r"(?s)6 paid creations.*--allow-purchase 6"):
        six.raise_if_unsafe()
    with pytest.raises(Refused):
        six.raise_if_unsafe(5)
    six.raise_if_unsafe(6)


def test_a_creation_that_returns_a_secret_is_refused_without_a_place_for_it() -> None:
    one = node("a", Treasure)
    planned = plan([one], seen([one], {}, sink_trouble={one.key: "secrets: Read-only file system"}), {})
    assert "one-time secret" in planned.refusals[0].what
    assert "Read-only file system" in planned.refusals[0].what


def test_a_creation_whose_secret_was_lost_is_repeated_under_the_same_request_id() -> None:
    one = node("a", Treasure)
    record = Record(one.key, action="create", request_id="r", since=NOW, open=True)
    (change,) = made(one, records={one.key: record}, a=as_wanted(one)).changes
    assert isinstance(change, Create)
    assert change.repeats is record
    kept = seen([one], {"a": as_wanted(one)}, secrets={(one.key, "password")})
    assert not any(isinstance(change, Create) for change in plan([one], kept, {one.key: record}).changes)


# ---- what cannot be planned


class Kin(Node):
    """One whose friends are monuments."""

    friends: Annotated[list[str] | None, RefTo("Monument")] = None


def test_what_has_an_error_is_a_note_and_in_no_digest_and_so_is_what_needs_it() -> None:
    one, two, other = node("one", needed=None), node("two", parent="one"), node("other")
    planned = made(one, two, other, ours=False)
    assert actions(planned) == [("create", "other")]
    assert planned.digest == made(other, ours=False).digest
    assert {note.about: note.text for note in planned.notes} == {
        "c/Node/one": "it cannot be planned, see the error",
        "c/Node/two": "it refers to c/Node/one, which cannot be planned",
    }


def test_what_needs_only_what_is_there_goes_on_whatever_is_wrong_with_that() -> None:
    hub, spoke = node("hub", stone="granite", kind=Monument), node("spoke", friends=["hub"], kind=Kin)
    planned = made(hub, spoke, ours=False, hub=live(hub, stone="marble"))
    assert [problem.about for problem in planned.problems] == ["c/Monument/hub"]
    assert actions(planned) == [("create", "spoke")]


# ---- narrowing


def test_what_is_chosen_may_not_need_the_creation_of_something_that_is_not() -> None:
    hub, spoke = node("hub"), node("spoke", friends=["hub"])
    planned = plan([hub, spoke], seen([hub, spoke], {}), {}, targets={spoke.key})
    assert not planned.changes
    assert planned.problems[0].remedy == "Select it too: --target c/Node/hub"
    planned = plan([hub, spoke], seen([hub, spoke], {"hub": as_wanted(hub)}), {}, targets={spoke.key})
    assert not planned.problems


def test_only_what_is_chosen_is_planned() -> None:
    one, two = node("one"), node("two")
    assert actions(plan([one, two], seen([one, two], {}), {}, targets={two.key})) == [("create", "two")]


@pytest.mark.parametrize(
    ("keys", "labels", "customers", "names"),
    [
        ({"c/Node/a"}, {}, set(), {"a"}),
        ({"Node/a"}, {}, set(), {"a"}),
        ({"a"}, {}, set(), {"a"}),
        ({"ode/a"}, {}, set(), set()),
        (set(), {"tier": "gold"}, set(), {"a"}),
        (set(), {"tier": "silver"}, set(), set()),
        (set(), {}, {"c"}, {"a", "b"}),
        (set(), {}, {"d"}, {"x"}),
        ({"a", "x"}, {}, {"d"}, {"x"}),
    ],
)
def test_narrowing_by_key_label_and_customer_chooses_what_fits_all_of_them(
    keys: set[str], labels: dict[str, str], customers: set[str], names: set[str]
) -> None:
    nodes = [node("a", meta={"labels": {"tier": "gold"}}), node("b"), node("x", customer="d")]
    chosen = selected(nodes, keys, labels, customers)
    assert chosen is not None
    assert {one.name for one in chosen} == names


def test_no_narrowing_chooses_everything() -> None:
    assert selected([node("a")]) is None


# ---- digests


def test_only_customers_whose_changes_are_not_the_expected_ones_are_named() -> None:
    nodes = [node("a"), node("x", customer="d")]
    planned = made(*nodes)
    digests = planned.digests()
    assert set(digests) == {"c", "d"}
    assert unexpected(planned, {planned.digest}) == ()
    assert unexpected(planned, {digests["c"]}) == ("d",)
    assert unexpected(planned, set(digests.values())) == ()
    assert unexpected(planned, {"0" * 16}) == ("c", "d")


def test_every_planned_value_is_in_the_digest() -> None:
    one = node("a", size=2)
    digests = {
        made(one, a=live(one, size=3)).digest,
        made(one, a=live(one, size=4)).digest,
        made(node("a", size=5), a=live(one, size=3)).digest,
        made(one).digest,
        made(one, a=as_wanted(one)).digest,
        made(node("b", size=2)).digest,
        made(node("a", size=2, bark={"code": "1"})).digest,
        made(node("a", size=2, bark={"code": "2"})).digest,
    }
    assert len(digests) == 8


def test_the_action_is_in_the_digest() -> None:
    one, gone = node("a", size=2), node("a", meta={"absent": True})
    differs = live(one, size=3)
    assert made(one, a=differs).digest != made(one, ours=False, a=differs).digest
    assert made(gone, a=live(gone)).digest != made(one, ours=False, a=as_wanted(one)).digest


# ---- beside what is managed


def test_what_lies_beside_is_counted_per_scope_and_what_is_not_ours_apart() -> None:
    one = node("a")
    others = [live(node("b")), live(node("d"), gone=True), Live("/ID/e", node("e"), ours=False)]
    looked = seen([one], {"a": as_wanted(one)})
    looked.scopes[("Node", Scope("c", "forest"))] = [as_wanted(one), *others]
    looked.scopes[("Node", Scope("c", "desert"))] = Unread("403")
    notes = plan([one], looked, known(one)).notes
    assert [note.text for note in notes] == [
        "1 more node in forest, not managed",
        "1 more node in forest, of another channel or partner, not ours: never touched",
    ]


def test_the_planner_needs_nothing_but_what_was_seen() -> None:
    assert plan([], Seen(NOW), {}).changes == ()

"""What people and programs read of a plan: signs, reasons, the summary last; JSON in Terraform's shape."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from cspctl.apply import Outcome
from cspctl.changes import Note
from cspctl.diff import MISSING, FieldChange
from cspctl.plan import plan
from cspctl.record import Record
from cspctl.render.json import plan_document, plan_json
from cspctl.render.text import (
    STYLES,
    WHICH,
    details,
    explanation,
    field_lines,
    outcome_summary,
    plan_text,
    shown,
    summary,
)
from cspctl.resource import Live, Scope, Waiting
from cspctl.seen import Unread
from tests.planning import NOW, Monument, Node, as_wanted, id_of, key, live, node, seen
from tests.test_plan import known, made


def lines(planned: Any) -> list[str]:
    return plan_text(planned).plain.splitlines()


def everything() -> Any:
    """A plan with one of each."""
    nodes = [
        node("made", size=2),
        node("taken", size=2),
        node("mended", size=2),
        node("rebuilt", stone="new"),
        node("removed", meta={"absent": True}),
        node("hidden"),
        node("invited"),
        node("elsewhere", customer="d", size=2),
        node("same"),
    ]
    by_name = {one.meta.name: one for one in nodes}
    states: dict[str, Any] = {
        "taken": as_wanted(by_name["taken"]),
        "mended": live(by_name["mended"], size=3),
        "rebuilt": live(by_name["rebuilt"], stone="old"),
        "removed": live(by_name["removed"]),
        "hidden": Unread("403 Forbidden"),
        "invited": Waiting("accept", "https://admin.microsoft.com/x"),
        "same": as_wanted(by_name["same"]),
    }
    looked = seen(nodes, states, calls=7)
    beside = Live("/ID/other", node("other"))
    looked.scopes[("Node", Scope("c", "forest"))] = [*(s for s in states.values() if isinstance(s, Live)), beside]
    return plan(nodes, looked, known(*(one for one in nodes if one.meta.name != "taken")))


def test_a_plan_is_grouped_by_customer_with_a_sign_for_each_change_and_the_summary_last() -> None:
    text = lines(everything())
    signs = {
        line.split()[1]: line.split()[0] for line in text if "/Node/" in line.split("#")[0] and not line.endswith(":")
    }
    assert signs == {
        "c/Node/made": "+",
        "c/Node/taken": "=",
        "c/Node/mended": "~",
        "c/Node/rebuilt": "-/+",
        "c/Node/removed": "-",
        "c/Node/hidden:": "?",
        "c/Node/invited:": "!",
        "d/Node/elsewhere": "+",
    }
    assert [line for line in text if line and not line.startswith(" ")][:2] == ["c", "d"]
    assert text[-1].startswith("Plan: 2 to create, 1 to adopt, 1 to update, 1 to replace, 1 to delete (2 customers).")
    assert text[-1].endswith("1 unknown. 1 waiting for a person.")


def test_each_line_says_why() -> None:
    text = "\n".join(lines(everything()))
    assert "c/Node/rebuilt  # must be replaced: stone: it is carved in stone" in text
    assert "~ size: 3 -> 2" in text
    assert '~ stone: "old" -> "new"' in text
    assert "c/Node/hidden: unknown, because 403 Forbidden" in text
    assert "c/Node/invited: waits for a person: accept: https://admin.microsoft.com/x" in text
    assert "1 more node in forest, not managed" in text
    assert "c/Node/same" not in text


def test_nothing_to_do_is_one_sentence() -> None:
    one = node("a")
    assert summary(made(one, a=as_wanted(one))) == "No changes."


def test_taking_note_of_something_is_no_change() -> None:
    one = node("a")
    said = summary(made(one, ours=False, a=as_wanted(one)))
    assert said.startswith("No changes. 1 to adopt")


def test_what_is_not_known_is_said_even_when_nothing_is_to_be_done() -> None:
    assert summary(made(node("a"), a=Unread("403"))) == "Nothing could be planned. 1 unknown."
    some = made(node("a"), node("b"), a=Unread("403"), b=as_wanted(node("b")))
    assert summary(some) == "No changes in what could be seen. 1 unknown."


def test_how_much_was_looked_at_and_what_to_approve_is_said_once() -> None:
    planned = everything()
    looked, price = details(planned).splitlines()
    assert looked == f"9 resources compared in 7 requests. Digest {planned.digest}."
    assert price == "Applying it takes about 18 requests and 1 minute."
    one = node("a")
    assert details(made(one, a=as_wanted(one))) == "1 resource compared in 0 requests."


@given(st.one_of(st.text(), st.lists(st.text(max_size=5)), st.dictionaries(st.text(max_size=5), st.integers())))
def test_a_value_is_one_line_that_no_terminal_obeys(value: Any) -> None:
    text = shown(value)
    assert len(text.splitlines()) == 1
    assert not {unicodedata.category(character) for character in text} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert len(text) <= 80


@pytest.mark.parametrize("trick", ["a\nb", "\x1b[2J", "\x7f", "\x9b2J", "abc\u202efed", "\u2028", "\ud800"], ids=ascii)
def test_a_value_that_plays_tricks_on_terminals_is_escaped_wherever_it_stands(trick: str) -> None:
    for value in (trick, [trick], {"a": trick}, {trick: "a"}):
        assert trick not in shown(value)
        assert len(shown(value).splitlines()) == 1


def test_a_value_is_shown_as_it_would_be_written() -> None:
    assert (shown("größe"), shown(True), shown(["a", 1]), shown({"a": None})) == (
        '"größe"',
        "true",
        '["a", 1]',
        '{"a": null}',
    )
    assert shown("x" * 100).endswith("…")


def test_fields_that_are_added_are_green_also_where_something_else_is_changed() -> None:
    one = node("a", size=2, bark={"colour": "red"})
    text = plan_text(made(one, a=live(one, size=3)))
    assert style_of(text, "+ bark") == "green"
    assert style_of(text, "~ size") == "yellow"


def style_of(text: Text, words: str) -> str:
    at = text.plain.index(words)
    return next(str(span.style) for span in text.spans if span.start <= at < span.end)


def test_what_must_not_be_overlooked_stands_before_the_changes_with_a_sign_of_its_own() -> None:
    note = Note("info", "c/Node/a", "c", "it has been renamed")
    text = plan_text(replace(made(node("a")), notes=(note,)))
    assert text.plain.splitlines()[:3] == ["c", "   !! c/Node/a: it has been renamed", "    + c/Node/a"]
    assert style_of(text, "it has been renamed") not in ("dim", *STYLES.values())


def fields_of(*changes: FieldChange) -> list[tuple[str, str]]:
    return list(field_lines(changes))


def test_the_words_of_a_list_stand_together() -> None:
    words = [FieldChange(f"members[{name}]", MISSING, name) for name in ("nina", "paul")]
    gone = FieldChange("members[otto]", "otto", MISSING)
    assert fields_of(*words, gone, FieldChange("size", MISSING, 2)) == [
        ("+", 'members: "nina", "paul"'),
        ("-", 'members: "otto"'),
        ("+", "size: 2"),
    ]


@given(st.lists(st.text(min_size=1, max_size=30), max_size=40))
def test_of_a_long_list_every_word_is_shown_once_below_the_first(words: list[str]) -> None:
    lines = [said for _, said in fields_of(*(FieldChange(f"members[{word}]", MISSING, word) for word in words))]
    assert "".join(line[len("members: ") :] for line in lines).replace(" ", "") == ",".join(map(shown, words)).replace(
        " ", ""
    )
    assert all(line[: len("members: ")] in ("members: ", " " * len("members: ")) for line in lines)


def test_of_an_item_that_goes_only_what_tells_something_is_shown() -> None:
    before = {"name": "db", "addressPrefix": "10.1.0.0/24", "delegations": {}, "privateEndpoints": None}
    assert fields_of(FieldChange("subnets[db]", before, MISSING)) == [
        ("-", 'subnets[db]: {"addressPrefix": "10.1.0.0/24"}')
    ]


def test_items_that_go_are_counted() -> None:
    one = node("a", twigs=[{"name": "long", "absent": True}])
    said = summary(made(one, a=live(one, twigs=[{"name": "long", "length": 2}])))
    assert said == "Plan: 0 to create, 1 to update, 0 to delete, 1 list item to remove (1 customer)."


def test_one_cause_is_one_line_with_all_that_follows_from_it() -> None:
    nodes = [node("a"), node("b"), node("c", friends=["a"]), node("d", customer="d")]
    refused = [Unread(f"sign in first (401; GET https://x/{n}; request id {n})") for n in range(3)]
    planned = made(*nodes, a=refused[0], b=refused[1], d=refused[2], c=as_wanted(nodes[2]))
    text = lines(planned)
    assert [line for line in text if "?" in line] == [
        "    ? c/Node/a and 3 more: unknown, because sign in first (401; GET https://x/0; request id 0)"
    ]
    assert text[0] == "several customers"
    assert text[-1] == "Nothing could be planned. 4 unknown."
    assert len(plan_document(planned)["notes"]) == 4


def test_different_causes_stay_different_lines() -> None:
    text = lines(made(node("a"), node("b"), a=Unread("403 (403; GET x)"), b=Unread("503 (503; GET x)")))
    assert sum("unknown, because" in line for line in text) == 2


def test_what_is_not_managed_can_be_listed() -> None:
    one = node("a")
    looked = seen([one], {"a": as_wanted(one)})
    beside = Live("/ID/other", node("other"))
    looked.scopes[("Node", Scope("c", "forest"))] = [as_wanted(one), beside]
    planned = plan([one], looked, known(one))
    assert WHICH in lines(planned)
    assert plan_document(planned)["notes"][0]["items"] == ["/ID/other"]


# ---- explaining


def explained(*nodes: Node, name: str, records: Any = None, **states: Any) -> str:
    planned = made(*nodes, records=known(*nodes) if records is None else records, **states)
    return explanation(planned, next(one for one in nodes if one.meta.name == name)).plain


def test_an_explanation_shows_both_sides_and_where_each_comes_from() -> None:
    hub, spoke = node("hub"), node("spoke", friends=["hub"], size=2)
    text = explained(hub, spoke, name="spoke", hub=as_wanted(hub), spoke=live(spoke, friends=[id_of("hub")], size=3))
    assert "needs c/Node/hub" in text
    assert f"live: {id_of('spoke')}, read at 2026-11-20 12:00:00 UTC" in text
    assert "live      3" in text
    assert "manifest  2" in text


def test_an_explanation_of_something_unchanged_says_that_nothing_is_to_be_done() -> None:
    one = node("a")
    assert "nothing to do" in explained(one, name="a", a=as_wanted(one))


def test_an_explanation_of_something_new_says_that_it_does_not_exist() -> None:
    assert "does not exist" in explained(node("a"), name="a")


@pytest.mark.parametrize("state", [Unread("403 Forbidden"), Waiting("accept")])
def test_an_explanation_of_something_unknown_does_not_say_that_all_is_well(state: Any) -> None:
    text = explained(node("a"), name="a", a=state)
    assert "nothing to do" not in text
    assert getattr(state, "reason", "") in text


def test_an_explanation_of_something_refused_does_not_say_that_all_is_well() -> None:
    one = node("a", Monument, stone="new")
    text = explained(one, name="a", a=live(one, stone="old"))
    assert "nothing to do" not in text
    assert "cannot be planned" in text


# ---- JSON


def test_json_has_the_shape_of_terraforms() -> None:
    document = json.loads(plan_json(everything()))
    assert document["format_version"] == "1.0"
    assert document["timestamp"] == NOW.isoformat()
    assert document["complete"] is False
    found = {change["address"]: change["change"]["actions"] for change in document["resource_changes"]}
    assert found == {
        "c/Node/made": ["create"],
        "c/Node/taken": ["no-op"],
        "c/Node/mended": ["update"],
        "c/Node/rebuilt": ["delete", "create"],
        "c/Node/removed": ["delete"],
        "d/Node/elsewhere": ["create"],
    }
    for change in document["resource_changes"]:
        assert change.keys() >= {"address", "mode", "type", "name", "change"}
        assert change["change"].keys() >= {
            "actions",
            "before",
            "after",
            "after_unknown",
            "before_sensitive",
            "after_sensitive",
        }


def test_json_before_and_after_are_null_where_nothing_is() -> None:
    changes = {change["name"]: change["change"] for change in plan_document(everything())["resource_changes"]}
    assert changes["made"]["before"] is None
    assert changes["made"]["after"]["size"] == 2
    assert changes["made"]["after_unknown"] == {"id": True}
    assert changes["removed"]["after"] is None
    assert changes["removed"]["before"] is not None
    assert (changes["mended"]["before"]["size"], changes["mended"]["after"]["size"]) == (3, 2)
    assert changes["rebuilt"]["after_unknown"] == {"id": True}
    assert changes["mended"]["after_unknown"] == changes["removed"]["after_unknown"] == {}


def test_json_of_what_is_taken_as_it_is_shows_the_same_before_and_after() -> None:
    (taken,) = [c["change"] for c in plan_document(everything())["resource_changes"] if c["name"] == "taken"]
    assert taken["before"] == taken["after"]
    assert taken["before"] is not None


def test_json_tells_a_field_that_is_not_set_from_one_that_is_null() -> None:
    one = node("a", size=2)
    (change,) = plan_document(made(one, a=live(one)))["resource_changes"]
    assert change["fields"] == [{"path": "size", "after": 2}]


def test_json_carries_errors_refusals_and_the_digests_to_approve() -> None:
    stuck, kept = node("a", Monument, stone="new"), node("b", Monument, meta={"absent": True})
    planned = made(stuck, kept, a=live(stuck, stone="old"), b=live(kept))
    document = plan_document(planned)
    assert document["errored"] is True
    assert len(document["errors"]) == len(document["refusals"]) == 1
    assert (document["digest"], document["digests"]) == (planned.digest, planned.digests())


def test_json_of_a_repeated_creation_is_a_creation() -> None:
    one = node("a")
    record = Record(one.key, action="create", request_id="r", since=NOW.replace(hour=1), open=True)
    planned = made(one, records={one.key: record})
    assert plan_document(planned)["resource_changes"][0]["change"]["actions"] == ["create"]
    assert "an earlier run began this" in plan_text(planned).plain


# ---- outcomes


@pytest.mark.parametrize(
    ("statuses", "text"),
    [
        (["done", "done"], "Applied: 2 done, 0 failed."),
        (
            ["done", "failed", "skipped", "moved", "not applied", "waiting"],
            "Applied: 1 done, 1 failed, 1 skipped, 1 moved, 1 not applied, 1 waiting.",
        ),
    ],
)
def test_outcomes_are_counted_in_one_sentence(statuses: list[Any], text: str) -> None:
    assert outcome_summary((Outcome(key("a"), "create", status) for status in statuses), {key("a")}) == text


def test_what_was_only_taken_note_of_is_said_apart() -> None:
    outcomes = [Outcome(key("a"), "create", "done"), Outcome(key("b"), "adopt", "done")]
    assert outcome_summary(outcomes, {key("a")}) == "Applied: 1 done, 0 failed. Taken note of 1 that exists."
    assert outcome_summary(outcomes, set()) == "Taken note of 2 that exist."


def test_what_is_known_to_be_wrong_is_not_called_unknown() -> None:
    notes = (
        Note("unknown", "c/Node/a", "c", "it cannot be planned, see the error"),
        Note("unknown", "c/Node/b", "c", "it cannot be planned, see the error"),
        Note("unknown", "c/Node/d", "c", "it refers to c/Node/b, which cannot be planned"),
    )
    planned = replace(made(node("x"), x=as_wanted(node("x"))), notes=notes, resources=4)
    assert lines(planned)[1:3] == [
        "    x c/Node/a: cannot be planned, see the error",
        "    x c/Node/b and 1 more: cannot be planned, see the error",
    ]
    assert summary(planned) == "No changes in what could be seen. 3 with errors."

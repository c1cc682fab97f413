"""The inventory: the sum of what runs have done, how it is written and read, and what may be pruned."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cspctl import storage
from cspctl.errors import BadInput
from cspctl.inventory import Entry, Facts, Folded, Inventory, fold, records, refreshed
from cspctl.inventory.document import from_bytes, to_bytes
from cspctl.inventory.prune import Prunable, prunable
from cspctl.journal import Journal
from cspctl.record import Record
from cspctl.resource import Key

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CUSTOMER = Key("-", "Customer", "fourth-coffee")
KEYS = [Key("fourth-coffee", kind, name) for kind in ("VirtualNetwork", "User") for name in ("a", "b", "c")]
A, B, C = KEYS[:3]
EMPTY = Inventory("fourth-coffee")


def line(key: Key, event: str, action: str = "create", id: str = "", **more: Any) -> dict[str, Any]:
    entry = {"v": 1, "time": NOW.isoformat(), "key": list(key), "event": event}
    if event == "intent":
        return {**entry, "action": action, "digest": "d", "requestId": f"request {key}"}
    if event == "failed":
        return {**entry, "reason": "409"}
    return {**entry, "action": action, "id": id, **more}


def done(key: Key, action: str = "create", id: str = "/x", **more: Any) -> dict[str, Any]:
    return line(key, "done", action, id, **more)


def after(*lines: dict[str, Any], inventory: Inventory = EMPTY, run: str = "r") -> Inventory:
    return fold(inventory, run, lines)


def lines_of(keys: Sequence[Key]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """What runs write about these keys: ids belong to one key, as those of different things do."""
    ids = st.sampled_from(["1", "2", "X", "x"])

    def one(key: Key) -> st.SearchStrategy[dict[str, Any]]:
        mine = ids.map(lambda id: f"/{'/'.join(key)}/{id}")
        labels = st.dictionaries(st.sampled_from(["password", "key"]), st.sampled_from(["1", "2"]))
        facts = st.fixed_dictionaries({}, optional={"secrets": labels, "protect": st.booleans()})
        actions = st.sampled_from(["create", "adopt", "update"])
        return st.one_of(
            st.builds(lambda action: line(key, "intent", action), actions),
            st.just(line(key, "failed")),
            st.builds(lambda action, id, more: done(key, action, id, **more), actions, mine, facts),
            st.builds(lambda id: done(key, "delete", id), mine),
        )

    return st.lists(st.sampled_from(keys).flatmap(one), max_size=8)


runs = st.lists(lines_of(KEYS), max_size=4).map(lambda written: {f"run{n}": part for n, part in enumerate(written)})


def folded(journals: dict[str, list[dict[str, Any]]]) -> Inventory:
    total = EMPTY
    for run, part in journals.items():
        total = fold(total, run, part)
    return total


@given(runs)
def test_a_run_counts_once_however_often_and_in_whatever_parts_it_is_folded(
    journals: dict[str, list[dict[str, Any]]],
) -> None:
    total = folded(journals)
    assert folded_again(total, journals) == total
    for run, part in journals.items():
        for cut in range(len(part) + 1):
            assert fold(fold(EMPTY, run, part[:cut]), run, part) == fold(EMPTY, run, part)


def folded_again(total: Inventory, journals: dict[str, list[dict[str, Any]]]) -> Inventory:
    for run in reversed(journals):
        total = fold(total, run, journals[run])
    return total


@given(lines_of(KEYS[::2]), lines_of(KEYS[1::2]))
def test_runs_of_different_keys_may_be_folded_in_any_order(
    one: list[dict[str, Any]], other: list[dict[str, Any]]
) -> None:
    assert fold(fold(EMPTY, "1", one), "2", other) == fold(fold(EMPTY, "2", other), "1", one)


@given(runs, st.data())
def test_folding_changes_nothing_of_what_is_known(journals: dict[str, list[dict[str, Any]]], data: Any) -> None:
    without = known(records(EMPTY, journals))
    number = data.draw(st.integers(0, len(journals)))
    some = folded(dict(list(journals.items())[:number]))
    assert known(records(some, journals)) == without
    kept = {run: part for run, part in journals.items() if run not in some.settled}
    assert known(records(some, kept)) == without
    reread = from_bytes(to_bytes(some), "fourth-coffee", "there")
    assert known(records(reread, kept)) == without


def known(found: dict[Key, Record]) -> dict[Key, Any]:
    """What matters of a record: a closed one says nothing but id and labels, and those of what is gone nothing."""
    every = {
        key: (r.id, dict(r.secrets) if r.id else {}, (r.action, r.request_id, r.since, r.operation) if r.open else None)
        for key, r in found.items()
        if "~" not in key.name
    }
    return {key: value for key, value in every.items() if value[0] or value[2]}


@given(runs)
def test_what_is_written_is_read_again(journals: dict[str, list[dict[str, Any]]]) -> None:
    total = folded(journals)
    assert from_bytes(to_bytes(total), "fourth-coffee", "there") == total
    assert to_bytes(from_bytes(to_bytes(total), "fourth-coffee", "there")) == to_bytes(total)


def test_the_lines_of_a_real_journal_are_what_is_folded(tmp_path: Any) -> None:
    journal = Journal(storage.at(tmp_path), "run")
    journal.intent(A, "create", "digest", NOW)
    journal.made(A, "/a", NOW)
    journal.done(A, "create", "/a", NOW, {"password": "1"})
    (file,) = tmp_path.rglob("*.jsonl")
    total = fold(EMPTY, "run", [json.loads(text) for text in file.read_text().splitlines()])
    assert total.entries == {A: Entry(A, "/a", "created", NOW, "run", secrets={"password": "1"})}
    assert known(records(total, {})) == known(journal.records())


def test_an_open_intent_keeps_its_journal_until_another_run_ends_it() -> None:
    first = [done(B, id="/b"), line(A, "intent")]
    total = after(*first, run="1")
    assert total.settled == frozenset()
    assert set(total.entries) == {B}
    assert records(total, {"1": first})[A].creating
    total = after(done(A, id="/a"), inventory=total, run="2")
    assert total.settled == {"1", "2"}
    assert records(total, {})[A] == Record(A, id="/a")


def test_what_was_adopted_stays_adopted_until_it_is_created() -> None:
    adopted = after(done(A, "adopt"), done(A, "update"))
    assert adopted.entries[A].origin == "adopted"
    assert after(done(A, "create"), inventory=adopted, run="2").entries[A].origin == "created"


def test_an_update_of_something_unknown_is_no_proof_that_we_made_it() -> None:
    assert after(done(A, "update")).entries[A].origin == "adopted"


def test_what_was_created_stays_ours_when_the_journal_says_adopt() -> None:
    entry = after(done(A, "create", "/X"), done(A, "adopt", "/x")).entries[A]
    assert (entry.origin, entry.id) == ("created", "/x")


def test_a_label_is_the_last_one_that_was_sent() -> None:
    one = done(A, secrets={"password": "1", "key": "1"})
    assert after(one, done(A, "update", secrets={"password": "2"})).entries[A].secrets == {"password": "2", "key": "1"}


def test_what_is_deleted_is_forgotten_with_its_labels() -> None:
    assert after(done(A, secrets={"password": "1"}), done(A, "delete")).entries == {}
    assert after(done(A, secrets={"password": "1"}), done(A, "delete"), done(A, id="/y")).entries[A].secrets == {}


def test_another_handle_for_the_same_thing_takes_it_over() -> None:
    entries = after(done(A, "create", "/X"), done(B, "update", "/x")).entries
    assert {key: (e.id, e.origin) for key, e in entries.items()} == {B: ("/x", "created")}


def test_a_handle_that_means_something_else_leaves_behind_what_we_created() -> None:
    total = after(done(A, "create", "/1"), done(A, "create", "/2"), done(A, "create", "/3"))
    assert {key.name: e.id for key, e in total.entries.items()} == {"a": "/3", "a~1": "/1", "a~2": "/2"}
    left = A._replace(name="a~1")
    assert set(after(done(left, "delete", "/1"), inventory=total, run="2").entries) == {A, A._replace(name="a~2")}
    assert set(after(done(A, "adopt", "/1"), done(A, "adopt", "/2")).entries) == {A}


def test_what_comes_back_under_its_handle_is_the_same_again() -> None:
    total = after(done(A, "create", "/1"), done(A, "create", "/2"), done(A, "update", "/1"))
    assert {key.name: e.id for key, e in total.entries.items()} == {"a": "/1", "a~1": "/2"}


def test_a_deletion_by_its_id_forgets_it_under_whatever_handle() -> None:
    total = after(done(A, "create", "/1"), done(A, "create", "/2"), done(A, "delete", "/1"))
    assert {key.name: e.id for key, e in total.entries.items()} == {"a~1": "/2"}


def test_a_journal_that_has_lost_lines_is_refused() -> None:
    total = after(done(A), done(B))
    with pytest.raises(BadInput, match="2 lines"):
        fold(total, "r", [done(A)])


@pytest.mark.parametrize("more", [{"protect": "no"}, {"references": ["/y"]}, {"secrets": {"a": 1}}, {"customer": 1}])
def test_a_line_with_facts_of_the_wrong_type_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="something else"):
        after(done(A, **more))


def test_a_line_of_another_customer_is_refused() -> None:
    with pytest.raises(BadInput, match="is not of fourth-coffee"):
        after(done(Key("tailspin", "User", "x")))


def test_facts_are_refreshed_without_any_change_to_write() -> None:
    total = after(done(A))
    assert total.entries[A].protect
    facts = {A: Facts("tenant", {"x": "/y"}, False), B: Facts("tenant", {}, False)}
    assert refreshed(total, facts).entries == {
        A: replace(total.entries[A], customer="tenant", references={"x": "/y"}, protect=False)
    }


WHOLE = after(
    done(CUSTOMER, "adopt", "tenant", secrets={"p": "1"}),
    done(A, id="/a", references={"fourth-coffee/User/b": "/b"}, protect=False, customer="tenant"),
    line(B, "intent"),
)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d.update(format="terraform"), "another program"),
        (lambda d: d.update(version=2), "version 2"),
        (lambda d: d.update(version=True), "version True"),
        (lambda d: d.update(customer="tailspin"), "inventory of 'tailspin'"),
        (lambda d: d.update(more=1), "exactly"),
        (lambda d: d.pop("folded"), "exactly"),
        (lambda d: d["entries"].append(d["entries"][0]), "twice"),
        (lambda d: d["folded"].append(d["folded"][0]), "twice"),
        (lambda d: d["entries"][1].pop("origin"), "exactly"),
        (lambda d: d["entries"][1].update(origin="found"), "origin"),
        (lambda d: d["entries"][1].update(id=""), "no id"),
        (lambda d: d["entries"][1].update(id=7), "text"),
        (lambda d: d["entries"][1].update(id="\ud800"), "surrogates"),
        (lambda d: d["entries"][1].update(protect=1), "true or false"),
        (lambda d: d["entries"][1].update(made="2026-11-20T12:00:00"), "zone"),
        (lambda d: d["entries"][1].update(made="yesterday"), "isoformat"),
        (lambda d: d["entries"][1].update(key=["tailspin", "User", "x"]), "belong"),
        (lambda d: d["entries"][1].update(key=["User", "x"]), "unpack"),
        (lambda d: d["entries"][1].update(secrets=["1"]), "object"),
        (lambda d: d["folded"][0].update(lines=-1), "number"),
        (lambda d: d["folded"][0].update(open=[1]), "list"),
        (lambda d: d.update(entries={}), "list"),
    ],
)
def test_a_document_that_is_not_wholly_ours_is_refused_with_file_and_reason(change: Any, reason: str) -> None:
    document = json.loads(to_bytes(WHOLE))
    change(document)
    with pytest.raises(BadInput, match=reason) as caught:
        from_bytes(json.dumps(document).encode(), "fourth-coffee", "there/inventory.json")
    (problem,) = caught.value.problems
    assert (problem.where, problem.group) == ("there/inventory.json", "fourth-coffee")
    assert "left as it is" in problem.remedy


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"[]", b"null", b"[" * 100_000, b'{"format": 1, "format": 2}', b"1" * 9999]
)
def test_what_is_no_document_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        from_bytes(data, "fourth-coffee", "there")


def test_a_truncated_document_is_refused_wherever_it_ends() -> None:
    data = to_bytes(WHOLE)
    for end in range(len(data) - 1):
        with pytest.raises(BadInput):
            from_bytes(data[:end], "fourth-coffee", "there")


def test_a_thousand_mutated_documents_are_read_wholly_or_refused() -> None:
    data, refused, chance = to_bytes(WHOLE), 0, random.Random(4)
    for _ in range(1000):
        mutated = bytearray(data)
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(len(mutated))
            mutated[place : place + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
        try:
            read = from_bytes(bytes(mutated), "fourth-coffee", "there")
        except BadInput:
            refused += 1
        else:
            assert from_bytes(to_bytes(read), "fourth-coffee", "there") == read
    assert refused > 500


def entry(key: Key, id: str, origin: str = "created", protect: bool = False, **references: str) -> Entry:
    return Entry(key, id, origin, NOW, "r", "tenant", references, protect)


def holding(*entries: Entry) -> Inventory:
    return Inventory("fourth-coffee", {e.key: e for e in entries})


def test_what_we_created_and_nobody_describes_may_go() -> None:
    mine = entry(A, "/a")
    assert prunable(holding(mine), [], {CUSTOMER}) == Prunable((mine,))


def test_ids_are_compared_and_not_handles() -> None:
    inventory = holding(entry(A, "/A"), entry(B, "/b"))
    found = prunable(inventory, ["/a"], {CUSTOMER, C, B})  # C means what A has meant, and B something else
    assert [e.key for e in found.entries] == [B]


def test_what_was_adopted_is_let_go_of() -> None:
    found = prunable(holding(entry(A, "/a", "adopted")), [], {CUSTOMER})
    assert (found.entries, [e.key for e in found.let_go]) == ((), [A])


@pytest.mark.parametrize(
    ("protect", "manifests", "unresolved", "reason"),
    [
        (True, {CUSTOMER}, set(), "protected"),
        (False, set(), set(), "no manifest describes the customer"),
        (False, {CUSTOMER, B}, {B}, "could be looked at"),
    ],
)
def test_what_is_held_says_why(protect: bool, manifests: set[Key], unresolved: set[Key], reason: str) -> None:
    found = prunable(holding(entry(A, "/a", protect=protect)), [], manifests, unresolved)
    assert not found.entries
    assert reason in found.held[0][1]


def test_another_kind_or_customer_that_was_not_read_holds_nobody_up() -> None:
    others = {KEYS[3], Key("tailspin", "VirtualNetwork", "x")}
    assert prunable(holding(entry(A, "/a")), [], {CUSTOMER, *others}, others).entries


def test_what_refers_to_each_other_goes_the_last_made_first() -> None:
    young = replace(entry(B, "/b", to="/a"), made=NOW + timedelta(1))
    assert [e.key for e in prunable(holding(entry(A, "/a", to="/b"), young), [], {CUSTOMER}).entries] == [B, A]


entries = st.lists(
    st.tuples(st.integers(0, 7), st.booleans(), st.booleans(), st.sets(st.integers(0, 7), max_size=3)),
    max_size=8,
    unique_by=lambda drawn: drawn[0],
)


@given(entries, st.sets(st.integers(0, 7)))
def test_only_what_is_ours_unmatched_and_unprotected_goes_children_first(
    drawn: list[tuple[int, bool, bool, set[int]]], matched: set[int]
) -> None:
    inventory = holding(
        *(
            entry(A._replace(name=f"v{n}"), f"/{n}", "created" if ours else "adopted", guarded)
            for n, ours, guarded, _ in drawn
        )
    )
    links = {A._replace(name=f"v{n}"): {str(m): f"/{m}" for m in to if m < n} for n, _, _, to in drawn}
    assume(inventory.entries)
    linked = {key: replace(e, references=links[key]) for key, e in inventory.entries.items()}
    found = prunable(replace(inventory, entries=linked), [f"/{m}" for m in matched], {CUSTOMER}).entries
    wanted = {f"/{n}" for n, ours, guarded, _ in drawn if ours and not guarded and n not in matched}
    assert {e.id for e in found} == wanted
    place = {e.id: number for number, e in enumerate(found)}
    assert all(place[e.id] < place[id] for e in found for id in e.references.values() if id in place)


def test_ten_thousand_lines_are_folded_and_written_in_a_moment() -> None:
    keys = [A._replace(name=f"v{n}") for n in range(5000)]
    lines = [entry for key in keys for entry in (line(key, "intent"), done(key, id=f"/{key.name}"))]
    total = fold(EMPTY, "r", lines)
    assert len(from_bytes(to_bytes(total), "fourth-coffee", "there").entries) == 5000
    assert total.folded == {"r": Folded(10_000)}
    assert len(prunable(refreshed(total, {k: Facts("-", {}, False) for k in keys}), [], {CUSTOMER}).entries) == 5000

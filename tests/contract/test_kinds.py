"""The contract suite."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cspctl.apply import Event
from cspctl.changes import Delete, Replace, Update
from cspctl.fields import Immutable
from cspctl.kinds import registry
from cspctl.refs import needs_of
from cspctl.resource import Key, Live, Resource
from cspctl.schema import file_name
from tests.contract.variants import BY_PATH, mutable_fields
from tests.world import EVER, ROOT, World, copied, example, world

KINDS = sorted(registry())


def snake(kind: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", kind).lower()


def file_of(kind: str) -> Path:
    return ROOT / "examples" / f"{snake(kind)}.yaml"


def changed(resource: Resource, **spec: Any) -> Resource:
    """The same manifest with other values in it."""
    document = {**resource.document(), **spec, "metadata": resource.meta.model_dump(by_alias=True, exclude_unset=True)}
    return type(resource).model_validate(document)


def with_meta(resource: Resource, **metadata: Any) -> Resource:
    return resource.model_copy(update={"metadata": resource.meta.model_copy(update=metadata)})


def swapped(resources: list[Resource], new: Resource) -> list[Resource]:
    return [new if r.key == new.key else r for r in resources]


class Case:
    """A kind's example and the one resource of that kind in it which the tests are about."""

    def __init__(self, kind: str) -> None:
        self.resources = example(file_of(kind))
        text = file_of(kind).read_text(encoding="utf-8")
        handles = re.findall(r"^kind: (\w+)\nmetadata:(?:.*?)name: ([\w.-]+)", text, re.MULTILINE | re.DOTALL)
        name = next(handle for found, handle in handles if found == kind)
        self.resource = next(r for r in self.resources if r.key.kind == kind and r.key.name == name)
        self.kind = registry()[kind]


@pytest.fixture(params=KINDS)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param)


@pytest.fixture(scope="session")
def applied(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {}


@pytest.fixture
def live(
    case: Case, applied: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> Iterator[World]:
    """A world in which the example exists."""
    kind = case.resource.key.kind
    if kind not in applied:
        folder = tmp_path_factory.mktemp(kind) / "world"
        with world(folder) as made:
            made.done(case.resources)
        applied[kind] = folder
    with copied(applied[kind], tmp_path / "world") as made:
        yield made


def test_is_documented(case: Case) -> None:
    kind = case.kind
    assert kind.__doc__
    assert "Source: https://learn.microsoft.com/" in kind.__doc__
    assert all(info.description for name, info in kind.model_fields.items() if name != "metadata")
    assert (ROOT / "schemas" / file_name(kind)).is_file()
    assert (ROOT / "docs" / "kinds" / f"{kind.__name__}.md").is_file()


def test_planning_writes_nothing_and_creating_it_leaves_nothing_to_do(case: Case, empty: World) -> None:
    planned = empty.plan(case.resources)
    assert empty.writes() == []
    assert case.resource.key in {c.desired.key for c in planned.changes}
    empty.done(case.resources)


def test_second_apply_sends_no_write(case: Case, live: World) -> None:
    before = len(live.writes())
    assert live.apply(case.resources) == []
    assert len(live.writes()) == before


@pytest.mark.filterwarnings("default:.*variants.py")
def test_drift_in_each_mutable_field_is_seen_as_that_field_and_mended(case: Case, live: World) -> None:
    seen, fields = 0, list(mutable_fields(case.kind))
    for name, value in fields:
        explicit = _with_explicit(case, live, name)
        if explicit is None:
            continue
        original = swapped(case.resources, explicit)
        drifted = swapped(case.resources, changed(case.resource, **{name: value}))
        if not _possible(case, live, drifted, name):
            continue
        seen += 1
        plan = live.plan(original)
        assert {c.desired.key for c in plan.changes} == {case.resource.key}, name
        (change,) = plan.changes
        assert isinstance(change, Update)
        assert {f.field for f in change.compared.changes} == {name}
        live.done(original)
    assert seen, f"no field of {case.kind.__name__} could drift: give it a value in tests/contract/variants.py"


def _possible(case: Case, live: World, drifted: list[Resource], name: str) -> bool:
    """Make somebody else's change. A value that variants.py only guessed may be one that the service refuses."""
    outcomes = live.apply(drifted)
    refused = [o for o in outcomes if o.status != "done"]
    if refused and f"{case.kind.__name__}.{name}" not in BY_PATH:
        warnings.warn(f"{name}: {refused[0].reason}; give it a value in tests/contract/variants.py", stacklevel=1)
        return False
    assert not refused, refused
    assert not live.plan(drifted).changes
    return True


def _with_explicit(case: Case, live: World, name: str) -> Resource | None:
    """The example, mentioning the field: with its own value, else with what is live, else with null.

    None for lists and objects that the example does not mention: they merge, and cannot simply be taken away.
    """
    if name in case.resource.document():
        value = case.resource.document()[name]
        if name == "subnets":
            value = [*value, {"name": "another", "absent": True}]
        if case.kind.shape().fields[name].form == "keyed" and not case.kind.shape().fields[name].key:
            return with_meta(case.resource, complete=[name])  # of words, none can be said to be absent
        return changed(case.resource, **{name: value})
    shape = case.kind.shape().fields[name]
    there = live_of(live, case).resource.document().get(name)
    if shape.form == "map":
        there = {"contract": None, **(there or {})}
    elif there is None and shape.form != "scalar":
        return None
    return changed(case.resource, **{name: there})


def live_of(live: World, case: Case) -> Live[Resource]:
    state = live.look(case.resources)[0].states[case.resource.key]
    assert isinstance(state, Live)
    return state


def test_an_immutable_field_is_a_replacement_or_a_refusal(case: Case, live: World) -> None:
    immutable = [
        n for n, s in case.kind.shape().fields.items() if s.mark(Immutable) and s.form == "scalar" and not s.ref
    ]
    for name in set(immutable) & case.resource.document().keys() - {"name", "workload"}:
        other = changed(case.resource, **{name: BY_PATH.get(f"{case.kind.__name__}.{name}", "eastus")})
        plan = live.plan(swapped(case.resources, other))
        if case.kind.replaceable:
            assert [c.action for c in plan.changes if c.desired.key == other.key] == ["replace"]
            (replacement,) = (c for c in plan.changes if isinstance(c, Replace))
            assert name in replacement.reasons[0]
        else:
            assert any(name in p.what for p in plan.problems)


def test_what_the_manifest_does_not_mention_stays(case: Case, live: World) -> None:
    """Someone else sets a field; an update of another field leaves it alone."""
    fields = {n: v for n, v in mutable_fields(case.kind) if n == "tags" or f"{case.kind.__name__}.{n}" in BY_PATH}
    if len(fields) < 2:
        pytest.skip("only one field can change")
    (one, value), (other, another) = list(fields.items())[:2]
    live.done(swapped(case.resources, changed(case.resource, **{one: value})))
    silent = {n: v for n, v in case.resource.document().items() if n != one}
    mine = type(case.resource).model_validate({**silent, other: another, "metadata": case.resource.meta})
    before = live_of(live, case).resource.document()[one]
    live.done(swapped(case.resources, mine))
    after = live.look(swapped(case.resources, changed(case.resource, **{one: value})))[0].states[case.resource.key]
    assert isinstance(after, Live)
    assert after.resource.document()[one] == before


def test_nothing_is_planned_where_nothing_can_be_read(case: Case, live: World) -> None:
    live.simulator.fault("GET", ".*", status=403, code="Forbidden", times=EVER)
    plan = live.plan(case.resources)
    assert plan.changes == ()
    assert {n.kind for n in plan.notes} == {"unknown"}
    assert {n.about for n in plan.notes} == {str(r.key) for r in case.resources}


def test_absent_removes_it_and_removing_it_twice_does_nothing(case: Case, live: World) -> None:
    gone = dependants(case) | {case.resource.key}
    without = [with_meta(r, absent=True, protect=False) if r.key in gone else r for r in case.resources]
    plan = live.plan(without)
    assert {c.desired.key for c in plan.changes} == gone
    assert all(isinstance(c, Delete) for c in plan.changes)
    if any(isinstance(c, Delete) and c.contents for c in plan.changes) and plan.refusals:
        (change,) = (c for c in plan.changes if isinstance(c, Delete) and c.contents)
        assert all(id in plan.refusals[0].what for id in change.contents), "what would go with it is named"
        return
    live.done(without)
    before = len(live.writes())
    assert live.apply(without) == []
    assert len(live.writes()) == before


def dependants(case: Case) -> set[Key]:
    """Everything that refers to it, directly or not."""
    found = {case.resource.key}
    needs = needs_of(case.resources)
    while more := {k for k, others in needs.items() if others & found} - found:
        found |= more
    return found - {case.resource.key}


def test_every_write_belongs_to_a_planned_change(case: Case, live: World) -> None:
    name, value = next(mutable_fields(case.kind))
    wanted = swapped(case.resources, changed(case.resource, **{name: value}))
    id = live_of(live, case).id
    before = len(live.writes())
    live.done(wanted)
    rows = live.writes()[before:]
    assert rows
    assert all(id.casefold() in row.path.casefold() for row in rows), rows


def test_one_503_is_retried_and_endless_ones_name_the_request(case: Case, live: World) -> None:
    live.simulator.fault("GET", ".*", status=503, times=1, service="partner-center")
    assert live.plan(case.resources).notes == live.plan(case.resources).notes
    live.simulator.fault("GET", ".*", status=503, times=EVER, service="partner-center")
    plan = live.plan(case.resources)
    assert all("request id" in n.text for n in plan.notes if "could not be read" not in n.text), plan.notes


def test_secrets_show_nowhere(case: Case, empty: World) -> None:
    events: list[Event] = []
    empty.apply(case.resources, events=events)
    kept = [p for p in (empty.folder / "secrets").rglob("*") if p.is_file()]
    assert len(kept) == sum(len(r.kept_secrets) for r in case.resources)
    secrets = [p.read_text() for p in kept] + [empty.simulator.profile[n] for n in ("clientSecret", "refreshToken")]
    journal = "".join(p.read_text() for p in (empty.folder / "journal").rglob("*.jsonl"))
    shown = "".join(str(e) for e in events) + str(empty.plan(case.resources)) + journal
    assert not any(secret in shown for secret in secrets)
    assert all(p.stat().st_mode & 0o077 == 0 for p in kept)

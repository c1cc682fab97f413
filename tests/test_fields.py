"""The shape that the engine derives from a kind's annotations, and what is missing from a document."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest

from cspctl.fields import AnyCase, Default, Immutable, Keyed, RefTo, Required, Unordered, missing, shape_of
from cspctl.kinds import registry
from cspctl.part import Item, Part
from cspctl.resource import Resource


class Leaf(Part):
    size: Annotated[int | None, Required(), Immutable("it is carved in stone")] = None
    note: str | None = None


class Entry(Item):
    name: Annotated[str | None, Required(always=True)] = None
    leaf: Leaf | None = None


class Tree(Resource):
    """A kind with every form of field."""

    id_text: Annotated[str | None, AnyCase(), Required(always=True)] = None
    place: Annotated[str | None, RefTo("Garden", parent=True)] = None
    plan: Annotated[str | None, RefTo("Plan", parent=True, implied=True)] = None
    mode: Annotated[Literal["a", "b"] | None, Default("a")] = None
    leaf: Leaf | None = None
    wanted: Annotated[Leaf | None, Required()] = None
    labels: dict[str, str] | None = None
    numbers: list[int] | None = None
    any_order: Annotated[list[str] | None, Unordered()] = None
    names: Annotated[list[str] | None, Keyed()] = None
    entries: Annotated[list[Entry] | None, Keyed("name")] = None
    choice: Literal["x"] | Leaf | None = None


SHAPE = Tree.shape()


def test_each_annotation_has_its_form() -> None:
    forms = {name: field.form for name, field in SHAPE.fields.items()}
    assert forms == {
        "idText": "scalar",
        "place": "scalar",
        "plan": "scalar",
        "mode": "scalar",
        "leaf": "object",
        "wanted": "object",
        "labels": "map",
        "numbers": "list",
        "anyOrder": "set",
        "names": "keyed",
        "entries": "keyed",
        "choice": "object",
    }
    assert (SHAPE.fields["entries"].key, SHAPE.fields["names"].key) == ("name", "")


def test_marks_are_found_on_their_fields() -> None:
    assert SHAPE.fields["mode"].mark(Default) == Default("a")
    assert SHAPE.fields["place"].ref == RefTo("Garden", parent=True)
    assert SHAPE.fields["labels"].ref is None
    size = SHAPE.fields["leaf"].fields["size"]
    assert size.mark(Immutable).why == "it is carved in stone"


def test_paths_reach_into_objects_lists_and_maps() -> None:
    assert {path for path, _ in SHAPE.walk()} >= {"", "leaf.size", "entries", "entries.leaf.size", "entries.absent"}
    assert SHAPE.at("entries.leaf") is not None
    assert SHAPE.at("entries.nothing") is None


@pytest.mark.parametrize(
    ("document", "needed", "always"),
    [
        ({}, ["idText", "place", "wanted"], ["idText", "place"]),
        ({"idText": "i", "place": "g", "wanted": {"size": 1}}, [], []),
        ({"idText": None, "place": "g", "wanted": {"size": None}}, ["idText", "wanted.size"], ["idText"]),
        ({"idText": "i", "place": "g", "wanted": {"size": 1}, "leaf": {"note": "n"}}, ["leaf.size"], []),
        (
            {"idText": "i", "place": "g", "wanted": {"size": 1}, "entries": [{"name": "e", "leaf": {}}, {"leaf": {}}]},
            ["entries[e].leaf.size", "entries[1].name", "entries[1].leaf.size"],
            ["entries[1].name"],
        ),
        (
            {
                "idText": "i",
                "place": "g",
                "wanted": {"size": 1},
                "entries": [{"name": "e", "absent": True, "leaf": {}}],
            },
            [],
            [],
        ),
    ],
)
def test_what_creating_and_what_finding_needs_is_named_by_path(
    document: dict[str, Any], needed: list[str], always: list[str]
) -> None:
    assert sorted(missing(SHAPE, document)) == sorted(needed)
    assert sorted(missing(SHAPE, document, always=True)) == sorted(always)


@pytest.mark.parametrize("kind", registry().values(), ids=lambda kind: kind.__name__)
def test_every_field_of_every_kind_is_optional_in_python_and_described(kind: type[Resource]) -> None:
    models = {inner.model for _, inner in kind.shape().walk() if inner.model}
    for model in models:
        for name, info in model.model_fields.items():
            assert not info.is_required() or model.__name__ == "ByName", f"{model.__name__}.{name}: use Required()"
            assert name == "metadata" or info.description, f"{model.__name__}.{name} is undescribed"
    assert kind.__doc__


@pytest.mark.parametrize("kind", registry().values(), ids=lambda kind: kind.__name__)
def test_the_key_of_every_keyed_list_is_a_field_of_its_items(kind: type[Resource]) -> None:
    for path, inner in kind.shape().walk():
        if inner.form == "keyed" and inner.key:
            assert inner.item is not None
            mark = inner.item.fields[inner.key].mark(Required)
            assert mark is not None, path
            assert mark.always, path
            assert "absent" in inner.item.fields, path


def test_a_shape_is_made_once() -> None:
    assert shape_of(Tree) is shape_of(Tree)

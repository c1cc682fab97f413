"""What the kinds say of themselves, in Markdown: for the reference pages and for ``cspctl explain``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cspctl.changes import FREE_PURCHASES
from cspctl.fields import Default, Grants, Immutable, NotCompared, RefTo, Required, Shape
from cspctl.kinds import registry
from cspctl.part import Metadata
from cspctl.resource import Resource
from cspctl.schema import fields_of, kind_schema, metadata_fields

WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true` or `false`"}
SOURCE = "Source: "
Schema = dict[str, Any]
Link = Callable[[str], str]
"""How the name of a kind is written."""


@dataclass(frozen=True)
class Field:
    """A field as it is described: its path (``subnets[].name``), its type, and when it is needed."""

    path: str
    type: str
    needed: str
    said: str
    marks: tuple[str, ...] = ()
    """Short sentences about what the engine does with it."""


def said(kind: type[Resource]) -> list[str]:
    """The paragraphs about a kind."""
    return [paragraph for paragraph in _paragraphs(kind) if not paragraph.startswith(SOURCE)]


def summary(kind: type[Resource]) -> str:
    """The first sentence about a kind, without its full stop."""
    return said(kind)[0].partition(". ")[0].rstrip(".")


def source(kind: type[Resource]) -> str:
    """The address of the vendor's description, or an empty text."""
    return next((p.removeprefix(SOURCE) for p in _paragraphs(kind) if p.startswith(SOURCE)), "")


def fields(kind: type[Resource], link: Link = str) -> Iterator[Field]:
    """Every field of ``spec``, each above those inside it."""
    schema = kind_schema(kind)
    for path, shape, text in fields_of(kind):
        found = _schema_at(schema["properties"]["spec"], path, schema["$defs"])
        marks = tuple(_marks(path.rpartition(".")[2], shape))
        yield Field(path, _type(shape, found, schema["$defs"], link), _needed(shape), text, marks)


def metadata(link: Link = str) -> Iterator[Field]:
    """The fields of ``metadata``, which all kinds share."""
    properties = Metadata.model_json_schema(by_alias=True)["properties"]
    for path, shape, text in metadata_fields():
        yield Field(path, "map" if path == "formerly" else _type(shape, properties[path], {}, link), "", text)


def _paragraphs(kind: type[Resource]) -> list[str]:
    text = re.sub(r"\n[ ]+", "\n", (kind.__doc__ or "").strip())
    return [paragraph.replace("\n", " ") for paragraph in text.split("\n\n")]


def behaviour(kind: type[Resource], link: Link = str) -> Iterator[str]:
    """Sentences about what the engine does with it."""
    if kind.per_customer:
        yield "Belongs to a customer: `metadata.customer` names it."
    else:
        yield "Belongs to the partner: `metadata.customer` is not given."
    if parents := [shape.ref for _, shape, _ in fields_of(kind) if shape.ref and shape.ref.parent]:
        yield f"Lives in {_one(parents[0], link)}."
        if others := " and ".join(_one(mark, link) for mark in parents[1:]):
            yield f"Cannot be looked for before what it refers to exists: {others}."
    if kind.paid:
        yield (
            f"Creating one is a purchase: more than {FREE_PURCHASES} purchases in one run need `--allow-purchase N`."
        )
    if kind.protected:
        yield "Protected: it is not deleted unless `metadata.protect: false` allows it."
    immutable = [path for path, shape, _ in fields_of(kind) if shape.mark(Immutable)]
    identity = {"name", "resourceGroup", "subscription"} & set(immutable)
    if identity:
        telling = [path for path, shape, _ in fields_of(kind) if path in identity or _tells_apart(path, shape)]
        names = ", ".join(f"`{path}`" for path in telling) + (" says" if len(telling) == 1 else " say")
        yield (
            f"{names} which one is meant: another value means another {kind.nouns[0]}, and the old one stays, "
            "unless `metadata.formerly` says that it is the same."
        )
        immutable = [path for path in immutable if path not in identity]
    if immutable:
        names = ", ".join(f"`{path}`" for path in immutable)
        if kind.replaceable:
            yield f"A change of {names} replaces it: deleted, then created with all that it had. The plan shows `-/+`."
        else:
            yield f"A change of {names} is a planning error that says why: it cannot be replaced."
    if kind.one_time_secrets:
        names = ", ".join(f"`{name}`" for name in kind.one_time_secrets)
        yield f"Creating one returns {names} once. It is kept below `.cspctl/secrets`, readable by its owner alone."
    if kind.detail_fields:
        names = ", ".join(f"`{name}`" for name in sorted(kind.detail_fields))
        yield f"Mentioning {names} costs further reads per {kind.nouns[0]}; a list does not contain them."
    if kind.settles:
        yield f"When a create was cut off, not finding it proves nothing for {_minutes(kind.settles)}: cspctl waits."


def _tells_apart(path: str, shape: Shape) -> bool:
    """Whether it is found by this field: nothing can be looked for without it."""
    required: Required | None = shape.mark(Required)
    return bool(required and required.always) and "." not in path


def _minutes(time: timedelta) -> str:
    return f"{int(time.total_seconds() // 60)} minutes"


def _kinds(mark: RefTo, link: Link) -> str:
    return " or ".join(link(kind) for kind in mark.kinds)


def _one(mark: RefTo, link: Link) -> str:
    return f"{'an' if mark.kinds[0][0] in 'AEIO' else 'a'} {_kinds(mark, link)}"


def _needed(shape: Shape) -> str:
    required: Required | None = shape.mark(Required)
    if required:
        return "always" if required.always else "to create"
    return "always" if shape.ref and shape.ref.parent and not shape.ref.implied else ""


def _marks(name: str, shape: Shape) -> Iterator[str]:
    if immutable := shape.mark(Immutable):
        yield f"Cannot change: {immutable.why}."
    if shape.mark(NotCompared) and name != "absent":
        yield "Never a difference."
    if shape.mark(Grants):
        yield "Gives rights."
    default: Default | None = shape.mark(Default)
    if default:
        yield f"Default: `{_value(default.value)}`."


def _value(value: Any) -> str:
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _type(shape: Shape, schema: Schema, definitions: Mapping[str, Schema], link: Link) -> str:
    if shape.ref and not any(kind in registry() for kind in shape.ref.kinds):
        return f"{'list of full Azure ids' if shape.form != 'scalar' else 'full Azure id'} of {_one(shape.ref, link)}"
    if shape.ref:
        return f"{'list of references' if shape.form != 'scalar' else 'reference'} to {_kinds(shape.ref, link)}"
    match shape.form:
        case "object" if len([o for o in schema.get("anyOf", ()) if o.get("type") != "null"]) < 2:
            return "object"
        case "map":
            return "map of text"
        case "keyed":
            return f"list by `{shape.key}`" if shape.key else "list of text, merged item by item"
        case "list" | "set":
            return "list of text" + (", in any order" if shape.form == "set" else "")
        case _:
            return " or ".join(dict.fromkeys(_scalar(schema, definitions))) or "text"


def _scalar(schema: Schema, definitions: Mapping[str, Schema]) -> Iterator[str]:
    if "$ref" in schema:
        inner = definitions[schema["$ref"].rpartition("/")[2]]
        yield "`{" + ", ".join(f"{name}: …" for name in inner["properties"]) + "}`"
    for option in schema.get("anyOf", ()):
        yield from _scalar(option, definitions)
    if values := schema.get("enum"):
        yield from (f"`{value}`" for value in values if value is not None)
    elif schema.get("format") == "date":
        yield "date, such as `2026-11-01`"
    else:
        found = schema.get("type", [])
        names = [found] if isinstance(found, str) else [n for n in found if n != "null"]
        yield from (WORDS[n] for n in names if n in WORDS and not (n in ("number", "boolean") and "string" in names))


def _schema_at(schema: Schema, path: str, definitions: Mapping[str, Schema]) -> Schema:
    for name in path.replace("[]", "").split("."):
        schema = _opened(schema, definitions)["properties"][name]
    return schema


def _opened(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """The object schema behind references, ``null`` alternatives and lists."""
    if "$ref" in schema:
        return _opened(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "items" in schema:
        return _opened(schema["items"], definitions)
    for option in schema.get("anyOf", ()):
        if "properties" in (inner := _opened(option, definitions)):
            return inner
    return schema

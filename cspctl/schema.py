"""Writes the JSON Schema of every kind from its class: descriptions, required fields, references."""

from __future__ import annotations

import inspect
from typing import Any

from cspctl.fields import Required, Shape, shape_of
from cspctl.kinds import registry
from cspctl.part import Metadata
from cspctl.resource import Resource

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def file_name(kind: type[Resource]) -> str:
    """``virtualnetwork_v1.json``: the version is in the name, because it belongs to the kind."""
    return f"{kind.__name__.lower()}_{kind.manifest_version.rpartition('/')[2]}.json"


def kind_schema(kind: type[Resource]) -> dict[str, Any]:
    """The schema of one manifest of a kind."""
    generated = kind.model_json_schema(by_alias=True)
    definitions = generated.get("$defs", {})
    spec = {
        "type": "object",
        "additionalProperties": False,
        "properties": {n: _field(p) for n, p in generated["properties"].items() if n != "metadata"},
        "description": "What the vendor keeps. Only what is mentioned is compared and written.",
    }
    for definition in definitions.values():
        definition["properties"] = {n: _field(p) for n, p in definition.get("properties", {}).items()}
    _require(kind.shape(), definitions)
    metadata = definitions["Metadata"]
    if not kind.csv_columns:
        metadata["properties"].pop("csv")
    if kind.per_customer:
        metadata["required"] = ["name", "customer"]
    else:
        metadata["properties"].pop("customer")
    if kind.csv_columns:
        metadata["required"].remove("name")
        metadata["oneOf"] = [{"required": ["name"]}, {"required": ["csv"]}]
    absent = {"properties": {"metadata": {"properties": {"absent": {"const": True}}, "required": ["absent"]}}}
    # What may only ever be found needs no more than what says which one is meant.
    names = _required(kind.shape(), always=kind.found_only is not Resource.found_only)
    return {
        "$schema": DRAFT,
        "title": kind.__name__,
        "description": inspect.cleandoc(kind.__doc__ or ""),
        "type": "object",
        "additionalProperties": False,
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {
            "apiVersion": {"const": kind.manifest_version},
            "kind": {"const": kind.__name__},
            "metadata": {"$ref": "#/$defs/Metadata"},
            "spec": spec,
        },
        "if": absent,
        "else": _needed(kind, names),
        "$defs": dict(sorted(definitions.items())),
    }


def _needed(kind: type[Resource], names: list[str]) -> dict[str, Any]:
    """What the spec must have; where a CSV file stands behind a manifest, its columns fill in the rest."""
    needed: dict[str, Any] = {"required": ["spec"] if names else [], "properties": {"spec": {"required": names}}}
    if not kind.csv_columns:
        return needed
    rest = [name for name in names if name not in kind.csv_columns.values()]
    return {
        "if": {"properties": {"metadata": {"required": ["csv"]}}},
        "then": {"required": ["spec"] if rest else [], "properties": {"spec": {"required": rest}}},
        "else": needed,
    }


def all_schemas() -> dict[str, dict[str, Any]]:
    """Every schema by its file name, and one that accepts a manifest of any kind."""
    schemas = {file_name(kind): kind_schema(kind) for kind in registry().values()}
    whole = {
        "$schema": DRAFT,
        "title": "A cspctl manifest",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {"kind": {"enum": list(registry())}},
        "allOf": [
            {
                "if": {"required": ["kind"], "properties": {"kind": {"const": kind.__name__}}},
                "then": {"$ref": file_name(kind)},
            }
            for kind in registry().values()
        ],
    }
    return {**schemas, "manifest.json": whole}


def _field(schema: dict[str, Any]) -> dict[str, Any]:
    """A field as an editor should see it: null removes it, and unquoted numbers are text where text is wanted."""
    schema = _texts({name: value for name, value in schema.items() if name not in ("title", "default")})
    if options := schema.get("anyOf"):
        options = [_field(option) for option in options]
        if len(options) == 2 and {"type": "null"} in options and "$ref" not in options[0]:
            merged = {**options[0], "type": [*_as_list(options[0].get("type", "string")), "null"]}
            if "enum" in merged:
                merged["enum"] = [*merged["enum"], None]
            if "const" in merged:
                merged["enum"] = [merged.pop("const"), None]
            del schema["anyOf"]
            return {**merged, **schema}
        schema["anyOf"] = options
    return schema


def _texts(schema: dict[str, Any]) -> dict[str, Any]:
    """Text may be written without quotes, also where it looks like a number or a truth value."""
    if schema.get("type") == "string" and not ({"enum", "const", "format"} & schema.keys()):
        return {**schema, "type": ["string", "number", "boolean"]}
    for name in ("additionalProperties", "items"):
        if isinstance(inner := schema.get(name), dict):
            schema = {**schema, name: _field(inner)}
    return schema


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _required(shape: Shape, always: bool = False) -> list[str]:
    names = []
    for name, field in shape.fields.items():
        required: Required | None = field.mark(Required)
        needed = required and (required.always or not always)
        inner = field.form == "object" and any(s.mark(Required) and s.mark(Required).always for _, s in field.walk())
        if needed or inner or (field.ref and field.ref.parent and not field.ref.implied):
            names.append(name)
    return names


def _require(shape: Shape, definitions: dict[str, Any]) -> None:
    for _, inner in shape.walk():
        part = inner.item if inner.item and inner.item.model else inner
        definition = definitions.get(part.model.__name__) if part.model else None
        if definition and (names := _required(part)):
            if "absent" in definition["properties"]:
                definition["if"] = {"properties": {"absent": {"const": True}}, "required": ["absent"]}
                definition["then"] = {"required": _required(part, always=True)}
                definition["else"] = {"required": names}
            else:
                definition["required"] = names


def fields_of(kind: type[Resource]) -> list[tuple[str, Shape, str]]:
    """Every field of a kind as (path, shape, description), for the reference pages."""
    rows: list[tuple[str, Shape, str]] = []
    _rows(kind.shape(), kind, "", rows)
    return rows


def metadata_fields() -> list[tuple[str, Shape, str]]:
    """The fields of ``metadata``, which all kinds share."""
    rows: list[tuple[str, Shape, str]] = []
    _rows(shape_of(Metadata), Metadata, "", rows)
    return rows


def _rows(shape: Shape, model: Any, path: str, rows: list[tuple[str, Shape, str]]) -> None:
    for name, info in model.model_fields.items():
        alias = info.alias or name
        if alias not in shape.fields:
            continue
        field = shape.fields[alias]
        here = f"{path}{alias}" + ("[]" if field.item and field.item.model else "")
        rows.append((here, field, info.description or ""))
        inner = field if field.model else field.item
        if inner and inner.model:
            _rows(inner, inner.model, f"{here}.", rows)

"""Reads Microsoft's published definitions (Swagger 2.0) and says where a request or an answer departs from them."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SPECS = Path(__file__).parents[1].parent / "shared" / "reference" / "arm" / "specs" / "specification"
KEYWORDS = ("type", "enum", "minimum", "maximum", "minLength", "maxLength", "pattern", "minItems", "maxItems")


@dataclass(frozen=True)
class Operation:
    """One method of one path of one definition file."""

    file: Path
    path: str
    version: str
    method: str
    definition: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.definition.get("operationId"))

    def examples(self) -> list[Path]:
        """Return the files of Microsoft's examples for the operation that are there."""
        named = self.definition.get("x-ms-examples", {}).values()
        files = [(self.file.parent / each["$ref"]).resolve() for each in named]
        return [file for file in files if file.exists()]


class Definitions:
    """All definition files below a folder."""

    def __init__(self, folder: Path = SPECS) -> None:
        self._operations: list[tuple[re.Pattern[str], Operation]] = []
        for file in sorted(folder.rglob("*.json")):
            if "examples" not in file.parts:
                self._add(file)
        # Fixed text first: /…/resourceGroups/{name} is not meant by /{resourceId}.
        self._operations.sort(key=lambda each: (".+" in each[0].pattern, each[0].pattern.count("[^/]+")))

    def _add(self, file: Path) -> None:
        document = _read(file)
        for path, methods in [*document.get("paths", {}).items(), *document.get("x-ms-paths", {}).items()]:
            shared = methods.get("parameters", [])
            for method, definition in methods.items():
                if method == "parameters":
                    continue
                definition = {**definition, "parameters": [*shared, *definition.get("parameters", [])]}
                whole = Operation(file, path, document["info"]["version"], method.upper(), definition)
                self._operations.append((_pattern(path), whole))

    def operations(self, *ids: str) -> list[Operation]:
        """Return the operations with these ids."""
        return [operation for _, operation in self._operations if operation.id in ids]

    def find(self, method: str, path: str, api_version: str) -> Operation | None:
        """Return the operation that a request addresses."""
        bare = path.partition("?")[0]
        for pattern, operation in self._operations:
            if (operation.method, operation.version) == (method.upper(), api_version) and pattern.fullmatch(bare):
                return operation
        return None

    def request_errors(self, method: str, path: str, api_version: str, body: Any) -> list[str]:
        """Say what is wrong with a request: unknown or read-only members, wrong types, missing ones."""
        operation = self.find(method, path, api_version)
        if operation is None:
            return [f"{method} {path} {api_version}: no such operation"]
        parameters = [_resolved(each, operation.file) for each in operation.definition["parameters"]]
        found = next(((each, file) for each, file in parameters if each.get("in") == "body"), None)
        if found is None:
            return [] if body is None else [f"{operation.id} takes no body"]
        if body is None:
            return [f"{operation.id} needs a body"] if found[0].get("required") else []
        return _errors(found[0]["schema"], found[1], body, request=True)

    def response_errors(
        self, method: str, path: str, api_version: str, status: int, body: Any, headers: dict[str, str]
    ) -> list[str]:
        """Say what is wrong with an answer: its status, its body, the headers of a long-running operation."""
        operation = self.find(method, path, api_version)
        if operation is None:
            return [f"{method} {path} {api_version}: no such operation"]
        responses = operation.definition["responses"]
        declared = responses.get(str(status)) or (responses.get("default") if status >= 400 else None)
        if declared is None:
            return [f"{operation.id} does not answer {status}"]
        errors = _operation_headers(operation, status, {name.lower(): value for name, value in headers.items()})
        response, file = _resolved(declared, operation.file)
        if "schema" not in response:
            return errors if body is None else [*errors, f"{operation.id} has no body with {status}"]
        if body is None:
            return errors if method.upper() == "HEAD" else [*errors, f"{operation.id} has a body with {status}"]
        return errors + _errors(response["schema"], file, body, request=False)


def _operation_headers(operation: Operation, status: int, headers: dict[str, str]) -> list[str]:
    long_running = operation.definition.get("x-ms-long-running-operation")
    if not long_running or status != 202:
        return []
    errors = []
    if not {"location", "azure-asyncoperation"} & headers.keys():
        errors.append(f"{operation.id}: 202 without a URL to watch")
    if not headers.get("retry-after", "").isdigit() or int(headers["retry-after"]) < 1:
        errors.append(f"{operation.id}: 202 without Retry-After of at least 1")
    return errors


@functools.cache
def _read(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8-sig"))  # type: ignore[no-any-return]


def _pattern(path: str) -> re.Pattern[str]:
    whole = re.compile(r"\{(scope|resourceId|parentResourcePath)\}")
    literal = re.escape(path.rstrip("/")).replace(r"\{", "{").replace(r"\}", "}")
    text = re.sub(r"\{[^}]+\}", "[^/]+", whole.sub(".+", literal))
    return re.compile(text + "/?", re.IGNORECASE)


def _resolved(value: dict[str, Any], file: Path) -> tuple[dict[str, Any], Path]:
    """Follow a $ref, if it is one; return what it leads to and the file that is in."""
    reference = value.get("$ref")
    if reference is None:
        return value, file
    name, _, pointer = reference.partition("#")
    target = (file.parent / name).resolve() if name else file
    found: Any = _read(target)
    for step in pointer.strip("/").split("/"):
        found = found[step]
    return _resolved(found, target)


def _errors(schema: dict[str, Any], file: Path, body: Any, *, request: bool) -> list[str]:
    found = _validator(json.dumps(schema), file, request).iter_errors(body)
    return [f"{'.'.join(map(str, error.absolute_path)) or 'body'}: {error.message[:300]}" for error in found]


@functools.cache
def _validator(schema: str, file: Path, request: bool) -> Draft202012Validator:
    return Draft202012Validator(_Conversion(request).whole(json.loads(schema), file))


class _Conversion:
    """Makes a JSON Schema of a Swagger schema; unknown members are errors where members are declared."""

    def __init__(self, request: bool) -> None:
        self.request = request
        self.definitions: dict[str, Any] = {}

    def whole(self, schema: dict[str, Any], file: Path) -> dict[str, Any]:
        return {**self._convert(schema, file), "$defs": self.definitions}

    def _convert(self, schema: dict[str, Any], file: Path) -> dict[str, Any]:
        if "$ref" not in schema:
            return self._plain(schema, file)
        found, where = _resolved(schema, file)
        name = f"{where.name}{schema['$ref'].partition('#')[2]}".replace("/", ".")
        if name not in self.definitions:
            self.definitions[name] = {}  # stands here while definitions that lead back to themselves are read
            self.definitions[name] = self._plain(found, where)
        return {"$ref": f"#/$defs/{name}"}

    def _plain(self, schema: dict[str, Any], file: Path) -> dict[str, Any]:
        converted: dict[str, Any] = {key: schema[key] for key in KEYWORDS if key in schema}
        if "items" in schema:
            converted["items"] = self._convert(schema["items"], file)
        members, needed, is_open = self._members(schema, file)
        if members:
            converted["properties"] = {name: self._convert(each, where) for name, (each, where) in members.items()}
            converted["required"] = [name for name in needed if name in members]
        if isinstance(schema.get("additionalProperties"), dict):
            converted["additionalProperties"] = self._convert(schema["additionalProperties"], file)
        elif members and not is_open:
            converted["additionalProperties"] = False
        return converted

    def _members(
        self, schema: dict[str, Any], file: Path
    ) -> tuple[dict[str, tuple[dict[str, Any], Path]], list[str], bool]:
        """Return the members of an object with those it inherits, the required ones, whether others are allowed."""
        members: dict[str, tuple[dict[str, Any], Path]] = {}
        needed, is_open = list(schema.get("required", [])), "additionalProperties" in schema
        for each in schema.get("allOf", []):
            inherited = self._members(*_resolved(each, file))
            members |= inherited[0]
            needed += inherited[1]
            is_open = is_open or inherited[2]
        for name, each in schema.get("properties", {}).items():
            if not (self.request and self._is_read_only(each, file)):
                members[name] = (each, file)
        return members, needed, is_open

    def _is_read_only(self, schema: dict[str, Any], file: Path) -> bool:
        return bool(schema.get("readOnly")) or bool(_resolved(schema, file)[0].get("readOnly"))

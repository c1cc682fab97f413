"""Reads YAML 1.2 (core schema) with positions; the only importer of ``yaml``.

Unquoted scalars arrive as :class:`Plain` text, so that the type of the field decides what they mean:
``98052`` is a postal code where text is wanted and a number where a number is wanted, and ``NO`` is Norway.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from cspctl.errors import BadInput, Problem

MAX_BYTES = 5 * 1024 * 1024
MAX_NODES = 200_000
MAX_DEPTH = 40
TAGS = frozenset(
    "tag:yaml.org,2002:" + name
    for name in ("map", "seq", "str", "null", "bool", "int", "float", "timestamp", "merge", "value")
)
IMPLICIT = {
    yaml.ScalarNode: "tag:yaml.org,2002:str",
    yaml.SequenceNode: "tag:yaml.org,2002:seq",
    yaml.MappingNode: "tag:yaml.org,2002:map",
}
NULLS = frozenset({"", "~", "null", "Null", "NULL"})
NEXT_DOCUMENT = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_Base: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Loader(_Base):  # type: ignore[misc] # which of the two it is depends on how PyYAML was built
    """The C loader without its guesses: what an unquoted scalar means is decided by the field that receives it."""

    def resolve(self, kind: type[Any], value: Any, implicit: Any) -> str:
        """The tag of a node that has none."""
        return IMPLICIT[kind]

    def descend_resolver(self, node: Any, index: Any) -> None:
        """Tags do not depend on the place."""

    def ascend_resolver(self) -> None:
        """Tags do not depend on the place."""


Place = tuple[str | int, ...]


class Plain(str):
    """The text of an unquoted scalar: the type of the field that receives it decides what it is."""

    __slots__ = ()


@dataclass(frozen=True)
class File:
    """A manifest file as it was read: its name as the user gave it, and its text."""

    name: str
    text: str


@dataclass(frozen=True)
class Document:
    """One YAML document: plain values, the file it came from and the line (from 1) it starts at."""

    file: File
    line: int
    value: Any
    number: int

    @property
    def where(self) -> str:
        """``file:line`` of the document's first line."""
        return f"{self.file.name}:{self.line}"

    def locate(self, path: Place) -> str:
        """``file:line`` of the value at `path`, or of the nearest thing around it that exists."""
        node = _composed(self.file)[self.number]
        line = node.start_mark.line
        for step in path:
            found = _child(node, step)
            if found is None:
                break
            line, node = found
        return f"{self.file.name}:{line + 1}"


def files(paths: Iterable[Path]) -> Iterator[Path]:
    """Every ``*.yaml``/``*.yml`` below the given files and folders, each once, sorted by name.

    Hidden folders and the configuration file ``cspctl.yaml`` are passed over.
    """
    seen: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise BadInput([Problem(str(path), "no such file or folder", "Name a manifest or a folder of them.")])
        found = [path] if path.is_file() else sorted(p for p in path.rglob("*") if _is_manifest(p, path))
        for file in found:
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield file


def _is_manifest(path: Path, root: Path) -> bool:
    inner = path.relative_to(root).parts
    return (
        path.suffix in (".yaml", ".yml")
        and path.name != "cspctl.yaml"
        and not any(p.startswith(".") for p in inner)
        and path.is_file()
    )


def read(path: Path) -> list[Document]:
    """All documents of one file. Raises :class:`BadInput` with every problem found in it."""
    try:
        if (size := path.stat().st_size) > MAX_BYTES:
            what = f"the file has {size:,} bytes; more than {MAX_BYTES:,} are not read"
            raise BadInput([Problem(str(path), what, "Split it into several files.")])
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"{path}:{error.object[: error.start].count(10) + 1}"
        what = f"not UTF-8 text: {error.reason} at byte {error.start}"
        raise BadInput([Problem(where, what, "Save it as UTF-8.")]) from None
    except OSError as error:
        raise BadInput(
            [Problem(str(path), f"cannot be read: {error.strerror}", "Check the file and its rights.")]
        ) from None
    return parse(text, str(path))


def parse(text: str, name: str) -> list[Document]:
    """All documents of a text; `name` stands for the file in messages. Empty documents are left out."""
    file, problems, documents = File(name, text), list[Problem](), list[Document]()
    for number, node in enumerate(_nodes(file)):
        builder = _Builder(name)
        value = builder.build(node)
        problems += builder.problems
        if value is not None:
            documents.append(Document(file, node.start_mark.line + 1, value, number))
    if problems:
        raise BadInput(problems)
    return documents


@lru_cache(maxsize=1)
def _composed(file: File) -> list[Any]:
    """The nodes of the file that was asked about last, up to what cannot be read: a plan asks for many lines of it."""
    nodes: list[Any] = []
    with suppress(BadInput):
        for node in _nodes(file):
            nodes.append(node)
    return nodes


def _nodes(file: File) -> Iterator[Any]:
    _check_depth(file)
    try:
        loader = Loader(file.text)
    except yaml.YAMLError as error:
        raise BadInput([_syntax(file, error)]) from None
    try:
        while loader.check_node():
            yield loader.get_node()
    except yaml.YAMLError as error:
        raise BadInput([_syntax(file, error)]) from None
    finally:
        loader.dispose()


def _check_depth(file: File) -> None:
    # The C composer recurses without a limit of its own. Depth needs either brackets or a long run of indentation
    # and dashes, so the cheap look at the text spares nearly every file the pass over its events.
    longest = max((len(line) - len(line.lstrip(" -?:")) for line in file.text.splitlines()), default=0)
    brackets = max(part.count("[") + part.count("{") for part in NEXT_DOCUMENT.split(file.text))
    if longest < 2 * MAX_DEPTH and brackets < MAX_DEPTH:
        return
    depth = 0
    try:
        for event in yaml.parse(file.text, Loader=Loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                where = f"{file.name}:{event.start_mark.line + 1 if event.start_mark else 1}"
                raise BadInput([Problem(where, f"nested deeper than {MAX_DEPTH} levels", "Flatten the document.")])
    except yaml.YAMLError as error:
        raise BadInput([_syntax(file, error)]) from None


def _syntax(file: File, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    context, problem = getattr(error, "context", None) or "", getattr(error, "problem", None) or str(error)
    line, remedy = mark.line + 1 if mark else 1, "Check indentation, colons and quotes near this line."
    if isinstance(error, yaml.reader.ReaderError):
        found = re.search(yaml.reader.Reader.NON_PRINTABLE, file.text)  # the position is one of bytes, or of characters
        line = file.text[: found.start() if found else 0].count("\n") + 1
        problem, remedy = f"a control character (#x{ord(found[0]) if found else 0:04x})", "Remove it."
        context = ""
    elif "end of stream" in problem and "quoted" in context:
        line = error.context_mark.line + 1  # type: ignore[attr-defined] # a quote has a place where it begins
        problem, context, remedy = "the quote that begins here is never closed", "", "Close it on this line."
    elif mark and "start any token" in problem and file.text.splitlines()[mark.line][mark.column :].startswith("\t"):
        problem, context, remedy = "a tab: YAML is indented with blanks only", "", "Replace the tab by blanks."
    what = " ".join(filter(None, [context, problem])).splitlines()[0]
    return Problem(f"{file.name}:{line}", f"not valid YAML: {what}", remedy)


class _Builder:
    """Turns a node graph into plain values, refusing what YAML 1.2 core does not know and what would explode."""

    def __init__(self, name: str) -> None:
        self.name, self.problems, self.count, self.open = name, list[Problem](), 0, list[Any]()

    def build(self, node: Any) -> Any:
        self.count += 1
        if self.count > MAX_NODES:
            raise BadInput(
                [self._problem(node, f"expands to more than {MAX_NODES:,} values", "Use fewer anchors and aliases.")]
            )
        if len(self.open) > MAX_DEPTH:
            raise BadInput([self._problem(node, f"nested deeper than {MAX_DEPTH} levels", "Flatten the document.")])
        if node.tag not in TAGS:
            self.problems.append(
                self._problem(node, f"unknown tag {node.tag}", "Remove the tag; the field decides the type.")
            )
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if any(node is outer for outer in self.open):
            raise BadInput([self._problem(node, "an alias that contains itself", "Write the value out.")])
        self.open.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node)
            return [self.build(item) for item in node.value]
        finally:
            self.open.pop()

    def _scalar(self, node: Any) -> str | None:
        if node.style:  # quoted or a block: text, whatever it looks like
            return str(node.value)
        return None if node.value in NULLS else Plain(node.value)

    def _mapping(self, node: Any) -> dict[str, Any]:
        lines: dict[str, int] = {}
        result: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.problems.append(self._problem(key, "a key that is not text", "Use a plain name as the key."))
                continue
            if key.value == "<<" and not key.style:
                self.problems.append(
                    self._problem(key, "merge keys (<<) are not part of YAML 1.2", "Write the fields out.")
                )
                continue
            if key.value in lines:
                what = f'key "{key.value}" appears twice; first in line {lines[key.value]}'
                self.problems.append(self._problem(key, what, "Remove one of them."))
                continue
            lines[key.value] = key.start_mark.line + 1
            result[key.value] = self.build(value)
        return result

    def _problem(self, node: Any, what: str, remedy: str) -> Problem:
        return Problem(f"{self.name}:{node.start_mark.line + 1}", what, remedy)


def _child(node: Any, step: str | int) -> tuple[int, Any] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == step:
                return key.start_mark.line, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line, node.value[step]
    return None

"""Turns the rows of a CSV file into documents: one manifest with `metadata.csv` stands for as many as it has rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cspctl.errors import BadInput, Problem
from cspctl.source import MAX_BYTES, Document, Place

DELIMITERS = ",;\t"
"""What spreadsheets put between cells: it depends on the country that they are set to."""
OPTIONAL = frozenset({"First name", "Last name"})
"""Headings of the portal's template whose cells may be empty."""
LONGEST = 50
"""Characters that the portal takes in a cell."""


@dataclass(frozen=True)
class Row(Document):
    """One row as a document: what comes from a cell is located there, everything else in the manifest."""

    table: str = ""
    row: int = 0
    columns: Mapping[str, str] = field(default_factory=dict)
    """The heading under which each field's value stands."""

    @property
    def where(self) -> str:
        """``file:row``."""
        return f"{self.table}:{self.row}"

    def locate(self, path: Place) -> str:
        """``file:row (column)`` of a value that comes from a cell, else ``file:line`` in the manifest."""
        if len(path) > 1 and path[0] == "spec" and path[1] in self.columns:
            return f"{self.where} ({self.columns[str(path[1])]})"
        if path == ("metadata", "name"):
            return self.where
        return super().locate(path)


def expanded(document: Document, columns: Mapping[str, str], handle: str, problems: list[Problem]) -> list[Document]:
    """A document for each row of the file that ``metadata.csv`` names, relative to the manifest.

    `columns` says which field each heading fills (none: the column must be empty); the handle is the part before the
    ``@`` of the field `handle`. What is wrong with single rows is added to `problems`, and the others are returned;
    raises :class:`BadInput` with what is wrong with the file.
    """
    metadata = document.value["metadata"]
    where, name = document.locate(("metadata", "csv")), metadata["csv"]
    if not isinstance(name, str) or not name.strip():
        raise BadInput([Problem(where, "metadata.csv is no name of a file", "Name a file beside the manifest.")])
    path = Path(document.file.name).parent / name
    rows = _rows(path, where)
    number, headings = next(rows, (1, []))
    if wrong := list(_heading_problems(path, number, headings, columns)):
        raise BadInput(wrong)
    known = {_folded(name): (name, target) for name, target in columns.items()}
    fields = [known[_folded(heading)] for heading in headings]
    problems += _overridden(document, columns)
    documents: list[Document] = []
    handles: dict[str, str] = {}
    empty = True
    for number, cells in rows:
        empty = False
        if wrong := list(_cell_problems(path, number, cells, fields, handle)):
            problems += wrong
            continue
        values = {f: cell for (_, f), cell in zip(fields, cells, strict=False) if f and cell}
        named = {f: name for name, f in fields if f in values}
        meta = {**{n: v for n, v in metadata.items() if n != "csv"}, "name": _handle(values.get(handle, ""), handles)}
        value = {**document.value, "metadata": meta, "spec": {**(document.value.get("spec") or {}), **values}}
        documents.append(Row(document.file, document.line, value, document.number, str(path), number, named))
    if empty:
        what = "there is no row below the headings, so the manifest describes nobody"
        raise BadInput([Problem(f"{path}:{number}", what, f"Add rows, or remove the manifest ({document.where}).")])
    return documents


def _rows(path: Path, where: str) -> Iterator[tuple[int, list[str]]]:
    """Every row that is not empty, with the line in which it begins."""
    text = _text(path, where)
    start = len(text) - len(text.lstrip("\r\n"))
    text, start = text[start:], text[:start].count("\n")
    first = text.partition("\n")[0].strip("\r ")
    if found := re.fullmatch(r'"?sep=(.)"?', first, re.IGNORECASE):  # how Excel notes its delimiter
        delimiter, start = found[1], start + 1
        text = text.partition("\n")[2]
    else:
        delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = start
    try:
        for cells in reader:
            number, line = line + 1, start + reader.line_num
            cells = [" ".join(cell.split()) for cell in cells]
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                yield number, cells
    except csv.Error as error:
        problem = Problem(f"{path}:{line + 1}", f"not a CSV row: {error}", "Check the quotes in and around this row.")
        raise BadInput([problem]) from None


def _text(path: Path, where: str) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            what = f"{path} has more than {MAX_BYTES:,} bytes"
            raise BadInput([Problem(where, what, "Split it into several files.")])
        data = path.read_bytes()
    except OSError as error:
        what = f"metadata.csv: {path} cannot be read: {error.strerror}"
        raise BadInput([Problem(where, what, "Name a file beside the manifest.")]) from None
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        what = f"not UTF-8 text: {error.reason} at byte {error.start}"
        remedy = "In the spreadsheet, save it as “CSV UTF-8”."
        raise BadInput([Problem(f"{path}:{line}", what, remedy)]) from None
    if "\0" in text:
        raise BadInput([Problem(str(path), "a NUL character: this is no text", "Save it as “CSV UTF-8”.")])
    return text


def _folded(heading: str) -> str:
    return re.sub(r"[\W_]", "", heading).casefold()


def _heading_problems(path: Path, number: int, headings: list[str], columns: Mapping[str, str]) -> Iterator[Problem]:
    where, known = f"{path}:{number}", {_folded(name): name for name in columns}
    expected = f"The first row has the headings {', '.join(columns)}."
    if not headings:
        yield Problem(where, "the file is empty", expected)
        return
    if not any(_folded(heading) in known for heading in headings):
        yield Problem(where, "the first row holds none of the headings", expected)
        return
    seen: set[str] = set()
    for column, heading in enumerate(headings, 1):
        name = known.get(_folded(heading))
        if name is None:
            yield Problem(f"{where} (column {column})", f'unknown heading "{heading[:60]}"', expected)
        elif name in seen:
            yield Problem(f"{where} (column {column})", f'heading "{heading}" appears twice', "Remove one of them.")
        seen.add(name or "")
    for name in columns:
        if columns[name] and name not in seen and name not in OPTIONAL:
            yield Problem(where, f'no column "{name}"', expected)


def _cell_problems(
    path: Path, number: int, cells: list[str], fields: list[tuple[str, str]], handle: str
) -> Iterator[Problem]:
    for index, cell in enumerate(cells):
        if index >= len(fields):
            what = f'"{cell[:60]}" stands beyond the last heading'
            yield Problem(f"{path}:{number} (column {index + 1})", what, "Remove it, or quote the cell with the comma.")
            continue
        name, target = fields[index]
        if not target and cell:
            yield Problem(f"{path}:{number} ({name})", f'"{cell[:60]}": this column must be empty', "Empty the cell.")
        elif cell.startswith("="):
            what = f'"{cell[:60]}" begins like a formula, which a spreadsheet would compute'
            yield Problem(f"{path}:{number} ({name})", what, "Write the value itself.")
        elif len(cell) > LONGEST and target != handle:
            what = f"{len(cell)} characters; the portal takes {LONGEST}"
            yield Problem(f"{path}:{number} ({name})", what, "Shorten it.")
    for index, (name, target) in enumerate(fields):
        if target and name not in OPTIONAL and not (index < len(cells) and cells[index]):
            yield Problem(f"{path}:{number} ({name})", "the cell is empty", "Fill it, or remove the row.")


def _overridden(document: Document, columns: Mapping[str, str]) -> Iterator[Problem]:
    spec = document.value.get("spec")
    always = {target for name, target in columns.items() if target and name not in OPTIONAL}
    for name in spec if isinstance(spec, dict) else ():
        if name in always:
            what = f"spec.{name}: each row of the CSV file has its own"
            yield Problem(document.locate(("spec", name)), what, f"Remove '{name}:'.")


def _handle(text: str, taken: dict[str, str]) -> str:
    """A handle from the part of a mail address before the ``@``; of two in different domains, from all of it.

    `taken` has the address that each handle of the file was made of, and learns this one.
    """
    text = text.casefold()
    local, _, domain = text.partition("@")
    for part in (local, f"{local}-{domain}"):
        handle = re.sub(r"[^a-z0-9._-]+", "-", part).lstrip("._-")[:80] or "user"
        if taken.setdefault(handle, text) == text:
            return handle
    return handle


def wants_rows(document: Document) -> bool:
    """Whether a document stands for the rows of a file."""
    metadata: Any = document.value.get("metadata") if isinstance(document.value, dict) else None
    return isinstance(metadata, dict) and metadata.get("csv") is not None

"""``cspctl explain``: the reference pages at the terminal."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence

import click
from rich.text import Text

from cspctl import describe
from cspctl.cli import _complete, _session
from cspctl.kinds import registry
from cspctl.resource import Resource
from cspctl.wording import nearest

WIDTH = 100
"""Columns of a text, on a terminal that has as many."""


@click.command("explain")
@click.argument("path", metavar="[KIND[.FIELD]]", required=False, shell_complete=_complete.explained)
def command(path: str | None) -> None:
    """Say what a kind is and what its fields mean; of a field, what is inside it.

    KIND.FIELD goes deeper, such as VirtualNetwork.subnets.addressPrefix. Without KIND: list the kinds.
    """
    if path is None:
        _session.show(_kinds())
        return
    name, _, field = path.partition(".")
    kind = _kind(name)
    _session.show(_field(kind, field) if field and field != "spec" else _whole(kind))


def _kind(name: str) -> type[Resource]:
    known = registry()
    folded = {kind.casefold(): kind for kind in known}
    if name.casefold() not in folded:
        raise click.UsageError(f"unknown kind {name}. {nearest(name, known)}")
    return known[folded[name.casefold()]]


def _kinds() -> Text:
    text = Text()
    width = max(map(len, registry()))
    for name, kind in registry().items():
        text.append(f"{name:{width}s}", "bold").append(f"  {_plain(describe.summary(kind))}\n")
    return text


def _whole(kind: type[Resource]) -> Text:
    text = _titled(kind.__name__, f"apiVersion: {kind.manifest_version}")
    source = describe.source(kind)
    for paragraph in (*describe.said(kind), *([f"Microsoft's description: {source}"] if source else [])):
        text.append(f"{_wrapped(paragraph, '  ')}\n\n")
    text.append("Behaviour\n", "bold")
    for sentence in describe.behaviour(kind):
        text.append(f"{_wrapped(sentence, '    ', '  - ')}\n")
    text.append("\nFields of spec\n", "bold")
    top = [field for field in describe.fields(kind) if "." not in field.path]
    inside = [each for each in describe.fields(kind) if "." in each.path]
    text.append_text(_listed(top))
    if inside:
        parent = inside[0].path.partition(".")[0].replace("[]", "")
        text.append(f"\nWhat is inside a field: cspctl explain {kind.__name__}.{parent}\n")
    return text.append(f"The fields of metadata: cspctl explain {kind.__name__}.metadata\n")


def _field(kind: type[Resource], asked: str) -> Text:
    """A field, and those inside it. `asked` is a dotted path with or without ``spec.``."""
    steps = re.sub(r"\[[^\]]*\]", "", asked).strip(".").split(".")
    if steps[0] == "metadata":
        return _found(kind, steps[1:], list(describe.metadata()), "metadata")
    return _found(kind, steps[1:] if steps[0] == "spec" else steps, list(describe.fields(kind)))


def _found(kind: type[Resource], steps: Sequence[str], fields: Sequence[describe.Field], part: str = "spec") -> Text:
    level: list[describe.Field] = [field for field in fields if "." not in field.path]
    found: describe.Field | None = None
    for step in steps:
        names = {_name(field).casefold(): field for field in level}
        if step.casefold() not in names:
            inside = f"{kind.__name__}.{_dotted(found.path)}" if found else f"{kind.__name__} {part}".strip()
            hint = nearest(step, [_name(field) for field in level])
            raise click.UsageError(f'unknown field "{step}" in {inside}. {hint}')
        found = names[step.casefold()]
        level = [field for field in fields if field.path.rpartition(".")[0] == found.path]
    text = _titled(".".join(filter(None, [kind.__name__, part if part != "spec" else "", *_steps(found)])))
    if found:
        text = text.append_text(_listed([found]))
    if level and found:
        text.append("\nFields inside it\n", "bold")
    return text.append_text(_listed(level))


def _listed(fields: Iterable[describe.Field]) -> Text:
    text = Text()
    for field in fields:
        text.append(f"  {_name(field)}", "cyan").append(f"  {_plain(field.type)}")
        text.append(f"; {_needed(field)}\n" if field.needed else "\n")
        if said := " ".join(filter(None, [field.said, *field.marks])):
            text.append(f"{_wrapped(said, '      ')}\n")
    return text


def _needed(field: describe.Field) -> str:
    return {"always": "always needed", "to create": "needed to create"}.get(field.needed, field.needed)


def _name(field: describe.Field) -> str:
    return field.path.rpartition(".")[2].removesuffix("[]")


def _steps(field: describe.Field | None) -> Iterator[str]:
    if field:
        yield _dotted(field.path)


def _dotted(path: str) -> str:
    return path.replace("[]", "")


def _titled(title: str, beside: str = "") -> Text:
    return Text().append(title, "bold").append(f"  {beside}\n\n" if beside else "\n\n")


def _plain(markdown: str) -> str:
    """Without the marks that only a page shows."""
    return markdown.replace("`", "")


def _wrapped(text: str, indent: str, first: str | None = None) -> str:
    return textwrap.fill(
        _plain(text),
        min(WIDTH, _session.console().width) if sys.stdout.isatty() else WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )

"""What the shell offers behind options and arguments: silent, quick, and whatever state the manifests are in."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

PATIENCE = 1.0
"""Seconds after which what has been read so far has to do."""
HARMLESS = re.compile(r"[\w.,:=@/+-]+")
"""What a shell takes as one word; bash would expand others."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
"""What a manifest may call something; what is misspelt is not offered."""
Offers = list[CompletionItem[str]]


def keys(ctx: click.Context, _param: click.Parameter, incomplete: str) -> Offers:
    """The keys of the manifests; when no key begins so, those without their customer."""
    found = [key for _, key, _ in _manifests(ctx)]
    if offers := _offered(incomplete, found):
        return offers
    return _offered(incomplete, (key.partition("/")[2] for key in found if key.count("/") == 2))


def customers(ctx: click.Context, _param: click.Parameter, incomplete: str) -> Offers:
    """The customers of the manifests."""
    return _offered(incomplete, sorted({customer for customer, _, _ in _manifests(ctx) if customer}))


def labels(ctx: click.Context, _param: click.Parameter, incomplete: str) -> Offers:
    """The labels of the manifests."""
    return _offered(incomplete, sorted({label for _, _, labels in _manifests(ctx) for label in labels}))


def kinds(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> Offers:
    """The kinds."""
    return [CompletionItem(name, help=said) for name, said in _described() if _begins(name, incomplete)]


def explained(ctx: click.Context, _param: click.Parameter, incomplete: str) -> Offers:
    """The kinds and, behind a kind, the next step of a field's path."""
    from cspctl.kinds import registry
    from cspctl.schema import fields_of, metadata_fields

    name, dot, path = incomplete.partition(".")
    if not dot or name not in registry():
        return kinds(ctx, _param, incomplete)
    above = path.rpartition(".")[0]
    fields = [field.replace("[]", "") for field, _, _ in fields_of(registry()[name])]
    fields += ["metadata", *(f"metadata.{field}" for field, _, _ in metadata_fields())]
    return _offered(incomplete, (f"{name}.{field}" for field in fields if field.rpartition(".")[0] == above))


def acts(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> Offers:
    """What people do in the simulator."""
    from cspctl.simulator.people import ACTS

    said = {name: (deed.__doc__ or "").partition(".")[0] for name, deed in ACTS.items()}
    return [CompletionItem(name, help=text) for name, text in said.items() if name.startswith(incomplete)]


def profiles(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> Offers:
    """The profiles of the configuration."""
    from cspctl import source
    from cspctl.config import FILE

    documents = _quietly(lambda: source.read(Path(FILE)), [])
    values = [document.value.get("profiles") for document in documents if isinstance(document.value, dict)]
    return _offered(incomplete, (str(name) for value in values if isinstance(value, dict) for name in value))


def _offered(incomplete: str, words: Iterable[str]) -> Offers:
    return [CompletionItem(word) for word in dict.fromkeys(words) if _begins(word, incomplete)]


def _begins(word: str, incomplete: str) -> bool:
    return word.casefold().startswith(incomplete.casefold()) and bool(HARMLESS.fullmatch(word))


def _described() -> Iterator[tuple[str, str]]:
    from cspctl.describe import summary
    from cspctl.kinds import registry

    return ((name, summary(kind)) for name, kind in registry().items())


def _manifests(ctx: click.Context) -> Iterator[tuple[str, str, list[str]]]:
    """Customer, key and labels of every document that can be read, in the folders given so far or this one."""
    from cspctl import source

    until = time.monotonic() + PATIENCE
    given = ctx.params.get("paths") or ctx.args  # in the second, while an option still waits for its value
    paths = [Path(path) for path in given if Path(path).exists()] or [Path()]
    for file in _quietly(lambda: list(source.files(paths)), []):
        if time.monotonic() > until:
            return
        for document in _quietly(lambda file=file: source.read(file), []):  # type: ignore[misc]
            if found := _named(document.value):
                yield found


def _named(value: Any) -> tuple[str, str, list[str]] | None:
    metadata = value.get("metadata") if isinstance(value, dict) else None
    if not isinstance(metadata, dict) or not value.get("kind") or not metadata.get("name"):
        return None
    kind, name, labels = str(value["kind"]), str(metadata["name"]), metadata.get("labels")
    customer = str(metadata.get("customer") or "")
    if not all(NAME.fullmatch(word) for word in filter(None, (kind, name, customer))):
        return None
    pairs = [f"{label}={text}" for label, text in labels.items()] if isinstance(labels, dict) else []
    return customer or (name if kind == "Customer" else ""), "/".join(filter(None, [customer, kind, name])), pairs


def _quietly(read: Callable[[], list[Any]], otherwise: list[Any]) -> list[Any]:
    """What is wrong with a file is no business of the shell's."""
    from cspctl.errors import CspctlError

    try:
        return read()
    except (CspctlError, OSError):
        return otherwise

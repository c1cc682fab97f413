"""What must hold once an estate has become what its manifests say, however it came to that."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cspctl.cloud.http import derived_id
from reliability.watched import requests
from reliability.worlds import World

ONCE = re.compile(r"\b(created|bought|confirmed|given|granted|assigned|consented)\b")
"""What happens once in a world, in the words of the simulator's ledger. To set the same value again is no harm."""
HARMLESS = ("cart created",)
"""What may happen again: nothing is bought by it."""
GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
BROKEN = ("internal error", "Traceback")
LOST = "was lost with the answer"
READS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN = re.compile(r"login\.|/validations/")
"""Requests that are no reads and change nothing: sign-in, and checks of addresses."""
UNREAD = ("simulator.sqlite", "secrets", "tokens", "out.txt", "err.txt")
"""What holds secrets by its purpose (the simulator's state, the sink, the cache of tokens), or is searched already."""


@dataclass(frozen=True)
class Reference:
    """What an undisturbed run brings about: the effects that happen once, and the secrets that come once."""

    effects: Counter[str]
    secrets: frozenset[str]


def reference(world: World) -> Reference:
    """What a world that was never disturbed has come to."""
    return Reference(_effects(world), frozenset(_secrets(world)))


def violations(world: World, expected: Reference, runs: int) -> Iterator[str]:
    """Everything that is not as it must be."""
    if not runs:
        last = world.runs[-1]
        yield f"it does not end: the last run ({' '.join(last.arguments)}) gave {last.code}: {_end(last.said)}"
    yield from _crashes(world)
    yield from _once(_effects(world), expected.effects if runs else None)
    yield from _lost(world, expected)
    yield from unannounced(world)
    yield from leaks(world)


def _end(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip() and not re.match(r"[A-Z]+ https://", line)]
    return " | ".join(lines[-3:])


def _crashes(world: World) -> Iterator[str]:
    for ran in world.runs:
        for word in BROKEN:
            if word in ran.said:
                yield f"{word}: {ran.said[ran.said.index(word) :][:300]}"
        if ran.code < 0 and ran.code != -9:
            yield f"a run was ended by signal {-ran.code}"


def _effects(world: World) -> Counter[str]:
    with world.opened() as simulator:
        told = [effect for row in simulator.ledger() for effect in row.effects]
    return Counter(GUID.sub("*", effect) for effect in told if ONCE.search(effect) and not effect.startswith(HARMLESS))


def _once(found: Counter[str], expected: Counter[str] | None) -> Iterator[str]:
    """Each creation as often as without any trouble; while it is not done yet, at least not more often."""
    for effect in sorted({*found, *(expected or ())}):
        wanted = expected[effect] if expected is not None else found[effect]
        if found[effect] != wanted:
            yield f"{found[effect]} times instead of {wanted}: {effect}"


def _secrets(world: World) -> Iterator[str]:
    folder = world.kept / "secrets"
    yield from (str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def _lost(world: World, expected: Reference) -> Iterator[str]:
    """Secrets that come once are kept, or a run has said that they are lost, and what to do."""
    said = "".join(ran.said for ran in world.runs)
    for missing in sorted(expected.secrets - set(_secrets(world))):
        if LOST not in said or missing.rpartition(".")[2] not in said:
            yield f"the secret {missing} is neither kept nor reported as lost"


def unannounced(world: World) -> Iterator[str]:
    """Writes that belong to no intent of the journal, and intents that no plan has shown."""
    intents: dict[str, tuple[str, str]] = {}
    for file in sorted((world.kept / "journal").glob("*/*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            if entry["event"] == "intent":
                intents[entry["requestId"]] = (entry["key"][1], entry["key"][2])
    shown = "\n".join(ran.out for ran in world.runs)
    for kind, name in sorted(set(intents.values())):
        if not re.search(rf"^ *([+~>-]|[-+]/[-+]|.) \S*{kind}/{re.escape(name)}\b", shown, re.MULTILINE):
            yield f"{kind}/{name} was announced in the journal and shown by no plan"
    for request in requests(world.place):
        where = f"{request['method']} {request['host']}{request['path']}"
        if request["method"] in READS or OWN.search(where) or request["base"] in intents:
            continue
        paths = {request["path"], re.sub(r"^/(v1\.0|beta)", "", request["path"])}
        if not any(derived_id(base, request["method"], p) == request["base"] for base in intents for p in paths):
            yield f"{where} belongs to no change that the journal has announced"


def planted(world: World) -> set[str]:
    """All secrets of a world: those that sign us in, and those that came into being with what was made."""
    with world.opened() as simulator:
        known = simulator.profile
    kept = (world.kept / "secrets").rglob("*")
    texts = {file.read_text(encoding="utf-8").strip() for file in kept if file.is_file()}
    return {known["clientSecret"], known["refreshToken"], *texts} - {""}


def leaks(world: World, also: Iterable[str] = ()) -> Iterator[str]:
    """Files and outputs that hold one of the planted secrets, or a token."""
    secrets = planted(world) | set(also)
    for ran in world.runs:
        if place := _place(ran.said, secrets):
            yield f"a secret is in what {' '.join(ran.arguments[:-1])} printed: {place}"
    for file in world.folder.rglob("*"):
        parts = file.relative_to(world.folder).parts
        if not file.is_file() or any(part.startswith(UNREAD) for part in parts):
            continue
        if place := _place(file.read_text(encoding="utf-8", errors="replace"), secrets):
            yield f"a secret is in the file {file.relative_to(world.folder)}: {place}"


def _place(text: str, secrets: Iterable[str]) -> str:
    """What stands before and behind the first secret in a text; nothing without one."""
    secret = next((secret for secret in secrets if secret in text), "")
    if not secret and (token := BEARER.search(text)):
        secret = token[0]
    before, _, after = text.partition(secret) if secret else ("", "", "")
    return f"…{before[-80:]}(here){after[:20]}…" if secret else ""


BEARER = re.compile(r"eyJ[\w-]{20,}\.[\w-]{20,}\.")
"""How every token begins that the simulator signs."""

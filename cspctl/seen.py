"""What one look at the world has found, and how names and ids translate: plain data between observing and planning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cspctl import refs
from cspctl.errors import Problem
from cspctl.fields import RefTo, Shape
from cspctl.refs import Unknown, with_ids
from cspctl.resource import PARTNER, Key, Live, Resource, Scope, Waiting


@dataclass(frozen=True)
class Unread:
    """It could not be looked at, so nothing is known about it: not that it exists, not that it does not."""

    reason: str
    passing: bool = False
    """It is known to become readable soon."""


State = Live[Resource] | Unread | Waiting | None
"""What is known of a resource: it exists, it could not be read, a person must act first, or it does not exist."""


@dataclass
class Seen:
    """What one look at the world has found."""

    at: datetime
    scopes: dict[tuple[str, Scope], Sequence[Live[Resource]] | Unread] = field(default_factory=dict)
    states: dict[Key, State] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    contents: dict[Key, tuple[str, ...]] = field(default_factory=dict)
    matched: set[str] = field(default_factory=set)
    """Ids of what manifests mean, whether or not more could be read of it."""
    calls: int = 0
    manifests: frozenset[Key] = frozenset()
    """All that manifests describe."""
    words: dict[tuple[Key, str], str] = field(default_factory=dict)
    """Per resource, the ids of what it refers to in the vendor's own words."""
    sandbox: bool = False
    """Whether the account is an integration sandbox, with its limits."""
    secrets: set[tuple[Key, str]] = field(default_factory=set)
    sink_trouble: dict[Key, str] = field(default_factory=dict)

    def owner(self, customer: str) -> str:
        """The id of a customer by its handle; the handle itself if that is not known."""
        state = self.states.get(Key(PARTNER, "Customer", customer))
        return state.id if isinstance(state, Live) else customer

    def idof(self, resource: Resource) -> Callable[[str, RefTo], str]:
        """What a reference of this resource means: a vendor id, or an :class:`Unknown` that carries the key."""

        def look_up(text: str, mark: RefTo) -> str:
            ref = refs.parse("", text, mark, resource.key.customer)
            if not ref.keys and not mark.words:
                return text
            for key in ref.keys:
                state = self.states.get(key)
                if isinstance(state, Live):
                    return state.id + ref.suffix
            if mark.words and not any(key in self.manifests for key in ref.keys):
                return self.words.get((resource.key, text), text)
            known = (key for key in ref.keys if key in self.states or key in self.manifests)
            return Unknown("/".join(next(known, ref.keys[0])) + ref.suffix)

        return look_up


class Names:
    """Turns vendor ids back into the names under which manifests know them."""

    def __init__(self, seen: Seen) -> None:
        """Learn the ids of all that exists; what no manifest describes keeps the words that it was referred to in."""
        self._keys = {state.id.casefold(): key for key, state in seen.states.items() if isinstance(state, Live)}
        self._described = seen.states.keys() | seen.manifests
        self._words = {id.casefold(): word for (_, word), id in seen.words.items()}

    def add(self, key: Key, id: str) -> None:
        """Learn the id of something that has come into being."""
        self._keys[id.casefold()] = key

    def learn(self, word: str, id: str) -> None:
        """Learn the id of something that is referred to in the vendor's own words."""
        self._words.setdefault(id.casefold(), word)

    def of(self, shape: Shape, document: Any, customer: str) -> Any:
        """A document with names for ids, as its manifest would write it."""

        def name(text: str, mark: RefTo) -> str:
            whole, part = _parted(text, mark.part)
            key = self._keys.get(whole.casefold())
            if isinstance(text, Unknown):
                key = Key(*text.split("/")[:3])
                part = text.split("/")[4] if mark.part and text.count("/") > 3 else ""
            if key is None:
                return self._words.get(text.casefold(), text) if mark.words else text
            owner = "" if key.customer in (customer, "-") else f"{key.customer}/"
            return self._kind(key, mark) + owner + key.name + (f"/{part}" if part else "")

        return with_ids(shape, document, name)

    def _kind(self, key: Key, mark: RefTo) -> str:
        """``Kind:`` where the bare handle does not say it: not the kind that is meant without, or one of several."""
        others = (key._replace(kind=kind) for kind in mark.kinds if kind != key.kind)
        said = key.kind == mark.kinds[0] and not any(other in self._described for other in others)
        return "" if said else f"{key.kind}:"


def _parted(id: str, part: str) -> tuple[str, str]:
    """The id of the whole and the name of the part, such as a network's and its subnet's."""
    place = id.casefold().rfind(f"/{part}/".casefold()) if part else -1
    return (id[:place], id[place + len(part) + 2 :]) if place >= 0 else (id, "")

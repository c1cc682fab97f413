"""The base of every kind: one frozen model that is manifest schema, shape of what is live, and the verbs.

The contract between the engine and a kind is `docs/contract.md`; what follows is its short form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, Self, TypeVar

from pydantic import PrivateAttr

from cspctl.errors import Problem
from cspctl.fields import Shape, shape_of
from cspctl.part import LIVE, Metadata, Part
from cspctl.source import Document, Place

if TYPE_CHECKING:
    from cspctl.cloud import Cloud

PARTNER = "-"
"""The customer part of a key for what belongs to the partner and not to one customer."""

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Key(NamedTuple):
    """What a resource is called in manifests: unique, stable, and printed ``customer/Kind/handle``.

    What belongs to the partner is printed without a customer: ``Customer/fourth-coffee``.
    """

    customer: str
    kind: str
    name: str

    def __str__(self) -> str:
        """``fourth-coffee/VirtualNetwork/sea-vnet``."""
        return "/".join(self[1:] if self.customer == PARTNER else self)

    @property
    def group(self) -> str:
        """The customer under which a plan shows it: a customer's own manifest belongs to that customer."""
        return self.name if self.kind == "Customer" else self.customer


class Scope(NamedTuple):
    """Where a kind can be listed: the customer whose sign-in is needed (or ``-``), and the id of the parent."""

    customer: str
    path: str


@dataclass(frozen=True)
class Waiting:
    """A step that only a person can take: what, and the link to send."""

    reason: str
    link: str = ""

    def __str__(self) -> str:
        """One sentence, with the link if there is one."""
        return f"{self.reason}: {self.link}" if self.link else self.reason


@dataclass(frozen=True)
class Operation:
    """A long-running operation or an open purchase.

    `url` is what to ask next (a poll URL, a cart, an alias), `customer` whose sign-in that needs (``-``: ours),
    `step` tells a kind with several steps where it stands, `result` is the id it will have brought into being,
    and `after` the seconds to wait before asking.
    """

    url: str
    customer: str
    step: str = ""
    result: str = ""
    after: float = 0

    def as_json(self) -> dict[str, Any]:
        """For the journal."""
        return asdict(self)


@dataclass(frozen=True)
class Broken:
    """A rule that a manifest breaks: the field's path as a plan prints it, what is wrong, what to do."""

    path: str
    what: str
    remedy: str

    def __str__(self) -> str:
        """All of it in one line."""
        return f"{self.what}. {self.remedy}"


class Resource(Part):
    """Base of every kind. All spec fields are optional in Python; `Required` marks what a create needs."""

    metadata: Metadata | None = None

    manifest_version: ClassVar[str] = "cspctl/v1"
    """The `apiVersion` of its manifests; it may rise for one kind alone."""
    per_customer: ClassVar[bool] = True
    """Whether its manifests name a customer; the others belong to the partner."""
    replaceable: ClassVar[bool] = True
    """Whether a change of an immutable field may delete and create it again; if not, it is a planning error."""
    detail_fields: ClassVar[frozenset[str]] = frozenset()
    """Fields that LIST leaves out: one more read per resource, only when one of them is mentioned."""
    settles: ClassVar[timedelta] = timedelta(0)
    """How long "not there" is no evidence after a create."""
    appears: ClassVar[timedelta] = timedelta(minutes=10)
    """How long apply waits for what it has made to become readable before it gives up."""
    paid: ClassVar[bool] = False
    """Whether creating one costs money."""
    lags: ClassVar[bool] = False
    """Whether a list shows later than a read by id what has been made."""
    refuses_twins: ClassVar[bool] = False
    """Whether the service itself refuses a second one: then apply need not look once more before it creates one."""
    protected: ClassVar[bool] = False
    """Whether deletion is refused unless `metadata.protect: false` allows it."""
    begins_harmlessly: ClassVar[bool] = False
    """Whether `create` only opens an operation: as long as that is not known, nothing can have happened."""
    keeps_identity: ClassVar[bool] = False
    """Whether a handle can only mean what it has meant before: a changed identity is a mistake, and no other one."""
    revival: ClassVar[tuple[str, str]] = ("", "")
    """Field and value that bring back what is `gone` but still there."""
    revives: ClassVar[bool] = False
    """Whether describing it is enough to bring it back; if not, the manifest must mention the `revival`."""
    revival_brings: ClassVar[str] = ""
    """What comes back with it that no field shows: a sentence for whoever reviews the plan."""
    twins_are_grave: ClassVar[bool] = False
    """Whether a second one, where the first has only been renamed, would be grave: then a plan asks for a word."""
    sandbox_limit: ClassVar[tuple[int, str]] = (0, "")
    """How many of them an integration sandbox may have, per ``account`` or per ``customer``; 0 is no limit."""
    one_time_secrets: ClassVar[tuple[str, ...]] = ()
    """Names of the secrets that come into being with one of them and are never told again."""
    csv_columns: ClassVar[Mapping[str, str]] = {}
    """For kinds that can be read from a CSV file: the field that each column fills, none for one that must be empty."""
    service: ClassVar[str] = "partner"
    """Which service most of its requests go to, for what its quota allows: `partner`, `arm` or `graph`."""
    calls: ClassVar[int] = 3
    """Requests that creating or changing one takes: read again, write, look at what has come of it."""
    lasts: ClassVar[tuple[float, float]] = (0.1, 0.5)
    """Minutes, from and to, that creating or deleting one takes; for what a plan says it will take."""
    nouns: ClassVar[tuple[str, str]] = ("resource", "resources")
    """What one and several are called in sentences; taken from the class's name."""

    _document: Document | None = PrivateAttr(default=None)

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Derive the nouns: VirtualNetwork is "virtual network"."""
        words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]+", cls.__name__)
        one = " ".join(word if word.isupper() or word == "Azure" else word.lower() for word in words)
        ending = "ies" if one[-1] == "y" and one[-2] not in "aeo" else one[-1] + ("es" if one[-1] == "s" else "s")
        cls.nouns = (one, one[:-1] + ending)

    @classmethod
    def from_live(cls, document: dict[str, Any], metadata: Metadata | None = None) -> Self:
        """Build from a service's answer (or from a document that has been checked): tolerant, never raises."""
        made = cls.model_validate(document, context=LIVE)
        return made.model_copy(update={"metadata": metadata}) if metadata else made

    @classmethod
    def shape(cls) -> Shape:
        """What the engine knows about the fields of this kind."""
        return shape_of(cls)

    @property
    def meta(self) -> Metadata:
        """The metadata of a manifest's resource."""
        assert self.metadata is not None
        return self.metadata

    @property
    def key(self) -> Key:
        """What it is called."""
        meta = self.meta
        return Key(meta.customer or PARTNER, type(self).__name__, meta.name)

    @property
    def where(self) -> str:
        """``file:line`` of its manifest."""
        return self._document.where if self._document else str(self.key)

    def locate(self, *steps: str | int) -> str:
        """``file:line`` of the value at these steps of its manifest, or of the nearest thing around it."""
        return self._document.locate(steps) if self._document else str(self.key)

    def where_is(self, path: str) -> str:
        """``file:line`` of a field in its manifest, by the path that a plan prints (``subnets[app].addressPrefix``)."""
        if self._document is None:
            return str(self.key)
        spec = self._document.value.get("spec")
        return self._document.locate(("spec", *_steps(self.shape(), spec, path)))

    def problem(self, said: str | Broken, remedy: str = "") -> Problem:
        """What is wrong with it, at its manifest's line or, where a field is to blame, at that field's."""
        if isinstance(said, str):
            return Problem(self.where, f"{self.key}: {said}", remedy, self.key.group, str(self.key))
        where = self.where_is(said.path)
        return Problem(where, f"{self.key}: {said.what}", said.remedy, self.key.group, str(self.key))

    def rules(self) -> Iterable[Broken]:
        """What is wrong with this manifest alone, beyond the types of its fields."""
        return ()

    @classmethod
    def is_id(cls, text: str) -> bool:
        """Whether a text can be the vendor's id of one."""
        return bool(GUID.fullmatch(text))

    def scope(self) -> Scope:
        """Where to look for it. References are vendor ids here."""
        raise NotImplementedError

    def identity(self) -> str:
        """Its natural key inside the scope, case-folded. References are vendor ids here."""
        raise NotImplementedError

    def likeness(self) -> str:
        """What else two of them rarely share, such as a person's name; empty if there is nothing of that kind."""
        return ""

    @property
    def kept_secrets(self) -> tuple[str, ...]:
        """Those of the one-time secrets that this very one will have."""
        return self.one_time_secrets

    def look_up(self, cloud: Cloud, field: str, word: str) -> str | Broken:
        """Reads only: the vendor's id of what a reference says in the vendor's own words, or what is wrong with it."""
        raise NotImplementedError

    @property
    def found_only(self) -> bool:
        """Whether it is only ever found, because somebody else brings it into being."""
        return False

    def locks(self) -> frozenset[str]:
        """Ids under which a write of this must be alone."""
        return frozenset()

    @classmethod
    def all(cls, cloud: Cloud, scope: Scope) -> Iterable[Live[Self]]:
        """All that exist in the scope, with few calls. Raises a CloudError when that cannot be known."""
        raise NotImplementedError

    @classmethod
    def read(cls, cloud: Cloud, live: Live[Self], fields: Set[str]) -> Live[Self] | None:
        """One of them again, fresh, with the named detail fields; None when it does not exist."""
        raise NotImplementedError

    def find(self, cloud: Cloud) -> Live[Self] | None:
        """This very thing, if it exists. Kinds that can compute its id ask for that instead of listing."""
        matched = self.match([self], [live for live in self.all(cloud, self.scope()) if live.ours])[0]
        return matched if isinstance(matched, Live) else None

    def found(self, cloud: Cloud, id: str | None, fields: Set[str]) -> Live[Self] | None:
        """What has just been made, by its id or else by its natural key, with the named detail fields."""
        live = Live(id, self, self.meta.customer or PARTNER) if id else self.find(cloud)
        return self.read(cloud, live, fields) if live else None

    @classmethod
    def match(
        cls, wanted: Sequence[Self], found: Sequence[Live[Self]], known: Sequence[str] = ()
    ) -> Sequence[Live[Self] | str | None]:
        """For each wanted one of a scope: what it is live, None, or a sentence saying why that is undecidable.

        `known` has the id that each one had when we last met it, or an empty text.
        """
        by_identity: dict[str, list[Live[Self]]] = {}
        for live in found:
            by_identity.setdefault(live.resource.identity(), []).append(live)
        return [one_of(by_identity.get(resource.identity(), ())) for resource in wanted]

    def preflight(self, cloud: Cloud) -> Iterable[str | Broken | Waiting]:
        """Reads only, before a Create is planned: what forbids it, or what person it waits for."""
        return ()

    def newborn(self, owner: Resource) -> Iterable[Broken]:
        """Pure: what forbids creating it for a customer that is still to be created itself."""
        return ()

    def check(self, live: Live[Self]) -> Iterable[str | Broken]:
        """Pure: what forbids updating `live` to this (the merged) resource."""
        return ()

    @classmethod
    def protection(cls, live: Live[Self]) -> str:
        """Pure: why this very one is protected although its kind is not; empty if it is not."""
        return ""

    @classmethod
    def remark(cls, live: Live[Self], customer: str, now: datetime, managed: bool) -> str:
        """Pure: what a plan says of one that exists, whether or not a manifest describes it; mostly nothing."""
        return ""

    @classmethod
    def contents(cls, cloud: Cloud, live: Live[Self]) -> Iterable[str]:
        """Ids of what would be deleted along with it."""
        return ()

    def create(self, cloud: Cloud) -> str | Operation:
        """Make only the one call that brings it into being; return its id, or the operation that will."""
        raise NotImplementedError

    @classmethod
    def proceed(cls, cloud: Cloud, operation: Operation) -> str | Operation | None:
        """Take an operation one step on: its result's id, None when it is done without one, or itself to wait for."""
        raise NotImplementedError

    def update(self, cloud: Cloud, live: Live[Self], changed: Set[str]) -> Operation | None:
        """Write the `changed` top-level fields; this is `live` with the mentioned fields laid over it."""
        raise NotImplementedError

    @classmethod
    def delete(cls, cloud: Cloud, live: Live[Self]) -> Operation | None:
        """Remove it."""
        raise NotImplementedError


R = TypeVar("R", bound=Resource)


@dataclass(frozen=True)
class Live(Generic[R]):
    """What exists: its id, in our shape, with the untouched payload, and what person it waits for."""

    id: str
    resource: R
    customer: str = PARTNER
    """Whose sign-in a call about it needs: a customer's id, or ``-`` for the partner's own."""
    raw: dict[str, Any] = field(default_factory=dict)
    waiting: Waiting | None = None
    incidental: bool = False
    """It comes along with something else: where no manifest describes it, it is not worth counting."""
    gone: bool = False
    """It still answers, but counts as deleted (a cancelled subscription)."""
    ours: bool = True
    """Whether it is the partner's to manage; what is not is counted and never touched."""


def revived(wanted: dict[str, Any], live: Live[Any] | None) -> dict[str, Any]:
    """What is wanted of something; of what is gone and comes back by being described, that it is back."""
    if live is None or not live.gone or not type(live.resource).revives:
        return wanted
    name, value = type(live.resource).revival
    return {**wanted, name: value}


def one_of(found: Sequence[Live[R]]) -> Live[R] | str | None:
    """The only one, None if there is none, or a sentence that lists the several."""
    if len(found) > 1:
        return f"{len(found)} live {found[0].resource.nouns[1]} match: " + ", ".join(live.id for live in found)
    return found[0] if found else None


def _steps(shape: Shape | None, value: Any, path: str) -> Place:
    """The way to a printed path in a manifest's plain value, as far as the manifest mentions it."""
    path = path.removeprefix(".")
    if shape is None or not path:
        return ()
    if shape.form == "map":  # the rest is one key, which may hold dots
        return (path,) if isinstance(value, dict) and path in value else ()
    if shape.form == "keyed" and isinstance(value, list) and path.startswith("["):
        name, _, rest = path[1:].partition("]")
        keys = [str(i.get(shape.key) if isinstance(i, dict) else i).casefold() for i in value]
        if name.casefold() not in keys:
            return ()
        index = keys.index(name.casefold())
        return (index, *_steps(shape.item, value[index], rest))
    name = re.split(r"[.\[]", path, maxsplit=1)[0]
    if not isinstance(value, dict) or name not in value:
        return ()
    return (name, *_steps(shape.fields.get(name), value[name], path[len(name) :]))

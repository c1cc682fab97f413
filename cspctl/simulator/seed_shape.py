"""Says what a seed may contain, and checks one without doing anything; the only place that knows its keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Place = tuple[str | int, ...]


class SeedError(ValueError):
    """What is wrong with a seed, and where: pairs of a place and a reason."""

    def __init__(self, problems: list[tuple[Place, str]]) -> None:
        """Carry the problems."""
        super().__init__("\n".join(f"{spelt(place)}: {reason}" for place, reason in problems))
        self.problems = problems


def spelt(place: Place) -> str:
    """Return a place as people write it: customers[0].domain."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return text.lstrip(".") or "the seed"


@dataclass(frozen=True)
class _Object:
    """An object: its keys, those it must have, and whether any others are the service's business."""

    keys: dict[str, Any]
    required: tuple[str, ...] = ()
    open: bool = False


@dataclass(frozen=True)
class _List:
    items: _Object


@dataclass(frozen=True)
class _Scalar:
    type: type
    words: str = field(default="")


TEXT, TRUTH = _Scalar(str, "text"), _Scalar(bool, "true or false")
MAP, ANY = _Scalar(dict, "an object"), _Scalar(object)

_RESOURCE = _Object(
    {"type": TEXT, "name": TEXT, "apiVersion": TEXT, "location": TEXT}, required=("type", "name"), open=True
)
_GROUP = _Object(
    {"name": TEXT, "location": TEXT, "tags": MAP, "resources": _List(_RESOURCE)}, required=("name", "location")
)
_ASSIGNMENT = _Object({"role": TEXT, "principal": TEXT, "scope": TEXT}, required=("role", "principal"))
_SUBSCRIPTION = _Object(
    {
        "name": TEXT,
        "tags": MAP,
        "providers": _Scalar(list, "a list"),
        "resourceGroups": _List(_GROUP),
        "roleAssignments": _List(_ASSIGNMENT),
    },
    required=("name",),
)
_USER = _Object(
    {
        "userPrincipalName": TEXT,
        "displayName": TEXT,
        "firstName": TEXT,
        "lastName": TEXT,
        "usageLocation": TEXT,
        "password": TEXT,
        "directoryRoles": _Scalar(list, "a list"),
    },
    required=("userPrincipalName",),
)
_DIRECTORY_GROUP = _Object({"displayName": TEXT, "members": _Scalar(list, "a list")}, required=("displayName",))
_APPLICATION = _Object(
    {"name": TEXT, "role": TEXT, "subscription": TEXT, "permissions": _Scalar(list, "a list")}, required=("name",)
)
_CUSTOMER = _Object(
    {
        "domain": TEXT,
        "companyName": TEXT,
        "email": TEXT,
        "culture": TEXT,
        "language": TEXT,
        "address": MAP,
        "existing": TRUTH,
        "agreement": TRUTH,
        "azurePlan": TRUTH,
        "users": _List(_USER),
        "groups": _List(_DIRECTORY_GROUP),
        "subscriptions": _List(_SUBSCRIPTION),
        "applications": _List(_APPLICATION),
    },
    required=("domain",),
)
SEED = _Object(
    {
        "account": MAP,
        "tenants": _List(_Object({"domain": TEXT, "name": TEXT}, required=("domain",))),
        "customers": _List(_CUSTOMER),
        "people": _List(_Object({"act": TEXT}, required=("act",), open=True)),
    }
)


def checked(seed: Any) -> dict[str, Any]:
    """Return the seed if it has the right shape; raise `SeedError` with everything that is wrong."""
    problems: list[tuple[Place, str]] = []
    _check(SEED, seed, (), problems)
    if not problems:
        _check_references(seed, problems)
    if problems:
        raise SeedError(problems)
    document: dict[str, Any] = seed
    return document


def _check(shape: Any, value: Any, place: Place, problems: list[tuple[Place, str]]) -> None:
    if isinstance(shape, _List):
        if not isinstance(value, list):
            problems.append((place, "a list is needed here"))
            return
        for number, item in enumerate(value):
            _check(shape.items, item, (*place, number), problems)
    elif isinstance(shape, _Object):
        _check_object(shape, value, place, problems)
    elif not isinstance(value, shape.type) or (isinstance(value, bool) and shape.type is not bool and shape is not ANY):
        problems.append((place, f"{shape.words} is needed here"))


def _check_object(shape: _Object, value: Any, place: Place, problems: list[tuple[Place, str]]) -> None:
    if not isinstance(value, dict):
        problems.append((place, "an object is needed here"))
        return
    problems += [(place, f"{name} is missing") for name in shape.required if name not in value]
    for key, inner in value.items():
        if key in shape.keys:
            _check(shape.keys[key], inner, (*place, key), problems)
        elif not shape.open:
            problems.append(((*place, key), f"there is no {key} here; known are {', '.join(shape.keys)}"))


def _check_references(seed: dict[str, Any], problems: list[tuple[Place, str]]) -> None:
    """Refuse what could only fail after a customer has been made: names that nothing in the seed has."""
    for number, customer in enumerate(seed.get("customers", [])):
        place: Place = ("customers", number)
        names = {each["name"] for each in customer.get("subscriptions", [])}
        for index, application in enumerate(customer.get("applications", [])):
            wanted = application.get("subscription")
            if wanted is not None and wanted not in names:
                text = f"the customer has no subscription {wanted} in this seed"
                problems.append(((*place, "applications", index, "subscription"), text))
        if names and customer.get("azurePlan") is False:
            problems.append(((*place, "azurePlan"), "subscriptions need an Azure plan"))

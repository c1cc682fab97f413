"""Kind User."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import quote

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from cspctl.cloud import Cloud
from cspctl.cloud.partner_center import body_of
from cspctl.errors import CloudError, NotFound, NotYet, Unreachable
from cspctl.fields import AnyCase, Default, Grants, Immutable, Keyed, NotCompared, Required, Secret
from cspctl.kinds.partner._directory_roles import NO_ROLE, TEMPLATES, canonical, named
from cspctl.kinds.partner._domains import domain_problems
from cspctl.kinds.partner._licenses import License, license_updates, licenses_of, seat_problems, skus_of
from cspctl.resource import GUID, Broken, Live, Operation, Resource, Scope
from cspctl.secret import SecretRef
from cspctl.wording import nearest

INACTIVE = '{"Field":"UserState","Value":"Inactive","Operator":"equals"}'
PROFILE = frozenset(
    {"userPrincipalName", "displayName", "firstName", "lastName", "usageLocation", "phoneNumber", "immutableId"}
)
"""The fields that a PATCH of the user itself writes."""
FIRST = "admin@"
"""How the name begins of the administrator that Microsoft makes with a new tenant."""
PASSWORD_LENGTH = 20
SYMBOLS = "!#%*+-.:=?@_"
Trimmed = BeforeValidator(lambda value: value.strip() if isinstance(value, str) else value)


def _principal(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", text.strip()):
        raise PydanticCustomError(
            "wrong",
            "that is no user principal name",
            {"remedy": "Write name@domain, with a domain of the customer such as fourthcoffeecsp.onmicrosoft.com."},
        )
    return text.strip()


def _country(text: str) -> str:
    code = text.strip().upper()
    if not re.fullmatch("[A-Z]{2}", code) or code == "UK":
        what = f"{text[:40]!r} is no country code"
        raise PydanticCustomError("wrong", what, {"remedy": "Write its two letters, such as US; Great Britain is GB."})
    return code


def _state(value: Any) -> Any:
    if isinstance(value, str) and value.casefold() == "inactive":
        raise PydanticCustomError(
            "wrong", "a user is deactivated by deleting it", {"remedy": "Write metadata.absent: true instead."}
        )
    return value


def _without_user(value: Any) -> Any:
    """The portal's word "User" means: no role."""
    if isinstance(value, list):
        return [item for item in value if not (isinstance(item, str) and item.strip().casefold() == NO_ROLE)]
    return value


class User(Resource):
    """A user of the customer's directory: names, location, directory roles, licences.

    A deleted user can be restored for 30 days, with all that it had: describing it again restores it. A changed
    `userPrincipalName` is a rename when `metadata.formerly: {userPrincipalName: …}` says so, and never a deletion.
    Without `password`, a first password is generated and kept in the secret sink.

    Many users come from one CSV file, as the portal's form takes it (First name, Last name, Display name, Email, Status
    update): `metadata.csv: staff.csv` in place of `metadata.name`, and in `spec` what all of them share, such as
    `usageLocation`. See examples/scenarios/staff/.

    Source: https://learn.microsoft.com/partner-center/developer/create-user-accounts-for-a-customer
    """

    detail_fields: ClassVar[frozenset[str]] = frozenset({"directoryRoles", "licenses"})
    settles: ClassVar[timedelta] = timedelta(minutes=2)
    lags: ClassVar[bool] = True
    replaceable: ClassVar[bool] = False
    one_time_secrets: ClassVar[tuple[str, ...]] = ("password",)
    revival: ClassVar[tuple[str, str]] = ("state", "active")
    revives: ClassVar[bool] = True
    revival_brings: ClassVar[str] = (
        "restoring it brings back the directory roles, the groups and the licences that it had when it was deleted, "
        "which nobody can see before: look at them afterwards"
    )
    refuses_twins: ClassVar[bool] = True
    twins_are_grave: ClassVar[bool] = True
    csv_columns: ClassVar[Mapping[str, str]] = {
        "First name": "firstName",
        "Last name": "lastName",
        "Display name": "displayName",
        "Email": "userPrincipalName",
        "Status update": "",
    }

    user_principal_name: Annotated[
        str | None, AfterValidator(_principal), AnyCase(), Required(always=True), Field(max_length=113)
    ] = None
    """What the user signs in with: `name@domain`, the domain being one of the customer's. It says which user is
    meant."""
    display_name: Annotated[str | None, Trimmed, Required(), Field(min_length=1, max_length=256)] = None
    """The name as others see it."""
    first_name: Annotated[str | None, Trimmed, Field(max_length=64)] = None
    """Given name."""
    last_name: Annotated[str | None, Trimmed, Field(max_length=64)] = None
    """Family name."""
    usage_location: Annotated[
        str | None, AfterValidator(_country), Required(), Field(json_schema_extra={"minLength": 2, "maxLength": 2})
    ] = None
    """Two-letter code of the country in which services are used; licences need it."""
    phone_number: Annotated[str | None, Trimmed] = None
    """Telephone number."""
    immutable_id: Annotated[str | None, Immutable("it ties the user to an account on premises")] = None
    """The anchor of an account that is synchronised from a directory on premises."""
    password: Annotated[SecretRef | None, Secret(), NotCompared()] = None
    """The first password, as a reference: `{env: NAME, version: 1}`. A changed `version` sets it anew."""
    force_change_password: Annotated[bool | None, NotCompared()] = None
    """Whether the user must choose another password when signing in; `true` if not given."""
    state: Annotated[Literal["active"] | None, BeforeValidator(_state), Default("active"), Grants()] = None
    """`active`. A deleted user that is described again is restored, and this is the field that shows it."""
    directory_roles: Annotated[
        list[Annotated[str, AfterValidator(canonical)]] | None, BeforeValidator(_without_user), Keyed(), Grants()
    ] = None
    """Directory roles by name, such as `Global Administrator`; the portal's words (`Global admin`, `Password`,
    `User management`, `Service admin`) mean the same. Other roles that the user has stay."""
    licenses: Annotated[list[License] | None, Keyed("sku")] = None
    """Licences, told apart by their SKU. Others that the user has stay."""

    def scope(self) -> Scope:
        """The customer's directory."""
        return Scope(self.meta.customer or "", "the directory")

    @classmethod
    def is_id(cls, text: str) -> bool:
        """An object id, or a user principal name."""
        return bool(GUID.fullmatch(text)) or "@" in text

    def identity(self) -> str:
        """The user principal name."""
        return (self.user_principal_name or "").casefold()

    def likeness(self) -> str:
        """The name as others see it."""
        return " ".join((self.display_name or "").casefold().split())

    @property
    def kept_secrets(self) -> tuple[str, ...]:
        """The generated password, unless the manifest says which."""
        return () if self.password else self.one_time_secrets

    @classmethod
    def all(cls, cloud: Cloud, scope: Scope) -> Iterable[Live[Self]]:
        """The active users, and those that were deleted less than 30 days ago."""
        path = f"/v1/customers/{scope.customer}/users?size=500"
        for payload in cloud.partner.all(path, user=True):
            yield cls._live(payload, scope.customer)
        for payload in cloud.partner.all(f"{path}&filter={quote(INACTIVE)}", user=True):
            yield cls._live(payload, scope.customer)

    @classmethod
    def _live(cls, payload: dict[str, Any], customer: str, **more: Any) -> Live[Self]:
        document = {name: payload[name] for name in PROFILE if payload.get(name) not in (None, "")}
        gone = str(payload.get("state", "")).casefold() == "inactive"
        state = {"state": "inactive"} if gone else {}
        resource = cls.from_live({**document, **state, **more.pop("document", {})})
        first = str(payload.get("userPrincipalName", "")).casefold().startswith(FIRST)
        return Live(payload["id"], resource, customer, {**payload, **more}, incidental=first, gone=gone)

    @classmethod
    def read(cls, cloud: Cloud, live: Live[Self], fields: Set[str]) -> Live[Self] | None:
        """One GET, and one more each for roles and licences if they are mentioned."""
        path = f"/v1/customers/{live.customer}/users/{live.id}"
        try:
            payload = cloud.partner.get(path, user=True)
        except NotFound:
            return cls._deleted(cloud, live)
        document: dict[str, Any] = {}
        more: dict[str, Any] = {"document": document}
        if "directoryRoles" in fields:
            roles = cloud.partner.all(f"{path}/directoryroles", user=True)
            document["directoryRoles"] = [named(role["name"], role["id"]) for role in roles]
            more["offered"] = _offered(cloud, live.customer)
        if "licenses" in fields:
            more["skus"] = skus_of(cloud, live.customer)
            document["licenses"] = licenses_of(cloud, live.customer, live.id, more["skus"])
        return cls._live(payload, live.customer, **more)

    @classmethod
    def _deleted(cls, cloud: Cloud, live: Live[Self]) -> Live[Self] | None:
        """A user that may be restored: only the list of such users has it. It shows neither roles nor licences."""
        path = f"/v1/customers/{live.customer}/users?size=500&filter={quote(INACTIVE)}"
        found = (payload for payload in cloud.partner.all(path, user=True) if payload["id"] == live.id)
        return next((cls._live(payload, live.customer) for payload in found), None)

    @classmethod
    def match(
        cls, wanted: Sequence[Self], found: Sequence[Live[Self]], known: Sequence[str] = ()
    ) -> Sequence[Live[Self] | str | None]:
        """By user principal name: the active one, else the deleted one that could be restored."""
        result: list[Live[Self] | str | None] = []
        for one in wanted:
            namesakes = [live for live in found if live.resource.identity() == one.identity()]
            living = [live for live in namesakes if not live.gone]
            if len(namesakes) > 1 and not living:
                dates = ", ".join(f"{live.id} (deleted {live.raw.get('softDeletionTime')})" for live in namesakes)
                result.append(f"{len(namesakes)} deleted users have that name: {dates}; restore one in the portal")
            else:
                result.append(next(iter(living or namesakes), None))
        return result

    def rules(self) -> Iterable[Broken]:
        """Licences need a location."""
        wanted = [item for item in self.licenses or () if not item.absent]
        if wanted and "usage_location" in self.model_fields_set and not self.usage_location:
            yield Broken("usageLocation", "licences need a usageLocation", "Write a country's two-letter code.")

    def preflight(self, cloud: Cloud) -> Iterable[str | Broken]:
        """Is the domain one of the customer's, are there such roles, and seats for the licences?"""
        customer = self.meta.customer or ""
        yield from domain_problems(cloud, customer, self.user_principal_name or "")
        if self.directory_roles:
            yield from _unknown_roles(self.directory_roles, _offered(cloud, customer))
        if self.licenses:
            yield from seat_problems(self.licenses, (), skus_of(cloud, customer))

    def newborn(self, owner: Resource) -> Iterable[Broken]:
        """A new customer has its first domain, and has bought nothing."""
        domain = (self.user_principal_name or "").rpartition("@")[2]
        if domain.casefold() != owner.identity():
            what = f"userPrincipalName: {domain} is no domain of the customer, which is new"
            yield Broken("userPrincipalName", what, f"It will have {owner.identity()}; add others when it is there.")
        for item in self.licenses or ():
            path = f"licenses[{item.sku}]"
            if not item.absent:
                what = f"{path}: the customer is new and has bought no licences"
                yield Broken(path, what, "Describe the licence when they have been bought.")

    def check(self, live: Live[Self]) -> Iterable[str | Broken]:
        """Roles must exist, licences need seats and a location."""
        roles = [role for role in self.directory_roles or () if role not in (live.resource.directory_roles or ())]
        yield from _unknown_roles(roles, live.raw.get("offered"))
        new = [item for item in self.licenses or () if item not in (live.resource.licenses or ())]
        if new and not self.usage_location:
            what = "licenses: the user has no usageLocation, and licences need one"
            yield Broken("licenses", what, "Add 'usageLocation:' below spec.")
        yield from seat_problems(new, live.resource.licenses or (), live.raw.get("skus"))

    def create(self, cloud: Cloud) -> str | Operation:
        """POST. A generated password is in the sink before it is sent, so that no lost answer can lose it."""
        if self.password:
            password = cloud.secret(self.password.value())
        else:
            password = cloud.kept_secret("password") or _generated()
            cloud.keep_secret("password", password)
        body = {name: value for name, value in self.document().items() if name in PROFILE and value is not None}
        body |= {"passwordProfile": self._password_profile(password), "attributes": {"objectType": "CustomerUser"}}
        path = f"/v1/customers/{self.meta.customer}/users"
        made: dict[str, Any] = body_of(cloud.partner.send("POST", path, body, user=True))
        return str(made["id"])

    def _password_profile(self, password: str) -> dict[str, Any]:
        return {"password": password, "forceChangePassword": self.force_change_password is not False}

    def update(self, cloud: Cloud, live: Live[Self], changed: Set[str]) -> Operation | None:
        """PATCH of what changed; then the password, the roles and the licences, each by its own calls."""
        path = f"/v1/customers/{live.customer}/users/{live.id}"
        mark = {"attributes": {"objectType": "CustomerUser"}}
        if "state" in changed:
            cloud.partner.send("PATCH", path, {"state": "active", **mark}, user=True, purpose="restore")
            live = self._restored(cloud, live, changed)
        # Partner Center takes null for "not mentioned": what is to go becomes empty.
        written = {name: self.document().get(name) or "" for name in sorted(PROFILE & changed)}
        if written:
            cloud.partner.send("PATCH", path, {**written, **mark}, user=True)
        if "password" in changed:
            self._reset_password(cloud, f"{path}/resetpassword", mark)
        if "directoryRoles" in changed:
            self._update_roles(cloud, live)
        if "licenses" in changed:
            for body in license_updates(self.licenses or (), live.resource.licenses or (), live.raw["skus"]):
                skus = [*body["licensesToRemove"], *(one["skuId"] for one in body["licensesToAssign"])]
                cloud.partner.send("POST", f"{path}/licenseupdates", body, user=True, purpose=",".join(sorted(skus)))
        return None

    def _reset_password(self, cloud: Cloud, path: str, mark: dict[str, Any]) -> None:
        """PATCH of the password alone. A generated one is in the sink before it is sent, as when creating."""
        password = cloud.secret(self.password.value()) if self.password else _generated()
        before = "" if self.password else cloud.held_secret("password")
        if not self.password:
            cloud.keep_secret("password", password)
        try:
            body = {"passwordProfile": self._password_profile(password), **mark}
            cloud.partner.send("PATCH", path, body, user=True)
        except Unreachable:
            raise
        except CloudError:  # a definite no: the one that is kept is still the one that works
            if before:
                cloud.keep_secret("password", before)
            raise

    def _restored(self, cloud: Cloud, live: Live[Self], changed: Set[str]) -> Live[Self]:
        """What came back with the user and is wanted; what came back unasked stays, as no plan has shown it."""
        back = self.read(cloud, live, changed & {"directoryRoles", "licenses"})
        if back is None or back.gone:
            raise NotYet(f"{self.user_principal_name} has been restored and cannot be read yet")
        document = back.resource.document()
        roles, skus = self.directory_roles or (), {item.sku for item in self.licenses or ()}
        document["directoryRoles"] = [role for role in document.get("directoryRoles", ()) if role in roles]
        document["licenses"] = [item for item in document.get("licenses", ()) if item["sku"] in skus]
        return Live(back.id, self.from_live(document), back.customer, back.raw)

    def _update_roles(self, cloud: Cloud, live: Live[Self]) -> None:
        there, wanted = set(live.resource.directory_roles or ()), set(self.directory_roles or ())
        offered = live.raw.get("offered") or _offered(cloud, live.customer)
        member = {
            "id": live.id,
            "displayName": self.display_name,
            "userPrincipalName": self.user_principal_name,
            "attributes": {"objectType": "UserMember"},
        }
        for role in sorted(wanted - there):
            path = f"/v1/customers/{live.customer}/directoryroles/{offered[role]}/usermembers"
            cloud.partner.send("POST", path, member, user=True)
        for role in sorted(there - wanted):
            path = f"/v1/customers/{live.customer}/directoryroles/{offered[role]}/usermembers/{live.id}"
            cloud.partner.send("DELETE", path, user=True, ok=frozenset({404}))

    @classmethod
    def delete(cls, cloud: Cloud, live: Live[Self]) -> Operation | None:
        """DELETE: the user can be restored for 30 days."""
        path = f"/v1/customers/{live.customer}/users/{live.id}"
        cloud.partner.send("DELETE", path, user=True, ok=frozenset({404}))
        return None


def _offered(cloud: Cloud, customer: str) -> dict[str, str]:
    """The directory's roles: names and the ids by which Partner Center knows them."""
    found = cloud.partner.all(f"/v1/customers/{customer}/directoryroles", user=True)
    return {**TEMPLATES, **{named(role["name"], role["id"]): role["id"] for role in found}}


def _unknown_roles(roles: Iterable[str], offered: Mapping[str, str] | None) -> Iterator[Broken]:
    for role in roles:
        if offered is not None and role not in offered:
            what = f"directoryRoles: there is no directory role {role}"
            yield Broken(f"directoryRoles[{role}]", what, nearest(role, sorted(offered)))


def _generated() -> str:
    """A password that Microsoft Entra accepts: all four classes of characters, none that is mistaken for another."""
    classes = [string.ascii_lowercase, string.ascii_uppercase, string.digits, SYMBOLS]
    characters = [secrets.choice(one) for one in classes]
    characters += [secrets.choice("".join(classes)) for _ in range(PASSWORD_LENGTH - len(classes))]
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)

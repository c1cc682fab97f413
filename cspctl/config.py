"""Reads ``cspctl.yaml``: profiles, one per Partner Center account."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from cspctl import source
from cspctl.errors import BadInput, Problem

FILE = "cspctl.yaml"
DOCUMENTATION = "See docs/signing-in.md for examples."
CREDENTIALS = ("clientSecret", "certificate", "federatedToken")
"""How the application itself signs in: each profile has exactly one of them."""
SECRETS = ("clientSecret", "refreshToken", "privateKey", "passphrase", "secret")
"""Fields that say where a secret is; what else is written there may be the secret itself."""
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
REMOTE = "CSPCTL_ALLOW_REMOTE_SIMULATOR"
"""The environment variable that, set to 1, lets a simulator be on another machine."""
ADDRESS = re.compile(r"https://[^/\s?#@]+/?")


class _Model(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        use_attribute_docstrings=True,
    )


class Secret(_Model):
    """A reference to a secret: `{env: NAME}` or `{file: path}`. The value itself is never in a file of cspctl's."""

    env: str | None = None
    """The name of the environment variable that holds it."""
    file: Path | None = None
    """The file that holds it."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if type(self) is Secret and (self.env is None) == (self.file is None):
            raise ValueError("write {env: NAME} or {file: path}, one of them")
        return self

    def value(self) -> str:
        """The secret. Raises :class:`BadInput` if it is not there."""
        found = ""
        if self.env:
            found = os.environ.get(self.env, "")
        elif self.file:
            try:
                found = self.file.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                found = ""
        if not found.strip():
            where = f"environment variable {self.env}" if self.env else f"file {self.file}"
            missing = self.env not in os.environ if self.env else not (self.file and self.file.exists())
            trouble = ("is not set" if self.env else "is not there") if missing else "does not hold a secret"
            raise BadInput([Problem(FILE, f"the {where} {trouble}", "Set it, or change the profile.")])
        return found.strip()


class Held(Secret):
    """A secret that is already in memory: the simulator's own credentials."""

    text: SecretStr

    def value(self) -> str:
        """The secret."""
        return self.text.get_secret_value()


def _truth(value: object) -> object:
    """YAML 1.2 knows two truth values."""
    if isinstance(value, str) and value.casefold() not in ("true", "false"):
        raise ValueError("write true or false")
    return value


def _guid(value: str) -> str:
    if not GUID.fullmatch(value):
        raise ValueError("write the id (a GUID such as 01234567-89ab-cdef-0123-456789abcdef)")
    return value.lower()


def _country(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2}", value):
        raise ValueError("write the two letters of the country, such as US")
    if value.upper() == "UK":
        raise ValueError("Great Britain is GB")
    return value.upper()


def _below(value: Path) -> Path:
    if value.is_absolute() or ".." in value.parts:
        raise ValueError(f"write a folder below the one in which {FILE} lies")
    return value


def _address(value: str) -> str:
    if not ADDRESS.fullmatch(value):
        raise ValueError("write the address of a simulator served with --tls, such as https://localhost:8443")
    return value.rstrip("/")


def _container(value: str) -> str:
    if not re.fullmatch(r"https?://[^/?#]+/[^?#]+", value):
        raise ValueError("write https://ACCOUNT.blob.core.windows.net/CONTAINER")
    return value.rstrip("/")


Flag = Annotated[bool, BeforeValidator(_truth)]
Guid = Annotated[str, AfterValidator(_guid)]


class Certificate(_Model):
    """A certificate that is registered with the application."""

    private_key: Secret
    """Its private key (PEM), as a reference."""
    passphrase: Secret | None = None
    """What the private key is encrypted with, as a reference."""
    public_certificate: Path | None = None
    """The file with the certificate itself (PEM): its SHA-256 thumbprint is computed, and it is sent along."""
    thumbprint: str | None = None
    """The SHA-1 thumbprint, as the portal shows it, where the certificate itself is not at hand."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.public_certificate is None) == (self.thumbprint is None):
            raise ValueError("write publicCertificate or thumbprint, one of them")
        if self.thumbprint is not None and not re.fullmatch(r"[0-9A-Fa-f]{40}", self.thumbprint.replace(":", "")):
            raise ValueError("thumbprint: write its 40 hexadecimal digits (SHA-1)")
        return self


class FederatedToken(Secret):
    """A token of another issuer, which the application trusts: no secret to keep. Read anew for each sign-in."""

    github_actions: Flag = False
    """`true`: ask GitHub Actions for one (the job needs `permissions: id-token: write`)."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if [self.env is not None, self.file is not None, self.github_actions].count(True) != 1:
            raise ValueError("write {env: NAME}, {file: path} or {githubActions: true}, one of them")
        return self


class Kept(_Model):
    """A container of Azure Blob Storage."""

    container: Annotated[str, AfterValidator(_container)]
    """Its address: `https://ACCOUNT.blob.core.windows.net/CONTAINER`."""
    secret: Secret | None = None
    """A SAS, an account key or a connection string, as a reference. Without one, the profile's own sign-in is used."""


class Profile(_Model):
    """One Partner Center account and how to sign in to it."""

    partner_tenant_id: Guid
    """The partner's tenant. A token of any other tenant is refused before the first read."""
    client_id: Annotated[str, Field(min_length=1)]
    """The application (client) id registered in the partner's tenant."""
    client_secret: Secret | None = None
    """The application's secret, as a reference."""
    certificate: Certificate | None = None
    """The application's certificate, instead of a secret."""
    federated_token: FederatedToken | None = None
    """A token of an issuer that the application trusts, such as a pipeline's, instead of a secret."""
    refresh_token: Secret | None = None
    """The refresh token of an admin agent, as a reference: agreements, consents and all of Azure need a user. Without
    one, `cspctl login` signs a person in."""
    cloud: Literal["global", "usgov", "china"] = "global"
    """Which of Microsoft's clouds."""
    market: Annotated[str, AfterValidator(_country)] | None = None
    """The country of the Partner Center account: customers outside its market are refused while planning."""
    tier: Literal["direct", "provider", "reseller"] = "direct"
    """How the partner takes part in the program: direct bill, indirect provider, or indirect reseller (no API)."""
    sandbox: Flag = False
    """Whether this is an integration sandbox account, the only place where customers can really be deleted."""
    folder: Annotated[Path, AfterValidator(_below)] | None = None
    """Of several profiles, the manifests below this folder belong to this one."""
    labels: Annotated[dict[str, str], Field(min_length=1)] | None = None
    """Of several profiles, the customers with all of these labels belong to this one."""
    storage: Kept | None = None
    """Where journal, inventory and locks are kept, for several people or machines to share. Without it, in the folder
    `.cspctl` beside the manifests."""
    simulator: Annotated[str, AfterValidator(_address)] | None = None
    """The address of a served simulator, which then stands for all of Microsoft's hosts."""
    ca_file: Path | None = None
    """The certificate (PEM) by which that simulator is recognised."""


class Config(_Model):
    """The whole of ``cspctl.yaml``."""

    profiles: dict[str, Profile]


def load(folder: Path, name: str = "default") -> Profile:
    """The named profile of ``cspctl.yaml`` in the folder. Raises :class:`BadInput` with all that is wrong."""
    return chosen(load_all(folder), (name,))[name]


def chosen(profiles: dict[str, Profile], names: tuple[str, ...]) -> dict[str, Profile]:
    """The profiles of these names; all without any. Raises :class:`BadInput` naming those that are not there."""
    problems = [
        Problem(FILE, f'no profile "{name}"', f"Known are: {', '.join(profiles)}.")
        for name in names
        if name not in profiles
    ]
    if problems:
        raise BadInput(problems)
    return {name: profile for name, profile in profiles.items() if not names or name in names}


def load_all(folder: Path) -> dict[str, Profile]:
    """All profiles of ``cspctl.yaml`` in the folder, in its order. Raises :class:`BadInput` with all that is wrong."""
    path = folder / FILE
    if not path.is_file():
        remedy = f"Write {FILE} with a profile (see docs/signing-in.md), or try the simulator: cspctl --simulate …"
        raise BadInput([Problem(str(path), "there is no such file, so no account to sign in to", remedy)])
    documents = source.read(path)
    if len(documents) != 1:
        raise BadInput([Problem(str(path), "expected one YAML document", "Write 'profiles:' once.")])
    document = documents[0]
    if not isinstance(document.value, dict):
        raise BadInput(
            [Problem(document.where, "the configuration is a map", "Write 'profiles:' with a profile below.")]
        )
    problems = list(_joint_problems(document))
    try:
        config = Config.model_validate(document.value)
    except ValidationError as error:
        problems += [_problem(document, detail) for detail in error.errors()]
    if problems:
        raise BadInput(sorted(problems, key=lambda p: int(p.where.rpartition(":")[2] or 0)))
    return config.profiles


def _joint_problems(document: source.Document) -> Iterator[Problem]:
    """What several fields of a profile say together, also while others of them are wrong."""
    profiles = document.value.get("profiles")
    if isinstance(profiles, dict) and not profiles:
        yield Problem(document.locate(("profiles",)), "there is no profile", DOCUMENTATION)
    for name, value in profiles.items() if isinstance(profiles, dict) else ():
        loc = ("profiles", name)
        if not NAME.fullmatch(str(name)):
            what = f"profiles.{name}: this is no name of a profile"
            yield Problem(document.locate(loc), what, "Use letters, digits, '.', '_' and '-'.")
        if not isinstance(value, dict):
            continue
        given = [field for field in CREDENTIALS if value.get(field) is not None]
        if len(given) != 1 and value.get("tier") != "reseller":
            what = f"{' and '.join(given)} are given" if given else f"one of {', '.join(CREDENTIALS)} is missing"
            where = document.locate((*loc, given[1]) if given else loc)
            yield Problem(where, f"profiles.{name}: {what}", "The application signs in with exactly one of them.")
        address = value.get("simulator")
        if address is not None and _is_elsewhere(str(address)) and os.environ.get(REMOTE) != "1":
            what = f"profiles.{name}.simulator: {address} is not on this machine, and would be sent the credentials"
            remedy = f"Serve it on localhost. If that machine is yours, set {REMOTE}=1 in the environment."
            yield Problem(document.locate((*loc, "simulator")), what, remedy)
        if value.get("caFile") is not None and value.get("simulator") is None:
            where = document.locate((*loc, "caFile"))
            yield Problem(where, f"profiles.{name}.caFile: there is no simulator", "Add 'simulator:', or remove it.")


def _is_elsewhere(address: str) -> bool:
    """Whether a well-formed address is another machine's. Names are not asked for: who answers could lie."""
    host = urlsplit(address).hostname if ADDRESS.fullmatch(address) else None
    if not host or host == "localhost":
        return False
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return True


def _problem(document: source.Document, detail: ErrorDetails) -> Problem:
    name = ".".join(map(str, detail["loc"]))
    where, last = document.locate(detail["loc"]), detail["loc"][-1]
    if detail["type"] == "missing":
        return Problem(where, f"{name} is missing", f"Add '{last}:'.")
    if detail["type"] == "extra_forbidden":
        known = [info.alias or field for field, info in _around(detail["loc"]).model_fields.items()]
        folded = {field.casefold(): field for field in known}
        close = get_close_matches(str(last).casefold(), folded, 1)
        remedy = f"Did you mean {folded[close[0]]}?" if close else f"Known are: {', '.join(known)}."
        return Problem(where, f"unknown field {name}", remedy)
    if last in SECRETS and detail["type"] == "model_type":
        return Problem(where, f"{name}: a secret does not belong into this file", "Write {env: NAME} or {file: path}.")
    return Problem(where, f"{name}: {detail['msg'].removeprefix('Value error, ')}", DOCUMENTATION)


def _around(loc: tuple[int | str, ...]) -> type[BaseModel]:
    """The model whose field a place is."""
    inner: dict[Any, type[BaseModel]] = {"certificate": Certificate, "federatedToken": FederatedToken}
    if len(loc) < 3:
        return Config
    return Profile if len(loc) == 3 else inner.get(loc[2], Secret)

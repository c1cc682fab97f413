"""Reads ``cspctl.yaml``: profiles, one per Partner Center account."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr, ValidationError, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from cspctl import source
from cspctl.errors import BadInput, Problem

FILE = "cspctl.yaml"


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
            raise BadInput([Problem(FILE, f"the {where} does not hold a secret", "Set it, or change the profile.")])
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


class Profile(_Model):
    """One Partner Center account and how to sign in to it."""

    partner_tenant_id: str
    """The partner's tenant. A token of any other tenant is refused before the first read."""
    client_id: str
    """The application (client) id registered in the partner's tenant."""
    client_secret: Secret
    """The application's secret, as a reference."""
    refresh_token: Secret | None = None
    """The refresh token of an admin agent, as a reference: agreements, consents and all of Azure need a user."""
    cloud: Literal["global", "usgov", "china"] = "global"
    """Which of Microsoft's clouds."""
    sandbox: Annotated[bool, BeforeValidator(_truth)] = False
    """Whether this is an integration sandbox account, the only place where customers can really be deleted."""


class Config(_Model):
    """The whole of ``cspctl.yaml``."""

    profiles: dict[str, Profile]


def load(folder: Path, name: str = "default") -> Profile:
    """The named profile of ``cspctl.yaml`` in the folder. Raises :class:`BadInput` with all that is wrong."""
    path = folder / FILE
    if not path.is_file():
        remedy = f"Write {FILE} with a profile (see docs/tutorial.md), or try the simulator: cspctl --simulate …"
        raise BadInput([Problem(str(path), "there is no such file, so no account to sign in to", remedy)])
    documents = source.read(path)
    if len(documents) != 1:
        raise BadInput([Problem(str(path), "expected one YAML document", "Write 'profiles:' once.")])
    document = documents[0]
    if not isinstance(document.value, dict):
        raise BadInput(
            [Problem(document.where, "the configuration is a map", "Write 'profiles:' with a profile below.")]
        )
    try:
        config = Config.model_validate(document.value)
    except ValidationError as error:
        raise BadInput(_problem(document, detail) for detail in error.errors()) from None
    if name not in config.profiles:
        raise BadInput([Problem(str(path), f'no profile "{name}"', f"Known are: {', '.join(config.profiles)}.")])
    return config.profiles[name]


def _problem(document: source.Document, detail: ErrorDetails) -> Problem:
    name = ".".join(map(str, detail["loc"]))
    where, last = document.locate(detail["loc"]), detail["loc"][-1]
    if detail["type"] == "missing":
        return Problem(where, f"{name} is missing", f"Add '{last}:'.")
    if detail["type"] == "extra_forbidden":
        known = ", ".join(info.alias or field for field, info in Profile.model_fields.items())
        return Problem(where, f"unknown field {name}", f"A profile has: {known}.")
    return Problem(
        where, f"{name}: {detail['msg'].removeprefix('Value error, ')}", "See docs/tutorial.md for an example."
    )

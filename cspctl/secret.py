"""Secrets in manifests: references with a version label. The value is read when it is sent, and kept nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, model_validator
from pydantic_core import PydanticCustomError

from cspctl import config
from cspctl.errors import BadInput, Problem
from cspctl.fields import Secret, shape_of
from cspctl.part import Part
from cspctl.record import Record
from cspctl.resource import Key, Resource

REMEDY = "Write {env: NAME} for an environment variable, or {file: path} for a file."


def _name(value: Any) -> Any:
    # What is none may be the secret itself: it is not repeated.
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        raise PydanticCustomError("wrong", "that is no name of an environment variable", {"remedy": REMEDY})
    return value


class SecretRef(Part):
    """Where a secret is: `{env: NAME}` or `{file: path}`, with a `version` that you raise when you change it."""

    env: Annotated[str | None, BeforeValidator(_name)] = None
    """The name of the environment variable that holds it."""
    file: Path | None = None
    """The file that holds it, as seen from the working folder."""
    version: str | None = None
    """A label of your own, such as `2`. When it changes, the secret is sent again."""

    @model_validator(mode="before")
    @classmethod
    def _no_secret(cls, data: Any) -> Any:
        if not isinstance(data, dict | SecretRef):  # the value must not show in the message
            raise PydanticCustomError("wrong", "a secret does not belong into a manifest", {"remedy": REMEDY})
        return data

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise PydanticCustomError("wrong", "it says not where the secret is, or says it twice", {"remedy": REMEDY})
        return self

    def value(self) -> str:
        """The secret. Raises :class:`BadInput` if it is not there."""
        return config.Secret(env=self.env, file=self.file).value()


def secrets_of(resource: Resource) -> dict[str, SecretRef]:
    """The secrets that a manifest refers to, by the dotted path of their field."""
    return dict(_secrets(resource, ""))


def labels_of(resource: Resource) -> dict[str, str]:
    """The version label of each secret that a manifest refers to."""
    return {path: secret.version or "" for path, secret in secrets_of(resource).items()}


def _secrets(model: BaseModel, path: str) -> Iterator[tuple[str, SecretRef]]:
    shapes = shape_of(type(model)).fields
    for attribute, info in type(model).model_fields.items():
        name, value = info.alias or attribute, getattr(model, attribute)
        here = f"{path}.{name}" if path else name
        if name in shapes and shapes[name].mark(Secret) and isinstance(value, SecretRef):
            yield here, value
        elif isinstance(value, BaseModel):
            yield from _secrets(value, here)


def changed(resource: Resource, records: Mapping[Key, Record]) -> dict[str, tuple[str, str]]:
    """The secrets whose version is another than the one that we have sent: by path, the labels before and after."""
    record = records.get(resource.key)
    if record is None:
        return {}
    labels = labels_of(resource)
    known = {path: record.secrets[path] for path in labels if path in record.secrets}
    return {path: (before, labels[path]) for path, before in known.items() if before != labels[path]}


def unreadable(resource: Resource) -> Iterator[Problem]:
    """What is wrong with the secrets that a manifest refers to: not set, no such file."""
    for path, secret in secrets_of(resource).items():
        try:
            secret.value()
        except BadInput as error:
            for problem in error.problems:
                what = f"{resource.key}: {path}: {problem.what}"
                yield Problem(resource.where_is(path), what, "Set it, or change the reference.", resource.key.group)

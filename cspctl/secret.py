"""Secrets in manifests: references with a version label. The value is read when it is sent, and kept nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, model_validator
from pydantic_core import PydanticCustomError

from cspctl import config
from cspctl.diff import FieldChange
from cspctl.errors import BadInput, Problem
from cspctl.fields import Secret, shape_of
from cspctl.part import Part
from cspctl.record import Record
from cspctl.resource import Broken, Key, Resource

AS_IT_IS, RESET = "as it is", "(it will be reset)"
"""What a plan says of a secret before and after, as it cannot show it."""
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
    """A label of your own, such as `2`. When it is another than before, the secret is sent again."""

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
    """The version label of each secret that has one."""
    return {path: secret.version for path, secret in secrets_of(resource).items() if secret.version}


def sendable(resource: Resource) -> dict[str, bool]:
    """The paths of the secrets that can be sent anew, and whether they are generated then."""
    shape = resource.shape()
    generated = (name for name in resource.kept_secrets if (field := shape.at(name)) and field.mark(Secret))
    return dict.fromkeys(secrets_of(resource), False) | dict.fromkeys(generated, True)


def _secrets(model: BaseModel, path: str) -> Iterator[tuple[str, SecretRef]]:
    shapes = shape_of(type(model)).fields
    for attribute, info in type(model).model_fields.items():
        name, value = info.alias or attribute, getattr(model, attribute)
        here = f"{path}.{name}" if path else name
        if name in shapes and shapes[name].mark(Secret) and isinstance(value, SecretRef):
            yield here, value
        elif isinstance(value, BaseModel):
            yield from _secrets(value, here)


def changed(resource: Resource, record: Record | None) -> dict[str, tuple[str, str]]:
    """The secrets whose version is another than the one that we have sent: by path, the labels before and after.

    What the manifest gives no version is as it is. What has been generated, or set by others, had none before.
    """
    if record is None or not record.id:
        return {}
    pairs = {path: (record.secrets.get(path, ""), label) for path, label in labels_of(resource).items()}
    return {path: (before, after) for path, (before, after) in pairs.items() if before != after}


def resets(resource: Resource, record: Record | None, rotated: bool) -> tuple[FieldChange, ...]:
    """What a plan says of secrets that exist and are sent again: because their version changes, or if asked for."""
    versions = changed(resource, record)
    said = {
        path: (f"version {before}" if before else AS_IT_IS, f"version {after} {RESET}")
        for path, (before, after) in versions.items()
    }
    if rotated:
        for path, generated in sendable(resource).items():
            said.setdefault(path, (AS_IT_IS, f"{'a new one, generated' if generated else 'sent anew'} {RESET}"))
    return tuple(FieldChange(path, before, after) for path, (before, after) in sorted(said.items()))


def unsendable(rotated: Iterable[Resource], targets: Set[Key] | None) -> Iterator[Problem]:
    """What is to have its secrets sent anew, and cannot."""
    for resource in rotated:
        if targets is not None and resource.key not in targets:
            yield resource.problem("its secrets are to be sent anew, but it is not selected", "Select it too.")
        elif resource.meta.absent:
            yield resource.problem("its secrets are to be sent anew, but it is to be deleted", "Remove --rotate.")
        elif not sendable(resource):
            yield resource.problem("it has no secret that could be sent anew", f"Remove --rotate {resource.key}.")


def unreadable(resource: Resource) -> Iterator[Problem]:
    """What is wrong with the secrets that a manifest refers to: not set, no such file."""
    for path, secret in secrets_of(resource).items():
        try:
            secret.value()
        except BadInput as error:
            for problem in error.problems:
                broken = Broken(path, f"{path}: {problem.what}", "Set it, or change the reference.")
                yield resource.problem(broken)

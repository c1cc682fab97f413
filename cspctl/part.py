"""The pieces that kinds are made of: models that are strict towards a manifest and tolerant towards a service."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from cspctl.fields import NotCompared, RefTo, shape_of

HANDLE = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$"
LIVE = {"live": True}
"""The context of validation when a document comes from a service."""
TRUE, FALSE = frozenset({"true", "True", "TRUE"}), frozenset({"false", "False", "FALSE"})


class Part(BaseModel):
    """A piece of a kind: strict when it comes from a manifest, tolerant when it comes from a service."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        use_attribute_docstrings=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _tolerate(cls, data: Any, info: ValidationInfo) -> Any:
        if info.context and isinstance(data, dict):
            known = shape_of(cls).fields
            return {name: value for name, value in data.items() if name in known or name == "metadata"}
        return data

    @field_validator("*", mode="wrap")
    @classmethod
    def _door(cls, value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        if value is None and not cls.model_fields[str(info.field_name)].is_required():
            return None  # null removes a field, whatever its type
        try:
            result = handler(value)
            if isinstance(result, bool) and not isinstance(value, bool) and value not in TRUE | FALSE:
                raise PydanticCustomError("bool", "Input should be true or false")
        except (ValidationError, ValueError):
            if info.context:
                return value  # a service may answer what its documentation does not know yet
            raise
        return result

    def document(self) -> dict[str, Any]:
        """The mentioned fields as plain values under their vendor names, without ``metadata``."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"metadata"}, warnings=False)


class Item(Part):
    """An item of a keyed list, which a manifest can ask to be removed."""

    absent: Annotated[bool | None, NotCompared()] = None
    """`true` removes this item."""


class Metadata(Part):
    """What cspctl, and not the vendor, needs to know about a resource."""

    name: Annotated[str, Field(pattern=HANDLE)]
    """The handle: unique per customer and kind, used in references, free to choose."""
    customer: Annotated[str | None, Field(pattern=HANDLE), RefTo("Customer", parent=True)] = None
    """The handle of the customer it belongs to (or the id of one that no manifest describes)."""
    csv: str | None = None
    """A CSV file beside the manifest, as the portal's template has it: the manifest stands for each of its rows. Then
    there is no `name`; a row's handle is the part of its mail address before the `@`."""
    labels: dict[str, str] | None = None
    """Free words to select by: `-l environment=production`."""
    absent: bool | None = None
    """`true` means: it should not exist. It is deleted if it does."""
    protect: bool | None = None
    """`true` refuses deletion and replacement. Customers and subscriptions are protected unless this is `false`."""
    complete: list[str] | None = None
    """Keyed lists and maps of this resource, as dotted paths, in which nothing may be but what is mentioned."""
    formerly: dict[str, Any] | None = None
    """Former values of the fields that identify it, when they have changed: says that it is still the same thing.
    `{}` says that it is not: another one is meant than the handle has meant so far."""

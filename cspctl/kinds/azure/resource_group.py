"""Kind ResourceGroup."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator

from cspctl.cloud import Cloud
from cspctl.fields import Arm, Immutable, RefTo
from cspctl.kinds.azure._arm import GROUP, SUBSCRIPTION, ArmObject
from cspctl.resource import Live, Scope


class ResourceGroup(ArmObject):
    """A container for resources of one subscription; deleting it deletes what is in it.

    Source: https://learn.microsoft.com/rest/api/resources/resource-groups
    """

    arm_type: ClassVar[str] = "Microsoft.Resources/resourceGroups"
    arm_version: ClassVar[str] = "2024-07-01"
    replaceable: ClassVar[bool] = False

    subscription: Annotated[
        str | None,
        AfterValidator(lambda text: text.removeprefix("/subscriptions/")),
        RefTo("AzureSubscription", parent=True),
        Arm(""),
        Immutable("a resource group cannot move to another subscription"),
    ] = None
    """The Azure subscription it is in."""

    def arm_id(self) -> str:
        """``/subscriptions/{id}/resourceGroups/{name}``; a subscription may be written as GUID or as id."""
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.arm_name}"

    @classmethod
    def is_id(cls, text: str) -> bool:
        """``/subscriptions/{id}/resourceGroups/{name}``."""
        return bool(GROUP.fullmatch(text))

    @classmethod
    def collection(cls, scope: Scope) -> str:
        """Resource groups are listed without a provider."""
        return f"{scope.path}/resourcegroups"

    @classmethod
    def derived(cls, id: str) -> dict[str, Any]:
        """The subscription."""
        found = SUBSCRIPTION.match(id)
        return {"subscription": found[1] if found else ""}

    @classmethod
    def contents(cls, cloud: Cloud, live: Live[Self]) -> Iterable[str]:
        """Everything in the group: Azure deletes it along with the group, without asking."""
        return [item["id"] for item in cloud.arm.all(f"{live.id}/resources", cls.arm_version, live.customer)]

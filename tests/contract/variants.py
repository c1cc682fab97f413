"""Other valid values for fields whose type does not suggest one.

A kind whose fields are booleans, choices, numbers, tags or lists of text needs no entry here.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any

from cspctl.fields import Immutable, NotCompared, Shape
from cspctl.resource import Resource

BY_PATH: dict[str, Any] = {
    "Customer.billingProfile": {"companyName": "Fourth Coffee Holding"},
    "Customer.accessAssignments": [{"group": "HelpdeskAgents"}],
    "Customer.agreement": {
        "firstName": "Gena",
        "lastName": "Soto",
        "email": "gena@fourthcoffee.com",
        "dateAgreed": "2026-11-02",
    },
    "AzurePlan.friendlyName": "The plan of Fourth Coffee",
    "AzureSubscription.displayName": "Another environment",
    "AzureSubscription.resourceProviders": ["Microsoft.Compute"],
    "VirtualNetwork.addressPrefixes": ["10.1.0.0/16", "10.2.0.0/16"],
    "VirtualNetwork.dnsServers": ["10.1.1.4", "192.168.0.4"],
    "VirtualNetwork.subnets": [{"name": "another", "addressPrefix": "10.1.77.0/24"}],
    "VirtualNetwork.flowTimeoutInMinutes": 10,
    "User.displayName": "Gena S. Soto",
    "User.firstName": "G.",
    "User.lastName": "Soto-Levi",
    "User.usageLocation": "GB",
    "User.phoneNumber": "425 555 0100",
    "User.directoryRoles": ["Helpdesk Administrator", "Reports Reader"],
    "Group.description": "Another description",
    "RoleDefinition.description": "Another description",
    "RoleDefinition.actions": ["Microsoft.Compute/virtualMachines/read"],
    "RoleDefinition.notActions": ["Microsoft.Compute/virtualMachines/delete"],
    "RoleDefinition.dataActions": ["Microsoft.Compute/virtualMachines/login/action"],
    "RoleDefinition.notDataActions": ["Microsoft.Compute/virtualMachines/loginAsAdmin/action"],
    "DelegatedAdminRelationship.duration": "P365D",
    "DelegatedAdminRelationship.autoExtendDuration": "PT0S",
    "DelegatedAdminRelationship.accessAssignments": [{"group": "AdminAgents", "roles": ["Directory Readers"]}],
    "RoleAssignment.description": "As the guide advises",
}
FORBIDDEN = {
    "Customer.companyProfile": "neither a tenant's domain nor its registration number can change",
    "User.userPrincipalName": "it says which user is meant; a rename is a test of its own",
    "User.state": "a user that is not active is deleted; its restoration is a test of its own",
    "User.licenses": "needs seats that somebody has bought; a test of its own",
    "Group.displayName": "it says which group is meant",
    "Group.members": "taking one away needs metadata.complete; a test of its own",
    "RoleDefinition.roleName": "it says which role is meant",
    "RoleDefinition.assignableScopes": "refers to other resources; a test of its own",
    "DelegatedAdminRelationship.displayName": "it says which one is meant",
    "RoleAssignment.condition": "needs a version beside it; a test of its own",
    "AzurePlan.status": "only a plan without active subscriptions can be suspended",
    "AzureSubscription.state": "a cancelled subscription takes no other change",
    "Customer.consent": "without it nothing below the customer can be looked at",
    "VirtualNetwork.enableDdosProtection": "needs a DDoS protection plan, which no kind describes yet",
}
"""Fields that cannot simply be changed and changed back, with the reason."""


def mutable_fields(kind: type[Resource]) -> Iterator[tuple[str, Any]]:
    """Each top-level field of a kind that can change, with another value than the example's for it."""
    for name, shape in kind.shape().fields.items():
        path = f"{kind.__name__}.{name}"
        if path in FORBIDDEN or shape.ref or shape.mark(Immutable) or shape.mark(NotCompared):
            continue
        value = BY_PATH.get(path, _suggested(kind, name, shape))
        assert value is not None, f"{path}: give it another value in tests/contract/variants.py, or say why it has none"
        yield name, value


def _suggested(kind: type[Resource], name: str, shape: Shape) -> Any:
    if name == "tags":
        return {"contract": "changed"}
    if shape.form != "scalar":
        return None
    annotation = next(i.annotation for n, i in kind.model_fields.items() if (i.alias or n) == name)
    options = [a for a in typing.get_args(annotation) if a is not type(None)] or [annotation]
    choices = [c for o in options for c in (typing.get_args(o) if typing.get_origin(o) is typing.Literal else ())]
    if choices:
        return choices[-1]
    return True if options == [bool] else None

"""Simulates Microsoft Graph (https://graph.microsoft.com): the directory, and delegated administration."""

from cspctl.simulator.graph import (
    access_assignments,
    batches,
    consents,
    delegated_admin,
    delegated_admin_requests,
    deleted_items,
    directory_objects,
    directory_roles,
    group_members,
    groups,
    licenses,
    memberships,
    organization,
    registrations,
    service_principals,
    users,
)
from cspctl.simulator.graph.service import routes

__all__ = [
    "access_assignments",
    "batches",
    "consents",
    "delegated_admin",
    "delegated_admin_requests",
    "deleted_items",
    "directory_objects",
    "directory_roles",
    "group_members",
    "groups",
    "licenses",
    "memberships",
    "organization",
    "registrations",
    "routes",
    "service_principals",
    "users",
]

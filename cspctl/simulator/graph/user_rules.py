"""Refuses users that Microsoft Entra would not take, in Microsoft Graph's words; the only place that does.

https://learn.microsoft.com/graph/api/user-post-users
"""

from __future__ import annotations

import re
from typing import Any

from cspctl.simulator import directory
from cspctl.simulator.graph import objects, rights
from cspctl.simulator.graph.errors import bad_request, conflict, invalid, missing
from cspctl.simulator.partner_center.user_rules import CLASSES, LOCATIONS, PASSWORD, PREFIX
from cspctl.simulator.wire import Request

REQUIRED = ("accountEnabled", "displayName", "mailNickname", "userPrincipalName")
LENGTHS = {"displayName": 256, "givenName": 64, "surname": 64, "mailNickname": 64, "mobilePhone": 64, "jobTitle": 128}
LENGTHS |= {"department": 64, "city": 128, "companyName": 64, "employeeId": 16, "userPrincipalName": 1024}
FLAGS = ("accountEnabled",)
READ_ONLY = frozenset(
    {"id", "createdDateTime", "deletedDateTime", "assignedLicenses", "proxyAddresses", "mailboxSettings"}
)
WRITTEN = {*objects.USER_TEXTS, *objects.USER_LISTS, *objects.USER_FIELDS, *FLAGS, "passwordProfile", "userType"}
# What of an administrator only the highest administrators may change.
# https://learn.microsoft.com/graph/api/resources/users#who-can-perform-sensitive-actions
SENSITIVE = {"accountEnabled", "businessPhones", "mobilePhone", "onPremisesImmutableId", "otherMails"}
SENSITIVE |= {"passwordProfile", "userPrincipalName"}


def check_new(request: Request, body: dict[str, Any]) -> None:
    """Refuse a user that could not be created."""
    for name in REQUIRED:
        if body.get(name) in (None, ""):
            raise missing(name, "User")
    profile = body.get("passwordProfile")
    if not isinstance(profile, dict) or not profile.get("password"):
        raise bad_request("A password must be specified to create a new user.", target="passwordProfile")
    check_fields(request, body)


def check_fields(request: Request, body: dict[str, Any], own: str = "") -> None:
    """Refuse properties that are unknown, read-only or malformed; `own` is the id of the user that has them."""
    for name, value in body.items():
        if name.startswith("@odata."):
            continue
        if name in READ_ONLY:
            raise bad_request(f"Property '{name}' is read-only and cannot be set.", target=name)
        if name not in WRITTEN:
            text = f"Property '{name}' does not exist as a declared property or extension property."
            raise bad_request(f"One or more property values specified are invalid. {text}", target=name)
        _check_type(name, value)
    if body.get("usageLocation") and str(body["usageLocation"]).upper() not in LOCATIONS:
        raise invalid("usageLocation", "User")
    if "userPrincipalName" in body:
        _check_name(request, str(body["userPrincipalName"]), own)
    if isinstance(body.get("passwordProfile"), dict):
        check_password(body["passwordProfile"].get("password"))


def _check_type(name: str, value: Any) -> None:
    kind: type = bool if name in FLAGS else list if name in objects.USER_LISTS else str
    if name == "passwordProfile":
        kind = dict
    if value is not None and not isinstance(value, kind):
        raise invalid(name, "User")
    if isinstance(value, str) and len(value) > LENGTHS.get(name, 1024):
        raise invalid(name, "User")
    if value == "" and name in {*REQUIRED, "mailNickname"}:
        raise invalid(name, "User")


def _check_name(request: Request, name: str, own: str) -> None:
    prefix, _, domain = name.rpartition("@")
    if not PREFIX.fullmatch(prefix):
        raise bad_request("Property userPrincipalName is invalid.", target="userPrincipalName", detail="InvalidValue")
    known = request.tx.get("domains", domain)
    if known is None or known["tenantId"] != rights.tenant(request):
        text = "The domain portion of the userPrincipalName property is invalid. You must use one of the verified"
        raise bad_request(f"{text} domain names in your organization.", target="userPrincipalName")
    namesake = directory.user(request.tx, rights.tenant(request), name)
    if namesake is not None and namesake["id"].lower() != own.lower():
        raise conflict("userPrincipalName")


def check_password(password: Any) -> None:
    """Refuse a password that is too short, too long or too simple; none at all is fine."""
    if password is None:
        return
    kinds = sum(1 for each in CLASSES if re.search(each, str(password)))
    if not PASSWORD.fullmatch(str(password)) or kinds < 3:
        text = "The specified password does not comply with password complexity requirements."
        raise bad_request(f"{text} Please provide a different password.", target="password", detail="InvalidValue")

"""Refuses customer users that Microsoft Entra would not take; the only place that knows what a user may be.

https://learn.microsoft.com/graph/api/resources/user and
https://learn.microsoft.com/entra/identity/authentication/concept-sspr-policy (passwords)
"""

from __future__ import annotations

import re
from typing import Any

from cspctl.simulator import directory
from cspctl.simulator.partner_center.answers import refuse
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Refused, Request

# What a create cannot do without, as Microsoft's PowerShell cmdlet New-PartnerCustomerUser has it.
REQUIRED = ("userPrincipalName", "displayName", "passwordProfile")
LENGTHS = {"userPrincipalName": 113, "displayName": 256, "firstName": 64, "lastName": 64, "phoneNumber": 64}
TEXTS = (*LENGTHS, "usageLocation", "immutableId")
PREFIX = re.compile(r"(?!\.)[A-Za-z0-9'._\-!#^~]{1,64}(?<!\.)")
# ISO 3166; the United Kingdom is GB.
_CODES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY "
    "BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK "
    "FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR "
    "IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK "
    "ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM "
    "PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF "
    "TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)
LOCATIONS = frozenset(_CODES.split())
PASSWORD = re.compile(r"[ -~]{8,256}")
CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]")
TAKEN = "Another object with the same value for property userPrincipalName already exists."


def invalid(name: str, why: str) -> Refused:
    """Return the refusal of a property; the documentation has no codes for users, 3000 is the general one."""
    return refuse(400, "3000", f"Invalid property '{name}': {why}", data=[name])


def check_new(request: Request, customer: Document, body: dict[str, Any]) -> None:
    """Refuse a user that could not be created."""
    for name in REQUIRED:
        if not body.get(name):
            raise invalid(name, "it is required.")
    check_fields(request, customer, body)
    check_password(body["passwordProfile"])


def check_fields(request: Request, customer: Document, body: dict[str, Any], own: str = "") -> None:
    """Refuse fields that are no texts, too long or malformed; `own` is the id of the user that has them."""
    for name in TEXTS:
        value = body.get(name)
        if value == "" and name in REQUIRED:
            raise invalid(name, "it cannot be empty.")
        if value is not None and not isinstance(value, str):
            raise invalid(name, "it must be a string.")
        if len(value or "") > LENGTHS.get(name, 256):
            raise invalid(name, f"it must not have more than {LENGTHS.get(name, 256)} characters.")
    location = body.get("usageLocation")
    if location and location.upper() not in LOCATIONS:
        raise invalid("usageLocation", f"'{location}' is no two-letter country code (ISO 3166).")
    if body.get("userPrincipalName"):
        check_name(request, customer, body["userPrincipalName"], own)


def check_name(request: Request, customer: Document, name: str, own: str = "") -> None:
    """Refuse a user principal name that is malformed, in a foreign or federated domain, or another user's."""
    prefix, _, domain = name.rpartition("@")
    if not PREFIX.fullmatch(prefix):
        raise invalid("userPrincipalName", "Property userPrincipalName is invalid.")
    known = request.tx.get("domains", domain)
    if known is None or known["tenantId"] != customer["id"]:
        text = "The domain portion of the userPrincipalName property is invalid."
        raise invalid(
            "userPrincipalName", f"{text} You must use one of the verified domain names in your organization."
        )
    if known.get("federated"):
        raise invalid("userPrincipalName", f"users of the federated domain {domain} come from its identity provider.")
    namesake = directory.user(request.tx, customer["id"], name)
    if namesake is not None and namesake["id"].lower() != own.lower():
        raise invalid("userPrincipalName", TAKEN)


def check_password(profile: Any) -> None:
    """Refuse a password that is too short, too long or too simple."""
    password = profile.get("password") if isinstance(profile, dict) else None
    if not isinstance(password, str) or not password:
        raise invalid("passwordProfile.password", "it is required.")
    kinds = sum(1 for each in CLASSES if re.search(each, password))
    if not PASSWORD.fullmatch(password) or kinds < 3:
        text = "The specified password does not comply with password complexity requirements."
        raise invalid("passwordProfile.password", f"{text} Please provide a different password.")
    if not isinstance(profile.get("forceChangePassword", False), bool):
        raise invalid("passwordProfile.forceChangePassword", "it must be true or false.")

"""Decides which customers and billing profiles Partner Center accepts; the only place with those rules.

https://learn.microsoft.com/partner-center/developer/create-a-customer, …/utility-resources#address and
…/error-codes
"""

from __future__ import annotations

import re
from typing import Any

from cspctl.simulator import tenants
from cspctl.simulator.partner_center import countries
from cspctl.simulator.partner_center.answers import refuse
from cspctl.simulator.wire import Refused, Request

# Longest and shortest lengths of the address fields that have them.
LENGTHS = {
    "addressLine1": (1, 200),
    "addressLine2": (0, 200),
    "country": (2, 2),
    "firstName": (1, 50),
    "middleName": (1, 50),
    "lastName": (1, 50),
}
REQUIRED_PROFILE = ("email", "culture", "language", "companyName", "defaultAddress")
REQUIRED_ADDRESS = ("firstName", "lastName", "addressLine1", "city", "country")
DOMAIN = re.compile(r"^[a-z0-9][a-z0-9-]{0,26}\.onmicrosoft\.com$", re.IGNORECASE)
EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
CULTURE = re.compile(r"^[a-z]{2,3}(-[a-z0-9]+)+$", re.IGNORECASE)
LANGUAGE = re.compile(r"^[a-z]{2}$", re.IGNORECASE)


def _invalid(name: str, why: str) -> Refused:
    return refuse(400, "3000", f"Invalid property '{name}': {why}", data=[name])


def check_new_customer(request: Request, body: dict[str, Any]) -> None:
    """Refuse a customer that could not be created."""
    company = body.get("companyProfile")
    if not isinstance(company, dict):
        raise _invalid("companyProfile", "it is required.")
    check_domain(request, company.get("domain"))
    profile = body.get("billingProfile")
    if not isinstance(profile, dict):
        raise _invalid("billingProfile", "it is required.")
    check_billing_profile(profile)
    check_registration(str(profile["defaultAddress"]["country"]), company, profile["defaultAddress"])


def check_domain(request: Request, domain: object) -> None:
    """Refuse a domain that is none, or not ours to give, or taken."""
    if not isinstance(domain, str) or not DOMAIN.match(domain):
        raise _invalid("companyProfile.domain", "it must be an unused name ending in .onmicrosoft.com.")
    if tenants.domain_taken(request.tx, domain):
        raise _invalid("companyProfile.domain", f"the domain {domain} is not available.")


def check_billing_profile(profile: dict[str, Any]) -> None:
    """Refuse a billing profile that lacks something or has something malformed."""
    for name in REQUIRED_PROFILE:
        if not profile.get(name):
            raise _invalid(f"billingProfile.{name}", "it is required.")
    for name, form in (("email", EMAIL), ("culture", CULTURE), ("language", LANGUAGE)):
        if not form.match(str(profile[name])):
            raise _invalid(f"billingProfile.{name}", f"'{profile[name]}' is not one.")
    address = profile["defaultAddress"]
    if not isinstance(address, dict):
        raise _invalid("billingProfile.defaultAddress", "it must be an object.")
    check_address(address)


def check_address(address: dict[str, Any]) -> None:
    """Refuse an address with missing, too long or impossible fields."""
    for name in REQUIRED_ADDRESS:
        if not str(address.get(name) or "").strip():
            raise _invalid(f"defaultAddress.{name}", "it is required.")
    for name, (shortest, longest) in LENGTHS.items():
        value = address.get(name)
        if value is not None and not shortest <= len(str(value)) <= longest:
            raise _invalid(f"defaultAddress.{name}", f"its length must be {shortest} to {longest}.")
    if not str(address["country"]).isalpha() or str(address["country"]).upper() == "UK":
        raise _invalid("defaultAddress.country", f"'{address['country']}' is no ISO 3166 country code.")
    if countries.find(address["country"]) is None:
        return  # a market whose rules are not simulated
    faults = countries.faults_in_address(address)
    if faults:
        raise _invalid(f"defaultAddress.{faults[0][:1].lower()}{faults[0][1:]}", "the country has other rules.")


def check_registration(country: str, company: dict[str, Any], address: dict[str, Any]) -> None:
    """Refuse a registration number that is missing, malformed, or given where there is none."""
    number = company.get("organizationRegistrationNumber")
    if not countries.registration_needed(country):
        if number:
            raise refuse(400, "600002", "Organization registration id value is not supported.")
        return
    if not number:
        raise refuse(400, "600049", "Organization registration id information is missing.")
    form = countries.registration_form(country)
    if not re.match(form, str(number)):
        text = f"Organization registration id information is invalid and should be of the format {form}"
        raise refuse(400, "600050", text)
    if not str(address.get("phoneNumber") or "").strip():
        raise refuse(400, "600051", "Customer phone number is missing.")

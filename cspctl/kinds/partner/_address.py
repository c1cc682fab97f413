"""A customer's address: its fields, and what Microsoft says of it before it is used."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from cspctl.cloud import Cloud
from cspctl.cloud.partner_center import body_of
from cspctl.errors import NotFound
from cspctl.fields import AnyCase, Immutable, Required
from cspctl.part import Part
from cspctl.resource import Broken
from cspctl.wording import nearest

ADDRESS_OK = frozenset({"VerifiedShippable", "Verified", "NotValidated", "None"})

HERE = "billingProfile.defaultAddress"

Upper = Annotated[str, AfterValidator(lambda text: text.strip().upper() if len(text.strip()) <= 3 else text.strip())]
Trimmed = Annotated[str, AfterValidator(str.strip)]


class Address(Part):
    """A postal address with a contact. Microsoft checks it when the customer is created."""

    first_name: Annotated[str | None, Required(), AnyCase(), Field(max_length=50)] = None
    """The contact's first name."""
    last_name: Annotated[str | None, Required(), AnyCase(), Field(max_length=50)] = None
    """The contact's last name."""
    phone_number: Trimmed | None = None
    """The contact's telephone number."""
    address_line1: Annotated[str | None, Required(), AnyCase(), Field(max_length=200)] = None
    """Street and number."""
    address_line2: Annotated[str | None, AnyCase(), Field(max_length=200)] = None
    """Floor, suite."""
    city: Annotated[str | None, Required(), AnyCase()] = None
    """City."""
    state: Annotated[Upper | None, AnyCase()] = None
    """State or province, by its abbreviation; needed where the country has states."""
    postal_code: Annotated[Trimmed | None, AnyCase()] = None
    """Postal code; needed where the country has them."""
    country: Annotated[
        Upper | None,
        Required(),
        AnyCase(),
        Field(min_length=2, max_length=2),
        Immutable("the country of a customer cannot change after creation"),
    ] = None
    """Two-letter country code (ISO 3166). Great Britain is `GB`."""


def address_problems(cloud: Cloud, address: Address) -> Iterable[Broken]:
    """What Microsoft would refuse: the country's rules, and its check of the address."""
    try:
        rules = cloud.partner.get(f"/v1/countryvalidationrules/{address.country}")
    except NotFound:
        remedy = "Great Britain is GB." if address.country == "UK" else "Write its two letters (ISO 3166)."
        yield Broken(f"{HERE}.country", f"{address.country} is no country that Partner Center sells in", remedy)
        return
    for flag, name, value in (
        ("isStateRequired", "state", address.state),
        ("isPostalCodeRequired", "postalCode", address.postal_code),
    ):
        if rules.get(flag) and not value:
            yield Broken(HERE, f"{HERE}.{name} is needed in {address.country}", f"Add '{name}:'.")
    states = rules.get("supportedStatesList") or []
    if address.state and states and address.state not in {str(s).upper() for s in states}:
        what = f"{address.state} is no state of {address.country}"
        yield Broken(f"{HERE}.state", what, nearest(address.state, map(str, states)))
    postal = rules.get("postalCodeRegex")
    if address.postal_code and postal and not re.search(postal, address.postal_code):
        what = f"{address.postal_code} is no postal code of {address.country}"
        yield Broken(f"{HERE}.postalCode", what, f"It has the form {postal}.")
    answer = body_of(cloud.partner.send("POST", "/v1/validations/address", address.document()))
    if answer.get("status") and answer["status"] not in ADDRESS_OK:
        suggested = "; ".join(map(_line, answer.get("suggestedAddresses") or ()))
        what = f"Microsoft does not accept the address ({answer['status']}: {answer.get('validationMessage', '')})"
        yield Broken(HERE, what, f"Suggested: {suggested}." if suggested else "Correct it.")


def _line(address: dict[str, Any]) -> str:
    return ", ".join(
        str(address[n]) for n in ("addressLine1", "city", "state", "postalCode", "country") if address.get(n)
    )

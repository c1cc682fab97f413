"""Knows what addresses and customers look like in each country; the only place with facts about countries.

https://learn.microsoft.com/partner-center/developer/get-market-specific-validation-data
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cspctl.simulator.partner_center.answers import refuse, resource
from cspctl.simulator.partner_center.service import routes
from cspctl.simulator.wire import Request, Response

# Countries where a customer needs a registration number and a phone number.
# https://learn.microsoft.com/partner-center/developer/create-a-customer
NEEDS_REGISTRATION = frozenset(
    {"AM", "AZ", "BY", "HU", "KZ", "KG", "MD", "RU", "TJ", "UZ", "UA", "IN", "BR"}
    | {"ZA", "PL", "AE", "SA", "TR", "TH", "VN", "MM", "IQ", "SS", "VE"}
)

# The form of the number where it is generally known: CNPJ or CPF, PAN, adószám.
REGISTRATION_FORMS = {
    "BR": r"^(\d{14}|\d{11})$",
    "IN": r"^[A-Za-z]{5}\d{4}[A-Za-z]$",
    "HU": r"^\d{8}(-?\d-?\d{2})?$",
}

US_STATES = (
    "AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY "
    "OH OK OR PA RI SC SD TN TX UT VA VT WA WI WV WY"
)
CA_STATES = "AB BC MB NB NL NS NT NU ON PE QC SK YT"
BR_STATES = "AC AL AM AP BA CE DF ES GO MA MG MS MT PA PB PE PI PR RJ RN RO RR RS SC SE SP TO"
AU_STATES = "ACT NSW NT QLD SA TAS VIC WA"
IN_STATES = (
    "AN AP AR AS BR CH CT DD DL DN GA GJ HP HR JH JK KA KL LA LD MH ML MN MP MZ NL OR PB PY RJ SK TG TN TR UP UT WB"
)
GB_POSTCODE = r"^[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}$"


@dataclass(frozen=True)
class Country:
    """What one country demands; states are empty where none is needed in an address."""

    code: str
    calling_code: str
    currency: str
    symbol: str
    cultures: tuple[str, ...]
    postal_code: str
    states: tuple[str, ...] = ()
    region: str = "WesternEurope"

    @property
    def languages(self) -> tuple[str, ...]:
        """The two-letter codes of the cultures."""
        return tuple(dict.fromkeys(culture[:2] for culture in self.cultures))


def _country(code: str, calling: str, money: str, cultures: str, postal: str, **more: str) -> Country:
    currency, symbol = money.split()
    states = tuple(more.get("states", "").split())
    region = more.get("region", "WesternEurope")
    return Country(code, calling, currency, symbol, tuple(cultures.split()), postal, states, region)


AMERICA = "NorthAndLatinAmerica"
ASIA = "AsiaPacific"
COUNTRIES = {
    country.code: country
    for country in (
        _country("US", "1", "USD $", "en-US es-US", r"^\d{5}(-\d{4})?$", states=US_STATES, region=AMERICA),
        _country(
            "CA",
            "1",
            "CAD $",
            "en-CA fr-CA",
            r"^[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d$",
            states=CA_STATES,
            region=AMERICA,
        ),
        _country("BR", "55", "BRL R$", "pt-BR", r"^\d{5}-?\d{3}$", states=BR_STATES, region=AMERICA),
        _country("GB", "44", "GBP £", "en-GB", GB_POSTCODE),
        _country("IE", "353", "EUR €", "en-IE", r"^[A-Za-z]\d[\dWw] ?[A-Za-z\d]{4}$"),
        _country("NO", "47", "NOK kr", "nb-NO", r"^\d{4}$"),
        _country("SE", "46", "SEK kr", "sv-SE", r"^\d{3} ?\d{2}$"),
        _country("DK", "45", "DKK kr", "da-DK", r"^\d{4}$"),
        _country("FI", "358", "EUR €", "fi-FI", r"^\d{5}$"),
        _country("DE", "49", "EUR €", "de-DE", r"^\d{5}$"),
        _country("AT", "43", "EUR €", "de-AT", r"^\d{4}$"),
        _country("CH", "41", "CHF CHF", "de-CH fr-CH it-CH", r"^\d{4}$"),
        _country("FR", "33", "EUR €", "fr-FR", r"^\d{5}$"),
        _country("BE", "32", "EUR €", "nl-BE fr-BE", r"^\d{4}$"),
        _country("NL", "31", "EUR €", "nl-NL", r"^\d{4} ?[A-Za-z]{2}$"),
        _country("ES", "34", "EUR €", "es-ES", r"^\d{5}$"),
        _country("IT", "39", "EUR €", "it-IT", r"^\d{5}$"),
        _country("PL", "48", "PLN zł", "pl-PL", r"^\d{2}-\d{3}$"),
        _country("HU", "36", "HUF Ft", "hu-HU", r"^\d{4}$"),
        _country("ZA", "27", "ZAR R", "en-ZA", r"^\d{4}$", region="MiddleEastAfrica"),
        _country("IN", "91", "INR ₹", "en-IN hi-IN", r"^\d{6}$", states=IN_STATES, region=ASIA),
        _country("AU", "61", "AUD $", "en-AU", r"^\d{4}$", states=AU_STATES, region=ASIA),
        _country("NZ", "64", "NZD $", "en-NZ", r"^\d{4}$", region=ASIA),
        _country("JP", "81", "JPY ¥", "ja-JP", r"^\d{3}-?\d{4}$", region=ASIA),
    )
}


def find(code: object) -> Country | None:
    """Return the country with this two-letter code in any case; "UK" is none, it is written GB."""
    return COUNTRIES.get(str(code).upper())


def required(code: object) -> Country:
    """Return the country, or refuse a code that Partner Center has no rules for."""
    country = find(code)
    if country is None:
        raise refuse(404, "1000", f"No validation rules were found for the country/region {code}.")
    return country


def registration_needed(code: str) -> bool:
    """Tell whether a customer in this country needs a registration number and a phone number."""
    return code.upper() in NEEDS_REGISTRATION


def registration_form(code: str) -> str:
    """Return the regular expression of the country's registration numbers."""
    return REGISTRATION_FORMS.get(code.upper(), r"^\S.{0,49}$")


def faults_in_address(address: dict[str, object]) -> list[str]:
    """Return the names of the fields that break the country's rules."""
    country = find(address.get("country"))
    if country is None:
        return ["Country"]
    faults = []
    postal_code = str(address.get("postalCode") or "").strip()
    if not re.fullmatch(country.postal_code, postal_code):
        faults.append("PostalCode")
    state = str(address.get("state") or address.get("region") or "").strip()
    if country.states and state.upper() not in country.states:
        faults.append("State")
    if not str(address.get("city") or "").strip():
        faults.append("City")
    return faults


@routes.route("GET", "/v1/countryvalidationrules/<code>")
def country_validation_rules(request: Request, code: str) -> Response:  # noqa: ARG001
    """Answer the address rules of a country."""
    country = required(code)
    body = {
        "iso2Code": country.code,
        "defaultCulture": country.cultures[0],
        "isStateRequired": bool(country.states),
        "supportedStatesList": list(country.states),
        "supportedLanguagesList": list(country.languages),
        "supportedCulturesList": list(country.cultures),
        "isPostalCodeRequired": True,
        "postalCodeRegex": country.postal_code,
        "isCityRequired": True,
        "isVatIdSupported": country.region == "WesternEurope",
        "phoneNumberRegex": r"^[0-9 ()+\-./]{4,20}$",
        "isRegistrationNumberSupported": registration_needed(country.code),
        "isTaxIdSupported": True,
        "isTaxIdOptional": True,
        "geographicRegion": country.region,
        "countryCallingCodesList": [country.calling_code],
    }
    if country.code == "US":
        body |= {"taxIdFormat": "US######", "taxIdSample": "US999965", "resellerAgreementRegion": "AOC"}
    return Response(200, resource(body, "CountryInformation"))

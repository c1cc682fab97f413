"""Which countries a Partner Center account may sell to: the markets of the Cloud Solution Provider program.

Only what Microsoft states plainly is listed. For an account of any other market Partner Center itself judges, when
the customer is created: a table that guesses would refuse what is allowed.
Source: https://learn.microsoft.com/partner-center/regional-authorization-overview (the United States sell to their
Minor Outlying Islands as well; Brazil and Canada to nobody else), and the territory of the partner agreement, which
for an account in the EU or EFTA is all of both. The United Kingdom has stayed in that region.
"""

from __future__ import annotations

EUROPE = (
    frozenset({"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT"})
    | {"LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"}
    | {"CH", "IS", "LI", "NO"}
    | {"GB"}
)
"""The countries of the EU and EFTA, and the United Kingdom."""
SINGLE = {"US": frozenset({"US", "UM"}), "CA": frozenset({"CA"}), "BR": frozenset({"BR"})}
"""Markets of one country."""
EUROPEAN_TERRITORIES = frozenset(
    {"AD", "AX", "FO", "GF", "GG", "GI", "GL", "GP", "IM", "JE", "MC", "ME", "MQ", "PM", "RE", "SJ", "SM", "VA", "YT"}
)
"""Dependent and very small places, of which Microsoft's page groups many with Europe: undecided here."""


def sells_to(market: str, country: str) -> bool | None:
    """Whether an account of the market may have customers in the country; None when only Partner Center knows."""
    if market == country:
        return True
    if market in SINGLE:
        return country in SINGLE[market]
    if country in SINGLE or country == "UM":
        return False  # those are markets of their own
    if market in EUROPE:
        return None if country in EUROPEAN_TERRITORIES else country in EUROPE
    return False if country in EUROPE else None


def range_of(market: str) -> str:
    """The countries of a market, as a sentence has them."""
    if market in SINGLE:
        return ", ".join(sorted(SINGLE[market], key=lambda code: code != market))
    return "the countries of the EU and EFTA, and GB" if market in EUROPE else market

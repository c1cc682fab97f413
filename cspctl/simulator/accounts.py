"""Keeps what kind of Partner Center account the partner has; the one place that reads and changes it."""

from __future__ import annotations

from typing import Any

from cspctl.simulator.store import Document, Transaction

# Whom Microsoft bills, who sells through others, and who sells for them.
# https://learn.microsoft.com/partner-center/enroll/csp-overview
TIERS = ("direct", "provider", "reseller")
# The last: whether the relationships that Microsoft creates assign roles to the partner's groups at once.
FIELDS = ("sandbox", "country", "tier", "defaultAccessAssignments")


def read(tx: Transaction) -> Document:
    """Return the account: `sandbox`, `country` (its market), `tier`."""
    return {"sandbox": False, "country": "US", "tier": "direct", **(tx.get("account", "partner") or {})}


def change(tx: Transaction, **fields: Any) -> Document:
    """Change fields of the account and return it, or raise ValueError."""
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise ValueError(f"an account has {', '.join(FIELDS)}, not {', '.join(sorted(unknown))}")
    if fields.get("tier", TIERS[0]) not in TIERS:
        raise ValueError(f"a tier is one of {', '.join(TIERS)}")
    for name in ("sandbox", "defaultAccessAssignments"):
        if not isinstance(fields.get(name, False), bool):
            raise ValueError(f"{name} is true or false")
    country = fields.get("country", "US")
    if not isinstance(country, str) or len(country) != 2 or not country.isalpha():
        raise ValueError("a country is written as two letters")
    account = {**read(tx), **fields, "country": str(fields.get("country", read(tx)["country"])).upper()}
    tx.put("account", "partner", account)
    return account

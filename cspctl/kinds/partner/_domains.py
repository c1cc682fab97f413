"""Whether a domain is one of the customer's: what Partner Center and, where we may ask it, Microsoft Graph know."""

from __future__ import annotations

from collections.abc import Iterator

from cspctl.cloud import Cloud
from cspctl.errors import CloudError, NotYet
from cspctl.resource import Broken
from cspctl.wording import nearest

INITIAL = (".onmicrosoft.com", ".partner.onmschina.cn")
"""How the domains end that Microsoft gives to tenants: whether anybody has one can be asked without their consent."""


def domain_problems(cloud: Cloud, customer: str, principal: str) -> Iterator[Broken]:
    """What is wrong with the domain of a user principal name, as far as that can be known."""
    domain = principal.rpartition("@")[2].casefold()
    first = str(cloud.partner.get(f"/v1/customers/{customer}").get("companyProfile", {}).get("domain", "")).casefold()
    if domain == first:
        return
    try:
        found = cloud.graph.all("/domains", customer)
        known = sorted(str(one["id"]).casefold() for one in found if one.get("isVerified") is not False)
    except (CloudError, NotYet):  # without consent only a domain that nobody has is certainly wrong
        if not domain.endswith(INITIAL) or cloud.partner.exists(f"/v1/domains/{domain}"):
            return
        known = [first]
    if domain not in known:
        what = f"userPrincipalName: {domain} is no domain of the customer"
        yield Broken("userPrincipalName", what, nearest(domain, known))

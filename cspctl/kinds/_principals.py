"""How kinds find out who is meant by a user principal name that no manifest describes."""

from __future__ import annotations

from cspctl.cloud import Cloud
from cspctl.resource import GUID, Broken
from cspctl.wording import nearest


def object_id(cloud: Cloud, customer: str, field: str, word: str) -> str | Broken:
    """The object id of a user of the customer's directory; an object id is taken as it is."""
    if GUID.fullmatch(word):
        return word.casefold()
    users = cloud.partner.all(f"/v1/customers/{customer}/users?size=500", user=True)
    ids = {str(user["userPrincipalName"]).casefold(): str(user["id"]).casefold() for user in users}
    what = f"{field}: the customer's directory has no active user {word}"
    return ids.get(word.casefold()) or Broken(field, what, nearest(word, sorted(ids)))

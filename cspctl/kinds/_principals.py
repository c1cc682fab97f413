"""How kinds find out who is meant by a user principal name that no manifest describes."""

from __future__ import annotations

from cspctl.cloud import Cloud
from cspctl.errors import CloudError, NotFound, NotYet
from cspctl.resource import GUID, Broken
from cspctl.wording import nearest


def object_id(cloud: Cloud, customer: str, field: str, word: str) -> str | Broken:
    """The object id of a user of the customer's directory; an object id is taken as it is."""
    if GUID.fullmatch(word):
        return _checked(cloud, customer, field, word.casefold())
    users = cloud.partner.all(f"/v1/customers/{customer}/users?size=500", user=True)
    ids = {str(user["userPrincipalName"]).casefold(): str(user["id"]).casefold() for user in users}
    what = f"{field}: the customer's directory has no active user {word}"
    return ids.get(word.casefold()) or Broken(field, what, nearest(word, sorted(ids)))


def _checked(cloud: Cloud, customer: str, field: str, id: str) -> str | Broken:
    """An object id, if the directory has such an object or does not tell us."""
    try:
        cloud.graph.get(f"/directoryObjects/{id}", customer)
    except NotFound:
        what = f"{field}: the customer's directory has nothing with the id {id}"
        return Broken(field, what, "Correct it; what lies in another directory needs its principalType.")
    except (CloudError, NotYet):
        return id
    return id

"""The names of directory roles: today's, Partner Center's older ones, and those that the portal's form has."""

from __future__ import annotations

from collections.abc import Mapping

TEMPLATES: Mapping[str, str] = {
    "Global Administrator": "62e90394-69f5-4237-9190-012177145e10",
    "Application Administrator": "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "Application Developer": "cf1c38e5-3621-4004-a7cb-879624dced7c",
    "Authentication Administrator": "c4e39bd9-1100-46d3-8c65-fb160da0071f",
    "Billing Administrator": "b0f54661-2d74-4c50-afa3-1ec803f12efe",
    "Cloud Application Administrator": "158c047a-c907-4556-b7ef-446551a6b5f7",
    "Cloud Device Administrator": "7698a772-787b-4ac8-901f-60d6b08affd2",
    "Compliance Administrator": "17315797-102d-40b4-93e0-432062caca18",
    "Conditional Access Administrator": "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
    "Directory Readers": "88d8e3e3-8f55-4a1e-953a-9b9898b8876b",
    "Directory Writers": "9360feb5-f418-4baa-8175-e2a00bac4301",
    "Domain Name Administrator": "8329153b-31d0-4727-b945-745eb3bc5f31",
    "Dynamics 365 Administrator": "44367163-eba1-44c3-98af-f5787879f96a",
    "Exchange Administrator": "29232cdf-9323-42fd-ade2-1d097af3e4de",
    "Global Reader": "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
    "Groups Administrator": "fdd7a751-b60b-444a-984c-02652fe8fa1c",
    "Guest Inviter": "95e79109-95c0-4d8e-aee3-d01accf2d47b",
    "Helpdesk Administrator": "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    "Hybrid Identity Administrator": "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2",
    "Intune Administrator": "3a2c62db-5318-420d-8d74-23affee5d9d5",
    "License Administrator": "4d6ac14f-3453-41d0-bef9-a3e0c569773a",
    "Message Center Reader": "790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b",
    "Office Apps Administrator": "2b745bdf-0803-4d80-aa65-822c4493daac",
    "Password Administrator": "966707d0-3269-4727-9be2-8c3a10f19b9d",
    "Power Platform Administrator": "11648597-926c-4cf3-9c36-bcebb0ba8dcc",
    "Privileged Authentication Administrator": "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
    "Privileged Role Administrator": "e8611ab8-c189-46e8-94e1-60213ab1f814",
    "Reports Reader": "4a5d8f65-41da-4de4-8968-e035b65339cf",
    "Security Administrator": "194ae4cb-b126-40b2-bd5b-6091b380977d",
    "Security Reader": "5d6b6bb7-de71-4623-b4af-96380a352509",
    "Service Support Administrator": "f023fd81-a637-4b56-95fd-791ac0226033",
    "SharePoint Administrator": "f28a1f50-f6e7-4571-818b-6a12f2af6b6c",
    "Skype for Business Administrator": "75941009-915a-4869-abe7-691bff18279e",
    "Teams Administrator": "69091246-20e8-4a56-aa4d-066075b2a7a8",
    "User Administrator": "fe930be7-5e62-47db-91af-98c3a49a38b1",
}
"""Today's names, with the template ids that are the same in every directory.

Source: https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
"""

ALIASES: Mapping[str, str] = {
    "company administrator": "Global Administrator",
    "global admin": "Global Administrator",
    "exchange service administrator": "Exchange Administrator",
    "helpdesk agent": "Helpdesk Administrator",
    "intune service administrator": "Intune Administrator",
    "lync service administrator": "Skype for Business Administrator",
    "password": "Helpdesk Administrator",
    "password admin": "Helpdesk Administrator",
    "service admin": "Service Support Administrator",
    "sharepoint service administrator": "SharePoint Administrator",
    "teams service administrator": "Teams Administrator",
    "user account administrator": "User Administrator",
    "user management": "User Administrator",
    "user management admin": "User Administrator",
}
"""What the portal's form and Partner Center call them."""

NO_ROLE = "user"
"""The portal's word for somebody without any directory role."""

_KNOWN = {**{name.casefold(): name for name in TEMPLATES}, **ALIASES}
_NAMES = {id: name for name, id in TEMPLATES.items()}


def canonical(name: str) -> str:
    """Today's name of a role, from any of its names; a name that is not in the tables stays as it is."""
    return _KNOWN.get(" ".join(name.split()).casefold(), name.strip())


def named(name: str, id: str) -> str:
    """Today's name of a role that Partner Center calls `name` and knows by its template id."""
    return _NAMES.get(id.casefold(), canonical(name))

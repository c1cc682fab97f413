"""Lists the regions of the global Azure cloud; the only place that knows them."""

from __future__ import annotations

from typing import Any

# name: (display name, geography group, physical location, paired region)
# https://learn.microsoft.com/azure/reliability/regions-list
REGIONS = {
    "australiacentral": ("Australia Central", "Asia Pacific", "Canberra", ""),
    "australiaeast": ("Australia East", "Asia Pacific", "New South Wales", "australiasoutheast"),
    "australiasoutheast": ("Australia Southeast", "Asia Pacific", "Victoria", "australiaeast"),
    "austriaeast": ("Austria East", "Europe", "Vienna", ""),
    "belgiumcentral": ("Belgium Central", "Europe", "Brussels", ""),
    "brazilsouth": ("Brazil South", "South America", "Sao Paulo State", "southcentralus"),
    "canadacentral": ("Canada Central", "Canada", "Toronto", "canadaeast"),
    "canadaeast": ("Canada East", "Canada", "Quebec", "canadacentral"),
    "centralindia": ("Central India", "Asia Pacific", "Pune", "southindia"),
    "centralus": ("Central US", "US", "Iowa", "eastus2"),
    "chilecentral": ("Chile Central", "South America", "Santiago", ""),
    "eastasia": ("East Asia", "Asia Pacific", "Hong Kong", "southeastasia"),
    "eastus": ("East US", "US", "Virginia", "westus"),
    "eastus2": ("East US 2", "US", "Virginia", "centralus"),
    "francecentral": ("France Central", "Europe", "Paris", ""),
    "germanywestcentral": ("Germany West Central", "Europe", "Frankfurt", ""),
    "indonesiacentral": ("Indonesia Central", "Asia Pacific", "Jakarta", ""),
    "israelcentral": ("Israel Central", "Middle East", "Israel", ""),
    "italynorth": ("Italy North", "Europe", "Milan", ""),
    "japaneast": ("Japan East", "Asia Pacific", "Tokyo, Saitama", "japanwest"),
    "japanwest": ("Japan West", "Asia Pacific", "Osaka", "japaneast"),
    "koreacentral": ("Korea Central", "Asia Pacific", "Seoul", "koreasouth"),
    "koreasouth": ("Korea South", "Asia Pacific", "Busan", "koreacentral"),
    "malaysiawest": ("Malaysia West", "Asia Pacific", "Kuala Lumpur", ""),
    "mexicocentral": ("Mexico Central", "Mexico", "Querétaro State", ""),
    "newzealandnorth": ("New Zealand North", "Asia Pacific", "Auckland", ""),
    "northcentralus": ("North Central US", "US", "Illinois", "southcentralus"),
    "northeurope": ("North Europe", "Europe", "Ireland", "westeurope"),
    "norwayeast": ("Norway East", "Europe", "Norway", ""),
    "polandcentral": ("Poland Central", "Europe", "Warsaw", ""),
    "qatarcentral": ("Qatar Central", "Middle East", "Doha", ""),
    "southafricanorth": ("South Africa North", "Africa", "Johannesburg", ""),
    "southcentralus": ("South Central US", "US", "Texas", "northcentralus"),
    "southeastasia": ("Southeast Asia", "Asia Pacific", "Singapore", "eastasia"),
    "southindia": ("South India", "Asia Pacific", "Chennai", "centralindia"),
    "spaincentral": ("Spain Central", "Europe", "Madrid", ""),
    "swedencentral": ("Sweden Central", "Europe", "Gävle", ""),
    "switzerlandnorth": ("Switzerland North", "Europe", "Zurich", ""),
    "uaenorth": ("UAE North", "Middle East", "Dubai", ""),
    "uksouth": ("UK South", "Europe", "London", "ukwest"),
    "ukwest": ("UK West", "Europe", "Cardiff", "uksouth"),
    "westcentralus": ("West Central US", "US", "Wyoming", "westus2"),
    "westeurope": ("West Europe", "Europe", "Netherlands", "northeurope"),
    "westindia": ("West India", "Asia Pacific", "Mumbai", "southindia"),
    "westus": ("West US", "US", "California", "eastus"),
    "westus2": ("West US 2", "US", "Washington", "westcentralus"),
    "westus3": ("West US 3", "US", "Phoenix", "eastus"),
}


def normal(location: str) -> str:
    """Return the name that Azure answers with for any spelling it accepts: `West US` is `westus`."""
    return location.replace(" ", "").lower()


def display_names() -> list[str]:
    """Return the names as resource providers list them."""
    return [display for display, *_ in REGIONS.values()]


def described(subscription: str) -> list[dict[str, Any]]:
    """Return the locations of a subscription, as GET /subscriptions/{id}/locations answers them."""
    return [_location(subscription, name) for name in REGIONS]


def _location(subscription: str, name: str) -> dict[str, Any]:
    display, group, place, pair = REGIONS[name]
    prefix = f"/subscriptions/{subscription}/locations"
    paired = [{"name": pair, "id": f"{prefix}/{pair}"}] if pair else []
    metadata = {
        "regionType": "Physical",
        "regionCategory": "Recommended" if pair or group in {"Europe", "US"} else "Other",
        "geographyGroup": group,
        "physicalLocation": place,
        "pairedRegion": paired,
    }
    return {
        "id": f"{prefix}/{name}",
        "name": name,
        "type": "Region",
        "displayName": display,
        "regionalDisplayName": f"({group}) {display}",
        "metadata": metadata,
    }

"""Checks tags as Azure Resource Manager does; the only place that knows their limits.

https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources#limitations
"""

from __future__ import annotations

from typing import Any

from cspctl.simulator.arm.errors import invalid_content, refuse

MOST = 50
LONGEST_NAME = 512
LONGEST_STORAGE_NAME = 128
LONGEST_VALUE = 256
FORBIDDEN = "<>%&\\?/"


def checked(tags: Any, *, storage: bool = False) -> dict[str, str]:
    """Return the tags, or refuse too many, too long and impossible ones. Null stands for none."""
    if tags is None:
        return {}
    if not isinstance(tags, dict) or not all(isinstance(value, str | None) for value in tags.values()):
        raise invalid_content("The tags are not a map of strings.")
    if len(tags) > MOST:
        raise refuse(400, "TooManyTags", f"The resource has {len(tags)} tags. The maximum number of tags is {MOST}.")
    _check_names(list(tags), LONGEST_STORAGE_NAME if storage else LONGEST_NAME)
    for name, value in tags.items():
        if len(value or "") > LONGEST_VALUE:
            raise refuse(
                400,
                "InvalidTagValueLength",
                f"The value of the tag '{name}' is too long. The maximum length is {LONGEST_VALUE} characters.",
            )
    return {name: value or "" for name, value in tags.items()}


def _check_names(names: list[str], longest: int) -> None:
    if len({name.lower() for name in names}) < len(names):
        raise refuse(400, "InvalidTagName", "Tag names are case-insensitive and must be unique.")
    for name in names:
        if not name or len(name) > longest:
            raise refuse(
                400, "InvalidTagNameLength", f"The tag name '{name}' is empty or longer than {longest} characters."
            )
        if any(character in FORBIDDEN or ord(character) < 32 for character in name):
            raise refuse(
                400,
                "InvalidTagNameCharacters",
                f"The tag names '{name}' have reserved characters '{','.join(FORBIDDEN)}' or control characters.",
            )

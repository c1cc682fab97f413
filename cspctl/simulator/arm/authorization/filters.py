"""Reads the `$filter` of role definitions and role assignments; the only place that knows their grammar."""

from __future__ import annotations

import re

from cspctl.simulator.arm.errors import refuse

_TERM = re.compile(
    r"\s*(?:(?P<call>\w+)\(\s*(?:'(?P<argument>[^']*)')?\s*\)|(?P<field>\w+)\s+eq\s+'(?P<value>(?:[^']|'')*)')\s*",
    re.IGNORECASE,
)


def parsed(text: str, *known: str) -> dict[str, str]:
    """Return what a filter of terms joined by `and` asks for, by name in lower case; calls without argument have "".

    `known`: what there is; anything else is refused.
    """
    wanted: dict[str, str] = {}
    position = 0
    while text.strip():
        found = _TERM.match(text, position)
        name = (found["call"] or found["field"]).lower() if found else ""
        if found is None or name not in {each.lower() for each in known}:
            raise refuse(400, "UnsupportedQueryFilter", f"The filter '{text}' is not supported.")
        wanted[name] = (found["argument"] or found["value"] or "").replace("''", "'")
        position = found.end()
        if position == len(text):
            break
        joined = re.compile(r"and\s+", re.IGNORECASE).match(text, position)
        if joined is None:
            raise refuse(400, "UnsupportedQueryFilter", f"The filter '{text}' is not supported.")
        position = joined.end()
    return wanted

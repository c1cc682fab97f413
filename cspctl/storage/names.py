"""The names under which things are kept: paths that mean the same in a folder and in a container."""

from __future__ import annotations

import re

PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


def checked(name: str) -> str:
    """The name itself. Raises :class:`ValueError` for one that could mean a place elsewhere: a mistake of ours."""
    if not all(PART.fullmatch(part) for part in name.split("/")):
        raise ValueError(f"not a name of something that is kept: {name!r}")
    return name


def whole_lines(data: bytes) -> bytes:
    """The data itself. Raises :class:`ValueError` unless it is whole lines."""
    if not data.endswith(b"\n"):
        raise ValueError("only whole lines are appended")
    return data

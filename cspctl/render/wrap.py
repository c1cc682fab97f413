"""Breaks long lines between words, as a terminal would not: what goes on stands below what it goes on with."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text

SIGN = re.compile(r"\s*(?:(?:-/\+|!!|[-+~=?!x✓✗])\s+|\d+:\d\d\s+)")
"""What stands before the words of a line: the sign of a change or a finding, or the time of an event."""
DEEPER = 2
"""Columns by which the rest of a line without a sign is indented: less than the advice below it."""


def wrapped(text: Text, width: int) -> Text:
    """The text with lines of at most so many columns. What has no blank, such as an address, is never broken."""
    lines = text.split("\n", allow_blank=True)
    return Text("\n").join(part for line in lines for part in _parts(line, width))


def _parts(line: Text, width: int) -> Iterator[Text]:
    if cell_len(line.plain) <= width:
        yield line
        return
    hanging = min(_hanging(line.plain), width // 2)
    first, *rest = line.divide(_breaks(line.plain, width, hanging))
    first.rstrip()
    yield first
    for part in rest:
        part.rstrip()
        yield Text(" " * hanging).append_text(part)


def _hanging(line: str) -> int:
    """The column at which the rest of a line begins."""
    sign = SIGN.match(line)
    return sign.end() if sign else len(line) - len(line.lstrip()) + DEEPER


def _breaks(line: str, width: int, hanging: int) -> list[int]:
    """Where the words begin that have no room on their line any more."""
    breaks, used = [], 0
    for word in re.finditer(r"\s*(\S+)", line):
        size = cell_len(word[0])
        if used > hanging and used + size > width:
            breaks.append(word.start(1))
            used, size = hanging, cell_len(word[1])
        used += size
    return breaks

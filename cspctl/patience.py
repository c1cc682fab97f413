"""Makes a call again until it has an answer, and between two attempts holds no thread."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator
from datetime import timedelta
from typing import TypeVar

from cspctl.cloud import Aside, Cloud
from cspctl.errors import NotYet

LOOKS = (2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds between looks for something that should appear or vanish; the last one repeats."""
LONGEST = timedelta(hours=3)
"""How long an operation may run, or a service may put us off, before we stop watching; its own limit is well below."""
WORTH_TELLING = 10.0
"""Seconds of a service's own pause that are shown while they pass."""

Answer = TypeVar("Answer")


def patiently(
    cloud: Cloud, call: Callable[[], Answer], appears: timedelta, tell: Callable[[str], None]
) -> Generator[float, None, Answer]:
    """The answer of a call. While it can have none yet, this yields the seconds after which it is made again.

    Either something that it needs is too new to be known everywhere, for which it has as long as `appears`, or a
    service wants to be left alone. Raises the last :class:`NotYet` when that has lasted too long.
    """
    began, kept = cloud.clock.now(), Aside()
    for pause in itertools.chain(LOOKS, itertools.repeat(LOOKS[-1])):
        try:
            with cloud.http.turns.aside(kept):
                return call()
        except NotYet as error:
            if cloud.clock.now() > began + (LONGEST if error.after else appears):
                raise
            after, said = error.after or pause, str(error)
        if after >= WORTH_TELLING:
            tell(f"waits {after:.0f} s: {said}")
        yield after
    raise AssertionError("the loop above has no end of its own")

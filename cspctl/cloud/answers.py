"""What to make of an answer of a shape that no service gives: the one place that turns it into an error."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cspctl.errors import CloudError

STRANGE = (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError)
"""What taking an answer apart raises when it is not what it should be."""


@contextmanager
def understood() -> Iterator[None]:
    """Around a verb of a kind: an answer that it cannot take apart is an error of the service, and of that scope only.

    The place in our code is told, for it may as well be a mistake of ours.
    """
    try:
        yield
    except STRANGE as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{'/'.join(Path(where.filename).parts[-2:])}:{where.lineno}"
        said = f"{type(error).__name__}: {error}".partition("\n")[0][:200]
        text = f"an answer is not what this service gives: {said}"
        raise CloudError(text, code="Unreadable", call=f"met in {place}") from None

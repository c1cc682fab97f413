"""What an examination finds, and how a failing call becomes a finding instead of an end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from cspctl.errors import BadInput, CspctlError

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """One line: how it is, what was looked at, what was found, and what to do if it is not well."""

    level: Level
    about: str
    text: str
    fix: str = ""


def well(about: str, text: str) -> Finding:
    """Nothing to do."""
    return Finding("ok", about, text)


def examined(
    about: str,
    look: Callable[[], Iterable[Finding]],
    fix: str = "",
    level: Level = "error",
    passing: type[CspctlError] | tuple[()] = (),
) -> list[Finding]:
    """What a look finds. What it fails with is a finding too: an examination goes on to its end.

    Errors of the type `passing` are raised.
    """
    found: list[Finding] = []
    try:
        found.extend(look())
    except passing:
        raise
    except BadInput as error:
        found += [Finding(level, about, problem.what, problem.remedy) for problem in error.problems]
    except CspctlError as error:
        text, _, remedy = str(error).partition(" What to do: ")
        found.append(Finding(level, about, text, remedy or ("" if fix.casefold() in text.casefold() else fix)))
    except (KeyError, TypeError, ValueError, AttributeError, LookupError) as error:
        text = f"the answer is not understood ({type(error).__name__}: {error})"
        found.append(Finding(level, about, text, "Try again; if it stays so, report it."))
    return found

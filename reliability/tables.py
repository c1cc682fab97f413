"""What the proof prints: counts, the most runs that were needed, and every violation with how to see it again."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from itertools import groupby

from reliability.sweep import FAULTS, Verdict

SELDOM = 250
"""Cases between two lines of progress where there is no terminal."""


def line(*texts: str) -> None:
    """Print lines."""
    sys.stdout.write("\n".join(texts) + "\n")
    sys.stdout.flush()


def progress(text: str, count: int) -> None:
    """Show how far it is: always on a terminal, now and then elsewhere."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text}: {count:,}".ljust(60) + "\r")
    elif count % SELDOM == 0:
        sys.stderr.write(f"{text}: {count:,}\n")
    sys.stderr.flush()


def sweep_table(scenario: str, requests: int, verdicts: Sequence[Verdict]) -> Iterable[str]:
    """For each fault: how many requests it met, how many runs that took, and what went wrong."""
    yield f"{scenario}: {requests} requests, {len(verdicts)} cases, each in a world of its own"
    yield f"  {'fault':<18} {'where':<8} {'cases':>6} {'one run':>8} {'two':>5} {'more':>5} {'most':>5}  violations"
    order = {fault: place for place, fault in enumerate(FAULTS)}

    def place(verdict: Verdict) -> tuple[int, bool]:
        return order[verdict.case.fault], verdict.case.served

    for (number, served), found in groupby(sorted(verdicts, key=place), place):
        each = list(found)
        runs = [verdict.runs for verdict in each]
        wrong = sum(bool(verdict.violations) for verdict in each)
        counts = f"{runs.count(1):>8} {runs.count(2):>5} {sum(r > 2 for r in runs):>5} {max(runs):>5} {wrong:>11}"
        where = "served" if served else "inside"
        yield f"  {list(FAULTS)[number]:<18} {where:<8} {len(each):>6} {counts}"
    for verdict in verdicts:
        for violation in verdict.violations:
            yield f"  VIOLATION {verdict.case}\n    {violation}"

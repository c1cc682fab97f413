"""Shows an apply while it happens: a line for each change of state, and on a terminal how far each customer is."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import ClassVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bars
from rich.text import Text

from cspctl.apply import Event
from cspctl.changes import Plan
from cspctl.cli import _session
from cspctl.estimate import remaining, span
from cspctl.render.causes import CALL
from cspctl.render.text import many
from cspctl.resource import Key

ROWS = 8
"""Customers that are shown at the same time; the others begin or go on unseen, and are counted above them."""
SHOW_CURSOR = b"\x1b[?25h"


class Progress:
    """One line for each thing that happens, with the time since the start; on a terminal, bars below them."""

    STYLES: ClassVar = {
        "done": "green",
        "failed": "bold red",
        "skipped": "yellow",
        "moved": "yellow",
        "not applied": "yellow",
        "waiting": "magenta",
    }

    def __init__(self, plan: Plan, environment: Mapping[str, str] = os.environ) -> None:
        """Nothing is shown before it is entered."""
        self.console = _session.console(stderr=True)
        self.quiet = {c.desired.key for c in plan.changes} - {c.desired.key for c in plan.writes}
        self.total, self.finished = len(plan.writes), 0
        self.began = plan.at
        plain = "NO_COLOR" in environment or "CI" in environment or not sys.stderr.isatty()
        self.rows = None if plain or not plan.writes else _Rows(plan, self.quiet, self.console)

    def __enter__(self) -> Progress:
        """Show the bars, if there are any."""
        if self.rows:
            self.rows.bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Take them away again."""
        if self.rows:
            with contextlib.suppress(OSError):
                self.rows.bars.stop()

    def restore(self) -> None:
        """Give the terminal back in the state it had, because the process ends at once."""
        if self.rows:
            with contextlib.suppress(OSError):
                os.write(2, SHOW_CURSOR + b"\n")

    def tell(self, text: str) -> None:
        """Print what is waited for."""
        with contextlib.suppress(OSError):
            self.console.print(_session.fitted(Text(f"        {text}", "dim"), self.console))

    def show(self, event: Event) -> None:
        """Print an event of a change that writes."""
        if event.key in self.quiet:
            return
        seconds = int((event.at - self.began).total_seconds())
        count = ""
        if event.outcome:
            self.finished += 1
            count = f" [{self.finished}/{self.total}]"
        reason = f": {event.outcome.reason}" if event.outcome and event.outcome.reason else ""
        style = self.STYLES.get(event.text, "dim")
        line = Text(f"{seconds // 60:3d}:{seconds % 60:02d}  {event.key}  ")
        with contextlib.suppress(OSError):  # a closed terminal does not stop the work
            if self.rows:
                self.rows.update(event)
            if not self.rows or event.outcome:
                said, ids = _parted(reason) if self.console.file.isatty() else (reason, "")
                line.append(f"{event.text}{said}", style).append(count, "dim").append(ids, "dim")
                self.console.print(_session.fitted(line, self.console))


def _parted(reason: str) -> tuple[str, str]:
    """What a person reads of a reason, and below it what a service's support asks for."""
    found = CALL.search(reason)
    return (reason[: found.start()], f"\n        {found[0].strip()}") if found else (reason, "")


class _Customer:
    """How much of a customer is still to be done; the longest chain that is left says how long that takes."""

    def __init__(self, keys: list[Key], left: Mapping[Key, float]) -> None:
        self.left = left
        self.open = sorted(keys, key=left.__getitem__)
        self.total, self.finished = len(keys), set[Key]()

    def finish(self, key: Key) -> None:
        self.finished.add(key)
        while self.open and self.open[-1] in self.finished:
            self.open.pop()

    @property
    def expected(self) -> str:
        minutes = self.left[self.open[-1]] if self.open else 0.0
        return f"at most {span((minutes, minutes))} left" if minutes >= 1 else "less than a minute left"


class _Rows:
    """The bars: all customers together, and some of those that are being worked on."""

    def __init__(self, plan: Plan, quiet: set[Key], console: Console) -> None:
        groups: dict[str, list[Key]] = {}
        for change in plan.changes:
            if change.desired.key not in quiet:
                groups.setdefault(change.desired.key.group, []).append(change.desired.key)
        left = remaining(plan)
        self.customers = {group: _Customer(keys, left) for group, keys in groups.items()}
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(20),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}", markup=False),
        )
        # What else is printed goes its own way: a signal may come while anything of this is locked.
        self.bars = Bars(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
        self.all = self.bars.add_task(many(len(groups), "customer"), total=len(groups), left="")
        self.shown: dict[str, TaskID] = {}

    def update(self, event: Event) -> None:
        group = event.key.group
        customer = self.customers[group]
        if event.outcome:
            customer.finish(event.key)
        elif group not in self.shown and len(self.shown) < ROWS:
            name = group if group != "-" else "partner"
            self.shown[group] = self.bars.add_task(name, total=customer.total, left="")
        if task := self.shown.get(group):
            self.bars.update(task, completed=len(customer.finished), left=customer.expected)
        if event.outcome and len(customer.finished) == customer.total:
            self.bars.advance(self.all)
            if task := self.shown.pop(group, None):
                self.bars.remove_task(task)

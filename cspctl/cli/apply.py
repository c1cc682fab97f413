"""``cspctl apply``."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
from pathlib import Path
from typing import Any, ClassVar

import click
from rich.text import Text

from cspctl.apply import INTERRUPTED, Event, apply
from cspctl.changes import Plan, unexpected
from cspctl.cli import _session
from cspctl.cloud import Cloud
from cspctl.errors import EXIT_ERROR, EXIT_MOVED, EXIT_PARTIAL, BadInput, Interrupted, Problem, Refused
from cspctl.journal import Journal
from cspctl.render import text
from cspctl.steps import Outcome

UNEXPECTED = "its changes are not the expected ones"


@click.command("apply")
@_session.narrowing
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@click.option(
    "--expect",
    "expected",
    multiple=True,
    metavar="DIGEST",
    help="Apply only what this digest (or JSON plan) stands for.",
)
@click.option("--allow-purchase", type=int, default=0, metavar="N", help="Allow up to N paid creations in this run.")
@click.option("--allow-delete-contents", "contents", multiple=True, metavar="KEY", help="Delete it with all it holds.")
@click.pass_obj
def command(
    options: dict[str, Any],
    paths: tuple[Path, ...],
    targets: tuple[str, ...],
    labels: tuple[str, ...],
    customers: tuple[str, ...],
    auto_approve: bool,
    expected: tuple[str, ...],
    allow_purchase: int,
    contents: tuple[str, ...],
) -> int:
    """Plan again, ask, and carry out: parents first, reading each thing once more before it is written.

    PATHS are manifests and folders of them; without any, the current folder.
    """
    digests = {digest for one in expected for digest in _digests(one)}
    resources = _session.load(paths)
    chosen = _session.choose(resources, targets, labels, customers)
    _session.keep_out_of_git()
    with _session.session(options) as cloud:
        look = _session.look(options, cloud, resources, chosen, contents, patient=True)
        click.echo(text.details(look.plan), err=True)
        left_out = _left_out(look.plan, digests)
        reviewed = bool(digests) and not left_out
        _session.show(Text(text.summary(look.plan) + "\n", "bold") if reviewed else text.plan_text(look.plan))
        left_out |= _with_problems(look.plan)
        look.plan.raise_if_unsafe(allow_purchase)
        if look.plan.writes and not (auto_approve or digests):
            _ask()
        return _carry_out(cloud, look, _session.journal(options), left_out)


def _with_problems(plan: Plan) -> dict[str, str]:
    """The customers that cannot be planned: the others go on. Raises what concerns all."""
    if any(not problem.group for problem in plan.problems):
        raise BadInput(plan.problems)
    _session.complain(plan.problems, "This cannot be planned, so nothing of these customers is written:")
    return {problem.group: "this customer has errors, see above" for problem in plan.problems}


def _left_out(plan: Plan, digests: set[str]) -> dict[str, str]:
    left_out = unexpected(plan, digests) if digests else ()
    for group in sorted(left_out):
        click.echo(f"{group}: {UNEXPECTED}, so nothing of it is written. Plan again.", err=True)
    return dict.fromkeys(left_out, UNEXPECTED)


def _digests(expected: str) -> list[str]:
    path = Path(expected)
    if not path.is_file():
        if not re.fullmatch(r"[0-9a-f]{16}", expected):
            raise click.UsageError(f"--expect {expected}: no such file, and no digest (16 hexadecimal digits)")
        return [expected]
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return [document["digest"], *document["digests"].values()]
    except (ValueError, KeyError, TypeError, AttributeError):
        problem = Problem(expected, "this is no plan", "Write one with: cspctl plan --output json")
        raise BadInput([problem]) from None


def _ask() -> None:
    if not _session.is_terminal():
        remedy = "Say --auto-approve, or --expect with the digest of the plan that was reviewed."
        raise Refused([Problem("apply", "there is nobody to ask", remedy)])
    if not click.confirm("Apply this?", default=False):
        raise Refused([Problem("apply", "not confirmed; nothing was written")])


def _carry_out(cloud: Cloud, look: _session.Look, journal: Journal, left_out: dict[str, str]) -> int:
    progress = _Progress(look.plan)
    with _Interrupts() as interrupts:
        stopping = interrupts.stopping
        outcomes = apply(look.plan, look.seen, cloud, journal, progress.show, left_out, stopping=stopping)
    if look.plan.writes:
        click.echo(text.outcome_summary(outcomes))
    if any(INTERRUPTED in outcome.reason for outcome in outcomes):
        raise Interrupted(
            "interrupted. What runs in the cloud goes on; run apply again to continue where this stopped."
        )
    return _exit_code(outcomes, _session.exit_code(look.plan))


class _Interrupts:
    """Ctrl-C and SIGTERM ask apply to end in good order; the second time the process ends at once.

    A flag and no exception: that could strike between any two steps and leave a change half accounted for.
    """

    def __init__(self) -> None:
        self.signal = 0
        self.previous: dict[int, Any] = {}

    def __enter__(self) -> _Interrupts:
        for number in (signal.SIGINT, signal.SIGTERM):
            self.previous[number] = signal.signal(number, self._caught)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.previous.items():
            signal.signal(number, handler)

    def _caught(self, number: int, _: object) -> None:
        if self.signal:
            os._exit(128 + number)  # every line of the journal is on the disk already
        self.signal = number
        Interrupted.exit_code = 128 + number
        click.echo("Stopping: nothing new is begun. Once more ends at once.", err=True)

    def stopping(self) -> bool:
        """Whether a signal has come."""
        return bool(self.signal)


def _exit_code(outcomes: list[Outcome], looked: int) -> int:
    if looked == EXIT_ERROR:
        return EXIT_ERROR
    statuses = {outcome.status for outcome in outcomes}
    if "failed" in statuses:
        return EXIT_ERROR
    if "moved" in statuses:
        return EXIT_MOVED
    return EXIT_PARTIAL if statuses & {"waiting", "skipped"} else looked


class _Progress:
    """One line for each thing that happens, with the time since the start."""

    STYLES: ClassVar = {
        "done": "green",
        "failed": "bold red",
        "skipped": "yellow",
        "moved": "yellow",
        "waiting": "magenta",
    }

    def __init__(self, plan: Plan) -> None:
        self.console = _session.console(stderr=True)
        self.quiet = {c.desired.key for c in plan.changes if c not in plan.writes}
        self.total, self.finished = len(plan.writes), 0
        self.began = plan.at

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
            self.console.print(line.append(f"{event.text}{reason}", style).append(count, "dim"))

"""``cspctl apply``."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from cspctl.apply import apply
from cspctl.changes import Plan, unexpected
from cspctl.cli import _profiles, _session
from cspctl.cli._progress import Progress
from cspctl.cloud import Clock
from cspctl.errors import (
    EXIT_ERROR,
    EXIT_LOCKED,
    EXIT_MOVED,
    EXIT_PARTIAL,
    EXIT_REFUSED,
    EXIT_WAITING,
    BadInput,
    Interrupted,
    Locked,
    Problem,
    Refused,
)
from cspctl.render import text
from cspctl.steps import INTERRUPTED, Outcome

BEFORE_LOCKED = (EXIT_ERROR, EXIT_REFUSED)
"""Exit codes that say more than that another run holds a customer."""
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
@click.option(
    "--allow-delete", type=int, default=0, metavar="N", help="Allow up to N deletions and replacements in this run."
)
@_session.wishing
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
    allow_delete: int,
    contents: tuple[str, ...],
    rotate: tuple[str, ...],
    prune: bool,
    parallelism: int,
) -> int:
    """Plan again, ask, and carry out: parents first, reading each thing once more before it is written.

    PATHS are manifests and folders of them; without any, the current folder.
    """
    digests = {digest for one in expected for digest in _digests(one)}
    parts = _profiles.load(options, paths)
    chosen = _session.choose(_profiles.everything(parts), targets, labels, customers)
    _session.check_prune(prune, (*targets, *labels))
    _session.keep_out_of_git()
    with _profiles.accounts(options, parts) as ready:
        look = _profiles.look(ready, _profiles.Wishes(chosen, contents, rotate, parallelism, prune), patient=True)
        _session.say(text.details(look.plan))
        left_out = _left_out(look.plan, digests)
        reviewed = bool(digests) and not left_out
        _session.show(Text(text.summary(look.plan) + "\n", "bold") if reviewed else text.plan_text(look.plan))
        left_out |= _with_problems(look.plan)
        look.plan.raise_if_unsafe(allow_purchase, allow_delete)
        if look.plan.writes and not (auto_approve or digests):
            _ask()
        with _profiles.held(look.looks, left_out) as refused:
            for error in refused.values():
                click.echo(f"{error}", err=True)
            code = _carry_out(look, left_out | {group: str(error) for group, error in refused.items()}, parallelism)
        locked = any(isinstance(error, Locked) for error in refused.values())
        return EXIT_LOCKED if locked and code not in BEFORE_LOCKED else code


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


def _carry_out(look: _profiles.Joint, left_out: dict[str, str], parallelism: int) -> int:
    outcomes: list[Outcome] = []
    clocks = [one.account.cloud.clock for one in look.looks]
    with Progress(look.plan) as progress, _Interrupts(clocks, progress) as interrupts:
        stopping, show = interrupts.stopping, progress.show
        for one in (one for one in look.looks if not one.failed):  # nothing of one account depends on another
            cloud, journal = one.account.cloud, one.account.journal
            cloud.http.turns.tell = progress.tell
            outcomes += apply(one.plan, one.seen, cloud, journal, show, left_out, parallelism, stopping)
    if outcomes:
        click.echo(text.outcome_summary(outcomes, {change.desired.key for change in look.plan.writes}))
    if any(INTERRUPTED in outcome.reason for outcome in outcomes):
        raise Interrupted(
            "interrupted. What runs in the cloud goes on; run apply again to continue where this stopped."
        )
    return _exit_code(outcomes, _session.exit_code(look.plan))


SIGNALS = (signal.SIGINT, signal.SIGTERM, *((signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ()))
"""What asks to end: Ctrl-C, a service manager, a terminal that is closed."""


class _Interrupts:
    """Ctrl-C and SIGTERM ask apply to end in good order; the second time the process ends at once.

    A flag and no exception: that could strike between any two steps and leave a change half accounted for.
    """

    def __init__(self, clocks: Sequence[Clock], progress: Progress) -> None:
        self.clocks, self.progress = clocks, progress
        self.signal = 0
        self.previous: dict[int, Any] = {}

    def __enter__(self) -> _Interrupts:
        for number in SIGNALS:
            self.previous[number] = signal.signal(number, self._caught)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.previous.items():
            signal.signal(number, handler)

    def _caught(self, number: int, _: object) -> None:
        if self.signal:
            self.progress.restore()
            os._exit(128 + number)  # every line of the journal is on the disk already
        self.signal = number
        Interrupted.exit_code = 128 + number
        for clock in self.clocks:
            clock.interrupt.set()  # who waits for a service ends at once; who has sent a request gets its answer
        click.echo("Stopping: nothing new is begun. Once more ends at once.", err=True)

    def stopping(self) -> bool:
        """Whether a signal has come."""
        return bool(self.signal)


def _exit_code(outcomes: list[Outcome], looked: int) -> int:
    if looked == EXIT_ERROR:
        return EXIT_ERROR
    statuses = {outcome.status for outcome in outcomes if not outcome.person}
    if "failed" in statuses:
        return EXIT_ERROR
    if statuses & {"moved", "not applied"}:
        return EXIT_MOVED
    if statuses & {"waiting", "skipped"}:
        return EXIT_PARTIAL
    return EXIT_WAITING if any(outcome.person for outcome in outcomes) and looked != EXIT_PARTIAL else looked

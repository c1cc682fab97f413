"""What several commands need: the manifests, the services, and where things are kept."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import httpx
from rich.console import Console
from rich.text import Text

from cspctl import config, manifest, refs
from cspctl.changes import Plan
from cspctl.cloud import Clock, Cloud, connect
from cspctl.errors import EXIT_ERROR, EXIT_PARTIAL, EXIT_REFUSED, EXIT_WAITING, BadInput, Problem
from cspctl.journal import Journal
from cspctl.observe import observe
from cspctl.plan import plan
from cspctl.record import Record
from cspctl.resource import Key, Resource
from cspctl.seen import Seen, Unread
from cspctl.sink import Sink
from cspctl.wording import nearest

if TYPE_CHECKING:
    from cspctl.simulator import Simulator

FOLDER = Path(".cspctl")
"""What cspctl keeps beside the manifests: the journal and one-time secrets."""
SIMULATED = FOLDER / "simulated"
"""The same for the simulator, with its state: what is simulated never mixes with what is real."""
TIMEOUT = 60.0
LOOKS, PAUSE = 20, 15.0
"""How often, and with how many seconds between, apply looks again for what an earlier run has just made."""
Command = TypeVar("Command", bound=Callable[..., Any])


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to who prints: rich would end the process, in the middle of whatever it does."""
        raise BrokenPipeError


def console(stderr: bool = False) -> Console:
    """A console that neither wraps nor guesses: what is printed is what a pipe gets."""
    return _Console(stderr=stderr, highlight=False, soft_wrap=True, emoji=False, markup=False)


def narrowing(command: Command) -> Command:
    """The arguments that say which manifests are meant."""
    for add in (
        click.option("--customer", "customers", multiple=True, metavar="NAME", help="Only this customer. Repeatable."),
        click.option(
            "-l", "--selector", "labels", multiple=True, metavar="NAME=VALUE", help="Only what has this label."
        ),
        click.option("--target", "targets", multiple=True, metavar="KEY", help="Only this resource. Repeatable."),
        click.argument("paths", nargs=-1, type=click.Path(path_type=Path)),
    ):
        command = add(command)
    return command


def load(paths: tuple[Path, ...]) -> list[Resource]:
    """The resources of the given files and folders, by default of the current folder."""
    resources = manifest.load(paths or (Path(),))
    if not resources:
        raise click.UsageError(f"no manifests in {', '.join(map(str, paths)) or 'the current folder'}")
    return resources


def choose(
    resources: list[Resource], targets: tuple[str, ...], labels: tuple[str, ...], customers: tuple[str, ...]
) -> set[Key] | None:
    """The keys that the narrowing options choose; None for all. Choosing nothing is a usage error."""
    pairs = dict(label.partition("=")[::2] for label in labels)
    chosen = manifest.selected(resources, frozenset(targets), pairs, frozenset(customers))
    for target in targets:
        if not manifest.selected(resources, {target}):
            raise no_such("--target", target, resources)
    for label in labels:
        if "=" not in label:
            raise click.UsageError(f"-l {label}: write NAME=VALUE")
    if len(pairs) < len(set(labels)):
        raise click.UsageError("-l: a resource has one value of a label; several -l must all hold")
    for customer in customers:
        if customer not in (known := sorted({resource.key.group for resource in resources})):
            raise click.UsageError(f"--customer {customer}: no such customer. {nearest(customer, known)}")
    if chosen is not None and not chosen:
        raise click.UsageError(f"no resource has all of that: {', '.join((*targets, *labels, *customers))}")
    return chosen


def no_such(option: str, key: str, resources: list[Resource]) -> click.UsageError:
    """The error for a key that no resource has, with the key that was probably meant."""
    hint = nearest(key, [str(resource.key) for resource in resources])
    return click.UsageError(f"{option} {key}: no such resource. {hint}")


@contextmanager
def session(options: dict[str, Any]) -> Iterator[Cloud]:
    """The services: the real ones of a profile, or the simulator in this process."""
    if options["simulate"]:
        with simulated() as cloud:
            yield cloud
    else:
        profile = config.load(Path(), options["profile"])
        with httpx.Client(timeout=TIMEOUT) as client:
            yield connect(profile, client, Clock(), Sink(FOLDER / "secrets"))


@contextmanager
def simulator() -> Iterator[Simulator]:
    """The simulator with its state in a file beside the manifests."""
    from cspctl.simulator import Simulator

    keep_out_of_git()
    SIMULATED.mkdir(parents=True, exist_ok=True)
    running = Simulator(SIMULATED / "simulator.sqlite")
    try:
        yield running
    finally:
        running.close()


@contextmanager
def simulated() -> Iterator[Cloud]:
    """The simulator in this process, at Microsoft's own addresses."""
    with simulator() as running:
        known = running.profile
        profile = config.Profile.model_validate(
            {
                "partnerTenantId": known["partnerTenantId"],
                "clientId": known["clientId"],
                "clientSecret": config.Held(text=known["clientSecret"]),
                "refreshToken": config.Held(text=known["refreshToken"]),
            }
        )
        clock = Clock(running.clock.now, running.clock.sleep, jumps=True)
        with httpx.Client(transport=httpx.WSGITransport(app=running)) as client:
            yield connect(profile, client, clock, Sink(SIMULATED / "secrets"))


def keep_out_of_git() -> None:
    """The working folder holds one-time secrets and lies beside manifests that go to git."""
    try:
        FOLDER.mkdir(exist_ok=True)
        ignore = FOLDER / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        problem = Problem(
            str(FOLDER), f"the working folder cannot be made: {error.strerror}", "Work in another folder."
        )
        raise BadInput([problem]) from None


def journal(options: dict[str, Any]) -> Journal:
    """The journal beside the manifests."""
    return Journal((SIMULATED if options["simulate"] else FOLDER) / "journal")


@dataclass
class Look:
    """One look at the world, and the plan that follows from it."""

    resources: list[Resource]
    records: dict[Key, Record]
    seen: Seen
    plan: Plan


def look(
    options: dict[str, Any],
    cloud: Cloud,
    resources: list[Resource],
    chosen: set[Key] | None,
    allow_contents: tuple[str, ...] = (),
    patient: bool = False,
) -> Look:
    """Observe what the chosen resources need, and plan; `patient` waits for what is just coming into being."""
    records = journal(options).records()
    everything, resources = resources, manifest.narrowed(resources, chosen)
    inside = {resource.key for resource in resources}
    outside = {key: needs for key, needs in refs.needs_of(everything).items() if key not in inside}
    allowed = manifest.selected(resources, frozenset(allow_contents)) or set()
    for remaining in range(LOOKS if patient else 0, -1, -1):
        seen = observe(resources, cloud, records)
        made = plan(resources, seen, records, chosen, allowed, outside)
        young = [state.reason for state in seen.states.values() if isinstance(state, Unread) and state.passing]
        if not remaining or not (young or made.doubtful_until):
            break
        pause = (made.doubtful_until - seen.at).total_seconds() if made.doubtful_until else PAUSE
        click.echo(
            f"Waiting {pause:.0f} s: {young[0] if young else 'an earlier run may have created something'}", err=True
        )
        cloud.clock.sleep(pause)
    return Look(resources, records, seen, made)


def show(text: Text) -> None:
    """Print a result."""
    console().print(text, end="")


def complain(problems: tuple[Problem, ...], title: str) -> None:
    """Print all problems to stderr."""
    if problems:
        lines = Text(f"{title}\n", "bold red")
        for problem in problems:
            lines.append(f"  {problem}\n")
        console(stderr=True).print(lines, end="")


def exit_code(plan: Plan) -> int:
    """What a look at the world alone says: errors, refusals, what is unread, who is waited for."""
    kinds = {note.kind for note in plan.notes}
    for code, applies in (
        (EXIT_ERROR, plan.problems),
        (EXIT_REFUSED, plan.refusals),
        (EXIT_PARTIAL, "unknown" in kinds),
        (EXIT_WAITING, "waiting" in kinds),
    ):
        if applies:
            return code
    return 0


def is_terminal() -> bool:
    """Whether a person can be asked: both ends are a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()

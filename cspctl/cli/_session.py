"""What several commands need: the manifests, what is printed and how, and where things are kept."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any, TypeVar

import click
from rich.console import Console
from rich.text import Text

from cspctl import manifest
from cspctl.changes import Plan
from cspctl.cli import _complete
from cspctl.errors import EXIT_ERROR, EXIT_PARTIAL, EXIT_REFUSED, EXIT_WAITING, SIGN_IN, BadInput, Problem
from cspctl.estimate import PARALLELISM
from cspctl.resource import PARTNER, Key, Resource
from cspctl.wording import nearest

if TYPE_CHECKING:
    from cspctl.simulator import Simulator

FOLDER = Path(".cspctl")
"""What cspctl keeps beside the manifests: the journal and one-time secrets."""
SIMULATED = FOLDER / "simulated"
"""The same for the simulator, with its state: what is simulated never mixes with what is real."""
Command = TypeVar("Command", bound=Callable[..., Any])


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to who prints: rich would end the process, in the middle of whatever it does."""
        raise BrokenPipeError


def console(stderr: bool = False) -> Console:
    """A console that neither wraps nor guesses: what is printed is what a pipe gets."""
    return _Console(stderr=stderr, highlight=False, soft_wrap=True, emoji=False, markup=False)


def wishing(command: Command) -> Command:
    """The options that ask for more than the manifests alone do."""
    for add in (
        click.option("--prune", is_flag=True, help="Delete what we have created and no manifest describes any more."),
        click.option(
            "--rotate",
            multiple=True,
            metavar="KEY",
            help="Send the secrets of this resource anew. Repeatable.",
            shell_complete=_complete.keys,
        ),
        click.option(
            "--allow-delete-contents",
            "contents",
            multiple=True,
            metavar="KEY",
            help="Delete it with all it holds.",
            shell_complete=_complete.keys,
        ),
        click.option(
            "--parallelism",
            type=click.IntRange(1, 64),
            default=PARALLELISM,
            metavar="N",
            show_default=True,
            help="How many things are read, or worked on, at the same time.",
        ),
    ):
        command = add(command)
    return command


def check_prune(prune: bool, narrowed: Sequence[str]) -> None:
    """What is to be pruned is told from what all manifests of a customer mean."""
    if prune and narrowed:
        raise click.UsageError("--prune looks at whole customers: it goes with --customer, not with --target or -l")


def profiled(command: Command) -> Command:
    """The option --profile behind a command's name, beside the one before it."""
    add = click.option(
        "--profile",
        multiple=True,
        metavar="NAME",
        expose_value=False,
        callback=_asked,
        shell_complete=_complete.profiles,
        help="Only this profile of cspctl.yaml. Repeatable.",
    )
    return add(command)


def _asked(ctx: click.Context, _: click.Parameter, names: tuple[str, ...]) -> None:
    root = ctx.find_root()
    if names and isinstance(root.obj, dict):
        from_environment = root.get_parameter_source("profiles") is click.core.ParameterSource.ENVIRONMENT
        before = () if from_environment else root.obj["profiles"]
        root.obj["profiles"] = tuple(dict.fromkeys((*before, *names)))


def narrowing(command: Command) -> Command:
    """The arguments that say which manifests are meant."""
    for add in (
        click.option(
            "--customer",
            "customers",
            multiple=True,
            metavar="NAME",
            help="Only this customer. Repeatable.",
            shell_complete=_complete.customers,
        ),
        click.option(
            "-l",
            "--selector",
            "labels",
            multiple=True,
            metavar="NAME=VALUE",
            help="Only what has this label.",
            shell_complete=_complete.labels,
        ),
        click.option(
            "--target",
            "targets",
            multiple=True,
            metavar="KEY",
            help="Only this resource: its key, or the end of it, such as the handle. Repeatable.",
            shell_complete=_complete.keys,
        ),
        profiled,
        click.argument("paths", nargs=-1, type=click.Path(path_type=Path)),
    ):
        command = add(command)
    return command


def load(
    paths: tuple[Path, ...], also: Callable[[Sequence[Resource]], Iterable[Problem]] = lambda _: ()
) -> list[Resource]:
    """The resources of the given files and folders, by default of the current folder."""
    resources = manifest.load(paths or (Path(),), also)
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


def simulator_of(path: Path, **more: Any) -> Simulator:
    """The simulator whose state is in a file. Raises :class:`BadInput` if another version has written that."""
    from cspctl.simulator import OutdatedState, Simulator

    try:
        return Simulator(path, **more)
    except OutdatedState:
        what = "another version of the simulator has written this, and it would be misunderstood"
        raise BadInput([Problem(str(path), what, "cspctl simulator reset starts anew.")]) from None


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


def show(text: Text, stderr: bool = False) -> None:
    """Print a result, or what goes beside it; on a terminal no line is broken within a word."""
    out = console(stderr)
    out.print(fitted(text, out), end="")


def fitted(text: Text, out: Console) -> Text:
    """The text in lines that a terminal has room for; a pipe gets each line whole."""
    if not out.file.isatty():
        return text
    from cspctl.render.wrap import wrapped

    return wrapped(text, out.width)


def say(text: str, style: str = "") -> None:
    """Print a line beside the results."""
    show(Text(f"{text}\n", style), stderr=True)


def complain(problems: tuple[Problem, ...], title: str) -> None:
    """Print all problems to stderr."""
    if problems:
        lines = Text().append(f"{title}\n", "bold red")
        for problem in problems:
            lines.append(indent(f"{problem}\n", "  "))
        show(lines, stderr=True)


def notices(texts: Iterable[str]) -> None:
    """Print what the user should know to stderr."""
    for text in texts:
        say(f"Warning: {text}")


def exit_code(plan: Plan) -> int:
    """What a look at the world alone says: errors, refusals, what is unread, who is waited for."""
    kinds = {note.kind for note in plan.notes}
    for code, applies in (
        (EXIT_ERROR, plan.problems or _nobody_is_signed_in(plan)),
        (EXIT_REFUSED, plan.refusals),
        (EXIT_PARTIAL, "unknown" in kinds),
        (EXIT_WAITING, "waiting" in kinds),
    ):
        if applies:
            return code
    return 0


def _nobody_is_signed_in(plan: Plan) -> bool:
    """Whether of every customer something is unknown because a person has to sign in."""
    asking = {note.group for note in plan.notes if note.kind == "unknown" and SIGN_IN in note.text}
    groups = {change.desired.key.group for change in plan.changes} | {note.group for note in plan.notes}
    return bool(asking) and asking >= (groups | set(plan.existing)) - {PARTNER}


def is_terminal() -> bool:
    """Whether a person can be asked: both ends are a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()

"""The command line: the only place that prints and exits. One file per command, loaded when it is called."""

from __future__ import annotations

import gc
import importlib
import io
import os
import sys
from typing import NoReturn

import click
from click.shell_completion import CompletionItem

from cspctl import __version__
from cspctl.cli import _complete

COMMANDS = {
    "validate": "Check manifests without asking any service.",
    "plan": "Show everything in which the services differ from the manifests.",
    "apply": "Carry the plan out, parents first.",
    "operations": "List what is under way: what runs have announced and not finished.",
    "unlock": "Take a customer's lock from a run that is over, and write down why.",
    "login": "Sign a person in, for what an application alone may not do.",
    "logout": "Forget who is signed in, and all tokens.",
    "doctor": "Check accounts, rights and customers, and say how to mend what is wrong.",
    "explain": "Say what a kind and its fields mean.",
    "schema": "Write the JSON Schema of the kinds, for editors.",
    "completion": "Print the script that completes commands, kinds and keys in your shell.",
    "simulator": "Serve, reset and play with the simulator of Microsoft's services.",
}


class _Lazy(click.Group):
    """Knows its commands by name and imports one only when it is called, so that --help answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"cspctl.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """The commands, without importing them, or the options."""
        commands = [CompletionItem(name, help=said) for name, said in COMMANDS.items() if name.startswith(incomplete)]
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="cspctl")
@click.option(
    "--simulate", is_flag=True, envvar="CSPCTL_SIMULATE", help="Work on the embedded simulator; no account needed."
)
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    metavar="NAME",
    envvar="CSPCTL_PROFILE",
    shell_complete=_complete.profiles,
    help="Only this profile of cspctl.yaml. Repeatable.",
)
@click.option("--verbose", "-v", is_flag=True, help="Show every request on stderr.")
@click.pass_context
def cspctl(ctx: click.Context, simulate: bool, profiles: tuple[str, ...], verbose: bool) -> None:
    """Microsoft CSP estates as YAML in git: plan and apply across Partner Center and Azure."""
    ctx.obj = {"simulate": simulate, "profiles": profiles}
    if verbose:
        import logging

        logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
        logging.getLogger("cspctl").setLevel(logging.DEBUG)


def collect_rarely() -> None:
    """Look for rubbish seldom: what a command makes lives to its end, and looking takes a third of a large plan."""
    gc.set_threshold(100_000)


def main() -> NoReturn:
    """Run, and turn whatever happens into a message and an exit code."""
    from cspctl.errors import EXIT_ERROR, EXIT_USAGE, CspctlError

    collect_rarely()
    if "_CSPCTL_COMPLETE" in os.environ:  # the shell would show it in the middle of the line that is being written
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what a terminal cannot show is shown as an escape
            stream.reconfigure(errors="backslashreplace")
    try:
        code = cspctl.main(standalone_mode=False)
    except click.exceptions.Abort:
        # Only apply writes, and it handles signals itself: whoever is interrupted here may simply go. Threads that
        # read, or wait to read again, would keep the process.
        click.echo("Interrupted.", err=True)
        os._exit(130)
    except click.UsageError as error:
        error.show()
        code = EXIT_USAGE
    except click.ClickException as error:
        error.show()
        code = EXIT_ERROR
    except CspctlError as error:
        _complain(f"Error: {error}")
        code = error.exit_code
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            click.echo(
                f"Error: {error.strerror or error}: {error.filename or 'the output cannot be written'}", err=True
            )
            sys.exit(EXIT_ERROR)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        where = error.__traceback__
        while where and where.tb_next:
            where = where.tb_next
        place = f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where else ""
        _complain(f"Error: internal error: {type(error).__name__}: {error} ({place}). Please report it.")
        code = EXIT_ERROR
    sys.exit(code if isinstance(code, int) else 0)


def _complain(text: str) -> None:
    """Print an error; a terminal is worth the time that loading what breaks lines takes."""
    if not sys.stderr.isatty():
        click.echo(text, err=True)
        return
    from cspctl.cli import _session

    _session.say(text)

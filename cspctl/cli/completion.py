"""``cspctl completion``."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

HOW = {
    "bash": 'eval "$(cspctl completion bash)"   in ~/.bashrc (bash 4.4 or newer)',
    "zsh": 'eval "$(cspctl completion zsh)"    in ~/.zshrc, below compinit',
    "fish": "cspctl completion fish > ~/.config/fish/completions/cspctl.fish",
}
VARIABLE = "_CSPCTL_COMPLETE"
"""Where the script says that the words on the command line are to be completed; click's own convention."""


@click.command("completion", epilog="\b\n" + "\n".join(HOW.values()))
@click.argument("shell", type=click.Choice(list(HOW)))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the script that lets a SHELL complete commands, options, kinds and the keys of your manifests."""
    found = get_completion_class(shell)
    assert found is not None
    completion = found(context.find_root().command, {}, "cspctl", VARIABLE)
    click.echo(completion.source_template % completion.source_vars(), nl=False)

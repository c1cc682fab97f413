"""Runs cspctl in a process of its own, forked from one that has imported everything: a run without a start."""

from __future__ import annotations

import importlib
import os
import pkgutil
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NoReturn

import cspctl
from cspctl import cli, cloud, simulator
from cspctl.cli import _profiles
from cspctl.simulator.clock import Clock as VirtualClock
from cspctl.simulator.store import Store
from reliability.watched import VICTIM, Kill, Watched

LONGEST = 120
"""Seconds after which a run hangs."""
KILLED = -int(signal.SIGKILL)
LATE = ("azure.mgmt.network.models", "deepdiff", "msal")
"""What cspctl imports only when it needs it."""


@dataclass(frozen=True)
class Ran:
    """What a run left behind; a negative code is the signal that has ended it."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str
    memory: float = 0
    """The most that the process held, in MB."""

    @property
    def said(self) -> str:
        """All that it printed."""
        return self.out + self.err


@cache
def prepared() -> None:
    """Import all of cspctl, once, so that no run has to."""
    for module in pkgutil.walk_packages(cspctl.__path__, "cspctl."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in LATE:
        importlib.import_module(name)


def forked(work: Callable[[], int], out: Path, err: Path, longest: int) -> tuple[int, float]:
    """Do the work in a process of its own, with these files for what it prints; its exit code and its memory in MB."""
    prepared()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if not child:
        _become(work, out, err, longest)
    _, status, used = os.wait4(child, 0)
    # Linux counts in kilobytes, macOS in bytes.
    return os.waitstatus_to_exitcode(status), used.ru_maxrss / (1024 if sys.platform != "darwin" else 1 << 20)


def _become(work: Callable[[], int], out: Path, err: Path, longest: int) -> NoReturn:
    code = 70
    try:
        signal.alarm(longest)
        for number, file in ((1, out), (2, err)):
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(handle, number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.stdin, sys.stdout, sys.stderr = open(0, closefd=False), open(1, "w"), open(2, "w")  # noqa: SIM115 # till exit
        code = work()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def run(
    folder: Path,
    *arguments: str,
    kill: Kill | None = None,
    state: Path | None = None,
    services: type[simulator.Simulator] = Watched,
    longest: int = LONGEST,
) -> Ran:
    """One command of cspctl in the folder: over `services` in its own process, or over the simulator that is served.

    `state` is the file of the served one, by whose clock the process then lives: it moves it instead of waiting.
    """

    def work() -> int:
        os.chdir(folder)
        os.environ.pop("CSPCTL_SIMULATE", None)
        if state:
            (state.parent / VICTIM).write_text(str(os.getpid()))
            _profiles.Clock = lambda: _clock(state)  # type: ignore[attr-defined,assignment,misc]
        else:
            Watched.kill = kill
            simulator.Simulator = services  # type: ignore[misc]
        sys.argv = ["cspctl", *(() if state else ("--simulate",)), *arguments]
        try:
            cli.main()
        except SystemExit as ended:
            return int(ended.code or 0)

    out, err = folder / "out.txt", folder / "err.txt"
    code, memory = forked(work, out, err, longest)
    printed, noted = (file.read_text(encoding="utf-8", errors="replace") for file in (out, err))
    return Ran(arguments, code, printed, noted, memory)


def _clock(state: Path) -> cloud.Clock:
    virtual = VirtualClock(Store(state))
    return cloud.Clock(virtual.now, virtual.advance, jumps=True)


def serving(work: Callable[[int], None], folder: Path) -> tuple[int, int]:
    """A process that serves, and what it says first: its port. The caller ends it with :func:`stop`."""
    prepared()
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)

        def serve() -> int:
            work(write)
            return 0

        _become(serve, folder / "server-out.txt", folder / "server-err.txt", 10 * LONGEST)
    os.close(write)
    with os.fdopen(read, "rb") as told:
        port = int(told.readline() or 0)
    return child, port


def stop(child: int) -> None:
    """End a process that serves."""
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)

"""Runs the commands that README.md and the tutorial show, on the simulator, and writes what they print: ``make docs``.

A document is a session in one folder, from top to bottom:

- a block after a line that ends in "`name.ext`:" is saved under that name;
- each line of a ``console`` block that begins with "$ " is run; what follows it is what it prints;
- "…" alone on a line stands for any lines. Ids, times, digests and counts of requests may differ.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from cspctl.cli import main as cspctl

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = (Path("README.md"), Path("docs/tutorial.md"))
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (?P<command>.*)\n(?P<shown>(?:(?!\$ ).*\n)*)", re.MULTILINE)
SAVED = re.compile(r"`([\w./-]+\.(?:yaml|py))`:\s*$")
PROGRESS = re.compile(r"^ *\d+:\d\d  ")
VARYING = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "ID"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d"), "TIME"),
    (re.compile(r"Digest [0-9a-f]{16}"), "DIGEST"),
    (re.compile(r"in \d+ requests?"), "in N requests"),
    (PROGRESS, "TIME "),
    (re.compile(r" \[\d+/\d+\]$"), ""),
)


@dataclass(frozen=True)
class Ran:
    """One command of a document: what the document shows, from which character on, and what it printed."""

    command: str
    shown: str
    at: int
    printed: str

    @property
    def as_shown(self) -> bool:
        """Whether it printed what the document shows, apart from what may differ."""
        shown, printed = _stable(self.shown), _stable(self.printed)
        if Counter(filter(_is_progress, shown)) != Counter(filter(_is_progress, printed)) and "…" not in shown:
            return False  # what runs at the same time may end in any order
        quiet = [line for line in printed if not _is_progress(line)]
        pattern = r"\n".join(r".*" if line == "…" else re.escape(line) for line in shown if not _is_progress(line))
        return re.fullmatch(pattern, "\n".join(quiet), re.DOTALL) is not None


def _is_progress(line: str) -> bool:
    return line.startswith("TIME ")


def _stable(text: str) -> list[str]:
    lines = []
    for line in text.rstrip().splitlines():
        for varying, instead in VARYING:
            line = varying.sub(instead, line)
        lines.append(line.rstrip())
    return lines


def session(document: Path, folder: Path) -> Iterator[Ran]:
    """Save the files and run the commands of a document in a folder, in order. It may hold things already."""
    text = document.read_text(encoding="utf-8")
    with chdir(folder):
        for block in BLOCK.finditer(text):
            if name := SAVED.search(text[: block.start()]):
                Path(name[1]).parent.mkdir(parents=True, exist_ok=True)
                Path(name[1]).write_text(block["text"], encoding="utf-8")
            elif block["language"] == "console":
                for found in COMMAND.finditer(block["text"]):
                    at = block.start("text") + found.start("shown")
                    yield Ran(found["command"], found["shown"], at, run(found["command"]))


def run(command: str) -> str:
    """What a command prints: cspctl in this process, which is fast, all others in a shell."""
    words = shlex.split(command)
    target = words[words.index(">") + 1] if ">" in words else ""
    if words[0] != "cspctl":
        shell = ["/bin/sh", "-c", command]
        return subprocess.run(shell, check=True, text=True, capture_output=True).stdout  # noqa: S603 - our own text
    out = err = io.StringIO()
    if target:
        words, out = words[: words.index(">")], io.StringIO()
    code: object = 0
    with (
        patch.object(sys, "argv", words),
        patch.object(sys, "stdin", io.StringIO()),
        patch.dict(os.environ, {"NO_COLOR": "1"}),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            cspctl()
        except SystemExit as end:
            code = end.code
    if target:
        Path(target).write_text(out.getvalue(), encoding="utf-8")
    return err.getvalue() + (f"(exit code {code})\n" if code else "")


def with_outputs(document: Path) -> str:
    """The document with what its commands print now, where that differs from what it shows."""
    text = document.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "examples").symlink_to(ROOT / "examples")
        commands = list(session(document, Path(folder)))
    for ran in reversed(commands):
        if not ran.as_shown:
            text = text[: ran.at] + f"{ran.printed.rstrip()}\n".lstrip("\n") + text[ran.at + len(ran.shown) :]
    return text


def main() -> None:
    """Bring the outputs in all documents up to date."""
    for path in DOCUMENTS:
        (ROOT / path).write_text(with_outputs(ROOT / path), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Runs a command and tells what it took: the only place that measures processes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Measured:
    """What a process took from its start to its end: seconds on the wall and of the processors, peak memory in MB."""

    seconds: float
    cpu: float
    memory: float
    output: str

    def without(self, seconds: float) -> Measured:
        """The same without the seconds of one step that should not count."""
        return replace(self, seconds=self.seconds - seconds, cpu=self.cpu - seconds)


def measured(command: Sequence[str], cwd: Path | None = None, says: str = "") -> Measured:
    """Run a command to its end. Raises RuntimeError if it fails, or does not print what it should say."""
    with tempfile.TemporaryFile() as out:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=cwd, stdout=out, stderr=subprocess.STDOUT)  # noqa: S603 # our own words
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode(errors="replace")
    if process.returncode or says not in text:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{text[-2000:]}")
    # Linux counts in kilobytes, macOS in bytes.
    memory = used.ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)
    return Measured(seconds, used.ru_utime + used.ru_stime, memory, text)

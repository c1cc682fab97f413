"""Installs Microsoft's blob storage emulator, Azurite, from npm, and starts it. ``python -m tests.storage.emulator``.

It lies in ``.azurite/`` beside the sources, in the versions of ``tests/storage/azurite/package-lock.json``.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).parents[2]
PINNED = ROOT / "tests" / "storage" / "azurite"
FOLDER = ROOT / ".azurite"
PROGRAM = FOLDER / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
ACCOUNT = "devstoreaccount1"


class NotHere(Exception):
    """It cannot be had: no Node, or no registry."""


def install() -> None:
    """Install what is pinned, once for all processes. Raises :class:`NotHere` with the reason."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise NotHere("Azurite needs node and npm, which are not here")
    lock = (PINNED / "package-lock.json").read_bytes()
    FOLDER.mkdir(exist_ok=True)
    with FileLock(FOLDER / "installing"):
        done = FOLDER / "installed.json"
        if PROGRAM.is_file() and done.is_file() and done.read_bytes() == lock:
            return
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PINNED / name, FOLDER)
        command = [npm, "ci", "--no-audit", "--no-fund", "--omit=dev", "--ignore-scripts"]
        ran = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=540)
        if ran.returncode:
            raise NotHere(f"npm could not install Azurite: {ran.stderr.strip()[-300:]}")
        done.write_bytes(lock)


@dataclass(frozen=True)
class Emulator:
    """A running Azurite."""

    address: str
    key: str

    @property
    def account_url(self) -> str:
        return f"{self.address}/{ACCOUNT}"


@contextmanager
def running(folder: Path) -> Iterator[Emulator]:
    """Azurite on a port of its own, with a key of its own, until the end."""
    install()
    key = base64.b64encode(secrets.token_bytes(64)).decode()
    options = ["--blobHost", "127.0.0.1", "--blobPort", "0", "--location", str(folder), "--disableTelemetry"]
    process = subprocess.Popen(
        ["node", str(PROGRAM), *options],
        env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{key}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Emulator(_address(process), key)
    finally:
        process.kill()
        process.communicate()


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if found := re.search(r"successfully listens? on (http://\S+)", line):
            return found[1]
    raise AssertionError("Azurite did not start: " + "".join(said))


if __name__ == "__main__":
    try:
        install()
    except NotHere as error:
        sys.stderr.write(f"Tests on Azure Blob Storage will be skipped: {error}\n")

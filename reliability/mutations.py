"""Feeds mutants to cspctl: each gives a result, or an error with a place and a reason; none a crash, none a write."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import re
import shutil
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from cspctl import cli, simulator
from cspctl.simulator import Simulator
from reliability import process, proofs, worlds
from reliability.mutants import json_mutant, lines_mutant, text_mutant
from reliability.sweep import SCENARIOS
from reliability.worlds import SIMULATED, STATE

SHARES: Mapping[str, float] = {"manifest": 0.4, "journal": 0.2, "inventory": 0.1, "answer": 0.3}
"""What is changed, and how much of all mutants that is."""
CODES = frozenset({0, 1, 3, 4, 5, 64})
"""How `plan` and `validate` may end."""
PLACE = re.compile(r"^ *(Error: )?(\S.*?): \S.*", re.MULTILINE)


@dataclass(frozen=True)
class Mutant:
    """One mutant: what is changed and how, so that it can be made again."""

    what: str
    seed: int

    def __str__(self) -> str:
        """How to see it again, alone."""
        return f"python -m reliability mutations --mutant {self.what}:{self.seed}"


@dataclass(frozen=True)
class Said:
    """What became of it."""

    mutant: Mutant
    code: int
    wrong: tuple[str, ...]


class Garbling(Simulator):
    """Microsoft's services, of whose answers one is not what it should be."""

    at: ClassVar[int] = -1
    mark: ClassVar[int] = 0
    count: ClassVar[int] = 0

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        kind = type(self)
        began: list[Any] = []
        number, kind.count = kind.count, kind.count + 1
        if number != kind.at:
            return super().__call__(environ, start_response)
        body = b"".join(super().__call__(environ, lambda *head: began.extend(head)))
        mutant = json_mutant(kind.mark, body)
        headers = [(name, value) for name, value in began[1] if name.lower() != "content-length"]
        start_response(began[0], [*headers, ("Content-Length", str(len(mutant)))])
        return [mutant]


@dataclass
class Ground:
    """An applied estate, in whose folder each mutant takes its turn."""

    folder: Path
    manifests: Path

    @property
    def kept(self) -> Path:
        """What cspctl keeps."""
        return self.folder / SIMULATED

    def writes(self) -> int:
        """How many writes the services have seen."""
        found = Simulator(self.kept / STATE)
        try:
            return len(found.ledger())
        finally:
            found.close()

    def said(self, *arguments: str) -> tuple[int, str]:
        """What a command says, in this very process."""
        said = io.StringIO()
        sys.argv = ["cspctl", "--simulate", *arguments]
        try:
            with redirect_stdout(said), redirect_stderr(said):
                cli.main()
        except SystemExit as ended:
            return int(ended.code or 0), said.getvalue()
        except Exception as error:  # nothing may pass by main
            return -1, f"{said.getvalue()}\nTraceback: {type(error).__name__}: {error}"


def made(folder: Path, scenario: str = "fourth-coffee") -> Path:
    """The folder of an applied estate."""
    template = worlds.template(folder / "template", SCENARIOS / scenario, served=False)
    if template.apply().code:
        raise RuntimeError(template.runs[-1].said)
    shutil.copytree(template.manifests, template.folder / "manifests")
    return template.folder


def chosen(total: int) -> list[Mutant]:
    """So many mutants, of each sort its share."""
    return [Mutant(what, seed) for what, share in SHARES.items() for seed in range(round(total * share))]


def judge(origin: Path, mutants: Sequence[Mutant], folder: Path, workers: int = 2) -> Iterator[Said]:
    """What becomes of all of them, from several processes."""
    with multiprocessing.get_context("spawn").Pool(workers, _begin, (origin, folder)) as pool:
        yield from pool.imap_unordered(_judged, mutants, chunksize=20)


_ground: Ground


def _begin(origin: Path, folder: Path) -> None:
    global _ground
    process.prepared()
    mine = folder / f"worker-{os.getpid()}"
    shutil.copytree(origin, mine)
    os.chdir(mine)
    _ground = Ground(mine, mine / "manifests")
    simulator.Simulator = Garbling  # type: ignore[misc]


def _judged(mutant: Mutant) -> Said:
    return judged(_ground, mutant)


def judged(ground: Ground, mutant: Mutant) -> Said:
    """Let it take its turn."""
    before = ground.writes()
    Garbling.at, Garbling.count = -1, 0
    code, said, places = WAYS[mutant.what](ground, mutant.seed)
    wrong = [f"{word}: {said[said.index(word) :][:300]}" for word in proofs.BROKEN if word in said]
    if code not in CODES:
        wrong.append(f"exit code {code}: {said[-300:]}")
    if code == 1 and not any(place in said for place in places):
        wrong.append(f"an error without a place: {said[-300:]}")
    if (after := ground.writes()) != before:
        wrong.append(f"{after - before} writes")
    return Said(mutant, code, tuple(wrong))


def _exchanged(file: Path, data: bytes, run: Callable[[], tuple[int, str]]) -> tuple[int, str]:
    before = file.read_bytes()
    try:
        file.write_bytes(data)
        return run()
    finally:
        file.write_bytes(before)


def _manifest(ground: Ground, seed: int) -> tuple[int, str, Sequence[str]]:
    files = sorted(ground.manifests.iterdir())
    file = files[seed % len(files)]
    data = text_mutant(seed, file.read_bytes())

    def run() -> tuple[int, str]:
        code, said = ground.said("validate", "manifests")
        # What is valid goes on to be planned; one in four, for that takes ten times as long.
        return ground.said("plan", "manifests") if code == 0 and seed % 4 == 0 else (code, said)

    return (*_exchanged(file, data, run), ["manifests"])


def _journal(ground: Ground, seed: int) -> tuple[int, str, Sequence[str]]:
    file = next((ground.kept / "journal").glob("*/*.jsonl"))
    inventory = file.with_name("inventory.json")
    data = inventory.read_bytes()
    inventory.unlink()  # with it, nobody would read the journal again
    try:
        run = _exchanged(file, lines_mutant(seed, file.read_bytes()), lambda: ground.said("plan", "manifests"))
    finally:
        inventory.write_bytes(data)
    return (*run, [file.stem, "manifests"])


def _inventory(ground: Ground, seed: int) -> tuple[int, str, Sequence[str]]:
    file = next((ground.kept / "journal").glob("*/inventory.json"))
    prune = ["--prune"] if seed % 2 else []
    data = json_mutant(seed, file.read_bytes())
    return (*_exchanged(file, data, lambda: ground.said("plan", *prune, "manifests")), [file.name, "manifests"])


def _answer(ground: Ground, seed: int) -> tuple[int, str, Sequence[str]]:
    (ground.kept / "tokens.json").unlink(missing_ok=True)
    Garbling.at, Garbling.mark = seed % ANSWERS, seed
    return (*ground.said("plan", "--parallelism", "1", "manifests"), ["manifests", "https://", "sign-in", "/"])


ANSWERS = 40
"""Requests of a plan of this estate, or a few more: after the last one nothing is changed."""
WAYS: Mapping[str, Callable[[Ground, int], tuple[int, str, Sequence[str]]]] = {
    "manifest": _manifest,
    "journal": _journal,
    "inventory": _inventory,
    "answer": _answer,
}


def table(found: Sequence[Said]) -> Iterator[str]:
    """For each sort: how many gave a result or an error, and what went wrong."""
    yield f"{len(found):,} mutants of what cspctl reads"
    yield f"  {'of':<12} {'mutants':>8} {'result':>8} {'error':>8} {'violations':>11}"
    for what in SHARES:
        each = [said for said in found if said.mutant.what == what]
        codes = Counter(said.code == 1 for said in each)
        bad = sum(bool(said.wrong) for said in each)
        yield f"  {what:<12} {len(each):>8,} {codes[False]:>8,} {codes[True]:>8,} {bad:>11,}"
    seen: set[int] = set()
    for said in found:
        for wrong in said.wrong:
            mark = zlib.crc32(re.sub(r"[0-9a-f-]{8,}|\d+", "*", wrong)[:120].encode())
            if mark not in seen:  # each sort of violation once
                seen.add(mark)
                yield f"  VIOLATION {said.mutant}\n    {json.dumps(wrong)}"

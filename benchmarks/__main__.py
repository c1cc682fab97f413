"""``python -m benchmarks``: measures everything in one run and prints the tables with their ratios."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import estate, others
from benchmarks.measure import Measured, measured

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".bench"
"""Where other tools are installed, once."""
PER_CUSTOMER = 100
"""Resources of one customer."""
LINEAR = 1.25
"""How much more a resource may take when there are four or five times as many, and be called linear."""

Verdicts = list[tuple[str, bool]]
Run = Callable[[int], Measured | None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; a missed target is shown, and no failure: machines differ and are busy."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        runs = _runs(Path(folder), options)
        taken = _best(runs, options.repeat)
    _print(_machine(), f"Each line is a process of its own; of {options.repeat} the fastest.", "")
    totals, verdicts = _engine(taken, options)
    verdicts += _simulated(taken, options) + _others(taken, options, totals)
    _print("Targets", *(f"  {'met' if met else 'MISSED':<8}{text}" for text, met in verdicts))
    return 0


def _options(arguments: Sequence[str] | None) -> Any:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="How long planning takes.")
    add = parser.add_argument
    add("--engine", type=_sizes, default=[1000, 5000, 20000], metavar="N,N", help="resources, the engine alone")
    add("--simulated", type=_sizes, default=[1000, 5000], metavar="N,N", help="resources, over the simulator")
    add("--others", type=int, default=5000, metavar="N", help="records and resources for other tools; 0 for none")
    add("--repeat", type=int, default=3, metavar="N", help="how often each is run")
    return parser.parse_args(arguments)


def _sizes(text: str) -> list[int]:
    return [int(size) for size in text.split(",") if size]


def _machine() -> str:
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return f"{datetime.now(UTC).date()}, {system}"


def _print(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


def _customers(size: int) -> int:
    return max(1, round(size / PER_CUSTOMER))


def _runs(here: Path, options: Any) -> dict[tuple[str, int], Run]:
    """Everything to measure by its name and size; the folders that it needs are made."""
    runs: dict[tuple[str, int], Run] = {}
    for size in options.engine:
        folder = here / f"engine-{size}"
        for share in estate.shares(size, _customers(size)):
            estate.write(folder / share.customer, share)
        runs["engine", size] = _python("engine", folder, size, _customers(size))
    for size in options.simulated:
        folder = here / f"simulated-{size}"
        _python("simulated", "seed", folder, size, _customers(size))(0)
        runs["simulated", size] = _python("simulated", "plan", folder)
    if size := options.others:
        runs["octodns", size] = lambda number: others.octodns(CACHE, here / f"octodns-{number}", size)
        runs["counted", size] = lambda n: others.terraform(here / f"counted-{n}", others.COUNTED, size)
        runs["single", size] = lambda n: others.terraform(here / f"single-{n}", others.SINGLE, size)
    return runs


def _python(module: str, *arguments: object) -> Callable[[int], Measured]:
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    return lambda _: measured(command, cwd=ROOT)


def _best(runs: Mapping[tuple[str, int], Run], repeat: int) -> dict[tuple[str, int], Measured]:
    """The best of each. All are run in turn, so that a busy minute of the machine does not strike one alone."""
    best: dict[tuple[str, int], Measured] = {}
    for number in range(repeat):
        for name, run in runs.items():
            _progress(f"{number + 1}/{repeat} {name[0]} {name[1]:,}")
            taken = run(number)
            if taken and (name not in best or taken.seconds < best[name].seconds):
                best[name] = taken
    _progress("")
    return best


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text:<40}\r")
        sys.stderr.flush()


def _engine(taken: Mapping[tuple[str, int], Measured], options: Any) -> tuple[dict[int, Measured], Verdicts]:
    """The engine alone: what each size took, without making up the answers, and whether that grows linearly."""
    _print(
        "The engine alone, nothing to do",
        "  resources    wall  processor   start    load    look    plan   memory  per resource  growth",
    )
    totals: dict[int, Measured] = {}
    verdicts: Verdicts = []
    before = 0.0
    for size in options.engine:
        found = _nothing_to_do(taken["engine", size])
        total = totals[size] = taken["engine", size].without(found["prepare"])
        steps = [found[step] for step in ("load", "look", "plan")]
        each, growth = sum(steps) / size, ""
        if before:
            growth = f"{each / before:.2f}x"
            verdicts.append((f"linear growth up to {size:,} resources: {growth} for each", each <= LINEAR * before))
        times = " ".join(f"{seconds:5.2f} s" for seconds in (total.seconds - sum(steps), *steps))
        used = f"{total.seconds:5.2f} s {total.cpu:8.2f} s {times} {total.memory:5.0f} MB"
        _print(f"  {size:9,} {used} {each * 1000:10.2f} ms {growth:>7}")
        before = each
    _print("")
    return totals, verdicts


def _nothing_to_do(taken: Measured) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(taken.output)
    if found["changes"]:
        raise RuntimeError(f"there should be nothing to do: {found}")
    return found


def _simulated(taken: Mapping[tuple[str, int], Measured], options: Any) -> Verdicts:
    """The no-op plan over the simulator: what is asked of the services, and how that grows."""
    _print(
        "The no-op plan over the simulator in the same process",
        "  resources  customers    wall  processor   memory  lists  details  other  per resource  per customer  waited",
    )
    each: list[float] = []
    for size in options.simulated:
        total, customers = taken["simulated", size], _customers(size)
        found = _nothing_to_do(total)
        asked = found["requests"]
        count = sum(asked.values())
        each.append(count / customers)
        used = f"{total.seconds:5.2f} s {total.cpu:8.2f} s {total.memory:5.0f} MB"
        counts = f"{asked['list']:6,} {asked['detail']:8,} {asked['other']:6,} {count / found['resources']:13.2f}"
        _print(f"  {found['resources']:9,} {customers:10,} {used} {counts} {each[-1]:13.1f} {found['waited']:5.0f} s")
    _print("")
    text = f"requests grow with kinds and scopes: {', '.join(f'{one:.1f}' for one in each)} for each customer"
    return [(text, max(each) <= 1.1 * min(each))] if each else []


def _others(taken: Mapping[tuple[str, int], Measured], options: Any, engine: Mapping[int, Measured]) -> Verdicts:
    """Other tools that find nothing to do, and how the engine compares with them."""
    if not (size := options.others):
        return []
    verdicts, ours = Verdicts(), engine.get(size)
    _print(f"Nothing to do, {size:,} of them" + " " * 23 + "   wall  processor   memory  the engine's share")
    for name, text, target in (
        ("octodns", "octodns-sync, A records, one zone, YAML to YAML", 1.0),
        ("counted", "terraform plan, terraform_data by count", 0.1),
        ("single", "terraform plan, terraform_data one by one", None),
    ):
        found = taken.get((name, size))
        if found is None:
            _print(f"  {text}: not installed here, so not measured")
            continue
        share = f"{ours.seconds / found.seconds:16.2f}x" if ours else ""
        _print(f"  {text:<48} {found.seconds:5.2f} s {found.cpu:8.2f} s {found.memory:5.0f} MB {share}")
        if ours and target:
            met = ours.seconds <= target * found.seconds
            verdicts.append((f"{share.strip()} of {text} (at most {target:g}x)", met))
    _print("")
    return verdicts


if __name__ == "__main__":
    sys.exit(main())

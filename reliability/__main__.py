"""``python -m reliability``: runs the whole proof, or parts of it, and prints the counts."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from reliability import echoes, fleet, laws, mutations, sweep, tables, worlds

PARTS: dict[str, Callable[[Any], int]] = {}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts that are asked for; 1 if anything is not as it must be."""
    options = _options(arguments)
    wrong = 0
    for name in options.parts or PARTS:
        began = time.monotonic()
        found = PARTS[name](options)
        wrong += found
        tables.line(f"{name}: {found} violations, {time.monotonic() - began:.0f} s", "")
    return 1 if wrong else 0


def _options(arguments: Sequence[str] | None) -> Any:
    parser = argparse.ArgumentParser(prog="python -m reliability", description="Proves that apply may be interrupted.")
    add = parser.add_argument
    add("parts", nargs="*", choices=[[], *PARTS], metavar="PART", help=f"of {', '.join(PARTS)}; all without any")
    add("--scenario", action="append", metavar="NAME", help="only this scenario of the examples; repeatable")
    add("--fault", action="append", choices=sweep.FAULTS, help="only this fault; repeatable")
    add("--case", action="append", metavar="SCENARIO:NUMBER:FAULT", help="only this fault at this request; repeatable")
    add("--served", action="store_true", help="with --case: over the served simulator")
    add("--every", type=int, default=1, metavar="N", help="only every Nth case")
    add("--mutants", type=int, default=10_000, metavar="N", help="how many mutants")
    add("--mutant", metavar="SORT:SEED", help="only this mutant")
    add("--echo", type=int, metavar="NUMBER", help="only the error that repeats what this request has sent")
    add("--customers", type=int, default=1000, metavar="N", help="how many customers the fleet has")
    add("--examples", type=int, default=1000, metavar="N", help="how many interleavings of two applies")
    add("--workers", type=int, default=2, metavar="N", help="how many processes work")
    return parser.parse_args(arguments)


def _sweep(options: Any) -> int:
    """The fault sweep: what happens between two processes over the served simulator, all else in one process."""
    wrong = 0
    asked = options.case or []
    named = list(dict.fromkeys(case.partition(":")[0] for case in asked))
    for scenario in named or options.scenario or sweep.scenarios():
        verdicts: list[sweep.Verdict] = []
        requests = 0
        for served in [options.served] if asked else [False, True]:
            with worlds.scratch() as folder:
                found = sweep.ground(scenario, folder, served)
                requests = len(found.requests)
                faults = options.fault or [f for f in sweep.FAULTS if asked or (f in sweep.SOCKET) == served]
                chosen = list(sweep.cases(scenario, found, faults, served))[:: options.every]
                if asked:
                    chosen = [case for case in chosen if case.name in asked]
                for verdict in sweep.judge(found, chosen, folder, options.workers):
                    verdicts.append(verdict)
                    tables.progress(f"{scenario}: cases", len(verdicts))
        tables.line(*tables.sweep_table(scenario, requests, verdicts))
        wrong += sum(len(verdict.violations) for verdict in verdicts)
    return wrong


def _mutations(options: Any) -> int:
    """Mutated manifests, journals, inventories and answers."""
    chosen = mutations.chosen(options.mutants)
    if options.mutant:
        what, _, seed = options.mutant.partition(":")
        chosen = [mutations.Mutant(what, int(seed))]
    found: list[mutations.Said] = []
    with worlds.scratch() as folder:
        origin = mutations.made(folder)
        for said in mutations.judge(origin, chosen, folder, options.workers):
            found.append(said)
            tables.progress("mutants", len(found))
    tables.line(*mutations.table(found))
    return sum(len(said.wrong) for said in found)


def _laws(options: Any) -> int:
    """Two applies over one storage, in random interleavings."""
    count, violation = laws.tried(options.examples)
    tables.line(f"{count:,} interleavings of two applies over one storage", *violation)
    return len(violation)


def _fleet(options: Any) -> int:
    """A fleet of small customers, of whom one refuses everything."""
    with worlds.scratch() as folder:
        found = fleet.proved(options.customers, folder)
    tables.line(*fleet.table(found))
    return len(found.wrong)


def _secrets(options: Any) -> int:
    """Planted secrets, searched in every output, file and error."""
    with worlds.scratch() as folder:
        found = list(echoes.judge(folder, options.workers, options.echo))
    tables.line(*echoes.table(found))
    return sum(len(each.wrong) for each in found)


PARTS |= {"sweep": _sweep, "laws": _laws, "mutations": _mutations, "secrets": _secrets, "fleet": _fleet}

if __name__ == "__main__":
    sys.exit(main())

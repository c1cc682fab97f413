"""Reads the file that says what the simulator begins with."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from cspctl import source
from cspctl.errors import BadInput, Problem
from cspctl.simulator import Simulator
from cspctl.simulator.seed import SeedError, spelt

INTEGER = re.compile(r"[-+]?[0-9]+")
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


def load(simulator: Simulator, file: Path) -> dict[str, Any] | None:
    """Bring into being what a YAML or JSON file describes, unless the same has been done to this state already."""
    documents = source.read(file)
    if len(documents) != 1:
        raise BadInput([Problem(str(file), "a seed is one document", "See docs/simulator.md for examples.")])
    document = documents[0]
    try:
        return simulator.seed(_typed(document.value), once=True)
    except SeedError as error:
        problems = [Problem(document.locate(place), f"{spelt(place)}: {reason}") for place, reason in error.problems]
        raise BadInput(problems) from None


def _typed(value: Any) -> Any:
    """What unquoted scalars are by YAML 1.2's core schema: a seed has no fields that would say."""
    if isinstance(value, dict):
        return {str(key): _typed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_typed(inner) for inner in value]
    if not isinstance(value, source.Plain):
        return value
    if value in source.NULLS:
        return None
    if value in TRUTHS:
        return TRUTHS[value]
    if INTEGER.fullmatch(value):
        return int(value)
    return float(value) if NUMBER.fullmatch(value) else str(value)


def shown(made: dict[str, Any] | None) -> str:
    """What came of a seed, as JSON without secrets."""
    customers = (made or {}).get("customers", [])
    for customer in customers:
        for application in customer["applications"]:
            application.pop("clientSecret", None)
    return json.dumps({"customers": customers}, indent=2)

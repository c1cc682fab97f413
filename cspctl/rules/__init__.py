"""Offline rules that join several resources, one topic per file; rules about one resource live in its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set

from cspctl.errors import Problem
from cspctl.resource import Key, Resource
from cspctl.rules import adoption

Rule = Callable[[Sequence[Resource], Mapping[Key, Set[Key]]], Iterable[Problem]]

RULES: tuple[Rule, ...] = (adoption.first_subscription_says_which,)

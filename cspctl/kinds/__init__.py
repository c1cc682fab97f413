"""The kinds, found by looking into this package: nothing is registered by hand."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from cspctl.resource import Resource


@cache
def registry() -> Mapping[str, type[Resource]]:
    """Every kind by its name. Modules whose name starts with an underscore hold what kinds share, not kinds."""
    found: dict[str, type[Resource]] = {}
    for module in pkgutil.walk_packages(__path__, __name__ + "."):
        if module.ispkg or module.name.rpartition(".")[2].startswith("_"):
            continue
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, Resource) and value.__module__ == module.name:
                if value.__name__ in found:
                    raise RuntimeError(
                        f"{value.__name__} is defined in {found[value.__name__].__module__} and {module.name}"
                    )
                found[value.__name__] = value
    return dict(sorted(found.items()))

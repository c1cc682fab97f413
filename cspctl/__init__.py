"""cspctl: Microsoft Cloud Solution Provider estates as YAML in git."""

__version__ = "0.1.0"

"""Proves that an apply may be interrupted anywhere: run it with ``python -m reliability``, or ``make reliability``."""

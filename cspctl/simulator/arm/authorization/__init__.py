"""Simulates Microsoft.Authorization: role definitions, role assignments, and what callers may do by them."""

"""Kinds of Azure Resource Manager."""

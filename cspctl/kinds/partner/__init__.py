"""Kinds of Partner Center and the commerce around it."""

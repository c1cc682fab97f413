"""Readers of a plan: each turns the same value into one kind of text."""

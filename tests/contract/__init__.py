"""What the engine promises about every kind: each kind joins by existing, with its example."""

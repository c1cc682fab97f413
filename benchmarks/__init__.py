"""How long planning takes, beside other tools: ``make bench``, explained in docs/benchmarks.md."""

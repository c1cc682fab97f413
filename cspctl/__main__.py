"""``python -m cspctl``."""

from cspctl.cli import main

main()

"""`python -m milgraph` is the command."""

from milgraph.cli import main

main()

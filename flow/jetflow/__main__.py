"""`python -m jetflow`."""

from jetflow.cli import main

main()

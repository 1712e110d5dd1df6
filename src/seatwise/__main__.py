"""`python -m seatwise` is the `seatwise` command."""

from seatwise.cli import main

main()

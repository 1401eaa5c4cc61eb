"""`python -m photoz` is `photoz`."""

from photoz.cli import main

main()

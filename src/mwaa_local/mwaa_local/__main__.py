"""`python -m mwaa_local`."""

from mwaa_local.cli import main

main()

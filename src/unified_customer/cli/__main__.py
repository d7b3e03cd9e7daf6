"""`python -m unified_customer.cli` is the command line."""

from unified_customer.cli import main

main()

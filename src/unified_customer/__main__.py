"""`python -m unified_customer` is the command line."""

from unified_customer.cli import main

main()

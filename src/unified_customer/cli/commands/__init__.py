"""The groups of commands, one module each: their options and help.

    audit, consent, governance, key, retention, rights

The work is in the modules of `cli`, which a command imports when it runs.
"""

"""The audit as a log that shows when it was tampered with: sealed entries in a chain, a tree over them, heads kept outside.

`entries` writes what was done down, `sealing` binds it to the key and to the entry before, `store` seals each entry
that is written, `heads` keeps the root of the tree outside the store, `proofs` and `verification` hold them against
each other.
"""

"""Erasure that reaches everything: who goes is planned, carried out in one transaction, and followed up to the end.

`plan` says who and what goes, `removing` deletes it, `proofs` keeps statements as proofs, `reach` finds what else holds
a person, `steps` tells how far each part is, `graveyard` keeps the tombstones beside the store, and `erasing` puts them
together.
"""

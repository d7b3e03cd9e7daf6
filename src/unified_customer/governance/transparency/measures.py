"""What the hub does to protect data (GDPR Art. 32): what stands in a record of processing activities."""

from typing import Final

MEASURES: Final = (
    "Pseudonyms: people, records and identifiers are named by keyed hashes (BLAKE2b); the key is kept apart from the data.",
    "Purpose limitation: no row about a person is read without a purpose, and only of people whom the purpose may see.",
    (
        "Data minimisation: columns of a category that the purpose may not see are left out; the collection policy drops, "
        "hashes or refuses values on their way in."
    ),
    "Roles: the policy says which role may read for which purpose, and which categories it never sees.",
    "Accountability: every read and write is in an append-only audit, with who, when, for what, and how many people.",
    (
        "Erasure by construction: rows are deleted, the files rewritten without them, and keyed hashes keep people from "
        "coming back."
    ),
    "Quarantine: what cannot be accepted is kept apart, with its reason, and has a retention of its own.",
    "Messages and logs hold no personal values.",
)
"""One sentence each; what an organisation does beside, such as encryption of disks and training, it has to add."""

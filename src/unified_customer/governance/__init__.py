"""Consent at work: the ledger of statements, the gate that decides who is read, the door, and the audit."""

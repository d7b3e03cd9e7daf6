"""The words of requests and erasures: what can be asked for, what happens to it, and how far it is."""

from typing import Literal

Right = Literal[
    "access",
    "portability",
    "rectification",
    "erasure",
    "restriction",
    "objection",
    "opt_out",
    "opt_in",
    "no_automated_decisions",
]
"""What a person can ask for: GDPR Art. 15 to 22, and the opt-out of sale and sharing of the CCPA."""

RequestEvent = Literal[
    "received",
    "acknowledged",
    "verification_asked",
    "verified",
    "verification_failed",
    "extended",
    "approved",
    "denied",
    "started",
    "fulfilled",
    "failed",
    "revoked",
    "expired",
]
"""What can happen to a request."""

StepState = Literal["open", "done", "failed", "waived"]
"""State of one step of an erasure; the last row of a step counts."""

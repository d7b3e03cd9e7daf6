"""What a purpose rests on, under each regime of a policy and in words."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from unified_customer.policy import Policy
from unified_customer.policy.grounds import Ground
from unified_customer.policy.legal_basis import ground_under

GROUND_WORDS: Final[Mapping[Ground, str]] = MappingProxyType(
    {
        "never": "not at all",
        "guardian_consent": "the consent of a parent or guardian (GDPR Art. 8)",
        "consent": "your consent (GDPR Art. 6(1)(a))",
        "opt_out": "the law of the place, until you opt out",
        "legitimate_interests": "our legitimate interests (GDPR Art. 6(1)(f))",
        "public_interest": "a task in the public interest (GDPR Art. 6(1)(e))",
        "contract": "a contract with you (GDPR Art. 6(1)(b))",
        "permitted_by_law": "a law that permits it",
        "legal_obligation": "a legal obligation (GDPR Art. 6(1)(c))",
        "vital_interests": "somebody's vital interests (GDPR Art. 6(1)(d))",
    }
)
"""Ground -> what it is called in a notice."""


def grounds_of(policy: Policy, purpose: str) -> dict[str, Ground]:
    """Return what `purpose` rests on by regime; under the name `""` where the policy has none.

    Examples:
        >>> from unified_customer.policy import Regime
        >>> regimes = {"eu": Regime(title="Opt-in"), "us": Regime(title="Opt-out", fallback="opt_out")}
        >>> grounds_of(Policy(regimes=regimes), "marketing")
        {'eu': 'consent', 'us': 'opt_out'}
    """
    if not policy.regimes:
        return {"": policy.basis_of(purpose)}
    return {
        name: ground_under([regime], purpose, bases=policy.bases, years=None) for name, regime in policy.regimes.items()
    }

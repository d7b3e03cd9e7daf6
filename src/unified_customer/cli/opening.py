"""Opening the hub of a store: to work under a policy, which puts it in force, or only to look at what it would say."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from unified_customer.cli.output import Output
from unified_customer.cli.policyfile import policy_from
from unified_customer.cli.storefile import check_exists
from unified_customer.core.clock import system_clock
from unified_customer.core.models import Actor
from unified_customer.governance.oversight import Oversight
from unified_customer.hub import CustomerHub


@contextmanager
def opened(out: Output, store: str, policy: Path | None, *, actor: str = "local") -> Iterator[CustomerHub]:
    """Open the hub of a store that is there, under the policy in a file; a policy that this puts in force is told.

    Raises:
        ConfigurationError: There is no such store, or the file holds no policy.
    """
    check_exists(store)
    given, began = policy_from(policy), system_clock()
    with CustomerHub(store, policy=given, actor=Actor(id=actor)) as hub:
        if policy is not None and hub.consent.policies().filter(pl.col("in_force_from") >= began).height:
            out.note(f"The policy of {policy.name} is in force in this store from now on.")
        yield hub


@contextmanager
def looking(store: str, policy: Path | None) -> Iterator[Oversight]:
    """Open the hub of a store that is there, to look after it; a policy in a file is looked at and not put in force.

    Raises:
        ConfigurationError: There is no such store, or the file holds no policy.
    """
    check_exists(store)
    with CustomerHub(store) as hub:
        yield overseen(hub, policy)


def overseen(hub: CustomerHub, policy: Path | None) -> Oversight:
    """Return what looks after a hub, under the policy in a file, which is not put in force.

    Raises:
        ConfigurationError: The file holds no policy.
    """
    given = policy_from(policy)
    return hub.governance if given is None else hub.governance.under(given)

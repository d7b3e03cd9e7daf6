"""`connectors`: what can be loaded from."""

from dataclasses import asdict, dataclass

from rich.text import Text

from unified_customer.cli.output import Output, readable
from unified_customer.cli.tables import plain_table
from unified_customer.connectors import connectors
from unified_customer.connectors.registry import source_class
from unified_customer.core.plugins import Plugin


@dataclass(frozen=True)
class Listed:
    """A connector as the list shows it: either what it reads, or why it cannot be used."""

    name: str
    distribution: str
    target: str
    reads: str | None
    error: str | None


def list_connectors(out: Output) -> None:
    """Print every registered source, each imported once, with the error of those that cannot be used."""
    table = plain_table("connector", "from", "what it reads")
    for each in map(listed, connectors(check=True)):
        out.result("connector", asdict(each))
        wrong = Text(f"cannot be used: {readable(each.error)}", style="red") if each.error else None
        table.add_row(each.name, each.distribution, wrong or Text(readable(each.reads or "")))
    out.show(table)


def listed(plugin: Plugin) -> Listed:
    """Return a plugin with what it says of itself."""
    reads, error = (None, plugin.error) if plugin.error else _asked(plugin.name)
    return Listed(plugin.name, plugin.distribution, plugin.target, reads, error)


def _asked(name: str) -> tuple[str | None, str | None]:
    try:
        return source_class(name).spec().doc, None
    except Exception as error:  # noqa: BLE001 (what others wrote may raise anything; it is shown)
        return None, f"{type(error).__name__}: {error}"

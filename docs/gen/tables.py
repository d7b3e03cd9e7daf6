"""Write the reference page of the tables from the code."""

import mkdocs_gen_files

from unified_customer.connectors.message_fields import CATEGORIES, known_traits
from unified_customer.core.fields import FieldSpec
from unified_customer.core.tables import TABLES, Table

PAGE = "reference/tables.md"
HEAD = """# Tables

The tables are the interface between all parts of the library. This page is written from the code.

Every table also has `recorded_at` (when the hub learned the row) and `seq` (its place in the order of commits), which
the store assigns. Times are UTC with microseconds; money is `Decimal(18, 4)` beside an ISO 4217 currency. A column is
nullable unless it is marked *required*. Data categories are those of the fideslang taxonomy. *Kept* is the default time
that a value is kept after it was last observed.
"""


def described(table: Table) -> str:
    """Return the section of one table."""
    change = "append-only" if table.append_only else "replaced by key"
    time = f"; `as_of` is compared with `{table.time}`" if table.time else ""
    lines = [
        f"## {table.name}",
        "",
        table.doc,
        "",
        f"Key: {', '.join(f'`{column}`' for column in table.key)}. Rows are {change}{time}.",
        "",
        "| column | type | meaning | data category | kept |",
        "|---|---|---|---|---|",
    ]
    columns = table.schema.columns()
    for name, dtype in table.columns.items():
        field = table.fields[name]
        required = "" if columns[name].nullable else " *required*"
        quality = f" Quality: {field.quality}." if field.quality else ""
        kind = str(dtype).replace("time_unit='us', time_zone='UTC'", "us, UTC")
        lines.append(f"| `{name}`{required} | {kind} | {field.meaning}{quality} | {field.category} | {kept(field)} |")
    return "\n".join(lines)


def kept(field: FieldSpec) -> str:
    """Return how long a field is kept by default."""
    if not field.personal:
        return ""
    return "with the customer" if field.kept_days is None else f"{field.kept_days} days"


def traits() -> str:
    """Return the section of the traits that are known by name."""
    known = known_traits()
    groups = {category: [name for name in known if known[name].category == category] for category in CATEGORIES}
    lines = [
        "## Known traits",
        "",
        "Traits of messages by these names, in any spelling (`firstName`, `first_name`), have these categories; all",
        "others are `user.unclassified`.",
        "",
        "| data category | names | kept |",
        "|---|---|---|",
    ]
    for category, names in sorted(groups.items()):
        if names:
            listed = ", ".join(f"`{name}`" for name in names)
            lines.append(f"| {category} | {listed} | {kept(known[names[0]])} |")
    return "\n".join(lines)


with mkdocs_gen_files.open(PAGE, "w") as page:
    page.write(HEAD)
    for each in TABLES.values():
        page.write(f"\n{described(each)}\n")
    page.write(f"\n{traits()}\n")

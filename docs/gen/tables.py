"""Write the reference page of the tables from the code."""

import mkdocs_gen_files

from unified_customer.core.tables import TABLES, Table

PAGE = "reference/tables.md"
HEAD = """# Tables

The tables are the interface between all parts of the library. This page is written from the code.

Every table also has `recorded_at` (when the hub learned the row) and `seq` (its place in the order of commits), which
the store assigns. Times are UTC with microseconds; money is `Decimal(18, 4)` beside an ISO 4217 currency. A column is
nullable unless it is marked *required*. Data categories are those of the fideslang taxonomy.
"""


def described(table: Table) -> str:
    """Return the section of one table."""
    kind = "append-only" if table.append_only else "replaced by key"
    time = f"; `as_of` is compared with `{table.time}`" if table.time else ""
    lines = [
        f"## {table.name}",
        "",
        table.doc,
        "",
        f"Key: {', '.join(f'`{column}`' for column in table.key)}. Rows are {kind}{time}.",
        "",
        "| column | type | meaning | data category |",
        "|---|---|---|---|",
    ]
    columns = table.schema.columns()
    for name, dtype in table.columns.items():
        field = table.fields[name]
        required = "" if columns[name].nullable else " *required*"
        quality = f" Quality: {field.quality}." if field.quality else ""
        lines.append(f"| `{name}`{required} | {dtype} | {field.meaning}{quality} | {field.category} |")
    return "\n".join(lines)


with mkdocs_gen_files.open(PAGE, "w") as page:
    page.write(HEAD)
    for each in TABLES.values():
        page.write(f"\n{described(each)}\n")

"""Documents as pages: what is wide is printed across the sheet."""

from unified_customer.governance.document import Document, Grid, Paragraph


def page_with(columns: int) -> str:
    row = tuple(map(str, range(columns)))
    return Document("Map", (Paragraph("Rows."), Grid(row, (row,)))).to_html()


def test_only_a_page_with_a_broad_table_is_printed_across() -> None:
    assert "size:landscape" in page_with(9)
    assert "size:landscape" not in page_with(2)
